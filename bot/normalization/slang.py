"""Chat slang, capitals, laughter, keyboard smash and remaining symbols."""

import re
import unicodedata
from functools import lru_cache
from itertools import islice

from bot.normalization.draft import INSERTS, Draft
from bot.normalization.emoji import WORDS
from bot.normalization.languages import is_common
from bot.normalization.technical import begins_command, is_technical
from bot.normalization.vocabulary import Vocabulary
from bot.patterns import linear

_NEAR = 20
"""Characters before and after a word that are examined."""
_NO_BREAK = re.compile(r"[.!?。！？\n]$")
_PREVIOUS = re.compile(r"([A-Za-z'’]{1,16}) {1,2}$")
_NEXT = re.compile(r" {1,2}([A-Za-z'’]{1,16})")
_ARTICLES = frozenset(
    re.findall(
        r"\S+",
        "a an the no any my your his her our their this that same only main big real one another some what's had have "
        "has not what biggest little small huge whole other these those many few two it's its",
    )
)
_OWNERS = frozenset(
    re.findall(r"\S+", "my your ur his her their our a the new no ex first old has have had sister's bro's")
)
_COMPANY = frozenset(["and", "material", "goals", "dumped", "cheated", "said", "says", "thinks", "loves"])
_VERBS = frozenset(["is", "was", "isn't", "with", "solved", "fixed", "here", "being"])
_SAYING = frozenset(["dont", "don't", "say", "said", "saying", "says", "call", "called", "type", "to", "the"])
_QUESTIONS = frozenset(["why", "what", "who", "how", "where", "when"])
_ASKED = frozenset(["is", "are", "was", "were", "did", "do", "does", "you", "u", "r", "happened", "they"])


def in_context(word: str, said: str, match: re.Match[str]) -> str:
    """Return the replacement of a chat word in its context; empty if it is an ordinary word there."""
    if word not in _DEPENDING:
        return said
    text = match.string
    before = text[max(0, match.start() - _NEAR) : match.start()]
    previous, following = _PREVIOUS.search(before), _NEXT.match(text, match.end(), match.end() + _NEAR)
    return _DEPENDING[word](
        said,
        previous[1].lower() if previous else "",
        following[1].lower() if following else "",
        not before.strip(" ,") or bool(_NO_BREAK.search(before.rstrip(" "))),
    )


def _prob(said: str, previous: str, following: str, _: bool) -> str:
    """Return words for ``no prob``; ``the prob is`` is ordinary."""
    return "problem" if previous in _ARTICLES or following in _VERBS else said


def _probs(said: str, previous: str, _following: str, _: bool) -> str:
    return "problems" if previous in _ARTICLES else said


def _tf(said: str, previous: str, following: str, begins: bool) -> str:
    """Return words for ``why tf``, ``tf is this``; elsewhere it is a library or a file."""
    if previous in _QUESTIONS:
        return "the heck"
    return said if begins and following in _ASKED else ""


def _til(said: str, _previous: str, following: str, begins: bool) -> str:
    """Return words for ``til that``; ``open til five`` is ordinary."""
    return said if begins and not following.isdigit() else ""


def _wp(said: str, previous: str, following: str, begins: bool) -> str:
    """Return "well played" if said to a person; elsewhere it is blog software."""
    is_cheered = previous in ("gg", "game", "good") or following in ("gg", "guys", "all")
    return said if is_cheered or (begins and not following) else ""


def _mate(said: str, previous: str, following: str, _: bool) -> str:
    """Return words for ``my bf``, ``a gf``, ``bf and I``; elsewhere it is a game term."""
    return said if previous in _OWNERS or following in _COMPANY else ""


def _gg(said: str, previous: str, following: str, _: bool) -> str:
    """``don't gg out``: what is said, not how the game was."""
    return "" if following in ("out", "go") or previous in _SAYING else said


def _np(said: str, previous: str, following: str, _: bool) -> str:
    """``you and np are``: somebody's or something's name."""
    return "" if previous in ("and", "the", "with", "vs") or following in ("are", "is", "was") else said


_DEPENDING = {
    "bf": _mate,
    "gf": _mate,
    "gg": _gg,
    "np": _np,
    "prob": _prob,
    "probs": _probs,
    "tf": _tf,
    "til": _til,
    "wp": _wp,
}

