"""Answers with sound: Discord's voice messages, which discord.py 2.7.1 cannot send by its public interface.

Called by the command front ends, in this order: ``defer`` at once, ``send`` for each clip, ``tell`` for words. This
is the
only module that touches the library's private names, which is why its version is pinned.

A voice message is a message with flag 8192 and one audio file, whose entry carries its length and a sketch of its
waveform. Discord documents it for messages in channels, not for edits or follow-ups of a response. Hence three ways:

- CHANNEL: where the bot is a member and allowed to, the answer is deferred privately, the voice message goes into the
  channel, and the private answer keeps the words (cost, notes).
- RESPONSE: where the bot is no member (installed by a user, other people's direct messages) it cannot post. The
  deferral itself carries the flag and is filled with the voice message; Discord has confirmed that this works.
- FILE: where voice messages are not allowed, the deferral is filled with a plain ``.ogg`` file.
- PRIVATE: the person wants to hear it alone; the private deferral is filled with a plain ``.ogg`` file.

A voice message that is refused at the last moment becomes a plain file too; a delivery says why. A voice message can
carry no words: a line about it goes into a message of its own, or with a plain file into the same. When the
interaction's token has run out (15 minutes), the channel is the way that is left. Where a server does not let the apps
of its members speak to everyone, Discord shows an answer to who asked alone, and says so in the flags of the message.
"""

import asyncio
import base64
import io
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Literal

import aiohttp
import discord
from discord.http import MultipartParameters, handle_message_parameters
from discord.webhook.async_ import async_context, interaction_response_params

from bot.audio import ogg
from bot.errors import DuplicateError
from bot.model import Clip
from bot.platforms.discord.journal import accept, command_of, is_resumed
from bot.platforms.requests import uploading

FILE_NAME = "voice-message.ogg"
"""Discord detects the type of the file by its name."""
VOICE_REFUSED = frozenset({50159, 50160, 50161, 50173, 50035})
"""Codes after which a plain file is worth a try: not as a voice message, not here, not with these fields."""
NO_ACCESS = frozenset({10003, 50001, 50007, 50013, 50083})
"""Codes that mean the bot cannot post in this channel at all: deleted, hidden, no permission, locked thread."""
TOO_LATE = 10062
"""Code for an interaction that expired before its first answer."""
TWICE = 40060
"""Code for an interaction that was acknowledged before."""
TOKEN_GONE = frozenset({10015, TOO_LATE, 50027})
"""Codes for an interaction that can no longer be answered: it is older than 15 minutes."""
_WORDS = 2000
"""Characters of a message."""
_KEY = "mouthpiece.answer"
_WANTED = "mouthpiece.way"
_LOST = "discord.why_file.refused"
_REASONS = {50013: "discord.why_file.permission", 50173: "discord.why_file.channel"}
"""Why it came as a file, by Discord's code."""


class Way(Enum):
    """How the sound is sent."""

    CHANNEL = "channel"
    RESPONSE = "response"
    FILE = "file"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class SentClip:
    """Result of sending a clip."""

    kind: Literal["voice", "file"]
    message_id: int
    private: bool = False
    """Whether only the person can hear it."""
    line_id: int = 0
    """The message that names the person, if separate."""
    why: str = ""
    """Code of the sentence why it is no voice message, if it was to be one."""


@dataclass(slots=True)
class _Answer:
    """What was answered to an interaction so far; kept in its ``extras``."""

    way: Way
    sent: int = 0
    """Clips."""
    filled: bool = False
    """Whether the deferred response has become a message."""


class _VoiceFile(discord.File):
    """A file whose attachment entry makes it a voice message."""

    def __init__(self, data: bytes, clip: Clip) -> None:
        super().__init__(io.BytesIO(data), FILE_NAME)
        self._clip = clip

    def to_dict(self, index: int) -> dict[str, Any]:
        """Return the entry for ``attachments``."""
        sketch = base64.b64encode(self._clip.waveform).decode()
        return {**super().to_dict(index), "duration_secs": round(self._clip.seconds, 3), "waveform": sketch}


