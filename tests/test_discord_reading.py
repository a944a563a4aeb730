"""``/reading``, ``/dictionary`` and ``/settings aloud`` on Discord: what is set holds, in both languages, and lasts."""

from typing import Any

import pytest

from bot.model import Account, Space
from bot.platforms.reading.settings import PLACE, place_change, suggestions
from bot.store.dictionary import Entry
from bot.store.settings import ReadingSettings
from bot.texts import say
from tests.conftest import House
from tests.discord_case import Start, account
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Role, User

pytest_plugins = ["tests.discord_fixtures"]

VALUES = {
    "template": "{name} meint", "language": "zh", "length": "120", "prefix": "!", "alone": "0", "quiet": "22:00-07:30",
    "timezone": "Asia/Shanghai",
}  # fmt: skip


def home(server: DiscordServer) -> Space:
    return Space("discord", str(server.world.home.id))


async def told(server: DiscordServer, name: str, options: dict[str, Any] | None = None, **more: Any) -> Message:
    answer = await (await server.slash(name, options, **more)).answered()
    assert answer.private
    return answer


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_every_setting_of_a_place_has_its_command(
    server: DiscordServer, mimo_house: House, start: Start, mod: User, locale: str
) -> None:
    readings = mimo_house.core.readings
    async with start(mimo_house.services):
        for each in PLACE:
            usual = getattr(ReadingSettings(), each.field)
            value = VALUES.get(each.key) or ("off" if usual is not each.inverted else "on")
            options = {"setting": each.key, "value": value}
            shown = await told(server, "reading set", options, user=mod, locale=locale)
            assert f"({each.key}): " in shown.content
            assert getattr(await readings.get(home(server)), each.field) != usual, each.key
    kept = await readings.get(home(server))
    assert (kept.quiet_from, kept.quiet_until, kept.max_characters) == (1320, 450, 120)


async def test_a_value_that_cannot_be_is_refused_in_words(
    server: DiscordServer, mimo_house: House, start: Start, mod: User
) -> None:
    async with start(mimo_house.services):
        for key, value in (("names", "maybe"), ("length", "many"), ("quiet", "late"), ("template", "no name")):
            refused = await told(server, "reading set", {"setting": key, "value": value}, user=mod)
            assert refused.content
            assert "reading." not in refused.content
        typed = await server.autocomplete("reading set", "value", "o", filled={"setting": "names"}, user=mod)
        suggested = await typed.suggestions()
    assert [choice["value"] for choice in suggested] == ["on", "off"]
    assert await mimo_house.core.readings.get(home(server)) == ReadingSettings()


