"""Signs that are left: said where they mean a word, brackets made pauses, the others dropped. The last step on text.

After it no bracket, asterisk or angle of the message is left, so none can be an audio tag, a style or an element.
"""

import re
import unicodedata

from bot.speech.chat.draft import INSERTS, Draft
from bot.speech.chat.technical import begins_command, is_technical
from bot.speech.chat.vocabulary import Vocabulary

_QUOTES = frozenset("「」『』《》“”‘’«»‹›„‚‟‛〝〞〟")
_PAIRED = [
    chr(code) for code in (*range(0x20, 0x3100), *range(0xFE00, 0xFFFF)) if unicodedata.category(chr(code)) in "Ps Pe"
]
_BRACKETS = "".join(sorted({*_PAIRED, *"⁅⁆⎛⎝⎞⎠⎡⎣⎤⎦"} - _QUOTES))
_BRACKET = re.compile(f"[{re.escape(_BRACKETS)}]")
_PREFIX = re.compile(r"(?<!\S)\(([a-z]{1,4})\)(?=[a-z])")
_INSIDE = re.compile(
    r"(?<=[A-Za-z0-9])\[(\w{1,8}+)\](?=[A-Za-z0-9])|(?<=[A-Za-z])\{(\w{1,3}+)\}|\{(\w{1,8}+)\}(?=[a-z])"
)
"""``(re)start``, ``D[4]n``: no pause within a word."""
_PLURAL = re.compile(r"(?<=\w)\((s|es)\)")
_QUOTED_OPENING = re.compile(r"(?<=['\"])[({\[]{1,3}(?=[^\s'\"()\[\]{}])")
_QUOTED_CLOSING = re.compile(r"(?<=[^\s'\"()\[\]{}])[)}\]]{1,3}(?=['\"])")
_EMPTY = re.compile(r"[(\[{（【]\s?[)\]}）】]")
_ARROW = re.compile(r" {0,8}(<[-=]{1,5}>|[-=]{1,5}>|<-{1,5}(?![\d-])|[→←↔⟶]{1,5}+) {0,8}")
_POINTED_AT = re.compile(r"-{1,3}> ?+([^<>\n-]{1,40}+(?:-[^<>\n-]{1,40}+){0,3}+)<-{1,3}(?![\d-])")
"""``-> this <-``: between two that point at it."""
_ASSIGNED = re.compile(r"\S{1,24}+ ?(?:<-|←) ?\S{1,24}+")
"""``b <- a``, and nothing else in the message."""
_CLAUSE = 80
_CLAUSE_BEHIND = re.compile(rf"[^\n.,;:!?()<>→←=]{{1,{_CLAUSE}}}+")
_CLAUSE_BEFORE = re.compile(rf"[^\n.,;:!?()<>→←=]{{1,{_CLAUSE}}}+$")
_MENUS = ("file", "edit", "view", "tools", "settings", "system", "options", "preferences", "help", "menu", "window")
"""Names of menus: what follows is chosen in it."""
_WORDS_TO = 4
"""More words than these on a side of an arrow are a sentence of their own."""
_ARROW_SIGN = re.compile(r"[→←↔⟶]|[-=]>|<-")
_POINTED_TO = re.compile(r"(?:this|that|these|those|here|there|see|look|and|then)\b")
"""Behind an arrow: nothing goes to it."""
_NO_ARROW_BEHIND = frozenset(".!?:,。！？：，\n ")
_SPACED = re.compile(r"(?<=[^\s]) {1,8}(==|!=|>=|<=|&&|[+=<>≤≥≠≈±×÷@]) {1,8}(?=\w)")
_COMPARED = re.compile(r"(?<=\w)([=!<>]=|[≤≥≠≈±<>])(?=[\w-])")
_POINTING = re.compile(f"(?<=([{INSERTS}])) {{1,2}}<{{1,2}} {{1,2}}(?=[A-Za-z])")
"""``<`` behind an address points at it."""
_HAN = re.compile("[\u3400-\u9fff]")
_HAN_BEFORE = re.compile("[\u3400-\u9fff] ?==?$")
_COMPARING = re.compile("[=<>≤≥≠≈±]")
_JOINING_PLUS = re.compile(r"(?<=[^\W\d_])\+(?=\w)")
_NAME_BEFORE = re.compile(r"([^\W\d_]{2,24}+) {0,8}$")
_NAME_BEHIND = re.compile(r" {0,8}+[^\W\d_]{2}")
_BEHIND_PLUS = re.compile(r"(?<=[0-9A-Za-z万千亿])\+{1,2}(?!\+)")
_AND = re.compile(r"\s?&{1,64}\s?")
_QUOTED_AND = re.compile("(?<=['\"])&(?=['\"])")
_EQUALS = re.compile(rf"(?<=[\w{INSERTS}])\s?=\s?(?=[\w{INSERTS}]|[:'\"./~$][\w/]|--?[a-z])")
_PLUS = re.compile(r"(?<!\w)\+(?=\d|[rwxs]{1,3} )")
_AGES = re.compile(r"(?<!\d)(?:12|14|16|18|21)$")
_FRACTION = re.compile("[½¼¾⅓⅔№]")
_AT = re.compile(r"(?<!\S)@(?=\d)")
_BAR = re.compile(r"\s?[|¦]{1,64}\s?")
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_])(?<!\.[a-z]{2})(?<!\.[a-z]{3})[/\\](?=[^\W\d_])")
_PATH_OF_MENUS = re.compile(r"(?<=[A-Za-z]) ?>{2,3} ?(?=[A-Za-z])")
_FOLD = re.compile(r"(?<=[A-Za-z])\*(?=\d)")
_FILE = re.compile(r"[\w-]{1,32}+\.[a-z]{2,4}(?![\w.])")
_QUOTED_NAME = re.compile(r"[\w-]{2,32}+>")
_BEHIND_BRACKET = re.compile(r"(?<=[)\]])/(?=[A-Za-z])")
_TOKEN_BEFORE = re.compile(r"[A-Za-z0-9_./?$:@%~=-]{1,32}$")
_TOKEN_BEHIND = re.compile(r"[A-Za-z0-9_./?$:@%~=-]{1,32}")
_NO_WORD = re.compile(r"[0-9_.?$:@%~=]|^-|^[A-Za-z]$|^[A-Za-z]/|/[A-Za-z]$")
"""A name of something, or a letter: ``sda/sdb1``, ``message/s``."""
_DROPPED = re.compile(
    "[*<>^`_~#=+\\\\@|¦©®™•·‣◦¬¶†‡°¨´¸˜\u2016\u203b\u2190-\u23ff\u2423\u2440-\u245f\u2500-\u27bf\u27c0-\u2bff\u3000"
    "\u3004\u3012\u3013\u3020\u302a-\u302f\u3036\u303f\u3200-\u33ff\ua700-\ua71f\uffe8-\uffee\ufe0e\ufe0f\u200d\u20e3\U0001f000-\U0001faff\U000e0020-\U000e007f]+"
)
_DROPPED_ANYWHERE = re.compile(_DROPPED.pattern.replace("~#=+", "~").replace("@|", "|"))
"""Where no sign is said by a word of ours: what an engine may read by itself stays."""
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")
_BEFORE_SIGN = re.compile(r" (?=[,;，。！？；：、…]|[.!:](?![A-Za-z0-9_/]|\./| -[A-Za-z])|\?(?![A-Za-z0-9_/]| [a-z]))")
_AFTER_WIDE = re.compile(r"(?<=[，、]) +")
_COMMAS = re.compile(r"[,，、;；](?= ?(?:[,;，。！？；：、…\n]|[.!?:](?![A-Za-z0-9_])|$))")
_DANGLING = re.compile(r"(?:^|(?<=[\n!?.:：！？。…]))(?: ?[,，、;；]){1,100}")
_ASKING = frozenset("?？!！ ")
_SOUNDED = re.compile(
    "[*<>^`_~#=+@|&()\\[\\]{}（）【】/\\\\½¼¾⅓⅔№|¦]"
    "|[^\x00-\xa0\u00c0-\u2000\u3001\u3002\u3041-\u30ff\u3400-\u9fff\uff01\uff0c\uff1a\uff1b\uff1f\U000f0000-\U0010ffff]"
)
_UNTIDY = re.compile(r"[^\S ]|  | [.!?:。！？：…]|[,，、;；]")
"""There is nothing to tidy in a text without one of these."""


