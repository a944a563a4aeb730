"""Reading aloud in a call, from the chat to the speech service; why a message was not read; ``/setup``.

The stand-in's log of requests is the proof of what was spoken.
"""

import asyncio
from typing import Any

import pytest

from bot import texts
from bot.model import Space
from bot.store.sessions import Binding
from tests.conftest import BuildHouse, House, until
from tests.discord_case import Start, account
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import CONNECT, EVERYTHING_WE_NEED, Channel, User
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures"]

CONTENT = 1 << 15


class Evening:
    """A guild with a bound channel, people in its voice channel, and the bot."""

    def __init__(self, server: DiscordServer, house: House, mimo: MimoServer) -> None:
        self.server, self.house, self.mimo = server, house, mimo
        self.guild = server.world.home
        self.space = Space("discord", str(self.guild.id))
        self.voice_channel = server.world.add_voice(self.guild, "lounge")
        self.chat = server.world.general
        self.ada = server.world.ada

    async def bind(self, **how: Any) -> None:
        await self.house.core.bindings.bind(Binding(self.space, str(self.chat.id), str(self.voice_channel.id), **how))

    def spoken(self) -> str:
        """What the service was asked to say, segment by segment, without the greeting."""
        asked = [body["messages"][-1]["content"] for body in self.mimo.calls]
        greetings = [texts.say("call.spoken_greeting", language) for language in ("en", "zh")]
        return "\n".join(text for text in asked if not any(text in greeting for greeting in greetings))

    async def heard(self, words: str) -> str:
        """Wait until the service was asked to say something with these words in it."""
        await until(lambda: words in self.spoken(), 15.0)
        return self.spoken()

    def gone(self) -> list[str]:
        """What was posted of saved voices."""
        return [message.content for message in self.server.messages if "no longer available" in message.content]

    async def menu(self, name: str, message: Message, **more: Any) -> str:
        answer = await (await self.server.menu(name, message, **more)).answered()
        assert answer.private
        return answer.content

    async def why(self, message: Message, code: str) -> None:
        """The menu names the gate, in both languages: at once, or when the message was looked at."""
        for locale, language in (("en-US", "en"), ("zh-CN", "zh")):
            start = texts.say(code, language).partition("…")[0]
            async with asyncio.timeout(5):
                while not (said := await self._asked_why(message, locale)).startswith(start):
                    assert said in {texts.say(f"unread.{state}", language) for state in ("waiting", "unknown")}, said

    async def _asked_why(self, message: Message, locale: str) -> str:
        return await self.menu(texts.say("discord.menu.why", "en"), message, locale=locale)


@pytest.fixture
async def evening(server: DiscordServer, mimo: MimoServer, build_house: BuildHouse) -> Evening:
    server.gateway.privileged = CONTENT
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test", "max_concurrency": 2}},
        speech={"providers": ["mimo"]},
    )
    return Evening(server, house, mimo)


async def test_a_call_goes_on_where_saved_voices_are_gone_and_tells_it_once(evening: Evening, start: Start) -> None:
    server, requests = evening.server, evening.house.services.requests
    await evening.bind(voice="Moved")
    await requests.preferences.set(account(server), voice="Retired")
    await requests.spaces.set(evening.space, default_voice="Dean")
    async with start(evening.house.services, calls=True, message_content=True):
        await server.voice.people.join(evening.ada, evening.voice_channel)
        for words in ("good evening", "and once more"):
            await server.say(words)
            await evening.heard(words)
        await server.until(lambda: len(evening.gone()) == 2)
    asked = [body["audio"]["voice"] for body in evening.mimo.calls]
    assert [name for name in asked if name in {"Retired", "Moved"}] == ["Retired", "Moved"], (
        "then they are not asked for"
    )
    assert asked[-2:] == ["Dean", "Dean"]
    assert evening.gone() == [
        texts.say("note.own_voice_gone", "en", voice="Retired", command="/settings mine"),
        texts.say("note.place_voice_gone", "en", voice="Moved", command="/server settings"),
    ]


async def test_the_menu_shows_what_would_be_said_and_which_rule_did_it(evening: Evening, start: Start) -> None:
    await evening.bind()
    async with start(evening.house.services, calls=True, message_content=True):
        message = await evening.server.say("btw look: https://youtu.be/x")
        english = await evening.menu(texts.say("discord.menu.explain", "en"), message)
        chinese = await evening.menu(texts.say("discord.menu.explain", "en"), message, locale="zh-CN")
        nothing = await evening.menu(texts.say("discord.menu.explain", "en"), await evening.server.say("..."))
    assert "by the way look: a link to YouTube" in english
    assert texts.say("rule.link", "en") in english
    assert texts.say("rule.link", "zh") in chinese
    assert texts.say("unread.not_in_call", "en") in english
    assert nothing.splitlines() == [
        texts.say("unread.not_in_call", "en"),
        texts.say("reading.would_say_nothing", "en"),
    ]


