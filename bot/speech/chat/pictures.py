"""Emoji, custom emoji, ``:shortcodes:`` and emoticons: said by name, a run as one, laughing ones as a laugh.

A step of ``reader``. Names are our own short ones where people say otherwise than the official list, which the
``emoji`` package brings in both languages.
"""

import re
from collections.abc import Callable
from functools import lru_cache, partial

import emoji

from bot.speech.chat import faces
from bot.speech.chat.draft import Draft
from bot.speech.chat.emoticons import EMOTICONS, WORDS
from bot.speech.chat.lexicon import NO_WORD_AFTER, NO_WORD_BEFORE
from bot.speech.chat.names import spoken_name

_NAMED_IN_A_RUN = 3
"""So many different emoji of a run are named, the rest is counted."""
_SKIN = "\U0001f3fb-\U0001f3ff"
_NOT_ALONE = frozenset("#*0123456789©®™")


def _class(signs: list[str]) -> str:
    """The inside of a character class, ranges joined."""
    ranges: list[list[int]] = []
    for code in sorted(map(ord, signs)):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(chr(low) + (f"-{chr(high)}" if high > low else "") for low, high in ranges)


_BASE = _class([sign for sign in emoji.EMOJI_DATA if len(sign) == 1 and sign not in _NOT_ALONE])
_ANY = re.compile(f"[{_BASE}\u20e3\U0001f1e6-\U0001f1ff]|<a?:|:[a-z]")
_ONE = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[#*0-9]\ufe0f?\u20e3"
    f"|[{_BASE}]\ufe0f?+[{_SKIN}]?+[\U000e0020-\U000e007f]{{0,8}}+(?:\u200d[{_BASE}]\ufe0f?+[{_SKIN}]?+){{0,6}}+"
    "|[\U0001f1e6-\U0001f1ff])"
)
_CUSTOM = r"<a?:\w{1,32}+:\d{1,25}+>"
_SHORT = r"(?<![\w:]):[a-z][a-z0-9_+-]{1,31}+:(?![\w:])"
EMOJI = re.compile(f"{_ONE}|[©®™]\ufe0f?")
"""One emoji. The library's own search takes time in the square of a chain of joined ones."""
_EACH = re.compile(f"{_ONE}|{_CUSTOM}|{_SHORT}")
_RUN = re.compile(
    rf"[\ufe0e\ufe0f\u200d]?(?:{_ONE}|{_CUSTOM}|{_SHORT})(?:[\s,\ufe0e\ufe0f\u200d]{{0,8}}+(?:{_ONE}|{_CUSTOM}|{_SHORT}))*+"
)
_LAUGHING = frozenset("😂🤣😹")
_DROPPED = re.compile(f"[\ufe0e\ufe0f{_SKIN}]")
_ASIDE = re.compile(r" ?[(（].{0,40}?[)）]")
_BUTTON = re.compile(r"( button|按钮|face)$")
_KNOWN = re.compile(r"<a?:(\w{1,32}+):\d{1,25}+>|:([a-z][a-z0-9_+-]{1,31}+):")

NAMED = re.compile(r"<a?:(\w{1,32}+):\d{1,25}+>|(?<![\w:]):([A-Za-z0-9_+-]{2,32}+):(?![\w:])")
"""Custom emoji, and names of emoji between colons."""

_FACE_SIGN = re.compile(r"(?<![0-9A-Za-z])[:;=：；]|[<>_^♡ಠ¬ʕ◕✪＾⊙﹏≧╯￣╥-]|[oO][.][oO]|[.][_.-]|[（(\\]")
"""In every face there is one of these."""
_SIGNED = sorted(EMOTICONS.keys() - WORDS.keys(), key=len, reverse=True)
_FACES = "|".join(map(re.escape, _SIGNED))
_FRAMED = "|".join(
    re.escape(face)
    for face in _SIGNED
    if len(face) > 2 and not face[0].isalnum() and not face[-1].isalnum() and face[0] not in ":;=>"
)
_FACE = re.compile(
    rf"(?<![\w:;=/<>()^])(?:{_FACES})(?![\w/<(^*:])"
    rf"|{NO_WORD_BEFORE}(?<![:;=/<>()])(?:{_FRAMED})(?![/<(]){NO_WORD_AFTER}"
)
"""Those that begin and end with signs may stand beside Chinese ones."""
_ASKED = re.compile(r" ?[?？]")
_GOING_ON = re.compile(r" {1,2}[a-z]")
_NEAR = 80