_WORD = r"[A-Z](?:[A-Z]|['’](?=[A-Z])){0,40}+"
_CAPS = linear(
    rf"(?<![\w!/\\$%-])(?<!\w['’])(?:{_WORD})(?:[ ,]{{1,2}}+(?:{_WORD})){{0,200}}(?![\w=/(]|['’]\w|-\w)",
    "a word in capitals is taken whole; where the last of a row is refused, the row ends with the word before it",
)
_WORDS = re.compile(_WORD)
_NAMES = frozenset(
    {"NASA", "NATO", "HTML", "HTTP", "HTTPS", "JSON", "YAML", "TOML", "IMDB", "UNESCO", "UNICEF", "NVIDIA", "IKEA",
     "RGBA", "ASCII", "GIMP", "RAID", "CUDA", "FOMO", "LGBT", "LGBTQ", "COVID", "AIDS", "SCSI", "BIOS", "UEFI", "JPEG",
     "MPEG", "TIFF", "SATA", "NVME", "DDOS", "CSGO", "OSHA", "FIFA", "UEFA", "NCAA", "NASDAQ", "OPEC", "MIDI", "PDFS",
     "URLS", "APIS", "OAUTH", "CAPTCHA", "EULA", "GDPR", "SIEM", "IMAP", "CPU", "GPU", "USB", "SSD", "AFK", "DIY",
     "FAQ", "ETA", "MATE", "UTC", "USA", "API", "URL", "AMD", "NYC", "UFO", "ASAP"}
)  # fmt: skip
"""Abbreviations that are read as words or spelled; nobody shouts them."""
_SHORT = frozenset({"NO", "YES", "WOW", "HEY", "WHY", "NOT", "NOW", "YOU", "WHO"})
"""Short words that are shouted."""
_SHOUTS = """
ABUSE AGREE AHEAD ALERT ALIVE ALONE ANGRY ANNOY ARGUE AWAKE AWFUL BABY BEAST BEAT BEST BITCH BLAME BLESS BLIND BLOOD
BORED BOSS BRAVE BREAK BROKE BURN BUSY CATCH CHEAP CHEAT CHILL CLEAN CLEAR CLOSE COLD COOL CRAP CRASH CRAZY CRIED
CURSE CUTE DAMN DANCE DARE DARK DEAD DEAR DEATH DIED DIRTY DONE DRAMA DREAM DRIVE DRUNK DUDE DUMB EARLY EASY ENJOY
EPIC EVIL EXACT FACT FACTS FAIL FAIR FAKE FAST FAULT FIGHT FINE FIRE FIXED FOCUS FOOL FORCE FREAK FREE FRESH FRICK
FUCK FUCKS FULL FUNNY GIRL GLAD GOOD GRAND GREAT GROSS GUYS HAND HAPPY HARD HATED HATES HEART HEAVY HECK HELL HERO
HIGH HOLY HUGE HURRY HURT HYPE IDIOT JESUS JOKE KIDS KILL KILLS KIND KING LATE LAZY LEARN LEGIT LIAR LIED LIES LIFE
LONG LOSER LOUD LOVED LOVES LUCK LUCKY MAGIC MAJOR MERCY MESS MISS MONEY MOOD MOVED MUSIC NAKED NASTY NEAT NERD NICE
NIGHT NOOB NUTS OKAY ONES ORDER PAID PAIN PANIC PARTY PEACE POINT POOR PRESS PRICE PROOF PROUD PULL PUNCH PURE PUSH
QUEEN QUICK QUIET QUIT QUITE RAGE RARE READY REAL RICH RIGHT ROCKS ROUGH RUDE RUSH SAFE SALT SALTY SAVE SCARE SCARY
SEXY SHAME SHARP SHIT SHOOT SHOUT SHUT SICK SILLY SLAY SLOW SMALL SMILE SOLID SOUND SPAM SPEND STAND STUCK STUFF SUCK
SUCKS SUPER SURE SWEAR SWEAT SWEET TEACH TEAM THING THROW TIGHT TIME TINY TIRED TOTAL TOUCH TOUGH TRASH TRICK TRUE
TRUST TRUTH UGLY UPSET VIBE VILE VOTE WAKE WALK WASH WASTE WATCH WEAK WEIRD WHOLE WILD WISH WOAH WORLD WORSE WORST
WORTH WRONG YALL YEARS YEET YELL
"""
_LIKELY = frozenset(_SHOUTS.split())
"""Words of four and five letters that people shout, besides the common ones: a name is as long."""
_LONG_SHOUTS = """
ABSOLUTE ACTUAL ADVICE AFRAID AGAINST ALMOST ALREADY ALWAYS AMAZING ANIMAL ANNOYING ANSWER ANYBODY ANYMORE ANYONE
ANYTHING ANYWAY APPARENT ASLEEP AWESOME BANANA BASTARD BASTARDS BEAUTIFUL BECAUSE BEFORE BEHIND BEING BELIEVE BETTER
BETWEEN BILLION BIRTHDAY BOTTOM BRILLIANT BROKEN BROTHER BULLSHIT CANCEL CANNOT CAREFUL CARELESS CHANGE CHANGED
CHARACTER CHICKEN CHOICE CHOOSE CHRIST CHRISTMAS COMPLETE CONFUSED CONGRATS CONGRATULATIONS CORRECT COUPLE COWARD
CRINGE CRYING DAMMIT DAMNED DAMNIT DANGER DANGEROUS DECENT DEFINITE DESERVE DESERVED DESPERATE DIFFERENT DIFFICULT
DISASTER DISGUST DISGUSTING DOING DUMBASS DYING EASIER EITHER ENDLESS ENOUGH ENTIRE EVERYBODY EVERYONE EVERYTHING
EVERYTIME EVERYWHERE EXACT EXCELLENT EXCEPT EXCITED EXPENSIVE EXTREME FAILED FANTASTIC FASTER FAVORITE FAVOURITE
FINISH FINISHED FOREVER FORGET FORGOT FREAKING FREEDOM FRICKING FRIEND FRIENDS FUCKED FUCKING FURTHER GENIUS GETTING
GODDAMN GOING GOODBYE GOODNIGHT GORGEOUS GREATEST HAPPENED HAPPENS HARMLESS HATING HATRED HAVING HEAVEN HELLO HELPED
HELPLESS HERSELF HIMSELF HOPELESS HORRIBLE HUNDRED HUNGRY IDIOTS IGNORE IMMEDIATE IMPORTANT IMPOSSIBLE INCREDIBLE
INSANE INSIDE INSTANT INSTEAD INSULTING INVINCIBLE JUSTICE KIDDING KNOWLEDGE LAUGHING LITERAL LITTLE LOOKING LOSERS
LOSING LOVELY LOVING LYING MAKING MANIAC MASSIVE MATTER MATTERS MAYBE MEANWHILE MILLION MINUTE MINUTES MISERABLE
MISTAKE MOMENT MONSTER MORNING MOTHER MURDER MYSELF NEITHER NOBODY NORMAL NOTHING NOWHERE OBVIOUS OFFICIAL OPPOSITE
OURSELVES OUTSIDE PATHETIC PEOPLE PERFECT PERSON PERSONAL PLEASE POSSIBLE PRETTY PROBLEM PROMISE QUESTION RANDOM
RATHER REALLY REALY REASON REMEMBER RETARD RETARDED RIDICULOUS SAVAGE SAYING SCARED SCREAM SCREAMING SECOND SECONDS
SELFISH SERIOUS SHITTY SHOULD SILENCE SIMPLE SINGLE SISTER SOMEBODY SOMEONE SOMETHING SOMEWHERE SPECIAL STOPPED
STRAIGHT STRANGE STRONG STUPID SUDDEN SUPPOSED SURPRISE SWEETIE TALKING TERRIBLE THANKS THANKYOU THEMSELVES THINKING
THOUGH THOUGHT THOUSAND THROUGH TOGETHER TOMORROW TONIGHT TOWARDS TRAITOR TROUBLE TRYING UNBELIEVABLE UNDERSTAND
USELESS VICTORY VIOLENCE WELCOME WHATEVER WHENEVER WHEREVER WHETHER WHOEVER WINNER WINNING WITHIN WITHOUT WONDER
WONDERFUL WORTHLESS WRONG YESTERDAY YOURSELF
"""
_LONG_LIKELY = frozenset(_LONG_SHOUTS.split())
_SHOUTED_ENDING = re.compile(r"(?:LY|NESS|IEST|IOUS)$|['’]")
"""Endings of other long words that are no names: ``QUICKLY``."""
_COMMAND = re.compile(r"(?:^|[ \n])(?:[/!][A-Za-z]{2,16}+ (?:[^\s/!]{1,32}+ )?+|-{1,2}[A-Za-z][a-z-]{0,16}+ )$")
_STRESS_CONTEXT = 64
"""Characters before a word in capitals that are searched for a command."""
_NUMBERED = re.compile(r" \d{1,4}+(?:\.\d|(?= ?/ ?\d))")
_LISTED = re.compile(",[A-Z]")
_DRAWN = re.compile(r"([A-Z])\1\1")
_VOWEL = re.compile("[AEIOUY]")


