"""English: settings of reading aloud: names, dictionaries, who is read."""

SENTENCES: dict[str, str] = {
    "reading.template": "The template for names needs {{name}} in it once, and no other braces: {{name}} says",
    "reading.characters": "Between {least} and {limit} characters of a message can be read.",
    "reading.alone": "Between {least} and {limit} seconds can be waited alone.",
    "reading.quiet": "A time of day is wanted, such as 22:30.",
    "reading.zone": "There is no such time zone. An IANA name such as Europe/Berlin is wanted.",
    "reading.ignored_full": "No more than {limit} people can be ignored here.",
    "dictionary.full": "The dictionary holds {limit} entries at most; remove one first.",
    "dictionary.empty": "An entry needs a word.",
    "dictionary.too_long": "That is longer than the {limit} characters that are possible here.",
    "dictionary.pattern": "This pattern cannot be used: {problem}.",
    "dictionary.pattern_empty": "This pattern also finds nothing at all, so it would be found everywhere; let it need at least one sign.",
    "dictionary.pattern_groups": "A pattern has at most {limit} groups.",
    "dictionary.pattern_too_costly": "This pattern is too large; write it shorter, or with fewer repetitions.",
    "dictionary.patterns_full": "The dictionary holds {limit} patterns at most; remove one first.",
    "dictionary.patterns_shared": "Patterns are for moderators, in the dictionary of a place; your own takes words.",
    "binding.full": "No more than {limit} channels can be read here; unbind one first.",
    "speed.unknown": "The speed is one of {speeds}, or the usual one.",
}
