"""Requests for speech, shared by both front ends: defaults, saved voices, quota shares, button presses, recovery."""

import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cachetools import TTLCache

from bot import texts
from bot.errors import BotError, CutOffError, DuplicateError, InputError, QuotaError, StoreError, unknown_voice
from bot.model import Account, Note, Owed, Receipt, Space, Utterance, Voice
from bot.platforms import command_log
from bot.speech.limits import Waiting
from bot.speech.quota import BUILT_IN, PAID, Balance
from bot.speech.service import SpeechService
from bot.speech.sink import Sink
from bot.store.commands import Commands
from bot.store.deliveries import CommandState, Left, Next
from bot.store.settings import Preferences, Spaces
from bot.store.words import Words
from bot.text import styles as catalogue
from bot.texts import say

_FORGOTTEN = 600.0
"""Seconds after which a missing voice is looked up again."""
_MOST = 200
_UNKNOWN = "voice.unknown"
_OWN, _SHARED = "note.own_voice_gone", "note.place_voice_gone"
_COMMANDS = {_OWN: {"telegram": "/voice", "discord": "/settings mine"}, _SHARED: {"discord": "/server settings"}}
"""The command that changes each."""


@dataclass(frozen=True, slots=True)
class _Saved:
    """A saved voice, and the note if it is missing."""

    voice: str
    note: Note


