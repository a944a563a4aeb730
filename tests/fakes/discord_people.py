"""What people do before the Discord stand-in: send commands, type, press, choose, fill in forms.

A base of discord_server.py's DiscordServer. What Discord's own client would not let them do raises ValueError.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.discord_components import inputs, pressed
from tests.fakes.discord_exchange import Changes, Clock, Exchange, Message
from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_rules import Upload
from tests.fakes.discord_state import State
from tests.fakes.discord_world import (
    DIRECT,
    EVERYTHING_WE_NEED,
    VIEW_CHANNEL,
    Channel,
    Guild,
    Role,
    User,
    World,
    snowflake,
)

_OPTION_TYPES: dict[int, type | tuple[type, ...]] = {
    3: str, 4: int, 5: bool, 6: User, 7: Channel, 8: Role, 10: (int, float), 11: Message
}  # fmt: skip
_RESOLVED = {6: "users", 7: "channels", 8: "roles"}


class People:
    """Acts of people."""

    world: World
    clock: Clock
    state: State
    gateway: Gateway
    _changes: Changes

    async def slash(
        self,
        name: str,
        options: Mapping[str, Any] | None = None,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        locale: str | None = None,
        file_limit: int | None = None,
    ) -> Exchange:
        """Somebody sends a command; ``server settings`` is a command of a group."""
        options = dict(options or {})
        command, path = self._command(name, channel or self.world.general)
        known = path[-1].get("options", [])
        _check_options(known, options)
        data = {
            "id": command["id"],
            "name": command["name"],
            "type": 1,
            "resolved": self._resolved(known, options, user or self.world.ada),
        }
        sent = [_sent(option, options[option["name"]]) for option in known if option["name"] in options]
        return await self._interact(2, data | {"options": _nested(path, sent)}, user, channel, locale, file_limit)

    async def autocomplete(
        self,
        name: str,
        option: str,
        typed: str,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        locale: str | None = None,
        filled: Mapping[str, Any] | None = None,
    ) -> Exchange:
        """Somebody types into an option; ``filled``: others that are filled in already."""
        command, path = self._command(name, channel or self.world.general)
        known = {part["name"]: part for part in path[-1].get("options", [])}
        if not known.get(option, {}).get("autocomplete"):
            raise ValueError(f"{name} does not complete {option}")
        sent = [_sent(known[other], value) for other, value in (filled or {}).items()]
        sent.append({"name": option, "type": known[option]["type"], "value": typed, "focused": True})
        data = {"id": command["id"], "name": command["name"], "type": 1, "options": _nested(path, sent)}
        return await self._interact(4, data, user, channel, locale, None)

    async def menu(
        self, name: str, message: Message, *, user: User | None = None, locale: str | None = None
    ) -> Exchange:
        """Somebody uses a message's context menu."""
        command, _ = self._command(name, message.channel, kind=3)
        payload = message.payload(self.state.root, self.world.application_id)
        data = {
            "id": command["id"], "name": name, "type": 3, "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): payload}},
        }  # fmt: skip
        return await self._interact(2, data, user, message.channel, locale, None)

    def attach(self, name: str, data: bytes) -> Message:
        """A file to hand over with a command."""
        message = Message(self.world.general, self.world.ada, {}, [Upload(name, data)])
        self.state.said[message.id] = message
        return message

    def _rights(self, user: User, channel: Channel) -> int:
        guild = self.world.guilds.get(channel.guild_id or 0)
        return EVERYTHING_WE_NEED if guild is None else guild.permissions(user, channel)

    def _resolved(self, known: Sequence[Mapping[str, Any]], options: Mapping[str, Any], user: User) -> dict[str, Any]:
        """Return the objects that options name. Channels that the person may not see can be named by their id."""
        resolved: dict[str, Any] = {}
        for option in known:
            value = options.get(option["name"])
            if isinstance(value, User | Channel | Role):
                extra = {"permissions": str(self._rights(user, value))} if isinstance(value, Channel) else {}
                resolved.setdefault(_RESOLVED[option["type"]], {})[str(value.id)] = value.payload() | extra
            elif isinstance(value, Message):
                (entry,) = self.state.payload(value)["attachments"]
                resolved.setdefault("attachments", {})[entry["id"]] = entry
        return resolved

    def written(self, words: str, user: User | None = None, channel: Channel | None = None, **data: Any) -> Message:
        """A message of a person."""
        return Message(channel or self.world.general, user or self.world.ada, {"content": words, **data})

    async def press(
        self,
        message: Message,
        custom_id: str,
        *values: str,
        user: User | None = None,
        locale: str | None = None,
        file_limit: int | None = None,
    ) -> Exchange:
        """Somebody presses a button, or chooses from a menu, under a message."""
        if message.deleted:
            raise ValueError("the message is gone")
        data = pressed(message.data.get("components") or [], custom_id, values)
        return await self._interact(3, data, user, message.channel, locale, file_limit, source=message)

    async def submit(self, exchange: Exchange, values: Sequence[str]) -> Exchange:
        """Somebody fills in the form that an exchange opened, field by field."""
        form = await exchange.form()
        rows: list[dict[str, Any]] = []
        for field, value in zip(inputs(form["components"]), values, strict=True):
            if not field.get("min_length", 0) <= len(value) <= field.get("max_length", 4000):
                raise ValueError("a field of another length")
            rows.append({"type": 18, "component": {"type": 4, "custom_id": field["custom_id"], "value": value}})
        data = {"custom_id": form["custom_id"], "components": rows}
        return await self._interact(5, data, exchange.user, exchange.channel, None, None, source=exchange.source)

    # Inside

    def _command(self, name: str, channel: Channel, kind: int = 1) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """A command, and the way to what is meant by its name: itself, a group in it, a command in that."""
        words = name.split() if kind == 1 else [name]
        for guild in (channel.guild_id, None):
            for command in self.state.commands.get(guild, []):
                if command["name"] == words[0] and command.get("type", 1) == kind:
                    path = [command]
                    for word in words[1:]:
                        path.append(next(part for part in path[-1]["options"] if part["name"] == word))
                    return command, path
        raise ValueError(f"no command named {name} was synced")

    async def _interact(
        self,
        kind: int,
        data: dict[str, Any],
        user: User | None,
        channel: Channel | None,
        locale: str | None,
        file_limit: int | None,
        source: Message | None = None,
    ) -> Exchange:
        user, channel = user or self.world.ada, channel or self.world.general
        guild = self.world.guilds[channel.guild_id] if channel.guild_id is not None else None
        rights = str(self._rights(user, channel))
        if not int(rights) & VIEW_CHANNEL:
            raise ValueError("they do not see the channel")
        installed = guild.has_commands if guild is not None else channel.bot_is_here
        payload = {
            "id": str(snowflake()), "application_id": str(self.world.application_id), "type": kind, "data": data,
            "token": secrets.token_urlsafe(48), "version": 1, "locale": locale or user.locale,
            "channel_id": str(channel.id), "channel": channel.payload() | {"permissions": rights},
            "app_permissions": str(channel.permissions), "entitlements": [],
            "authorizing_integration_owners": self._owners(user, guild, installed=installed),
            "attachment_size_limit": file_limit or self.state.file_limit,
            **self._whereabouts(user, channel, guild),
        }  # fmt: skip
        if source is not None:
            payload["message"] = source.payload(self.state.root, self.world.application_id)
        exchange = Exchange(payload, channel, user, self._changes, self.clock.now(), installed_in_guild=installed)
        exchange.source = source
        self.state.exchanges[exchange.token] = exchange
        await self.gateway.dispatch("INTERACTION_CREATE", payload, guild_id=channel.guild_id or 0)
        return exchange

    @staticmethod
    def _owners(user: User, guild: Guild | None, *, installed: bool) -> dict[str, str]:
        if not installed:
            return {"1": str(user.id)}
        return {"0": str(guild.id) if guild is not None else "0"}

    @staticmethod
    def _whereabouts(user: User, channel: Channel, guild: Guild | None) -> dict[str, Any]:
        if guild is None:
            return {"user": user.payload(), "context": 1 if channel.kind == DIRECT and channel.bot_is_here else 2}
        return {
            "guild_id": str(guild.id), "guild": guild.partial(), "guild_locale": "en-US", "context": 0,
            "member": guild.member(user, guild.permissions(user, channel)),
        }  # fmt: skip


def _check_options(known: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> None:
    if unknown := set(options) - {option["name"] for option in known}:
        raise ValueError(f"unknown options {sorted(unknown)}")
    for option in known:
        name = option["name"]
        if name not in options:
            if option.get("required"):
                raise ValueError(f"option {name} is required")
            continue
        value = options[name]
        if not isinstance(value, _OPTION_TYPES.get(option["type"], object)):
            raise ValueError(f"option {name} has another type")
        if isinstance(value, str) and not option.get("min_length", 0) <= len(value) <= option.get("max_length", 6000):
            raise ValueError(f"option {name} has another length")
        if option.get("choices") and value not in [choice["value"] for choice in option["choices"]]:
            raise ValueError(f"option {name} has no such choice")


def _sent(option: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """An option as the client sends it."""
    shown = str(value.id) if isinstance(value, User | Channel | Role) else value
    if isinstance(value, Message):
        shown = str(value.id + 1)
    return {"name": option["name"], "type": option["type"], "value": shown}


def _nested(path: Sequence[Mapping[str, Any]], sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Options inside the command of a group."""
    for part in reversed(path[1:]):
        sent = [{"name": part["name"], "type": part["type"], "options": sent}]
    return sent
