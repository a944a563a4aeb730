"""English: settings of reading aloud: names, dictionaries, who is read."""

SENTENCES: dict[str, str] = {}
