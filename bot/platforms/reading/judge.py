"""Decides whether a message is read aloud, and its spoken text. Shared by both front ends."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast
from zoneinfo import ZoneInfo

from bot.errors import InputError
from bot.model import Account, Lane, Speed, Utterance, Voice
from bot.normalization.clean import clean_message
from bot.normalization.mentions import said_name
from bot.normalization.message import ChatMessage, Language, Reading, Spoken, VocalCues
from bot.normalization.reader import text_language
from bot.platforms.reading.messages import Explained, Heard, NameMemory, Outcomes, Readable, Unread
from bot.platforms.requests import Requests
from bot.speech.policy import Policy, blocklist
from bot.store.dictionary import Dictionaries, Entry
from bot.store.sessions import Bindings, Markers
from bot.store.settings import Preference, Readings, ReadingSettings
from bot.text import styles as catalogue
from bot.texts import say
from bot.texts import spoken as spoken_in

MOST_KEPT = 256
MOST_ENTRIES = 20_000
"""Cached entries of dictionaries and block lists together."""
_SHORT_LIST = 20
"""Entries that are prepared in less than a millisecond."""


@dataclass(frozen=True, slots=True)
class ReadingKey:
    """Everything that a way of reading depends on."""

    settings: ReadingSettings
    blocked_words: tuple[str, ...]
    entries: tuple[Entry, ...]
    """Of the author and of the place; for the same word the first one counts."""
    language: Language
    max_characters: int

    @property
    def weight(self) -> int:
        """The number of entries to be prepared."""
        return len(self.blocked_words) + len(self.entries)


class PreparedReadings:
    """A cache of the recently used ways of reading."""

    def __init__(self, *, most: int = MOST_KEPT, most_entries: int = MOST_ENTRIES) -> None:
        self._most = most
        self._most_entries = most_entries
        self._kept: dict[ReadingKey, Reading] = {}
        self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, manner: ReadingKey) -> Reading:
        """Return the way of reading for these settings and words.

        Outdated combinations are never asked for again.
        """
        if (known := self._kept.pop(manner, None)) is not None:
            self._kept[manner] = known
            return known
        reading = _reading(manner)
        if manner.weight > _SHORT_LIST:
            await asyncio.to_thread(_prepare, reading)
        else:
            _prepare(reading)
        self._keep(manner, reading)
        return self._kept.get(manner, reading)

    def _keep(self, manner: ReadingKey, reading: Reading) -> None:
        if manner in self._kept:  # another message of the same kind was faster
            return
        self._kept[manner] = reading
        self._weight += manner.weight
        while self._kept and (len(self._kept) > self._most or self._weight > self._most_entries):
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            self._weight -= oldest.weight


def _prepare(reading: Reading) -> None:
    """Prepare both lists, which are otherwise built on first use."""
    _ = reading.says, reading.blocks


def _reading(manner: ReadingKey) -> Reading:
    settings = manner.settings
    words: dict[str, tuple[str, str]] = {}
    for entry in manner.entries:
        if not entry.pattern:
            words.setdefault(entry.written.casefold(), (entry.written, entry.said))
    return Reading(
        language=manner.language,
        delivery=VocalCues(
            laugh=settings.laugh, emphasis=settings.emphasis, whisper=settings.whisper, actions=settings.actions
        ),
        skip_emoji=settings.skip_emoji,
        name_template=settings.name_template,
        read_silent=settings.read_silent,
        expand_slang=settings.expand_slang,
        dictionary=tuple(words.values()),
        patterns=tuple((entry.written, entry.said) for entry in manner.entries if entry.pattern),
        blocklist=manner.blocked_words,
        max_characters=manner.max_characters,
        zone=ZoneInfo(settings.timezone),
    )


_MOST_NICKNAMES = 5
"""Mentioned people in a message whose nicknames are looked up."""
_SHORTEST = 60
"""Characters of a message that are read however large the backlog is."""
_GUARDED = {
    "guard.blocked_account": "unread.blocked_account",
    "guard.role": "unread.role",
    "guard.channel": "unread.channel",
    "guard.word": "unread.word",
}
"""Gates by refusals of the synthesis core's policy."""


