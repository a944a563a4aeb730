"""Discord's limits of embeds. Called by discord_rules.py; refusals name the place and the code as Discord does."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.discord_errors import Refused

_MOST, _FIELDS, _TOTAL = 10, 25, 6000
_TEXTS = {"title": 256, "description": 4096}
_INNER = {("footer", "text"): 2048, ("author", "name"): 256}
_URLS = (
    ("url",),
    ("image", "url"),
    ("thumbnail", "url"),
    ("author", "url"),
    ("author", "icon_url"),
    ("footer", "icon_url"),
)


def too_long(at: str, most: int) -> Refused:
    """What Discord says of something too long."""
    return Refused(50035, f"Must be {most} or fewer in length.", at=at, kind="BASE_TYPE_MAX_LENGTH")


def check_embeds(embeds: Any, at: str = "embeds") -> None:
    """Raise Refused for embeds that Discord does not take."""
    if not isinstance(embeds, list):
        raise Refused(50035, "Only iterables may be used in a ListType", at=at, kind="LIST_TYPE_CONVERT")
    if len(embeds) > _MOST:
        raise too_long(at, _MOST)
    for number, embed in enumerate(embeds):
        _check(embed, f"{at}.{number}")
    if sum(map(_characters, embeds)) > _TOTAL:
        raise Refused(50035, f"Embed size exceeds maximum size of {_TOTAL}", at=at, kind="MAX_EMBED_SIZE_EXCEEDED")


def is_empty(embeds: Sequence[Mapping[str, Any]]) -> bool:
    """Whether there is nothing to be seen in any of them."""
    return not any(embed.get(name) for embed in embeds for name in _SHOWN)


_SHOWN = ("title", "description", "fields", "image", "thumbnail", "author", "footer", "timestamp", "video", "url")


def _check(embed: Any, at: str) -> None:
    if not isinstance(embed, dict):
        raise Refused(50035, "Only dictionaries may be used in a DictType", at=at, kind="DICT_TYPE_CONVERT")
    for name, most in _TEXTS.items():
        if len(embed.get(name) or "") > most:
            raise too_long(f"{at}.{name}", most)
    for (part, name), most in _INNER.items():
        inner = embed.get(part) or {}
        if inner and not inner.get(name):
            raise _missing(f"{at}.{part}.{name}")
        if len(inner.get(name) or "") > most:
            raise too_long(f"{at}.{part}.{name}", most)
    fields = embed.get("fields") or []
    if len(fields) > _FIELDS:
        raise too_long(f"{at}.fields", _FIELDS)
    for number, field in enumerate(fields):
        for name, most in (("name", 256), ("value", 1024)):
            if not field.get(name):
                raise _missing(f"{at}.fields.{number}.{name}")
            if len(field[name]) > most:
                raise too_long(f"{at}.fields.{number}.{name}", most)
    color = embed.get("color")
    if isinstance(color, int) and not 0 <= color <= 0xFFFFFF:
        said = "int value should be less than or equal to 16777215." if color > 0 else "int value should be 0 or more."
        raise Refused(50035, said, at=f"{at}.color", kind="NUMBER_TYPE_MAX" if color > 0 else "NUMBER_TYPE_MIN")
    for path in _URLS:
        _check_url(embed, path, at)


def _missing(at: str) -> Refused:
    return Refused(50035, "This field is required", at=at, kind="BASE_TYPE_REQUIRED")


def _check_url(embed: Mapping[str, Any], path: tuple[str, ...], at: str) -> None:
    found: Any = embed
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not found:
        return
    allowed = {"http", "https"} if path in (("url",), ("author", "url")) else {"http", "https", "attachment"}
    if not isinstance(found, str) or urlsplit(found).scheme not in allowed:
        raise Refused(50035, "Not a well formed URL.", at=".".join((at, *path)), kind="URL_TYPE_INVALID_URL")


def _characters(embed: Mapping[str, Any]) -> int:
    """What counts against the total of a message."""
    own = sum(len(embed.get(name) or "") for name in _TEXTS)
    inner = sum(len((embed.get(part) or {}).get(name) or "") for part, name in _INNER)
    return own + inner + sum(len(field["name"]) + len(field["value"]) for field in embed.get("fields") or [])
