"""``/setup``: bind a text channel to a voice channel, test every permission, and speak a line there."""

import logging
from collections.abc import Collection, Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BotError, InputError, StoreError
from bot.model import Space
from bot.platforms.discord import checks, voice_message
from bot.platforms.discord.call.calls import check_may_enter, rights_in
from bot.platforms.discord.call.session import Notices
from bot.platforms.discord.client import NOT_DELIVERED, Bot, localized
from bot.platforms.discord.context import is_unlisted, moderated_space
from bot.platforms.discord.suggestions import LONGEST, complete_voice, preference_of, suggest_styles
from bot.platforms.doctor import State
from bot.store.sessions import Binding
from bot.store.settings import LEAST_CHARACTERS, MOST_CHARACTERS
from bot.texts import codes, in_chat, say

VoiceTarget = discord.VoiceChannel | discord.StageChannel
TextTarget = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel
_UNKNOWN_CHANNEL = 10003
"""Discord's code for a deleted channel; a hidden one has another."""
_OPTIONS = ("room", "channel", "voice", "style", "length", "remove")


_log = logging.getLogger("mouthpiece.discord")


class Setup(commands.Cog):
    """The command, and the removal of bindings."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._bindings = bot.services.reader.bindings

    @app_commands.command(name=localized("call.setup.name"), description=localized("call.setup.description"))
    @app_commands.rename(**{option: localized(codes.SETUP_NAME[option]) for option in _OPTIONS})
    @app_commands.describe(**{option: localized(codes.SETUP[option]) for option in _OPTIONS})
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.default_permissions(manage_guild=True)
    async def setup(
        self,
        interaction: discord.Interaction[Bot],
        *,
        room: VoiceTarget | None = None,
        channel: TextTarget | None = None,
        voice: app_commands.Range[str, 1, LONGEST] | None = None,
        style: app_commands.Range[str, 1, LONGEST] | None = None,
        length: app_commands.Range[int, LEAST_CHARACTERS, MOST_CHARACTERS] | None = None,
        remove: bool = False,
    ) -> None:
        """Bind, unbind, or without options show the bindings."""
        await voice_message.defer(interaction, private=True)
        space = moderated_space(interaction)
        language = await self._bot.language_for(interaction)
        here = channel or _place_of(interaction)
        if remove:
            if not await self._bindings.unbind(space, str(here.id)):
                raise InputError("call.setup.not_bound", channel=here.mention)
            await self._show(interaction, space, language)
        elif room is None:
            await self._show(interaction, space, language)
        else:
            check_may_enter(interaction, room)
            if not rights_in(interaction, here).view_channel:
                raise InputError("call.setup.you_no_view")
            if voice:
                voice = await self._bot.services.requests.saved.known(voice)
            bound = Binding(space, str(here.id), str(room.id), voice or "", style or "", length or 0)
            await self._bind(interaction, bound, here, room, language)

    async def _bind(
        self,
        interaction: discord.Interaction[Bot],
        bound: Binding,
        here: checks.Channel,
        room: VoiceTarget,
        language: str,
    ) -> None:
        """Bind if every permission is there, then join and speak a line."""
        rights = checks.permissions(dict.fromkeys((here, room)), language)
        lines = [finding.sentence(language) for finding in rights]
        if any(finding.state is State.BAD for finding in rights):
            await voice_message.tell(interaction, "\n".join([*lines, say("call.setup.refused", language)]))
            return
        await self._bindings.bind(bound)
        content = checks.content(self._bot)
        lines.append(content.sentence(language))
        notices = Notices(here if isinstance(here, discord.abc.Messageable) else None, language)
        was_there = room.guild.id in self._bot.calls.sessions
        try:
            session = await self._bot.calls.join(room, (), notices, greet=content.state is State.GOOD)
            if was_there and content.state is State.GOOD:
                session.greet()
        except BotError as error:
            lines.append(in_chat(error, language))
        else:
            lines.append(say("call.setup.speaks", language, room=room.mention))
        code = "call.setup.bound" if content.state is State.GOOD else "call.setup.bound_unread"
        lines.append(say(code, language, channel=here.mention, room=room.mention))
        await voice_message.tell(interaction, "\n".join(lines))

    async def _show(self, interaction: discord.Interaction[Bot], space: Space, language: str) -> None:
        await voice_message.tell(interaction, listed(await self._bindings.of(space), language))

    # Events from Discord

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Unbind a deleted channel."""
        await self._unbind(channel.guild, {str(channel.id)})

    @commands.Cog.listener("on_guild_join")
    @commands.Cog.listener("on_guild_available")
    async def on_guild_resent(self, guild: discord.Guild) -> None:
        """Unbind channels deleted while the bot was not connected."""
        await self._unbind(guild, None)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Unbind deleted channels at the start: not every guild known by then has an event of its own."""
        for guild in self._bot.guilds:
            await self._unbind(guild, None)

    async def _unbind(self, guild: discord.Guild, gone: Collection[str] | None) -> None:
        """Remove the bindings of deleted channels; None: of those that Discord reports as deleted."""
        space = Space("discord", str(guild.id))
        try:
            for bound in await self._bindings.of(space):
                for channel in (bound.channel, bound.voice_channel):
                    if channel in gone if gone is not None else await self._is_deleted(guild, channel):
                        await self._bindings.unbind(space, bound.channel)
                        break
        except StoreError as error:
            _log.warning("deleted channels could not be unbound: %s", error.code)

    async def _is_deleted(self, guild: discord.Guild, channel: str) -> bool:
        """Return whether it certainly is deleted: an unlisted channel may also be a thread, or hidden from the bot."""
        if not is_unlisted(channel, guild):
            return False
        try:
            await self._bot.http.get_channel(int(channel))
        except NOT_DELIVERED as error:
            return isinstance(error, discord.HTTPException) and error.code == _UNKNOWN_CHANNEL
        return False

    # Suggestions

    @setup.autocomplete("voice")
    async def _complete_voice(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_voice(interaction, current)

    @setup.autocomplete("style")
    async def _complete_style(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        own = await preference_of(interaction, self._bot.services.requests)
        return suggest_styles(current, await self._bot.language_for(interaction), own)


def listed(bindings: Sequence[Binding], language: str) -> str:
    """Return the bindings, a line each."""
    rows = [
        say(
            "call.setup.row",
            language,
            channel=f"<#{bound.channel}>",
            room=f"<#{bound.voice_channel}>",
            voice=bound.voice or "–",
            style=bound.style or "–",
            length=bound.max_characters or "–",
        )
        for bound in bindings
    ]
    return "\n".join(rows) or say("call.setup.none", language)


def _place_of(interaction: discord.Interaction[Bot]) -> checks.Channel:
    """Return the channel of the command; for a thread, its parent channel.

    Raises InputError ``call.setup.where``.
    """
    here = interaction.channel
    place = here.parent if isinstance(here, discord.Thread) else here
    if not isinstance(place, discord.abc.GuildChannel):
        raise InputError("call.setup.where")
    return place


async def setup(bot: Bot) -> None:
    """Called by the library."""
    await bot.add_cog(Setup(bot))
