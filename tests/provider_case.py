"""What a provider answers, gathered. Used by the tests of those that are asked over HTTP."""

from contextlib import aclosing

import pytest

from bot.audio.pcm import Pcm
from bot.errors import BotError
from bot.model import Usage
from bot.providers.base import Provider, SpeechRequest


async def speak(provider: Provider, request: SpeechRequest) -> tuple[Pcm, Usage]:
    """All sound joined, and the usage that ends it."""
    async with aclosing(provider.synthesize(request)) as parts:
        heard = [part async for part in parts]
    *sound, usage = heard
    assert isinstance(usage, Usage)
    pieces = [part for part in sound if isinstance(part, Pcm)]
    assert len(pieces) == len(sound)
    assert all(len(piece.samples) % 2 == 0 for piece in pieces)
    return Pcm(b"".join(piece.samples for piece in pieces), pieces[0].rate), usage


async def error_of(provider: Provider, request: SpeechRequest) -> BotError:
    with pytest.raises(BotError) as caught:
        await speak(provider, request)
    return caught.value
