"""Fields of settings: value types, bounds, who may set them and where, and the checks of stored values."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum, auto
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from bot import values
from bot.errors import InputError
from bot.patterns import normal_form
from bot.texts import LANGUAGES

VOICE_CHARACTERS = 96
"""Longest voice id."""
STYLE_CHARACTERS = 200
"""Longest default style: several names with commas."""
SCOPE_CHARACTERS = 128
"""Longest role scope or channel id."""


def well_formed(text: str) -> str:
    """Return the text without null bytes and without code points that UTF-8 cannot encode."""
    return text.encode("utf-8", "ignore").decode("utf-8").replace("\x00", "")


def bounded_name(text: str, limit: int) -> str:
    """Return one line, single-spaced; may be empty. Raises InputError ``name.too_long`` (limit: characters)."""
    line = " ".join(well_formed(text).split())
    if len(line) > limit:
        raise InputError("name.too_long", limit=limit)
    return line


def names(given: Sequence[str], limit: int, *, most: int, too_many: str) -> tuple[str, ...]:
    """Return names in their order, each once, without empty ones.

    Raises InputError ``name.too_long`` or ``too_many``.
    """
    kept = tuple(dict.fromkeys(line for text in given if (line := bounded_name(text, limit))))
    if len(kept) > most:
        raise InputError(too_many, limit=most)
    return kept


def language(code: str) -> str:
    """Return a supported reply language, or nothing. Raises InputError ``language.unknown`` (languages)."""
    if code and code not in LANGUAGES:
        raise InputError("language.unknown", languages=tuple(LANGUAGES))
    return code


DAY = 24 * 60
"""Minutes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a setting's values."""

    def check(self, value: Any) -> Any:
        """Return a value in its stored form. Raises InputError for one out of bounds."""
        return value

    def parse(self, name: str, typed: str) -> Any:
        """Parse a typed value; ``name`` is the setting as the person calls it. Raises InputError."""
        del name
        return typed

    def show(self, value: Any, language: str) -> object:
        """Return a value as a sentence shows it."""
        del language
        return value

    def offered(self) -> tuple[str, ...]:
        """Return suggestions: the possible values if there are few, else an example or nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class Switch(Kind):
    """On or off."""

    inverted: bool = False
    """Whether "on" means that the field is False."""

    def check(self, value: Any) -> bool:
        """Return the value as a boolean."""
        return bool(value)

    def parse(self, name: str, typed: str) -> bool:
        """Parse on or off. Raises InputError ``reading.wanted.switch``."""
        return values.switch(name, typed) is not self.inverted

    def show(self, value: Any, language: str) -> object:
        """Return whether it is on."""
        del language
        return value is not self.inverted

    def offered(self) -> tuple[str, ...]:
        """Return on and off."""
        return "on", "off"


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A whole number within bounds."""

    least: int
    most: int
    refusal: str
    """Code of the sentence for a value out of bounds, with ``least`` and ``limit``."""

    def check(self, value: Any) -> int:
        """Return the number. Raises InputError ``refusal``."""
        if not isinstance(value, int) or not self.least <= value <= self.most:
            raise InputError(self.refusal, least=self.least, limit=self.most)
        return value

    def parse(self, name: str, typed: str) -> int:
        """Parse a number. Raises InputError ``reading.wanted.number``."""
        return values.number(name, typed)


@dataclass(frozen=True, slots=True)
class Seconds(Number):
    """A duration."""

    def parse(self, name: str, typed: str) -> int:
        """Parse a duration. Raises InputError ``telegram.settings.number``."""
        return values.seconds(name, typed)


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """One line; empty resets to the default."""

    limit: int
    """Characters."""

    def check(self, value: Any) -> str:
        """Return the line. Raises InputError ``name.too_long``."""
        return bounded_name(value, self.limit)

    def show(self, value: Any, language: str) -> object:
        """Return the text, or a dash if empty."""
        del language
        return value or "–"


@dataclass(frozen=True, slots=True)
class Voice(Text):
    """A voice's id; a platform checks whether it exists."""

    limit: int = VOICE_CHARACTERS


@dataclass(frozen=True, slots=True)
class Style(Text):
    """One style or several, with commas."""

    limit: int = STYLE_CHARACTERS


