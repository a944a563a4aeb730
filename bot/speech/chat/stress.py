"""ALL CAPS: stressed where that is wanted, left alone where they are a name. A step of ``reader``."""

import re

from bot.patterns import linear
from bot.speech.chat.draft import Draft

_WORD = r"[A-Z](?:[A-Z]|['’](?=[A-Z])){0,40}+"
_CAPS = linear(
    rf"(?<![\w-])(?<!\w['’])(?:{_WORD})(?:[ ,]{{1,2}}+(?:{_WORD})){{0,200}}(?![\w]|['’]\w|-\w)",
    "a word in capitals is taken whole; where the last of a row is refused, the row ends with the word before it",
)
_WORDS = re.compile(_WORD)
_NAMES = frozenset(
    {"NASA", "NATO", "HTML", "HTTP", "HTTPS", "JSON", "YAML", "TOML", "IMDB", "UNESCO", "UNICEF", "NVIDIA", "IKEA",
     "RGBA", "ASCII", "GIMP", "RAID", "CUDA", "FOMO", "LGBT", "LGBTQ", "COVID", "AIDS", "SCSI", "BIOS", "UEFI", "JPEG",
     "MPEG", "TIFF", "SATA", "NVME", "DDOS", "CSGO", "OSHA", "FIFA", "UEFA", "NCAA", "NASDAQ", "OPEC", "MIDI", "PDFS",
     "URLS", "APIS", "OAUTH", "CAPTCHA", "EULA", "GDPR", "SIEM", "IMAP", "CPU", "GPU", "USB", "SSD", "AFK", "DIY",
     "FAQ", "ETA", "UTC", "USA", "API", "URL", "AMD", "NYC", "UFO", "ASAP"}
)  # fmt: skip
"""Abbreviations that are read as words or spelled; nobody shouts them."""
_SHORT = frozenset({"NO", "YES", "WOW", "HEY", "WHY", "NOT", "NOW", "YOU", "WHO"})
"""Short words that are shouted."""
_NUMBERED = re.compile(r" \d{1,4}+(?:\.\d|(?= ?/ ?\d))")
_LISTED = re.compile(",[A-Z]")
_VOWEL = re.compile("[AEIOUY]")


def stress(draft: Draft) -> None:
    """Put the tag of emphasis before words in capitals that are no abbreviations."""
    if not draft.delivery.emphasis or draft.text.islower():
        return

    def stressed(match: re.Match[str]) -> str:
        if (
            _is_listed(match)
            or draft.kind_at(match.start() - 1) == "emphasis"
            or not _shouted(_WORDS.findall(match[0]))
        ):
            return match[0]
        return draft.tag("emphasis", match[0], "emphasis", match[0]) + match[0]

    draft.replace(_CAPS, stressed)


def _shouted(words: list[str]) -> bool:
    """Whether somebody shouts: a long word, or several that are not all names of things."""
    loud = [word for word in words if word not in _NAMES and _VOWEL.search(word)]
    if len(words) == 1:
        return bool(loud) and (len(words[0]) > 3 or words[0] in _SHORT)
    return any(len(word) > 2 for word in loud) and sum(map(len, loud)) > 5


def _is_listed(match: re.Match[str]) -> bool:
    """Whether it is one of several names with no blank between, or has a number: ``AMD,RTX``, ``ESXI 5.5``."""
    before, behind = (
        match.string[max(0, match.start() - 1) : match.start()],
        match.string[match.end() : match.end() + 2],
    )
    if " " not in match[0] and _NUMBERED.match(match.string, match.end()):
        return True
    return before == "," or (behind[:1] == "," and behind[1:].isalnum()) or bool(_LISTED.search(match[0]))
