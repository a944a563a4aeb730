"""Settings of servers and groups, of reading aloud, and preferences of people, with a short memory."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Literal, TypeVar, cast

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
    Word,
    Zone,
    setting,
    settings_of,
)
from bot.values import SPEED_WORDS

T = TypeVar("T")

SECONDS = 10.0
"""How long a value is believed."""
MOST = 4096
"""Values kept; the oldest go first."""


class Recall(Generic[T]):
    """Values by key, each for a limited time."""

    def __init__(
        self, seconds: float = SECONDS, *, most: int = MOST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``clock``: seconds that never go back."""
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._kept: dict[str, tuple[float, T]] = {}
        self._changes = 0

    async def get(self, key: str, load: Callable[[], Awaitable[T]]) -> T:
        """Return the value of a key, read again when it is not remembered. Raises what ``load`` raises."""
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        began = self._changes
        value = await load()
        if began == self._changes:  # else this may be the value from before the change
            self._kept.pop(key, None)
            self._kept[key] = self._clock() + self._seconds, value
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return value

    def drop(self, key: str) -> None:
        """Its stored value was changed."""
        self._changes += 1
        self._kept.pop(key, None)


Lists = Mapping[str, Iterable[str]]
"""Values by the name of the list that they go into, or leave."""


class Rows(Generic[T]):
    """The rows of one kind of settings. ``T`` is a frozen dataclass of fields made by ``setting``."""

    def __init__(self, table: Table, model: type[T]) -> None:
        """``table``: whose they are, ``name`` and ``value``."""
        self._table = table
        self._owner = next(iter(table.primary_key.columns))
        self._model = model
        self._settings: Mapping[str, Setting] = {each.field: each for each in settings_of(cast("Any", model))}

    def check(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return changes as they are stored; None, and an empty text, unset. Raises InputError."""
        return {name: None if value is None else self._check(name, value) for name, value in changes.items()}

    def get(self, connection: Connection, owner: str) -> T:
        """Return the settings that hold. Rows of settings unknown to this version are passed over."""
        found = connection.execute(select(self._table.c.name, self._table.c.value).where(self._owner == owner))
        held = {name: tuple(value) if isinstance(value, list) else value for name, value in found}
        return self._model(**{name: value for name, value in held.items() if name in self._settings})

    def put(self, connection: Connection, owner: str, changes: Mapping[str, Any]) -> None:
        """Write changes that were checked."""
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
        """Put values into lists and take others out. Raises InputError."""
        # Checked first, so that a value is found in whichever way it was typed; and each alone, since no maximum holds
        # for what goes.
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
    """One kind of settings of spaces: read through a short memory, changed in one transaction."""

    def __init__(
        self, database: Database, table: Table, model: type[T], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``clock``: in seconds."""
        self._database = database
        self._rows = Rows(table, model)
        self._recall: Recall[T] = Recall(clock=clock)

    async def get(self, space: Space) -> T:
        """Return the settings that hold; another process' change arrives within 10 s. Raises StoreError."""
        return await self._recall.get(
            space.scope, lambda: self._database.read(partial(self._rows.get, owner=space.scope))
        )

    async def set(self, space: Space, changes: Mapping[str, Any]) -> T:
        """Change the settings that are named, all or none; returns what holds now. Raises InputError, StoreError."""
        checked = self._rows.check(changes)
        return await self._write(space, partial(self._rows.put, owner=space.scope, changes=checked))

    async def adjust(self, space: Space, add: Lists, remove: Lists) -> T:
        """Put values into lists and take others out, all in one step. Raises InputError, StoreError."""
        return await self._write(space, partial(self._rows.adjust, owner=space.scope, add=add, remove=remove))

    async def change(self, space: Space, values: Callable[[T], Mapping[str, Any]]) -> T:
        """Change settings by what they are, in one step, whoever else changes them. Raises InputError, StoreError."""

        def body(connection: Connection) -> None:
            changes = values(self._rows.get(connection, space.scope))
            self._rows.put(connection, space.scope, self._rows.check(changes))

        return await self._write(space, body)

    async def forget(self, space: Space) -> None:
        """Back to the defaults; nothing of the space stays in this table. Raises StoreError."""
        await self._write(space, partial(self._rows.forget, owner=space.scope))

    def drop(self, scope: str) -> None:
        """What is stored of a space was changed elsewhere."""
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
"""What roles may be allowed or refused apart from speaking at all: to sing, to say in a sentence how it is to be
said, and voices that are described or cloned."""
_ROLES = Names(MOST_ROLES, "space.roles_full")


def for_use(use: str, role: str) -> str:
    """Return an entry of the lists of roles that is about one of ``USES`` alone; ``use`` empty.

    About speaking at all.
    """
    return f"{use}@{role}" if use else role


def _rests(by_role: Mapping[str, int]) -> dict[str, int]:
    cooldown = Seconds(0, LONGEST_COOLDOWN, "space.cooldown")
    return {role: cooldown.check(by_role[role]) for role in _ROLES.check(tuple(by_role))}


def _words(given: Sequence[str]) -> list[str]:
    """Return each once. A word without a visible sign would be found everywhere, or nowhere."""
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
    """The settings of one space, which those who manage it set; as here where nobody set any."""

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
    """Language of what everyone there reads; empty: by the platform's locale."""
    show_words: bool = setting(
        True,
        Switch(),
        "words",
        group="server",
        blank="shown",
        discord=Texts("discord.settings.words.name", "discord.settings.words"),
        telegram=Texts("telegram.setting.words", "telegram.settings.words", "telegram.switch.words"),
    )
    """Whether the words are shown beside voice messages."""
    allowed_roles: tuple[str, ...] = setting((), _ROLES, blank="allowed")
    """Scopes (``role:discord:77``) of those who may speak, or with a use (``singing@role:discord:77``) of those who
    may do that; none of a kind: everyone."""
    blocked_roles: tuple[str, ...] = setting((), _ROLES, blank="blocked")
    """Scopes of those who may not, whatever else they hold."""
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
    """The same for those with a role, by its scope; who has several rests as long as the shortest says."""
    blocked_words: tuple[str, ...] = setting((), Checked(_words), blank="count")
    """What is not spoken there."""
    reply_context: bool = setting(
        False,
        Switch(),
        "context",
        telegram=Texts("telegram.setting.context", "telegram.settings.context", "telegram.switch.context"),
    )
    """Whether the message that is answered may serve as context for the tone."""


class Spaces:
    """One per process and database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds that never go back, for how long settings are believed."""
        self._table = SettingsTable(database, space_setting, SpaceSettings, clock=clock)

    async def get(self, space: Space) -> SpaceSettings:
        """Return the settings that hold; another process' change arrives within 10 s. Raises StoreError."""
        return await self._table.get(space)

    async def set(self, space: Space, **changes: Any) -> SpaceSettings:
        """Change the settings that are named by their fields, all or none; returns what holds now. None unsets one.

        Raises InputError ``name.too_long``, ``language.unknown``, ``space.roles_full``, ``space.channels_full``,
        ``space.words_full``, ``space.word_empty``, ``space.word_too_long``, ``space.cooldown`` (each with limit);
        StoreError.
        """
        return await self._table.set(space, changes)

    async def adjust(self, space: Space, *, add: Lists | None = None, remove: Lists | None = None) -> SpaceSettings:
        """Put entries into lists and take others out, in one step, whoever else changes them. Raises as ``set``."""
        return await self._table.adjust(space, add or {}, remove or {})

    async def rest(self, space: Space, role: str, seconds: int | None) -> SpaceSettings:
        """Give those with a role (its scope) a cooldown of their own; None takes it away.

        Raises InputError ``space.cooldown``, ``space.roles_full``, ``name.too_long``; StoreError.
        """

        def rests(held: SpaceSettings) -> dict[str, dict[str, int]]:
            others = {scope: rest for scope, rest in held.role_cooldowns.items() if scope != role}
            return {"role_cooldowns": others | ({} if seconds is None else {role: seconds})}

        return await self._table.change(space, rests)

    async def forget(self, space: Space) -> None:
        """Back to the defaults; nothing of the space stays stored here. Raises StoreError."""
        await self._table.forget(space)

    def drop(self, scope: str) -> None:
        """What is stored of a space was changed elsewhere."""
        self._table.drop(scope)


MOST_IGNORED = 500
TEMPLATE_CHARACTERS = 80
PREFIX_CHARACTERS = 8
LEAST_CHARACTERS, MOST_CHARACTERS = 20, 2000
"""Bounds of the longest reading."""
LONGEST_ALONE = 3600
"""Seconds."""


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """The settings of one space, which those who manage it set; as here where nobody set any."""

    names: bool = setting(True, Switch(), "names", both=Texts("reading.names.name", "reading.names"))
    """Whether it is said who wrote a message."""
    name_template: str = setting(
        "", Template(TEMPLATE_CHARACTERS), "template", both=Texts("reading.template.name", "reading.template")
    )
    """How it is said, with ``{name}`` in it; empty: as the language does."""
    language: str = setting("", SpokenLanguage(), "language", both=Texts("reading.language.name", "reading.language"))
    """Of what is said for signs, and of texts too short to tell; empty: the space's, else the bot's."""
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
    """A message that begins so is not read."""
    in_call_only: bool = setting(
        True, Switch(inverted=True), "everyone", discord=Texts("reading.everyone.name", "reading.everyone")
    )
    """Whether an author has to sit in the call."""
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
    """The word that stands for a spoiler is whispered."""
    actions: bool = setting(True, Switch(), "actions", both=Texts("reading.actions.name", "reading.actions"))
    """``*sighs*`` becomes a sigh."""
    auto_join: bool = setting(True, Switch(), "come", discord=Texts("reading.come.name", "reading.come"))
    """Whether the bot comes by itself when somebody in a call writes in a bound channel."""
    alone_seconds: int = setting(
        120,
        Seconds(0, LONGEST_ALONE, "reading.bad_alone"),
        "alone",
        discord=Texts("reading.alone.name", "reading.alone"),
    )
    """After so long alone it leaves; 0: it stays."""
    quiet_from: int = setting(0, Hours("quiet_until"), "quiet", both=Texts("reading.quiet.name", "reading.quiet"))
    """Minutes after midnight, in the time zone: nothing is read from here …"""
    quiet_until: int = setting(0, Hours())
    """… until here; the same twice: always read."""
    timezone: str = setting("UTC", Zone(), "timezone", both=Texts("reading.timezone.name", "reading.timezone"))
    """IANA name."""
    required_roles: tuple[str, ...] = setting((), _ROLES, both=Texts("", "reading.required_roles"))
    """Scopes (``role:discord:77``) of those who are read; empty: everyone."""
    priority_roles: tuple[str, ...] = setting((), _ROLES, both=Texts("", "reading.priority_roles"))
    """Scopes of those who are read first."""
    blocked_roles: tuple[str, ...] = setting((), _ROLES, both=Texts("", "reading.blocked_roles"))
    """Scopes of those who are not read, whatever else they hold."""
    ignored: tuple[str, ...] = setting(
        (), Names(MOST_IGNORED, "reading.ignored_full"), both=Texts("", "reading.ignored")
    )
    """Scopes of accounts (``account:discord:42``) that are not read."""


class Readings:
    """One per process and database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds that never go back, for how long settings are believed."""
        self._table = SettingsTable(database, reading_setting, ReadingSettings, clock=clock)

    async def get(self, space: Space) -> ReadingSettings:
        """Return the settings that hold; another process' change arrives within 10 s. Raises StoreError."""
        return await self._table.get(space)

    async def set(self, space: Space, **changes: Any) -> ReadingSettings:
        """Change the settings that are named by their fields, all or none; returns what holds now. None unsets one.

        Raises InputError ``name.too_long``, ``language.unknown``, ``reading.bad_template``, ``reading.characters``,
        ``reading.bad_alone``, ``reading.bad_hour``, ``reading.zone``, ``space.roles_full``, ``reading.ignored_full``;
        StoreError.
        """
        return await self._table.set(space, changes)

    async def adjust(self, space: Space, *, add: Lists | None = None, remove: Lists | None = None) -> ReadingSettings:
        """Put entries into lists and take others out, in one step, whoever else changes them. Raises as ``set``."""
        return await self._table.adjust(space, add or {}, remove or {})

    async def forget(self, space: Space) -> None:
        """Back to the defaults. Raises StoreError."""
        await self._table.forget(space)

    def drop(self, scope: str) -> None:
        """What is stored of a space was changed elsewhere."""
        self._table.drop(scope)


FavouriteKind = Literal["voice", "style"]

MOST_FAVOURITES = 25
"""Of each kind: as many as Discord shows in one list of choices."""
MOST_RECENT = 10
_LIMITS: dict[FavouriteKind, int] = {"voice": setting_fields.VOICE_CHARACTERS, "style": 48}
_FAVOURITES: dict[FavouriteKind, str] = {"voice": "favourite_voices", "style": "favourite_styles"}
_FULL: dict[FavouriteKind, str] = {"voice": "favourite.voices_full", "style": "favourite.styles_full"}
NICKNAME_CHARACTERS = 64
SPEEDS = ("slow", "fast")


@dataclass(frozen=True, slots=True)
class Preference:
    """What is known of one account, as the person set it; empty where they never said."""

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
    """Language of the answers; empty: by the platform's locale."""
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
    """As it is spoken when messages are read aloud; empty: the name shown."""
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
    """Of messages that do not tell it themselves; empty: the place's."""
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
    """One per process and database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, account: Account) -> Preference:
        """Return what an account prefers; defaults where nothing is stored. Raises StoreError."""
        return await self._database.read(partial(_ROWS.get, owner=account.scope))

    async def set(self, account: Account, **changes: Any) -> None:
        """Change what is given by field, all or nothing; an empty text and None go back to the default.

        Raises InputError ``name.too_long``, ``language.unknown``, ``speed.unknown``; StoreError.
        """
        checked = _ROWS.check(changes)
        if checked:
            await self._database.write(partial(_ROWS.put, owner=account.scope, changes=checked))

    async def used(self, account: Account, voice: str, styles: Sequence[str]) -> None:
        """Remember what an utterance was spoken with: a voice's id and names of the catalogue, never free text.

        Names too long to be either are passed over. Raises StoreError.
        """
        voices = _fitting([voice], "voice")
        named = _fitting(styles, "style")
        if voices or named:
            await self._database.write(partial(_used, scope=account.scope, voices=voices, styles=named))

    async def favourite(self, account: Account, kind: FavouriteKind, name: str, on: bool) -> None:
        """Add a voice or a style to the favourites, or take it out. Harmless when repeated.

        Raises InputError ``favourite.voices_full``, ``favourite.styles_full`` (limit), ``name.empty``,
        ``name.too_long``; StoreError.
        """
        line = setting_fields.bounded_name(name, _LIMITS[kind])
        if not line:
            raise InputError("name.empty")
        await self._database.write(partial(_favourite, scope=account.scope, kind=kind, name=line, on=on))

    async def forget(self, account: Account) -> None:
        """Remove all that is stored here of an account. Raises StoreError."""
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
