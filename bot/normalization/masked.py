"""Masked words, ``f***``, ``sh*t``, ``b!tch``: a bleep. A step of ``reader``, before formatting.

Each language has a table of possible words. Asterisks within any other word are a mask only if there are no others
nearby: formulas, file patterns, pointers and formatting are unchanged.
"""

import re
from string import ascii_lowercase

from bot.normalization.draft import Draft
from bot.normalization.languages import is_common
from bot.normalization.technical import is_technical, is_verbatim

_ANY = re.compile(r"\*|[$@#%!][A-Za-z$]")
_LATIN = re.compile(
    r"(?<![A-Za-z0-9_*!@$#%/.\\=&'-])[A-Za-z$][A-Za-z0-9_*!@$#%]{1,24}+(?![*/\\=(\u00c0-\u024f]|\.[A-Za-z0-9_])"
)
_MASK = re.compile(r"[*!@$#%]+")
_MASKS = frozenset("*!@$#%")
_STARS_WITHIN = re.compile(r"[A-Za-z]{1,20}+(\*{1,12}+)[A-Za-z]{1,20}+")
_STARS_BEHIND = re.compile(r"[A-Za-z]{1,2}\*{3,12}+")
_VOWEL_MASKED = re.compile(
    r"[A-Z]\*[b-df-hj-np-tv-z]|[b-df-hj-np-tv-z]{1,2}\*(?=[a-z]{2,3}$)[b-df-hj-np-tv-z][a-z]{1,2}", re.ASCII
)
"""``G*d``, ``t*rd``: no product of two."""
_OPENING = re.compile(r"(?<![\w*])\*{1,3}(?=[^\s*])")
_RUN = re.compile(r"\*{1,99}")
_SENTENCE_ENDS = "!?.,"
_HAN = re.compile(r"([\u3400-\u9fff])?(\*{1,6}+)([\u3400-\u9fff])?")
_NEAR = 200


def bleep(draft: Draft) -> None:
    """Say a bleep for each word that is masked."""
    if _ANY.search(draft.text):
        draft.replace(_LATIN, lambda match: _latin(draft, match))
        if "*" in draft.text and not draft.text.isascii():
            draft.replace(_HAN, lambda match: _han(draft, match))


def _latin(draft: Draft, match: re.Match[str]) -> str:
    word = match[0].rstrip(_SENTENCE_ENDS)
    if word.endswith("*") and _OPENING.search(match.string, max(0, match.start() - _NEAR), match.start()):
        word = word.rstrip("*")  # they close a pair
    known = draft.vocabularies["en"].masked
    if _MASKS.isdisjoint(word) or word[:-1].lower() in known or _RUN.findall(word).count("**") > 1:
        return match[0]
    is_general = not is_verbatim(draft, match.string, match.start()) and _is_general(draft, match, word)
    if is_general or any(_fits(each, word.lower()) for each in known):
        return draft.put("masked", word, draft.words.say("bleep")) + match[0][len(word) :]
    return match[0]


def _is_general(draft: Draft, match: re.Match[str], word: str) -> bool:
    """Return whether asterisks follow first letters, or are the only symbols within a word.

    A single one replaces a letter of a common word, or the vowel of a short one.
    """
    if _STARS_BEHIND.fullmatch(word):
        return True
    found = _STARS_WITHIN.fullmatch(word)
    if found is None or not _is_alone(match, found[1]):
        return False
    if len(found[1]) > 1:
        return len(word) > len(found[1]) + 2
    if "=" in match.string or is_technical(draft, match.string, match.start()):
        return False
    if _VOWEL_MASKED.fullmatch(word):
        return True
    return len(word) > 3 and any(is_common(word.lower().replace("*", letter)) for letter in ascii_lowercase)


def _is_alone(match: re.Match[str], stars: str) -> bool:
    near = match.string[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    return _RUN.findall(near).count(stars) == 1


def _fits(known: str, word: str) -> bool:
    """Return whether a listed word fits character by character, or with asterisks for more or fewer letters."""
    if len(known) == len(word):
        return all(sign == letter or sign in _MASKS for sign, letter in zip(word, known, strict=True))
    begin, *ends = _MASK.split(word)
    if len(ends) != 1 or "*" not in word or not begin or not ends[0] or len(begin) + len(ends[0]) < 3:
        return False
    return len(known) > len(begin) + len(ends[0]) and known.startswith(begin) and known.endswith(ends[0])


def _han(draft: Draft, match: re.Match[str]) -> str:
    """Return the bleep for a mask beside Chinese characters; asterisks in pairs are formatting."""
    before, stars, behind = match[1] or "", match[2], match[3] or ""
    if (not before and not behind) or not _is_alone(match, stars):
        return match[0]
    known = draft.vocabularies["zh"].masked
    said = draft.words.say("bleep")
    if f"{before}*{behind}" in known:
        return draft.put("masked", match[0], said)
    if f"{before}*" in known:
        return draft.put("masked", before + stars, said) + behind
    if f"*{behind}" in known:
        return before + draft.put("masked", stars + behind, said)
    return before + draft.put("masked", stars, said) + behind if before and behind and len(stars) > 1 else match[0]