@dataclass(frozen=True, slots=True)
class Template(Text):
    """A sentence with ``{name}`` in it."""

    def check(self, value: Any) -> str:
        """Return the template. Raises InputError ``name.too_long``, ``reading.bad_template``."""
        line = bounded_name(value, self.limit)
        rest = line.replace("{name}", "")
        if line and (line.count("{name}") != 1 or "{" in rest or "}" in rest):
            raise InputError("reading.bad_template")
        return line


@dataclass(frozen=True, slots=True)
class Word(Kind):
    """One of a few words; empty resets to the default."""

    words: tuple[str, ...]
    refusal: str
    """Code of the sentence for another word."""
    fact: str
    """Placeholder for the words in it."""
    also: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Other accepted spellings, by word."""
    unset: str = "auto"
    """The choice that resets to the default in menus, where nothing can be typed."""

    def check(self, value: Any) -> str:
        """Return the word. Raises InputError ``refusal``."""
        if value and value not in self.words:
            raise InputError(self.refusal, **{self.fact: self.words})
        return str(value)

    def parse(self, name: str, typed: str) -> str:
        """Parse a word; empty for the default."""
        del name
        return values.text(typed, self.also)

    def show(self, value: Any, language: str) -> object:
        """Return the word in a language, or a dash if empty."""
        return values.named(value, language) if value else "–"

    def offered(self) -> tuple[str, ...]:
        """Return the words and the sign for the default."""
        return *self.words, values.NONE

    @property
    def choices(self) -> tuple[str, ...]:
        """The choices of a menu."""
        return self.unset, *self.words

    def label(self, word: str, language: str) -> str:
        """Return the label of a choice."""
        return values.named(word, language)


@dataclass(frozen=True, slots=True)
class Language(Word):
    """A language with sentences; empty resets to the default."""

    words: tuple[str, ...] = tuple(LANGUAGES)
    refusal: str = "language.unknown"
    fact: str = "languages"
    also: Mapping[str, str] = field(default_factory=lambda: values.LANGUAGE_WORDS, hash=False)

    def label(self, word: str, language: str) -> str:
        """Return a language's name in itself."""
        del language
        return values.named(word, word)


@dataclass(frozen=True, slots=True)
class SpokenLanguage(Language):
    """A language to read aloud in; both scripts of Chinese are read the same way."""

    words: tuple[str, ...] = ("en", "zh")
    also: Mapping[str, str] = field(default_factory=lambda: values.SPOKEN_WORDS, hash=False)


@dataclass(frozen=True, slots=True)
class Hours(Kind):
    """Start of a span of the day, in minutes after midnight; ``until`` names the field of its end."""

    until: str = ""

    def check(self, value: Any) -> int:
        """Return the minutes. Raises InputError ``reading.bad_hour``."""
        if not isinstance(value, int) or not 0 <= value < DAY:
            raise InputError("reading.bad_hour", least=0, limit=DAY - 1)
        return value

    def parse(self, name: str, typed: str) -> tuple[int, int]:
        """Parse a span. Raises InputError ``reading.wanted.hours``."""
        return values.hours(name, typed)

    def show(self, value: Any, language: str) -> object:
        """Return a span, given its beginning and its end."""
        del language
        begins, ends = value
        return f"{_clock(begins)}-{_clock(ends)}" if begins != ends else "–"

    def offered(self) -> tuple[str, ...]:
        """Return an example."""
        return "22:00-07:00", "off"


@dataclass(frozen=True, slots=True)
class Zone(Kind):
    """A time zone: an IANA name, or whole hours such as ``UTC+8``."""

    def check(self, value: Any) -> str:
        """Return the time zone's name; ``UTC+8`` becomes ``Etc/GMT-8``, whose sign is inverted.

        Raises InputError ``reading.zone``.
        """
        name = normal_form("NFKC", value).strip()
        if not name:
            return ""
        if offset := _OFFSET.fullmatch(name):
            hours, sign = int(offset["hours"]), "-" if offset["sign"] == "+" else "+"
            name = f"Etc/GMT{sign}{hours}" if hours else "UTC"
        found = _zones().get("_".join(name.split()).casefold())
        if found is None:
            raise InputError("reading.zone")
        return found

    def show(self, value: Any, language: str) -> object:
        """Return ``UTC+8`` for ``Etc/GMT-8``."""
        del language
        return _ETC.sub(lambda zone: f"UTC{_SIGNS[zone[1]]}{zone[2]}", value)


