"""Delivery of voices and sentences to Telegram chats, within Telegram's limits and the bot's permissions."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from telegram import (
    Bot,
    ChatMemberAdministrator,
    ChatMemberRestricted,
    InlineKeyboardMarkup,
    Message,
    MessageEntity,
    ReplyParameters,
    User,
)
from telegram.constants import CallbackQueryLimit, ChatAction, ChatMemberStatus, ChatType, MessageLimit
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.audio import mp3, ogg
from bot.errors import InputError, PlatformError
from bot.model import Clip, Receipt
from bot.patterns import whole
from bot.platforms.display import TextRun, cut_runs, words_beside
from bot.platforms.requests import AcceptedCommand, uploading
from bot.platforms.telegram.messages import Asked, admins_of
from bot.platforms.telegram.updates import Sleep, Timings, seconds_of
from bot.speech.service import SpeechService
from bot.store.settings import Recall
from bot.texts import of_note, say
from bot.windows import Recent

MOST = 20
"""Messages in one group …"""
SECONDS = 60.0
"""… within so many seconds."""
_MOST_GROUPS = 10_000
"""Groups that are counted."""


class Traffic:
    """Counts a bot's messages in groups."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Set up; ``clock`` gives monotonic seconds."""
        self._sent = Recent(SECONDS, clock, most=_MOST_GROUPS)

    def note(self, chat_id: int) -> None:
        """Count a message being sent. Private chats have no such limit."""
        if chat_id < 0:
            self._sent.add(chat_id)

    def capacity(self, chat_id: int) -> int:
        """Return how many messages may be sent now."""
        return max(0, MOST - round(self._sent.sum(chat_id)))

    def wait(self, chat_id: int, capacity: int) -> float:
        """Return the seconds until so many may be sent; 0: now."""
        return self._sent.wait(chat_id, capacity, MOST)


_log = logging.getLogger(__name__)

VOICE_BYTES = 1_000_000
"""Bytes from which on Telegram shows a file instead of a voice message."""
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before the request was sent."""
_STANDING = 60.0
"""Seconds for which administrator status is cached."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Extras:
    """Additions to a voice message."""

    remark: str = ""
    """A sentence below it, after the receipt's notes."""
    words: tuple[TextRun, ...] = ()
    """Its text."""
    keyboard: InlineKeyboardMarkup | None = None


NOTHING = Extras()