def stress(draft: Draft) -> None:
    """Put the emphasis tag before words in capitals that are no abbreviations."""
    if not draft.delivery.emphasis or draft.text.islower():
        return

    def stressed(match: re.Match[str]) -> str:
        if (
            _is_listed(match)
            or _is_argument(draft, match)
            or draft.kind_at(match.start() - 1) == "emphasis"
            or not _shouted(_WORDS.findall(match[0]))
            or (" " not in match[0] and is_technical(draft, match.string, match.start()))
        ):
            return match[0]
        return draft.tag("emphasis", match[0], "emphasis", match[0]) + match[0]

    draft.replace(_CAPS, stressed)


def _shouted(words: list[str]) -> bool:
    """Return whether it is shouted: a long word, or several that are not all names."""
    loud = [word for word in words if word not in _NAMES and _VOWEL.search(word)]
    if len(words) == 1:
        return bool(loud) and (words[0] in _SHORT or (len(words[0]) > 3 and _is_likely(words[0])))
    return any(word in _SHORT or _is_likely(word) for word in loud) and sum(map(len, loud)) > 5


def _is_likely(word: str) -> bool:
    """Return whether it is stretched or a word that people shout: ``GRUB``, ``SMART`` and ``UBUNTU`` are names."""
    if word in _LIKELY or word in _LONG_LIKELY or is_common(word.lower()) or _DRAWN.search(word):
        return True
    return len(word) > 5 and bool(_SHOUTED_ENDING.search(word))


def _is_argument(draft: Draft, match: re.Match[str]) -> bool:
    """Return whether it follows a path or a command: ``/media/NEW VOLUME``, ``/msg NickServ REGISTER``."""
    before = match.string[max(0, match.start() - _STRESS_CONTEXT) : match.start()]
    bare = before.rstrip(" \\")
    return draft.rule_of(bare[-1:]) == "" or bool(_COMMAND.search(before))


def _is_listed(match: re.Match[str]) -> bool:
    """Return whether it is one of several names without blanks, or has a number: ``AMD,RTX``, ``ESXI 5.5``."""
    before, behind = (
        match.string[max(0, match.start() - 1) : match.start()],
        match.string[match.end() : match.end() + 2],
    )
    if " " not in match[0] and _NUMBERED.match(match.string, match.end()):
        return True
    return before == "," or (behind[:1] == "," and behind[1:].isalnum()) or bool(_LISTED.search(match[0]))


