"""What the tests of the MiMo provider share: a provider on the stand-in, and how its answers are judged.

A test file imports the fixtures under their long names; tests ask for them by the short ones.
"""

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from bot.audio.pcm import Pcm
from bot.errors import ErrorKind, ProviderError
from bot.model import Sample, Voice, VoiceKind
from bot.providers.base import SpeechRequest, Timeouts
from bot.providers.mimo import MimoProvider, MimoSettings
from tests.fakes import tones
from tests.fakes.mimo_server import MimoServer
from tests.provider_case import error_of

SENTENCE = "Tomorrow is Friday, and the rain has stopped."
SECRET = "sk-test"
CLONE_WAV = tones.wav(tones.tone(300, 24_000))
DESIGNED = Voice(VoiceKind.DESIGNED, description="An old sailor, hoarse, slow.")
CLONED = Voice(VoiceKind.CLONED, sample=Sample.of(CLONE_WAV, "audio/wav"))
SHORT = Timeouts(connect=5, write=5, idle=0.3, first_audio=0.6)


@pytest.fixture(name="server")
async def fixture_server() -> AsyncIterator[MimoServer]:
    async with MimoServer() as running:
        yield running


@pytest.fixture(name="mimo")
async def fixture_mimo(server: MimoServer) -> AsyncIterator[MimoProvider]:
    provider = make(server)
    yield provider
    await provider.close()


def make(server: MimoServer, **changes: Any) -> MimoProvider:
    return MimoProvider("mimo", MimoSettings(**{"base_url": server.base_url, "api_key": SECRET, **changes}))


async def kind_of(provider: MimoProvider, request: SpeechRequest) -> ErrorKind:
    error = await error_of(provider, request)
    assert isinstance(error, ProviderError)
    return error.kind


def is_tone(pcm: Pcm, hertz: float) -> bool:
    peak = np.abs(np.frombuffer(pcm.samples, "<i2").astype(int)).max()
    return abs(tones.pitch(pcm.samples, pcm.rate) - hertz) < 5 and bool(peak > 30_000)
