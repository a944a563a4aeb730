"""``/doctor`` on Discord: the shared list with permissions of the channels, each made to fail."""

from bot.model import Space
from bot.store.sessions import Binding
from bot.texts import say
from tests.conftest import House
from tests.discord_case import Start
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import CONNECT, EVERYTHING_WE_NEED, SEND_VOICE_MESSAGES, SPEAK, User
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures"]


async def lines(server: DiscordServer, mod: User, locale: str | None = None) -> list[str]:
    answer = await (await server.slash("doctor", user=mod, locale=locale)).answered()
    assert answer.private
    return answer.content.splitlines()


async def test_a_sound_server(server: DiscordServer, mimo_house: House, start: Start, mod: User) -> None:
    async with start(mimo_house.services):
        found = await lines(server, mod)
        chinese = await lines(server, mod, locale="zh-CN")
    assert f"✓ <#{server.world.general.id}>: I have all permissions I need." in found
    assert [line[0] for line in found if not line.startswith("✓")] == ["!"]  # messages are not asked for
    assert len(chinese) == len(found)
    assert f"✓ <#{server.world.general.id}>：权限齐全。" in chinese


async def test_each_missing_permission_is_named_with_what_to_do(
    server: DiscordServer, mimo_house: House, start: Start, mod: User
) -> None:
    guild = server.world.home
    text = server.world.add_channel(guild, "chat", permissions=EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES)
    voice_channel = server.world.add_voice(guild, "room", permissions=EVERYTHING_WE_NEED & ~(CONNECT | SPEAK))
    await mimo_house.core.bindings.bind(Binding(Space("discord", str(guild.id)), str(text.id), str(voice_channel.id)))
    async with start(mimo_house.services):
        found = await lines(server, mod)
    assert any(line.startswith(f"✗ <#{text.id}>: missing permissions: Send Voice Messages.") for line in found)
    assert any(line.startswith(f"✗ <#{voice_channel.id}>: missing permissions: Connect, Speak.") for line in found)


async def test_a_voice_channel_that_is_full(server: DiscordServer, mimo_house: House, start: Start, mod: User) -> None:
    guild = server.world.home
    voice_channel = server.world.add_voice(guild, "room", user_limit=1)
    await server.voice.people.join(server.world.ada, voice_channel)
    await mimo_house.core.bindings.bind(
        Binding(Space("discord", str(guild.id)), str(server.world.general.id), str(voice_channel.id))
    )
    async with start(mimo_house.services):
        found = await lines(server, mod)
    assert f"✗ {say('call.full', 'en', channel=f'<#{voice_channel.id}>', limit=1)}" in found


async def test_a_provider_s_trouble_is_told_without_its_address(
    server: DiscordServer, mimo_house: House, mimo: MimoServer, start: Start, mod: User
) -> None:
    mimo.keys.clear()
    async with start(mimo_house.services):
        found = await lines(server, mod)
    assert any(line.startswith("! Provider mimo: not answering") for line in found)
    assert "127.0.0.1" not in "\n".join(found)


async def test_messages_are_asked_for_where_the_host_wants_it(
    server: DiscordServer, mimo_house: House, start: Start, mod: User
) -> None:
    server.gateway.privileged = 1 << 15
    async with start(mimo_house.services, message_content=True):
        found = await lines(server, mod)
    assert "✓ Discord: Message Content Intent is on." in found


async def test_it_is_for_those_who_manage_the_server(server: DiscordServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        answer = await (await server.slash("doctor")).answered()
    assert answer.content == "Only moderators can do this."
