"""English: the checks of doctor, and why a message was not read."""

SENTENCES: dict[str, str] = {}
