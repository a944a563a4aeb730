"""Words of chat: abbreviations, slang, laughter, keyboard smash, strings that are no words. A step of ``reader``.

Every run of Latin letters and digits is looked up once; Chinese signs around it are no hindrance.
"""

import re

from bot.patterns import linear
from bot.speech.chat.contexts import in_context
from bot.speech.chat.draft import INSERTS, Draft
from bot.speech.chat.emoticons import WORDS
from bot.speech.chat.technical import is_technical
from bot.speech.chat.vocabulary import Vocabulary

_TOKEN = linear(
    r"(?<![0-9A-Za-z_'’\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f])[0-9A-Za-z]++(?:;[A-Za-z]{2}|/[Oo]?(?![A-Za-z0-9])|#|\+\+)?(?![\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f_]|['’-][A-Za-z])",
    "begins where letters and digits begin, and takes all of them at once",
)
_HAN = re.compile("[\u3400-\u9fff]")
_HAN_LAUGH = re.compile(r"([哈嘿呵嘻])\1{3,}")
_CASED = frozenset(
    {
        "ATM",
        "BC",
        "BBS",
        "FR",
        "GM",
        "MSG",
        "ABT",
        "PROB",
        "U",
        "R",
        "K",
        "Ty",
        "Jk",
        "Bf",
        "Gf",
        "Wp",
        "Ez",
        "Dm",
        "LoL",
    }
)
"""Spelled so, they are something else: a cash machine, years, a letter, a name."""
_ROW = re.compile(
    "|".join(
        row[at : at + 5]
        for line in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
        for row in (line, line[::-1])
        for at in range(len(row) - 4)
    )
)
STRANGE = (
    r"(?:j[b-df-hj-np-tv-z]|q[b-df-hj-np-tv-z]|[bcdfghjklmpqrstvwz]j|v[bcdfghjkmnpqtwxz]|[dfgkhjs]k(?=[dfgjk])|f[bdghjkpvw]"
    r"|k[dfgjvz]|g[fjkqvz]|h[fgjkvz]|d[fkqvx]|[bcdfghjklmpqsvwz]x|x[dfgjkvz]|s[dfgjvz](?=[fgjkv])|z[bcdfgjkpqrsvx]|w[fgjkqvxz])"
)
"""Two letters that hardly ever meet in a word, as an expression."""
_HOME = frozenset("asdfghjkl")
_LAYOUTS = frozenset({"qwerty", "qwertz", "azerty"})
"""Words for keyboards."""
_STRANGE = re.compile(f"(?={STRANGE})")
_LAUGHTER = frozenset({"lol", "lmao", "lmfao", "rofl", "lul", "kek", "kekw", "xswl"})
"""Chat words that are a laugh."""
_LONG = 30
_UNIT_BEHIND = re.compile(r"[.,-]?\d|\s?[%％块元个只次年月日号分秒米斤岁人楼室度倍条页集章回万亿千百公厘毫]")
_NUMBER_BEFORE = re.compile(r"[\d.:/-]$|\d[, ]$")
_COUNTED_BEFORE = re.compile(
    r"(?:[共花付赚欠卖剩第码号]|[花用付给赚亏欠卖买剩充扣收转涨跌降得考赏送刷投]了|[共合总]计|[达涨降跌升]到|超过|突破|还差|只差|将近|接近|大约|房间|还有|只有|只要"
    r"|尾号|型号|版本|车牌|价格|至少|最多|排名|伤害|血量|分数|余额|工资|月薪|年薪|等于|电话|粉丝|群|[码号案格价额分数名间费资薪][是为]"
    r"|ID|id|QQ|qq)[ :：]{0,2}$"
)
"""Words before a number that is one: an amount, a room, a code."""
_NEAR = 16
"""Signs before a number that are looked at."""
_HARMLESS = frozenset("cdefgiknopqrstuvyz")
"""No laugh and no grin begins with one of these."""
_GRIN = re.compile(r"x{1,4}d{2,40}+")
_DOTTED = re.compile(rf"(?<![\w.'’])([Vv][Ss])\.(?= ?(?:[^\W_]|[{INSERTS}]))")
"""``vs.`` between two: no sentence ends there."""
_SHELL_BEFORE = re.compile(rf"[%$]$|(?:^|[ /{INSERTS}])[?&!]$")
"""Signs of a shell before a token: ``%k``, ``/?dm``, ``!fr``."""
_GLUE = frozenset("._-@\\~=")
"""Signs that join a token with another one to the name of something."""
_SURE = frozenset({"u", "ur", "ty", "w/"})
_NOT_STRETCHED = frozenset({"til"})
_VOWELS = {"ha": "ha", "he": "he", "hi": "hi", "ho": "ho", "ja": "ja", "je": "je", "lo": "lo"}
_LAUGHS = {frozenset(pair): pair for pair in _VOWELS}


