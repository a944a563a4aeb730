"""What else Discord's menus and commands offer: messages spoken, who said it, lists, previews, help."""

import asyncio
from collections import deque
from typing import cast

import pytest

from bot.model import Space
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.requests import bar
from bot.providers.base import VoiceInfo
from bot.speech.quota import BUILT_IN
from bot.store.accounts import BlockedAccounts
from bot.store.entries import Override
from bot.text.styles import CATALOGUE
from bot.texts import say
from cogs.help import words_of_help
from cogs.styles import sections
from cogs.voices import Voices, listed
from tests.conftest import BuildHouse, House
from tests.discord_case import TEXT, Start, account, voices_of, words_of
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import PUBLIC_THREAD, Channel, User
from tests.fakes.mimo_rules import TONES
from tests.fakes.mimo_server import MimoServer
from tests.fakes.tones import pitch

pytest_plugins = ["tests.discord_fixtures"]
SPEAK, SPEAK_AS, WHO = (say(f"discord.menu.{name}", "en") for name in ("speak", "speak_as", "who"))


async def test_a_message_is_spoken_and_who_chose_it_pays(server: DiscordServer, house: House, start: Start) -> None:
    bo = User("bo")
    async with start(house.services):
        written = server.written("Somebody else wrote this.", user=bo)
        panel = await (await server.menu(SPEAK, written)).answered()
        empty = await (await server.menu(SPEAK, server.written("", bo))).answered()
    assert voices_of(server)[0].files[0].sound is not None
    assert panel.private
    assert empty.content == say("text.empty", "en")
    used = await house.ledger.usage(account(server).scope, BUILT_IN)
    assert used.characters == len(written.content)


