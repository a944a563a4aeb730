"""Program input and output: unchanged, or spoken so that nothing of it is lost. Used by ``reader``.

Prompts, file patterns, modes, versions and powers are recognized by themselves. A line with a command, an option or a
file name is technical: rules that guess at short words, faces, arrows or capitals ask here, and leave it.
"""

import re
from bisect import bisect_right
from itertools import accumulate
from operator import itemgetter

from bot.normalization.draft import INSERTS, Draft
from bot.normalization.languages import runs_of, technical_runs
from bot.patterns import linear

_PROMPT = re.compile(r"(?<![\w.@-])[\w.-]{1,32}+@[\w.-]{1,64}+:[~/][\w/.~-]{0,100}+[#$%](?!\S)")
_MODE = re.compile(r"(?<![\w-])[-dlcbps](?:[r-][w-][xsStT-]){3}[+.]?(?![\w-])")
_VERSION = re.compile(r"(?<![\w.~+:-])[A-Za-z0-9][\w.+:-]{0,40}+~[A-Za-z0-9][\w.+~-]{0,40}+")
_PART = re.compile(r"[-+.](?=.{0,40}?[A-Za-z]\d)")
"""Before a tilde between parts of a version; two amounts have none."""
_DATED = re.compile(r"\d{6}|[\d.]{1,20}-\w{0,8}[A-Za-z]")
_UNFINISHED = ("alpha", "beta", "rc", "pre", "git", "svn", "bzr", "ppa", "dfsg")
_RAISED = re.compile(r"(?<=[\w)])\*\*(?=\d)")
_STAR = re.compile(
    r"(?<=[\"'])\*(?=[\"'])|(?<![\w*])\*\.\*(?![\w*])|(?<![\w*])\*(?=\.[A-Za-z0-9]{1,8}(?![\w*]))"
    r"|(?<=[\w*]\.)\*(?![\w*])|(?<= )\.\*(?!\S)|(?<=\w[/-])\*(?![\w*])|(?<= )\*(?=[ ;|]|$|[A-Za-z0-9]{2,5}(?:[ ;|]|$))"
)
_STAR_BEHIND = re.compile(r"(?<=\w)\*(?=[ ;|\"']|$)")
_WITHIN = re.compile(r"(?<=[A-Za-z0-9_)])\*(?=[A-Za-z0-9_(]|-[A-Za-z]|(\.[a-z]))")
_TAKES_FILES = re.compile(
    r"(?<!\w)(?:rm|ls|locate|-i?name|cp|mv|ln|du|cat|chmod|chown|tar|zip|grep|SELECT|select)(?: [^\s*]{1,32}+){0,3}+ $"
)
_OPENED = re.compile(r"(?<![\w*/.-])\*(?=[\w'\"])")
_NEAR = 120
_POINTER = re.compile(r"(?<=[\w)\]])->(?=[A-Za-z_]\w{0,40}+(?:[(.;\[]|->| ?=))|(?<=\$this)->(?=\w)")
_COMMENT = re.compile(r"(?<=\S) #{1,2} (?=[A-Za-z])")
_SIGN_MEANT = re.compile(r"\b(?:a|an|as|the|that|this|with|your|no|by|of|put|add|remove|use|character|sign) ?$")
"""Before a hash sign that a person talks about."""
_DENIED = re.compile(r"(?<= )=!(?= )")
_COMMANDS = (
    "sudo|gksudo|apt|apt-get|apt-cache|aptitude|dpkg|dpkg-reconfigure|grep|egrep|sed|awk|chmod|chown|mkdir|rmdir"
    "|rm|ls|cd|cp|mv|fdisk|gparted|umount|modprobe|lspci|lsusb|lsmod|dmesg|ifconfig|iwconfig|iptables|fsck|wget|curl|ssh|scp|rsync"
    "|systemctl|xrandr|gedit|nano|vim?|tar|gcc|cmake|git|npm|npx|yarn|pip3?|docker|kubectl|cargo|psql|ffmpeg|bash"
)
_COMMAND_AT = re.compile(rf"(?:{_COMMANDS}|[a-z]{{1,12}} --?[a-z])(?![\w'’])|[./]{{1,2}}/\w")
_EVIDENCE = re.compile(
    rf"(?<![\w/.@-])(?:{_COMMANDS})(?![\w'’/-])|(?<=[\w\"'\])] )--?[A-Za-z][\w-]{{0,32}}(?![\w'’])"
    r"|\w\.(?:conf|cfg|ini|sh|py|so|deb|rpm|tar|gz|bz2|txt|log|cpp|js|ts|rs|json|xml|html?|php|dll|iso|img|ko|yml|yaml)(?!\w)"
    r"|\w\(\)|[\w\])]::\w|\w@[\w-]{1,32}:[~/]"
    r"|\$[({]|\$[A-Z_]{2,32}+(?!\w)|(?<=\|) ?(?:wc|head|tail|sort|less|more|tee|xargs|uniq|cut|find|tr)(?!\w)"
    r"|(?<!\S)/(?:opt|etc|home|usr|var|tmp|dev|proc|bin|root|boot|mnt|media|lib)(?!\w)"
    r"|\w\[\d{0,6}+\]|(?<=[\w)\]]);(?=\n|$)"
    r"|(?i:error|failed|warning|fatal|exception|traceback|denied): |(?<!\S)![a-z]{2,32}+(?!\S)|(?<= )(?:&&|\|\|)(?= )"
)
_ONLY_COMMANDS = (
    "sudo|gksudo|apt-get|apt-cache|apt-file|aptitude|dpkg|dpkg-reconfigure|grep|egrep|awk|chmod|chown|mkdir|rmdir|fdisk"
    "|umount|modprobe|lspci|lsusb|lsmod|dmesg|ifconfig|iwconfig|iptables|fsck|wget|rsync|systemctl|xrandr|gcc|cmake"
    "|kubectl|psql|ffmpeg|npx"
)
"""Commands that are no words."""
_WITH_ACTIONS = "apt|git|npm|pnpm|yarn|pip|pip3|cargo|docker|snap|brew|conda|yum|dnf|pacman"
_ACTIONS = (
    "install|update|upgrade|remove|purge|search|clone|pull|push|commit|checkout|rebase|status|run|exec|compose|clean"
)
_CERTAIN = linear(
    rf"(?<![\w/.@-])(?:{_ONLY_COMMANDS})(?![\w'’/-])|(?<![\w/.@-])(?:{_WITH_ACTIONS}) (?:{_ACTIONS})(?!\w)"
    r"|(?<![\w/.@-])(?:rm|ls|ll|cd|cp|mv|ln|git|nano|vim?|gedit|tar|bash|curl|ssh|scp|sed|killall|python3?|unzip|mkfs)"
    r" (?:[-./~$\"'*]{1,2}[\w/.~-]|[\w-]{1,32}[._/][\w-])"
    r"|(?<![\w/.@-])(?:cat|mount|make|echo|kill|man|touch|du|df|ps|su|tail|head|less|dd|find|locate|which|sh)"
    r" (?:--?[A-Za-z0-9](?![a-z]{2})|[./~]{1,2}\w|[~$][/\w])"
    r"|(?<=[\w\"'\])] )--[a-z][\w-]{1,32}|(?<=\w )-[A-Za-z](?![\w'’])"
    r"|\w\.(?:conf|cfg|ini|sh|py|deb|rpm|tar|gz|bz2|txt|log|cpp|json|xml|html?|php|dll|iso|img|yml|yaml|exe|list|desktop)"
    r"(?!\w)|(?<![\w.])lib[a-z]{1,32}[\w.+-]{0,32}?\d|[a-z]{2}[a-z0-9]{0,32}-\d{1,4}\.\d"
    r"|[A-Za-z0-9]\(\)|\w::\w|\w@[\w-]{1,32}:[~/]|(?<!\w)0x[0-9a-f]{2}"
    r"|\$(?:[({]|HOME|PATH|USER|SHELL|DISPLAY|LANG|PWD|[A-Z]{1,32}_\w)"
    r"|(?<=\|) ?(?:wc|head|tail|sort|less|more|tee|xargs|uniq|cut|find|tr|grep)(?!\w)"
    r"|(?<![\w/.])/?(?:opt|etc|usr|var|tmp|proc|mnt|sys)/\w|(?<!\S)/(?:opt|etc|home|usr|var|tmp|dev|proc|boot|mnt)(?!\w)"
    rf"|(?<![\w.,-])[A-Za-z_][\w.-]{{2,40}}=[\w\"'/${INSERTS}]|\w\[\d{{1,6}}\](?=[.\[= ;])"
    r"|(?<=\w )&&(?= [a-z])|(?i:error|fatal|exception|traceback): |(?<!\S)[EW]: ",
    "each part of it is bounded: a try reads 75 characters at most",
)
"""What only programs read or write: around it chat words, faces, signs and numbers are no person's."""
_SIGN = re.compile(r"[/$=@|\[\\(.:&-]")
_MAYBE = re.compile(r"[/$=@|\[\\(]|&&|[.:-](?=[A-Za-z:/~])|-\d|r: |E: ")
_COMMAND_WORDS = frozenset(f"{_ONLY_COMMANDS}|{_WITH_ACTIONS}".split("|"))
_WRITTEN = linear(
    r"/[^/]{1,64}/.|~/|\.{1,2}/|[A-Za-z]:\\|[\w./@+-]{1,200}\.[A-Za-z]{1,5}$|[\w.-]{1,32}@[\w.-]{1,64}:|[-dl][r-][w-][xsS-]",
    "tried at the start only, and bounded",
)
"""Kept text that is a path, a prompt or a mode."""
_PLACE = re.compile(r"(?<=[\w\"'] )\.(?= (?:[|>&;]|$))")
"""The place where a command is at work: ``grep -r x . | wc``."""
_HOME = re.compile(r"(?<!\S)~/(?!\w)|(?<=\b(?:the|The) )~(?!\S)")
_KEY = re.compile(r"(?<=[A-Za-z][-+])~(?![\w~])")
"""``Alt-~``."""
_AT_HOME = re.compile(r"(?<= )~(?=[,.;?!)]|$| [a-z])", re.MULTILINE)
_REDIRECTED = re.compile(rf"(?:(?<!\S)([0-2])|(?<= )&|(?<=[\w\"'] ))>{{1,2}}(?:&([0-2])(?!\w)| ?(?=([{INSERTS}])))")
"""``2>&1``, ``>> /tmp/log``: where a command writes to."""
_BREAK = re.compile("\n")
_KEPT = re.compile(f"[{INSERTS}]")


