"""What a text loses before any rule reads it: signs without shape or sound, towers of accents, letters in costume.

The first step of ``reader``. Joiners that hold an emoji together stay until the emoji are named.
"""

import html
import re
import unicodedata

from bot.speech.chat.draft import PRIVATE, Draft
from bot.speech.chat.letters import undress

_BREAKS = str.maketrans({"\r": "\n", "\v": "\n", "\f": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n", "\t": " "})
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_LAYERS = 3
"""Layers of entities taken off; what is left of deeper ones is words and signs."""

_JOINERS = "\u200d\ufe0e\ufe0f\U000e0020-\U000e007f"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e001f\U000e0080-\U000e0fff\x00-\x08\x0e-\x1f\x7f-\x9f"
)
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_JOINER = re.compile(f"[{_JOINERS}]")

_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20dc\u20e1\u20e5-\u20ff\ufe20-\ufe2f"
_MARK = re.compile(f"[{_MARKS}]")
_TOWER = re.compile(f"[{_MARKS}]{{3,}}|[{_MARKS}]{{0,2}}[\u0334-\u0338][{_MARKS}]{{0,2}}")
"""More than two marks upon one letter, and strokes through one: no language writes so."""

_ANGLES = {ord(c): "<" for c in "＜﹤‹⟨❮❰˂〈"} | {ord(c): ">" for c in "＞﹥›⟩❯❱˃〉"} | {ord("＊"): "*", ord("＆"): "&"}
_SYLLABLES = "\u1401-\u1432\u1434-\u1437\u1439-\u167f"
_LONE_ANGLE = re.compile(f"(?<![{_SYLLABLES}])[ᐸᐳ](?![{_SYLLABLES}])")
"""Letters of Cree and Inuktitut where they stand in a word, angles elsewhere."""
_DOUBLE = str.maketrans({"‼": "!!", "⁉": "?!", "⁈": "?!", "⁇": "??", "\u00a0": " ", "\u3000": " ", "﹡": "*", "∗": "*"})


def enter(text: str) -> str:
    """Whole text without anything that no database, no wire and no rule takes: surrogates, private signs, entities."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
        text = PRIVATE.sub("", text).translate(_ANGLES)
        if "ᐸ" in text or "ᐳ" in text:
            text = _LONE_ANGLE.sub(_angle, text)
    text = text.translate(_BREAKS)
    for _ in range(_LAYERS):
        if "&" not in text:
            break
        text = _ENTITY.sub(_decoded, text)
    return text


def _decoded(match: re.Match[str]) -> str:
    sign = PRIVATE.sub("", html.unescape(match[0]).encode("utf-16", "ignore").decode("utf-16"))
    return _LONE_ANGLE.sub(_angle, sign.translate(_ANGLES)).translate(_BREAKS)


def _angle(match: re.Match[str]) -> str:
    return "<" if match[0] == "ᐸ" else ">"


def reveal(draft: Draft) -> None:
    """Take off what hides words: unseen signs, towers of marks, costumes."""
    if draft.text.isascii() and draft.text.isprintable():
        return
    if unseen := _UNSEEN.findall(draft.text):
        draft.text = _UNSEEN.sub("", draft.text)
        draft.note("invisible", " ".join(f"U+{ord(sign):04X}" for sign in dict.fromkeys(unseen)), "")
    if draft.text.isascii():
        return
    text = unicodedata.normalize("NFC", draft.text.translate(_DOUBLE))
    draft.text = text
    if _MARK.search(text):
        apart = unicodedata.normalize("NFD", text)
        _undressed(draft, "zalgo", unicodedata.normalize("NFC", _TOWER.sub("", apart)))
    _undressed(draft, "fancy", undress(draft.text))


def undressed(word: str) -> str:
    """A word as it is in a text that passed ``enter`` and ``reveal``."""
    word = unicodedata.normalize("NFC", _UNSEEN.sub("", enter(word)).translate(_DOUBLE))
    word = unicodedata.normalize("NFC", _TOWER.sub("", unicodedata.normalize("NFD", word)))
    return undress(word)


def _undressed(draft: Draft, rule: str, after: str) -> None:
    """Take the new text. Spoilers are not hidden yet: where one may be, the note shows nothing of the text."""
    if "||" not in after:
        draft.whole(rule, after)
    elif after != draft.text:
        draft.text = after
        draft.note(rule, "…", "")


def unjoin(draft: Draft) -> None:
    """Drop the joiners that no emoji needed."""
    if not draft.text.isascii():
        draft.text = _JOINER.sub("", draft.text)
