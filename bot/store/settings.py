"""Settings of servers and groups, of reading aloud, and preferences of people, with a short-lived cache."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast

from cachetools import TTLCache
from sqlalchemy import Connection, Table, delete, select

from bot.errors import InputError
from bot.model import Account, Space
from bot.store import setting_fields
from bot.store.database import Database, insert_into
from bot.store.schema import preference, reading_setting, space_setting
from bot.store.setting_fields import (
    Checked,
    Hours,
    Kept,
    Language,
    Names,
    Number,
    Seconds,
    Setting,
    SpokenLanguage,
    Style,
    Switch,
    Template,
    Text,
    Texts,
    Voice,
    Who,
    Word,
    Zone,
    setting,
    settings_of,
)
from bot.values import SPEED_WORDS

T = TypeVar("T")

SECONDS = 10.0
"""Seconds for which a value is cached."""
MOST = 4096
"""Cached values; the oldest are dropped first."""


class Recall(Generic[T]):
    """A cache of values by key, each for a limited time."""

    def __init__(
        self, seconds: float = SECONDS, *, most: int = MOST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Set up; ``clock`` gives monotonic seconds."""
        self._kept: TTLCache[str, T] = TTLCache(most, seconds, clock)
        self._changes = 0

    async def get(self, key: str, load: Callable[[], Awaitable[T]]) -> T:
        """Return the value of a key, loading it if it is not cached. Raises what ``load`` raises."""
        with suppress(KeyError):
            return self._kept[key]
        began = self._changes
        value = await load()
        if began == self._changes:  # otherwise this may be the value from before the change
            self._kept[key] = value
        return value

    def drop(self, key: str) -> None:
        """Drop a cached value, because the stored one was changed."""
        self._changes += 1
        self._kept.pop(key, None)


Lists = Mapping[str, Iterable[str]]
"""Values by the name of the list they are added to or removed from."""


