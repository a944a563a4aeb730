"""Emoji, custom emoji, ``:shortcodes:``, emoticons and kaomoji, spoken by name."""

import re
from collections.abc import Callable
from functools import lru_cache, partial

import emoji

from bot.normalization.draft import Draft
from bot.normalization.lexicon import NO_WORD_AFTER, NO_WORD_BEFORE
from bot.normalization.mentions import spoken_name
from bot.normalization.technical import is_verbatim

_ROWS = """
smile d:) d:-) :) :-) :> -) :o) (: =) =] :] ^‿^ ◕‿◕ (◕‿◕) (^_^) (^^)
grin :D :oD :-D =D :')
laugh xD XD X-D xDD XDD xd Xd xdd x) X) x')
sad /_\\ :( :o( :-( =( :[ :< :c ): u_u
cry :'( ;_; T_T T-T TT_TT TwT QAQ QwQ Q_Q (T_T) (ಥ﹏ಥ) (╥﹏╥)
angry (￣ε(#￣) >:( >:-( ಠ益ಠ
wink ;) ;o) ;-) ;D
tongue :P :-P :p ;P xP :b
surprised :O :-O :o O_O o_o
unsure :/ :-? =/ :-/ :S :\\
blank :| :-| ._. .-.
heart <3 ♡
heartbreak </3
wave o/ \\o
kiss :* :-* ;*
cat :3 :-3
happy ^^ ^_^ ^-^ ^o^ \\o/ (≧▽≦) (≧∇≦) (≧ω≦) (≧◡≦) ≧▽≦ (^▽^) (^o^) (´▽`) (*´▽`*) (￣▽￣) (・∀・) (´∀`)
annoyed -_- -.- -_-' -.-' -_-; -.-; =_= (-_-)
puzzled o_O O_o o.O O.o
frustrated >_< >.< >< (>_<) (>﹏<)
cute uwu UwU owo OwO >w< QwO (>ω<) (´・ω・`) (・ω・)
cool B-) 8-)
shrug ¯\\_(ツ)_/¯ ¯\\(ツ)/¯ ¯_(ツ)_/¯ ╮(╯▽╰)╭ ┐(´д｀)┌
flip (╯°□°)╯︵┻━┻ (╯°□°）╯︵┻━┻ (ノಠ益ಠ)ノ彡┻━┻
smirk (¬‿¬) >:) >:D
stern ಠ_ಠ
hug (づ｡◕‿‿◕｡)づ (つ≧▽≦)つ (っ´▽`)っ
bear ʕ•ᴥ•ʔ
shocked (⊙_⊙) (°ロ°)
kneel orz Orz OTZ otz
"""
_WITH_BLANKS = {
    "(╯°□°)╯︵ ┻━┻": "flip",
    "(╯°□°）╯︵ ┻━┻": "flip",
    "┬─┬ ノ( ゜-゜ノ)": "unflip",
    "┬─┬ノ( º _ ºノ)": "unflip",
    "( ͡° ͜ʖ ͡°)": "smirk",
    ": )": "smile",
}

EMOTICONS = {face: kind for kind, *faces in map(str.split, _ROWS.strip().splitlines()) for face in faces} | _WITH_BLANKS
"""Kind by emoticon."""
WORDS = {face: kind for face, kind in EMOTICONS.items() if face.isalpha()}
"""Those that are written as words."""

SMILEY = re.compile(
    r"[>}]?+[:;]['’´]?+[-^~]?+(?:\){1,40}+|\({1,40}+|D{1,40}+|[PpþÞ]{1,40}+|\]{1,9}+|\[{1,9}+|[|*xXoOScb3/\\])"
    r"|[：；]-?+(?:[)）]{1,40}+|[(（]{1,40}+|D{1,40}+|[Pp]{1,40}+)|:）{1,40}+|>[:;]-?+<(?![\w/@#!])"
    r"|[>}]?+=['’´]?+-?+(?:\){1,40}+|\({1,40}+|D{1,40}+|[Pp]{1,40}+)"
    r"|<3{1,40}+|<[/\\]3{1,40}+"
)
_MOUTHS = {
    ")": "smile", "]": "smile", "(": "sad", "[": "sad", "c": "sad", "D": "grin", "P": "tongue", "p": "tongue",
    "þ": "tongue", "Þ": "tongue",
    "b": "tongue", "|": "blank", "*": "kiss", "x": "sealed", "X": "sealed", "o": "surprised", "O": "surprised",
    "S": "unsure", "/": "unsure", "\\": "unsure", "3": "cat", "<": "sad",
}  # fmt: skip
_WIDE = str.maketrans("：；（）", ":;()")
_NEAR = 40
"""Characters before a full-width bracket in which its opening one is searched."""
_GLUED = re.compile(r"[:;]-?(?:\){1,9}|\({1,9})")
_WORD_BEFORE = re.compile(r"[A-Za-z][a-z]$")
_NO_FACE_BEFORE = frozenset(":;=/<>()\\")
_NO_FACE_BEHIND = frozenset("/<(\\#$:")

