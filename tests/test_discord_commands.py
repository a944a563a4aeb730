"""Discord's list of the bot's commands: within the limits, in both languages, in /help, sent when it changed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.texts import en
from cogs.help import words_of_help
from tests.conftest import House
from tests.discord_case import TEXT, Start
from tests.fakes.discord_errors import Refused
from tests.fakes.discord_rules import check_commands
from tests.fakes.discord_server import DiscordServer

pytest_plugins = ["tests.discord_fixtures"]


async def test_commands_keep_discords_limits(server: DiscordServer, house: House, start: Start) -> None:
    """The payload that is really sent; the stand-in refuses what Discord would."""
    async with start(house.services):
        commands = server.state.commands[None]
    check_commands(commands)
    assert server.refusals == []
    assert sum(command["type"] == 3 for command in commands) <= 5  # as many menus as the library lets a bot have
    by_name = {command["name"]: command for command in commands}
    for command in commands:
        assert command["integration_types"] in ([0, 1], [0])
        assert command["name_localizations"]["zh-CN"] != command["name"]
    command = by_name["say"]
    assert command["integration_types"] == [0, 1]
    assert command["contexts"] == [0, 1, 2]
    assert command["name_localizations"]["zh-CN"] == "说"
    options = {option["name"]: option for option in command["options"]}
    assert list(options) == ["text", "style", "voice", "instruction", "design", "private", "where"]
    assert options["text"]["max_length"] == 4000
    assert options["style"]["autocomplete"]
    assert options["voice"]["autocomplete"]


def parts(commands: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every command, group, option and choice."""
    for part in commands:
        yield part
        yield from parts([*(part.get("options") or []), *(part.get("choices") or [])])


async def test_commands_are_named_and_described_in_both_languages(
    server: DiscordServer, house: House, start: Start
) -> None:
    async with start(house.services):
        named = list(parts(server.state.commands[None]))
    assert len(named) > 100
    traditional = False
    for part in named:
        english, chinese = part["name"], (part.get("name_localizations") or {}).get("zh-CN")
        assert "." not in english, "a code without a sentence"
        assert chinese or english == "webhook", english  # a word that both languages share
        if part.get("description"):
            told = part["description_localizations"]
            for locale in ("zh-CN", "zh-TW"):
                assert told[locale] != part["description"]
                assert any("\u4e00" <= sign <= "\u9fff" for sign in told[locale])
            traditional |= told["zh-CN"] != told["zh-TW"]
    assert traditional, "zh-TW is written in Traditional characters"


async def test_help_names_every_command(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        commands = server.state.commands[None]
    english, chinese = words_of_help("en"), words_of_help("zh")
    for command in commands:
        mark, there = ("/" if command["type"] == 1 else ""), command["name_localizations"]["zh-CN"]
        assert f"**{mark}{command['name']}**" in english
        assert f"**{mark}{there}**" in chinese
        assert command["type"] != 1 or f"（{command['name']}）" in chinese
    named = set(re.findall(r"\*\*/(\w+)\*\*", english))
    assert named == {command["name"] for command in commands if command["type"] == 1}  # and none that is not there
    assert max(len(english), len(chinese)) <= 2000


def test_a_limit_that_is_broken_is_noticed() -> None:
    """So that the tests above can fail."""
    option = {"type": 3, "name": "x", "description": "x"}
    fine = {"type": 1, "name": "say", "description": "x", "options": [option]}
    check_commands([fine])
    long = {"zh-CN": "x" * 100}
    broken: list[dict[str, Any]] = [
        {"options": [option | {"name": f"x{number}"} for number in range(26)]},
        {"options": [option | {"choices": [{"name": str(number), "value": "x"} for number in range(26)]}]},
        {"options": [option | {"choices": [{"name": "x", "value": "x" * 101}]}]},
        {"description": "x" * 101},
        {"description_localizations": {"zh-CN": "x" * 101}},
        {"name_localizations": {"zh-CN": "x" * 33}},
        {"name": "Say"},
        {"options": [{"type": 1, "name": f"g{group}", "description": "x", "options": [
            option | {"name": f"x{number}", "description_localizations": long} for number in range(25)
        ]} for group in range(4)]},
    ]  # fmt: skip
    for change in broken:
        with pytest.raises(Refused):
            check_commands([fine | change])


async def test_commands_are_synced_when_they_changed(
    server: DiscordServer, house: House, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for expected in (1, 1):
        async with start(house.services):
            assert server.state.syncs == expected
    monkeypatch.setitem(en.SENTENCES, "discord.say.description", "Something else.")
    for expected in (2, 2):
        async with start(house.services):
            assert server.state.syncs == expected


async def test_a_failed_sync_is_tried_again(server: DiscordServer, house: House, start: Start) -> None:
    server.fail("commands", "50035")
    for expected in (0, 1):
        async with start(house.services):
            assert server.state.syncs == expected


async def test_a_development_guild(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services, development_guild=server.world.home.id):
        assert set(server.state.commands) == {server.world.home.id}
        await (await server.slash("say", {"text": TEXT})).answered()
    assert server.messages[0].voice


async def test_a_development_guild_of_before_is_cleared(server: DiscordServer, house: House, start: Start) -> None:
    home = server.world.home.id
    async with start(house.services, development_guild=home):
        assert server.state.commands[home]
    async with start(house.services):
        assert server.state.commands[home] == []
        assert server.state.commands[None]
    syncs = server.state.syncs
    async with start(house.services):
        assert server.state.syncs == syncs
