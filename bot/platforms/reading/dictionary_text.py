"""The text of a dictionary's file, in whichever encoding a program wrote it: pure. Used by ``dictionary_file``."""

import codecs
import unicodedata

from charset_normalizer import from_bytes

from bot.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LIKELY = ("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1252", "cp1250")
"""Encodings that other programs write, in the order in which they win a tie."""
_LEVELS = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5": ("big5", 0xA4, 0xC6),
    "cp932": ("shift_jis", 0x88, 0x97),
    "euc_jp": ("euc_jp", 0xB0, 0xCF),
}
"""Where a character set keeps the Han signs that are common, by the first of their two bytes."""
_SYLLABLES = frozenset(
    "이다는을를에의가하고지기도로사서자리시대어나아인해한그것만안있없수들오우부보일주정여과라마게면으니스전제거장무모비생성상소신조"
    "중적요세내러저르네호화국연원계현구위명경공회관방법물문말음식점동등때좋많은했었습까녕단읽크왜너난진짜뭐뭔앙잉웃감사합친"
)
"""Common Korean syllables."""
_SAMPLE = 4_000
"""Characters that are looked at."""
_LEAST = 0.3


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and, where the encoding is only guessed, its name.

    Raises InputError ``dictionary.file_byte`` (line) for UTF-8 with a byte that is none, ``dictionary.file_encoding``.
    """
    try:
        for mark, name in _MARKS:
            if data.startswith(mark) and data != mark:
                return data.decode(name).removeprefix("\ufeff"), ""
        if wide := _wide(data):
            return data.decode(wide), wide
        if data in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise InputError("dictionary.file_encoding")
    except UnicodeDecodeError:
        raise InputError("dictionary.file_encoding") from None
    try:
        return data.decode(), ""
    except UnicodeDecodeError as error:
        if _is_utf_8(data):
            raise InputError("dictionary.file_byte", line=data.count(b"\n", 0, error.start) + 1) from None
    return _guessed(data)


def _wide(data: bytes) -> str:
    """The kind of UTF-16 without a mark; empty for anything else."""
    if len(data) % 2 or data.count(0) * 5 < len(data):
        return ""
    even, odd = data[::2].count(0), data[1::2].count(0)
    return "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else ""


def _is_utf_8(data: bytes) -> bool:
    """Whether all but a few bytes are UTF-8."""
    text = data.decode(errors="surrogateescape")
    wrong = sum("\udc80" <= sign <= "\udcff" for sign in text)
    right = sum(sign > "\x7f" for sign in text) - wrong
    return right >= 3 * wrong


def _guessed(data: bytes) -> tuple[str, str]:
    found = []
    messy = {match.encoding: match.chaos for match in from_bytes(data, cp_isolation=list(_LIKELY), threshold=0.9)}
    for place, name in enumerate(_LIKELY):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        found.append((_likeness(text[:_SAMPLE], name) - messy.get(name, 1.0), -place, text, name))
    if not found or max(found)[0] < _LEAST - 1:
        raise InputError("dictionary.file_encoding")
    _, _, text, name = max(found)
    return text, name


def _likeness(text: str, name: str) -> float:
    """How much a text looks like one that people write in this encoding, up to 1 for each sign beyond ASCII."""
    signs = [(before, sign) for before, sign in zip(" " + text, text, strict=False) if sign > "\x7f"]
    return sum(_worth(sign, before, name) for before, sign in signs) / max(1, len(signs))


def _worth(sign: str, before: str, name: str) -> float:  # noqa: PLR0911  one script after the other
    kind = unicodedata.category(sign)
    if kind[0] == "C":
        return -3
    if "\u4e00" <= sign <= "\u9fff" and name in _LEVELS:
        return _common(sign, name)
    if "\u3041" <= sign <= "\u30ff":
        return 1.2 if name in ("cp932", "euc_jp") else 0.2
    if "\uac00" <= sign <= "\ud7a3":
        return 1.6 if sign in _SYLLABLES else 0.6 if _has(sign, "euc_kr") else -0.5
    if "\u0400" <= sign <= "\u04ff":
        if before.isascii() and before.isalpha():
            return -1
        return -1 if sign.isupper() and before.islower() else 1 if sign.islower() else 0.6
    if kind[0] == "L" and sign < "\u0250":
        usual = 0.7 if name == "cp1252" else 0.6
        return usual if before.isascii() and sign.islower() else 0.1
    return 0.3 if kind[0] == "P" else -0.7


def _common(sign: str, name: str) -> float:
    codec, first, last = _LEVELS[name]
    return 1 if _has(sign, codec) and first <= sign.encode(codec)[0] <= last else -0.4


def _has(sign: str, codec: str) -> bool:
    try:
        return len(sign.encode(codec)) == 2  # a Korean syllable without a code is written in eight bytes
    except UnicodeEncodeError:
        return False