class Rows(Generic[T]):
    """The rows of one kind of settings. ``T`` is a frozen dataclass of fields made by ``setting``."""

    def __init__(self, table: Table, model: type[T]) -> None:
        """Set up; ``table`` has the columns owner, ``name`` and ``value``."""
        self._table = table
        self._owner = next(iter(table.primary_key.columns))
        self._model = model
        self._settings: Mapping[str, Setting] = {each.field: each for each in settings_of(cast("Any", model))}

    def check(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return changes in their stored form; None and empty text unset. Raises InputError."""
        return {name: None if value is None else self._check(name, value) for name, value in changes.items()}

    def get(self, connection: Connection, owner: str) -> T:
        """Return the effective settings, skipping rows of settings unknown to this version."""
        found = connection.execute(select(self._table.c.name, self._table.c.value).where(self._owner == owner))
        held = {name: tuple(value) if isinstance(value, list) else value for name, value in found}
        return self._model(**{name: value for name, value in held.items() if name in self._settings})

    def put(self, connection: Connection, owner: str, changes: Mapping[str, Any]) -> None:
        """Write checked changes."""
        rows = [
            {self._owner.name: owner, "name": name, "value": value}
            for name, value in changes.items()
            if value is not None
        ]
        unset = [name for name, value in changes.items() if value is None]
        if rows:
            row = insert_into(self._table)
            key = list(self._table.primary_key.columns)
            connection.execute(row.on_conflict_do_update(index_elements=key, set_={"value": row.excluded.value}), rows)
        if unset:
            connection.execute(delete(self._table).where(self._owner == owner, self._table.c.name.in_(unset)))

    def adjust(self, connection: Connection, owner: str, add: Lists, remove: Lists) -> None:
        """Add values to lists and remove others. Raises InputError."""
        # Checked first, so that a value is found however it was typed; and one at a time, since no maximum applies to
        # removals.
        gone = {
            name: {found for value in given for found in self._check(name, [value]) or ()}
            for name, given in remove.items()
        }
        held = self.get(connection, owner)
        lists = {
            name: [*(each for each in getattr(held, name) if each not in gone.get(name, ())), *add.get(name, ())]
            for name in {*add, *remove}
        }
        self.put(connection, owner, self.check(lists))

    def forget(self, connection: Connection, owner: str) -> None:
        """Unset everything."""
        connection.execute(delete(self._table).where(self._owner == owner))

    def _check(self, name: str, value: Any) -> Any:
        checked = self._settings[name].kind.check(value)
        return None if checked == "" else checked


class SettingsTable(Generic[T]):
    """One kind of settings of spaces: read through a short-lived cache, changed in one transaction."""

    def __init__(
        self, database: Database, table: Table, model: type[T], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Set up; ``clock`` gives monotonic seconds, by which cached settings expire."""
        self._database = database
        self._rows = Rows(table, model)
        self._recall: Recall[T] = Recall(clock=clock)

    async def get(self, space: Space) -> T:
        """Return the effective settings; another process' change arrives within 10 s. Raises StoreError."""
        return await self._recall.get(
            space.scope, lambda: self._database.read(partial(self._rows.get, owner=space.scope))
        )

    async def set(self, space: Space, **changes: Any) -> T:
        """Change the settings named by their fields, all or none. Return the effective ones. None unsets one.

        Raises InputError as the fields' kinds do, StoreError.
        """
        checked = self._rows.check(changes)
        return await self._write(space, partial(self._rows.put, owner=space.scope, changes=checked))

    async def adjust(self, space: Space, *, add: Lists | None = None, remove: Lists | None = None) -> T:
        """Add entries to lists and remove others, in one transaction. Raises as ``set``."""
        body = partial(self._rows.adjust, owner=space.scope, add=add or {}, remove=remove or {})
        return await self._write(space, body)

    async def change(self, space: Space, values: Callable[[T], Mapping[str, Any]]) -> T:
        """Change settings depending on their values, in one transaction. Raises InputError, StoreError."""

        def body(connection: Connection) -> None:
            changes = values(self._rows.get(connection, space.scope))
            self._rows.put(connection, space.scope, self._rows.check(changes))

        return await self._write(space, body)

    async def forget(self, space: Space) -> None:
        """Reset to the defaults by deleting the space's rows. Raises StoreError."""
        await self._write(space, partial(self._rows.forget, owner=space.scope))

    def drop(self, scope: str) -> None:
        """Drop a space's cached settings, because they were changed elsewhere."""
        self._recall.drop(scope)

    async def _write(self, space: Space, body: Callable[[Connection], None]) -> T:
        def whole(connection: Connection) -> T:
            body(connection)
            return self._rows.get(connection, space.scope)

        try:
            return await self._database.write(whole)
        finally:
            self._recall.drop(space.scope)


MOST_ROLES = 50
MOST_CHANNELS = 100
MOST_WORDS = 200
WORD_CHARACTERS = 64
LONGEST_COOLDOWN = 3600
"""Seconds."""
USES = ("singing", "instruction", "voices")
"""Features besides speaking that roles may be allowed or refused: singing, instructions in a sentence, and described or
cloned voices.
"""
_ROLES = Names(MOST_ROLES, "space.roles_full")


def for_use(use: str, role: str) -> str:
    """Return a role entry if it concerns this one of ``USES``, without its prefix; empty ``use``: speaking at all."""
    return f"{use}@{role}" if use else role


def _rests(by_role: Mapping[str, int]) -> dict[str, int]:
    cooldown = Seconds(0, LONGEST_COOLDOWN, "space.cooldown")
    return {role: cooldown.check(by_role[role]) for role in _ROLES.check(tuple(by_role))}


def _words(given: Sequence[str]) -> list[str]:
    """Return each word once. A word without a visible character would match everywhere, or nowhere."""
    kept: list[str] = []
    for word in given:
        line = " ".join(setting_fields.well_formed(word).split())
        if not any(sign.isprintable() and not sign.isspace() for sign in line):
            raise InputError("space.word_empty")
        if len(line) > WORD_CHARACTERS:
            raise InputError("space.word_too_long", limit=WORD_CHARACTERS)
        if line not in kept:
            kept.append(line)
        if len(kept) > MOST_WORDS:
            raise InputError("space.words_full", limit=MOST_WORDS)
    return kept


@dataclass(frozen=True, slots=True)
class SpaceSettings:
    """The settings of a space, set by those who manage it; these are the defaults."""

    WHO: ClassVar[Who] = Who.MANAGERS
    default_voice: str = setting(
        "",
        Voice(),
        "voice",
        group="server",
        blank="voice",
        discord=Texts("discord.settings.voice.name", "discord.settings.voice"),
        telegram=Texts("telegram.setting.voice", "telegram.settings.voice", "telegram.open.voice"),
    )
    """For people without a voice of their own; empty: the bot's."""
    default_style: str = setting(
        "",
        Style(),
        "style",
        group="server",
        blank="style",
        discord=Texts("discord.settings.style.name", "discord.settings.style"),
        telegram=Texts("telegram.setting.style", "telegram.settings.style", "telegram.open.style"),
    )
    """One style or several, with commas."""
    language: str = setting(
        "",
        Language(),
        "language",
        group="server",
        blank="tongue",
        discord=Texts("discord.settings.language.name", "discord.settings.language"),
        telegram=Texts("telegram.setting.language", "telegram.settings.language", "telegram.open.language"),
    )
    """Reply language for everyone there; empty: by the platform's locale."""
    show_words: bool = setting(
        True,
        Switch(),
        "words",
        group="server",
        blank="shown",
        discord=Texts("discord.settings.words.name", "discord.settings.words"),
        telegram=Texts("telegram.setting.words", "telegram.settings.words", "telegram.switch.words"),
    )
    """Whether the text is shown under voice messages."""
    allowed_roles: tuple[str, ...] = setting((), _ROLES, blank="allowed")
    """Scopes (``role:discord:77``) that may speak, or with a use (``singing@role:discord:77``) that may do that; none
    of a kind: everyone.
    """
    blocked_roles: tuple[str, ...] = setting((), _ROLES, blank="blocked")
    """Scopes that may not speak, whatever other roles the person has."""
    channels: tuple[str, ...] = setting((), Names(MOST_CHANNELS, "space.channels_full"), blank="channels")
    """Ids of the channels where people may speak; empty: all."""
    cooldown: int = setting(
        0,
        Seconds(0, LONGEST_COOLDOWN, "space.cooldown"),
        "cooldown",
        group="server",
        blank="cooldown",
        discord=Texts("discord.settings.cooldown.name", "discord.settings.cooldown"),
        telegram=Texts("telegram.setting.cooldown", "telegram.settings.cooldown", "telegram.open.cooldown"),
    )
    """Seconds between two utterances of one person; 0: none."""
    role_cooldowns: Mapping[str, int] = setting({}, Checked(_rests), blank="rests")
    """The same by role scope; for a person with several roles the shortest counts."""
    blocked_words: tuple[str, ...] = setting((), Checked(_words), blank="count")
    """Words that are not spoken there."""
    reply_context: bool = setting(
        False,
        Switch(),
        "context",
        telegram=Texts("telegram.setting.context", "telegram.settings.context", "telegram.switch.context"),
    )
    """Whether the message replied to may serve as context for the tone."""


class Spaces(SettingsTable[SpaceSettings]):
    """The settings of spaces; one per process and database.

    ``set`` raises InputError ``name.too_long``, ``language.unknown``, ``space.roles_full``, ``space.channels_full``,
    ``space.words_full``, ``space.word_empty``, ``space.word_too_long``, ``space.cooldown`` (each with limit).
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(database, space_setting, SpaceSettings, clock=clock)

    async def rest(self, space: Space, role: str, seconds: int | None) -> SpaceSettings:
        """Set a role's cooldown by its scope; None removes it.

        Raises InputError ``space.cooldown``, ``space.roles_full``, ``name.too_long``; StoreError.
        """

        def rests(held: SpaceSettings) -> dict[str, dict[str, int]]:
            others = {scope: rest for scope, rest in held.role_cooldowns.items() if scope != role}
            return {"role_cooldowns": others | ({} if seconds is None else {role: seconds})}

        return await self.change(space, rests)


MOST_IGNORED = 500
TEMPLATE_CHARACTERS = 80
PREFIX_CHARACTERS = 8
LEAST_CHARACTERS, MOST_CHARACTERS = 20, 2000
"""Bounds of the longest reading."""
LONGEST_ALONE = 3600
"""Seconds."""


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """The reading settings of a space, set by those who manage it; these are the defaults."""

    WHO: ClassVar[Who] = Who.MANAGERS
    names: bool = setting(True, Switch(), "names", both=Texts("reading.names.name", "reading.names"))
    """Whether the author of a message is announced."""
    name_template: str = setting(
        "", Template(TEMPLATE_CHARACTERS), "template", both=Texts("reading.template.name", "reading.template")
    )
    """Template of the announcement, with ``{name}`` in it; empty: the language's own."""
    language: str = setting("", SpokenLanguage(), "language", both=Texts("reading.language.name", "reading.language"))
    """Language of spoken symbols, and of texts too short to detect it; empty: the space's, else the bot's."""
    max_characters: int = setting(
        300,
        Number(LEAST_CHARACTERS, MOST_CHARACTERS, "reading.characters"),
        "length",
        both=Texts("reading.length.name", "reading.length"),
    )
    """Longest reading of one message."""
    skip_prefix: str = setting(
        "", Text(PREFIX_CHARACTERS), "prefix", both=Texts("reading.prefix.name", "reading.prefix")
    )
    """Messages with this prefix are not read."""
    in_call_only: bool = setting(
        True, Switch(inverted=True), "everyone", discord=Texts("reading.everyone.name", "reading.everyone")
    )
    """Whether an author must be in the voice channel."""
    bots: bool = setting(False, Switch(), "bots", both=Texts("reading.bots.name", "reading.bots"))
    """Whether other bots are read."""
    webhooks: bool = setting(
        False,
        Switch(),
        "webhooks",
        discord=Texts("reading.webhooks.name", "reading.webhooks"),
        telegram=Texts("reading.webhooks.name", "telegram.reading.webhooks"),
    )
    read_silent: bool = setting(False, Switch(), "silent", discord=Texts("reading.silent.name", "reading.silent"))
    """Whether messages sent without a notification are read."""
    skip_emoji: bool = setting(False, Switch(inverted=True), "emoji", both=Texts("reading.emoji.name", "reading.emoji"))
    """Whether emoji and stickers are left out."""
    expand_slang: bool = setting(True, Switch(), "slang", both=Texts("reading.slang.name", "reading.slang"))
    """``btw`` is read as ``by the way``."""
    laugh: bool = setting(True, Switch(), "laugh", both=Texts("reading.laugh.name", "reading.laugh"))
    """A laughing emoji becomes a laugh."""
    emphasis: bool = setting(True, Switch(), "emphasis", both=Texts("reading.emphasis.name", "reading.emphasis"))
    """ALL CAPS are stressed."""
    whisper: bool = setting(True, Switch(), "whisper", both=Texts("reading.whisper.name", "reading.whisper"))
    """The placeholder of a spoiler is whispered."""
    actions: bool = setting(True, Switch(), "actions", both=Texts("reading.actions.name", "reading.actions"))
    """``*sighs*`` becomes a sigh."""
    auto_join: bool = setting(True, Switch(), "come", discord=Texts("reading.come.name", "reading.come"))
    """Whether the bot joins by itself when someone in a voice channel writes in a bound channel."""
    alone_seconds: int = setting(
        120,
        Seconds(0, LONGEST_ALONE, "reading.bad_alone"),
        "alone",
        discord=Texts("reading.alone.name", "reading.alone"),
    )
    """Seconds alone after which it leaves; 0: it stays."""
    quiet_from: int = setting(0, Hours("quiet_until"), "quiet", both=Texts("reading.quiet.name", "reading.quiet"))
    """Minutes after midnight, in the time zone: nothing is read from here …"""
    quiet_until: int = setting(0, Hours())
    """… until here; equal values: always read."""
    timezone: str = setting("UTC", Zone(), "timezone", both=Texts("reading.timezone.name", "reading.timezone"))
    """IANA name."""
    required_roles: tuple[str, ...] = setting((), _ROLES, both=Texts("", "reading.required_roles"))
    """Scopes (``role:discord:77``) whose messages are read; empty: everyone's."""
    priority_roles: tuple[str, ...] = setting((), _ROLES, both=Texts("", "reading.priority_roles"))
    """Scopes whose messages are read first."""
    blocked_roles: tuple[str, ...] = setting((), _ROLES, both=Texts("", "reading.blocked_roles"))
    """Scopes whose messages are not read, whatever other roles the person has."""
    ignored: tuple[str, ...] = setting(
        (), Names(MOST_IGNORED, "reading.ignored_full"), both=Texts("", "reading.ignored")
    )
    """Scopes of accounts (``account:discord:42``) that are not read."""


class Readings(SettingsTable[ReadingSettings]):
    """The reading settings of spaces; one per process and database.

    ``set`` raises InputError ``name.too_long``, ``language.unknown``, ``reading.bad_template``, ``reading.characters``,
    ``reading.bad_alone``, ``reading.bad_hour``, ``reading.zone``, ``space.roles_full``, ``reading.ignored_full``.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(database, reading_setting, ReadingSettings, clock=clock)


FavouriteKind = Literal["voice", "style"]

MOST_FAVOURITES = 25
"""Of each kind: as many as Discord shows in one menu."""
MOST_RECENT = 10
_LIMITS: dict[FavouriteKind, int] = {"voice": setting_fields.VOICE_CHARACTERS, "style": 48}
_FAVOURITES: dict[FavouriteKind, str] = {"voice": "favourite_voices", "style": "favourite_styles"}
_FULL: dict[FavouriteKind, str] = {"voice": "favourite.voices_full", "style": "favourite.styles_full"}
NICKNAME_CHARACTERS = 64
SPEEDS = ("slow", "fast")


@dataclass(frozen=True, slots=True)
class Preference:
    """The preferences of one account; empty where never set."""

    WHO: ClassVar[Who] = Who.PERSON
    voice: str = setting(
        "",
        Voice(),
        "voice",
        group="mine",
        blank="voice",
        discord=Texts("discord.settings.voice.name", "discord.settings.voice"),
        telegram=Texts("telegram.setting.voice", button="telegram.open.voice"),
    )
    """A preset voice's id."""
    style: str = setting(
        "",
        Style(),
        "style",
        group="mine",
        blank="style",
        discord=Texts("discord.settings.style.name", "discord.settings.style"),
        telegram=Texts("telegram.setting.style", button="telegram.open.style"),
    )
    """One style or several, with commas."""
    language: str = setting(
        "",
        Language(),
        "language",
        group="mine",
        blank="tongue",
        discord=Texts("discord.settings.language.name", "discord.settings.language"),
        telegram=Texts("telegram.setting.language"),
    )
    """Reply language; empty: by the platform's locale."""
    favourite_voices: tuple[str, ...] = setting((), Kept(), blank="favourite_voices")
    """In the order they were added."""
    favourite_styles: tuple[str, ...] = setting((), Kept(), blank="favourite_styles")
    recent_voices: tuple[str, ...] = setting((), Kept(), blank="recent_voices")
    """Most recent first, each once."""
    recent_styles: tuple[str, ...] = setting((), Kept(), blank="recent_styles")
    nickname: str = setting(
        "",
        Text(NICKNAME_CHARACTERS),
        "nickname",
        group="aloud",
        both=Texts("reading.nickname.name", "reading.nickname"),
    )
    """Spoken name when messages are read aloud; empty: the display name."""
    speed: str = setting(
        "",
        Word(SPEEDS, "speed.unknown", "speeds", SPEED_WORDS, "usual"),
        "speed",
        group="aloud",
        both=Texts("reading.speed.name", "reading.speed"),
    )
    """``slow``, ``fast`` or empty."""
    spoken_language: str = setting(
        "",
        SpokenLanguage(),
        "tongue",
        group="aloud",
        both=Texts("reading.tongue.name", "reading.tongue"),
    )
    """Language of messages too short to detect it; empty: the place's."""
    opted_out: bool = setting(
        False,
        Switch(inverted=True),
        "readme",
        group="aloud",
        both=Texts("reading.readme.name", "reading.readme"),
    )
    """Whether messages of this person are never read aloud."""


_ROWS = Rows(preference, Preference)


class Preferences:
    """The preferences of people; one per process and database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, account: Account) -> Preference:
        """Return an account's preferences. Raises StoreError."""
        return await self._database.read(partial(_ROWS.get, owner=account.scope))

    async def set(self, account: Account, **changes: Any) -> None:
        """Change the given fields, all or nothing; empty text and None reset to the default.

        Raises InputError ``name.too_long``, ``language.unknown``, ``speed.unknown``; StoreError.
        """
        checked = _ROWS.check(changes)
        if checked:
            await self._database.write(partial(_ROWS.put, owner=account.scope, changes=checked))

    async def used(self, account: Account, voice: str, styles: Sequence[str]) -> None:
        """Remember the voice id and style names of an utterance, never free text.

        Names too long to be either are skipped. Raises StoreError.
        """
        voices = _fitting([voice], "voice")
        named = _fitting(styles, "style")
        if voices or named:
            await self._database.write(partial(_used, scope=account.scope, voices=voices, styles=named))

    async def favourite(self, account: Account, kind: FavouriteKind, name: str, on: bool) -> None:
        """Add a voice or a style to the favourites, or remove it. Harmless when repeated.

        Raises InputError ``favourite.voices_full``, ``favourite.styles_full`` (limit), ``name.empty``,
        ``name.too_long``; StoreError.
        """
        line = setting_fields.bounded_name(name, _LIMITS[kind])
        if not line:
            raise InputError("name.empty")
        await self._database.write(partial(_favourite, scope=account.scope, kind=kind, name=line, on=on))

    async def forget(self, account: Account) -> None:
        """Remove all preferences of an account. Raises StoreError."""
        await self._database.write(partial(_ROWS.forget, owner=account.scope))


def _fitting(given: Sequence[str], kind: FavouriteKind) -> list[str]:
    lines = [" ".join(setting_fields.well_formed(name).split()) for name in given]
    return [line for line in lines if 0 < len(line) <= _LIMITS[kind]]


def _used(connection: Connection, *, scope: str, voices: Sequence[str], styles: Sequence[str]) -> None:
    known = _ROWS.get(connection, scope)
    lately = {
        "recent_voices": list(dict.fromkeys([*voices, *known.recent_voices]))[:MOST_RECENT],
        "recent_styles": list(dict.fromkeys([*styles, *known.recent_styles]))[:MOST_RECENT],
    }
    _ROWS.put(connection, scope, {name: kept for name, kept in lately.items() if kept != list(getattr(known, name))})


def _favourite(connection: Connection, *, scope: str, kind: FavouriteKind, name: str, on: bool) -> None:
    known = _ROWS.get(connection, scope)
    listed = known.favourite_voices if kind == "voice" else known.favourite_styles
    kept = [other for other in listed if on or other != name]
    if on and name not in kept:
        if len(kept) >= MOST_FAVOURITES:
            raise InputError(_FULL[kind], limit=MOST_FAVOURITES)
        kept.append(name)
    _ROWS.put(connection, scope, {_FAVOURITES[kind]: kept})