_EYES = {
    "T": "cry", "Q": "cry", ";": "cry", "╥": "cry", "^": "happy", "n": "happy", "u": "sad", "~": "happy", "≧": "happy",
    "≦": "happy", "◕": "happy", "-": "annoyed", "=": "annoyed", "￣": "annoyed", "¯": "happy", ">": "frustrated",
    "<": "frustrated", "@": "puzzled", "*": "happy", "$": "happy", "+": "happy", "x": "shocked", "X": "shocked",
    "O": "surprised", "o": "surprised", "0": "surprised", "⊙": "shocked", "◉": "shocked", "°": "shocked",
    "→": "sidelong", "←": "sidelong", "¬": "sidelong", "ಠ": "stern", "•": "blank", "●": "blank", "╯": "sad", "╰": "sad",
    "＾": "happy", "✪": "happy",
    "⌒": "happy", "∩": "happy", "´": "cute", "｀": "cute", "･": "cute", "・": "cute", "π": "cry",
}  # fmt: skip
_MIRRORED = {"≧": "≦", ">": "<", "╯": "╰", "´": "｀"}
_EYE_SIGNS = re.escape("".join(_EYES))
TWO_EYED = re.compile(rf"=。=|-。-|[{_EYE_SIGNS}][_.﹏ωoO3□▽∀^-]{{1,3}}[{_EYE_SIGNS}]")
_ASCII_MOUTHS = {
    "_": "TQ;^nu~-=><@*$+xXOo0", ".": "T;^><-=Oo", "^": "T", "-": "T^", "o": "^>", "O": "", "3": ">",
}  # fmt: skip
"""Eyes that an ASCII mouth goes with: ``x.x`` is a version, ``+-+`` arithmetic."""

_ARMS_BEFORE = "╭╰╮╯ヽヾ乁ᕙ┐┌└ლ୧٩ᕦ┗┏\\\\_~～"
_ARMS_BEHIND = "╮╯╭╰ﾉノゞシ┐┌┘وง୨۶づつっσﾂ┛┓ᕗᕤ_~～☆★♪✧・゜･ﾟ。"
BRACKETED = re.compile(
    rf"_?+[(（][:：][зЗ3][」)）]∠[)）]_?+|\\[（(][^()（）\n]{{1,17}}+[)）]/(?![A-Za-z0-9])|(?:[oOwmdqvVy][（(]|[{_ARMS_BEFORE}]{{0,4}}+[（(])[^()（）\n]{{1,17}}+[)）][{_ARMS_BEHIND}]{{0,5}}+"
    rf"(?:[oOwmdbqzvVy](?![A-Za-z]))?+"
)
_IN_BRACKETS = re.compile(r"[（(]([^()（）\n]{1,17}+)[)）]")
SHRUG = re.compile(r"[¯~]?\\{1,3}_{1,3}[(（][^()（）\n]{0,5}[)）]_{1,3}/[¯~]?")
CUPS = re.compile(r"(?<!\S)(?:\\_{1,3}+/){1,4}+(?!\S)")
ARMED = re.compile(
    r"(?<![A-Za-z0-9_])[oO]∩_{1,2}+∩[oO](?![A-Za-z0-9_])|[ヾヽ][ﾉノ][≧^＾][∀▽ω◇][≦^＾][)）](?:[oO](?![A-Za-z]))?+"
)
FLIP = re.compile(r"[（(][^()（）\n]{1,10}+[)）][╯ノﾉ彡︵ ]{1,4}+┻━{1,3}+┻")
_STRONG = re.compile("[∩゛ڡ๑ωДд皿益▽∀﹏︶╯╰≧≦◕‿⊙´｀･ᴗ◡◠ಠㅂεз∇∠◉╥⌒ヮ□ﾟ゜￣¯罒艸‵′‸]")
_PLAIN_EYES = re.compile(r"[•\^;TQ><=@*+oO0-][_.o^-]{1,2}+[•\^;TQ><=@*+oO0-]")
_WORDS = re.compile(
    r"[A-Za-z]{2}|[\u3400-\u7685\u7687-\u76c9\u76cb-\u7f51\u7f53-\u8278\u827a-\u9fff]|\d{2}|[\u3041-\u3062]|[\u30a1-\u30fa]{2}"
)
_SHOWS = (
    (re.compile("[╥;TQ]"), "cry"),
    (re.compile("[ಠ益皿]|[#╬]"), "angry"),
    (re.compile("[⊙Д□◉д]"), "shocked"),
    (re.compile("[▽∀‿◡︶^≧≦◕ᴗ∇◠⌒ヮ罒]"), "happy"),
    (re.compile("ε|3"), "kiss"),
    (re.compile("[ω･ㅂз]"), "cute"),
    (re.compile("[﹏╯╰‸]"), "frustrated"),
)
ZERO_EYES = re.compile(r"0\.0")
_CHINESE = re.compile("[\u3400-\u9fff]")
_NUMBER_BEHIND = frozenset("0123456789.,%％分度元块秒米版°")
_NUMBER_BEFORE = frozenset("0123456789.,:：=是为约到v$¥")