@pytest.mark.parametrize(
    "written",
    ["*_~" * 600, "||x||`y|`" * 200, " ".join(f"u{n}_*w https://a{n}_b.com/**~~" for n in range(50)), "_" * 2000],
)
@pytest.mark.parametrize(("locale", "tongue"), [("en-US", "en"), ("zh-CN", "zh")])
async def test_the_menu_says_first_why_it_is_not_read_however_long_the_rest_is(
    evening: Evening, start: Start, written: str, locale: str, tongue: str
) -> None:
    await evening.bind(max_characters=2000)
    await evening.house.core.preferences.set(account(evening.server), opted_out=True)
    async with start(evening.house.services, calls=True, message_content=True):
        message = await evening.server.say(written[:2000])
        shown = await evening.menu(texts.say("discord.menu.explain", "en"), message, locale=locale)
    assert shown.splitlines()[0] == texts.say("unread.opted_out", tongue)
    assert len(shown) <= 2000
    more = texts.say("reading.more_rules", tongue, count="§").partition("§")[0]
    assert len(shown.splitlines()) <= 18
    assert more in shown or len(shown) < 1900


async def test_why_not_without_a_call(evening: Evening, start: Start) -> None:
    async with start(evening.house.services, calls=True, message_content=True):
        await evening.why(await evening.server.say("hello"), "unread.not_read_here")
        await evening.bind()
        await evening.why(await evening.server.say("hello"), "unread.no_session")


async def test_why_not_in_a_call(evening: Evening, start: Start) -> None:
    server, core = evening.server, evening.house.core
    await evening.bind()
    async with start(evening.house.services, calls=True, message_content=True):
        await server.voice.people.join(evening.ada, evening.voice_channel)
        read = await server.say("this is heard")
        await evening.heard("this is heard")
        await evening.why(await server.say("I am elsewhere", User("cy")), "unread.not_in_call")
        await evening.why(await server.say("..."), "unread.empty")
        await evening.why(await server.say("psst", silent=True), "unread.silent")
        await evening.why(await server.say("beep", webhook=True), "unread.webhook")
        await core.preferences.set(account(server), opted_out=True)
        await evening.why(await server.say("not me"), "unread.opted_out")
        await core.preferences.set(account(server), opted_out=False)
        await core.readings.set(evening.space, required_roles=["role:discord:1"])
        await evening.why(await server.say("no role"), "unread.role")
        await core.readings.set(evening.space, required_roles=[], skip_prefix="!")
        await evening.why(await server.say("!skip me"), "unread.prefix")
        waiting = [await server.say(f"message number {number}") for number in range(3)]
        gone = waiting[-1]
        await server.delete(gone)
        await evening.why(gone, "unread.deleted")
        reading = await evening.menu(texts.say("discord.menu.why", "en"), read)
        assert reading in {
            texts.say("unread.read", "en"),
            texts.say("unread.waiting", "en"),
            texts.say("unread.unknown", "en"),
        }


async def test_why_not_without_the_intent(evening: Evening, start: Start) -> None:
    await evening.bind()
    async with start(evening.house.services, calls=True):
        await evening.server.voice.people.join(evening.ada, evening.voice_channel)
        await (await evening.server.slash("join")).answered()
        await evening.why(await evening.server.say("nor this"), "unread.no_content")


# /setup


async def setup(server: DiscordServer, mod: User, **options: Any) -> str:
    answer = await (await server.slash("setup", options, user=mod)).answered()
    assert answer.private
    return answer.content


async def test_setup_binds_tests_every_permission_and_speaks(evening: Evening, start: Start, mod: User) -> None:
    server = evening.server
    async with start(evening.house.services, calls=True, message_content=True):
        assert await setup(server, mod) == texts.say("call.setup.none", "en")
        done = await setup(server, mod, voice_channel=evening.voice_channel, voice="Mia", length=100)
        assert done.count("✓") == 4
        listener = server.voice.listener(evening.voice_channel)
        await listener.packets(at_least=5)
        listed = await setup(server, mod)
        assert listed == f"<#{evening.chat.id}> → <#{evening.voice_channel.id}> (voice Mia, style –, length 100)"
        removed = await setup(server, mod, remove=True)
        assert removed == texts.say("call.setup.none", "en")
        refused = await setup(server, mod, remove=True)
        assert refused == texts.say("call.setup.not_bound", "en", channel=f"<#{evening.chat.id}>")


async def test_setup_names_what_is_missing_and_binds_nothing(evening: Evening, start: Start, mod: User) -> None:
    closed: Channel = evening.server.world.add_voice(evening.guild, "closed", permissions=EVERYTHING_WE_NEED & ~CONNECT)
    async with start(evening.house.services, calls=True, message_content=True):
        said = await setup(evening.server, mod, voice_channel=closed)
    assert f"<#{closed.id}>: missing permissions: Connect, Speak." in said
    assert said.endswith(texts.say("call.setup.refused", "en"))
    assert await evening.house.core.bindings.of(evening.space) == ()
