"""Whole sounds and texts in one call, by the path that the synthesis core takes piece by piece.

Used by tests and benches.
"""

from bot.audio.opus import ClipEncoder
from bot.audio.pcm import Pcm, Resampler
from bot.config import SpeechConfig
from bot.model import SAMPLE_RATE, Clip, Utterance
from bot.speech.synthesis import Script, compose, manner_of, speakable_text


def resample(pcm: Pcm, rate: int = SAMPLE_RATE) -> Pcm:
    """The whole sound at another rate."""
    stream = Resampler(pcm.rate, rate)
    return Pcm(stream.feed(pcm.samples) + stream.finish(), rate)


def encode(pcm: Pcm, bitrate: int = 32_000) -> Clip:
    """A whole sound at any rate as a clip."""
    encoder = ClipEncoder(bitrate)
    encoder.feed(resample(pcm).samples)
    return encoder.finish()[1]


def script_of(utterance: Utterance, *, short: bool) -> Script:
    """What would be said. Raises what ``manner_of`` and ``speakable_text`` raise."""
    manner, line = manner_of(utterance), speakable_text(utterance.text, SpeechConfig())
    return compose(manner, {utterance.key: line}, short=short, segment_characters=2000)
