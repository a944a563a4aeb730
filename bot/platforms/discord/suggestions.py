"""Autocomplete: styles, voices and choices, the person's own first, tolerant of typing errors."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from discord import Interaction, SelectOption
from discord.app_commands import Choice
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from bot.errors import StoreError
from bot.platforms.discord.client import localized
from bot.platforms.discord.context import account_of
from bot.platforms.display import description, in_order, title
from bot.platforms.requests import Requests
from bot.providers.base import VoiceInfo
from bot.store.settings import Preference
from bot.text import styles
from bot.texts import codes


def choices(words: Any) -> list[Choice[str]]:
    """Return choices for words, or those of a ``Literal``, named in the reader's language."""
    listed: Sequence[str] = words if isinstance(words, tuple) else get_args(words)
    return [Choice(name=localized(codes.CHOICE[word]), value=word) for word in listed]


MOST = 25
"""Discord shows at most these, and refuses an answer that has more."""
LONGEST = 100
"""Characters of a suggestion."""
_PATIENCE = 1.0
"""Seconds that loading a person's favourites may take; suggestions have three in all."""
_LETTERS_A_SLIP = 4
"""Letters of a name per tolerated typing error."""
_ALIKE = 65
"""Similarity in percent from which a voice, or a person's own style, may be meant."""


async def preference_of(interaction: Interaction[Any], requests: Requests) -> Preference:
    """Return the person's preferences; defaults if they cannot be read in time, since suggestions do not need them."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await requests.preferences.get(account_of(interaction))
    except (StoreError, TimeoutError):
        return Preference()


def suggest_styles(typed: str, language: str, own: Preference) -> list[Choice[str]]:
    """Return styles for the text typed so far, including itself; those before the last comma are kept."""
    end = max(map(typed.rfind, styles.SEPARATORS)) + 1
    before = styles.parse(typed[:end])
    kept = "".join(f"{name}, " for name in before)
    names = [kept + name for name in _ranked_styles(typed[end:].strip(), language, own)]
    return [Choice(name=name, value=name) for name in names if 0 < len(name) <= LONGEST][:MOST]


def style_options(language: str, own: Preference) -> list[SelectOption]:
    """Return the styles of a menu: the person's own, then the catalogue."""
    names = [name for name in _style_names(language, own) if len(name) <= LONGEST]
    return [SelectOption(label=name, value=name) for name in names[:MOST]]


async def complete_voice(interaction: Interaction[Any], typed: str) -> list[Choice[str]]:
    """Return voices for the typed text, described in the person's language."""
    bot = interaction.client
    own = await preference_of(interaction, bot.services.requests)
    speech, language = bot.services.speech, await bot.language_for(interaction)
    return suggest_voices(speech.voices(), typed, own, language, more=not speech.lists_every_voice())


async def complete_style(interaction: Interaction[Any], typed: str) -> list[Choice[str]]:
    """Return styles for the typed text, in the person's language."""
    bot = interaction.client
    own = await preference_of(interaction, bot.services.requests)
    return suggest_styles(typed, await bot.language_for(interaction), own)


def suggest_voices(
    voices: Iterable[VoiceInfo], typed: str, own: Preference, language: str = "en", *, more: bool = False
) -> list[Choice[str]]:
    """Return voices that the typed text may mean, by id or description, an exact id first.

    ``more``: unlisted voices exist, so the typed text may be one.
    """
    listed = {voice.id: voice for voice in in_order(voices, language) if 0 < len(voice.id) <= LONGEST}
    mine = [name for name in _own(own.favourite_voices, own.recent_voices) if name in listed]
    wanted = typed.strip()[:LONGEST]
    found = _matching(wanted.casefold(), listed, language) if wanted else list(listed)
    exact = [name for name in listed if name.casefold() == wanted.casefold()]
    if more and wanted and not exact:
        exact = [wanted]
    chosen = list(dict.fromkeys([*exact, *(name for name in mine if name in found), *found]))
    shown = {name: title(listed[name], language)[:LONGEST] if name in listed else name for name in chosen[:MOST]}
    return [Choice(name=shown[name], value=name) for name in shown]


def voice_options(voices: Iterable[VoiceInfo], language: str) -> list[SelectOption]:
    """Return the voices of a menu."""
    listed = [voice for voice in in_order(voices, language) if 0 < len(voice.id) <= LONGEST][:MOST]
    return [
        SelectOption(label=voice.id, value=voice.id, description=description(voice, language)[:LONGEST] or None)
        for voice in listed
    ]


def _style_names(language: str, own: Preference) -> list[str]:
    """Return labels, the person's own first, each style once."""
    mine = [_label(name, language) for name in _own(own.favourite_styles, own.recent_styles)]
    return list(dict.fromkeys([*mine, *(style.label(language) for style in styles.CATALOGUE)]))


def _ranked_styles(typed: str, language: str, own: Preference) -> list[str]:
    """Return the typed text and similar styles: first certain matches, then itself, then the others.

    Certain matches are the beginning of a name, a name with a typing error, and a part of a person's own style.
    """
    if not typed:
        return _style_names(language, own)
    wanted = typed.casefold()[:LONGEST]
    mine = [_label(name, language) for name in _own(own.favourite_styles, own.recent_styles)]
    catalogue = {style.label(language): style for style in styles.search(typed, len(styles.CATALOGUE))}
    alike = [name for name in mine if name in catalogue or _meant(wanted, name.casefold())]
    known = styles.find(typed)
    is_name = known is not None and wanted in {known.en.casefold(), known.zh.casefold(), known.key.replace("_", " ")}
    first = [known.label(language)] if known is not None and is_name else [] if known is None else [typed]
    ranked = list(dict.fromkeys([*alike, *catalogue]))
    sure = [
        name
        for name in ranked
        if (wanted in name.casefold() and name in mine)
        or any(_begun(wanted, each) for each in _names_of(catalogue.get(name), name))
    ]
    return list(dict.fromkeys([*first, *sure, *([] if is_name else [typed]), *ranked]))


def _names_of(style: styles.Style | None, name: str) -> list[str]:
    names = (name,) if style is None else (style.en, style.zh, *style.also)
    return [each.casefold() for each in names]


def _begun(wanted: str, name: str) -> bool:
    """Return whether a name is being typed, possibly with a typing error: letters swapped, doubled or left out."""
    if name.startswith(wanted):
        return True
    slips = max(1, min(len(name), len(wanted)) // _LETTERS_A_SLIP)
    return name[:1] == wanted[:1] and OSA.distance(wanted, name, score_cutoff=slips) <= slips


def _meant(wanted: str, name: str) -> bool:
    """Return whether a person's own style may be meant."""
    return wanted in name or fuzz.ratio(wanted, name) >= _ALIKE


def _label(name: str, language: str) -> str:
    known = styles.find(name)
    return known.label(language) if known is not None else name


def _own(favourites: Sequence[str], recent: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*favourites, *recent]))


def _matching(wanted: str, listed: dict[str, VoiceInfo], language: str) -> list[str]:
    described = {name: f"{name} {description(voice, language)}".casefold() for name, voice in listed.items()}
    begins = [name for name in listed if name.casefold().startswith(wanted)]
    holds = [name for name, words in described.items() if wanted in words]
    names = {name: name.casefold() for name in listed}
    alike = process.extract(wanted, names, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=MOST)
    return list(dict.fromkeys([*begins, *holds, *(str(name) for _, _, name in alike)]))