def way_of(interaction: discord.Interaction[Any]) -> Way:
    """Return how an answer with sound will be sent, by place and permissions."""
    if interaction.guild_id is None:
        return Way.CHANNEL if interaction.context.dm_channel else Way.RESPONSE
    if not interaction.is_guild_integration():
        return Way.RESPONSE
    allowed = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    may_send = allowed.send_messages_in_threads if in_thread else allowed.send_messages
    return Way.CHANNEL if allowed.view_channel and may_send and allowed.send_voice_messages else Way.FILE


def size_limit(interaction: discord.Interaction[Any]) -> int:
    """Return the bytes that a file may have here. A person's own higher limit does not apply to the bot."""
    limit = interaction.filesize_limit
    if interaction.guild is not None and way_of(interaction) is Way.CHANNEL:
        limit = min(limit, interaction.guild.filesize_limit)
    return limit


async def defer(interaction: discord.Interaction[Any], *, private: bool = False) -> Way:
    """Acknowledge a command to be answered with sound; ``private``: only the person may hear it.

    It is recorded before, so that the next run answers it if this one is killed. Raises discord.HTTPException (10062:
    too late, 40060: acknowledged before), DuplicateError, CutOffError.
    """
    way = interaction.extras[_WANTED] = Way.PRIVATE if private else way_of(interaction)
    first = await accept(interaction)
    if not first and is_resumed():
        raise DuplicateError("utterance.duplicate")  # what is answered stays
    try:
        if way is Way.RESPONSE:
            await _defer_as_voice(interaction)
        else:
            await interaction.response.defer(ephemeral=way in (Way.CHANNEL, Way.PRIVATE), thinking=True)
    except discord.HTTPException as error:
        if not is_resumed() or error.code not in TOKEN_GONE | {TWICE}:
            raise
        # Deferred by the killed run, or never: then the answer goes to the channel.
        interaction.response._response_type = discord.InteractionResponseType.deferred_channel_message
    interaction.extras[_KEY] = _Answer(way)
    if not first:
        raise DuplicateError("utterance.duplicate")
    if (command := command_of(interaction)) is not None:
        command.check()
    return way


async def send(interaction: discord.Interaction[Any], clip: Clip, line: str = "") -> SentClip:
    """Send one clip after ``defer``: a voice message, or if Discord refuses it, a file.

    ``line`` is sent with it if it is public. Raises discord.HTTPException if neither is accepted, AudioError if the
    clip cannot be written.
    """
    answer: _Answer = interaction.extras[_KEY]
    data = await asyncio.to_thread(ogg.write, clip, {})
    with uploading(command_of(interaction)):
        if answer.way is Way.PRIVATE:
            delivery = await _privately(interaction, data, answer)
        elif answer.way is Way.CHANNEL:
            delivery = await _into_channel(interaction, answer, _Sound(data, clip, line))
        else:
            delivery = await _into_response(interaction, answer, _Sound(data, clip, line))
    answer.sent += 1
    return delivery


async def tell(interaction: discord.Interaction[Any], words: str, view: discord.ui.View | None = None) -> None:
    """Send a private text with buttons to the person. Raises discord.HTTPException."""
    words = words[:_WORDS]
    shown: discord.ui.View = discord.utils.MISSING if view is None else view
    answer: _Answer | None = interaction.extras.get(_KEY)
    if not interaction.response.is_done():
        await interaction.response.send_message(words, ephemeral=True, view=shown)
    elif answer is None or answer.way in (Way.CHANNEL, Way.PRIVATE):
        await interaction.edit_original_response(content=words, view=view)
    else:
        if not answer.filled:  # it is public, and one deferred as a voice message accepts no text
            await interaction.delete_original_response()
            answer.filled = True
        await interaction.followup.send(words, ephemeral=True, view=shown)


async def show(interaction: discord.Interaction[Any], words: str, view: discord.ui.View | None) -> None:
    """Put a temporary text into an unfilled deferral. Raises discord.HTTPException.

    One that was deferred as a voice message accepts none, so nothing is done then.
    """
    answer: _Answer = interaction.extras[_KEY]
    if answer.way is not Way.RESPONSE and not answer.filled and not answer.sent:
        await interaction.edit_original_response(content=words[:_WORDS], view=view)


