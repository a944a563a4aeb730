"""Chat words that are something else in other company: what stands beside them decides. Used by ``slang``."""

import re

_NEAR = 20
"""Characters before and behind a word that are looked at."""
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
_QUESTIONS = frozenset(["why", "what", "who", "how", "where", "when"])
_ASKED = frozenset(["is", "are", "was", "were", "did", "do", "does", "you", "u", "r", "happened", "they"])


def in_context(word: str, said: str, match: re.Match[str]) -> str:
    """What is said for a chat word where it stands; empty where it is a word like any other there."""
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
    """``no prob``, ``the prob is``."""
    return "problem" if previous in _ARTICLES or following in _VERBS else said


def _probs(said: str, previous: str, _following: str, _: bool) -> str:
    return "problems" if previous in _ARTICLES else said


def _tf(said: str, previous: str, following: str, begins: bool) -> str:
    """``why tf``, ``tf is this``; elsewhere it is a library or a file."""
    if previous in _QUESTIONS:
        return "the heck"
    return said if begins and following in _ASKED else ""


def _til(said: str, _previous: str, following: str, begins: bool) -> str:
    """``til that``; ``open til five``."""
    return said if begins and not following.isdigit() else ""


def _wp(said: str, previous: str, following: str, begins: bool) -> str:
    """Well played, said to somebody; elsewhere a program for blogs."""
    is_cheered = previous in ("gg", "game", "good") or following in ("gg", "guys", "all")
    return said if is_cheered or (begins and not following) else ""


def _mate(said: str, previous: str, following: str, _: bool) -> str:
    """``my bf``, ``a gf``, ``bf and I``; elsewhere it is a thing in a game."""
    return said if previous in _OWNERS or following in _COMPANY else ""


_DEPENDING = {"bf": _mate, "gf": _mate, "prob": _prob, "probs": _probs, "tf": _tf, "til": _til, "wp": _wp}
