"""Reading aloud in voice calls: listeners for messages and voice states, and the commands for the call.

The work is in ``bot/platforms/discord/call``.
"""

from collections.abc import Callable
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import InputError
from bot.platforms.discord import voice_message
from bot.platforms.discord.call.calls import (
    check_may_bring,
    check_may_enter,
    guild_of,
    may_see,
    moderates,
    seat_of,
    session_for,
)
from bot.platforms.discord.call.session import Notices, Session
from bot.platforms.discord.client import Bot, localized
from bot.platforms.discord.context import account_of, channel_of
from bot.platforms.reading.messages import Heard, Readable
from bot.texts import codes, say

_SHOWN = 15
"""Messages that ``/queue`` shows."""
_WORDS = 60
"""Characters of each."""


class Reader(commands.Cog):
    """The commands and listeners."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._calls = bot.calls

    # Commands

    @app_commands.command(name=localized("call.join.name", "join"), description=localized("call.join.description"))
    @app_commands.rename(channel=localized("call.join.channel.name", "channel"))
    @app_commands.describe(channel=localized("call.join.channel"))
    @app_commands.guild_install()
    @app_commands.guild_only()
    async def join(
        self, interaction: discord.Interaction[Bot], channel: discord.VoiceChannel | discord.StageChannel | None = None
    ) -> None:
        """Read this channel aloud in a voice channel."""
        await voice_message.defer(interaction, private=True)
        guild = guild_of(interaction)
        voice_channel = channel or seat_of(interaction)
        check_may_bring(self._calls, interaction, voice_channel)
        here = interaction.channel
        postable = here if isinstance(here, discord.abc.Messageable) else None
        notices = Notices(postable, await self._calls.language(guild))
        reads = self._bot.intents.message_content
        await self._calls.join(voice_channel, [channel_of(interaction)], notices, greet=reads)
        code = "call.reads_here" if reads else "call.reads_nothing"
        await self._answer(interaction, code, channel=voice_channel.mention)

    @app_commands.command(name=localized("call.leave.name", "leave"), description=localized("call.leave.description"))
    @app_commands.guild_install()
    @app_commands.guild_only()
    async def leave(self, interaction: discord.Interaction[Bot]) -> None:
        """Leave the call."""
        await voice_message.defer(interaction, private=True)
        session_for(self._calls, interaction)
        await self._calls.leave(guild_of(interaction).id)
        await self._answer(interaction, "call.left")

    @app_commands.command(name=localized("call.move.name", "move"), description=localized("call.move.description"))
    @app_commands.rename(channel=localized("call.join.channel.name", "channel"))
    @app_commands.describe(channel=localized("call.join.channel"))
    @app_commands.guild_install()
    @app_commands.guild_only()
    async def move(
        self, interaction: discord.Interaction[Bot], channel: discord.VoiceChannel | discord.StageChannel | None = None
    ) -> None:
        """Move to another voice channel."""
        await voice_message.defer(interaction, private=True)
        session_for(self._calls, interaction)
        voice_channel = channel or seat_of(interaction)
        check_may_enter(interaction, voice_channel)
        await self._calls.move(voice_channel)
        await self._answer(interaction, "call.moved", channel=voice_channel.mention)

    @app_commands.command(name=localized("call.skip.name", "skip"), description=localized("call.skip.description"))
    @app_commands.rename(everything=localized("call.skip.all.name", "all"))
    @app_commands.describe(everything=localized("call.skip.all"))
    @app_commands.guild_install()
    @app_commands.guild_only()
    async def skip(self, interaction: discord.Interaction[Bot], everything: bool = False) -> None:
        """Skip what is playing, or everything that waits, too."""
        await voice_message.defer(interaction, private=True)
        session = session_for(self._calls, interaction)
        if everything:
            await self._answer(interaction, "call.skipped_all", count=session.skip_all())
        else:
            await self._answer(interaction, "call.skipped" if session.skip() else "call.nothing")

    @app_commands.command(name=localized("call.pause.name", "pause"), description=localized("call.pause.description"))
    @app_commands.guild_install()
    @app_commands.guild_only()
    async def pause(self, interaction: discord.Interaction[Bot]) -> None:
        """Pause."""
        await voice_message.defer(interaction, private=True)
        session_for(self._calls, interaction).hold("paused")
        await self._answer(interaction, "call.paused")

    @app_commands.command(
        name=localized("call.resume.name", "resume"), description=localized("call.resume.description")
    )
    @app_commands.guild_install()
    @app_commands.guild_only()
    async def resume(self, interaction: discord.Interaction[Bot]) -> None:
        """Continue."""
        await voice_message.defer(interaction, private=True)
        session_for(self._calls, interaction).release("paused")
        await self._answer(interaction, "call.resumed")

    @app_commands.command(name=localized("call.queue.name", "queue"), description=localized("call.queue.description"))
    @app_commands.rename(remove=localized("call.queue.remove.name", "remove"))
    @app_commands.describe(remove=localized("call.queue.remove"))
    @app_commands.guild_install()
    @app_commands.guild_only()
    async def queue(
        self, interaction: discord.Interaction[Bot], remove: app_commands.Range[int, 1, 100] | None = None
    ) -> None:
        """Show the queue, or remove one's own message; moderators any."""
        await voice_message.defer(interaction, private=True)
        session = session_for(self._calls, interaction)
        if remove is None:
            language = await self._bot.language_for(interaction)
            await voice_message.tell(interaction, listing(session, language, partial(may_see, interaction)))
            return
        waiting = session.listing()
        if remove > len(waiting):
            raise InputError("call.no_such")
        account = None if moderates(interaction, session.link.voice_channel) else account_of(interaction)
        if not session.remove(waiting[remove - 1].heard.id, account):
            raise InputError("call.not_yours")
        await self._answer(interaction, "call.removed")

    async def _answer(self, interaction: discord.Interaction[Bot], code: str, **facts: object) -> None:
        await voice_message.tell(interaction, say(code, await self._bot.language_for(interaction), **facts))

    # Events from Discord

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Restore interrupted calls."""
        await self._calls.restore()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Read a new message."""
        await self._calls.on_message(message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Update an edited message; Discord also sends previews this way."""
        await self._calls.on_edit(payload.message)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Remove a deleted message."""
        if payload.guild_id is not None:
            await self._calls.on_delete(payload.guild_id, [payload.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Remove deleted messages."""
        if payload.guild_id is not None:
            await self._calls.on_delete(payload.guild_id, payload.message_ids)

    @commands.Cog.listener()
    async def on_voice_state_update(
        self,
        member: discord.Member,
        before: discord.VoiceState,  # noqa: ARG002  the library's signature
        after: discord.VoiceState,
    ) -> None:
        """Handle a member who joined, left, was moved or muted."""
        self._calls.on_voice_state(member, after)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Refresh a guild that is available again."""
        self._calls.on_guild_resent(guild)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """End the call of a guild that removed the bot."""
        await self._calls.on_guild_gone(guild.id)


def listing(session: Session, language: str, sees: Callable[[Heard], bool]) -> str:
    """Return the playing and waiting messages, a line each; without author and text if the reader may not see them."""

    def line(code: str, readable: Readable, **facts: object) -> str:
        if not sees(readable.heard):
            return say(codes.HIDDEN[code], language, **facts)
        return say(code, language, **_row(readable), **facts)

    lines = [line("call.queue.now", readable) for readable in session.playing]
    waiting = session.listing()
    for number, readable in enumerate(waiting[:_SHOWN], 1):
        lines.append(line("call.queue.row", readable, number=number))
    if len(waiting) > _SHOWN:
        lines.append(say("call.queue.more", language, count=len(waiting) - _SHOWN))
    return "\n".join(lines) or say("call.queue.empty", language)


def _row(readable: Readable) -> dict[str, str]:
    words = " ".join(readable.utterance.text.split())
    shown = words if len(words) <= _WORDS else f"{words[:_WORDS]}…"
    return {"who": f"<@{readable.heard.account.id}>", "text": discord.utils.escape_markdown(shown)}


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Reader(bot))
