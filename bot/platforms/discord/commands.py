"""Registration of changed slash commands, and modals with long lists."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.platforms.discord.panel import Press
from bot.store.files import make_folder, write_private

_EVERYWHERE = "everywhere"
_GONE = (403, 404)
"""A server the bot has left has none of its commands."""

_log = logging.getLogger("mouthpiece.discord")


class CommandRegistry:
    """Registers commands; one per platform."""

    def __init__(self, note: Path, development_guild: int) -> None:
        """Set up; ``development_guild``: where commands appear at once; 0: everywhere."""
        self._note = note
        self._guild = discord.Object(development_guild) if development_guild else None

    async def sync(self, bot: commands.AutoShardedBot) -> None:
        """Send the commands if they differ from those sent last; remove those of an earlier development server.

        A failure is logged: what Discord already has still works, and the next start tries again.
        """
        if self._guild is not None:
            bot.tree.copy_global_to(guild=self._guild)
        noted = await asyncio.to_thread(self._read)
        where = _place(bot, str(self._guild.id) if self._guild is not None else _EVERYWHERE)
        changed = await self._clear_others(bot, noted, where)
        digest = await _digest(bot.tree, self._guild)
        if noted.get(where) != digest and await _sent(bot.tree, self._guild):
            noted[where] = digest
            changed = True
        if changed:
            try:
                await asyncio.to_thread(self._write, noted)
            except OSError as error:
                _log.warning("the list of synced commands could not be saved: %s", type(error).__name__)

    async def _clear_others(self, bot: commands.AutoShardedBot, noted: dict[str, str], where: str) -> bool:
        """Remove commands of earlier development servers, which would show twice. Return whether the notes changed."""
        mine, everywhere = _place(bot, ""), _place(bot, _EVERYWHERE)
        others = [place for place in noted if place.startswith(mine) and place not in {where, everywhere}]
        cleared = []
        for place in others:
            guild = discord.Object(int(place.removeprefix(mine)))
            bot.tree.clear_commands(guild=guild)
            if await _sent(bot.tree, guild):
                cleared.append(noted.pop(place))
        return bool(cleared)

    def _read(self) -> dict[str, str]:
        try:
            noted = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return noted if isinstance(noted, dict) else {}

    def _write(self, noted: dict[str, str]) -> None:
        make_folder(self._note.parent)
        write_private(self._note, json.dumps(noted))


def _place(bot: commands.AutoShardedBot, name: str) -> str:
    return f"{bot.application_id}/{name}"


async def _sent(tree: app_commands.CommandTree[Any], guild: discord.Object | None) -> bool:
    """Return whether Discord accepted the list, or has left that server."""
    try:
        synced = await tree.sync(guild=guild)
    except (discord.HTTPException, app_commands.AppCommandError) as error:
        if guild is not None and not tree.get_commands(guild=guild) and getattr(error, "status", 0) in _GONE:
            return True
        _log.error("the commands could not be synced: %s", _reason(error))
        return False
    _log.info("%d commands synced", len(synced))
    return True


async def _digest(tree: app_commands.CommandTree[Any], guild: discord.Object | None) -> str:
    """Return a hash of what a sync would send."""
    translator = tree.translator
    assert translator is not None, "set before the sync"
    payload = [await command.get_translated_payload(tree, translator) for command in tree.get_commands(guild=guild)]
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, discord.HTTPException):
        return f"HTTP {error.status}, code {error.code}"
    return type(error).__name__


FIELD = 4000
"""Characters that a field accepts."""
_MOST_FIELDS = 4
_ROOM = 500
"""Characters kept free in the last field; otherwise another one is added."""


def list_form(title: str, label: str, press: Press, entries: Sequence[str]) -> discord.ui.Modal:
    """Return a modal with the entries in it."""
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
    """Return the entries in lines, field by field, with capacity for new ones at the end."""
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
    """Return the lines of a submitted modal."""
    lines: list[str] = []
    for row in _parts(data.get("components")):
        for field in _parts([row["component"]] if "component" in row else row.get("components")):
            lines += str(field.get("value") or "").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _parts(found: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list, ignoring anything else."""
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
