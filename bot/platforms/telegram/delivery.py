"""Puts voices and sentences into a Telegram chat. Used by ``handlers.py`` for every answer.

A voice is never sent twice: what Telegram may have taken, although its answer did not come, is not sent again.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from telegram import Bot, Message, ReplyParameters
from telegram.constants import ChatAction, ChatType, MessageLimit
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.audio import ogg
from bot.model import Clip, Receipt
from bot.platforms.telegram.polling import Sleep, Timings, seconds_of
from bot.speech.service import SpeechService
from bot.texts import of_note, say

_log = logging.getLogger(__name__)

VOICE_BYTES = 1_000_000
"""From this size on Telegram shows a file instead of a voice message."""
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before the request left us."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Part:
    """A voice message as it is uploaded."""

    data: bytes
    duration: int
    """Whole seconds: players show 0:00 without it."""


class Delivery:
    """What one bot sends."""

    def __init__(self, bot: Bot, speech: SpeechService, *, timings: Timings, sleep: Sleep) -> None:
        self._bot = bot
        self._speech = speech
        self._timings = timings
        self._sleep = sleep

    async def sentence(self, asking: Message, text: str) -> None:
        """Answer a message with words. Raises nothing: who cannot be told is not told."""
        words = cut(text, MessageLimit.MAX_TEXT_LENGTH)
        try:
            await self._send(asking, lambda place: self._bot.send_message(text=words, **place))
        except Forbidden:
            pass
        except TelegramError as error:
            _log.warning("a sentence was not delivered (%s)", type(error).__name__)

    @asynccontextmanager
    async def recording(self, asking: Message) -> AsyncIterator[None]:
        """Show that a voice is being recorded: all the while in private, once in a group."""
        task = asyncio.create_task(self._show_recording(asking))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def voice(self, asking: Message, receipt: Receipt, language: str) -> None:
        """Answer a message with what was spoken. Raises nothing but AudioError ``audio.too_large``."""
        caption = cut(" ".join(of_note(note, language) for note in receipt.notes), MessageLimit.CAPTION_LENGTH) or None
        try:
            try:
                await self._as_voice(asking, receipt, caption)
            except BadRequest as error:
                if not _no_voices(error):
                    raise
                await self._as_file(asking, receipt)
        except Forbidden:
            _log.info("a voice was not delivered: the bot was blocked or removed")
        except BadRequest as error:
            _log.warning("telegram refused a voice: %s", error.message)
            await self.sentence(asking, say("telegram.refused", language, detail=error.message))
        except TelegramError as error:
            _log.warning("telegram did not confirm a voice (%s); it is not sent again", type(error).__name__)
            # A late answer: the voice is in the chat, as a rule, and needs no word beside it.
            if not isinstance(error.__cause__, httpx.ReadTimeout):
                await self.sentence(asking, say("telegram.unconfirmed", language))

    async def _as_voice(self, asking: Message, receipt: Receipt, caption: str | None) -> None:
        """Send what was uploaded before, or upload it. Raises TelegramError."""
        file_id = await self._speech.file_id(receipt, "telegram")
        if file_id and await self._sent_again(asking, file_id, caption):
            return
        parts = await asyncio.to_thread(_parts, receipt.clip)
        for number, part in enumerate(parts):
            sent = await self._upload(asking, part, caption if number == 0 else None)
        if len(parts) == 1 and sent.voice is not None:
            await self._speech.remember_file(receipt, "telegram", sent.voice.file_id)

    async def _sent_again(self, asking: Message, file_id: str, caption: str | None) -> bool:
        """Send by the name Telegram gave; False where it does not know it any more."""
        try:
            await self._send(asking, lambda place: self._bot.send_voice(voice=file_id, caption=caption, **place))
        except BadRequest as error:
            if "file" not in error.message.casefold():
                raise
            return False
        return True

    async def _upload(self, asking: Message, part: _Part, caption: str | None) -> Message:
        return await self._send(
            asking,
            lambda place: self._bot.send_voice(
                voice=part.data,
                filename="voice.ogg",
                duration=part.duration,
                caption=caption,
                read_timeout=self._timings.upload_read,
                write_timeout=self._timings.upload_write,
                **place,
            ),
        )

    async def _as_file(self, asking: Message, receipt: Receipt) -> None:
        """For a chat that takes no voices: music, or else a document, with the words below. Raises TelegramError."""
        caption = cut(receipt.spoken, MessageLimit.CAPTION_LENGTH)
        timeouts = {"read_timeout": self._timings.upload_read, "write_timeout": self._timings.upload_write}
        for number, part in enumerate(await asyncio.to_thread(_parts, receipt.clip)):
            about = {"filename": "speech.ogg", "caption": caption if number == 0 else None, **timeouts}
            try:
                await self._send(
                    asking,
                    lambda place, part=part, about=about: self._bot.send_audio(  # type: ignore[misc]
                        audio=part.data, duration=part.duration, **about, **place
                    ),
                )
            except BadRequest:
                await self._send(
                    asking,
                    lambda place, part=part, about=about: self._bot.send_document(  # type: ignore[misc]
                        document=part.data, **about, **place
                    ),
                )

    async def _show_recording(self, asking: Message) -> None:
        thread = _place(asking)["message_thread_id"]
        while True:
            with contextlib.suppress(TelegramError):
                await self._bot.send_chat_action(asking.chat_id, ChatAction.RECORD_VOICE, message_thread_id=thread)
            if asking.chat.type != ChatType.PRIVATE:
                return
            await asyncio.sleep(self._timings.action)

    async def _send(self, asking: Message, send: Callable[[dict[str, Any]], Awaitable[T]]) -> T:
        """Call ``send`` with the place of the answer; without the topic where that is gone. Raises TelegramError."""
        place = _place(asking)
        try:
            return await self._patiently(send, place)
        except BadRequest as error:
            if "thread not found" not in error.message.casefold():
                raise
            return await self._patiently(send, place | {"message_thread_id": None})

    async def _patiently(self, send: Callable[[dict[str, Any]], Awaitable[T]], place: dict[str, Any]) -> T:
        """Send; once more where Telegram asks for a short pause, or where the request cannot have left us."""
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


def cut(text: str, limit: int) -> str:
    """At most ``limit`` UTF-16 units, in which Telegram counts; three dots at the end where something is missing."""
    if len(text) * 2 <= limit or len(text.encode("utf-16-le", "replace")) // 2 <= limit:
        return text
    kept = text.encode("utf-16-le", "replace")[: 2 * (limit - 1)]
    return kept.decode("utf-16-le", "ignore") + "…"


def _place(asking: Message) -> dict[str, Any]:
    """Where an answer goes: the chat, the topic, under the asking message (if that still exists)."""
    return {
        "chat_id": asking.chat_id,
        # Outside of topics the id is that of a chain of replies, and not to be sent.
        "message_thread_id": asking.message_thread_id if asking.is_topic_message else None,
        "reply_parameters": ReplyParameters(asking.message_id, allow_sending_without_reply=True),
    }


def _parts(clip: Clip) -> list[_Part]:
    """A clip as voice messages. CPU work. Raises AudioError."""
    return [_Part(ogg.write(part, {}), max(1, round(part.seconds))) for part in ogg.split(clip, VOICE_BYTES)]


def _no_voices(error: BadRequest) -> bool:
    """Whether the person, or the group, takes no voice messages."""
    words = error.message.casefold()
    return "voice" in words and ("forbidden" in words or "not enough rights" in words)