async def test_only_who_manages_the_server_sets_it(server: DiscordServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        refused = await told(server, "reading set", {"setting": "bots", "value": "on"})
        shared = await told(server, "dictionary add", {"word": "a", "said": "b", "whose": "server"})
    assert "moderators" in refused.content
    assert "moderators" in shared.content
    assert not (await mimo_house.core.readings.get(home(server))).bots


async def test_roles_and_people(server: DiscordServer, mimo_house: House, start: Start, mod: User) -> None:
    role = Role("regulars")
    server.world.home.roles.append(role)
    scope = f"role:discord:{role.id}"
    async with start(mimo_house.services):
        await told(server, "reading role", {"role": role, "rule": "required"}, user=mod)
        await told(server, "reading role", {"role": role, "rule": "blocked"}, user=mod)
        await told(server, "reading ignore", {"person": server.world.ada}, user=mod)
        kept = await mimo_house.core.readings.get(home(server))
        assert (kept.required_roles, kept.blocked_roles) == ((), (scope,))
        assert kept.ignored == (account(server).scope,)
        await told(server, "reading role", {"role": role, "rule": "none"}, user=mod)
        await told(server, "reading ignore", {"person": server.world.ada, "ignored": False}, user=mod)
    kept = await mimo_house.core.readings.get(home(server))
    assert (kept.blocked_roles, kept.ignored) == ((), ())


async def test_how_somebody_is_read(server: DiscordServer, mimo_house: House, start: Start) -> None:
    options = {"nickname": "Lady A", "speed": "fast", "tongue": "zh", "readme": False}
    async with start(mimo_house.services):
        shown = await told(server, "settings aloud", options)
        own = await mimo_house.core.preferences.get(account(server))
        assert (own.nickname, own.speed, own.spoken_language, own.opted_out) == ("Lady A", "fast", "zh", True)
        assert "(readme): no" in shown.content
        back = {"nickname": "-", "speed": "usual", "tongue": "auto", "readme": True}
        await told(server, "settings aloud", back)
    own = await mimo_house.core.preferences.get(account(server))
    assert (own.nickname, own.speed, own.spoken_language, own.opted_out) == ("", "", "", False)


async def test_a_dictionary_of_one_s_own(server: DiscordServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        added = await told(server, "dictionary add", {"word": "gg", "said": "good game"})
        listed = await told(server, "dictionary list")
        file = (await told(server, "dictionary export", {"format": "csv"})).files[0]
        removed = await told(server, "dictionary remove", {"word": "GG"}, locale="zh-CN")
        gone = await told(server, "dictionary remove", {"word": "gg"})
        pattern = await told(server, "dictionary add", {"word": "a+", "said": "b", "pattern": True})
    assert added.content == '"gg" is now read as "good game".'
    assert listed.content.splitlines() == ["1 of 100 entries:", "gg → good game"]
    assert (file.filename, file.data.decode("utf-8-sig")) == ("dictionary.csv", "written,said,pattern\ngg,good game,\n")
    assert removed.content == "“GG”恢复原来的读法。"
    assert "not in the dictionary" in gone.content
    assert "moderators" in pattern.content


@pytest.mark.parametrize(("locale", "tongue"), [("en-US", "en"), ("zh-CN", "zh")])
async def test_a_word_is_silenced(
    server: DiscordServer, mimo_house: House, start: Start, locale: str, tongue: str
) -> None:
    async with start(mimo_house.services):
        added = await told(server, "dictionary add", {"word": "kek", "said": "-"}, locale=locale)
        listed = await told(server, "dictionary list", locale=locale)
        command = next(one for one in server.state.commands[None] if one["name"] == "dictionary")
    assert added.content == say("dictionary.added", tongue, written="kek", said="–")
    assert listed.content.splitlines()[1] == "kek → –"
    assert await mimo_house.core.dictionaries.get(account(server)) == (Entry("kek", ""),)
    (said,) = [one for part in command["options"] for one in part.get("options", []) if one["name"] == "said"]
    assert (said["description"], said["description_localizations"]["zh-CN"]) == (
        say("dictionary.said", "en"),
        say("dictionary.said", "zh"),
    )


async def test_a_dictionary_of_the_server(server: DiscordServer, mimo_house: House, start: Start, mod: User) -> None:
    dictionaries = mimo_house.core.dictionaries
    async with start(mimo_house.services):
        options = {"word": r"\bgl(\w*)", "said": "good luck", "whose": "server", "pattern": True}
        await told(server, "dictionary add", options, user=mod)
        bad = await told(server, "dictionary add", options | {"word": "((("}, user=mod)
    assert "is not valid" in bad.content
    assert await dictionaries.get(home(server)) == (Entry(r"\bgl(\w*)", "good luck", pattern=True),)
    assert await dictionaries.get(Account("discord", str(mod.id))) == ()


def test_every_setting_can_be_typed() -> None:
    for each in PLACE:
        for value in suggestions(each.key):
            assert place_change(each.key, value)


async def test_a_doubtful_file_is_taken_in_when_who_asked_says_so(
    server: DiscordServer, mimo_house: House, start: Start, mod: User
) -> None:
    dictionaries = mimo_house.core.dictionaries
    data = "你懂的,你知道\ngg,好局\n".encode("gb18030")
    options = {"file": server.attach("mine.csv", data), "whose": "server"}
    async with start(mimo_house.services):
        question = await told(server, "dictionary import", options, user=mod)
        assert say("dictionary.line", "en", written="你懂的", said="你知道") in question.content
        assert question.content.endswith(say("dictionary.ask", "en", count=2))
        other = await (await server.press(question, question.button("mp:import:yes"))).answered()
        assert other.content == say("dictionary.ask_others", "en")
        assert not await dictionaries.get(home(server))
        taken = await (await server.press(question, question.button("mp:import:yes"), user=mod)).answered()
        assert taken.content.startswith(say("dictionary.imported", "en", count=2))
        again = await (await server.press(question, question.button("mp:import:yes"), user=mod)).answered()
        assert again.content == say("dictionary.ask_gone", "en")
        options = {"file": server.attach("mine.csv", data), "keep": False}
        question = await told(server, "dictionary import", options, user=mod)
        assert question.content.endswith(say("dictionary.ask_replace", "en", count=2))
        no = await (await server.press(question, question.button("mp:import:no"), user=mod)).answered()
        assert no.content == say("dictionary.not_imported", "en")
        dead = await told(server, "dictionary add", {"word": "||x||", "said": "y"}, user=mod)
        assert dead.content.splitlines()[1] == say("dictionary.dead", "en", words="||x||")
    assert await dictionaries.get(home(server)) == (Entry("你懂的", "你知道"), Entry("gg", "好局"))


async def test_a_dictionary_is_brought_in_from_a_file(server: DiscordServer, mimo_house: House, start: Start) -> None:
    dictionaries = mimo_house.core.dictionaries
    async with start(mimo_house.services):
        await told(server, "dictionary add", {"word": "gg", "said": "good game"})
        taken = await told(server, "dictionary import", {"file": server.attach("mine.csv", b"brb,be right back\n")})
        assert taken.content.startswith("Imported 1 entries.")
        assert "brb → be right back" in taken.content
        assert len(await dictionaries.get(account(server))) == 2
        bad = await told(server, "dictionary import", {"file": server.attach("mine.csv", b"just a word\n")})
        assert "Line 1:" in bad.content
        large = await told(server, "dictionary import", {"file": server.attach("big.json", bytes(600_000))})
        assert "512 kB" in large.content
        options = {"file": server.attach("mine.json", b"[]"), "keep": False}
        nothing = await told(server, "dictionary import", options)
        assert len(await dictionaries.get(account(server))) == 2, "all would be lost: that is asked"
        await (await server.press(nothing, nothing.button("mp:import:yes"))).answered()
    assert await dictionaries.get(account(server)) == ()


@pytest.mark.parametrize("form", ["json", "csv"])
async def test_the_servers_dictionary_goes_out_and_comes_back(
    server: DiscordServer, mimo_house: House, start: Start, mod: User, form: str
) -> None:
    dictionaries = mimo_house.core.dictionaries
    before = (Entry("gg", "good game"), Entry(r"\bgl(\w*)", "good luck", pattern=True))
    async with start(mimo_house.services):
        for entry in before:
            options = {"word": entry.written, "said": entry.said, "whose": "server", "pattern": entry.pattern}
            await told(server, "dictionary add", options, user=mod)
        (file,) = (await told(server, "dictionary export", {"whose": "server", "format": form}, user=mod)).files
        for entry in before:
            await told(server, "dictionary remove", {"word": entry.written, "whose": "server"}, user=mod)
        assert await dictionaries.get(home(server)) == ()
        again = {"file": server.attach(file.filename, file.data), "whose": "server"}
        refused = await told(server, "dictionary import", again, locale="zh-CN")
        taken = await told(server, "dictionary import", again, user=mod, locale="zh-CN")
        bad = {"file": server.attach("mine.csv", b"(((,x,yes\n"), "whose": "server"}
        line = await told(server, "dictionary import", bad, user=mod, locale="zh-CN")
    assert taken.content.startswith(say("dictionary.imported", "zh", count=2))
    assert refused.content == say("discord.moderators_only", "zh")
    assert line.content.startswith("第 1 行")
    assert set(await dictionaries.get(home(server))) == set(before)
