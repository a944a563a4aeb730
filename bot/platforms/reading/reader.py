"""Whether a message is read aloud, and what is said of it. Built by ``app.py``; asked by the doors of both platforms.

The gates stand in a fixed order, so that whoever asks why a message was not read gets one answer, and always the same
one. First what does not need the text: webhook, bot, opted_out, ignored, role (of reading), muted, not_in_call, prefix,
silent, quiet_hours. Then what the text is: word (an emoji that is not said here), empty, and what the guard of the
waist would refuse: blocked_account, role and channel (of speaking at all), word.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast
from zoneinfo import ZoneInfo

from bot.errors import InputError
from bot.model import Account, Lane, Speed, Utterance, Voice
from bot.platforms.desk import Desk
from bot.platforms.reading.heard import Explained, Heard, Readable, Unread
from bot.platforms.reading.names import NameMemory
from bot.platforms.reading.outcomes import Outcomes
from bot.platforms.reading.prepared import Manner, PreparedReadings
from bot.speech import styles as catalogue
from bot.speech.blocklist import blocklist
from bot.speech.chat.message import ChatMessage, Language, Spoken
from bot.speech.chat.names import said_name
from bot.speech.chat.tongue import tongue
from bot.speech.clean import clean_message
from bot.speech.guard import Guard
from bot.store.bindings import Bindings
from bot.store.dictionaries import Dictionaries, Entry
from bot.store.markers import Markers
from bot.store.preferences import Preference
from bot.store.readings import Readings, ReadingSettings
from bot.texts import say
from bot.texts import spoken as spoken_in

_MOST_NICKNAMES = 5
"""People mentioned in a message whose nicknames are looked up."""
_SHORTEST = 60
"""Characters of a message that are read however far behind reading is."""
_GUARDED = {
    "guard.blocked_account": "unread.blocked_account",
    "guard.role": "unread.role",
    "guard.channel": "unread.channel",
    "guard.word": "unread.word",
}
"""What the guard of the waist refuses, as a gate."""


class Reader:
    """One for a process."""

    def __init__(
        self,
        desk: Desk,
        guard: Guard,
        *,
        readings: Readings,
        dictionaries: Dictionaries,
        bindings: Bindings,
        markers: Markers,
        language: Language,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``language``: where neither a text nor a place tells one. ``now``: an aware moment, for quiet hours."""
        self.desk = desk
        self.readings = readings
        self.dictionaries = dictionaries
        self.bindings = bindings
        self.markers = markers
        self.outcomes = Outcomes()
        self._guard = guard
        self._language: Language = language
        self._now = now
        self._prepared = PreparedReadings()

    async def judge(self, heard: Heard) -> Readable | Unread:
        """A message as it is to be read, or the first gate that stops it. Raises StoreError."""
        settings = await self.readings.get(heard.space)
        own = await self.desk.preferences.get(heard.account)
        if (stopped := next(self._gates(heard, settings, own), None)) is not None:
            return stopped
        readable, spoken = await self._read(heard, settings, own)
        shared = await self.desk.spaces.get(heard.space)
        if spoken.refused or _has_sign(shared.blocked_words, heard.message.text):
            return Unread("unread.word")
        if not spoken.text:
            return Unread("unread.empty")
        try:
            await self._guard.check(readable.utterance, spoken.text)
        except InputError as error:
            return Unread(_GUARDED.get(error.code, "unread.empty"))
        return readable

    def compose(
        self, items: Sequence[Readable], names: NameMemory, *, shorter: bool = False, left_out: int = 0
    ) -> tuple[Utterance, ...]:
        """What is said of some messages of one author, an utterance for each.

        The name stands before the first where it has to be said. ``shorter``: half of each at most. ``left_out``: so
        many more are only counted, behind the last.
        """
        said = [self._text(item, names, shorter=shorter) for item in items]
        if left_out:
            name = "" if items[-1].heard.author else _said_name(items[-1])  # those left out may be by others
            code = "call.more_from" if name else "call.more"
            said[-1] += "\n" + say(code, items[-1].reading.language, count=left_out, name=name)
        return tuple(replace(item.utterance, text=text) for item, text in zip(items, said, strict=True))

    async def explain(self, heard: Heard) -> Explained:
        """What would be said, by which rules, and what stands in the way. Raises StoreError."""
        settings = await self.readings.get(heard.space)
        readable, spoken = await self._read(heard, settings, await self.desk.preferences.get(heard.account))
        if settings.names and spoken.text:
            spoken = clean_message(_as(readable.heard.message, readable.name), readable.reading.varied(say_names=True))
        judged = await self.judge(heard)
        unread = judged if isinstance(judged, Unread) else None
        return Explained(spoken.text, spoken.rules, unread, readable.utterance)

    def _text(self, item: Readable, names: NameMemory, *, shorter: bool) -> str:
        """What is said of one message, with the name before it where that is due."""
        named = bool(item.name) and names.says(item.heard.writer.scope)
        most = item.reading.max_characters
        if shorter:
            most = min(most, max(_SHORTEST, most // 2))
        if not named and len(item.utterance.text) <= most:
            return item.utterance.text
        reading = item.reading.varied(say_names=named, max_characters=most)
        return clean_message(_as(item.heard.message, item.name), reading).text or item.utterance.text

    def _gates(self, heard: Heard, settings: ReadingSettings, own: Preference) -> Iterator[Unread]:
        """What stops a message before its text is looked at, in order."""
        if heard.is_webhook and not settings.webhooks:
            yield Unread("unread.webhook")
        if heard.is_bot and not heard.is_webhook and not settings.bots:
            yield Unread("unread.bot")
        if own.opted_out:
            yield Unread("unread.opted_out")
        if not {heard.account.scope, heard.writer.scope}.isdisjoint(settings.ignored):
            yield Unread("unread.ignored")
        held = set(heard.roles)
        if held & set(settings.blocked_roles) or (settings.required_roles and not held & set(settings.required_roles)):
            yield Unread("unread.role")
        if heard.muted:
            yield Unread("unread.muted")
        if settings.in_call_only and not heard.in_call:
            yield Unread("unread.not_in_call")
        if settings.skip_prefix and heard.message.text.lstrip().startswith(settings.skip_prefix):
            yield Unread("unread.prefix", (("prefix", settings.skip_prefix),))
        if heard.message.silent and not settings.read_silent:
            yield Unread("unread.silent")
        if self._is_quiet(settings):
            yield Unread(
                "unread.quiet_hours", (("since", _hour(settings.quiet_from)), ("until", _hour(settings.quiet_until)))
            )

    def _is_quiet(self, settings: ReadingSettings) -> bool:
        begins, ends = settings.quiet_from, settings.quiet_until
        local = self._now().astimezone(ZoneInfo(settings.timezone))
        minute = local.hour * 60 + local.minute
        return begins <= minute < ends if begins <= ends else minute >= begins or minute < ends

    async def _read(self, heard: Heard, settings: ReadingSettings, own: Preference) -> tuple[Readable, Spoken]:
        """The message read, whatever the gates say."""
        shared = await self.desk.spaces.get(heard.space)
        entries = await self._entries(heard)
        otherwise = spoken_in(own.spoken_language or settings.language or shared.language or self._language)
        language = tongue(heard.message.text, otherwise)
        most = heard.max_characters or settings.max_characters
        reading = await self._prepared.get(Manner(settings, shared.blocked_words, entries, language, most))
        heard = replace(heard, message=await self._with_nicknames(heard))
        spoken = clean_message(heard.message, reading)
        voice = own.voice or heard.voice or shared.default_voice
        style = own.style or heard.style or shared.default_style
        utterance = Utterance(
            spoken.text,
            key=heard.key,
            account=heard.account,
            author=heard.author,
            manages=heard.manages,
            space=heard.space,
            channel=heard.channel,
            roles=heard.roles,
            styles=catalogue.parse(style),
            voice=Voice(id=voice),
            lane=Lane.CALL,
            speed=cast("Speed", own.speed),
            language=otherwise,
        )
        name = (own.nickname or heard.message.author or " ") if settings.names else ""
        priority = bool(set(heard.roles) & set(settings.priority_roles))
        return Readable(heard, utterance, reading, name, priority, spoken.rules), spoken

    async def _with_nicknames(self, heard: Heard) -> ChatMessage:
        """The message with the nicknames of those it mentions or answers, who chose how they are to be called."""
        message = heard.message
        if message.reply_to is not None and heard.answered is not None:
            own = await self.desk.preferences.get(heard.answered)
            message = replace(message, reply_to=own.nickname or message.reply_to)
        named = [identity for identity in message.users if identity in message.text][:_MOST_NICKNAMES]
        nicknames = {
            identity: own.nickname
            for identity in named
            if (own := await self.desk.preferences.get(Account(heard.account.platform, identity))).nickname
        }
        return replace(message, users={**message.users, **nicknames}) if nicknames else message

    async def _entries(self, heard: Heard) -> tuple[Entry, ...]:
        """The place's words and the author's, whose own win."""
        return await self.dictionaries.get(heard.account) + await self.dictionaries.get(heard.space)


def _as(message: ChatMessage, name: str) -> ChatMessage:
    return replace(message, author=name)


def _hour(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _said_name(item: Readable) -> str:
    """The author's name as words; empty where it cannot be said, or is not to be."""
    name = said_name(item.name or item.heard.message.author, item.reading.says)
    blocked = item.reading.blocks.pattern
    return "" if blocked is not None and blocked.search(name) else name


def _has_sign(blocked_words: tuple[str, ...], text: str) -> bool:
    """Whether a blocked emoji stands in a text: it would be said by its name, which is not the blocked word."""
    signs = tuple(word for word in blocked_words if not any(map(str.isalnum, word)))
    return bool(signs) and blocklist(signs).found_in(text)