class SavedVoices:
    """Saved voices of people and places; one per process."""

    def __init__(
        self,
        speech: SpeechService,
        preferences: Preferences,
        spaces: Spaces,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._speech = speech
        self._preferences = preferences
        self._spaces = spaces
        self._gone: TTLCache[str, None] = TTLCache(_MOST, _FORGOTTEN, clock)

    async def first(self, account: Account | None, space: Space | None) -> tuple[Voice, tuple[Note, ...]]:
        """Return the first saved voice that exists, as far as known without a request, and notes on missing ones.

        The configured one if there is none. Raises StoreError.
        """
        notes: list[Note] = []
        for saved in await self._of(account, space, ""):
            if await self._is_there(saved.voice):
                return Voice(id=saved.voice), tuple(notes)
            notes.append(saved.note)
        return Voice(), tuple(notes)

    async def known(self, name: str) -> str:
        """Return the listed id of a voice to be saved. Raises InputError ``voice.unknown``.

        If a provider lists no voices, any plausible id is accepted.
        """
        listed = {info.id.casefold(): info.id for info in self._speech.voices()}
        if (found := listed.get(name.casefold())) is not None:
            return found
        if self._speech.lists_every_voice():
            raise unknown_voice(name, tuple(listed.values()))
        await self._speech.explain(Utterance("a", "", voice=Voice(id=name)))
        return name

    async def speak(
        self, utterances: Sequence[Utterance], sink: Sink, waiting: Waiting | None = None, *, bound: str = ""
    ) -> tuple[Receipt, Voice]:
        """Speak as ``speak_together``, but replace a missing saved voice. Return the voice that spoke, too.

        ``bound``: the voice of the channel that is read. The receipt's notes begin with missing voices.
        """
        wanted = utterances[0].voice
        saved = await self._of(utterances[0].account, utterances[0].space, bound)
        line = saved[next((n for n, each in enumerate(saved) if each.voice == wanted.id), len(saved)) :]
        notes: list[Note] = []
        refused: list[InputError] = []
        for each in line:
            if await self._is_there(each.voice):
                try:
                    receipt = await self._once_more(utterances, Voice(id=each.voice), sink, waiting, refused)
                except InputError as error:
                    if error.code != _UNKNOWN or error.facts.get("voice") != each.voice:
                        raise
                    refused.append(error)
                    self._gone[each.voice] = None
                else:
                    return replace(receipt, notes=(*notes, *receipt.notes)), Voice(id=each.voice)
            notes.append(each.note)
        voice = Voice() if line else wanted
        receipt = await self._once_more(utterances, voice, sink, waiting, refused)
        return replace(receipt, notes=(*notes, *receipt.notes)), voice

    async def _once_more(
        self,
        utterances: Sequence[Utterance],
        voice: Voice,
        sink: Sink,
        waiting: Waiting | None,
        refused: Sequence[InputError],
    ) -> Receipt:
        """Speak with another voice; after others were ``refused`` under new keys, since failed keys are used up."""
        again = f":{len(refused)}" if refused else ""
        spoken = {each.key: replace(each, key=each.key + again, voice=voice) for each in utterances}
        try:
            receipt = await self._speech.speak_together(tuple(spoken.values()), sink, waiting)
        except DuplicateError:
            if not refused:
                raise
            raise refused[-1] from None  # which is why it was not spoken the first time
        asked = {utterance.key: key for key, utterance in spoken.items()}
        return replace(receipt, left_out=tuple((asked[key], reason) for key, reason in receipt.left_out))

    async def _of(self, account: Account | None, space: Space | None, bound: str) -> tuple[_Saved, ...]:
        """Return the voices of the person, the channel and the place, in this order, each once."""
        platform = account.platform if account is not None else ""
        own = (await self._preferences.get(account)).voice if account is not None else ""
        shared = (await self._spaces.get(space)).default_voice if space is not None else ""
        saved: dict[str, _Saved] = {}
        for code, voice in ((_OWN, own), (_SHARED, bound), (_SHARED, shared)):
            facts = (("voice", voice), ("command", _COMMANDS[code].get(platform, "/settings")))
            if voice:
                saved.setdefault(voice, _Saved(voice, Note(code, facts)))
        return tuple(saved.values())

    async def _is_there(self, voice: str) -> bool:
        """Return whether a voice exists, as far as known without a request."""
        if voice in self._gone:
            return False
        if any(voice == listed.id for listed in self._speech.voices()):
            return True
        try:
            await self._speech.explain(Utterance("a", "", voice=Voice(id=voice)))
        except InputError as error:
            return error.code != _UNKNOWN
        except BotError:
            return True  # the error comes when it is to speak
        return True


class Presses:
    """Button presses in progress. It holds no more than there are."""

    def __init__(self) -> None:
        self._under_way: set[tuple[Account, tuple[str, ...]]] = set()

    @contextmanager
    def alone(self, account: Account, *what: str) -> Iterator[None]:
        """Run the answer to a press alone. ``what``: the text's token and the action.

        Raises InputError ``press.under_way`` while the same is done for the same account.
        """
        press = (account, what)
        if press in self._under_way:
            raise InputError("press.under_way")
        self._under_way.add(press)
        try:
            yield
        finally:
            self._under_way.discard(press)


_CELLS = 12


@dataclass(frozen=True, slots=True)
class Share:
    """One meter of a person, or the shared quota of a place."""

    title: str
    bar: str
    """Empty if there is no limit."""
    words: str


async def shares(
    speech: SpeechService,
    account: Account,
    roles: tuple[str, ...],
    space: Space | None,
    *,
    language: str,
    moment: Callable[[datetime], object],
) -> tuple[Share, ...]:
    """Return a person's meters, then the place's. ``moment``: the platform's format of a time. Raises StoreError.

    The built-in engine is left out if it is an unused fallback without a limit; places do not share it.
    """
    meters = speech.meters()
    shown: list[Share] = []
    for meter in meters:
        own = await speech.balance(account, roles, meter)
        if meter == PAID or len(meters) == 1 or own.used or own.limit is not None:
            shown.append(_share("share.builtin" if meter == BUILT_IN else "share.paid", own, language, moment))
    if space is not None and PAID in meters:
        shown.append(_share("share.place", await speech.space_balance(space), language, moment))
    return tuple(shown)


def _share(title: str, balance: Balance, language: str, moment: Callable[[datetime], object]) -> Share:
    heading = say(title, language)
    if balance.limit is None:
        code = "share.builtin_free" if balance.meter == BUILT_IN else "share.free"
        words = say(code, language, used=balance.used, requests=balance.requests)
        return Share(heading, "", words)
    whole = balance.limit + balance.granted
    words = say(
        "share.line",
        language,
        used=balance.used,
        limit=whole,
        left=balance.left,
        requests=balance.requests,
        resets=moment(balance.resets),
    )
    return Share(heading, bar(balance.used, whole), words)


def bar(used: int, whole: int) -> str:
    """Return a bar of twelve cells. Any use shows at least one full cell, any rest at least one empty one."""
    if whole <= 0:
        return "▱" * _CELLS
    full = round(_CELLS * min(used, whole) / whole)
    full = max(full, 1) if used else 0
    full = min(full, _CELLS - 1) if used < whole else _CELLS
    return "▰" * full + "▱" * (_CELLS - full)


_log = logging.getLogger("mouthpiece")


class AcceptedCommand:
    """A command while it is answered."""

    def __init__(self, commands: Commands, key: str, command_state: CommandState) -> None:
        self.key = key
        self._commands = commands
        self._next = command_state.next
        self._owed = command_state.owed
        self._sending = False
        self._heard = False
        """Whether some of its sound was delivered."""
        self._arrived = False
        """Whether all of the sound sent so far was."""
        self._done = False
        self._telling = False
        self.speaks = command_state.next is not Next.ANSWER
        """Whether it is, or was, to be spoken: then a sentence is repeated rather than lost."""
        self.journaled = False

    @property
    def owed(self) -> Owed | None:
        """The sound that answers it, if it was spoken before the process was killed."""
        return self._owed

    @property
    def is_over(self) -> bool:
        """Return whether it was answered before."""
        return self._next is Next.NOTHING

    def check(self) -> None:
        """Raise CutOffError if the command was cut off and is not resumed."""
        if self._next is Next.UNCERTAIN:
            raise CutOffError("cut_off.sending")
        if self._next is Next.GIVE_UP:
            raise CutOffError("cut_off.twice")

    async def upload_begins(self) -> None:
        """Record that its sound is being uploaded, before the first byte. Raises nothing."""
        self._arrived = False
        if not self._sending:
            self._sending = await self._noted(self._commands.begin_upload(self.key))

    async def upload_answered(self, status: int) -> None:
        """Record the platform's response: a refused upload is still to be delivered. Raises nothing."""
        if 200 <= status < 300:
            self._heard = self._arrived = True
        elif 400 <= status < 500 and self._sending and not self._heard:
            self._sending = not await self._noted(self._commands.refuse_upload(self.key))

    async def answer_begins(self) -> None:
        """Record that it is being answered without sound, so that this is not repeated. Raises nothing."""
        if not (self.speaks or self._telling or self._done):
            self._telling = await self._noted(self._commands.begin_telling(self.key))

    async def answer_answered(self, status: int) -> None:
        """Record the platform's response: a refused answer may be sent again. Raises nothing."""
        if 400 <= status < 500 and self._telling and not self._done:
            self._telling = not await self._noted(self._commands.refuse_telling(self.key))

    async def delivered(self) -> None:
        """Record that all of its sound was delivered, or is assumed to be. Raises nothing."""
        self._arrived = True
        await self.finish()

    async def finish(self) -> None:
        """Record that it was answered; undelivered sound is not charged. Harmless when repeated."""
        if self._telling and not self.journaled:
            self._done = True
        if not self._done:
            self._done = await self._noted(self._commands.finish(self.key, earned=self._arrived))

    async def _noted(self, work: Coroutine[Any, Any, None]) -> bool:
        """Return whether a record was written. If it cannot be, people are still answered."""
        try:
            await work
        except StoreError as error:
            _log.warning("the outcome of a command could not be recorded: %s", error.code)
            return False
        return True


class Accepted:
    """The commands being answered; one per process."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._open: set[str] = set()
        self._journaled: set[str] = set()
        self._begun: frozenset[str] | None = None
        self._left: set[str] = set()
        """Commands of the last run's journal that are still to be answered."""

    async def accept(self, key: str, platform: str, content: str, token: str = "") -> bool:
        """Record a command before it is acknowledged to the platform. Return False if it was recorded before.

        Raises StoreError: then it must not be acknowledged.
        """
        new = await self._commands.accept(key, platform, content, token)
        if new:
            self._journaled.add(key)
        return new

    @asynccontextmanager
    async def answering(self, key: str) -> AsyncIterator[AcceptedCommand | None]:
        """Record that a command was answered when the block ends; yield None for a second delivery.

        If the block raises, nothing was answered: the command may be resumed.
        """
        command, answered = await self.open(key), False
        before = _ANSWERED.set(command)
        try:
            yield command
            answered = True
        finally:
            _ANSWERED.reset(before)
            if command is not None:
                await self.shut(command, answered=answered)

    async def open(self, key: str, *, new: bool = False) -> AcceptedCommand | None:
        """Begin to answer a command, until ``shut``. Return None for a second delivery.

        ``new``: nothing can be known about it. Raises nothing.
        """
        if key in self._open:
            return None
        self._open.add(key)
        try:
            command = AcceptedCommand(self._commands, key, await self._command_state(key, new))
            if not command.is_over:
                return command
            await command.finish()  # removes it from the journal, if it is there
        except BaseException:
            self._open.discard(key)
            raise
        self._open.discard(key)
        return None

    async def shut(self, command: AcceptedCommand, *, answered: bool) -> None:
        """End what ``open`` began; unless ``answered``, the command may be resumed. Raises nothing."""
        try:
            if answered:
                command.journaled = command.key in self._journaled
                await command.finish()
        finally:
            self._open.discard(command.key)
            self._journaled.discard(command.key)
            self._left.discard(command.key)

    async def was_begun(self, key: str) -> bool:
        """Return whether an earlier run began to answer a command without finishing. Raises nothing."""
        if key in self._left:
            return True
        if self._begun is None:
            try:
                self._begun = await self._commands.begun() - self._journaled
            except StoreError:
                return False
        return key in self._begun

    async def drop(self, key: str) -> None:
        """Leave a command unanswered, as one of too many; only the journal is updated. Raises nothing."""
        if key in self._journaled:
            self._journaled.discard(key)
            await self.close(key)

    async def close(self, key: str) -> None:
        """Record that a cut-off command is not resumed: the person was informed. Raises nothing."""
        await AcceptedCommand(self._commands, key, CommandState(Next.ANSWER)).finish()

    async def left(self, platform: str) -> list[Left]:
        """Return what the last run recorded and did not answer. Raises nothing."""
        try:
            found = await self._commands.left(platform)
        except StoreError as error:
            _log.warning("commands of the last run cannot be read: %s", error.code)
            return []
        left = [each for each in found if each.key not in self._open]
        self._journaled.update(each.key for each in left)
        self._left.update(each.key for each in left)
        return left

    async def progress_shown(self, platform: str, chat: str, message: str) -> None:
        """Record a progress message, so that it does not outlive a kill. Raises nothing."""
        try:
            await self._commands.show_progress(platform, chat, message)
        except StoreError as error:
            _log.warning("a progress message could not be recorded: %s", error.code)

    async def progress_removed(self, platform: str, chat: str, message: str) -> None:
        """Forget a removed progress message. Raises nothing."""
        try:
            await self._commands.hide_progress(platform, chat, message)
        except StoreError as error:
            _log.warning("the record of a progress message could not be removed: %s", error.code)

    async def progress_left(self, platform: str) -> list[tuple[str, str]]:
        """Return chat and id of the progress messages that the last run left behind. Raises nothing."""
        try:
            return await self._commands.progress_left(platform)
        except StoreError as error:
            _log.warning("the records of progress messages cannot be read: %s", error.code)
            return []

    async def _command_state(self, key: str, new: bool) -> CommandState:
        if new:
            return CommandState(Next.ANSWER)
        try:
            return await self._commands.command_state(key)
        except StoreError:
            return CommandState(Next.ANSWER)  # the store will report it itself


_UPLOADED: ContextVar[AcceptedCommand | None] = ContextVar("uploaded", default=None)
"""The command whose sound this task's requests upload."""


_ANSWERED: ContextVar[AcceptedCommand | None] = ContextVar("answered", default=None)
"""The command that this task's requests answer."""


@contextmanager
def uploading(command: AcceptedCommand | None) -> Iterator[None]:
    """Count the requests inside as uploads of a command's sound."""
    before = _UPLOADED.set(command)
    try:
        yield
    finally:
        _UPLOADED.reset(before)


async def upload_begins() -> None:
    """Called by a connection before a request leaves."""
    if (command := _UPLOADED.get()) is not None:
        await command.upload_begins()


async def upload_answered(status: int) -> None:
    """Called by a connection with the status of an upload's response."""
    if (command := _UPLOADED.get()) is not None:
        await command.upload_answered(status)


async def answer_begins() -> None:
    """Called by a connection before a sentence leaves."""
    if (command := _ANSWERED.get()) is not None:
        await command.answer_begins()


async def answer_answered(status: int) -> None:
    """Called by a connection with the status of a sentence's response."""
    if (command := _ANSWERED.get()) is not None:
        await command.answer_answered(status)


FREE = "free"
"""Fact of a QuotaError: the token of the refused text, which the free voice can speak; empty if it cannot."""
_TAKES = 1_000_000
"""Takes that another one is chosen from."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a front end shows after speaking."""

    receipt: Receipt
    utterance: Utterance
    """As spoken, defaults filled in."""
    token: str
    """Token of the text for buttons; empty if texts are not kept."""
    balance: Balance | None
    """Of the meter that paid; None if the store failed."""
    is_free: bool = False
    """Whether another take by the same provider is free."""


class Requests:
    """Requests for speech; one per process."""

    def __init__(self, speech: SpeechService, preferences: Preferences, spaces: Spaces, words: Words) -> None:
        self.speech = speech
        self.saved = SavedVoices(speech, preferences, spaces)
        self.preferences = preferences
        self.spaces = spaces
        self.words = words
        self.presses = Presses()

    async def speak(self, utterance: Utterance, sink: Sink, waiting: Waiting | None = None) -> Answer:
        """Speak with the defaults of the person, then of the place, for what is not named.

        Raises as the synthesis core.
        """
        account = utterance.account
        assert account is not None, "requests from front ends have an account"
        spoken, gone = await self._filled(utterance)
        try:
            receipt, voice = await self.saved.speak((spoken,), sink, waiting)
        except QuotaError as error:
            raise QuotaError(error.code, **{**error.facts, FREE: await self._kept_for_free(utterance)}) from error
        command_log.spoke(receipt)
        receipt, spoken = replace(receipt, notes=(*gone, *receipt.notes)), replace(spoken, voice=voice)
        return await self._written_down(
            account, utterance, Answer(receipt, spoken, "", None, self._again_is_free(spoken))
        )

    async def _written_down(self, account: Account, asked: Utterance, answer: Answer) -> Answer:
        """Add what the store knows. What was spoken is delivered even if the store fails now."""
        known = [style.en for name in asked.styles if (style := catalogue.find(name)) is not None]
        try:
            await self.preferences.used(account, asked.voice.id, known)
            token = await self.words.keep(answer.utterance)
            meter = self.speech.meter_of(answer.receipt.provider)
            balance = await self.speech.balance(account, answer.utterance.roles, meter)
        except StoreError as error:
            _log.warning("a voice message is sent without its buttons: %s", error.code)
            return answer
        return replace(answer, token=token, balance=balance)

    def _again_is_free(self, spoken: Utterance) -> bool:
        return self.speech.would_be_free(replace(spoken, unpaid=False))

    async def _kept_for_free(self, utterance: Utterance) -> str:
        """Keep a text that the quota refused for the free voice. Return its token; empty if there is no such voice."""
        if not self.speech.has_free_voice or self.speech.would_be_free(utterance):
            return ""
        try:
            return await self.words.keep(utterance)
        except StoreError as error:
            _log.warning("the free voice could not be offered: %s", error.code)
            return ""

    async def free(
        self, token: str, key: str, account: Account, *, roles: tuple[str, ...] = (), channel: str = ""
    ) -> Utterance:
        """Return the text of a button for the free voice. Raises InputError ``words.gone``, StoreError."""
        kept = await self.words.get(token)
        if kept is None:
            raise InputError("words.gone")
        return kept.utterance(key, account, roles=roles, channel=channel, unpaid=True)

    async def with_defaults(self, utterance: Utterance) -> Utterance:
        """Fill in voice and style if not named: the person's own, else the place's, of those that exist."""
        return (await self._filled(utterance))[0]

    async def _filled(self, utterance: Utterance) -> tuple[Utterance, tuple[Note, ...]]:
        """Return the request with its defaults, and notes on missing saved voices."""
        style = ""
        if utterance.account is not None:
            style = (await self.preferences.get(utterance.account)).style
        if utterance.space is not None and not style:
            style = (await self.spaces.get(utterance.space)).default_style
        if not utterance.styles and style:
            utterance = replace(utterance, styles=catalogue.parse(style))
        if utterance.voice != Voice():
            return utterance, ()
        voice, gone = await self.saved.first(utterance.account, utterance.space)
        return replace(utterance, voice=voice), gone

    async def again(
        self,
        token: str,
        key: str,
        account: Account,
        *,
        styles: tuple[str, ...] | None = None,
        roles: tuple[str, ...] = (),
        channel: str = "",
    ) -> Utterance:
        """Return the text of a button as a new request of ``account``: in other ``styles``, or else as another take.

        Raises InputError ``words.gone`` if it is no longer kept, StoreError.
        """
        kept = await self.words.get(token)
        if kept is None:
            raise InputError("words.gone")
        request = kept.utterance(key, account, roles=roles, channel=channel)
        if styles is not None:
            return replace(request, styles=styles)
        return replace(request, take=1 + secrets.randbelow(_TAKES))

    async def language(self, account: Account, space: Space | None, locale: str | None, otherwise: str) -> str:
        """Return the reply language: the person's choice, else the platform's locale, else the place's."""
        chosen = (await self.preferences.get(account)).language
        if chosen or locale:
            return chosen or texts.language(locale, otherwise)
        shared = (await self.spaces.get(space)).language if space is not None else ""
        return shared or otherwise