def keep_prompts(draft: Draft) -> None:
    """Keep ``name@host:~$`` whole, before its parts are treated as an address and a path."""
    if "@" in draft.text and ":" in draft.text:
        draft.replace(_PROMPT, lambda match: draft.keep(match[0]))


def keep_code(draft: Draft) -> None:
    """Keep modes and versions whole, say the star of a pattern, and make a program's arrows and comments pauses."""
    text = draft.text
    if "--" in text:
        draft.replace(_MODE, lambda match: draft.keep(match[0]))
    if "~" in text:
        draft.replace(_HOME, lambda match: draft.keep(match[0]))
        draft.replace(_KEY, lambda match: draft.keep(match[0]))
        draft.replace(_AT_HOME, lambda match: _at_home(draft, match))
        draft.replace(_VERSION, lambda match: draft.keep(match[0]) if _is_version(match[0]) else match[0])
    if "*" in text:
        if text.count("**") == 1:
            draft.text = _RAISED.sub("^", draft.text)
        draft.replace(_STAR, lambda match: _starred(draft, match))
        draft.replace(_STAR_BEHIND, lambda match: _starred_in_code(draft, match))
        if draft.text.count("*") == 1:
            draft.change(_WITHIN, "sign", lambda match: _joined(draft, match))
    if "->" in text:
        draft.change(_POINTER, "sign", lambda _: " ")
    if " #" in text and is_technical(draft, draft.text, len(draft.text)):
        draft.change(_COMMENT, "sign", lambda match: _commented(draft, match))
    if " . " in text:
        draft.replace(_PLACE, lambda match: draft.put("sign", match[0], draft.words.say("dot"), keep=True))
    if ">" in text:
        draft.change(_REDIRECTED, "sign", lambda match: _redirected(draft, match))
    if " =! " in text:
        draft.replace(_DENIED, lambda match: draft.keep(match[0]))


