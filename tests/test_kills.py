"""Kills (SIGKILL) at each state of a command: it ends heard once, or its sender is told once with nothing charged."""

import asyncio
from typing import Any

import pytest

from bot.texts import say
from tests.fakes.telegram_chats import ANN
from tests.fakes.telegram_server import Fault
from tests.town import PATIENCE, Bot, Town, charged, died, fixture_town, table, until  # noqa: F401  the fixture of this file

WORDS = "I was interrupted."
MODES = pytest.mark.parametrize("mode", ["polling", "webhook"])


class Village:
    """Telegram as Ann sees it."""

    def __init__(self, town: Town, mode: str) -> None:
        self.town = town
        town.tokens["discord"] = ""
        if mode == "webhook":
            town.bring_updates()

    async def outcome(self, sounds: int, *told: str, used: int, requests: int | None = None) -> None:
        """One more bot brings everything to an end: so many voices, these sentences, so much charged."""
        bot = await self.up()
        await self.town.telegram.until(lambda: not self.town.telegram.pending)
        await until(lambda: not table(self.town, "SELECT 1 FROM delivery WHERE stage NOT IN ('done', 'telling')"))
        await until(lambda: not table(self.town, "SELECT 1 FROM journal"))
        assert await bot.stop() == 0
        assert len(self.town.telegram.done("sendVoice")) == sounds
        assert [call.params["text"] for call in self.town.telegram.done("sendMessage")] == list(told)
        assert await self.used() == used
        if requests is not None:
            assert len(self.town.mimo.calls) == requests

    async def up(self) -> Bot:
        bot = await self.town.run()
        await bot.says("telegram is up")
        return bot

    async def used(self) -> int:
        return await charged(self.town, f"account:telegram:{ANN.id}")


async def _killed(town: Town, mode: str, state: str) -> Village:
    """Let Ann send a command, and the bot be killed at a state of it."""
    village = Village(town, mode)
    bot = await town.killed_at(state)
    await bot.says("telegram is up")
    await town.telegram.text(f"/say {WORDS}")
    await died(bot)
    return village


@pytest.mark.parametrize(
    ("mode", "state", "requests"),
    [
        ("polling", "held", 1), ("polling", "requested", 1), ("polling", "first_audio", 2), ("polling", "encoded", 2),
        ("polling", "charged", 2),
        ("polling", "spent", 1), ("polling", "delivered", 1), ("webhook", "journaled", 1), ("webhook", "held", 1),
        ("webhook", "spent", 1), ("webhook", "delivered", 1),
    ],
)  # fmt: skip
async def test_killed_anywhere_but_in_the_upload_it_is_heard_once(
    town: Town, mode: str, state: str, requests: int
) -> None:
    village = await _killed(town, mode, state)
    await village.outcome(1, used=len(WORDS), requests=requests)


@pytest.mark.parametrize(
    ("mode", "state", "heard"), [("polling", "sending", 0), ("webhook", "sending", 0), ("polling", "uploaded", 1)]
)
async def test_killed_in_the_upload_it_is_not_sent_again_and_that_is_said_once(
    town: Town, mode: str, state: str, heard: int
) -> None:
    village = await _killed(town, mode, state)
    await village.outcome(heard, say("cut_off.sending", "en"), used=0, requests=1)


@MODES
async def test_killed_in_the_pause_that_telegram_asked_for_it_is_delivered_for_nothing_more(
    town: Town, mode: str
) -> None:
    village = Village(town, mode)
    town.telegram.faults = [Fault("sendVoice", code=429, description="Too Many Requests", retry_after=30)]
    bot = await village.up()
    await town.telegram.text(f"/say {WORDS}")
    await town.telegram.until(lambda: len(town.telegram.asked("sendVoice")) == 1)
    await until(lambda: table(town, "SELECT stage FROM delivery") == [("spent",)])
    bot.process.kill()
    await died(bot)
    await village.outcome(1, used=len(WORDS), requests=1)


