"""Sanitizing before any rule: invisible characters, stacked accents, styled letters, endless repeats."""

import html
import re

from bot.normalization.draft import PRIVATE, Draft
from bot.normalization.letters import unstyle
from bot.patterns import normal_form

_BREAKS = str.maketrans({"\r": "\n", "\v": "\n", "\f": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n", "\t": " "})
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_LAYERS = 3
"""Layers of entities decoded; deeper ones become words and symbols."""

_JOINERS = "\u200d\ufe0e\ufe0f\U000e0020-\U000e007f"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e001f\U000e0080-\U000e0fff\x00-\x08\x0e-\x1f\x7f-\x9f"
)
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_JOINER = re.compile(f"[{_JOINERS}]")

_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20dc\u20e1\u20e5-\u20ff\ufe20-\ufe2f"
_MARK = re.compile(f"[{_MARKS}]")
_STACKED = re.compile(f"[{_MARKS}]{{3,}}|[{_MARKS}]{{0,2}}[\u0334-\u0338][{_MARKS}]{{0,2}}")
"""More than two marks on one letter, and strokes through one, as no language writes."""

_ANGLES = {ord(c): "<" for c in "＜﹤‹⟨❮❰˂〈"} | {ord(c): ">" for c in "＞﹥›⟩❯❱˃〉"} | {ord("＊"): "*", ord("＆"): "&"}
_SYLLABLES = "\u1401-\u1432\u1434-\u1437\u1439-\u167f"
_LONE_ANGLE = re.compile(f"(?<![{_SYLLABLES}])[ᐸᐳ](?![{_SYLLABLES}])")
"""Letters of Cree and Inuktitut within a word, angles elsewhere."""
_DOUBLE = str.maketrans({"‼": "!!", "⁉": "?!", "⁈": "?!", "⁇": "??", "\u00a0": " ", "\u3000": " ", "﹡": "*", "∗": "*"})


def enter(text: str) -> str:
    """Return text without what databases and rules cannot handle: surrogates, private characters, entities."""
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
    """Remove what hides words: invisible characters, stacked marks, styled letters."""
    if draft.text.isascii() and draft.text.isprintable():
        return
    if unseen := _UNSEEN.findall(draft.text):
        draft.text = _UNSEEN.sub("", draft.text)
        draft.note("invisible", " ".join(f"U+{ord(sign):04X}" for sign in dict.fromkeys(unseen)), "")
    if draft.text.isascii():
        return
    text = normal_form("NFC", draft.text.translate(_DOUBLE))
    draft.text = text
    if _MARK.search(text):
        apart = normal_form("NFD", text)
        _take_unstyled(draft, "zalgo", normal_form("NFC", _STACKED.sub("", apart)))
    _take_unstyled(draft, "fancy", unstyle(draft.text))


def unstyled(word: str) -> str:
    """Return a word as it is in a text that passed ``enter`` and ``reveal``."""
    word = normal_form("NFC", _UNSEEN.sub("", enter(word)).translate(_DOUBLE))
    word = normal_form("NFC", _STACKED.sub("", normal_form("NFD", word)))
    return unstyle(word)


def _take_unstyled(draft: Draft, rule: str, after: str) -> None:
    """Take the new text. Spoilers are not hidden yet: if there may be one, the note shows none of the text."""
    if "||" not in after:
        draft.whole(rule, after)
    elif after != draft.text:
        draft.text = after
        draft.note(rule, "…", "")


def unjoin(draft: Draft) -> None:
    """Drop joiners outside emoji."""
    if not draft.text.isascii():
        draft.text = _JOINER.sub("", draft.text)


_KEPT = 3
_LETTERS = re.compile(r"([^\W\d_])\1{3,}")
_PHRASE = re.compile(r"((?!\d)[^\W_]{2,8}?)\1{3,}")
_SIGNS = re.compile(
    r"[!?！？]{2,}(?:1{1,3}(?!\w))?|\.{2,}|,{2,}|。{2,}|，{2,}|、{2,}|…{2,}|[~～]{1,}|-{2,}|—{3,}|:{2,}|;{2,}|[·・]{2,}"
)
_BRACKET = re.compile(r"[\[(（【][^\[\]()（）【】\n]{1,16}+[\])）】]")
_BRACKETED = re.compile(r"(?:[\[(（【][^\[\]()（）【】\n]{1,16}+[\])）】] ?+){2,400}+")
_LONGEST_PHRASE = 4
"""Words."""


def unrepeat_brackets(draft: Draft) -> None:
    """Keep one of ``[doge][doge][doge]``, a picture by its name."""
    if "]" in draft.text or ")" in draft.text or "）" in draft.text or "】" in draft.text:
        draft.change(_BRACKETED, "repeat", lambda match: "".join(dict.fromkeys(_BRACKET.findall(match[0]))))


def unrepeat_letters(draft: Draft) -> None:
    """Keep three letters of ``noooooo``, and three words of ``加油加油加油加油``."""
    draft.change(_LETTERS, "repeat", _stretched)
    draft.change(_PHRASE, "repeat", lambda match: match[1] * _KEPT)


def _stretched(match: re.Match[str]) -> str:
    """Return three of a letter; four of a Chinese character may be a word said twice."""
    if len(match[0]) == 4 and "\u3400" <= match[1] <= "\u9fff":
        return match[0]
    return match[0][:_KEPT]


def unrepeat_signs(draft: Draft) -> None:
    """Reduce ``!!!!!!`` to one, ``.....`` to a pause."""
    draft.text = _SIGNS.sub(_once, draft.text)


def unrepeat_words(draft: Draft) -> None:
    """Keep three words of ``no no no no no``."""
    words = draft.text.split()
    if len(words) <= _KEPT or len(words) - len(set(map(str.casefold, words))) < _KEPT:
        return
    parts = re.split(r"(\s+)", draft.text)
    said = [word.casefold().strip(".,!?，。！？") for word in parts[::2]]
    kept: list[str] = []
    at = 0
    while at < len(said):
        length, times = _repeated(said, at)
        kept += parts[2 * at : 2 * (at + length * min(times, _KEPT))]
        if times > _KEPT:
            end = at + length * times
            draft.note("repeat", "".join(parts[2 * at : 2 * end - 1]), "".join(kept[-2 * length * _KEPT :]))
        at += length * times
    draft.text = "".join(kept)


def _repeated(said: list[str], at: int) -> tuple[int, int]:
    """Return the phrase at a position that is repeated too often: its words and how often; (1, 1) for none."""
    for length in range(1, _LONGEST_PHRASE + 1):
        phrase = said[at : at + length]
        if not any(word and not word.isdigit() for word in phrase):
            continue
        times = 1
        while said[at + times * length : at + (times + 1) * length] == phrase:
            times += 1
        if times > _KEPT:
            return length, times
    return 1, 1


def _once(match: re.Match[str]) -> str:
    run = match[0].rstrip("1")
    first = run[0]
    if first in "!?！？":
        asked = "?" if "?" in run else "？" if "？" in run else ""
        cried = "!" if "!" in run else "！" if "！" in run else ""
        return asked + cried if asked else cried
    if first == ".":
        return "…"
    if first in "。…":
        return "…" if first == "…" and len(run) == 1 else "……" if first == "。" or len(run) > 1 else run
    if run == "--" and _is_flag(match):
        return run
    if first in "~～-":
        return " - " if run == "--" or (run == "---" and _is_between(match)) else " "
    return run[0] * (2 if first == "—" else 1)


def _is_between(match: re.Match[str]) -> bool:
    """Return whether dashes directly follow a Latin word and more words follow them."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    behind = match.string[match.end() : match.end() + 2].lstrip(" ")
    return before.isascii() and before.isalpha() and behind[:1].isalpha()


def _is_flag(match: re.Match[str]) -> bool:
    """Return whether two dashes begin a command option: ``--all``."""
    before = match.string[match.start() - 1] if match.start() else " "
    behind = match.string[match.end() : match.end() + 1]
    return before in " \n\"'" and "a" <= behind <= "z"