def _known_face(match: re.Match[str]) -> str | None:
    """Return the kind of a face of the list.

    Two carets that begin a line or stand before a question mark point at what was said; a bracket closes one before it.
    """
    text = match.string
    before = text[max(0, match.start() - _NEAR) : match.start()]
    if match[0] == "^^":
        begins = not before.rpartition("\n")[2].strip() and _GOING_ON.match(text, match.end())
        return "" if begins or _ASKED.match(text, match.end()) else "happy"
    if match[0] == "):" and before.rfind("(") > before.rfind(")"):
        return None
    return EMOTICONS[match[0]]


_MADE_FACES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (faces.FLIP, faces.flip),
    (faces.ARMED, faces.armed),
    (faces.BRACKETED, faces.bracketed),
    (_FACE, _known_face),
    (faces.TWO_EYED, faces.two_eyed),
    (faces.SMILEY, faces.smiley),
)
_DRAWN_FACES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (faces.SHRUG, faces.shrug),
    (faces.CUPS, faces.cups),
)
"""Those with a backslash."""


def picture(draft: Draft) -> None:
    """Name emoji and emoticons, or leave them out where the reading says so."""
    name_emoji(draft)
    if ":)" in draft.text or _FACE_SIGN.search(draft.text):
        if "\\" in draft.text:
            for pattern, kind in _DRAWN_FACES:
                draft.replace(pattern, partial(_made_face, draft, kind))
        for pattern, kind in _MADE_FACES:
            draft.replace(pattern, partial(_made_face, draft, kind))
    if "0.0" in draft.text:
        draft.replace(faces.ZERO_EYES, lambda match: _face(draft, match, faces.zero_eyes(match)))


def name_emoji(draft: Draft) -> None:
    """Name emoji, custom ones and ``:names:``; a laughing one is a laugh where that is wanted."""
    if _ANY.search(draft.text):
        draft.replace(_RUN, lambda match: _run(draft, match))


def _run(draft: Draft, match: re.Match[str]) -> str:
    """Emoji on end: each kind once, the laugh first. Set off by a comma where it ends or begins a line."""
    if draft.reading.skip_emoji:
        draft.note("emoji", match[0], "")
        return " "
    signs = _EACH.findall(match[0])
    if "👈" in match[0]:
        signs = _shy(signs)
    laughing = [sign for sign in signs if sign in _LAUGHING] if draft.delivery.laugh else []
    laugh = draft.tag("laugh", laughing[0], "laugh") if laughing else ""
    names = list(dict.fromkeys(name for sign in signs if sign not in laughing and (name := _name(sign, draft))))
    if not names:
        return f" {laugh} "
    if len(names) == 1 and _echoes(match, names[0]):
        draft.note("emoji", match[0], "")
        return f"{laugh} "
    more = len(names) - _NAMED_IN_A_RUN
    if more > 1:
        names = [*names[:_NAMED_IN_A_RUN], draft.words.say("more_emoji", count=more)]
    return laugh + _set_off(match, _written(draft, match[0], draft.words.phrases["comma"].join(names)), draft)


def _shy(signs: list[str]) -> list[str]:
    """Two fingers that point at each other as one sign."""
    paired: list[str] = []
    for sign in signs:
        if sign[0] == "👈" and paired and paired[-1][0] == "👉":
            paired[-1] = "👉👈"
        else:
            paired.append(sign)
    return paired


