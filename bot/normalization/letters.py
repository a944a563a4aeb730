"""Styled letters and digits as plain ones: one table for texts and for names.

Full-width, circled, squared, negative, mathematical, small capitals, flags used as letters, numerals, unit symbols.
"""

import re
import unicodedata

import emoji

_A, _Z = 0x1F1E6, 0x1F1FF
"""Regional indicators."""


def _plain(sign: str) -> str:
    """Return the plain form of a character, without the brackets that some have around it."""
    code = ord(sign)
    for first in (0x1F150, 0x1F170):
        if first <= code < first + 26:
            return chr(ord("A") + code - first)
    if 0x2776 <= code <= 0x2793:
        return str(int(unicodedata.numeric(sign)))
    return unicodedata.normalize("NFKC", sign).strip("()")


_SIGNS = [
    *range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), *range(0x2460, 0x2500),
    *range(0x2776, 0x2794),
    *range(0x1D400, 0x1D800), *range(0x1F100, 0x1F10B),
    *range(0x1F110, 0x1F14F), *range(0x1F150, 0x1F16A),
    *range(0x1F170, 0x1F18A), *range(0x2B0, 0x2B9), *range(0x2E0, 0x2E4), *range(0x1D2C, 0x1D6B),
    *range(0x2070, 0x209D),
    *range(0x3200, 0x3248), *range(0x3250, 0x32FF), *range(0x3300, 0x3400), *range(0x2100, 0x2150),
]  # fmt: skip
_NO_COSTUME = frozenset("℃℉№™℠℡℻ΩÅ℀℁℅℆㉿㏂㏘㊗㊙ⓂℹΩ")
_TABLE = {
    chr(code): _plain(chr(code))
    for code in _SIGNS
    if chr(code) not in _NO_COSTUME
    and _plain(chr(code)) != chr(code)
    and (code >= 0x2150 or code < 0x2100 or _plain(chr(code)).isalpha())
}
_WORN = re.compile(f"[{''.join(map(re.escape, _TABLE))}]+")
_BUTTONS = frozenset("🅰🅱🅾🅿")
"""Emoji when used alone."""
_COUNTED = frozenset(
    sign for sign, plain in _TABLE.items() if plain.isdigit() and not "０" <= sign <= "９" and ord(sign) < 0x1D7CE
)
"""Circled numbers, each of which is one: ``①②`` are not twelve."""
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
_SMALL = re.compile("[ᴀʙᴄᴅᴇꜰɢʜᴊᴋʟᴍɴᴏᴘꜱᴛᴜᴠᴡᴢ]")
_ROMAN = re.compile("[\u2160-\u217f]{1,12}+")
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff](?:[ \u2009\u200a\u200b]{0,2}+[\U0001f1e6-\U0001f1ff]){1,60}+")
_POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ"
_POWER = re.compile(f"(?<![A-Za-z])([A-Za-z0-9)）])([{_POWERS}]{{1,4}}+)(?![A-Za-z0-9])")
_UNIT = re.compile("[0-9] ?[kcdm]?m$")
_ANY = re.compile(f"[{_POWERS}\u2160-\u217f\U0001f1e6-\U0001f1ff]")
_STYLED = re.compile(f"{_WORN.pattern[:-1]}|{_ANY.pattern}|{_SMALL.pattern}")
"""Most texts beyond ASCII have none of these."""


def unstyle(text: str) -> str:
    """Return the text in plain letters, digits and units."""
    if text.isascii() or not _STYLED.search(text):
        return text
    if _ANY.search(text):
        text = _FLAGS.sub(_spelled, text)
        text = _ROMAN.sub(lambda match: str(_value(match[0])), text)
        text = _POWER.sub(_raised, text)
    text = _WORN.sub(_taken_off, text)
    if len(_SMALL.findall(text)) > 2:
        text = text.translate(_SMALL_CAPITALS)
    return text


def _taken_off(match: re.Match[str]) -> str:
    run = match[0]
    if run in _BUTTONS or run in "²³":
        return run
    counted = [(_TABLE[sign] + " " if sign in _COUNTED and len(run) > 1 else _TABLE[sign]) for sign in run]
    return "".join(counted).rstrip()


def _spelled(match: re.Match[str]) -> str:
    """Return the letters of flags used as letters: separated by blanks, or in pairs of which some are no flag."""
    run = match[0]
    signs = [sign for sign in run if _A <= ord(sign) <= _Z]
    pairs = ["".join(signs[at : at + 2]) for at in range(0, len(signs), 2)]
    if len(signs) == len(run) and all(pair in emoji.EMOJI_DATA for pair in pairs):
        return run
    if "".join(pairs) != run and all(part in emoji.EMOJI_DATA for part in re.split("[ \u2009\u200a\u200b]+", run)):
        return run
    return "".join(chr(ord("A") + ord(sign) - _A) for sign in signs)


def _value(numeral: str) -> int:
    """Return ``Ⅳ``, ``ⅩⅣ`` as a number."""
    values = [int(unicodedata.numeric(sign)) for sign in numeral]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))


def _raised(match: re.Match[str]) -> str:
    """Return ``x²`` as ``x^2``; square metres stay a unit."""
    if _UNIT.search(match.string[max(0, match.start() - 4) : match.start() + 1]):
        return match[0]
    return f"{match[1]}^{unicodedata.normalize('NFKC', match[2])}"