def flip(_: re.Match[str]) -> str:
    """Return the kind of a flipped table."""
    return "flip"


def cups(_: re.Match[str]) -> str:
    """Return no kind: a drawing shows nothing in particular."""
    return ""


def shrug(_: re.Match[str]) -> str:
    """Return the kind of two arms beside a face."""
    return "shrug"


def armed(_: re.Match[str]) -> str:
    """Return the kind of two closed eyes with arms at their sides."""
    return "happy"


def smiley(match: re.Match[str]) -> str | None:
    """Return the kind of a smiley; None if it is none."""
    face = match[0].translate(_WIDE)
    if not _is_free(match, letters=face[-1].isalpha() or face[-1] == "3"):
        return None
    if face != match[0] and _is_bracket(match):
        return None
    if face[0] == "<":
        return "heart" if face[1] == "3" else "heartbreak"
    return EMOTICONS.get(face) or _mood(face)


def _is_bracket(match: re.Match[str]) -> bool:
    """Return whether a full-width bracket after a colon is one of a pair: ``如下：（一）``, ``（例：）``."""
    if match[0][-1] in "(（":
        return match.string[match.end() : match.end() + 1] not in ("", " ", "\n")
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    return max(before.rfind("（"), before.rfind("(")) > max(before.rfind("）"), before.rfind(")"))


def _mood(face: str) -> str:
    """Return the mood of a mouth, with brows, tears and winks."""
    kind = _MOUTHS[face[-1]]
    if any(tear in face for tear in "'’´"):
        return "cry" if kind == "sad" else "grin"
    if face[0] in ">}":
        return {"sad": "angry", "smile": "smirk", "grin": "smirk"}.get(kind, kind)
    if ";" in face:
        return {"sad": "cry", "smile": "wink", "grin": "wink"}.get(kind, kind)
    return kind


def two_eyed(match: re.Match[str]) -> str | None:
    """Return the kind of a face of two eyes and a mouth; None if it is none."""
    face = match[0]
    left, mouth, right = face[0], face[1:-1], face[-1]
    if (right != left and _MIRRORED.get(left) != right) or not _goes(left, mouth, plain=face.isascii()):
        return None
    if not _is_free(match, letters=False):
        return None
    if face in EMOTICONS:
        return EMOTICONS[face]
    if mouth[0] == "﹏" and _EYES[left] == "blank":
        return "frustrated"
    return "sidelong" if left in "<>" and left == right else "cute" if face == ">3<" else _EYES[left]


def _goes(eye: str, mouth: str, *, plain: bool) -> bool:
    """Return whether a mouth goes with these eyes."""
    if plain:
        return len(set(mouth)) == 1 and eye in _ASCII_MOUTHS.get(mouth[0], "")
    return eye not in "→←" or mouth[0] in "_﹏."


def bracketed(match: re.Match[str]) -> str | None:
    """Return the kind of a face in brackets, empty if it shows nothing in particular; None if it is none."""
    if match[0] in EMOTICONS:
        return EMOTICONS[match[0]]
    if "∠)" in match[0] or "∠）" in match[0]:
        return ""
    found = _IN_BRACKETS.search(match[0])
    if found is None or (
        match[0][0].isascii()
        and match[0][0].isalpha()
        and _is_spaced(match.string[max(0, match.start() - 1) : match.start()])
    ):
        return None
    inside = found[1]
    has_arms = match[0][0] not in "(（" and match[0][-1] not in ")）"
    if _WORDS.search(inside) or not (has_arms or any(_is_drawn(sign) for sign in inside)):
        return None
    return _shown(inside)


