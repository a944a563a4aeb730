"""Kills (SIGKILL) at each state of a Discord command, which Discord brings to nobody else."""

import pytest

from bot.texts import say
from tests.fakes.discord_exchange import Exchange
from tests.town import Bot, Town, charged, died, fixture_town, table, until  # noqa: F401  the fixture of this file

WORDS = "I was interrupted."
_TOKEN_GONE = 16 * 60.0
"""Seconds after which an interaction can be answered no more."""


class Guild:
    """Discord as Ada sees it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        town.tokens["telegram"] = ""

    async def up(self) -> Bot:
        bot = await self.town.run()
        await bot.says("discord is up")
        return bot

    async def asked(self, bot: Bot, *, private: bool = False) -> Exchange:
        await bot.says("discord is up")
        return await self.town.discord.slash("say", {"text": WORDS, "private": private})

    def sounds(self) -> list[bool]:
        """All sounds that were accepted; whether each is a voice message."""
        posted = [message for message in self.town.discord.messages if message.files]
        answers = [each.original for each in self.town.discord.exchanges if each.original is not None]
        return [message.voice for message in (*posted, *(answer for answer in answers if answer.files))]

    async def outcome(self, sounds: int, *, used: int, requests: int = 1) -> None:
        """One more bot brings everything to an end: so many sounds, so much charged."""
        bot = await self.up()
        await until(lambda: not table(self.town, "SELECT 1 FROM journal"))
        assert set(table(self.town, "SELECT stage FROM delivery")) == {("done",)}
        assert await bot.stop() == 0
        assert len(self.sounds()) == sounds
        assert await charged(self.town, f"account:discord:{self.town.discord.world.ada.id}") == used
        assert len(self.town.mimo.calls) == requests


@pytest.fixture
def guild(town: Town) -> Guild:
    return Guild(town)


@pytest.mark.parametrize(
    ("state", "requests"),
    [("journaled", 1), ("deferred", 1), ("held", 1), ("first_audio", 2), ("spent", 1), ("delivered", 1)],
)
async def test_killed_anywhere_but_in_the_upload_it_is_heard_once(guild: Guild, state: str, requests: int) -> None:
    bot = await guild.town.killed_at(state)
    exchange = await guild.asked(bot)
    await died(bot)
    await guild.outcome(1, used=len(WORDS), requests=requests)
    if state != "delivered":
        assert (await exchange.answered()).content, "the deferral is filled"


async def test_killed_in_the_upload_it_is_not_sent_again_and_that_is_said_once(guild: Guild) -> None:
    bot = await guild.town.killed_at("sending")
    exchange = await guild.asked(bot)
    await died(bot)
    await guild.outcome(0, used=0)
    assert (await exchange.answered()).content == say("cut_off.sending", "en")


async def test_killed_in_the_pause_that_discord_asked_for_it_is_delivered_for_nothing_more(guild: Guild) -> None:
    guild.town.discord.fail("message", "429", retry_after=30)
    bot = await guild.up()
    await guild.asked(bot)
    await guild.town.discord.until(lambda: guild.town.discord.statuses("message"))
    await until(lambda: table(guild.town, "SELECT stage FROM delivery") == [("spent",)])
    bot.process.kill()
    await died(bot)
    await guild.outcome(1, used=len(WORDS))


async def test_killed_again_and_again_it_is_spoken_twice_at_most_and_that_is_said_once(guild: Guild) -> None:
    bot = await guild.town.killed_at("first_audio")
    exchange = await guild.asked(bot)
    await died(bot)
    await died(await guild.town.killed_at("first_audio"))
    await guild.outcome(0, used=0, requests=2)
    assert (await exchange.answered()).content == say("cut_off.twice", "en")


@pytest.mark.parametrize("private", [False, True])
async def test_when_the_token_lives_no_longer_the_channel_is_left(guild: Guild, *, private: bool) -> None:
    """For a voice message, or for a sentence where the answer was to be private."""
    bot = await guild.town.killed_at("first_audio")
    exchange = await guild.asked(bot, private=private)
    await died(bot)
    guild.town.discord.clock.advance(_TOKEN_GONE)
    await guild.outcome(0 if private else 1, used=0 if private else len(WORDS), requests=2)
    told = [message.content for message in guild.town.discord.messages if "too late" in message.content]
    assert told == [say("discord.too_late", "en", who=f"<@{exchange.user.id}>")] * private


async def test_killed_in_the_upload_when_the_token_lives_no_longer_that_is_said_in_the_channel(guild: Guild) -> None:
    bot = await guild.town.killed_at("sending")
    exchange = await guild.asked(bot)
    await died(bot)
    guild.town.discord.clock.advance(_TOKEN_GONE)
    await guild.outcome(0, used=0)
    (message,) = guild.town.discord.messages
    assert message.content == f"-# <@{exchange.user.id}>: {say('cut_off.sending', 'en')}"


async def test_a_button_that_was_killed_is_taken_up_too(guild: Guild) -> None:
    bot = await guild.up()
    panel = await (await guild.asked(bot)).answered()
    assert await bot.stop() == 0
    dying = await guild.town.killed_at("spent")
    await dying.says("discord is up")
    await guild.town.discord.press(panel, panel.button("mp:style"), "Happy")
    await died(dying)
    await guild.outcome(2, used=2 * len(WORDS), requests=2)
    log = "".join(line for bot in guild.town.bots for line in bot.log)
    assert all(exchange.token not in log for exchange in guild.town.discord.exchanges)