_TOKEN = linear(
    r"(?<![0-9A-Za-z_'’\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f])[0-9A-Za-z]++(?:;[A-Za-z]{2}(?![A-Za-z0-9])|/[Oo]?(?![A-Za-z0-9])|#|\+\+)?(?![\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f_]|['’-][A-Za-z])",
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
"""In this spelling they mean something else: a cash machine, years, a letter, a name."""
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
"""Pairs of letters that are rare in words, as an expression."""
_HOME = frozenset("asdfghjkl")
_LAYOUTS = frozenset({"qwerty", "qwertz", "azerty"})
"""Words for keyboards."""
_STRANGE = re.compile(f"(?={STRANGE})")
_LAUGHTER = frozenset({"lol", "lmao", "lmfao", "rofl", "lul", "kek", "kekw", "xswl"})
"""Chat words that are laughter."""
_LONG = 30
_UNIT_BEHIND = re.compile(r"[.,-]?\d|\s?[%％块元个只次年月日号分秒米斤岁人楼室度倍条页集章回万亿千百公厘毫]")
_NUMBER_BEFORE = re.compile(r"[\d.:/-]$|\d[, ]$")
_COUNTED_BEFORE = re.compile(
    r"(?:[共花付赚欠卖剩第码号]|[花用付给赚亏欠卖买剩充扣收转涨跌降得考赏送刷投]了|[共合总]计|[达涨降跌升]到|超过|突破|还差|只差|将近|接近|大约|房间|还有|只有|只要"
    r"|尾号|型号|版本|车牌|价格|至少|最多|排名|伤害|血量|分数|余额|工资|月薪|年薪|等于|电话|粉丝|群|[码号案格价额分数名间费资薪][是为]"
    r"|ID|id|QQ|qq)[ :：]{0,2}$"
)
"""Words before an ordinary number: an amount, a room, a code."""
_SLANG_CONTEXT = 16
"""Characters before a number that are examined."""
_HARMLESS = frozenset("cdefgiknopqrstuvyz")
"""No laugh and no grin begins with one of these."""
_GRIN = re.compile(r"x{1,4}d{2,40}+")
_DOTTED = re.compile(rf"(?<![\w.'’])([Vv][Ss])\.(?= ?(?:[^\W_]|[{INSERTS}]))")
"""``vs.`` between two words: no sentence ends there."""
_SHELL_BEFORE = re.compile(rf"[%$]$|(?:^|[ /{INSERTS}])[?&!]$")
"""Shell characters before a token: ``%k``, ``/?dm``, ``!fr``."""
_GLUE = frozenset("._-@\\~=")
"""Characters that join a token with another one to a name."""
_SURE = frozenset({"u", "ur", "ty", "w/"})
_NOT_STRETCHED = frozenset({"til"})
_VOWELS = {"ha": "ha", "he": "he", "hi": "hi", "ho": "ho", "ja": "ja", "je": "je", "lo": "lo"}
_LAUGHS = {frozenset(pair): pair for pair in _VOWELS}


def is_chat_word(word: str, words: Vocabulary) -> bool:
    """Return whether a rule here replaces it."""
    return word.casefold() in words.slang or bool(_laugh(word.casefold(), words))


def is_smash(word: str) -> bool:
    """Return whether a word is keyboard smash; commands, names and typos are not.

    Fingers rest on the home row: a smash is a row typed along, or nearly all of it comes from there. One from all over
    the keyboard must be long and hardly pronounceable.
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
    """Replace chat words as a person reading them aloud would."""
    if draft.verbatim:
        draft.text = _TOKEN.sub(lambda match: _shortened(draft, match), draft.text)
        return
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
    if len(token) > 5 and is_smash(low) and not _is_addressed(match):
        return _noted(draft, "smash", token, words.say("smash"))
    return _uncanny(draft, match)


def _is_addressed(match: re.Match[str]) -> bool:
    """Return whether it is the first word of a line with a colon or a comma after it: a person's name."""
    begins = match.start() == 0 or match.string[match.start() - 1] == "\n"
    return begins and match.string[match.end() : match.end() + 2] in (": ", ", ")


def _is_harmless(token: str, low: str) -> bool:
    """Return whether it is short and neither stretched nor a face: a chat word or nothing."""
    return len(token) < 6 and low[0] in _HARMLESS and low[-1] != low[-2:-1] and token not in WORDS


def _uncanny(draft: Draft, match: re.Match[str]) -> str:
    """Return the replacement of non-words: faces written in letters, long strings of letters and digits."""
    token, words = match[0], draft.words
    low = token.casefold()
    face = WORDS.get(token) or (WORDS["XD"] if _GRIN.fullmatch(low) else None)
    if face and not _is_glued(match) and not _is_name_in_chinese(face, match):
        said = "" if draft.reading.skip_emoji else words.emoticons[face]
        draft.note("emoji", token, said)
        return said
    return _shortened(draft, match)


def _shortened(draft: Draft, match: re.Match[str]) -> str:
    """Return words for a long string of letters and digits: nobody reads it out."""
    token = match[0]
    if len(token) >= _LONG and (_is_mixed(token) or len(token) > 45) and len(set(token.casefold())) > 4:
        return _noted(draft, "long", token, draft.words.say("long_word"))
    return token


def _is_mixed(token: str) -> bool:
    """Return whether there are both letters and digits."""
    return any(map(str.isdigit, token)) and any(map(str.isalpha, token))


def _chat_word(low: str, words: Vocabulary) -> str:
    """Return the chat word, its last letter stretched or not; empty for other words."""
    if low in words.slang:
        return low
    if len(low) < 4 or not "a" <= low[-1] <= "z" or low[-3:] != low[-1] * 3 or not (begin := low.rstrip(low[-1])):
        return ""
    once = begin + low[-1]
    return next((word for word in (once + low[-1], once) if word in words.slang and word not in _NOT_STRETCHED), "")


def _is_name_in_chinese(face: str, match: re.Match[str]) -> bool:
    """Return whether a grin is directly between Chinese characters, where it is a name."""
    before, behind = (
        match.string[max(0, match.start() - 1) : match.start()],
        match.string[match.end() : match.end() + 1],
    )
    return face == WORDS["XD"] and bool(_HAN.match(before) and _HAN.match(behind))


def _is_glued(match: re.Match[str]) -> bool:
    """Return whether it is part of something: ``np.array``, ``file.gz``, ``screen -xd``."""
    before = match.string[max(0, match.start() - 8) : match.start()]
    if before.casefold() == "windows " or _SHELL_BEFORE.search(before):
        return True
    before = before[-1:]
    behind = match.string[match.end() : match.end() + 2]
    return bool(before and before in _GLUE) or (behind[:1] in _GLUE and behind[1:].isalnum() and behind.isascii())


def _is_part(match: re.Match[str], word: str) -> bool:
    """Return whether it belongs to a number before it (``5 k``), or is a letter of several (``k/d``, ``r.i.p``)."""
    if _is_glued(match) or (len(word) == 1 and _is_spelled(match)):
        return True
    before = match.string[max(0, match.start() - 2) : match.start()]
    if len(word) == 1:
        after = match.string[match.end() : match.end() + 2]
        if before[-1:] in ("(", "[") and after[:1] in (")", "]") and after[1:].isalpha():
            return True  # ``[k]dialog``
        if before[-1:] == "/" or after[:1] == "/" or (after[:1] == "." and after[1:].isalpha()):
            return True
    if len(word) == 2 and "/" in (before[-1:], match.string[match.end() : match.end() + 1]):
        return True
    if before[-1:] == " " and (len(word) > 2 or "/" in word or word == "vs") and word != "atm":
        return False
    return bool(_NUMBER_BEFORE.search(before))


_LETTERS_BEFORE = re.compile(r"(?:(?<!\S)[^\W\d_] ){1,8}$")
_LETTERS_BEHIND = re.compile(r"(?: [^\W\d_](?!\S)){1,8}")
_SPOKEN_LETTERS = frozenset("abciknruxy")
"""Letters that people write for words."""


def _is_spelled(match: re.Match[str]) -> bool:
    """Return whether a letter is one of a spelled word, ``g o o d``, and not of ``b c r u``; or an ``r`` alone."""
    if match[0] == match.string:
        return match[0].casefold() == "r"
    before = _LETTERS_BEFORE.search(match.string[max(0, match.start() - 16) : match.start()])
    behind = _LETTERS_BEHIND.match(match.string, match.end())
    letters = [*(before[0].split() if before else ()), *(behind[0].split() if behind else ())]
    return len(letters) > 2 and any(letter.casefold() not in _SPOKEN_LETTERS for letter in letters)


def _is_doubtful(draft: Draft, match: re.Match[str], word: str) -> bool:
    """Return whether it is one or two letters that may mean something to a program, in a technical context."""
    return len(word) < 3 and word not in _SURE and is_technical(draft, match.string, match.start())


def _noted(draft: Draft, rule: str, before: str, after: str) -> str:
    if after.casefold() == before.casefold():
        return before
    draft.note(rule, before, after)
    return after


def _laugh(low: str, words: Vocabulary) -> str:
    """Return the laugh for a word of laughter; empty for other words."""
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
    """Return words for numbers in Chinese chat: ``2333``, ``666``, ``555``, and ``88`` on its own line."""
    token, words = match[0], draft.words
    if words.language != "zh" or len(token) < 2 or token[0] not in "1256789":
        return token
    before = match.string[max(0, match.start() - _SLANG_CONTEXT) : match.start()].rpartition("\n")[2]
    behind = match.string[match.end() : match.end() + 3]
    if not before.strip() and not behind.strip(" !！。~～?？").partition("\n")[0].strip() and token in words.numbers:
        return _noted(draft, "slang", token, words.numbers[token])
    sign = "23" if re.fullmatch(r"233+", token) else token[0] if len(token) > 2 and set(token) in ({"5"}, {"6"}) else ""
    if not sign or _NUMBER_BEFORE.search(before[-2:]) or _UNIT_BEHIND.match(behind):
        return token
    if _COUNTED_BEFORE.search(before[-6:]):
        return token
    return _noted(draft, "laughter" if sign != "6" else "slang", token, words.laughter[sign])


_QUOTES = frozenset("「」『』《》“”‘’«»‹›„‚‟‛〝〞〟")
_PAIRED = [
    chr(code) for code in (*range(0x20, 0x3100), *range(0xFE00, 0xFFFF)) if unicodedata.category(chr(code)) in "Ps Pe"
]
_BRACKETS = "".join(sorted({*_PAIRED, *"⁅⁆⎛⎝⎞⎠⎡⎣⎤⎦"} - _QUOTES))
_BRACKET = re.compile(f"[{re.escape(_BRACKETS)}]")
_PREFIX = re.compile(r"(?<!\S)(?:\(([a-z]{1,4}|[A-Z])\)|\[([A-Za-z])\])(?=[a-z])")
_INSIDE = re.compile(
    r"(?<=[A-Za-z0-9])\[(\w{1,8}+)\](?=[A-Za-z0-9])|(?<=[A-Za-z])\{(\w{1,3}+)\}|\{(\w{1,8}+)\}(?=[a-z])"
)
"""``(re)start``, ``D[4]n``: no pause within a word."""
_INDEXED = re.compile(r"(?<=[\w\])])\[(\w{0,16})\](?=([A-Za-z0-9])?)")
"""``rows[0].name``: no pause in a name of programs."""
_BRACES = re.compile(r"(?<=[\w./-])\{(\w{1,32}+(?:,[\w.-]{1,32}+){1,9}+)\}(?=([A-Za-z0-9])?)")
"""``.{old,new}``: a part of a path."""
_PLURAL = re.compile(r"(?<=\w)\((s|es)\)")
_QUOTED_OPENING = re.compile(r"(?<=['\"])[({\[]{1,3}(?=[^\s'\"()\[\]{}])")
_QUOTED_CLOSING = re.compile(r"(?<=[^\s'\"()\[\]{}])[)}\]]{1,3}(?=['\"])")
_PAIR_ALONE = re.compile(r"(?<=[A-Za-z] )(?:\{\}|\[\])(?= [A-Za-z]|[.,!?]|$)")
"""``the {} there``: symbols that a person talks about."""
_EMPTY = re.compile(r"[(\[{（【]\s?[)\]}）】]")
_ARROW = re.compile(r" {0,8}(<[-=]{1,5}>|[-=]{1,5}>|<-{1,5}(?![\d-])|[→←↔⟶]{1,5}+) {0,8}")
_POINTED_AT = re.compile(r"-{1,3}> ?+([^<>\n-]{1,40}+(?:-[^<>\n-]{1,40}+){0,3}+)<-{1,3}(?![\d-])")
"""``-> this <-``: text between two arrows that point at it."""
_ASSIGNED = re.compile(r"\S{1,24}+ ?(?:<-|←) ?\S{1,24}+")
"""``b <- a``, as the whole message."""
_CLAUSE = 80
_CLAUSE_BEHIND = re.compile(rf"[^\n.,;:!?()<>→←=]{{1,{_CLAUSE}}}+")
_CLAUSE_BEFORE = re.compile(rf"[^\n.,;:!?()<>→←=]{{1,{_CLAUSE}}}+$")
_MENUS = (
    "file", "edit", "view", "tools", "settings", "system", "options", "preferences", "help", "menu", "window", "panel",
    "start", "applications", "places", "programs", "display", "general", "advanced", "security", "account", "accounts",
    "profile", "network", "privacy", "administration", "properties", "accessories", "games",
)  # fmt: skip
"""Names of menus: what follows is one of their entries."""
_CHOSEN_IN = re.compile(
    r"(?:^|\W)(?:go|goto|going|went|open|click|select|choose|under|in|via|from|use|press|see|try|hit)(?!\w)|!"
)
"""Words before a menu; and a bot's command prefix."""
_MOST_COMPARED = 5
"""Words of a message that compares two things."""
_WORDS_TO = 4
"""More words than these on a side of an arrow are a sentence."""
_ARROW_SIGN = re.compile(r"[→←↔⟶]|[-=]>|<-")
_POINTED_TO = re.compile(r"(?:this|that|these|those|here|there|see|look|and|then)\b")
"""After an arrow: nothing goes to it."""
_NO_ARROW_BEHIND = frozenset(".!?:,。！？：，\n ")
_SPACED = re.compile(r"(?<=[^\s]) {1,8}(==|!=|>=|<=|&&|[+=<>≤≥≠≈±×÷@]) {1,8}(?=\w|(?<=[!=]= )[\"'])")
_COMPARED = re.compile(r"(?<=\w)([=!<>]=|[≤≥≠≈±<>])(?=[\w-])")
_POINTING = re.compile(f"(?<=([{INSERTS}])) {{1,2}}<{{1,2}} {{1,2}}(?=[A-Za-z])")
"""``<`` after an address points at it."""
_HAN_BEFORE = re.compile("[\u3400-\u9fff] ?==?$")
_COMPARING = re.compile("[=<>≤≥≠≈±]")
_JOINING_PLUS = re.compile(r"(?<=[^\W\d_])\+(?=\w)")
_NAME_BEFORE = re.compile(r"([^\W\d_]{2,24}+) {0,8}$")
_NAME_BEHIND = re.compile(r" {0,8}+[^\W\d_]{2}")
_BEHIND_PLUS = re.compile(r"(?<=[0-9A-Za-z万千亿])\+{1,2}(?!\+)")
_AND = re.compile(r"\s?&{1,64}\s?")
_SENT_BEHIND = re.compile(rf"(?<=[A-Za-z{INSERTS}]) &(?=\s?[.?!]{{0,3}}\s?$)")
"""``command &``: what a shell shall not wait for."""
_REFERRED = re.compile(r"\b(const [\w:]{1,60}+)& (?=[A-Za-z])")
"""``const Box& box``: in a program it joins nothing."""
_TAKEN = re.compile(r"(?:(?<=\s)|^)&(?=\*|(\w{1,32}))")
"""``&str``: in a program it takes a reference. ``me &you`` joins two common words."""
_QUOTED_AND = re.compile("(?<=['\"])&(?=['\"])")
_FRAMED = re.compile(r"(?<!\S)=(\w{1,32})=(?!\S)")
"""``=sam= hello``: a name between two signs."""
_EQUALS = re.compile(
    rf"(?<=[\w{INSERTS}])\s?=\s?(?=[\w{INSERTS}]|[:'\"./~$][\w/]|['\"][$~./*{INSERTS}-]|--?[a-z])|(?<=\()= ?(?=\d)"
)
_PLUS = re.compile(r"(?<!\w)\+(?=\d|[rwxs]{1,3} )")
_AGES = re.compile(r"(?<!\d)(?:12|14|16|18|21)$")
_FRACTION = re.compile("[½¼¾⅓⅔№]")
_AT = re.compile(r"(?<!\S)@(?=\d)")
_BAR = re.compile(r"\s?[|¦]{1,64}\s?")
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_])(?<!\.[a-z]{2})(?<!\.[a-z]{3})[/\\](?=[^\W\d_])")
_EITHER_OR = re.compile(r"(?:(?<=\band)|(?<=\beither))/(?=or\b)", re.IGNORECASE)
"""``and/or`` is said in one breath."""
_PATH_OF_MENUS = re.compile(r"(?<=[A-Za-z]) ?>{2,3} ?(?=[A-Za-z])")
_FOLD = re.compile(r"(?<=[A-Za-z])\*(?=\d)")
_FILE = re.compile(r"[\w-]{1,32}+\.[a-z]{2,4}(?![\w.])")
_BOT_COMMAND = re.compile(r"(?:^|\s)!\w{1,32}$")
_QUOTED_NAME = re.compile(r"[\w-]{2,32}+>")
_BEHIND_BRACKET = re.compile(r"(?<=[)\]])/(?=[A-Za-z])")
_TOKEN_BEFORE = re.compile(r"[A-Za-z0-9_./?$:@%~=-]{1,32}$")
_TOKEN_BEHIND = re.compile(r"[A-Za-z0-9_./?$:@%~=-]{1,32}")
_NO_WORD = re.compile(r"[0-9_.?$:@%~=]|^-|^[A-Za-z]$|^[A-Za-z]/|/[A-Za-z]$")
"""A name, or a letter: ``sda/sdb1``, ``message/s``."""
_DROPPED = re.compile(
    "[*<>^`_~#=+\\\\@|¦©®™•·‣◦¬¶†‡°¨´¸˜\u2016\u203b\u2190-\u23ff\u2423\u2440-\u245f\u2500-\u27bf\u27c0-\u2bff\u3000"
    "\u3004\u3012\u3013\u3020\u302a-\u302f\u3036\u303f\u3200-\u33ff\ua700-\ua71f\uffe8-\uffee\ufe0e\ufe0f\u200d\u20e3\U0001f000-\U0001faff\U000e0020-\U000e007f]+"
)
_DROPPED_ANYWHERE = re.compile(_DROPPED.pattern.replace("~#=+", "~").replace("@|", "|"))
"""Dropped where symbols have no words of ours; what an engine may read by itself stays."""
_DROPPED_IN_CODE = re.compile(_DROPPED.pattern.replace("<>^`_~#=+\\\\@|", "<>`_|"))
"""Dropped from what programs read: what would be formatting or an element, and drawings."""
_ANGLE_APART = re.compile(r" [<>]{1,3} ")
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
"""A text without one of these needs no tidying."""