def _is_drawn(sign: str) -> bool:
    """Return whether it is neither letter, digit nor blank."""
    return not sign.isspace() and (not sign.isalnum() or sign in "ﾟω")


def _shown(inside: str) -> str | None:
    """Return the kind of the content of brackets by its eyes, else by its most telling character."""
    plain = _PLAIN_EYES.search(inside)
    if plain and (plain[0][0] == plain[0][-1] or _MIRRORED.get(plain[0][0]) == plain[0][-1]):
        return EMOTICONS.get(plain[0]) or _EYES.get(plain[0][0], "")
    strong = len(_STRONG.findall(inside))
    if not strong or (strong < 2 and len(inside) < 3):
        return None
    return next((kind for pattern, kind in _SHOWS if pattern.search(inside)), "")


def zero_eyes(match: re.Match[str]) -> str | None:
    """Return the kind of ``0.0`` in Chinese chat unless it counts something; None for a number."""
    text, behind = match.string, match.string[match.end() : match.end() + 1]
    before = text[max(0, match.start() - 1) : match.start()]
    if (
        (behind and behind in _NUMBER_BEHIND)
        or (before and before in _NUMBER_BEFORE)
        or (before.isascii() and before.isalpha())
    ):
        return None
    return "surprised" if _CHINESE.search(text) else None


def _is_free(match: re.Match[str], *, letters: bool) -> bool:
    """Return whether it is part of no word and of no other symbol."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    behind = match.string[match.end() : match.end() + 1]
    if before in _NO_FACE_BEFORE or behind in _NO_FACE_BEHIND or before == match[0][0]:
        return False
    if letters and (behind.isalnum() or behind == "_"):
        return False
    return not (_is_spaced(before) or _is_spaced(behind)) or _is_glued(match, behind)


def _is_glued(match: re.Match[str], behind: str) -> bool:
    """Return whether it is a smiley attached to a word, ``great:)``, that closes no bracket."""
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    return (
        bool(_GLUED.fullmatch(match[0]) and _WORD_BEFORE.search(before))
        and (not behind or behind in " \n.,!?")
        and "(" not in before
    )


def _is_spaced(sign: str) -> bool:
    """Return whether it is a letter or digit of a script written with blanks."""
    return sign == "_" or (sign.isalnum() and not _CHINESE.match(sign))


_NAMED_IN_A_RUN = 3
"""Different emoji of a run that are named; the rest is counted."""
_SKIN = "\U0001f3fb-\U0001f3ff"
_NOT_ALONE = frozenset("#*0123456789©®™")


def _class(signs: list[str]) -> str:
    """Return the content of a character class, ranges joined."""
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
"""One emoji. The library's own search takes quadratic time on a chain of joined ones."""
_EACH = re.compile(f"{_ONE}|{_CUSTOM}|{_SHORT}")
_RUN = re.compile(
    rf"[\ufe0e\ufe0f\u200d]?(?:{_ONE}|{_CUSTOM}|{_SHORT})(?:[\s,\ufe0e\ufe0f\u200d]{{0,8}}+(?:{_ONE}|{_CUSTOM}|{_SHORT}))*+"
)
_LAUGHING = frozenset("😂🤣😹")
_DROPPED = re.compile(f"[\ufe0e\ufe0f{_SKIN}]")
_ASIDE = re.compile(r" ?[(（].{0,40}?[)）]")
_KNOWN = re.compile(r"<a?:(\w{1,32}+):\d{1,25}+>|:([a-z][a-z0-9_+-]{1,31}+):")

NAMED = re.compile(r"<a?:(\w{1,32}+):\d{1,25}+>|(?<![\w:]):([A-Za-z0-9_+-]{2,32}+):(?![\w:])")
"""Custom emoji, and names of emoji between colons."""

_FACE_SIGN = re.compile(
    r"(?<![0-9A-Za-z])[:;=：；]|[<>_^♡ಠ¬ʕ◕✪＾⊙﹏≧╯￣╥-]|[oO][.][oO]|[.][_.-]|[（(\\]|[xX]'?\)|(?<!\S)o/(?!\S)"
)
"""Characters of which every face contains one."""
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
"""Faces that begin and end with symbols may be next to Chinese characters."""
_CALLED = re.compile(r"\S{2,32}+(?<=[,:]) ?")
"""A name and nothing else, before carets that point at the line above."""
_CLOSING = ("):", "x)", "X)")
"""Faces that may close a bracket."""
_ASKED = re.compile(r" ?[?？]")
_GOING_ON = re.compile(r" {1,2}[a-z]")
_CONTEXT = 80


