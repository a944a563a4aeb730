"""Rules about roles and channels never lock out those who manage a place: they could not take them back."""

import pytest

from bot.model import Space
from bot.texts import say
from tests.call_evening import Evening
from tests.conftest import House, until
from tests.discord_case import TEXT, Start, voices_of
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, MANAGE_GUILD, Channel, Role, User

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]


@pytest.mark.parametrize("rule", ["allowed", "blocked", "channel"])
async def test_a_rule_does_not_hold_for_who_set_it(
    server: DiscordServer, house: House, start: Start, mod: User, rule: str
) -> None:
    world, singer = server.world, Role("singer")
    bo = User("bo")
    world.add_member(world.home, bo, *([singer] if rule == "blocked" else []))
    world.add_member(world.home, mod, *([singer] if rule == "blocked" else []))
    other = world.add_channel(world.home, "other", permissions=EVERYTHING_WE_NEED)
    async with start(house.services):
        if rule == "channel":
            change = await server.slash("server channel", {"channel": other, "open": "open"}, user=mod)
        else:
            change = await server.slash("server role", {"role": singer, "rule": rule}, user=mod)
        assert (await change.answered()).content.endswith(say("discord.settings.exempt", "en"))
        refused = await (await server.slash("say", {"text": TEXT}, user=bo)).answered()
        assert refused.content == say("guard.channel" if rule == "channel" else "guard.role", "en")
        panel = await (await server.slash("say", {"text": TEXT}, user=mod)).answered()
        await (await server.press(panel, panel.button("mp:again"), user=mod)).answered()
        assert len(voices_of(server)) == 2
        world.home.moderators.clear()  # from this moment on
        refused = await (await server.press(panel, panel.button("mp:again"), user=mod)).answered()
        assert refused.content == say("guard.channel" if rule == "channel" else "guard.role", "en")
        denied = await (await server.slash("server role", {"role": singer, "rule": "neither"}, user=mod)).answered()
        assert denied.content == say("discord.moderators_only", "en")


async def test_managers_of_another_server_are_not_exempt(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    world = server.world
    elsewhere = world.add_guild("elsewhere")
    there: Channel = world.add_channel(elsewhere, "there")
    world.add_member(elsewhere, mod)
    await house.services.requests.spaces.set(Space("discord", str(elsewhere.id)), allowed_roles=["role:discord:1"])
    async with start(house.services):
        refused = await (await server.slash("say", {"text": TEXT}, user=mod, channel=there)).answered()
        assert refused.content == say("guard.role", "en")


async def test_what_managers_write_is_read_aloud(evening: Evening) -> None:
    boss = User("boss")
    world = evening.server.world
    world.add_member(world.home, boss, Role("boss", permissions=MANAGE_GUILD))
    await evening.stop()
    await evening.start()
    await evening.join()
    await evening.server.voice.people.join(boss, evening.lounge)
    voice_channel = evening.session.link.voice_channel
    assert voice_channel is not None
    await until(lambda: boss.id in voice_channel.voice_states)
    await evening.house.services.requests.spaces.set(evening.space, allowed_roles=["role:discord:1"], channels=["1"])
    assert await evening.outcomes(await evening.write("From me.", boss)) == ["read"]
    assert await evening.outcomes(await evening.write("And from me?")) == ["unread.role"]