def say_arrows(draft: Draft) -> None:
    """Say ``a -> b`` as from one to the other, before its parts are treated as formatting."""
    if draft.verbatim:
        if "-" in draft.text or "=" in draft.text or not draft.text.isascii():
            draft.change(_ARROW, "sign", lambda _: draft.words.phrases["pause"])
    elif not draft.foreign and _ARROW_SIGN.search(draft.text):
        if "<-" in draft.text:
            pause = draft.words.phrases["pause"]
            draft.change(_POINTED_AT, "sign", lambda match: pause + match[1].rstrip() + pause)
        draft.change(_ARROW, "sign", lambda match: _arrow(match, draft))


def _arrow(match: re.Match[str], draft: Draft) -> str:
    """Return a word between two things; nothing at an end or after a sentence."""
    before, after = match.string[max(0, match.start() - 1) : match.start()], match.string[match.end() : match.end() + 1]
    words = draft.words
    if not before or not after.strip() or before in _NO_ARROW_BEHIND:
        return " "
    if (
        _POINTED_TO.match(match.string, match.end())
        or "link" in (draft.rule_of(before), draft.rule_of(after))
        or begins_command(match.string, match.end())
    ):
        return words.phrases["pause"]
    if is_technical(draft, match.string, match.start()) or _is_aside(match, words):
        return words.phrases["pause"]
    left, right = match[1][0] in "<←↔", match[1][-1] in ">→↔⟶"
    if left and not right and not _is_assignment(match.string):
        return words.phrases["pause"]  # it points at an earlier message
    return words.apart(words.signs["<->" if left and right else "<-" if left else "->"])


