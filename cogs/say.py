"""``/say``: text in, voice message out. Loaded by name by the Discord platform."""

import asyncio
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.audio import ogg
from bot.model import Account, Clip, Receipt, Space, Utterance, Voice
from bot.platforms.base import Doors
from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, language_of, localized
from bot.platforms.discord.voice_message import Delivery
from bot.speech import styles
from bot.speech.sink import Recording
from bot.texts import of_note, say

LONGEST_TEXT = 4000
MOST_SUGGESTIONS = 25
"""Discord shows no more, and refuses an answer that has more."""
LONGEST_SUGGESTION = 100
"""Characters."""


def utterance_of(interaction: discord.Interaction[Bot], text: str, style: str, voice: str) -> Utterance:
    """What was asked for, with who asked, where, and the roles that may change the quota."""
    guild, person = interaction.guild_id, interaction.user
    known = isinstance(person, discord.Member) and interaction.is_guild_integration()
    roles = person.roles if isinstance(person, discord.Member) and known else []
    return Utterance(
        text,
        key=f"discord:interaction:{interaction.id}",
        account=Account("discord", str(person.id)),
        space=Space("discord", str(guild)) if guild is not None else None,
        roles=tuple(f"role:discord:{role.id}" for role in roles if not role.is_default()),
        styles=styles.parse(style),
        voice=Voice(id=voice.strip()),
    )


def suggest_styles(typed: str, language: str) -> list[app_commands.Choice[str]]:
    """Styles for what is typed so far; what stands before the last comma is kept."""
    before, comma, last = typed.replace("，", ",").rpartition(",")
    kept = f"{before.strip()}, " if comma and before.strip() else ""
    found = styles.search(last.strip(), MOST_SUGGESTIONS)
    names = [kept + style.label(language) for style in found]
    return [app_commands.Choice(name=name, value=name) for name in names if len(name) <= LONGEST_SUGGESTION]


def suggest_voices(doors: Doors, typed: str) -> list[app_commands.Choice[str]]:
    """Voices whose id or description holds what is typed."""
    wanted = typed.strip().casefold()
    found = [voice for voice in doors.speech.voices() if wanted in f"{voice.id} {voice.description}".casefold()]
    return [
        app_commands.Choice(name=f"{voice.id}: {voice.description}"[:LONGEST_SUGGESTION], value=voice.id)
        for voice in found[:MOST_SUGGESTIONS]
        if 0 < len(voice.id) <= LONGEST_SUGGESTION
    ]


def report(receipt: Receipt, deliveries: list[Delivery], language: str) -> str:
    """The private lines beside the sound: its length and cost, and whatever is to be known of it."""
    seconds, characters = receipt.clip.seconds, receipt.charged
    spoken = say(
        "discord.spoken" if characters else "discord.spoken_free", language, seconds=seconds, characters=characters
    )
    lines = [spoken, *(of_note(note, language) for note in receipt.notes)]
    if any(delivery.private for delivery in deliveries):
        lines.append(say("discord.only_you", language))
    elif any(delivery.kind == "file" for delivery in deliveries):
        lines.append(say("discord.as_file", language))
    return "\n".join(lines)


class Say(commands.Cog):
    """The command and its suggestions."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    @app_commands.command(name=localized("discord.say.name", "say"), description=localized("discord.say.description"))
    @app_commands.rename(
        text=localized("discord.say.text.name", "text"),
        style=localized("discord.say.style.name", "style"),
        voice=localized("discord.say.voice.name", "voice"),
    )
    @app_commands.describe(
        text=localized("discord.say.text"), style=localized("discord.say.style"), voice=localized("discord.say.voice")
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def say(
        self,
        interaction: discord.Interaction[Bot],
        text: app_commands.Range[str, 1, LONGEST_TEXT],
        style: app_commands.Range[str, 0, 200] = "",
        voice: app_commands.Range[str, 0, LONGEST_SUGGESTION] = "",
    ) -> None:
        """Speak a text. What goes wrong is raised: cogs/errors.py answers."""
        await voice_message.defer(interaction)
        utterance = utterance_of(interaction, text, style, voice)
        receipt = await self._doors.speech.speak(utterance, Recording())
        parts = await self._parts(interaction, receipt.clip)
        deliveries = [await voice_message.send(interaction, part) for part in parts]
        await voice_message.tell(interaction, report(receipt, deliveries, self._language(interaction)))

    @say.autocomplete("style")
    async def _complete_style(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        return suggest_styles(current, self._language(interaction))

    @say.autocomplete("voice")
    async def _complete_voice(
        self, _interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        return suggest_voices(self._doors, current)

    def _language(self, interaction: discord.Interaction[Any]) -> str:
        return language_of(interaction, self._doors.language)

    @staticmethod
    async def _parts(interaction: discord.Interaction[Any], clip: Clip) -> list[Clip]:
        """The clip, in parts where it is too large for one file."""
        return await asyncio.to_thread(ogg.split, clip, voice_message.size_limit(interaction))


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Say(bot.doors))
