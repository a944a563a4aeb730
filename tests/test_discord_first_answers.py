"""Discord waits three seconds for a first answer: every command and every button gives one before it thinks."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.store.database import Database
from bot.texts import say
from tests.conftest import House
from tests.discord_case import TEXT, Start
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Channel, Role

pytest_plugins = ["tests.discord_fixtures"]


class Stuck:
    """A database that does not answer while it is stuck."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._free = asyncio.Event()
        self._free.set()
        for name in ("read", "write"):
            monkeypatch.setattr(Database, name, self._waiting(getattr(Database, name)))

    def _waiting(self, method: Any) -> Any:
        async def wait(*arguments: Any) -> Any:
            await self._free.wait()
            return await method(*arguments)

        return wait

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Stuck until the block ends."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Stuck:
    for place in ("bot.platforms.discord.client", "bot.platforms.discord.suggestions"):
        monkeypatch.setattr(f"{place}._PATIENCE", 0.02)
    return Stuck(monkeypatch)


def spoken_commands(commands: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every command that can be typed, with its options."""
    for command in commands:
        if command.get("type", 1) == 1:
            inner = [option for option in command.get("options", []) if option["type"] == 1]
            yield from ((f"{command['name']} {one['name']}", one.get("options", [])) for one in inner)
            if not inner:
                yield command["name"], command.get("options", [])


def filled(server: DiscordServer, options: list[dict[str, Any]], lounge: Channel) -> dict[str, Any]:
    """Something for every option that has to be given."""
    role = Role("singer")
    server.world.home.roles.append(role)
    by_type = {3: "x", 4: 1, 5: True, 6: server.world.ada, 8: role, 11: server.attach("x.json", b"[]")}
    values: dict[str, Any] = {}
    for option in options:
        if option.get("required"):
            kinds = option.get("channel_types") or [0]
            channel = server.world.general if 0 in kinds else lounge
            choice = option["choices"][0]["value"] if option.get("choices") else by_type.get(option["type"])
            values[option["name"]] = channel if option["type"] == 7 else choice
    return values


async def test_every_command_answers_first(server: DiscordServer, house: House, start: Start, stuck: Stuck) -> None:
    server.world.home.moderators.add(server.world.ada.id)
    lounge = server.world.add_voice(server.world.home, "lounge")
    async with start(house.services):
        asked = list(spoken_commands(server.state.commands[None]))
        with stuck():
            for name, options in asked:
                exchange = await server.slash(name, filled(server, options, lounge))
                assert (await exchange.acknowledged())["type"] in (4, 5), name
            menus = [command["name"] for command in server.state.commands[None] if command.get("type", 1) == 3]
            for name in menus:
                exchange = await server.menu(name, server.written(TEXT))
                assert (await exchange.acknowledged())["type"] in (4, 5), name
        for exchange in server.exchanges:
            await exchange.answered()
    assert len(asked) > 10
    assert len(menus) >= 3


async def test_suggestions_come_without_the_store(
    server: DiscordServer, mimo_house: House, start: Start, stuck: Stuck
) -> None:
    async with start(mimo_house.services):
        with stuck():
            voices = await (await server.autocomplete("say", "voice", "")).suggestions()
            styles = await (await server.autocomplete("say", "style", "")).suggestions()
    assert voices[0]["value"] == "Mia", "the reader's language comes first"
    assert len(styles) == 25


async def test_every_button_answers_first(server: DiscordServer, house: House, start: Start, stuck: Stuck) -> None:
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT})).answered()
        voices = await (await server.slash("voices")).answered()
        files = await (await server.press(panel, panel.button("mp:files"))).answered()
        presses = []
        with stuck():
            for message, name, values in (
                (panel, "mp:again", ()), (panel, "mp:style", ("Sad",)), (panel, "mp:files", ()),
                (panel, "mp:delete", ()), (files, "mp:file", ()), (voices, "mp:preview", ("en",)),
            ):  # fmt: skip
                press = await server.press(message, message.button(name), *values)
                assert (await press.acknowledged())["type"] == 5, name
                presses.append(press)
        for press in presses:
            await press.answered()


async def test_a_form_that_cannot_be_filled_in_time_is_refused_in_words(
    server: DiscordServer, house: House, start: Start, stuck: Stuck
) -> None:
    server.world.home.moderators.add(server.world.ada.id)
    async with start(house.services):
        with stuck():
            told = await (await server.slash("server blocklist")).answered()
    assert told.private
    assert told.content == say("store.busy", "en")