def _is_aside(match: re.Match[str], words: Vocabulary) -> bool:
    """Return whether nothing goes to the other side: a list item, an aside, a sentence on either side."""
    if (match[0][0] == " ") != (match[0][-1] == " ") and match[1].isascii():
        return True  # ``View ->Message``
    if len(match[1]) > 1 and match[1][0] in "→←↔⟶":
        return True
    if words.language == "zh":
        return False
    if _has_many_arrows(match.string):
        return True  # ``system->options->keyboard->here``
    behind = _CLAUSE_BEHIND.match(match.string, match.end())
    before = _CLAUSE_BEFORE.search(match.string[max(0, match.start() - _CLAUSE) : match.start()])
    if before is not None and before[0].lower().endswith(_MENUS):
        return True
    return any(side is not None and len(side[0].split()) > _WORDS_TO for side in (before, behind))


def _without_references(text: str) -> str:
    """Return text without each ``&`` that joins nothing: of a reference in a program, or at the end of a command."""
    text = _SENT_BEHIND.sub("", _REFERRED.sub(r"\1 ", text))
    return _TAKEN.sub(lambda match: match[0] if match[1] and is_common(match[1].casefold()) else "", text)


# Of the whole text, which is the same for each of its matches: asked once, or the time is the square of their number.