def _known_face(match: re.Match[str]) -> str | None:
    """Return the kind of a listed face.

    Two carets at the start of a line or before a question mark point at an earlier message; a bracket closes one before
    it.
    """
    text = match.string
    before = text[max(0, match.start() - _CONTEXT) : match.start()]
    if match[0] == "^^":
        begins = not before.rpartition("\n")[2].strip() and _GOING_ON.match(text, match.end())
        at_somebody = _CALLED.fullmatch(before) and not text[match.end() :].strip()
        return "" if begins or at_somebody or _ASKED.match(text, match.end()) else "happy"
    if match[0] in _CLOSING and ("(" in before or ")" in before):
        return None if before.rfind("(") > before.rfind(")") or match[0] != "):" else EMOTICONS[match[0]]
    return EMOTICONS[match[0]]


_MADE_FACES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (FLIP, flip),
    (ARMED, armed),
    (BRACKETED, bracketed),
    (_FACE, _known_face),
    (TWO_EYED, two_eyed),
    (SMILEY, smiley),
)
_DRAWN_FACES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (SHRUG, shrug),
    (CUPS, cups),
)
"""Faces with a backslash."""


def picture(draft: Draft) -> None:
    """Name emoji and emoticons, or drop them if the reading says so."""
    name_emoji(draft)
    if ":)" in draft.text or ";)" in draft.text or _FACE_SIGN.search(draft.text):
        if "\\" in draft.text:
            for pattern, kind in _DRAWN_FACES:
                draft.replace(pattern, partial(_made_face, draft, kind))
        for pattern, kind in _MADE_FACES:
            draft.replace(pattern, partial(_made_face, draft, kind))
    if "0.0" in draft.text:
        draft.replace(ZERO_EYES, lambda match: _face(draft, match, zero_eyes(match)))


def name_emoji(draft: Draft) -> None:
    """Name emoji, custom ones and ``:names:``; a laughing one is a laugh if that is enabled."""
    if _ANY.search(draft.text):
        draft.replace(_RUN, lambda match: _run(draft, match))


def _run(draft: Draft, match: re.Match[str]) -> str:
    """Return the words for consecutive emoji: each kind once, the laugh first, with commas at the edges."""
    if draft.reading.skip_emoji:
        draft.note("emoji", match[0], "")
        return " "
    signs = _EACH.findall(match[0])
    if "👈" in match[0]:
        signs = _shy(signs)
    laughing = [sign for sign in signs if sign in _LAUGHING] if draft.delivery.laugh else []
    laugh = draft.tag("laugh", laughing[0], "laugh") if laughing else ""
    others = [sign for sign in signs if sign not in _LAUGHING] if laughing else signs
    names = list(dict.fromkeys(name for sign in others if (name := _name(sign, draft))))
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
    """Return two fingers that point at each other as one emoji."""
    paired: list[str] = []
    for sign in signs:
        if sign[0] == "👈" and paired and paired[-1][0] == "👉":
            paired[-1] = "👉👈"
        else:
            paired.append(sign)
    return paired


def _written(draft: Draft, written: str, said: str) -> str:
    """Return the written form: official names are kept; names that people gave are ordinary text."""
    if _KNOWN.search(written):
        draft.note("emoji", written, said)
        return f" {said} "
    return draft.put("emoji", written, said)


def _echoes(match: re.Match[str], said: str) -> bool:
    """Return whether a neighbouring word says the same as an emoji."""
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
    return match[0] if is_verbatim(draft, match.string, match.start()) else _face(draft, match, kind(match))


def _face(draft: Draft, match: re.Match[str], kind: str | None) -> str:
    """Return the words for a kind of face: none if it has none, unchanged if it is no face."""
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
    """Return the name of an emoji; of the first part of an unknown one."""
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
    """Return official names by emoji, without skin tone and variation."""
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
    """Return emoji by the names typed between colons."""
    names: dict[str, str] = {}
    for sign, data in emoji.EMOJI_DATA.items():
        for alias in (data["en"], *data.get("alias", ())):
            names.setdefault(alias.strip(":").casefold(), sign)
    return names
