"""How long a provider may take. Read from the configuration by the app, kept by ``wire.py``."""

from dataclasses import dataclass

SECONDS_PER_CHARACTER = 0.1
"""What an answer that comes as a whole may take longer for each character of its text."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each phase of a request."""

    connect: float = 10.0
    write: float = 30.0
    idle: float = 30.0
    """Between two reads of a streamed answer."""
    first_audio: float = 15.0
    """Until the first sound of a streamed answer; later, how far it may fall behind somebody who listens."""

    def whole(self, text: str) -> float:
        """Return the seconds for an answer that comes as a whole."""
        return self.first_audio + SECONDS_PER_CHARACTER * len(text)
