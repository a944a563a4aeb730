"""Discord's rules for buttons, menus and forms, and what a person can do with them.

Used by discord_rules.py for messages, by discord_responses.py for forms, by discord_server.py for presses.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.discord_errors import Refused

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, LABEL = 1, 2, 3, 4, 18
LINK, PREMIUM = 5, 6
"""Styles of buttons."""


def check_components(rows: Any) -> None:
    """At most five rows; a row holds up to five buttons or one menu; custom ids are unique and at most 100 long."""
    if not isinstance(rows, list) or len(rows) > 5:
        raise Refused(50035, "components: five rows at most")
    for number, row in enumerate(rows):
        inner = row.get("components") or []
        if row.get("type") != ROW or not inner:
            raise Refused(50035, "components: rows that hold something")
        if len(inner) > (5 if all(part.get("type") == BUTTON for part in inner) else 1):
            raise Refused(50035, "a row holds five buttons or one menu")
        for index, part in enumerate(inner):
            _check_part(part, f"components.{number}.components.{index}")
    ids = [part["custom_id"] for part in parts(rows) if part.get("custom_id") is not None]
    if len(set(ids)) != len(ids):
        raise Refused(50035, "two components with one custom_id")


def parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Everything in the rows."""
    for row in rows:
        yield from row.get("components") or []


def _text(value: Any, most: int, *, least: int = 1) -> bool:
    return isinstance(value, str) and least <= len(value) <= most


def _check_part(part: Mapping[str, Any], at: str) -> None:
    if part.get("type") == BUTTON and part.get("style") in (LINK, PREMIUM):
        _check_leading(part, at)
    elif not part.get("custom_id"):
        raise Refused(
            50035, "A custom id is required", at=f"{at}.custom_id", kind="BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"
        )
    elif not _text(part.get("custom_id"), 100):
        bad = "Must be between 1 and 100 in length."
        raise Refused(50035, bad, at=f"{at}.custom_id", kind="BASE_TYPE_BAD_LENGTH")
    elif part.get("url"):
        raise _both(at)
    if part.get("type") == BUTTON:
        _check_button(part)
    elif part.get("type") == STRING_SELECT:
        _check_menu(part)
    else:
        raise Refused(50035, f"component type {part.get('type')}")


def _both(at: str) -> Refused:
    kind = "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"
    return Refused(50035, "A custom id and url cannot both be specified", at=f"{at}.custom_id", kind=kind)


def _check_leading(part: Mapping[str, Any], at: str) -> None:
    """A button that leads away and is never pressed here: to a page, or to something that is sold."""
    if part.get("custom_id") is not None:
        raise _both(at)
    if part["style"] == PREMIUM:
        if not part.get("sku_id"):
            raise Refused(50035, "This field is required", at=f"{at}.sku_id", kind="BASE_TYPE_REQUIRED")
        return
    url = part.get("url")
    if not url:
        raise Refused(50035, "A url is required", at=f"{at}.url", kind="BUTTON_COMPONENT_URL_REQUIRED")
    if not _text(url, 512):
        raise Refused(50035, "Must be 512 or fewer in length.", at=f"{at}.url", kind="BASE_TYPE_MAX_LENGTH")
    if urlsplit(url).scheme not in {"http", "https", "discord"}:
        schemes = "Scheme must be one of ('http', 'https', 'discord')."
        said = f'Scheme "{urlsplit(url).scheme}" is not supported. {schemes}'
        raise Refused(50035, said, at=f"{at}.url", kind="URL_TYPE_INVALID_SCHEME")


def _check_button(part: Mapping[str, Any]) -> None:
    if part.get("style") not in range(1, 7):
        raise Refused(50035, "button style")
    if part.get("style") == PREMIUM:
        return
    if not part.get("emoji") and not _text(part.get("label"), 80):
        raise Refused(50035, "label: 1 to 80 characters")
    if len(part.get("label") or "") > 80:
        raise Refused(50035, "label: 80 characters at most")


def _check_menu(part: Mapping[str, Any]) -> None:
    options = part.get("options")
    if not isinstance(options, list) or not 1 <= len(options) <= 25:
        raise Refused(50035, "options: 1 to 25")
    if len(part.get("placeholder") or "") > 150:
        raise Refused(50035, "placeholder: 150 characters at most")
    for option in options:
        if not _text(option.get("label"), 100) or not _text(option.get("value"), 100):
            raise Refused(50035, "option: label and value of 1 to 100 characters")
        if len(option.get("description") or "") > 100:
            raise Refused(50035, "option: description of at most 100 characters")
    values = [option["value"] for option in options]
    if len(set(values)) != len(values):
        raise Refused(50035, "two options with one value")
    if sum(bool(option.get("default")) for option in options) > part.get("max_values", 1):
        raise Refused(50035, "more defaults than values")


def check_form(data: Mapping[str, Any]) -> None:
    """A modal: title up to 45, one to five inputs."""
    if not _text(data.get("title"), 45) or not _text(data.get("custom_id"), 100):
        raise Refused(50035, "modal: title of 1 to 45, custom_id of 1 to 100 characters")
    rows = data.get("components")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 5:
        raise Refused(50035, "modal: one to five components")
    for row in rows:
        if row.get("type") == LABEL and not _text(row.get("label"), 45):
            raise Refused(50035, "label: 1 to 45 characters")
        if len(row.get("description") or "") > 100:
            raise Refused(50035, "label: description of at most 100 characters")
    for field in inputs(rows):
        if field.get("type") != TEXT_INPUT or not _text(field.get("custom_id"), 100):
            raise Refused(50035, "input: text with a custom_id")
        if not 0 <= field.get("min_length", 0) <= field.get("max_length", 4000) <= 4000:
            raise Refused(50035, "input: at most 4000 characters")
        if len(field.get("value") or "") > field.get("max_length", 4000):
            raise Refused(50035, "input: value longer than it may be")


def inputs(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The inputs of a form, whether labelled the new way or the old."""
    found: list[Mapping[str, Any]] = []
    for row in rows:
        found += [row["component"]] if "component" in row else list(row.get("components") or [])
    return found


def pressed(rows: Sequence[Mapping[str, Any]], custom_id: str, values: Sequence[str] | None) -> dict[str, Any]:
    """The data of a press. Raises ValueError for what is not there, is disabled, or cannot be chosen."""
    part = next((part for part in parts(rows) if part.get("custom_id") == custom_id), None)
    if part is None or part.get("disabled"):
        raise ValueError(f"nothing to press: {custom_id}")
    data: dict[str, Any] = {"custom_id": custom_id, "component_type": part["type"]}
    if part["type"] == BUTTON:
        return data
    known = [option["value"] for option in part["options"]]
    if not values or not set(values) <= set(known) or len(values) > part.get("max_values", 1):
        raise ValueError(f"not on the menu: {values}")
    return data | {"values": list(values)}
