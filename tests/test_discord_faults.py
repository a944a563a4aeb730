"""What Discord refuses, one thing at a time: what the person is told, what is heard, what is charged."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord
import pytest

from bot.errors import InputError
from bot.model import Account
from bot.store.accounts import BlockedAccounts
from bot.texts import of_error, say
from cogs.errors import cause_of, sentence
from tests.conftest import House
from tests.discord_case import TEXT, Start, account, voices_of, words_of
from tests.fakes.discord_exchange import Exchange, Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, SEND_VOICE_MESSAGES, User
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures"]


async def private_answer(server: DiscordServer, exchange: Exchange) -> Message:
    """What only the person reads: in the response, or after one that everybody would see."""

    def look() -> Message | None:
        shown = [*([exchange.original] if exchange.original is not None else []), *exchange.followups]
        return next((message for message in shown if message.private and message.content), None)

    return await server.until(look)


@pytest.mark.parametrize("tongue", ["en", "zh"])
@pytest.mark.parametrize(
    ("kind", "code", "heard"),
    [
        ("10003", "only_you", "alone"),  # the channel was deleted meanwhile
        ("40005", "too_large", ""),
        ("50001", "only_you", "alone"),
        ("50083", "only_you", "alone"),  # a thread that was locked
        ("50013", "why_file.permission", "file"),
        ("50160", "why_file.refused", "file"),
        ("50173", "why_file.channel", "file"),
        ("429 without Via", "slow_down", ""),
        ("reset", "not_sent", ""),
    ],
)
async def test_what_the_channel_refuses(
    server: DiscordServer, house: House, start: Start, kind: str, code: str, heard: str, tongue: str
) -> None:
    server.fail("message", kind)
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT}, locale={"en": "en-US", "zh": "zh-CN"}[tongue])
        panel = await exchange.answered()
    assert panel.private
    assert say(f"discord.{code}", tongue) in panel.content
    assert voices_of(server) == []
    files = panel.files if heard == "alone" else [file for message in server.messages for file in message.files]
    assert [file.sound is not None for file in files] == [True] * bool(heard)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("10003", "channel_gone"),
        ("40005", "too_large"),
        ("50001", "no_permission"),
        ("50013", "no_permission"),
        ("429 without Via", "slow_down"),
        ("reset", "not_sent"),
    ],
)
async def test_what_the_response_refuses(
    server: DiscordServer, house: House, start: Start, kind: str, code: str
) -> None:
    server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
    server.fail("edit", kind)
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT})
        assert (await private_answer(server, exchange)).content == say(f"discord.{code}", "en")
    assert exchange.deleted  # nothing is left that says the bot is thinking
    assert server.messages == []


@pytest.mark.parametrize("kind", ["40005", "429 without Via", "reset"])
async def test_what_is_refused_costs_nothing_the_second_time(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start, kind: str
) -> None:
    server.fail("message", kind)
    async with start(mimo_house.services):
        await (await server.slash("say", {"text": TEXT})).answered()
        panel = await (await server.slash("say", {"text": TEXT})).answered()
    assert len(voices_of(server)) == len(mimo.calls) == 1
    sound = voices_of(server)[0].files[0].sound
    assert sound is not None
    assert panel.content.startswith(say("discord.spoken_free", "en", seconds=sound.seconds))
    assert (await mimo_house.ledger.usage(account(server).scope)).characters == 0, (
        "it is given back, and the cache is free"
    )


async def test_a_channel_that_is_deleted_while_it_is_spoken(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    gone = server.world.add_channel(server.world.home, "gone")
    gate = mimo.hold_after(1)
    async with start(mimo_house.services):
        exchange = await server.slash("say", {"text": TEXT}, channel=gone)
        await gate.reached.wait()
        del server.world.channels[gone.id]
        gate.set()
        panel = await exchange.answered()
    assert panel.files[0].sound is not None
    assert say("discord.only_you", "en") in panel.content
    assert server.messages == []


async def test_when_nothing_reaches_the_person_the_bot_goes_on(
    server: DiscordServer, house: House, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail("message", "10003")
    server.fail("edit", "10003", times=2)
    async with start(house.services):
        await server.slash("say", {"text": TEXT})
        await server.until(lambda: server.statuses("edit") == [404, 404])
        await (await server.slash("say", {"text": TEXT})).answered()
    assert len(voices_of(server)) == 1
    assert "could not be informed" in caplog.text
    assert TEXT not in caplog.text


@pytest.mark.parametrize("code", ["10062", "40060"])
@pytest.mark.parametrize("act", ["command", "press", "menu", "form"])
async def test_what_cannot_be_answered_is_not_done(
    server: DiscordServer, house: House, start: Start, caplog: pytest.LogCaptureFixture, code: str, act: str
) -> None:
    server.world.home.moderators.add(server.world.ada.id)
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT})).answered()
        server.fail("callback", code)
        refused: dict[str, Callable[[], Awaitable[Exchange]]] = {
            "command": lambda: server.slash("say", {"text": "Something else."}),
            "press": lambda: server.press(panel, panel.button("mp:again")),
            "menu": lambda: server.menu(say("discord.menu.speak", "en"), server.written("Something else.")),
            "form": lambda: server.slash("server blocklist"),
        }
        exchange = await refused[act]()
        await server.until(lambda: server.statuses("callback")[-1] in (400, 404))
        await (await server.slash("say", {"text": TEXT})).answered()  # the bot goes on
    assert exchange.callback is None
    assert exchange.followups == []
    assert len(voices_of(server)) == 2
    assert (await house.ledger.usage(account(server).scope, "builtin")).characters == len(TEXT)
    [record] = [each for each in caplog.records if "came too late or twice" in each.getMessage()]
    assert record.exc_info is None


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("429 without Via", "discord.slow_down"),
        ("40005", "discord.too_large"),
        ("10008", "discord.not_sent"),
        ("50035", "discord.not_sent"),
    ],
)
async def test_a_first_answer_that_is_refused_is_told(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start, kind: str, code: str
) -> None:
    server.fail("callback", kind)
    async with start(mimo_house.services):
        told = await (await server.slash("say", {"text": TEXT})).answered()
    assert told.private
    assert told.content == say(code, "en")
    assert mimo.calls == []
    assert server.messages == []


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_a_permission_that_is_taken_meanwhile_makes_it_a_file(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start, locale: str
) -> None:
    gate = mimo.hold_after(1)
    async with start(mimo_house.services):
        exchange = await server.slash("say", {"text": TEXT}, locale=locale)
        await gate.reached.wait()
        server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
        gate.set()
        told = await exchange.answered()
    assert say("discord.why_file.permission", "zh" if locale == "zh-CN" else "en") in told.content
    assert server.messages[0].files[0].sound is not None
    assert not server.messages[0].voice


async def test_a_blocked_account_is_told_at_every_door(server: DiscordServer, house: House, start: Start) -> None:
    bo = User("bo")
    await BlockedAccounts(house.core.database).block(Account("discord", str(bo.id)))
    async with start(house.services):
        panel = await (await server.slash("say", {"text": TEXT})).answered()
        refused = [
            await server.slash("say", {"text": TEXT}, user=bo),
            await server.slash("sing", {"text": TEXT}, user=bo),
            await server.press(panel, panel.button("mp:again"), user=bo),
            await server.menu(say("discord.menu.speak", "en"), server.written(TEXT), user=bo),
            await server.menu(say("discord.menu.speak_as", "en"), server.written(TEXT), user=bo),
        ]
        for exchange in refused:
            assert (await exchange.answered()).content == say("guard.blocked_account", "en")
    assert len(voices_of(server)) == 1


async def test_a_press_that_comes_too_late_is_apologized_for(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    async with start(mimo_house.services):
        panel = await (await server.slash("say", {"text": TEXT})).answered()
        gate = server.hold("callback")
        await server.press(panel, panel.button("mp:again"))
        await gate.reached.wait()
        server.clock.advance(3.5)
        gate.open()
        await server.message(3)
    assert words_of(server)[1] == say("discord.too_late", "en", who=f"<@{server.world.ada.id}>")
    assert len(mimo.calls) == 1


async def test_a_larger_sound_than_discord_takes_comes_in_parts(
    server: DiscordServer, house: House, start: Start
) -> None:
    server.state.file_limit = 30_000
    async with start(house.services):
        told = await (await server.slash("say", {"text": "One two three four five. " * 12})).answered()
    sounds = [message.files[0].sound for message in voices_of(server)]
    assert len(sounds) > 1
    assert all(len(message.files[0].data) <= 30_000 for message in voices_of(server))
    seconds = sum(sound.seconds for sound in sounds if sound is not None)
    assert told.content.startswith(say("discord.spoken_free", "en", seconds=seconds))
    assert server.refusals == []


def test_every_kind_of_error_has_a_sentence() -> None:
    app = discord.app_commands
    inner = InputError("text.too_long", length=5000, limit=4000)
    command: Any = app.Command(name="x", description="x", callback=_nothing)
    with pytest.raises(app.CommandInvokeError) as wrapped:
        raise app.CommandInvokeError(command, inner) from inner
    assert cause_of(wrapped.value) is inner
    assert sentence(inner, "zh") == of_error(inner, "zh")
    cooldown = app.CommandOnCooldown(app.Cooldown(1, 5), 2.4)
    assert sentence(cooldown, "en") == say("guard.cooldown", "en", seconds=3)
    assert sentence(app.CheckFailure(), "en") == say("discord.not_allowed", "en")
    assert sentence(app.CommandNotFound("x", []), "en") == say("discord.changed", "en")
    assert sentence(aiohttp.ClientError(), "en") == say("discord.not_sent", "en")
    assert sentence(discord.RateLimited(70.0), "zh") == say("discord.not_sent", "zh")
    assert sentence(ValueError(), "en") == say("discord.failed", "en")


async def _nothing(interaction: discord.Interaction) -> None:
    """A command's body."""