def say_arrows(draft: Draft) -> None:
    """``a -> b``: from one to the other. Before their parts are taken for marks of formatting."""
    if not draft.foreign and _ARROW_SIGN.search(draft.text):
        if "<-" in draft.text:
            pause = draft.words.phrases["pause"]
            draft.change(_POINTED_AT, "sign", lambda match: pause + match[1].rstrip() + pause)
        draft.change(_ARROW, "sign", lambda match: _arrow(match, draft))


def _arrow(match: re.Match[str], draft: Draft) -> str:
    """A word between two things; nothing at an end or behind a sentence."""
    before, after = match.string[max(0, match.start() - 1) : match.start()], match.string[match.end() : match.end() + 1]
    words = draft.words
    if not before or not after.strip() or before in _NO_ARROW_BEHIND:
        return " "
    if (
        _POINTED_TO.match(match.string, match.end())
        or draft.rule_of(after) == "link"
        or begins_command(match.string, match.end())
    ):
        return words.phrases["pause"]
    if is_technical(draft, match.string, match.start()) or _is_aside(match, words):
        return words.phrases["pause"]
    left, right = match[1][0] in "<←↔", match[1][-1] in ">→↔⟶"
    if left and not right and not _ASSIGNED.fullmatch(match.string.strip()):
        return words.phrases["pause"]  # it points at what was said before
    return words.apart(words.signs["<->" if left and right else "<-" if left else "->"])


