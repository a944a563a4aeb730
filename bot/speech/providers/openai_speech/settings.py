"""What the provider of OpenAI's kind needs to know from the configuration. Made by the app, read by ``provider.py``."""

from dataclasses import dataclass, field
from typing import Literal

from bot.speech.timeouts import Timeouts

Format = Literal["wav", "mp3", "opus", "flac", "aac", "pcm"]


@dataclass(frozen=True, slots=True)
class OpenAISpeechSettings:
    """An engine. Empty strings mean the defaults."""

    base_url: str = ""
    """With or without ``/v1`` and what follows it."""
    api_key: str = field(default="", repr=False)
    """Sent as a bearer token if it is set."""
    model: str = ""
    voice: str = ""
    """If a person names none."""
    response_format: Format = "wav"
    """What is asked for; what comes is told by its first bytes. ``pcm`` carries no rate: 24 kHz is assumed."""
    stream_format: Literal["", "audio", "sse"] = ""
    """``sse``: sound in events, as OpenAI's newer models send it. Empty: not sent; many engines do not know it."""
    ca_file: str = ""
    timeouts: Timeouts = Timeouts()
