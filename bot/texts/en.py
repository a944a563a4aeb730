"""The sentences in English."""

SENTENCES: dict[str, str] = {
    "yes": "yes",
    "no": "no",
    "time.hours": "in {hours} h {minutes} min",
    "time.minutes": "in {minutes} min",
    "time.seconds": "in {seconds} s",
    "time.moment": "{clock}, {span}",
    # configuration
    "config.unknown_key": "The configuration has an unknown key {key}; did you mean {suggestion}?",
    "config.unknown_variable": "The environment has an unknown setting {variable}; did you mean {suggestion}?",
    "config.bad_value": "The configuration's {key} cannot be used: {problem}.",
    "config.missing": "There is no configuration file {path}.",
    "config.unreadable": "{path} cannot be read ({problem}).",
    "config.not_toml": "{path} is not valid TOML: {problem}.",
    "config.unknown_provider": "There is no provider named {name} in the configuration; did you mean {suggestion}?",
    "config.provider_type": "The provider {name} needs a type: one of {types}.",
    "config.no_provider": "No provider is enabled: name one in [speech] providers.",
    # what was asked for
    "text.empty": "There is nothing to speak in this text.",
    "text.too_long": "The text has {length} characters; at most {limit} can be spoken at once.",
    "voice.unknown": "There is no voice named {voice}; these are there: {voices}.",
}
