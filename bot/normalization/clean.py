"""Cleans a person's text for speech. Called by the synthesis core, once, before anything is counted.

Text that a person commands to be spoken keeps its audio tags; hostile characters and markup are removed, links and
emoji are named. Pure; linear time. A chat message that is read aloud passes ``clean_message`` first: its brackets are
no tags, and more rules apply.
"""

import re
import unicodedata
from collections.abc import Mapping

import emoji

from bot.errors import InputError
from bot.normalization.draft import PRIVATE, Draft
from bot.normalization.emoji import EMOJI, name_emoji
from bot.normalization.links import link
from bot.normalization.message import ChatMessage, Reading, Spoken
from bot.normalization.reader import VOCABULARIES, read
from bot.normalization.slang import tidy
from bot.patterns import normal_form
from bot.text.markup import decode_entities, strip_markup, without_tags

_CUSTOM_EMOJI = re.compile(r"<a?:(\w{2,32}+):\d{15,25}+>")
_NAMEABLE = re.compile(r"[/@]|[a-z]:|www\.|:[a-z]", re.IGNORECASE)
"""Characters of which every link, address and emoji name contains one."""
_READINGS: Mapping[str, Reading] = {name: Reading(name) for name in ("en", "zh")}
_NO_MESSAGE = ChatMessage()
_STACKED = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
"""More than two marks on one letter, as no language writes (zalgo)."""
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")
_BREAKS = str.maketrans({"\r": "\n", "\v": "\n", "\f": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})


def clean(text: str, language: str = "en") -> str:
    """Return speakable text: one space between words, one newline between lines, audio tags kept.

    Links are replaced by the name of their site, emoji by theirs, in ``language``, as when a message is read aloud.
    Raises InputError ``text.empty`` if nothing is left to speak. Cleaning is idempotent.
    """
    text = _well_formed(decode_entities(_well_formed(text)))
    cleaned = _tidy(strip_markup(_without_emoji(_named(text, language))))
    if not speakable(cleaned):
        raise InputError("text.empty")
    return cleaned


def clean_message(message: ChatMessage, reading: Reading) -> Spoken:
    """Return a chat message as it is read aloud, with the applied rules.

    Never raises; empty when nothing is to be read. The only audio tags in it are those of ``Spoken.cues``; ``clean``
    leaves the text unchanged.
    """
    return read(message, reading)


def speakable(text: str) -> bool:
    """Return whether there is a letter, a digit or a currency sign outside the audio tags."""
    return any(
        unicodedata.category(sign)[0] in "LN" or unicodedata.category(sign) == "Sc" for sign in without_tags(text)
    )


def clean_line(text: str, limit: int) -> str:
    """Return a name, a style or an instruction: cleaned, without brackets that could be tags, cut to ``limit``."""
    plain = strip_markup(_well_formed(text))
    return _tidy(re.sub(r"[\[\]()（）【】<>]", " ", plain)).replace("\n", " ")[:limit].strip()


def clean_instruction(text: str) -> str:
    """Return an instruction: paragraphs kept, markup removed; empty when nothing is left."""
    return _tidy(strip_markup(_well_formed(text)))


def _well_formed(text: str) -> str:
    """Return text without lone surrogates and null bytes, which no database accepts, and with uniform line breaks."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").replace("\x00", "")
    return normal_form("NFC", text.translate(_BREAKS))


def _without_emoji(text: str) -> str:
    return EMOJI.sub(lambda match: " " if _is_emoji(match[0]) else match[0], _CUSTOM_EMOJI.sub(" ", text))


def _is_emoji(sign: str) -> bool:
    """Return whether it is more than flag letters that form no flag."""
    return sign in emoji.EMOJI_DATA or not "\U0001f1e6" <= sign[0] <= "\U0001f1ff"


def _named(text: str, language: str) -> str:
    """Return text with words in place of links and emoji."""
    if text.isascii() and not _NAMEABLE.search(text):
        return text
    plain = PRIVATE.sub("", text)
    draft = Draft(plain, _READINGS["zh" if language == "zh" else "en"], VOCABULARIES)
    link(draft, _NO_MESSAGE)
    name_emoji(draft)
    if draft.text == plain:
        return plain
    draft.settle_words(all_of_them=True)
    draft.text = tidy(draft.text)
    if not any(map(str.isalnum, draft.text)) and (kinds := draft.kinds()):
        draft.text += f" {draft.words.aloud[kinds[0]]}"
    draft.settle_tags()
    return draft.text


def _tidy(text: str) -> str:
    text = _STACKED.sub(r"\1", text)
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()