class Reader:
    """Judges messages; one per process."""

    def __init__(
        self,
        requests: Requests,
        policy: Policy,
        *,
        readings: Readings,
        dictionaries: Dictionaries,
        bindings: Bindings,
        markers: Markers,
        language: Language,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Set up; ``language``: the default if neither text nor place has one.

        ``now``: an aware datetime, for quiet hours.
        """
        self.requests = requests
        self.readings = readings
        self.dictionaries = dictionaries
        self.bindings = bindings
        self.markers = markers
        self.outcomes = Outcomes()
        self._policy = policy
        self._language: Language = language
        self._now = now
        self._prepared = PreparedReadings()

    async def judge(self, heard: Heard) -> Readable | Unread:
        """Return a message ready to be read, or the first gate that stops it. Raises StoreError."""
        settings = await self.readings.get(heard.space)
        own = await self.requests.preferences.get(heard.account)
        if (stopped := next(self._gates(heard, settings, own), None)) is not None:
            return stopped
        readable, spoken = await self._read(heard, settings, own)
        shared = await self.requests.spaces.get(heard.space)
        if spoken.refused or _has_sign(shared.blocked_words, heard.message.text):
            return Unread("unread.word")
        if not spoken.text:
            return Unread("unread.empty")
        try:
            await self._policy.check(readable.utterance, spoken.text)
        except InputError as error:
            return Unread(_GUARDED.get(error.code, "unread.empty"))
        return readable

    async def refusal(self, heard: Heard) -> Unread | None:
        """Return the first gate that stops a message, or None if it would be read. Raises StoreError."""
        judged = await self.judge(heard)
        return judged if isinstance(judged, Unread) else None

    def compose(
        self, items: Sequence[Readable], names: NameMemory, *, shorter: bool = False, left_out: int = 0
    ) -> tuple[Utterance, ...]:
        """Return the spoken text of some messages of one author, one utterance each.

        The name precedes the first if it has to be said. ``shorter``: half of each at most. ``left_out``: so many more
        are only counted, after the last.
        """
        said = [self._text(item, names, shorter=shorter) for item in items]
        if left_out:
            name = "" if items[-1].heard.author else _said_name(items[-1])  # those left out may be by others
            code = "call.more_from" if name else "call.more"
            said[-1] += "\n" + say(code, items[-1].reading.language, count=left_out, name=name)
        return tuple(replace(item.utterance, text=text) for item, text in zip(items, said, strict=True))

    async def explain(self, heard: Heard) -> Explained:
        """Return what would be spoken, by which rules, and what stops it. Raises StoreError."""
        settings = await self.readings.get(heard.space)
        readable, spoken = await self._read(heard, settings, await self.requests.preferences.get(heard.account))
        if settings.names and spoken.text:
            spoken = clean_message(_as(readable.heard.message, readable.name), readable.reading.varied(say_names=True))
        return Explained(spoken.text, spoken.rules, await self.refusal(heard), readable.utterance)

    def _text(self, item: Readable, names: NameMemory, *, shorter: bool) -> str:
        """Return the spoken text of one message, with the name before it if that is due."""
        named = bool(item.name) and names.says(item.heard.writer.scope)
        most = item.reading.max_characters
        if shorter:
            most = min(most, max(_SHORTEST, most // 2))
        if not named and len(item.utterance.text) <= most:
            return item.utterance.text
        reading = item.reading.varied(say_names=named, max_characters=most)
        return clean_message(_as(item.heard.message, item.name), reading).text or item.utterance.text

    def _gates(self, heard: Heard, settings: ReadingSettings, own: Preference) -> Iterator[Unread]:
        """Yield what stops a message before its text is examined, in order."""
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
        """Return the message with its spoken text, whatever the gates say."""
        shared = await self.requests.spaces.get(heard.space)
        entries = await self._entries(heard)
        otherwise = spoken_in(own.spoken_language or settings.language or shared.language or self._language)
        language = text_language(heard.message.text, otherwise)
        most = heard.max_characters or settings.max_characters
        reading = await self._prepared.get(ReadingKey(settings, shared.blocked_words, entries, language, most))
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
        """Return the message with the nicknames of the people it mentions or replies to, if they chose any."""
        message = heard.message
        if message.reply_to is not None and heard.answered is not None:
            own = await self.requests.preferences.get(heard.answered)
            message = replace(message, reply_to=own.nickname or message.reply_to)
        named = [identity for identity in message.users if identity in message.text][:_MOST_NICKNAMES]
        nicknames = {
            identity: own.nickname
            for identity in named
            if (own := await self.requests.preferences.get(Account(heard.account.platform, identity))).nickname
        }
        return replace(message, users={**message.users, **nicknames}) if nicknames else message

    async def _entries(self, heard: Heard) -> tuple[Entry, ...]:
        """Return the place's words and the author's, which take precedence."""
        return await self.dictionaries.get(heard.account) + await self.dictionaries.get(heard.space)


def _as(message: ChatMessage, name: str) -> ChatMessage:
    return replace(message, author=name)


def _hour(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _said_name(item: Readable) -> str:
    """Return the author's name as words; empty if it cannot or must not be said."""
    name = said_name(item.name or item.heard.message.author, item.reading.says)
    blocked = item.reading.blocks.pattern
    return "" if blocked is not None and blocked.search(name) else name


def _has_sign(blocked_words: tuple[str, ...], text: str) -> bool:
    """Return whether a text has a blocked emoji, which would be spoken by its name instead of the blocked word."""
    signs = tuple(word for word in blocked_words if not any(map(str.isalnum, word)))
    return bool(signs) and blocklist(signs).found_in(text)
