"""One word spoken for a health check: an engine that answers may still not speak. Called by the providers."""

from collections.abc import Callable
from contextlib import aclosing

from bot.audio.pcm import Pcm
from bot.errors import BotError, ProviderError
from bot.speech.provider import Health, Provider, SpeechRequest

_WORD = "OK."
"""Every voice of every language says it."""


async def spoken(provider: Provider, answered: str, form: Callable[[], str]) -> Health:
    """Return the health of a provider that answered: whether it speaks, and what came.

    ``form`` tells, after that, in which format the sound was.
    """
    seconds, rate, has_sound = 0.0, 0, False
    try:
        async with aclosing(provider.synthesize(SpeechRequest(_WORD))) as parts:
            async for part in parts:
                if isinstance(part, Pcm):
                    seconds, rate = seconds + part.seconds, part.rate
                    has_sound = has_sound or bool(part.samples.strip(b"\0"))
    except BotError as error:
        words = error.detail if isinstance(error, ProviderError) and error.detail else error.code
        return Health(ok=False, detail=f"{answered} But it does not speak ({error.code}): {words}.")
    if not has_sound:
        return Health(ok=False, detail=f"{answered} But it speaks nothing but silence.")
    came = f"{form()}, {rate} Hz, {seconds:.1f} s"
    return Health(ok=True, detail=f"{answered} It spoke a word: {came}.", came=came)
