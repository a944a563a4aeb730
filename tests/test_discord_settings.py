"""``/settings`` on Discord: what people and moderators set, and that it holds afterwards."""

from typing import Any

import pytest
from discord import Permissions

from bot.model import Space
from bot.platforms.discord.commands import FIELD, entries_of, fields_of
from bot.store.dictionary import Entry
from bot.store.settings import MOST_WORDS, WORD_CHARACTERS, SpaceSettings
from bot.texts import say
from cogs.server import server_settings
from tests.conftest import House
from tests.discord_case import TEXT, Start, account, voices_of, words_of
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, Role, User
from tests.fakes.mimo_rules import TONES
from tests.fakes.tones import pitch

pytest_plugins = ["tests.discord_fixtures"]


MODERATED = ("settings", "role", "channel", "blocklist")


def home(server: DiscordServer) -> Space:
    return Space("discord", str(server.world.home.id))


async def told(server: DiscordServer, name: str, options: dict[str, Any] | None = None, **more: Any) -> Message:
    group = "server" if name in MODERATED else "settings"
    answer = await (await server.slash(f"{group} {name}", options, **more)).answered()
    assert answer.private
    return answer


async def test_a_persons_own_voice_and_style_are_used(server: DiscordServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        shown = await told(server, "mine", {"voice": "Mia", "style": "Happy, Slow down", "language": "zh"})
        assert shown.content.splitlines()[0] == "你的声音：Mia"
        panel = await (await server.slash("say", {"text": TEXT})).answered()
        back = await told(server, "mine", {"voice": "-", "style": "-", "language": "auto"})
    sound = voices_of(server)[0].files[0].sound
    assert sound is not None
    assert pitch(sound.pcm, sound.rate) == pytest.approx(TONES["Mia"], rel=0.02)
    assert "Happy, Slow down\n" in words_of(server)[0]
    assert "字符" in panel.content
    assert back.content.splitlines()[:3] == ["Your voice: –", "Your style: –", "Language of my answers: –"]


async def test_favourites_come_first(server: DiscordServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        await told(server, "favourite", {"kind": "voice", "name": "Mia"})
        await told(server, "favourite", {"kind": "style", "name": "Whisper"})
        voices = await (await server.autocomplete("say", "voice", "")).suggestions()
        styles = await (await server.autocomplete("say", "style", "")).suggestions()
        typed = await (await server.autocomplete("settings favourite", "name", "mia")).suggestions()
        gone = await told(server, "favourite", {"kind": "voice", "name": "Mia", "keep": False})
    assert voices[0]["value"] == "Mia"
    assert styles[0]["value"] == "Whisper"
    assert typed[0]["value"] == "Mia"
    assert "Mia" not in gone.content


@pytest.mark.parametrize(("locale", "tongue"), [("en-US", "en"), ("zh-CN", "zh")])
async def test_a_voice_that_nobody_has_is_not_saved(
    server: DiscordServer, mimo_house: House, start: Start, mod: User, locale: str, tongue: str
) -> None:
    preferences = mimo_house.core.preferences
    refusal = say("voice.unknown", tongue, voice="Nope", voices="§").partition("§")[0]
    await preferences.favourite(account(server), "voice", "Retired", True)
    async with start(mimo_house.services):
        await told(server, "mine", {"voice": "dean"})
        for name, options in (
            ("mine", {"voice": "Nope"}),
            ("settings", {"voice": "Nope"}),
            ("favourite", {"kind": "voice", "name": "Nope"}),
        ):
            user = mod if name == "settings" else None
            assert (await told(server, name, options, locale=locale, user=user)).content.startswith(refusal), name
        await told(server, "favourite", {"kind": "voice", "name": "Retired", "keep": False})
        await told(server, "favourite", {"kind": "voice", "name": "mia"})
        await told(server, "favourite", {"kind": "style", "name": "my own way"})
    own = await preferences.get(account(server))
    assert (own.voice, own.favourite_voices, own.favourite_styles) == ("Dean", ("Mia",), ("my own way",))
    assert (await mimo_house.core.spaces.get(home(server))).default_voice == ""


async def test_a_person_is_forgotten(server: DiscordServer, house: House, start: Start) -> None:
    await house.services.reader.dictionaries.put(account(server), Entry("gg", "good game"))
    async with start(house.services):
        await told(server, "mine", {"style": "Happy"})
        panel = await (await server.slash("say", {"text": TEXT})).answered()
        assert (await told(server, "forget")).content == say("discord.settings.forgotten", "en")
        press = await server.press(panel, panel.button("mp:again"))
        assert (await press.answered()).content == say("words.gone", "en")
    assert (await house.services.requests.preferences.get(account(server))).style == ""
    assert await house.services.reader.dictionaries.get(account(server)) == ()


@pytest.mark.parametrize(
    ("name", "options"),
    [("settings", {"cooldown": 5}), ("role", {"rule": "blocked"}), ("channel", {"open": "open"}), ("blocklist", {})],
)
async def test_only_moderators_set_the_server(
    server: DiscordServer, house: House, start: Start, name: str, options: dict[str, Any]
) -> None:
    role = Role("singer")
    server.world.home.roles.append(role)
    named: dict[str, dict[str, Any]] = {"role": {"role": role}, "channel": {"channel": server.world.general}}
    extra = named.get(name, {})
    async with start(house.services):
        before = await house.services.requests.spaces.get(home(server))
        assert (await told(server, name, options | extra)).content == say("discord.moderators_only", "en")
        direct = server.world.add_direct(server.world.ada)
        nowhere = await server.slash("server settings", {"cooldown": 5}, channel=direct)
        assert (await nowhere.answered()).content == say("discord.moderators_only", "en")
        assert await house.services.requests.spaces.get(home(server)) == before


async def test_discord_hides_what_moderators_set_from_everybody_else(
    server: DiscordServer, house: House, start: Start
) -> None:
    """It hides whole commands alone, so a person's own settings are another command."""
    async with start(house.services):
        synced = {command["name"]: command for command in server.state.commands[None]}
    own, shared = synced["settings"], synced["server"]
    assert own.get("default_member_permissions") is None
    assert [option["name"] for option in own["options"]] == ["mine", "favourite", "aloud", "forget"]
    assert int(shared["default_member_permissions"]) == Permissions(manage_guild=True).value
    assert sorted(option["name"] for option in shared["options"]) == sorted(MODERATED)


async def test_what_a_server_sets_holds(server: DiscordServer, mimo_house: House, start: Start, mod: User) -> None:
    options = {"voice": "Mia", "style": "Whisper", "language": "zh", "cooldown": 600, "words": True}
    async with start(mimo_house.services):
        shown = await told(server, "settings", options, user=mod)
        assert shown.content.splitlines()[:4] == [
            "Voice: Mia",
            "Style: Whisper",
            "Language: Chinese",
            "Cooldown: 600 s",
        ]
        await (await server.slash("say", {"text": TEXT})).answered()
        quick = await (await server.slash("say", {"text": "Once more."})).answered()
    sound = voices_of(server)[0].files[0].sound
    assert sound is not None
    assert pitch(sound.pcm, sound.rate) == pytest.approx(TONES["Mia"], rel=0.02)
    assert words_of(server)[0].endswith(f"Whisper\n> {TEXT}")
    assert quick.content == say("guard.cooldown", "en", seconds=600)


async def test_roles_and_channels(server: DiscordServer, house: House, start: Start, mod: User) -> None:
    world, singer, bo = server.world, Role("singer"), User("bo")
    world.add_member(world.home, bo, singer)
    other = world.add_channel(world.home, "other", permissions=EVERYTHING_WE_NEED)
    async with start(house.services):
        shown = await told(server, "role", {"role": singer, "rule": "allowed"}, user=mod)
        assert f"Roles allowed: <@&{singer.id}>" in shown.content
        refused = await (await server.slash("say", {"text": TEXT})).answered()
        assert refused.content == say("guard.role", "en")
        await (await server.slash("say", {"text": TEXT}, user=bo)).answered()
        assert len(voices_of(server)) == 1
        await told(server, "role", {"role": singer, "rule": "blocked"}, user=mod)
        refused = await (await server.slash("say", {"text": TEXT}, user=bo)).answered()
        assert refused.content == say("guard.role", "en")
        await told(server, "role", {"role": singer, "rule": "neither"}, user=mod)
        await told(server, "channel", {"channel": other, "open": "open"}, user=mod)
        refused = await (await server.slash("say", {"text": TEXT})).answered()
        assert refused.content == say("guard.channel", "en")
        shown = await told(server, "channel", {"channel": other, "open": "closed"}, user=mod)
        assert "Channels: –" in shown.content
        await (await server.slash("say", {"text": TEXT})).answered()
    assert len(voices_of(server)) == 2


async def test_what_a_role_may_use(server: DiscordServer, house: House, start: Start, mod: User) -> None:
    world, singer, bo = server.world, Role("singer"), User("bo")
    world.add_member(world.home, bo, singer)
    async with start(house.services):
        shown = await told(server, "role", {"role": singer, "rule": "allowed", "what": "singing"}, user=mod)
        assert f"Roles allowed: <@&{singer.id}> (singing)" in shown.content
        refused = await (await server.slash("sing", {"text": TEXT})).answered()
        assert refused.content == say("guard.role.singing", "en")
        await (await server.slash("say", {"text": TEXT})).answered()
        await (await server.slash("sing", {"text": TEXT}, user=bo)).answered()
        rule = {"role": singer, "rule": "blocked", "what": "instruction"}
        shown = await told(server, "role", rule, user=mod, locale="zh-CN")
        assert f"<@&{singer.id}> (语气说明)" in shown.content
        refused = await (await server.slash("say", {"text": TEXT, "instruction": "slowly"}, user=bo)).answered()
        assert refused.content == say("guard.role.instruction", "en")
    assert len(voices_of(server)) == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_many_roles_and_channels_fit_a_message(language: str) -> None:
    roles = tuple(f"instruction@role:discord:{10**18 + number}" for number in range(50))
    shared = SpaceSettings("x" * 64, "x" * 64, "zh", True, roles, roles, tuple(str(10**18 + n) for n in range(100)))
    shown = server_settings(shared, language)
    assert len(shown) <= 2000
    assert shown.count("+ 35") == 2
    assert "+ 85" in shown


async def test_two_moderators_at_once_both_have_their_way(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    roles = [Role(f"role {number}") for number in range(6)]
    server.world.home.roles += roles
    async with start(house.services):
        sent = [await server.slash("server role", {"role": role, "rule": "blocked"}, user=mod) for role in roles]
        for exchange in sent:
            await exchange.answered()
        kept = await house.services.requests.spaces.get(home(server))
    assert {entry.rpartition(":")[2] for entry in kept.blocked_roles} == {str(role.id) for role in roles}


async def test_a_role_rests_as_long_as_moderators_say(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    world, singer, bo = server.world, Role("singer"), User("bo")
    world.add_member(world.home, bo, singer)
    async with start(house.services):
        await told(server, "settings", {"cooldown": 600}, user=mod)
        shown = await told(server, "role", {"role": singer, "cooldown": 0}, user=mod)
        assert f"Role cooldowns: <@&{singer.id}> 0 s" in shown.content
        assert "Roles allowed: –" in shown.content
        for user, text in ((bo, "One."), (bo, "Two."), (world.ada, "Three.")):
            await (await server.slash("say", {"text": text}, user=user)).answered()
        assert len(voices_of(server)) == 3
        refused = await (await server.slash("say", {"text": "Four."})).answered()
        assert refused.content == say("guard.cooldown", "en", seconds=600)
        shown = await told(server, "role", {"role": singer, "cooldown": -1}, user=mod)
        assert "Role cooldowns: –" in shown.content
        await (await server.slash("say", {"text": "Five."}, user=bo)).answered()
        refused = await (await server.slash("say", {"text": "Six."}, user=bo)).answered()
        assert refused.content == say("guard.cooldown", "en", seconds=600)


async def test_words_are_blocked_by_a_form(server: DiscordServer, house: House, start: Start, mod: User) -> None:
    async with start(house.services):
        opened = await server.slash("server blocklist", user=mod)
        filled = await server.submit(opened, ["evening\n\n  bad phrase  "])
        shown = await filled.answered()
        assert shown.content.endswith("Blocked words: 2")
        refused = await (await server.slash("say", {"text": TEXT})).answered()
        again = await (await server.slash("server blocklist", user=mod)).form()
    assert refused.content == say("guard.word", "en")
    assert again["components"][0]["component"]["value"] == "evening\nbad phrase"
    assert server.refusals == []


async def test_two_moderators_fill_in_the_form_at_once_and_both_keep_their_words(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    other, spaces = User("other mod"), house.services.requests.spaces
    server.world.add_member(server.world.home, other)
    server.world.home.moderators.add(other.id)
    await spaces.set(home(server), blocked_words=["apple", "pear"])
    async with start(house.services):
        first = await server.slash("server blocklist", user=mod)
        await first.form()
        second = await server.slash("server blocklist", user=other)
        await second.form()
        await (await server.submit(second, ["apple\npear\nkiwi"])).answered()
        await (await server.submit(first, ["pear\n  big   plum"])).answered()
        assert (await spaces.get(home(server))).blocked_words == ("pear", "kiwi", "big plum")
    async with start(house.services):  # it knows nothing of the form any more
        await (await server.submit(second, ["apple"])).answered()
        assert (await spaces.get(home(server))).blocked_words == ("apple",)


def test_a_full_blocklist_fits_a_form() -> None:
    words = [f"{number:03d}".ljust(WORD_CHARACTERS, "x") for number in range(MOST_WORDS)]
    fields = fields_of(words)
    assert len(fields) <= 5
    assert all(len(text) <= FIELD for text in fields)
    rows = [{"component": {"value": text}} for text in fields]
    assert entries_of({"components": rows}) == words
    assert fields_of([]) == [""]
