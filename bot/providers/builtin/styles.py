"""How the built-in engine renders styles: speed, pitch, liveliness, level and kind of voice.

Called by the espeak provider. Styles missing here are those the engine cannot render (singing, dialects, role-play,
finer feelings); the provider adds a note.
"""

from dataclasses import dataclass

from bot.text.styles import find

_RATE, _PITCH, _RANGE = 175, 50, 50
"""espeak-ng's neutral values: words per minute, and positions on scales from 0 to 99."""
_VOLUME = 70
"""On espeak-ng's scale of 100. Neutral Mandarin then peaks at 21 500 of 32 767, which leaves an angry voice its
headroom.
"""
_LOUDEST = 94
"""Mandarin then peaks at about 29 200, 1 dB below full scale. From 105 the engine limits peaks itself and the level
stops rising.
"""


@dataclass(frozen=True, slots=True)
class Manner:
    """Values of one request."""

    rate: int = _RATE
    """Words per minute, 80 to 400."""
    pitch: int = _PITCH
    """0 to 99."""
    range: int = _RANGE
    """Liveliness of the melody, 0 to 99."""
    volume: int = _VOLUME
    """100 is the engine's full level."""
    timbre: str = ""
    """``whisper``, ``aged`` or empty."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A style's change to neutral speech: factors for rate and volume, steps for pitch and range."""

    rate: float = 1.0
    pitch: int = 0
    range: int = 0
    volume: float = 1.0
    timbre: str = ""


_CHANGES = {
    "slow_down": _Change(rate=0.72),
    "speed_up": _Change(rate=1.48, volume=1.06),
    "happy": _Change(pitch=22, range=30, rate=1.03),
    "sad": _Change(pitch=-26, range=-25, rate=0.87, volume=1.12),
    "angry": _Change(pitch=6, range=35, rate=1.06, volume=1.38),
    "whisper": _Change(timbre="whisper"),
    "afraid": _Change(pitch=25, range=10, rate=1.15, volume=0.97),
    "surprised": _Change(pitch=20, range=45),
    "excited": _Change(pitch=22, range=40, rate=1.15, volume=1.0),
    "calm": _Change(pitch=-5, range=-20, rate=0.92, volume=1.05),
    "indifferent": _Change(range=-40),
    "weary": _Change(pitch=-14, range=-25, rate=0.82, volume=1.1),
    "anxious": _Change(pitch=15, range=10, rate=1.15),
    "clamped_voice": _Change(pitch=42, range=10, volume=0.9),
    "gentle": _Change(pitch=4, range=-12, rate=0.92, volume=1.05),
    "lively": _Change(pitch=12, range=35, rate=1.12),
    "serious": _Change(pitch=-10, range=-30, rate=0.95, volume=1.05),
    "lazy": _Change(pitch=-6, range=-25, rate=0.78, volume=1.0),
    "playful": _Change(pitch=15, range=35, rate=1.05),
    "deep": _Change(pitch=-36, rate=0.94, volume=1.12),
    "capable": _Change(range=-10, rate=1.18),
    "sharp": _Change(pitch=4, range=25, rate=1.1, volume=1.1),
    "childlike": _Change(pitch=47, range=15, rate=1.05, volume=0.88),
    "aged": _Change(rate=0.82, timbre="aged"),
}
"""By the key of the catalogue. Measured on English and Mandarin (tests/test_espeak.py): slow down adds a third to the
length, speed up removes a third, happy raises the pitch by a quarter, sad lowers it by a quarter or more, angry is
about 1.4 times as loud, a whisper has no voiced sound.
"""


@dataclass(frozen=True, slots=True)
class Voicing:
    """How a natural voice speaks: what is left of a style where the engine knows speed alone."""

    speed: float = 1.0
    """Of its usual pace."""
    pitch: float = 1.0
    """Factor on the melody."""
    gain: float = 0.0
    """dB over the loudness of all voices."""
    whisper: bool = False


_STEPS_PER_OCTAVE = 100
"""Of the scale for pitch above: a happy voice is 1.16 times as high."""
_GAINS = {"angry": 3.0, "whisper": -4.0}
"""dB of the styles that are louder or quieter than speech; the others keep its level."""


def voicing(styles: tuple[str, ...]) -> tuple[Voicing, tuple[str, ...]]:
    """Return the values for styles together, and the names that cannot be rendered, as written, each once."""
    known: dict[str, _Change] = {}
    unable: dict[str, None] = {}
    for name in styles:
        style = find(name)
        if style is None or style.key not in _CHANGES:
            unable[name] = None
        else:
            known[style.key] = _CHANGES[style.key]
    speed, steps = 1.0, 0
    for change in known.values():
        speed, steps = speed * change.rate, steps + change.pitch
    return Voicing(
        speed=round(min(max(speed, 0.6), 1.8), 3),
        pitch=round(2 ** (min(max(steps, -40), 45) / _STEPS_PER_OCTAVE), 3),
        gain=sum(_GAINS.get(key, 0.0) for key in known),
        whisper="whisper" in known,
    ), tuple(unable)


def _within(low: int, value: float, high: int) -> int:
    return round(min(max(value, low), high))


def manner(styles: tuple[str, ...]) -> tuple[Manner, tuple[str, ...]]:
    """Return the combined values of styles, and the names that cannot be rendered, as written, each once."""
    rate = volume = 1.0
    pitch = span = 0
    timbres: set[str] = set()
    unable: dict[str, None] = {}
    seen: set[str] = set()
    for name in styles:
        style = find(name)
        change = _CHANGES.get(style.key) if style else None
        if style is None or change is None:
            unable[name] = None
            continue
        if style.key in seen:
            continue
        seen.add(style.key)
        rate, volume = rate * change.rate, volume * change.volume
        pitch, span = pitch + change.pitch, span + change.range
        timbres.add(change.timbre)
    return Manner(
        rate=_within(80, _RATE * rate, 400),
        pitch=_within(0, _PITCH + pitch, 99),
        range=_within(0, _RANGE + span, 99),
        volume=_within(20, _VOLUME * volume, _LOUDEST),
        timbre=next((timbre for timbre in ("whisper", "aged") if timbre in timbres), ""),
    ), tuple(unable)