async def hand_over(interaction: discord.Interaction[Any], data: bytes, name: str, words: str) -> None:
    """Send a file to the person, after a private deferral. Raises discord.HTTPException."""
    file = discord.File(io.BytesIO(data), name)
    with uploading(command_of(interaction)):
        await interaction.edit_original_response(content=words[:_WORDS], attachments=[file])


def is_private(interaction: discord.Interaction[Any]) -> bool:
    """Return whether only the person is to hear the answer."""
    return interaction.extras.get(_WANTED) is Way.PRIVATE


def was_for_everyone(interaction: discord.Interaction[Any]) -> bool:
    """Return whether what ``defer`` was called for, even in vain, would have been posted in the channel."""
    return interaction.extras.get(_WANTED) is Way.CHANNEL


async def apologize(interaction: discord.Interaction[Any], words: str) -> None:
    """Post publicly in the channel when an answer came too late. Raises discord.HTTPException."""
    quiet = discord.MessageFlags(suppress_notifications=True)
    await _post(interaction, f"{interaction.id}-late", content=words[:_WORDS], flags=quiet)


async def withdraw(interaction: discord.Interaction[Any]) -> None:
    """Delete a deferral: there will be no answer. Never raises for a response that is gone."""
    answer: _Answer | None = interaction.extras.get(_KEY)
    if answer is not None and not answer.filled:
        with suppress(discord.HTTPException):
            await interaction.delete_original_response()
        answer.filled = True


@dataclass(frozen=True, slots=True)
class _Sound:
    """One clip to be sent."""

    data: bytes
    clip: Clip
    line: str

    def voice(self) -> _VoiceFile:
        return _VoiceFile(self.data, self.clip)

    def file(self) -> discord.File:
        return discord.File(io.BytesIO(self.data), FILE_NAME)


async def _into_channel(interaction: discord.Interaction[Any], answer: _Answer, sound: _Sound) -> SentClip:
    nonce = f"{interaction.id}-{answer.sent}"
    try:
        message = await _post(interaction, nonce, file=sound.voice(), flags=discord.MessageFlags(voice=True))
    except discord.HTTPException as error:
        if error.code not in VOICE_REFUSED | NO_ACCESS and error.status != 403:
            raise
        blocked = error.code in NO_ACCESS - {50013}
        why = _REASONS.get(error.code, _LOST)
    else:
        return _delivery(message, line_id=await _beside(interaction, int(message["id"]), f"{nonce}l", sound.line))
    if not blocked:
        try:
            message = await _post(interaction, f"{nonce}f", file=sound.file(), content=sound.line or None)
            return _delivery(message, why=why)
        except discord.HTTPException as error:
            if error.code not in NO_ACCESS:
                raise
    return await _privately(interaction, sound.data, answer)


async def _beside(interaction: discord.Interaction[Any], message_id: int, nonce: str, line: str) -> int:
    """Post the line as a reply to the voice message; return its id, or 0. The sound is out: no error.

    Without permission to read the history a reply is impossible; then the line is a message of its own.
    """
    if not line:
        return 0
    channel_id, guild_id = interaction.channel_id, interaction.guild_id
    assert channel_id is not None, "a command comes from a channel"
    to: dict[str, Any] = {}
    if guild_id is None or interaction.app_permissions.read_message_history:
        to["message_reference"] = discord.MessageReference(
            message_id=message_id, channel_id=channel_id, guild_id=guild_id, fail_if_not_exists=False
        ).to_dict()
    quiet = discord.MessageFlags(suppress_embeds=True, suppress_notifications=True)
    with suppress(discord.DiscordException, aiohttp.ClientError, OSError):
        return int((await _post(interaction, nonce, content=line, flags=quiet, **to))["id"])
    return 0


async def _post(interaction: discord.Interaction[Any], nonce: str, **parts: Any) -> Any:
    """Post in the channel. With the nonce, a request that the library repeats does not post twice."""
    assert interaction.channel_id is not None, "a command comes from a channel"
    nobody = discord.AllowedMentions.none()
    with handle_message_parameters(nonce=nonce, allowed_mentions=nobody, **parts) as params:
        return await interaction.client.http.send_message(interaction.channel_id, params=params)