def is_chat_word(word: str, words: Vocabulary) -> bool:
    """Whether a rule here would say something else for it."""
    return word.casefold() in words.slang or bool(_laugh(word.casefold(), words))


def is_smash(word: str) -> bool:
    """Whether a word of letters is a hand on the keyboard; commands, names and typos are not.

    Fingers rest on the home row: a smash is a row typed along, or nearly all of it comes from there. What comes from
    all over the board must be long and hardly pronounceable to be one.
    """
    low = word.casefold()
    if len(low) < 6 or not low.isalpha() or low in _LAYOUTS:
        return False
    if _ROW.search(low):
        return True
    if re.fullmatch(r"(?:asd|sdf|jkl){2,300}[asdfjkl]{0,2}", low):
        return True
    strange = len(_STRANGE.findall(low))
    if strange < 2 or strange / (len(low) - 1) < 0.28:
        return False
    if _HOME.issuperset(low):
        return True
    home = sum(sign in _HOME for sign in low) / len(low)
    return len(low) > 8 and (home >= 0.8 or strange / (len(low) - 1) >= 0.4)


def expand(draft: Draft) -> None:
    """Say chat words as a person reading them out would."""
    if draft.foreign:
        draft.text = _TOKEN.sub(lambda match: _uncanny(draft, match), draft.text)
        return
    if draft.reading.expand_slang and "." in draft.text:
        draft.text = _DOTTED.sub(r"\1 ", draft.text)
    draft.text = _TOKEN.sub(lambda match: _said(draft, match), draft.text)
    if draft.words.language == "zh":
        draft.change(_HAN_LAUGH, "laughter", lambda match: draft.words.laughter[match[1]])


def _said(draft: Draft, match: re.Match[str]) -> str:
    token = match[0]
    words = draft.words
    low = token.casefold()
    if _is_harmless(token, low) and low not in words.slang:
        return token
    if token.isdigit():
        return _number(draft, match)
    if draft.reading.expand_slang and token not in _CASED and (word := _chat_word(low, words)):
        known = in_context(word, words.slang[word], match)
        if known and not _is_part(match, word) and not _is_doubtful(draft, match, word):
            if known[-1] == "了" == match.string[match.end() : match.end() + 1]:
                known = known[:-1]
            if token.endswith("++") and match.string[match.end() : match.end() + 1].isalnum():
                known += " "  # C++20
            return _noted(draft, "laughter" if word in _LAUGHTER else "slang", token, known)
    if laugh := _laugh(low, words):
        return _noted(draft, "laughter", token, laugh)
    if len(token) > 5 and is_smash(low):
        return _noted(draft, "smash", token, words.say("smash"))
    return _uncanny(draft, match)


def _is_harmless(token: str, low: str) -> bool:
    """Whether it is short and neither stretched nor a face, so that it is a chat word or nothing."""
    return len(token) < 6 and low[0] in _HARMLESS and low[-1] != low[-2:-1] and token not in WORDS


def _uncanny(draft: Draft, match: re.Match[str]) -> str:
    """What is no word of any language: faces written in letters, long strings of letters and digits."""
    token, words = match[0], draft.words
    low = token.casefold()
    face = WORDS.get(token) or (WORDS["XD"] if _GRIN.fullmatch(low) else None)
    if face and not _is_glued(match) and not _is_name_in_chinese(face, match):
        said = "" if draft.reading.skip_emoji else words.emoticons[face]
        draft.note("emoji", token, said)
        return said
    if len(token) >= _LONG and (_is_mixed(token) or len(token) > 45) and len(set(low)) > 4:
        return _noted(draft, "long", token, words.say("long_word"))
    return token


def _is_mixed(token: str) -> bool:
    """Whether there are both letters and digits."""
    return any(map(str.isdigit, token)) and any(map(str.isalpha, token))


