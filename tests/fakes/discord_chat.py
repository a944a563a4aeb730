"""What people write in the Discord stand-in's channels, and the events that tell the bot of it.

A base of discord_server.py's DiscordServer. As with Discord, a bot without the message content intent sees that
something was written but not what, unless it was spoken to.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.fakes.discord_exchange import Message
from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_rules import VOICE, Upload
from tests.fakes.discord_state import State
from tests.fakes.discord_world import VIEW_CHANNEL, Channel, User, World, snowflake, timestamp

GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 9, 1 << 12, 1 << 15
"""Intents."""
SILENT = 1 << 12
"""The flag of a message that notifies nobody (``@silent``)."""
_CONTENT = ("content", "embeds", "attachments", "components")
"""What is emptied where it is not to be read; a poll is left out."""
_REPLY = 19
"""The type of a message that answers another."""


class Chat:
    """People writing."""

    world: World
    state: State
    gateway: Gateway

    async def say(
        self,
        words: str,
        user: User | None = None,
        channel: Channel | None = None,
        *,
        files: Sequence[str] = (),
        stickers: Sequence[str] = (),
        poll: str = "",
        choices: Sequence[str] = ("Yes", "No"),
        voice: float = 0.0,
        reply_to: Message | None = None,
        mentions: Sequence[User] = (),
        silent: bool = False,
        webhook: bool = False,
        **data: Any,
    ) -> Message:
        """Somebody writes. ``files`` and ``stickers`` are names, ``poll`` is a question with ``choices``.

        ``voice``: seconds of a voice message; ``data`` goes in as it is.
        """
        user, channel = user or self.world.ada, channel or self.world.general
        if channel.guild_id is not None and not webhook:
            guild = self.world.guilds[channel.guild_id]
            guild.members.setdefault(user.id, (user, ()))
            if not guild.permissions(user, channel) & VIEW_CHANNEL:
                raise ValueError("they do not see the channel")
        data = {"content": words, "mentions": [one.payload() for one in mentions], **data}
        if stickers:
            data["sticker_items"] = [{"id": str(snowflake()), "name": name, "format_type": 1} for name in stickers]
        if poll:
            data["poll"] = _poll(poll, choices)
        if reply_to is not None:
            data |= {"type": _REPLY, "reply_to": reply_to}
        if webhook:
            data["webhook_id"] = str(user.id)
        uploads = [Upload(name, b"a file of a person") for name in files]
        if voice:
            uploads.append(Upload("voice-message.ogg", b"a voice", {"duration_secs": voice, "waveform": "AAAA"}))
        flags = data.pop("flags", 0) | (SILENT if silent else 0) | (VOICE if voice else 0)
        message = Message(channel, user, data, uploads, flags)
        self.state.said[message.id] = message
        await self.announce(message)
        return message

    async def edit(self, message: Message, words: str) -> None:
        """Somebody changes what they wrote."""
        message.data, message.edits = {**message.data, "content": words}, message.edits + 1
        await self.announce(message, "MESSAGE_UPDATE", edited_timestamp=timestamp())

    async def delete(self, message: Message) -> None:
        """A message is taken away."""
        message.deleted = True
        await self._tell("MESSAGE_DELETE", message.channel, {"id": str(message.id)})

    async def delete_many(self, messages: Iterable[Message]) -> None:
        """A moderator's bot takes many away at once; all of one channel."""
        gone = list(messages)
        for message in gone:
            message.deleted = True
        await self._tell("MESSAGE_DELETE_BULK", gone[0].channel, {"ids": [str(message.id) for message in gone]})

    # Inside

    async def announce(self, message: Message, event: str = "MESSAGE_CREATE", **changes: Any) -> None:
        """Tell the bot of a message as it stands; of its own ones, too."""
        payload = self._payload(message) | changes
        await self._tell(event, message.channel, {}, lambda intents: self._readable(message, payload, intents))

    async def gone(self, message: Message) -> None:
        """Tell the bot that a message is not there any more."""
        await self._tell("MESSAGE_DELETE", message.channel, {"id": str(message.id)})

    def _payload(self, message: Message) -> dict[str, Any]:
        payload = self.state.payload(message)
        answered = message.data.get("reply_to")
        if isinstance(answered, Message):
            reference = {"type": 0, "message_id": str(answered.id), "channel_id": str(answered.channel.id)}
            shown = None if answered.deleted else self.state.payload(answered)
            payload |= {"message_reference": reference, "referenced_message": shown}
        guild = self.world.guilds.get(message.channel.guild_id or 0)
        if guild is None:
            return payload
        payload["guild_id"] = str(guild.id)
        if "webhook_id" not in message.data:
            payload["member"] = {key: value for key, value in guild.member(message.author).items() if key != "user"}
        return payload

    def _readable(self, message: Message, payload: dict[str, Any], intents: int) -> dict[str, Any]:
        """What a bot with these intents gets to see."""
        bot = str(self.world.bot.id)
        addressed = any(user["id"] == bot for user in payload["mentions"])
        if intents & MESSAGE_CONTENT or message.author is self.world.bot or addressed or "guild_id" not in payload:
            return payload
        empty = {key: "" if key == "content" else [] for key in _CONTENT}
        return {key: value for key, value in (payload | empty).items() if key != "poll"}

    async def _tell(
        self, event: str, channel: Channel, data: dict[str, Any], shape: Callable[[int], Any] | None = None
    ) -> None:
        if not channel.bot_is_here:
            return
        guild_id = channel.guild_id or 0
        data = {"channel_id": str(channel.id), **({"guild_id": str(guild_id)} if guild_id else {}), **data}
        intent = GUILD_MESSAGES if guild_id else DIRECT_MESSAGES
        await self.gateway.dispatch(event, data, intent=intent, guild_id=guild_id, shape=shape)


def _poll(question: str, choices: Sequence[str]) -> dict[str, Any]:
    answers = [{"answer_id": n, "poll_media": {"text": text}} for n, text in enumerate(choices, 1)]
    return {
        "question": {"text": question}, "answers": answers, "expiry": "2030-01-01T00:00:00.000000+00:00",
        "allow_multiselect": False, "layout_type": 1,
    }  # fmt: skip
