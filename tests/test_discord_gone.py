"""What moderators named and somebody deleted, and ``@everyone``: nobody is let in by it, and moderators can undo it."""

import asyncio
from typing import Any

import pytest

from bot.model import Space
from bot.store.sessions import MOST_BINDINGS, Binding
from bot.store.settings import MOST_ROLES, for_use
from bot.texts import say
from tests.conftest import House
from tests.discord_case import TEXT, Start, voices_of
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, VIEW_CHANNEL, Channel, Role, User

pytest_plugins = ["tests.discord_fixtures"]


@pytest.fixture
def everyone(server: DiscordServer) -> Role:
    return Role("@everyone", id=server.world.home.id)


def home(server: DiscordServer) -> Space:
    return Space("discord", str(server.world.home.id))


def scope(role: Role) -> str:
    return f"role:discord:{role.id}"


async def told(server: DiscordServer, name: str, user: User | None = None, **options: Any) -> str:
    locale = options.pop("locale", None)
    return (await (await server.slash(name, options, user=user, locale=locale)).answered()).content


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_a_deleted_role_lets_nobody_in_until_a_moderator_says_so(
    server: DiscordServer, house: House, start: Start, mod: User, everyone: Role, locale: str
) -> None:
    world, gone, language = server.world, Role("gone"), locale[:2]
    world.home.roles.append(gone)
    async with start(house.services):
        await told(server, "server role", mod, role=gone, rule="allowed")
        await told(server, "server role", mod, role=gone, rule="allowed", what="singing")
        await server.delete_role(world.home, gone)
        shown = await told(server, "server settings", mod, locale=locale)
        assert shown.count(say("discord.role_gone", language)) == 2
        assert str(gone.id) not in shown
        assert await told(server, "say", text=TEXT, locale=locale) == say("guard.role", language)
        await told(server, "server role", mod, role=everyone, rule="allowed")
        await told(server, "say", text=TEXT)
        assert await told(server, "sing", text=TEXT) == say("guard.role.singing", "en")
        shown = await told(server, "server role", mod, role=everyone, rule="allowed", what="singing")
        assert "Roles allowed: –" in shown
        await told(server, "sing", text=TEXT)
    assert len(voices_of(server)) == 2