def _chat_word(low: str, words: Vocabulary) -> str:
    """The chat word that it is, its last letter stretched or not; empty for other words."""
    if low in words.slang:
        return low
    if len(low) < 4 or not "a" <= low[-1] <= "z" or low[-3:] != low[-1] * 3 or not (begin := low.rstrip(low[-1])):
        return ""
    once = begin + low[-1]
    return next((word for word in (once + low[-1], once) if word in words.slang and word not in _NOT_STRETCHED), "")


def _is_name_in_chinese(face: str, match: re.Match[str]) -> bool:
    """Return True for a grin right between Chinese signs: somebody is called so."""
    before, behind = (
        match.string[max(0, match.start() - 1) : match.start()],
        match.string[match.end() : match.end() + 1],
    )
    return face == WORDS["XD"] and bool(_HAN.match(before) and _HAN.match(behind))


def _is_glued(match: re.Match[str]) -> bool:
    """Whether it is a part of something: ``np.array``, ``file.gz``, ``screen -xd``."""
    before = match.string[max(0, match.start() - 8) : match.start()]
    if before.casefold() == "windows " or _SHELL_BEFORE.search(before):
        return True
    before = before[-1:]
    behind = match.string[match.end() : match.end() + 2]
    return bool(before and before in _GLUE) or (behind[:1] in _GLUE and behind[1:].isalnum() and behind.isascii())


def _is_part(match: re.Match[str], word: str) -> bool:
    """Whether it belongs to a number before it (``5 k``), or is a letter of several (``k/d``, ``r.i.p``)."""
    if _is_glued(match):
        return True
    before = match.string[max(0, match.start() - 2) : match.start()]
    if len(word) == 1:
        after = match.string[match.end() : match.end() + 2]
        if before[-1:] == "/" or after[:1] == "/" or (after[:1] == "." and after[1:].isalpha()):
            return True
    if len(word) == 2 and "/" in (before[-1:], match.string[match.end() : match.end() + 1]):
        return True
    if before[-1:] == " " and (len(word) > 2 or "/" in word or word == "vs") and word != "atm":
        return False
    return bool(_NUMBER_BEFORE.search(before))


def _is_doubtful(draft: Draft, match: re.Match[str], word: str) -> bool:
    """Return True for one or two letters that a program may have a meaning for, where programs are spoken to."""
    return len(word) < 3 and word not in _SURE and is_technical(draft, match.string, match.start())


def _noted(draft: Draft, rule: str, before: str, after: str) -> str:
    if after.casefold() == before.casefold():
        return before
    draft.note(rule, before, after)
    return after


def _laugh(low: str, words: Vocabulary) -> str:
    """The laugh that a word of laughter stands for; empty for other words."""
    if len(low) < 3 or (low[0] not in "hjlabmw"):
        return ""
    letters = set(low)
    if letters == {"h"}:
        return words.laughter["h"]
    if len(low) > 5 and low[0] in "bmw":
        low, letters = low[1:], set(low[1:])
    pair = _LAUGHS.get(frozenset(letters)) if len(low) > 4 else None
    if pair is None or low.count(pair) < 2 or (pair == "lo" and low.count("lol") < 2 and not low.startswith("lolo")):
        return ""
    return words.laughter[pair]


def _number(draft: Draft, match: re.Match[str]) -> str:
    """Numbers that are words in Chinese chat: ``2333``, ``666``, ``555``, and ``88`` on a line of its own."""
    token, words = match[0], draft.words
    if words.language != "zh" or len(token) < 2 or token[0] not in "1256789":
        return token
    before = match.string[max(0, match.start() - _NEAR) : match.start()].rpartition("\n")[2]
    behind = match.string[match.end() : match.end() + 3]
    if not before.strip() and not behind.strip(" !！。~～?？").partition("\n")[0].strip() and token in words.numbers:
        return _noted(draft, "slang", token, words.numbers[token])
    sign = "23" if re.fullmatch(r"233+", token) else token[0] if len(token) > 2 and set(token) in ({"5"}, {"6"}) else ""
    if not sign or _NUMBER_BEFORE.search(before[-2:]) or _UNIT_BEHIND.match(behind):
        return token
    if _COUNTED_BEFORE.search(before[-6:]):
        return token
    return _noted(draft, "laughter" if sign != "6" else "slang", token, words.laughter[sign])