@lru_cache(maxsize=8)
def _has_many_arrows(text: str) -> bool:
    return next(islice(_ARROW.finditer(text), 2, None), None) is not None


@lru_cache(maxsize=8)
def _is_assignment(text: str) -> bool:
    return _ASSIGNED.fullmatch(text.strip()) is not None


@lru_cache(maxsize=8)
def _is_small_comparison(text: str) -> bool:
    """Return True for a few small words with one sign between them, and nothing that is chosen in a menu."""
    text = text.strip()
    is_short = text.count(">") == 1 and len(text.split(maxsplit=_MOST_COMPARED)) <= _MOST_COMPARED
    return is_short and text.islower() and text.isascii() and not _CHOSEN_IN.search(text)


def _compared(match: re.Match[str], words: Vocabulary) -> str:
    """Return the word for a symbol between two things; ``settings > privacy`` goes from one to the next."""
    if (
        match[1] == "=="
        and _HAN_BEFORE.search(match.string[max(0, match.end() - 4) : match.end()])
        and _HAN.match(match.string, match.end())
    ):
        return words.phrases["pause"]  # two closed eyes
    if match[1] == "<" and _QUOTED_NAME.match(match.string, match.end()):
        return words.phrases["pause"]  # a quoted chat line
    if match[1] == ">" and _BOT_COMMAND.search(match.string[max(0, match.start() - 36) : match.start()]):
        return words.phrases["pause"]  # an answer of a bot, sent to somebody
    if match[1] in "<>" and _FILE.match(match.string, match.end()):
        return words.phrases["pause"]  # a command's input or output
    if match[1] == ">" and _is_menu(match):
        return words.phrases["pause"]
    return words.apart(words.signs[match[1]])