def _is_aside(match: re.Match[str], words: Vocabulary) -> bool:
    """Return True if nothing goes to the other side: the next of a list, a look aside, a sentence on either side."""
    if (match[0][0] == " ") != (match[0][-1] == " ") and match[1].isascii():
        return True  # ``View ->Message``
    if len(match[1]) > 1 and match[1][0] in "→←↔⟶":
        return True
    if words.language == "zh":
        return False
    behind = _CLAUSE_BEHIND.match(match.string, match.end())
    before = _CLAUSE_BEFORE.search(match.string[max(0, match.start() - _CLAUSE) : match.start()])
    if before is not None and before[0].lower().endswith(_MENUS):
        return True
    return any(side is not None and len(side[0].split()) > _WORDS_TO for side in (before, behind))


def _compared(match: re.Match[str], words: Vocabulary) -> str:
    """What is said for a sign between two; ``settings > privacy`` goes from one to the next."""
    if (
        match[1] == "=="
        and _HAN_BEFORE.search(match.string[: match.end()][-4:])
        and _HAN.match(match.string, match.end())
    ):
        return words.phrases["pause"]  # two closed eyes
    if match[1] == "<" and _QUOTED_NAME.match(match.string, match.end()):
        return words.phrases["pause"]  # a line of a chat that is quoted
    if match[1] in "<>" and _FILE.match(match.string, match.end()):
        return words.phrases["pause"]  # what a command reads or writes
    if match[1] == ">":
        before = match.string[max(0, match.start() - 32) : match.start()]
        if _NAME_BEFORE.search(before) and _NAME_BEHIND.match(match.string, match.end()):
            return words.phrases["pause"]
    return words.apart(words.signs[match[1]])


def _plus(match: re.Match[str], words: Vocabulary) -> str:
    """``A+``, ``18+``; in Chinese ``10+人`` are ten and some."""
    before, after = match.string[max(0, match.start() - 6) : match.start()], match.string[match.end() : match.end() + 1]
    if (
        words.language == "zh"
        and "\u3400" <= after <= "\u9fff"
        and not before[-1:].isalpha()
        and not _AGES.search(before)
    ):
        return words.say("some_more")
    return words.apart(words.signs["+"]) * len(match[0])