def _is_version(token: str) -> bool:
    before, _, behind = token.partition("~")
    return behind.startswith(_UNFINISHED) or bool(_PART.search(before) or _DATED.match(behind))


def _starred(draft: Draft, match: re.Match[str]) -> str:
    """Say the star of ``*.mp3`` and of ``rm *``; one that closes an emphasis stays."""
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    is_word = match[0] == "*" and before.endswith(" ") and match.string[match.end() : match.end() + 1] != "."
    if is_word and not _TAKES_FILES.search(before):
        return match[0]
    if _OPENED.search(before):
        return match[0]
    return draft.put("sign", match[0], match[0].replace("*", draft.words.say("star")), keep=True)


def _starred_in_code(draft: Draft, match: re.Match[str]) -> str:
    """Say the star of ``apt-get remove box*``."""
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    if _OPENED.search(before) or not is_verbatim(draft, match.string, match.start()):
        return match[0]
    return draft.put("sign", match[0], draft.words.say("star"), keep=True)


def _joined(draft: Draft, match: re.Match[str]) -> str:
    """Say the star of ``ls old*new`` and the one of ``area = length*width``."""
    if match[1] or is_technical(draft, match.string, match.start()):
        return f" {draft.words.say('star')}{'' if match[1] else ' '}"
    return draft.words.apart(draft.words.signs["*"]) if "=" in match.string else match[0]


