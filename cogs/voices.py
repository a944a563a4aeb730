"""``/voices``: the available voices, with previews.

A preview is made on first request, at the host's cost, and comes from the clip cache afterwards. A listed voice has one
preview in each language, so the lists are the cap; few are made at a time, and not many in an hour, in case the cache
is too small for them.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BusyError, unknown_voice
from bot.model import Utterance, Voice
from bot.platforms import command_log
from bot.platforms.discord import voice_message
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.context import account_of, key_of
from bot.platforms.discord.panel import Buttons, Press
from bot.platforms.discord.suggestions import LONGEST, complete_voice, voice_options
from bot.platforms.display import description, in_order, title
from bot.providers.base import VoiceInfo
from bot.speech.sink import Recording
from bot.texts import say
from cogs.panel import chosen, facts_of

_AT_A_TIME = 2
_PATIENCE = 20
"""Seconds that a preview may wait for the others."""
_AN_HOUR, _MOST_AN_HOUR = 3600.0, 60
"""Seconds, and previews that may be made within them: the host pays. Cached ones are not counted."""
_LISTED = 40
"""Voices named in the list, to stay below Discord's 2000 characters."""


class Voices(commands.Cog):
    """The command, its suggestions, and the menu of previews."""

    def __init__(self, bot: Bot, *, clock: Callable[[], float] = time.monotonic, patience: float = _PATIENCE) -> None:
        """Set up; ``clock`` gives monotonic seconds, ``patience`` the seconds that a preview waits for its turn."""
        self._bot = bot
        self._clock = clock
        self._patience = patience
        self._making = asyncio.Semaphore(_AT_A_TIME)
        self._made: deque[float] = deque(maxlen=_MOST_AN_HOUR)
        """Times of the last previews, in seconds of the clock."""
        self._heard: set[Voice] = set()
        """Voices known by this process to have previews."""

    async def cog_load(self) -> None:
        """Called by the library."""
        self._bot.presses["preview"] = self.pressed

    async def cog_unload(self) -> None:
        """Called by the library."""
        self._bot.presses.pop("preview", None)

    @app_commands.command(
        name=localized("discord.voices.name", "voices"), description=localized("discord.voices.description")
    )
    @app_commands.rename(voice=localized("discord.say.voice.name", "voice"))
    @app_commands.describe(voice=localized("discord.voices.voice"))
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def voices(
        self, interaction: discord.Interaction[Bot], voice: app_commands.Range[str, 0, LONGEST] = ""
    ) -> None:
        """List the voices, or play one."""
        await voice_message.defer(interaction, private=True)
        if voice.strip():
            await self._preview(interaction, voice.strip())
            return
        locale = await self._bot.language_for(interaction)
        voices = self._bot.services.speech.voices()
        menu: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id=Press("preview").custom_id,
            placeholder=say("discord.voices.listen", locale)[:150],
            options=voice_options(voices, locale),
        )
        await voice_message.tell(interaction, listed(voices, locale), Buttons(menu) if menu.options else None)

    @voices.autocomplete("voice")
    async def _complete_voice(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_voice(interaction, current)

    async def pressed(self, interaction: discord.Interaction[Bot], press: Press) -> None:
        """Play the voice chosen from the menu."""
        facts_of(press, 0)
        await voice_message.defer(interaction, private=True)
        await self._preview(interaction, chosen(interaction))

    async def _preview(self, interaction: discord.Interaction[Bot], name: str) -> None:
        known = {voice.id: voice for voice in self._bot.services.speech.voices()}
        if name not in known:
            raise unknown_voice(name, list(known)[:25])
        locale = await self._bot.language_for(interaction)
        words = say("discord.voices.preview", known[name].language or locale, voice=name)
        request = Utterance(words, key_of(interaction), voice=Voice(id=name))
        # A blocked person is refused here; the request below is the host's own.
        await self._bot.services.speech.explain(replace(request, account=account_of(interaction)))
        async with self._turn():
            self._check_cap(request.voice)
            receipt = await self._bot.services.speech.speak(request, Recording())
            command_log.spoke(receipt)
            if not receipt.cached:
                self._made.append(self._clock())
            self._heard.add(request.voice)
        await voice_message.send(interaction, receipt.clip)
        await voice_message.tell(interaction, f"**{discord.utils.escape_markdown(title(known[name], locale))}**")

    def _check_cap(self, voice: Voice) -> None:
        full = len(self._made) == self._made.maxlen and self._clock() - self._made[0] < _AN_HOUR
        if full and voice not in self._heard:
            raise BusyError("discord.voices.enough")

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await self._making.acquire()
        except TimeoutError:
            raise BusyError("bot.full") from None
        try:
            yield
        finally:
            self._making.release()


def listed(voices: Sequence[VoiceInfo], language: str) -> str:
    """Return the voices in lines, as many as fit."""
    if not voices:
        return say("discord.voices.none", language)
    lines = [say("discord.voices.intro", language)]
    for voice in in_order(voices, language)[:_LISTED]:
        line = f"**{discord.utils.escape_markdown(voice.id)}** {description(voice, language)}".strip()
        if sum(map(len, lines)) + len(lines) + len(line) > 1900:
            break
        lines.append(line)
    return "\n".join(lines)


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Voices(bot))