def say_signs(draft: Draft) -> None:
    """Say signs that mean words, make brackets pauses, drop the others."""
    text = draft.text
    if draft.foreign:
        _leave_signs(draft)
    elif _SOUNDED.search(text):
        words = draft.words
        comma = words.phrases["pause"]
        spoken = _unbracketed(text) if "(" in text or "[" in text or "{" in text else text
        if "<" in spoken:
            spoken = _POINTING.sub(lambda match: comma if draft.rule_of(match[1]) == "link" else match[0], spoken)
        spoken = _SPACED.sub(lambda match: _compared(match, words), spoken)
        if _COMPARING.search(spoken):
            spoken = _COMPARED.sub(lambda match: _compared(match, words), spoken)
        if "+" in spoken:
            spoken = _BEHIND_PLUS.sub(lambda match: _plus(match, words), spoken)
            spoken = _JOINING_PLUS.sub(words.apart(words.signs["+"]), spoken)
            spoken = _PLUS.sub(words.signs["+"] + (" " if words.language == "en" else ""), spoken)
        if "&" in spoken:
            spoken = _QUOTED_AND.sub(words.signs["&"], spoken)
            spoken = _AND.sub(words.apart(words.signs["&"]), spoken)
        if ">>" in spoken:
            spoken = _PATH_OF_MENUS.sub(comma, spoken)
        if "*" in spoken:
            spoken = _FOLD.sub(words.apart(words.signs["*"]), spoken)
        spoken = _FRACTION.sub(lambda match: words.apart(words.signs[match[0]]), spoken)
        if "=" in spoken:
            spoken = _EQUALS.sub(words.apart(words.signs["="]), spoken)
        spoken = _AT.sub(words.signs["@"] + " ", spoken)
        spoken = _BAR.sub(comma, _slashed(spoken, comma))
        draft.whole("sign", _DROPPED.sub(" ", spoken))
        draft.whole("bracket", _bracketed(draft.text, comma))


def _unbracketed(text: str) -> str:
    """Take brackets within a word off, ``(re)start``, ``D[4]n``, and an ending that may be meant or not."""
    text = _INSIDE.sub(lambda match: match[match.lastindex or 0], _PREFIX.sub(r"\1", text))
    return _PLURAL.sub("", text)


def _bracketed(text: str, pause: str) -> str:
    """Make brackets pauses; those right within quotes are left out."""
    if '"' in text or "'" in text:
        text = _QUOTED_OPENING.sub("", _QUOTED_CLOSING.sub("", text))
    return _BRACKET.sub(pause, _EMPTY.sub(" ", text))


def _slashed(text: str, pause: str) -> str:
    """Make a slash between two words a pause; names of programs and single letters keep it."""
    if "/" not in text and "\\" not in text:
        return text

    def paused(match: re.Match[str]) -> str:
        if match[0] == "/":
            before = _TOKEN_BEFORE.search(match.string[max(0, match.start() - 32) : match.start()])
            behind = _TOKEN_BEHIND.match(match.string, match.end())
            if before and behind and (before[0] + behind[0]).isupper():
                return "/"
            if before and behind and len(before[0]) == len(behind[0]) == 2:
                return "/"
            if (before and _NO_WORD.search(before[0])) or (behind and _NO_WORD.search(behind[0].rstrip(".?:"))):
                return "/"
        return pause

    return _BETWEEN_WORDS.sub(paused, _BEHIND_BRACKET.sub(pause, text))


def _leave_signs(draft: Draft) -> None:
    """Take off only what could pass for a tag, an element, an entity or formatting."""
    if _SOUNDED.search(draft.text):
        comma = draft.words.phrases["pause"]
        spoken = _BAR.sub(comma, _AND.sub(" + ", draft.text))
        draft.whole("sign", _DROPPED_ANYWHERE.sub(" ", spoken))
        draft.whole("bracket", _BRACKET.sub(comma, _EMPTY.sub(" ", draft.text)))


def ask(draft: Draft) -> None:
    """A message of question marks alone is a question."""
    if ("?" in draft.text or "？" in draft.text) and _ASKING.issuperset(draft.text):
        draft.whole("sign", draft.words.say("what"))


def plain(text: str) -> str:
    """A person's own words for something, without any sign that is not said."""
    return tidy(_BRACKET.sub(" ", _DROPPED.sub(" ", text.replace("&", " "))))


def tidy(text: str) -> str:
    """One blank between words, one line break between lines, no comma where there is nothing to part."""
    if not _UNTIDY.search(text):
        return text.strip()
    text = _BLANKS.sub(" ", text)
    if "\n" in text:
        text = _LINES.sub("\n", text)
    text = _AFTER_WIDE.sub("", _BEFORE_SIGN.sub("", text))
    return _LINES.sub("\n", _DANGLING.sub("", _COMMAS.sub("", text))).strip()
