"""Models and voices out of the lists that engines give, which differ. Called by ``provider.py``.

Seen: a list of names; ``{"voices": [...]}`` or ``{"data": [...]}`` with names or with objects, which have ``id``,
``voice_id`` or ``name`` and may have ``language``; an object with the names as keys.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.speech.provider import VoiceInfo
from bot.speech.refusal import tidy

_MOST = 1000
_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 60
_LANGUAGES = {"english": "en", "chinese": "zh", "mandarin": "zh", "cmn": "zh", "cn": "zh"}


def names_in(listed: Any, keys: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a list, or in that under one of the keys."""
    return tuple(name for name, _ in _rows(listed, keys))


def voices_in(listed: Any) -> tuple[VoiceInfo, ...]:
    """Return the voices in a list."""
    found: dict[str, VoiceInfo] = {}
    for name, row in _rows(listed, ("voices", "data")):
        label = row.get("name")
        described = tidy(label)[:_LONGEST_DESCRIPTION] if isinstance(label, str) and label != name else ""
        found.setdefault(name, VoiceInfo(name, _language(row), described))
    return tuple(found.values())


def _rows(listed: Any, keys: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each name with what else is known of it."""
    rows = next((listed[key] for key in keys if key in listed), None) if isinstance(listed, dict) else listed
    if isinstance(rows, dict):
        rows = [{**about, "id": name} if isinstance(about, dict) else name for name, about in rows.items()]
    for row in rows[:_MOST] if isinstance(rows, list) else ():
        about = row if isinstance(row, dict) else {"id": row}
        name = about.get("id") or about.get("voice_id") or about.get("name")
        if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable():
            yield name, about


def _language(row: dict[str, Any]) -> str:
    """Return the two letters of a language, empty if none is named."""
    named = next((row[key] for key in ("language", "lang", "locale", "language_code") if row.get(key)), "")
    if isinstance(named, list):
        named = named[0]
    word = re.split(r"[-_ (]", named.strip().casefold())[0] if isinstance(named, str) else ""
    return _LANGUAGES.get(word) or (word if re.fullmatch("[a-z]{2,3}", word) else "")