def _delivery(message: Any, *, line_id: int = 0, why: str = "") -> SentClip:
    """Return the result, and who can hear it according to the flags of the message Discord returns."""
    flags = discord.MessageFlags._from_value(int(message.get("flags", 0)))
    if flags.voice:
        return SentClip("voice", int(message["id"]), flags.ephemeral, line_id)
    return SentClip("file", int(message["id"]), flags.ephemeral, line_id, why or _LOST)


async def _privately(interaction: discord.Interaction[Any], data: bytes, answer: _Answer) -> SentClip:
    file = discord.File(io.BytesIO(data), FILE_NAME)
    if answer.sent:
        message = await interaction.followup.send(file=file, ephemeral=True, wait=True)
        return SentClip("file", message.id, private=True)
    edited = await interaction.edit_original_response(attachments=[file], content=None, view=None)
    return SentClip("file", edited.id, private=True)


async def _into_response(interaction: discord.Interaction[Any], answer: _Answer, sound: _Sound) -> SentClip:
    try:
        if answer.filled:  # a follow-up cannot be a voice message
            message = await interaction.followup.send(file=sound.file(), wait=True)
            why = _LOST if answer.way is Way.RESPONSE else _missing(interaction)
            return SentClip("file", message.id, message.flags.ephemeral, why=why)
        return await _instead_of_deferral(interaction, answer, sound)
    except discord.HTTPException as error:
        if error.code not in TOKEN_GONE or answer.way is Way.RESPONSE:
            raise
    message = await _post(interaction, f"{interaction.id}-{answer.sent}", file=sound.file(), content=sound.line or None)
    return _delivery(message, why=_missing(interaction))


async def _instead_of_deferral(interaction: discord.Interaction[Any], answer: _Answer, sound: _Sound) -> SentClip:
    if answer.way is Way.FILE:
        message = await _fill(interaction, file=sound.file(), content=sound.line or None, view=None)
        answer.filled = True
        return _delivery(message, why=_missing(interaction))
    message = None
    try:
        message = await _fill(interaction, file=sound.voice(), flags=discord.MessageFlags(voice=True))
    except discord.HTTPException as error:
        if error.code not in VOICE_REFUSED and error.status != 403:
            raise
    if message is None or not message.get("attachments"):
        message = await _fill(interaction, file=sound.file())
    answer.filled = True
    delivery = _delivery(message)
    if delivery.private:  # nobody else hears it, so the person need not be named
        return delivery
    return replace(delivery, line_id=await _followed(interaction, sound.line))


async def _followed(interaction: discord.Interaction[Any], line: str) -> int:
    """Send the line after a deferred voice message, which accepts no text; as ``_beside``."""
    if not line:
        return 0
    nobody = discord.AllowedMentions.none()
    with suppress(discord.DiscordException, aiohttp.ClientError, OSError):
        told = await interaction.followup.send(
            line, wait=True, allowed_mentions=nobody, suppress_embeds=True, silent=True
        )
        return told.id
    return 0


def _missing(interaction: discord.Interaction[Any]) -> str:
    """Return the permission whose lack makes the bot answer with a file."""
    allowed = interaction.app_permissions
    return "discord.why_file.posting" if allowed.send_voice_messages else "discord.why_file.permission"


async def _fill(interaction: discord.Interaction[Any], **parts: Any) -> Any:
    """Make the deferred response a message with this file."""
    http = interaction.client.http
    with handle_message_parameters(allowed_mentions=discord.AllowedMentions.none(), **parts) as params:
        return await async_context.get().edit_original_interaction_response(
            interaction.application_id,
            interaction.token,
            session=interaction._session,
            proxy=http.proxy,
            proxy_auth=http.proxy_auth,
            payload=params.payload,
            multipart=params.multipart,
            files=params.files,
        )


async def _defer_as_voice(interaction: discord.Interaction[Any]) -> None:
    """Defer with the voice flag, which ``response.defer`` cannot set."""
    kind = discord.InteractionResponseType.deferred_channel_message
    params: MultipartParameters = interaction_response_params(
        kind.value, {"flags": discord.MessageFlags(voice=True).value}
    )
    http = interaction.client.http
    await async_context.get().create_interaction_response(
        interaction.id,
        interaction.token,
        session=interaction._session,
        proxy=http.proxy,
        proxy_auth=http.proxy_auth,
        params=params,
    )
    interaction.response._response_type = kind  # what defer() would have set