@dataclass(frozen=True, slots=True)
class _Caption:
    text: str | None
    entities: tuple[MessageEntity, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """The arguments for the library."""
        return {"caption": self.text, "caption_entities": self.entities or None}


@dataclass(frozen=True, slots=True)
class _Part:
    """A voice message to be uploaded."""

    data: bytes
    duration: int
    """Whole seconds: players show 0:00 without it."""


class Delivery:
    """Sends everything of a bot."""

    def __init__(
        self,
        bot: Bot,
        speech: SpeechService,
        *,
        timings: Timings,
        sleep: Sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up; ``clock`` gives monotonic seconds, by which cached administrator status expires."""
        self._bot = bot
        self._speech = speech
        self._timings = timings
        self._sleep = sleep
        self._admins: Recall[bool] = Recall(_STANDING, clock=clock)

    async def sentence(
        self, asking: Message, text: str, *, keyboard: InlineKeyboardMarkup | None = None, hidden: bool = False
    ) -> Message | None:
        """Answer a message with text, ``hidden`` as a spoiler.

        Raises nothing: if it cannot be sent, None is returned.
        """
        words = cut(text, MessageLimit.MAX_TEXT_LENGTH)
        entities = [MessageEntity(MessageEntity.SPOILER, 0, units(words))] if hidden else None
        try:
            return await self._send(
                asking,
                lambda place: self._bot.send_message(text=words, entities=entities, reply_markup=keyboard, **place),
            )
        except Forbidden:
            pass
        except TelegramError as error:
            _log.warning("a message was not delivered (%s)", type(error).__name__)
        return None

    async def document(self, asking: Message, data: bytes, name: str) -> None:
        """Answer a message with a file. Raises PlatformError ``telegram.file.refused`` (detail)."""
        try:
            await self._send(asking, lambda place: self._bot.send_document(document=data, filename=name, **place))
        except TelegramError as error:
            raise PlatformError("telegram.file.refused", detail=error.message) from None

    async def change(self, ours: Message, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """Replace the text of a message of ours. Raises nothing."""
        words = cut(text, MessageLimit.MAX_TEXT_LENGTH)
        try:
            await self._bot.edit_message_text(words, ours.chat_id, ours.message_id, reply_markup=keyboard)
        except TelegramError as error:
            if "not modified" not in str(error).casefold():
                _log.info("a message was not edited (%s)", type(error).__name__)

    async def remove(self, ours: Message) -> None:
        """Delete a message of ours. Raises nothing."""
        try:
            await self._bot.delete_message(ours.chat_id, ours.message_id)
        except TelegramError as error:
            _log.info("a message was not deleted (%s)", type(error).__name__)

    async def toast(self, asked: Asked, text: str = "", *, alert: bool = False) -> bool:
        """Answer a pressed button once with a notification. Return False if that is no longer possible."""
        if asked.query is None or asked.answered.is_set():
            return False
        asked.answered.set()
        shown = cut(text, CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH) or None
        try:
            await self._bot.answer_callback_query(asked.query.id, shown, show_alert=alert or None)
        except TelegramError:  # too late, or a second delivery
            return False
        return True

    async def is_admin(self, asked: Asked) -> bool:
        """Return whether the person administers the group, or writes as the group; False if unknown.

        Raises nothing. A change takes up to a minute to be noticed.
        """
        chat_id = str(asked.message.chat_id)
        if asked.space is None or asked.account.id == chat_id:
            return asked.space is not None
        number = whole(asked.account.id)
        if number is None:
            return False  # a channel, which is no member
        try:
            return await self._admins.get(f"{chat_id} {number}", lambda: self._member(asked.message.chat_id, number))
        except TelegramError as error:
            _log.info("the administrator status could not be checked (%s)", type(error).__name__)
            return False

    async def check_admin(self, asked: Asked) -> None:
        """Raise InputError ``telegram.admins_only`` unless ``is_admin``."""
        if not await self.is_admin(asked):
            raise InputError("telegram.admins_only")

    async def roles(self, asked: Asked) -> tuple[str, ...]:
        """Return the only role of Telegram's groups, if the person has it. Raises nothing."""
        return (admins_of(asked.space),) if asked.space is not None and await self.is_admin(asked) else ()

    async def _member(self, chat_id: int, user_id: int) -> bool:
        member = await self._bot.get_chat_member(chat_id, user_id)
        return member.status in {ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR}

    @asynccontextmanager
    async def recording(self, asking: Message) -> AsyncIterator[None]:
        """Show that a voice is being recorded: continuously in private, once in a group."""
        task = asyncio.create_task(self._show_recording(asking))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def voice(
        self,
        asking: Message,
        receipt: Receipt,
        language: str,
        extras: Extras = NOTHING,
        *,
        command: AcceptedCommand | None,
    ) -> tuple[Message, ...]:
        """Answer a message with what was spoken. Return the sent messages, none if it failed.

        The delivery is recorded for the ``command``. Raises nothing but AudioError ``audio.too_large``.
        """
        remark = " ".join(filter(None, [*(of_note(note, language) for note in receipt.notes), extras.remark]))
        try:
            with uploading(command):
                sent = await self.deliver(asking, receipt, remark, extras)
            await _delivered(command)
        except Forbidden:
            _log.info("a voice was not delivered: the bot was blocked or removed")
        except BadRequest as error:
            _log.warning("telegram refused a voice: %s", error.message)
            await self.sentence(asking, say("telegram.refused", language, detail=error.message))
        except TelegramError as error:
            _log.warning("telegram did not confirm a voice (%s); it is not sent again", type(error).__name__)
            # A late answer: the voice usually is in the chat, and needs no message about it.
            if isinstance(error.__cause__, httpx.ReadTimeout):
                await _delivered(command)
            else:
                await self.sentence(asking, say("telegram.unconfirmed", language))
        else:
            return sent
        return ()

    async def deliver(
        self, asking: Message, receipt: Receipt, remark: str, extras: Extras = NOTHING
    ) -> tuple[Message, ...]:
        """Deliver without a message on failure, for callers that report it themselves.

        ``remark`` is all that is shown. Raises TelegramError, AudioError ``audio.too_large``.
        """
        try:
            return await self._as_voice(asking, receipt, _caption(remark, extras.words), extras.keyboard)
        except BadRequest as error:
            if not _no_voices(error):
                raise
            below = _caption(remark, extras.words or words_beside(receipt.spoken, ""))
            return await self._as_file(asking, receipt, below, extras.keyboard)

    async def _as_voice(
        self, asking: Message, receipt: Receipt, caption: _Caption, keyboard: InlineKeyboardMarkup | None
    ) -> tuple[Message, ...]:
        """Send an uploaded clip again, or upload it. Raises TelegramError."""
        file_id = await self._speech.file_id(receipt, "telegram")
        if file_id and (sent := await self._sent_again(asking, file_id, caption, keyboard)) is not None:
            return (sent,)
        parts = await asyncio.to_thread(_parts, receipt.clip)
        messages = []
        for number, part in enumerate(parts):
            below = caption if number == 0 else _Caption(None)
            messages.append(await self._upload(asking, part, below, keyboard if part is parts[-1] else None))
        voice = messages[0].voice
        if len(parts) == 1 and voice is not None:
            await self._speech.remember_file(receipt, "telegram", voice.file_id)
        return tuple(messages)

    async def _sent_again(
        self, asking: Message, file_id: str, caption: _Caption, keyboard: InlineKeyboardMarkup | None
    ) -> Message | None:
        """Send by Telegram's file id. Return None if it is no longer valid."""
        about = {"voice": file_id, "reply_markup": keyboard, **caption.fields}
        try:
            return await self._send(asking, lambda place: self._bot.send_voice(**about, **place))
        except BadRequest as error:
            if "file" not in error.message.casefold():
                raise
            return None

    async def _upload(
        self, asking: Message, part: _Part, caption: _Caption, keyboard: InlineKeyboardMarkup | None
    ) -> Message:
        return await self._send(
            asking,
            lambda place: self._bot.send_voice(
                voice=part.data,
                filename="voice.ogg",
                duration=part.duration,
                reply_markup=keyboard,
                read_timeout=self._timings.upload_read,
                write_timeout=self._timings.upload_write,
                **caption.fields,
                **place,
            ),
        )

    async def _as_file(
        self, asking: Message, receipt: Receipt, caption: _Caption, keyboard: InlineKeyboardMarkup | None
    ) -> tuple[Message, ...]:
        """Send an mp3 to a chat that accepts no voices, as music or else as a document. Raises TelegramError.

        Opus sent as music becomes a voice message again, which is refused as well.
        """
        about = {
            "filename": "speech.mp3",
            "reply_markup": keyboard,
            "read_timeout": self._timings.upload_read,
            "write_timeout": self._timings.upload_write,
            **caption.fields,
        }
        data = await asyncio.to_thread(mp3.write, receipt.clip)
        duration = max(1, round(receipt.clip.seconds))
        try:
            sent = await self._send(
                asking, lambda place: self._bot.send_audio(audio=data, duration=duration, **about, **place)
            )
        except BadRequest:
            plain = {**about, "disable_content_type_detection": True}
            sent = await self._send(asking, lambda place: self._bot.send_document(document=data, **plain, **place))
        return (sent,)

    async def _show_recording(self, asking: Message) -> None:
        thread = _place(asking)["message_thread_id"]
        while True:
            with contextlib.suppress(TelegramError):
                await self._bot.send_chat_action(asking.chat_id, ChatAction.RECORD_VOICE, message_thread_id=thread)
            if asking.chat.type != ChatType.PRIVATE:
                return
            await asyncio.sleep(self._timings.action)

    async def _send(self, asking: Message, send: Callable[[dict[str, Any]], Awaitable[T]]) -> T:
        """Call ``send`` with the answer's destination; without the topic if that is gone. Raises TelegramError.

        A group that became a supergroup gets the answer under its new id, where the replied message has another id.
        """
        place = _place(asking)
        try:
            return await self._patiently(send, place)
        except ChatMigrated as error:
            return await self._patiently(send, {"chat_id": error.new_chat_id})
        except BadRequest as error:
            if "thread not found" not in error.message.casefold():
                raise
            return await self._patiently(send, place | {"message_thread_id": None})

    async def _patiently(self, send: Callable[[dict[str, Any]], Awaitable[T]], place: dict[str, Any]) -> T:
        """Send; retry once if Telegram asks for a short pause, or if the request cannot have been sent."""
        try:
            return await send(place)
        except RetryAfter as error:
            pause = seconds_of(error)
            if pause > self._timings.flood_most:
                raise
        except NetworkError as error:
            if not isinstance(error.__cause__, _NEVER_SENT):
                raise
            pause = self._timings.pause_first
        await self._sleep(pause)
        return await send(place)


async def _delivered(command: AcceptedCommand | None) -> None:
    if command is not None:
        await command.delivered()


def cut(text: str, limit: int) -> str:
    """Return at most ``limit`` UTF-16 units, Telegram's unit, with an ellipsis if something is missing."""
    if len(text) * 2 <= limit or len(text.encode("utf-16-le", "replace")) // 2 <= limit:
        return text
    kept = text.encode("utf-16-le", "replace")[: 2 * (limit - 1)]
    return kept.decode("utf-16-le", "ignore") + "…"


def units(text: str) -> int:
    """Return the length in UTF-16 units, Telegram's unit."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _caption(remark: str, words: Sequence[TextRun]) -> _Caption:
    """Return a remark and the text below it, as a quote that folds if it is long; cut to Telegram's limit."""
    remark = cut(remark, MessageLimit.CAPTION_LENGTH)
    text = f"{remark}\n" if remark and words else remark
    begin = end = units(text)
    hidden: list[MessageEntity] = []
    for run in cut_runs(words, MessageLimit.CAPTION_LENGTH - begin, lambda run: units(run.text)):
        text, start, end = text + run.text, end, end + units(run.text)
        if run.hidden:
            hidden.append(MessageEntity(MessageEntity.SPOILER, start, end - start))
    if end == begin:
        return _Caption(remark or None)
    return _Caption(text, (MessageEntity(MessageEntity.EXPANDABLE_BLOCKQUOTE, begin, end - begin), *hidden))


def _place(asking: Message) -> dict[str, Any]:
    """Return an answer's destination: the chat, the topic, the message replied to (if that still exists)."""
    return {
        "chat_id": asking.chat_id,
        # Outside of topics the id is that of a chain of replies, and must not be sent.
        "message_thread_id": asking.message_thread_id if asking.is_topic_message else None,
        "reply_parameters": ReplyParameters(asking.message_id, allow_sending_without_reply=True),
    }


def _parts(clip: Clip) -> list[_Part]:
    """Return a clip as voice messages. CPU work. Raises AudioError."""
    return [_Part(ogg.write(part, {}), max(1, round(part.seconds))) for part in ogg.split(clip, VOICE_BYTES)]


def _no_voices(error: BadRequest) -> bool:
    """Return whether the person, or the group, accepts no voice messages."""
    words = error.message.casefold()
    return "voice" in words and ("forbidden" in words or "not enough rights" in words)


class Rights:
    """Permissions of the bot in chats. Telegram is asked each time, since people ask to see what changed."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def sees_messages(self, chat_id: int) -> bool | None:
        """Return whether the bot receives a group's messages: its privacy mode is off, or it is an administrator.

        None if unknown. Raises nothing.
        """
        try:
            everything = bool((await self._bot.get_me()).can_read_all_group_messages)
            return everything or isinstance(await self._member(chat_id), ChatMemberAdministrator)
        except TelegramError as error:
            _log.info("the bot's access to group messages could not be checked (%s)", type(error).__name__)
            return None

    async def may_send_voices(self, chat_id: int) -> bool | None:
        """Return whether a group accepts voice messages from the bot; None if unknown.

        Raises nothing.
        """
        try:
            member = await self._member(chat_id)
            everyone = (await self._bot.get_chat(chat_id)).permissions
        except TelegramError as error:
            _log.info("the bot's permissions in a group could not be checked (%s)", type(error).__name__)
            return None
        if isinstance(member, ChatMemberAdministrator):
            return True
        if isinstance(member, ChatMemberRestricted) and not member.can_send_voice_notes:
            return False
        return everyone is None or everyone.can_send_voice_notes is not False

    async def person(self, chat_id: int, account_id: str) -> User | None:
        """Return the user behind a group member, as far as the group may know. Raises nothing.

        None for an anonymous administrator, for a channel, and if unknown.
        """
        number = whole(account_id)
        if number is None:
            return None
        try:
            member = await self._bot.get_chat_member(chat_id, number)
        except TelegramError as error:
            _log.info("a group member could not be identified (%s)", type(error).__name__)
            return None
        return None if getattr(member, "is_anonymous", False) else member.user

    async def _member(self, chat_id: int) -> Any:
        return await self._bot.get_chat_member(chat_id, self._bot.id)