@dataclass(frozen=True, slots=True)
class Names(Kind):
    """A list of scopes or ids, each once."""

    most: int
    refusal: str
    """Code of the sentence for too many entries, with ``limit``."""

    def check(self, value: Any) -> list[str]:
        """Return the entries. Raises InputError ``name.too_long``, ``refusal``."""
        return list(names(value, SCOPE_CHARACTERS, most=self.most, too_many=self.refusal))

    def show(self, value: Any, language: str) -> object:
        """Return the number of entries."""
        del language
        return len(value) or "–"


@dataclass(frozen=True, slots=True)
class Kept(Kind):
    """A value the bot stores by itself; checked by the code that stores it."""

    def show(self, value: Any, language: str) -> object:
        """Return the value, or a dash if empty."""
        del language
        return value or "–"


@dataclass(frozen=True, slots=True)
class Checked(Kind):
    """A value with its own check, which nobody types."""

    by: Callable[[Any], Any]

    def check(self, value: Any) -> Any:
        """Return the checked value. Raises what the check raises."""
        return self.by(value)

    def show(self, value: Any, language: str) -> object:
        """Return the number of entries."""
        del language
        return len(value)


@dataclass(frozen=True, slots=True)
class Texts:
    """Codes of the sentences about a setting on one platform."""

    name: str = ""
    """Its name in commands and menus; empty if it has commands of its own."""
    about: str = ""
    """Its description: of an option, or the line that shows it."""
    button: str = ""
    """Label of the button that toggles it, or opens its values."""


class Who(Enum):
    """Who may set a setting; each command and button checks it."""

    PERSON = auto()
    """Everyone their own."""
    MANAGERS = auto()
    """Those who manage the server, administrators of the group."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting."""

    field: str
    key: str
    """The key people type, in every language; empty if it belongs to another one or has commands of its own."""
    kind: Kind
    default: Any
    who: Who
    discord: Texts | None
    """None: it does not exist there, since it means nothing there."""
    telegram: Texts | None
    group: str
    """Settings of the same group are set by one command."""
    blank: str
    """Placeholder in Discord's overview sentence."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it fills."""
        return (self.field, self.kind.until) if isinstance(self.kind, Hours) and self.kind.until else (self.field,)

    @property
    def inverted(self) -> bool:
        """Return whether "on" means that the field is False."""
        return isinstance(self.kind, Switch) and self.kind.inverted

    def change(self, name: str, typed: str) -> dict[str, Any]:
        """Parse a typed value into changes by field; None and "" reset to the default. Raises InputError."""
        if values.is_none(typed):
            return dict.fromkeys(self.fields, "" if self.default == "" else None)
        found = self.kind.parse(name, typed.strip())
        return dict(zip(self.fields, found if len(self.fields) > 1 else (found,), strict=True))

    def shown(self, model: object, language: str) -> object:
        """Return its value as a sentence shows it."""
        held = tuple(getattr(model, each) for each in self.fields)
        return self.kind.show(held if len(held) > 1 else held[0], language)


def setting(
    default: Any,
    kind: Kind,
    key: str = "",
    *,
    both: Texts | None = None,
    discord: Texts | None = None,
    telegram: Texts | None = None,
    group: str = "",
    blank: str = "",
) -> Any:
    """Return a dataclass field for a setting; ``both``: sentences that both platforms share."""
    about = {
        "key": key,
        "kind": kind,
        "discord": discord or both,
        "telegram": telegram or both,
        "group": group,
        "blank": blank,
    }
    if isinstance(default, Mapping):
        return field(default_factory=lambda: dict(default), metadata=about)
    return field(default=default, metadata=about)


@cache
def settings_of(model: Any) -> tuple[Setting, ...]:
    """Return the settings of a model, a dataclass that names ``WHO`` may set them, in the order of its fields."""
    usual = model()
    return tuple(
        Setting(each.name, default=getattr(usual, each.name), who=model.WHO, **each.metadata) for each in fields(model)
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@cache
def _zones() -> dict[str, str]:
    """Return the names of time zones by their lower-case forms."""
    return {name.casefold(): name for name in available_timezones()}


_OFFSET = re.compile(r"(?:UTC|GMT)\s{0,4}(?P<sign>[+-])\s{0,4}(?P<hours>[01]?\d)(?::?00)?", re.IGNORECASE | re.ASCII)
_ETC = re.compile(r"Etc/GMT([+-])(\d{1,2})")
_SIGNS = {"+": "-", "-": "+"}
"""In the time zone database positive offsets are west."""