async def test_deleted_roles_go_where_that_lets_nobody_in(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    world, spaces, singer, other = server.world, house.core.spaces, Role("singer"), Role("other")
    world.add_member(world.home, User("bo"), singer, other)
    ghosts = [f"role:discord:{number}" for number in range(1, 50)]
    await spaces.set(home(server), allowed_roles=[*ghosts, for_use("singing", ghosts[0])])
    await spaces.rest(home(server), ghosts[0], 9)
    async with start(house.services):
        await told(server, "server role", mod, role=singer, rule="blocked")
        kept = await spaces.get(home(server))
        assert (len(kept.allowed_roles), kept.blocked_roles) == (50, (scope(singer),))
        await server.delete_role(world.home, singer)
        await told(server, "server role", mod, role=other, rule="allowed", cooldown=5)
        kept = await spaces.get(home(server))
    assert kept.allowed_roles == (for_use("singing", ghosts[0]), scope(other))
    assert kept.blocked_roles == ()
    assert kept.role_cooldowns == {scope(other): 5}


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_a_deleted_channel_opens_no_other_until_a_moderator_says_so(
    server: DiscordServer, house: House, start: Start, mod: User, locale: str
) -> None:
    world, language = server.world, locale[:2]
    old, other = world.add_channel(world.home, "old"), world.add_channel(world.home, "other")
    async with start(house.services):
        await told(server, "server channel", mod, channel=old, open="open")
        await server.delete_channel(old)
        shown = await told(server, "server settings", mod, locale=locale)
        assert say("discord.channel_unlisted", language) in shown
        assert await told(server, "say", text=TEXT, locale=locale) == say("guard.channel", language)
        await told(server, "server channel", mod, open="open")
        await told(server, "say", text=TEXT)
        shown = await told(server, "server channel", mod, open="closed")
        assert f"Channels: {say('discord.channel_unlisted', 'en')}\n" in shown
        await told(server, "server channel", mod, channel=other, open="open")
        assert await told(server, "say", text=TEXT) == say("guard.channel", "en")
        shown = await told(server, "server channel", mod, open="everywhere")
        assert "Channels: –" in shown
        await told(server, "say", text=TEXT)
    assert len(voices_of(server)) == 2


async def test_a_channel_that_is_hidden_from_the_bot_stays_open_beside_another(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    world, spaces = server.world, house.core.spaces
    hidden = world.add_channel(world.home, "hidden", permissions=EVERYTHING_WE_NEED & ~VIEW_CHANNEL)
    world.home.channels.remove(hidden)
    await spaces.set(home(server), channels=[str(hidden.id)])
    async with start(house.services):
        shown = await told(server, "server channel", mod, open="open")
    assert f"Channels: {say('discord.channel_unlisted', 'en')}, <#{world.general.id}>\n" in shown
    assert (await spaces.get(home(server))).channels == (str(hidden.id), str(world.general.id))


async def test_where_only_the_commands_are_installed_nothing_counts_as_deleted(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    world, first, second = server.world, Role("first"), Role("second")
    guild = world.add_guild("without the bot", bot_is_member=False, has_commands=True)
    here, old = world.add_channel(guild, "here"), world.add_channel(guild, "old")
    world.add_member(guild, mod, first, second)
    guild.moderators.add(mod.id)
    singer = User("singer")
    world.add_member(guild, singer, first, second)
    spaces, space = house.core.spaces, Space("discord", str(guild.id))

    async def asked(name: str, channel: Channel = here, **options: Any) -> str:
        return (await (await server.slash(name, options, user=mod, channel=channel)).answered()).content

    async with start(house.services):
        await asked("server channel", old, open="open")
        shown = await asked("server channel", open="open")
        for role in (first, second):
            await asked("server role", role=role, rule="allowed", cooldown=5)
            await asked("server role", role=role, rule="blocked", what="singing")
            await asked("reading role", role=role, rule="required")
        await spaces.set(space, channels=())
        sung = await server.slash("say", {"text": "Hello there.", "style": "sing"}, user=singer, channel=here)
        refused = (await sung.answered()).content
    assert refused == say("guard.role.singing", "en")
    assert f"Channels: <#{old.id}>, <#{here.id}>\n" in shown
    kept, roles = await spaces.get(space), (scope(first), scope(second))
    assert kept.allowed_roles == (await house.core.readings.get(space)).required_roles == roles
    assert kept.blocked_roles == tuple(for_use("singing", role) for role in roles)
    assert kept.role_cooldowns == dict.fromkeys(roles, 5)


async def test_a_full_list_of_roles_can_be_left(
    server: DiscordServer, house: House, start: Start, mod: User, everyone: Role
) -> None:
    spaces, readings, role, space = house.core.spaces, house.core.readings, Role("singer"), home(server)
    server.world.home.roles.append(role)
    ghosts = [f"role:discord:{number}" for number in range(1, MOST_ROLES + 1)]
    async with start(house.services):
        for named, left in ((role, (scope(role),)), (everyone, ())):
            await spaces.set(space, allowed_roles=ghosts)
            await readings.set(space, required_roles=ghosts, priority_roles=ghosts, blocked_roles=ghosts)
            await told(server, "server role", mod, role=named, rule="allowed")
            await told(server, "reading role", mod, role=named, rule="required")
            assert (await spaces.get(space)).allowed_roles == left
            kept = await readings.get(space)
            assert (kept.required_roles, kept.priority_roles, kept.blocked_roles) == (left, (), ())
        await spaces.set(space, blocked_roles=ghosts)
        await told(server, "server role", mod, role=role, rule="blocked")
    assert (await spaces.get(space)).blocked_roles == (scope(role),)


async def test_everyone_cannot_be_blocked_and_rests_as_the_server_says(
    server: DiscordServer, house: House, start: Start, mod: User, everyone: Role
) -> None:
    before = await house.core.spaces.get(home(server))
    async with start(house.services):
        refused = await told(server, "server role", mod, role=everyone, rule="blocked", cooldown=5)
        assert refused == say("discord.everyone.blocked", "en")
        refused = await told(server, "server role", mod, role=everyone, rule="allowed", cooldown=5)
        assert refused == say("discord.everyone.rest", "en")
        await told(server, "server role", mod, role=everyone, rule="neither", cooldown=-1)
        assert await house.core.spaces.get(home(server)) == before


async def test_who_is_read_by_role_is_named(
    server: DiscordServer, house: House, start: Start, mod: User, everyone: Role
) -> None:
    world, readings, gone, singer = server.world, house.core.readings, Role("gone"), Role("singer")
    world.home.roles += [gone, singer]
    async with start(house.services):
        await told(server, "reading role", mod, role=gone, rule="required")
        await told(server, "reading role", mod, role=singer, rule="priority")
        await server.delete_role(world.home, gone)
        shown = await told(server, "reading show", mod)
        assert f"Required roles: {say('discord.role_gone', 'en')}\n" in shown
        assert f"Roles read first: <@&{singer.id}>\n" in shown
        for rule, code in (("blocked", "unread"), ("priority", "first")):
            refused = await told(server, "reading role", mod, role=everyone, rule=rule)
            assert refused == say(f"discord.everyone.{code}", "en")
        assert (await readings.get(home(server))).required_roles == (scope(gone),)
        await told(server, "reading role", mod, role=singer, rule="required")
        assert (await readings.get(home(server))).required_roles == (scope(singer),)
        shown = await told(server, "reading role", mod, role=everyone, rule="required")
    assert "Required roles: –" in shown
    assert (await readings.get(home(server))).required_roles == ()


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_many_roles_of_reading_fit_a_message(
    server: DiscordServer, house: House, start: Start, mod: User, locale: str
) -> None:
    roles = [Role(f"role {number}") for number in range(50)]
    server.world.home.roles += roles
    lists: dict[str, Any] = {
        name: [scope(role) for role in roles] for name in ("required_roles", "priority_roles", "blocked_roles")
    }
    await house.core.readings.set(
        home(server), **lists, name_template="x" * 70 + " {name}", ignored=[f"account:discord:{n}" for n in range(500)]
    )
    async with start(house.services):
        shown = await told(server, "reading show", mod, locale=locale)
    assert shown.count("+ 40") == 3
    assert "500" in shown.splitlines()[-1]


async def left(house: House, space: Space, *bound: Binding) -> None:
    """Wait until these bindings are all that there are: nobody tells when a listener is done."""
    async with asyncio.timeout(5):
        while await house.core.bindings.of(space) != bound:  # noqa: ASYNC110  see above
            await asyncio.sleep(0.001)


async def test_what_was_bound_ends_with_its_channel(server: DiscordServer, house: House, start: Start) -> None:
    world, space = server.world, home(server)
    text, voice_channel, attic = (
        add(world.home, "it") for add in (world.add_channel, world.add_voice, world.add_voice)
    )
    stays = Binding(space, str(world.general.id), str(attic.id))
    other = Binding(space, str(attic.id), str(voice_channel.id))
    for bound in (stays, other, Binding(space, str(text.id), str(attic.id))):
        await house.core.bindings.bind(bound)
    async with start(house.services):
        await server.delete_channel(text)
        await left(house, space, stays, other)
        await server.delete_channel(voice_channel)
        await left(house, space, stays)


async def test_what_was_deleted_meanwhile_is_unbound_and_nothing_else(
    server: DiscordServer, house: House, start: Start, mod: User
) -> None:
    world, space = server.world, home(server)
    voice_channel, thread = world.add_voice(world.home, "room"), world.add_thread(world.general, "thread")
    hidden = world.add_channel(world.home, "hidden", permissions=EVERYTHING_WE_NEED & ~VIEW_CHANNEL)
    world.home.channels.remove(hidden)
    stay = [Binding(space, str(each.id), str(voice_channel.id)) for each in (world.general, thread, hidden)]
    stay.sort(key=lambda each: each.channel)
    ghosts = [Binding(space, str(number), str(voice_channel.id)) for number in range(1, MOST_BINDINGS - 3)]
    for bound in (*stay, *ghosts, Binding(space, str(voice_channel.id), "9")):
        await house.core.bindings.bind(bound)
    async with start(house.services):
        await left(house, space, *stay)
        assert "deleted" not in await told(server, "setup", mod)