def _is_menu(match: re.Match[str]) -> bool:
    """Return True for ``settings > privacy``; a few small words and nothing else, ``tea > milk``, are compared."""
    before = _NAME_BEFORE.search(match.string[max(0, match.start() - 32) : match.start()])
    behind = _NAME_BEHIND.match(match.string, match.end())
    if not before or not behind:
        return False
    return before[1].endswith(_MENUS) or not _is_small_comparison(match.string)


def _plus(match: re.Match[str], words: Vocabulary) -> str:
    """Return words for ``A+``, ``18+``; in Chinese ``10+人`` is ten and some."""
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
    """Say symbols that mean words, make brackets pauses, drop the others."""
    text = draft.text
    if draft.verbatim:
        _keep_signs(draft)
    elif draft.foreign:
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
            spoken = _without_references(spoken)
            spoken = _QUOTED_AND.sub(words.signs["&"], spoken)
            spoken = _AND.sub(words.apart(words.signs["&"]), spoken)
        if ">>" in spoken:
            spoken = _PATH_OF_MENUS.sub(comma, spoken)
        if "*" in spoken:
            spoken = _FOLD.sub(words.apart(words.signs["*"]), spoken)
        spoken = _FRACTION.sub(lambda match: words.apart(words.signs[match[0]]), spoken)
        if "=" in spoken:
            spoken = _FRAMED.sub(r"\1", spoken)
            spoken = _EQUALS.sub(words.apart(words.signs["="]), spoken)
        spoken = _AT.sub(words.signs["@"] + " ", spoken)
        spoken = _BAR.sub(comma, _slashed(spoken, comma))
        draft.whole("sign", _DROPPED.sub(" ", spoken))
        named = _PAIR_ALONE.sub(lambda match: words.say("braces" if match[0] == "{}" else "brackets"), draft.text)
        draft.whole("bracket", _bracketed(named, comma))


def _unbracketed(text: str) -> str:
    """Remove brackets within a word, ``(re)start``, ``D[4]n``, and an optional ending."""
    text = _INSIDE.sub(lambda match: match[match.lastindex or 0], _PREFIX.sub(lambda match: match[1] or match[2], text))
    if "}" in text:
        text = _BRACES.sub(lambda match: f"{match[1]}{' ' if match[2] else ''}", text)
    if "]" in text:
        text = _INDEXED.sub(lambda match: f" {match[1]}{' ' if match[2] else ''}" if match[1] else "", text)
    return _PLURAL.sub("", text)


def _bracketed(text: str, pause: str) -> str:
    """Make brackets pauses; those directly within quotes are dropped."""
    if '"' in text or "'" in text:
        text = _QUOTED_OPENING.sub("", _QUOTED_CLOSING.sub("", text))
    return _BRACKET.sub(pause, _EMPTY.sub(" ", text))


def _slashed(text: str, pause: str) -> str:
    """Make a slash between two words a pause; program names and single letters keep it."""
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

    return _BETWEEN_WORDS.sub(paused, _EITHER_OR.sub(" ", _BEHIND_BRACKET.sub(pause, text)))


def _leave_signs(draft: Draft) -> None:
    """Remove only what could pass for a tag, an element, an entity or formatting."""
    if _SOUNDED.search(draft.text):
        comma = draft.words.phrases["pause"]
        spoken = _BAR.sub(comma, _AND.sub(" + ", draft.text))
        draft.whole("sign", _DROPPED_ANYWHERE.sub(" ", spoken))
        draft.whole("bracket", _BRACKET.sub(comma, _EMPTY.sub(" ", draft.text)))


def _keep_signs(draft: Draft) -> None:
    """Remove from what programs read only what could pass for a tag, an element, an entity or formatting."""
    text = draft.text
    if not _SOUNDED.search(text):
        return
    words = draft.words
    comma = words.phrases["pause"]
    spoken = _unbracketed(text) if "(" in text or "[" in text or "{" in text else text
    if "&" in spoken:
        spoken = _without_references(spoken)
        spoken = _AND.sub(words.apart(words.signs["&"]), spoken)
    if "<" in spoken or ">" in spoken:
        spoken = _ANGLE_APART.sub(comma, spoken)
    draft.whole("sign", _DROPPED_IN_CODE.sub(" ", _BAR.sub(comma, spoken)))
    draft.whole("bracket", _bracketed(draft.text, comma))


def ask(draft: Draft) -> None:
    """Replace a message of question marks alone by words for a question."""
    if ("?" in draft.text or "？" in draft.text) and _ASKING.issuperset(draft.text):
        draft.whole("sign", draft.words.say("what"))


def plain(text: str) -> str:
    """Return a person's own words without any symbol that is not spoken."""
    return tidy(_BRACKET.sub(" ", _DROPPED.sub(" ", text.replace("&", " "))))


def tidy(text: str) -> str:
    """Return one blank between words, one line break between lines, no useless commas."""
    if not _UNTIDY.search(text):
        return text.strip()
    text = _BLANKS.sub(" ", text)
    if "\n" in text:
        text = _LINES.sub("\n", text)
    text = _AFTER_WIDE.sub("", _BEFORE_SIGN.sub("", text))
    return _LINES.sub("\n", _DANGLING.sub("", _COMMAS.sub("", text))).strip()
