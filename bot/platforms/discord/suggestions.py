"""Suggestions while somebody types: styles and voices, the person's own first, typing errors forgiven.

Called by the command doors that have a style or a voice to name.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from discord import Interaction, SelectOption
from discord.app_commands import Choice
from rapidfuzz import fuzz, process

from bot.errors import StoreError
from bot.platforms.desk import Desk
from bot.platforms.discord.wish import account_of
from bot.speech import styles
from bot.speech.provider import VoiceInfo
from bot.store.preferences import Preference
from bot.texts import of_voice

MOST = 25
"""Discord shows no more, and refuses an answer that has more."""
LONGEST = 100
"""Characters of a suggestion."""
_PATIENCE = 1.0
"""Seconds that a person's favourites may take; suggestions have three in all."""
_ALIKE = 65
"""Likeness in percent from which on a voice, or a style of somebody's own words, may be meant."""


async def preference_of(interaction: Interaction[Any], desk: Desk) -> Preference:
    """What the person likes; nothing where that cannot be read in time, since a list without it is still a list."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await desk.preferences.get(account_of(interaction))
    except (StoreError, TimeoutError):
        return Preference()


def suggest_styles(typed: str, language: str, own: Preference) -> list[Choice[str]]:
    """Styles for what is typed so far; those before the last comma are kept."""
    end = max(map(typed.rfind, styles.SEPARATORS)) + 1
    before = styles.parse(typed[:end])
    kept = "".join(f"{name}, " for name in before)
    names = [kept + name for name in _style_names(typed[end:].strip(), language, own)]
    return [Choice(name=name, value=name) for name in names if 0 < len(name) <= LONGEST][:MOST]


def style_options(language: str, own: Preference) -> list[SelectOption]:
    """The styles of a menu: the person's own, then the catalogue."""
    names = [name for name in _style_names("", language, own) if len(name) <= LONGEST]
    return [SelectOption(label=name, value=name) for name in names[:MOST]]


async def complete_voice(interaction: Interaction[Any], typed: str) -> list[Choice[str]]:
    """Voices for whoever types, described in their language."""
    bot = interaction.client
    own = await preference_of(interaction, bot.doors.desk)
    return suggest_voices(bot.doors.speech.voices(), typed, own, await bot.language_for(interaction))


def suggest_voices(voices: Iterable[VoiceInfo], typed: str, own: Preference, language: str = "en") -> list[Choice[str]]:
    """Voices that may be meant by what is typed, by id or description."""
    listed = {voice.id: voice for voice in told_in(language, voices) if 0 < len(voice.id) <= LONGEST}
    mine = [name for name in _own(own.favourite_voices, own.recent_voices) if name in listed]
    wanted = typed.strip().casefold()[:LONGEST]
    found = _matching(wanted, listed) if wanted else list(listed)
    chosen = list(dict.fromkeys([name for name in mine if name in found] + found))
    return [Choice(name=title(listed[name]), value=name) for name in chosen[:MOST]]


def told_in(language: str, voices: Iterable[VoiceInfo]) -> list[VoiceInfo]:
    """Voices with their descriptions in a language."""
    return [replace(voice, description=of_voice(voice.description, language)) for voice in voices]


def voice_options(voices: Iterable[VoiceInfo], language: str) -> list[SelectOption]:
    """The voices of a menu."""
    listed = [voice for voice in told_in(language, voices) if 0 < len(voice.id) <= LONGEST]
    return [SelectOption(label=voice.id, value=voice.id, description=voice.description[:LONGEST]) for voice in listed][
        :MOST
    ]


def title(voice: VoiceInfo) -> str:
    """A voice in one line."""
    return (f"{voice.id}: {voice.description}" if voice.description else voice.id)[:LONGEST]


def _style_names(typed: str, language: str, own: Preference) -> list[str]:
    """Labels, the person's own first, each style once."""
    mine = [_label(name, language) for name in _own(own.favourite_styles, own.recent_styles)]
    listed = [style.label(language) for style in styles.search(typed, len(styles.CATALOGUE))]
    if typed:
        wanted = typed.casefold()[:LONGEST]
        mine = [name for name in mine if name in listed or _meant(wanted, name.casefold())]
    return list(dict.fromkeys([*mine, *listed]))


def _meant(wanted: str, name: str) -> bool:
    """Whether a style of a person's own words may be meant."""
    return wanted in name or fuzz.ratio(wanted, name) >= _ALIKE


def _label(name: str, language: str) -> str:
    known = styles.find(name)
    return known.label(language) if known is not None else name


def _own(favourites: Sequence[str], recent: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*favourites, *recent]))


def _matching(wanted: str, listed: dict[str, VoiceInfo]) -> list[str]:
    described = {name: f"{name} {voice.description}".casefold() for name, voice in listed.items()}
    begins = [name for name in listed if name.casefold().startswith(wanted)]
    holds = [name for name, words in described.items() if wanted in words]
    names = {name: name.casefold() for name in listed}
    alike = process.extract(wanted, names, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=MOST)
    return list(dict.fromkeys([*begins, *holds, *(str(name) for _, _, name in alike)]))
