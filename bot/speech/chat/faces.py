"""Faces made of signs that are in no list: stretched smileys, two eyes with a mouth, faces in brackets with arms.

Used by ``pictures``, before any sign is taken for arithmetic, an arrow or a bracket. A face that is known as one but
shows nothing in particular is left out.
"""

import re

from bot.speech.chat.emoticons import EMOTICONS

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
"""Signs before a wide bracket that are looked at for the one it closes."""
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
"""Which eyes a mouth goes with where all three are plain signs: ``x.x`` is a version, ``+-+`` arithmetic."""

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
    """The kind of a table in the air."""
    return "flip"


def cups(_: re.Match[str]) -> str:
    """Return no kind: what somebody drew shows nothing in particular."""
    return ""


def shrug(_: re.Match[str]) -> str:
    """The kind of two arms beside whatever face."""
    return "shrug"


def armed(_: re.Match[str]) -> str:
    """The kind of two closed eyes with arms at their sides."""
    return "happy"


def smiley(match: re.Match[str]) -> str | None:
    """The kind of a smiley; None where it is none."""
    face = match[0].translate(_WIDE)
    if not _is_free(match, letters=face[-1].isalpha() or face[-1] == "3"):
        return None
    if face != match[0] and _is_bracket(match):
        return None
    if face[0] == "<":
        return "heart" if face[1] == "3" else "heartbreak"
    return EMOTICONS.get(face) or _mood(face)


def _is_bracket(match: re.Match[str]) -> bool:
    """Whether a wide bracket behind a colon is one of a pair: ``如下：（一）``, ``（例：）``."""
    if match[0][-1] in "(（":
        return match.string[match.end() : match.end() + 1] not in ("", " ", "\n")
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    return max(before.rfind("（"), before.rfind("(")) > max(before.rfind("）"), before.rfind(")"))


def _mood(face: str) -> str:
    """What the mouth shows, with brows, tears and winks."""
    kind = _MOUTHS[face[-1]]
    if any(tear in face for tear in "'’´"):
        return "cry" if kind == "sad" else "grin"
    if face[0] in ">}":
        return {"sad": "angry", "smile": "smirk", "grin": "smirk"}.get(kind, kind)
    if ";" in face:
        return {"sad": "cry", "smile": "wink", "grin": "wink"}.get(kind, kind)
    return kind


def two_eyed(match: re.Match[str]) -> str | None:
    """The kind of a face of two eyes and a mouth between; None where it is none."""
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
    """Whether a mouth goes with these eyes."""
    if plain:
        return len(set(mouth)) == 1 and eye in _ASCII_MOUTHS.get(mouth[0], "")
    return eye not in "→←" or mouth[0] in "_﹏."


def bracketed(match: re.Match[str]) -> str | None:
    """The kind of a face in brackets, empty where it shows nothing in particular; None where it is none."""
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
    """Whether it is no letter, digit or blank."""
    return not sign.isspace() and (not sign.isalnum() or sign in "ﾟω")


def _shown(inside: str) -> str | None:
    """The kind of what stands in brackets by its eyes, else by its most telling sign."""
    plain = _PLAIN_EYES.search(inside)
    if plain and (plain[0][0] == plain[0][-1] or _MIRRORED.get(plain[0][0]) == plain[0][-1]):
        return EMOTICONS.get(plain[0]) or _EYES.get(plain[0][0], "")
    strong = len(_STRONG.findall(inside))
    if not strong or (strong < 2 and len(inside) < 3):
        return None
    return next((kind for pattern, kind in _SHOWS if pattern.search(inside)), "")


def zero_eyes(match: re.Match[str]) -> str | None:
    """The kind of ``0.0``, in Chinese chat where it is no number of anything; None for a number."""
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
    """Whether it stands in no word and in no other sign."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    behind = match.string[match.end() : match.end() + 1]
    if before in _NO_FACE_BEFORE or behind in _NO_FACE_BEHIND or before == match[0][0]:
        return False
    if letters and (behind.isalnum() or behind == "_"):
        return False
    return not (_is_spaced(before) or _is_spaced(behind)) or _is_glued(match, behind)


def _is_glued(match: re.Match[str], behind: str) -> bool:
    """Return True for a smiley right behind a word, ``great:)``, that closes no bracket."""
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    return (
        bool(_GLUED.fullmatch(match[0]) and _WORD_BEFORE.search(before))
        and (not behind or behind in " \n.,!?")
        and "(" not in before
    )


def _is_spaced(sign: str) -> bool:
    """Whether it is a letter or digit of a script that is written with blanks."""
    return sign == "_" or (sign.isalnum() and not _CHINESE.match(sign))