@MODES
async def test_killed_again_and_again_it_is_spoken_twice_at_most_and_that_is_said_once(town: Town, mode: str) -> None:
    village = Village(town, mode)
    await town.telegram.text(f"/say {WORDS}")
    for state in ("first_audio", "first_audio", "answered"):
        await died(await town.killed_at(state))
    await village.outcome(0, say("cut_off.twice", "en"), used=0, requests=2)


async def test_killed_where_its_sound_is_lost_it_is_given_back_and_spoken_again(town: Town) -> None:
    village = Village(town, "polling")
    await town.telegram.text(f"/say {WORDS}")
    await died(await town.killed_at("spent"))
    for path in (town.folder / "data").glob("clips.db*"):
        path.unlink()
    await village.outcome(1, used=len(WORDS), requests=2)


@MODES
async def test_an_answer_without_sound_is_not_repeated(town: Town, mode: str) -> None:
    village = Village(town, mode)
    gate = town.mimo.hold_after(chunks=1)
    await town.telegram.text(f"/say {WORDS}")  # in the way of acknowledging what comes behind it
    bot = await town.killed_at("answered")
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    await town.telegram.text("/say")
    await died(bot)
    gate.set()
    await village.outcome(1, say("telegram.usage", "en"), used=len(WORDS))


@MODES
async def test_killed_when_an_answer_without_sound_had_left_it_is_not_repeated(town: Town, mode: str) -> None:
    village = Village(town, mode)
    await town.telegram.text("/say")
    await died(await town.killed_at("told"))
    await village.outcome(0, say("telegram.usage", "en"), used=0, requests=0)


async def test_an_update_that_is_acknowledged_before_it_is_answered_is_written_down(town: Town) -> None:
    """As many as may be open are, and one that is being spoken is let go of for those behind it."""
    village = Village(town, "polling")
    gate = town.mimo.hold_after(chunks=1)
    bot = await village.up()
    first = await town.telegram.text(f"/say {WORDS}")
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    for _ in range(100):
        await town.telegram.text("/start")
    await town.telegram.until(lambda: first not in town.telegram.pending)
    bot.process.kill()
    await died(bot)
    gate.set()
    assert table(town, "SELECT command FROM journal") == [(f"telegram:update:{first['update_id']}",)]
    again = await village.up()
    await town.telegram.wait_for("sendVoice")
    await until(lambda: not table(town, "SELECT 1 FROM journal"))
    assert await again.stop() == 0
    assert town.telegram.pending == []


@pytest.mark.parametrize("fault", [{"code": 400, "description": "Bad Request: no"}, {"code": 403}, {"code": 502}])
async def test_an_upload_that_was_refused_is_not_charged(town: Town, fault: dict[str, Any]) -> None:
    village = Village(town, "polling")
    town.telegram.faults = [Fault("sendVoice", **fault)]
    bot = await village.up()
    await town.telegram.text(f"/say {WORDS}")
    await town.telegram.all_acknowledged()
    assert await bot.stop() == 0
    assert len(town.telegram.asked("sendVoice")) == 1
    assert await village.used() == 0


@MODES
async def test_a_message_that_shows_progress_does_not_outlive_the_bot_that_sent_it(town: Town, mode: str) -> None:
    village = Village(town, mode)
    gate = town.mimo.hold_after(chunks=1)
    bot = await village.up()
    await town.telegram.text(f"/say {WORDS}")
    (shown,) = await town.telegram.wait_for("sendMessage")
    place = ANN.id, shown.result["message_id"]
    await until(lambda: bool(table(town, "SELECT 1 FROM progress_message")))
    bot.process.kill()
    await bot.ends()
    assert place in town.telegram.world.messages
    gate.set()
    again = await village.up()
    await town.telegram.wait_for("sendVoice")
    await town.telegram.until(lambda: place not in town.telegram.world.messages)
    await until(lambda: not table(town, "SELECT 1 FROM progress_message"))
    assert await again.stop() == 0
