"""What is written again and again is said three times at most. A step of ``reader``, after all words are there.

Letters of any script, signs, words and short phrases; never digits, which may mean every one of them.
"""

import re

from bot.speech.chat.draft import Draft

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
    """``[doge][doge][doge]``, a picture by its name, is said once."""
    if "]" in draft.text or ")" in draft.text or "）" in draft.text or "】" in draft.text:
        draft.change(_BRACKETED, "repeat", lambda match: "".join(dict.fromkeys(_BRACKET.findall(match[0]))))


def unrepeat_letters(draft: Draft) -> None:
    """``noooooo`` keeps three of its letters, ``加油加油加油加油`` three of its words."""
    draft.change(_LETTERS, "repeat", _stretched)
    draft.change(_PHRASE, "repeat", lambda match: match[1] * _KEPT)


def _stretched(match: re.Match[str]) -> str:
    """Three of the letter; four of a Chinese sign may be a word said twice."""
    if len(match[0]) == 4 and "\u3400" <= match[1] <= "\u9fff":
        return match[0]
    return match[0][:_KEPT]


def unrepeat_signs(draft: Draft) -> None:
    """``!!!!!!`` is one, ``.....`` a pause."""
    draft.text = _SIGNS.sub(_once, draft.text)


def unrepeat_words(draft: Draft) -> None:
    """``no no no no no`` keeps three."""
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
    """The phrase at a place that is repeated too often: its words and how often; (1, 1) for none."""
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
    """Return True for dashes right behind a Latin word that more words follow."""
    before, behind = match.string[: match.start()][-1:], match.string[match.end() : match.end() + 2].lstrip(" ")
    return before.isascii() and before.isalpha() and behind[:1].isalpha()


def _is_flag(match: re.Match[str]) -> bool:
    """Whether two dashes begin an option of a command: ``--all``."""
    before = match.string[match.start() - 1] if match.start() else " "
    behind = match.string[match.end() : match.end() + 1]
    return before in " \n\"'" and "a" <= behind <= "z"
