"""Mandarin syllables in the symbols of the speech model. Called by ``mandarin``.

The model's alphabet is close to the IPA, with the four tones as arrows after the vowel; a neutral tone has none. The
table follows the phonology of Standard Chinese: an initial, a medial glide, a vowel, a coda.
"""

from functools import lru_cache

_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_INITIALS = {
    "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l", "g": "k", "k": "kʰ", "h": "x",
    "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "r": "ɻ", "z": "ʦ", "c": "ʦʰ", "s": "s", "": "",
}  # fmt: skip
_FINALS = {
    "a": "a", "o": "o", "e": "ɤ", "ai": "ai", "ei": "ei", "ao": "au", "ou": "ou",
    "an": "a-n", "en": "ə-n", "ang": "a-ŋ", "eng": "ə-ŋ", "ong": "ʊ-ŋ", "er": "ɚ",
    "i": "i", "ia": "ja", "ie": "je", "iao": "jau", "iu": "jou", "ian": "jɛ-n", "in": "i-n", "iang": "ja-ŋ",
    "ing": "i-ŋ", "iong": "jʊ-ŋ", "io": "jo", "iai": "jai",
    "u": "u", "ua": "wa", "uo": "wo", "uai": "wai", "ui": "wei", "uan": "wa-n", "un": "wə-n", "uang": "wa-ŋ",
    "ueng": "wə-ŋ", "v": "y", "ve": "ɥe", "van": "ɥɛ-n", "vn": "y-n",
    "-": "ɨ", "ê": "e", "m": "m", "n": "n", "ng": "ŋ",
}  # fmt: skip
"""``-`` in a value marks the position of the tone, which is otherwise at the end. The key ``-`` is the vowel of zhi and
zi.
"""
_ZERO = {
    "yi": "i", "ya": "ia", "ye": "ie", "yao": "iao", "you": "iu", "yan": "ian", "yin": "in", "yang": "iang",
    "ying": "ing", "yong": "iong", "yo": "io", "yai": "iai", "wu": "u", "wa": "ua", "wo": "uo", "wai": "uai",
    "wei": "ui", "wan": "uan", "wen": "un", "wang": "uang", "weng": "ueng", "yu": "v", "yue": "ve", "yuan": "van",
    "yun": "vn",
}  # fmt: skip
"""Syllables without an initial, by their spelling."""
_SIBILANTS = ("zh", "ch", "sh", "r", "z", "c", "s")
_PALATALS = ("j", "q", "x")
_LABIALS = ("b", "p", "m", "f")
_HUMS = {"hm": "xm", "hng": "xŋ"}
_RHOTIC = {
    "ai": "a", "ei": "", "a-n": "a", "ə-n": "", "a-ŋ": "a", "ə-ŋ": "ə", "ʊ-ŋ": "ʊ", "i": "j", "jɛ-n": "jɛ", "i-n": "j",
    "i-ŋ": "j", "ja-ŋ": "ja", "jʊ-ŋ": "jʊ", "wai": "wa", "wei": "w", "wa-n": "wa", "wə-n": "w", "wa-ŋ": "wa", "y": "ɥ",
    "ɥɛ-n": "ɥɛ", "y-n": "ɥ", "ɨ": "",
}  # fmt: skip
"""What remains of a final that takes an r: codas and high front vowels are dropped."""


class UnknownSyllableError(ValueError):
    """Not a syllable of Mandarin."""


@lru_cache(maxsize=4096)
def symbols(syllable: str) -> str:
    """Return a syllable such as ``hao3`` or ``dianr3`` in the model's symbols; ``5`` is the neutral tone.

    Raises UnknownSyllableError.
    """
    spelling, tone = syllable[:-1], _TONES.get(syllable[-1:])
    if tone is None:
        raise UnknownSyllableError(syllable)
    if spelling in _HUMS:
        return _HUMS[spelling] + tone
    rhotic = spelling.endswith("r") and spelling != "er"
    initial, final = _parts(spelling.removesuffix("r") if rhotic else spelling)
    if final not in _FINALS:
        raise UnknownSyllableError(syllable)
    sound = _FINALS[final]
    if rhotic:
        rest = _RHOTIC.get(sound, sound)
        # A remaining vowel keeps its tone; otherwise the r carries it.
        vowel = rest.strip("jwɥ")
        return _INITIALS[initial] + (f"{rest}{tone}ɚ" if vowel else f"{rest}ɚ{tone}")
    if final == "o" and initial in _LABIALS:
        sound = "wo"
    vowel, mark, coda = sound.partition("-")
    return _INITIALS[initial] + (f"{vowel}{tone}{coda}" if mark else f"{sound}{tone}")


def _parts(spelling: str) -> tuple[str, str]:
    """Return the initial and the pronounced final: ``ju`` has a ü, ``zhi`` has no i."""
    if spelling in _ZERO:
        return "", _ZERO[spelling]
    initial = spelling[:2] if spelling[:2] in _INITIALS else spelling[:1] if spelling[:1] in _INITIALS else ""
    final = spelling[len(initial) :]
    if not final:  # m, n, ng: hummed
        return "", spelling
    if initial in _SIBILANTS and final == "i":
        return initial, "-"
    if initial in _PALATALS and final[0] == "u":
        return initial, "v" + final[1:]
    if final in ("ue", "üe"):
        return initial, "ve"
    return initial, final.replace("ü", "v").replace("uei", "ui").replace("uen", "un").replace("iou", "iu")