async def test_mentions_are_names_and_forwarded_words_are_heard(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    forwarded = {
        "type": 0, "content": "Read all about it.", "embeds": [], "attachments": [], "mentions": [],
        "mention_roles": [],
        "timestamp": "2026-01-01T00:00:00.000000+00:00", "edited_timestamp": None, "flags": 0, "components": [],
    }  # fmt: skip
    async with start(mimo_house.services):
        await (await server.menu(SPEAK, server.written(f"Hello <@{server.world.ada.id}>!"))).answered()
        snapshot = server.written("", snapshots=[{"message": forwarded}])
        await (await server.menu(SPEAK, snapshot)).answered()
    said = [call["messages"][-1]["content"] for call in mimo.calls]
    assert str(server.world.ada.id) not in said[0]
    assert said[1] == "Read all about it."


async def test_a_message_in_a_chosen_style(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    async with start(mimo_house.services):
        ask = await (await server.menu(SPEAK_AS, server.written("Come closer."))).answered()
        assert ask.private
        assert ask.content == say("discord.which_style", "en")
        menu = ask.data["components"][0]["components"][0]
        assert menu["placeholder"] == say("discord.panel.style", "en", characters=len("Come closer."))
        assert server.messages == []
        await (await server.press(ask, ask.button("mp:style"), "Whisper")).answered()
        empty = await (await server.menu(SPEAK_AS, server.written("   "))).answered()
    assert words_of(server)[0].endswith("Whisper\n> Come closer.")
    assert len(mimo.calls) == 1
    assert empty.content == say("text.empty", "en")


async def test_moderators_see_who_said_it(server: DiscordServer, house: House, start: Start) -> None:
    mod = User("mod")
    server.world.home.moderators.add(mod.id)
    async with start(house.services):
        await (await server.slash("say", {"text": TEXT})).answered()
        command = next(one for one in server.state.commands[None] if one["name"] == WHO)
        assert int(command["default_member_permissions"]) == 1 << 13
        for message in server.messages:  # the voice message and the line beside it
            told = await (await server.menu(WHO, message, user=mod)).answered()
            assert told.private
            ada = server.world.ada.id
            assert told.content == say("discord.who_said", "en", who=f"<@{ada}>", account=str(ada))
        unknown = await server.menu(WHO, server.written("my own words"), user=mod)
        assert (await unknown.answered()).content == say("discord.nobody_known", "en")
        refused = await server.menu(WHO, server.messages[0])
        assert (await refused.answered()).content == say("discord.moderators_only", "en")


async def test_singing(server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start) -> None:
    async with start(mimo_house.services):
        await (await server.slash("sing", {"text": "La la la."})).answered()
    assert len(voices_of(server)) == 1
    assert words_of(server)[0].endswith(" · sing\n> La la la.")


async def test_the_quota_with_its_bar(server: DiscordServer, build_house: BuildHouse, start: Start) -> None:
    house = await build_house(
        speech={"providers": ["espeak"]}, quota={"builtin_characters_per_day": 48, "account_characters_per_day": 100}
    )
    async with start(house.services):
        await (await server.slash("say", {"text": TEXT})).answered()
        told = await (await server.slash("quota")).answered()
        await house.ledger.set_override(Override(account(server).scope, unlimited=True))
        free = await (await server.slash("quota", locale="zh-CN")).answered()
    resets = (await house.speech.balance(account(server), (), BUILT_IN)).resets
    line = say("share.line", "en", used=24, limit=48, left=24, requests=1, resets=f"<t:{int(resets.timestamp())}:R>")
    assert told.private
    assert "▰▰▰▰▰▰▱▱▱▱▱▱\n" + line in told.content
    assert say("share.builtin_free", "zh", used=24, requests=1) in free.content


@pytest.mark.parametrize(
    ("used", "whole", "full"), [(0, 10, 0), (1, 1000, 1), (999, 1000, 11), (5, 5, 12), (9, 5, 12), (0, 0, 0)]
)
def test_a_bar_is_true_at_its_ends(used: int, whole: int, full: int) -> None:
    assert bar(used, whole) == "▰" * full + "▱" * (12 - full)


async def test_lists_and_help(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        for locale, tongue in (("en-US", "en"), ("zh-CN", "zh")):
            styles = await (await server.slash("styles", locale=locale)).answered()
            assert all(style.label(tongue) in styles.content for style in CATALOGUE)
            helped = await (await server.slash("help", locale=locale)).answered()
            assert helped.content == words_of_help(tongue)
            assert helped.private
    assert all(len(sections(tongue)) <= 2000 for tongue in ("en", "zh"))
    many = [VoiceInfo(f"voice_{number}", "en", "x" * 80) for number in range(100)]
    assert len(listed(many, "en")) <= 2000
    assert listed([], "en") == say("discord.voices.none", "en")


async def test_previews_are_on_the_house_and_made_once(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    async with start(mimo_house.services):
        menu = await (await server.slash("voices")).answered()
        assert "**Mia**" in menu.content
        press = await server.press(menu, menu.button("mp:preview"), "Mia")
        await server.until(lambda: press.original if press.original and press.original.content else None)
        named = await server.slash("voices", {"voice": "Mia"})
        await server.until(lambda: named.original if named.original and named.original.content else None)
        unknown = await (await server.slash("voices", {"voice": "Nobody"})).answered()
        suggested = await (await server.autocomplete("voices", "voice", "mia")).suggestions()
    assert press.original is not None
    sound = press.original.files[0].sound
    assert press.original.private
    assert sound is not None
    assert pitch(sound.pcm, sound.rate) == pytest.approx(TONES["Mia"], rel=0.02)
    assert "Nobody" in unknown.content
    assert suggested[0]["value"] == "Mia"
    assert len(mimo.calls) == 1
    assert (await mimo_house.ledger.usage(account(server).scope)).requests == 0
    assert server.messages == []


def previews(platform: DiscordPlatform) -> Voices:
    assert platform._bot is not None
    cog = platform._bot.get_cog("Voices")
    assert cog is not None
    return cast("Voices", cog)


async def test_few_previews_are_made_at_a_time(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    gate = mimo.hold_after(1)
    async with start(mimo_house.services) as platform:
        previews(platform)._patience = 0.01
        previews(platform)._making = asyncio.Semaphore(1)
        first = await server.slash("voices", {"voice": "Mia"})
        await gate.reached.wait()
        second = await (await server.slash("voices", {"voice": "Dean"})).answered()
        assert second.content == say("bot.full", "en")
        gate.set()
        await first.answered()
    assert len(mimo.calls) == 1


async def test_not_many_previews_are_made_in_an_hour(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    async with start(mimo_house.services) as platform:
        cog = previews(platform)
        cog._made = deque(maxlen=1)
        now = cog._clock()
        cog._clock = lambda: now
        for _ in range(2):  # the second comes out of the cache
            assert (await (await server.slash("voices", {"voice": "Mia"})).answered()).files
        refused = await (await server.slash("voices", {"voice": "Dean"})).answered()
        assert refused.content == say("discord.voices.enough", "en")
        cog._clock = lambda: now + 3601
        assert (await (await server.slash("voices", {"voice": "Dean"})).answered()).files
    assert len(mimo.calls) == 2


async def test_who_is_blocked_hears_no_preview(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    await BlockedAccounts(mimo_house.core.database).block(account(server))
    async with start(mimo_house.services):
        refused = await (await server.slash("voices", {"voice": "Mia"})).answered()
    assert refused.content == say("guard.blocked_account", "en")
    assert mimo.calls == []


async def test_a_thread_counts_as_its_channel(server: DiscordServer, house: House, start: Start) -> None:
    world = server.world
    thread = Channel("thread", PUBLIC_THREAD, guild_id=world.home.id, parent_id=world.general.id)
    world.channels[thread.id] = thread
    other = world.add_channel(world.home, "other")
    async with start(house.services):
        await house.services.requests.spaces.set(Space("discord", str(world.home.id)), channels=[str(world.general.id)])
        for place in (world.general, thread):
            await (await server.slash("say", {"text": TEXT}, channel=place)).answered()
        refused = await (await server.slash("say", {"text": TEXT}, channel=other)).answered()
    assert refused.content == say("guard.channel", "en")
    assert {message.channel.id for message in voices_of(server)} <= {world.general.id, thread.id}


@pytest.mark.parametrize(
    ("locale", "written", "words"),
    [
        (
            "en-US",
            "Ask <@&5>, <@6> in <#7> on <t:978307200:D>: ||no||",
            "Ask a role, someone in a channel on January 1, 2001: spoiler",
        ),
        ("zh-CN", "<t:978307200:D>去 <#7> 问 <@&5>：||不||", "2001年1月1日去 某个频道 问 某个身份组：剧透"),
        ("zh-CN", "||123||", "剧透"),
    ],
)
async def test_references_are_named_in_both_entries_of_the_menu(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start, locale: str, written: str, words: str
) -> None:
    async with start(mimo_house.services):
        await (await server.menu(SPEAK, server.written(written), locale=locale)).answered()
        ask = await (await server.menu(SPEAK_AS, server.written(written), locale=locale)).answered()
        style = ask.data["components"][0]["components"][0]["options"][0]["value"]
        await (await server.press(ask, ask.button("mp:style"), style)).answered()
    plain, styled = (call["messages"][-1]["content"] for call in mimo.calls)
    assert plain == words
    assert styled.endswith(words)
