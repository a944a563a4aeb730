"""Forged buttons of Discord: whatever they carry ends in a sentence and one quiet line, never in a traceback."""

import logging

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.model import Space
from bot.patterns import is_id, is_whole, whole
from bot.platforms.discord.commands import entries_of
from bot.platforms.discord.panel import Press, ids_of_text, ids_to_text
from bot.texts import say
from tests.conftest import House
from tests.discord_case import TEXT, Start
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import User

pytest_plugins = ["tests.discord_fixtures"]

FOREIGN = "AAAAAAAAAAAA"
"""A token of the right form that names nothing."""
OLD = "discord.old_button"
DISCORD = {
    "mp:": OLD, "mp": OLD, "": OLD, ":": OLD, "::::": OLD, "x:again:y": OLD, "mp:²": OLD, "mp:again": OLD,
    "mp:again:": OLD, "mp:again::": OLD, "mp:again:a:b:c": OLD, f"mp:again:{FOREIGN}:z": OLD, "mp:again:\ud800:c": OLD,
    f"mp:again:{FOREIGN}:c": "words.gone", f"mp:again:{FOREIGN}:p": "words.gone", "mp:again:é:c": OLD,
    f"mp:files:{FOREIGN}:c": "words.gone", "mp:files:a": OLD, f"mp:file:{FOREIGN}:wav": "words.gone",
    f"mp:file:{FOREIGN}:exe": OLD, "mp:file::wav": "words.gone", "mp:delete": OLD, "mp:delete:": OLD,
    "mp:delete:²": OLD, "mp:delete:.": OLD, "mp:delete:1..2": OLD, "mp:delete:0": OLD, "mp:delete:1_0": OLD,
    "mp:delete:１": OLD, "mp:delete:-1": OLD, "mp:delete:zzzzzzzzzzzzz": OLD, "mp:delete:1.2.3.4.5.6.7": OLD,
    "mp:delete:1:2": OLD, "mp:delete:zz": "discord.not_yours", "mp:cancel": OLD, "mp:cancel:": "waiting.over",
    "mp:cancel:²": OLD, "mp:cancel:١٢": OLD, "mp:cancel:x": "waiting.over", "mp:cancel:123": "waiting.over",
    "mp:cancel:" + "9" * 80: "waiting.over", "mp:cancel:-1": "waiting.over", "mp:preview": OLD, "mp:preview:1": OLD,
    "mp:style": OLD, f"mp:style:{FOREIGN}:c": OLD, "mp:blocked": OLD, "mp:blocked:x": OLD, "mp:unknown:1": OLD,
    "mp:" + "a" * 97: OLD, "MP:again:a:c": OLD,
}  # fmt: skip
"""Custom ids of buttons, and what whoever presses them is told."""


def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    loud = [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]
    assert not loud, [record.getMessage() for record in loud]


def _forged(panel: Message, custom_id: str) -> str:
    panel.data["components"][0]["components"][0]["custom_id"] = custom_id
    return custom_id


async def test_discord_answers_each_with_a_sentence(
    server: DiscordServer, house: House, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT})).answered()
        with caplog.at_level(logging.INFO, "mouthpiece.discord"):
            for number, (custom_id, code) in enumerate(DISCORD.items()):
                caplog.clear()
                user = User(f"forger{number % 9}")  # one alone would be told to slow down
                press = await server.press(panel, _forged(panel, custom_id), user=user)
                assert (await press.answered()).content == say(code, "en"), custom_id
                lines = [record.getMessage() for record in caplog.records if record.name == "mouthpiece.discord"]
                assert lines == ["an outdated or forged button was pressed"] * (code == OLD), custom_id
                _quiet(caplog)
    assert not any(message.deleted for message in server.messages)


async def test_a_moderator_deletes_nothing_by_ids_from_elsewhere(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    elsewhere = server.world.add_channel(server.world.home, "elsewhere")
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT}, channel=elsewhere)).answered()
        real = panel.button("mp:delete")
        here = await (await server.slash("say", {"text": TEXT}, user=mod)).answered()
        press = await server.press(here, _forged(here, real), user=mod)
        assert (await press.answered()).content == say(OLD, "en")
        press = await server.press(here, _forged(here, "mp:delete:zz"), user=mod)
        assert (await press.answered()).content == say(OLD, "en")
    assert not any(message.deleted for message in server.messages)


async def test_private_words_are_their_askers_alone(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        said = await server.slash("say", {"text": TEXT, "private": True})
        panel = await server.until(lambda: next((m for m in (said.original, *said.followups) if m and m.buttons), None))
        files, again = panel.button("mp:files"), panel.button("mp:again")
        token = again.split(":")[2]
        for custom_id in (again, files, f"mp:file:{token}:wav"):
            press = await server.press(panel, _forged(panel, custom_id), user=User("bo"))
            assert (await press.answered()).content == say("discord.not_yours", "en"), custom_id


async def test_a_form_pressed_as_a_button_empties_no_list(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    space = house.services.requests.spaces
    home = Space("discord", str(server.world.home.id))
    await space.set(home, blocked_words=["pineapple"])
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT}, user=mod)).answered()
        press = await server.press(panel, _forged(panel, "mp:blocked"), user=mod)
        assert (await press.answered()).content == say(OLD, "en")
    assert (await space.get(home)).blocked_words == ("pineapple",)


@given(st.text(max_size=120))
@example("mp:")
@example("mp:delete:²")
@example("mp:again:\ud800:c")
def test_discords_parser_takes_what_it_wrote_and_nothing_else(custom_id: str) -> None:
    press = Press.parse(custom_id)
    if press is not None:
        assert press.custom_id == custom_id
        assert custom_id.isascii()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["components", "component", "value", "type"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(_JSON)
@example([{"component": None}, {"components": "abc"}, {"component": {"value": ["a"]}}])
def test_a_form_of_any_shape_has_lines_or_none(components: object) -> None:
    assert all(line.strip() == line != "" for line in entries_of({"components": components}))


@given(st.text(alphabet=st.sampled_from("mp:again.delete²１_-09zéx"), max_size=40))
def test_a_list_of_ids_is_ids_or_refused(text: str) -> None:
    try:
        ids = ids_of_text(text)
    except ValueError:
        return
    assert 0 < len(ids) <= 6
    assert all(0 < each < 2**63 for each in ids)
    assert ids_of_text(ids_to_text(ids)) == ids


@given(st.text(max_size=30) | st.from_regex(r"-?\d{0,25}", fullmatch=True))
@example("²")
@example("١٢٣")
@example("1_000")
@example(" 1")
@example("9" * 21)
def test_a_number_is_ascii_digits_or_none(text: str) -> None:
    number = whole(text)
    assert (number is not None) == is_whole(text)
    if number is not None:
        assert text.isascii()
        assert int(text) == number
    assert is_id(text) == is_whole(text.removeprefix("-"))