def _redirected(draft: Draft, match: re.Match[str]) -> str:
    """Say where a command writes to; before anything but a path it may be another sign."""
    if match[3] and draft.rule_of(match[3]) != "":
        return match[0]
    return f"{match[1] or ''}{draft.words.apart(draft.words.signs['->'])}{match[2] or ''}"


def _commented(draft: Draft, match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 12) : match.start()]
    return f" {draft.words.say('hash')} " if _SIGN_MEANT.search(before) else draft.words.phrases["pause"]


def _at_home(draft: Draft, match: re.Match[str]) -> str:
    """Leave the sign of a person's own directory; elsewhere a wave draws a word out."""
    return draft.keep(match[0]) if is_technical(draft, match.string, match.start()) else match[0]


def begins_command(text: str, place: int) -> bool:
    """Return whether a command begins there."""
    return bool(_COMMAND_AT.match(text, place))


def is_technical(draft: Draft, text: str, place: int) -> bool:
    """Return whether the line around an offset has a command, an option, a path or a file name in it."""
    if draft.technical[0] is not text:
        draft.technical = text, _technical_lines(draft, text)
    lines = draft.technical[1]
    return bool(lines) and lines[bisect_right(lines, place, key=itemgetter(0)) - 1][1]


def evidence(draft: Draft) -> list[int]:
    """Return the offsets of what only programs read or write."""
    return _evidence(draft, draft.text)


def _evidence(draft: Draft, text: str) -> list[int]:
    is_likely = draft.keeps or (_SIGN.search(text) and _MAYBE.search(text)) or "0x" in text
    if not is_likely and _COMMAND_WORDS.isdisjoint(text.split()):
        return []
    places = [match.start() for match in _CERTAIN.finditer(text)]
    kept = [match for match in _KEPT.finditer(text) if draft.rule_of(match[0]) == ""]
    places += [match.start() for match in kept if _WRITTEN.match(draft.shown(match[0]))]
    return sorted(places)


def is_verbatim(draft: Draft, text: str, place: int) -> bool:
    """Return whether the sentence around an offset is read or written by programs."""
    if draft.evidence[0] is not text:
        places = _evidence(draft, text)
        runs = runs_of(text) if places else []
        draft.evidence = text, list(accumulate(map(len, runs))), technical_runs(runs, places)
    _, ends, technical = draft.evidence
    return bool(technical) and bisect_right(ends, place) in technical


def _technical_lines(draft: Draft, text: str) -> list[tuple[int, bool]]:
    """Return each line's offset, and whether it is technical; empty if none is."""
    places = [match.start() for match in _EVIDENCE.finditer(text)]
    places += [match.start() for match in _KEPT.finditer(text) if draft.rule_of(match[0]) == ""]
    if not places:
        return []
    begins = [0, *(match.end() for match in _BREAK.finditer(text))]
    technical = {bisect_right(begins, place) for place in places}
    return [(begin, number in technical) for number, begin in enumerate(begins, 1)]
