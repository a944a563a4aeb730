"""Forms to fill in: a long list, one entry a line, over as many fields as it needs.

Opened by the settings; answered like a button, by the form's ``custom_id``, so that it works after a restart too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.platforms.discord.panel import Press

FIELD = 4000
"""Characters that a field takes."""
_MOST_FIELDS = 4
_ROOM = 500
"""Characters left free in the last field, or another one follows."""


def list_form(title: str, label: str, press: Press, entries: Sequence[str]) -> discord.ui.Modal:
    """A form with the entries in it."""
    form = discord.ui.Modal(title=title[:45], custom_id=press.custom_id, timeout=None)
    for number, text in enumerate(fields_of(entries)):
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=f"field{number}",
            style=discord.TextStyle.paragraph,
            default=text or None,
            required=False,
            max_length=FIELD,
        )
        form.add_item(discord.ui.Label(text=label[:45], component=field))
    return form


def fields_of(entries: Sequence[str]) -> list[str]:
    """The entries in lines, field by field; room for new ones at the end."""
    fields = [""]
    for entry in entries:
        joined = f"{fields[-1]}\n{entry}" if fields[-1] else entry
        if len(joined) <= FIELD:
            fields[-1] = joined
        else:
            fields.append(entry)
    if len(fields[-1]) > FIELD - _ROOM and len(fields) < _MOST_FIELDS:
        fields.append("")
    return fields[:_MOST_FIELDS]


def entries_of(data: Mapping[str, Any]) -> list[str]:
    """Return the lines of a form that was filled in."""
    lines: list[str] = []
    for row in _parts(data.get("components")):
        for field in _parts([row["component"]] if "component" in row else row.get("components")):
            lines += str(field.get("value") or "").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _parts(found: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list; whatever else arrives holds nothing."""
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
