"""Chinese: reading aloud in a voice call or a chat."""

SENTENCES: dict[str, str] = {}