def _written(draft: Draft, written: str, said: str) -> str:
    """Official names stand for themselves; names that people gave are text like any other."""
    if _KNOWN.search(written):
        draft.note("emoji", written, said)
        return f" {said} "
    return draft.put("emoji", written, said)


def _echoes(match: re.Match[str], said: str) -> bool:
    """Whether the word beside an emoji says the same already."""
    before = match.string[max(0, match.start() - len(said) - 2) : match.start()].rstrip(" ,.!，！。")
    after = match.string[match.end() : match.end() + len(said) + 2].lstrip(" ,，")
    return before.casefold().endswith(said.casefold()) or after.casefold().startswith(said.casefold())


def _set_off(match: re.Match[str], said: str, draft: Draft) -> str:
    before = match.string[max(0, match.start() - 8) : match.start()].rpartition("\n")[2].rstrip()[-1:]
    after = match.string[match.end() : match.end() + 8].partition("\n")[0].lstrip()[:1]
    if before.isalnum() and not after.isalnum():
        return draft.words.phrases["pause"] + said
    return said + draft.words.phrases["pause"] if after.isalnum() and not before else said


def _made_face(draft: Draft, kind: Callable[[re.Match[str]], str | None], match: re.Match[str]) -> str:
    return _face(draft, match, kind(match))


def _face(draft: Draft, match: re.Match[str], kind: str | None) -> str:
    """What is said for a face of this kind: nothing where it has none, as written where it is no face."""
    if kind is None:
        return match[0]
    if draft.reading.skip_emoji:
        draft.note("emoji", match[0], "")
        return " "
    said = draft.words.emoticons[kind] if kind else ""
    if not said or _echoes(match, said):
        draft.note("emoji", match[0], "")
        return " "
    return _set_off(match, draft.put("emoji", match[0], said), draft)


def _name(sign: str, draft: Draft) -> str:
    if given := _KNOWN.fullmatch(sign):
        official = _shortcodes().get(given[2] or "")
        return _name(official, draft) if official else spoken_name(given[1] or given[2])
    return emoji_name(sign, draft.words.language, draft)


def emoji_name(sign: str, language: str, draft: Draft) -> str:
    """What an emoji is called; the first part of one that nobody knows."""
    bare = _DROPPED.sub("", sign) or sign
    if short := draft.words.emoji.get(bare):
        return short
    name = _official(language).get(bare) or _official(language).get(sign)
    if name:
        return draft.words.say("flag", name=name) if _flag(bare) else name
    if "\U0001f1e6" <= bare[:1] <= "\U0001f1ff":
        return chr(ord("A") + ord(bare[0]) - 0x1F1E6)
    first = bare.split("\u200d")[0][:1]
    return draft.words.emoji.get(first) or _official(language).get(first, "")


def _flag(sign: str) -> bool:
    halves = len(sign) == 2 and all("\U0001f1e6" <= half <= "\U0001f1ff" for half in sign)
    return halves or (sign[0] == "\U0001f3f4" and sign[-1] == "\U000e007f")


@lru_cache(maxsize=2)
def _official(language: str) -> dict[str, str]:
    """Official names by emoji, without skin tone and variation."""
    emoji.config.load_language(language)
    names: dict[str, str] = {}
    for sign, data in emoji.EMOJI_DATA.items():
        name = data.get(language, "").strip(":").replace("_", " ").replace("&", "and").replace("!", "")
        name = _ASIDE.sub("", name.removeprefix("keycap ").removeprefix("按键 "))
        names.setdefault(
            _DROPPED.sub("", sign) or sign,
            name.replace("“", "").replace("”", "").replace("#", "number sign").replace("*", "star"),
        )
    return names


@lru_cache(maxsize=1)
def _shortcodes() -> dict[str, str]:
    """Emoji by the names typed between colons."""
    names: dict[str, str] = {}
    for sign, data in emoji.EMOJI_DATA.items():
        for alias in (data["en"], *data.get("alias", ())):
            names.setdefault(alias.strip(":").casefold(), sign)
    return names
