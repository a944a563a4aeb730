"""``mouthpiece run`` as a real process between three real servers: both front ends, signals, kills, a second run."""

import asyncio
import re
import signal
from collections.abc import Callable

import pytest

from tests.fakes.mimo_server import TONES
from tests.fakes.telegram_chats import ANN
from tests.fakes.telegram_server import TOKEN
from tests.town import PATIENCE, Bot, Town, fixture_town  # noqa: F401  the fixture of this file


def _voices(town: Town) -> Callable[[], int]:
    return lambda: len(town.telegram.done("sendVoice"))


async def test_one_process_speaks_at_both_doors_and_ends_in_order(town: Town) -> None:
    bot = await town.up()
    await town.telegram.text("/say voice:Mia Hello from the village.")
    exchange = await town.discord.slash("say", {"text": "Hello from the guild.", "voice": "Dean"})
    message = await town.discord.message()
    await exchange.answered()
    (call,) = await town.telegram.wait_for("sendVoice")
    sound = message.files[0].sound
    assert sound is not None
    assert sound.seconds > 0.5
    assert call.result is not None
    spoken = {body["audio"]["voice"]: body["messages"][-1]["content"] for body in town.mimo.calls}
    assert spoken == {"Mia": "Hello from the village.", "Dean": "Hello from the guild."}
    assert set(spoken) <= set(TONES)
    await town.telegram.text("/help")
    await town.telegram.wait_for("sendMessage")
    await town.telegram.text("/say voice:Nobody Which voice is this?")
    await town.telegram.wait_for("sendMessage", 2)
    await (await town.discord.slash("voices")).answered()
    assert await bot.stop() == 0
    assert bot.log[-1].endswith("stopped\n")
    _check_command_lines(bot, town)
    assert (await town.used(f"telegram:{ANN.id}"))["used"] == len("Hello from the village.")
    assert (await town.used(f"discord:{town.discord.world.ada.id}"))["used"] == len("Hello from the guild.")


def _check_command_lines(bot: Bot, town: Town) -> None:
    """One line for each command: who, where, what came of it; never the text."""
    lines = [line.split(" command ", 1)[1].strip() for line in bot.log if " mouthpiece.commands: command " in line]
    ann, ada = f"account=telegram:{ANN.id} space=-", f"account=discord:{town.discord.world.ada.id} space=discord:"
    spoken = r"provider=mimo seconds=\d+\.\d characters={0} charged={0} cached=no took=\d+\.\d result=done request=\d+"
    expected = [
        rf"/say: {ann} " + spoken.format(len("Hello from the village.")),
        rf"/say: {ada}\d+ " + spoken.format(len("Hello from the guild.")),
        rf"/help: {ann} took=\d+\.\d result=done request=\d+",
        rf"/say: {ann} took=\d+\.\d result=voice\.unknown request=\d+",
        rf"/voices: {ada}\d+ took=\d+\.\d result=done request=\d+",
    ]
    assert len(lines) == len(expected), lines
    for pattern in expected:
        assert any(re.fullmatch(pattern, line) for line in lines), (pattern, lines)
    for words in ("village", "guild.", "Nobody", "Which"):
        assert words not in "".join(bot.log)


@pytest.mark.parametrize(("wrong", "right"), [("discord", "telegram"), ("telegram", "discord")])
async def test_a_bad_token_disables_its_platform_only(town: Town, wrong: str, right: str) -> None:
    town.tokens[wrong] = town.tokens[wrong][:-4] + "xxxx"
    bot = await town.run()
    await bot.says(f"{right} is up")
    await bot.says("token")
    if right == "telegram":
        await town.telegram.text("/say Hello.")
        await town.telegram.wait_for("sendVoice")
    else:
        exchange = await town.discord.slash("say", {"text": "Hello."})
        await exchange.answered()
    assert await bot.stop(signal.SIGINT) == 0
    assert "xxxx" not in "".join(bot.log)


async def test_with_no_good_token_it_ends_and_says_so(town: Town) -> None:
    town.tokens = {"discord": "MTIz.bad.token", "telegram": "1:bad"}
    bot = await town.run()
    assert await bot.ends() == 2, "a service manager must not start it again: Discord counts"
    assert "token" in bot.log[-1]


async def test_a_missing_intent_costs_reading_aloud_alone_and_the_usual_names_of_tokens_are_read(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for platform, token in town.tokens.items():
        monkeypatch.setenv(f"{platform.upper()}_TOKEN", token)
    town.tokens = {}
    town.message_content = True
    bot = await town.up()
    await bot.says("Message Content Intent is off")
    await (await town.discord.slash("say", {"text": "Hello from the guild."})).answered()
    assert await bot.stop() == 0
    assert not any("Traceback" in line for line in bot.log)


async def test_a_second_run_on_the_same_folder_refuses_by_name_and_the_commands_work(town: Town) -> None:
    bot = await town.up()
    second = await town.run()
    assert await second.ends() == 8
    assert str(town.folder / "data") in second.log[-1]
    assert str(bot.process.pid) in second.log[-1]
    beside = await town.command("say", "Hello beside it.", "-o", str(town.folder / "beside.ogg"))
    assert await asyncio.wait_for(beside.wait(), PATIENCE) == 0
    assert (town.folder / "beside.ogg").read_bytes()[:4] == b"OggS"
    assert await bot.stop() == 0


async def test_a_signal_lets_what_is_being_said_finish(town: Town) -> None:
    bot = await town.up()
    gate = town.mimo.hold_after(chunks=1)
    await town.telegram.text("/say The last words of the evening.")
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    bot.process.send_signal(signal.SIGTERM)
    await bot.says("stopping")
    gate.set()
    await town.telegram.wait_for("sendVoice")
    assert await bot.ends() == 0
    assert (await town.used(f"telegram:{ANN.id}"))["used"] == len("The last words of the evening.")
    assert town.telegram.pending == []


async def test_killed_in_mid_speech_it_says_it_once_and_charges_it_once(town: Town) -> None:
    bot = await town.up()
    gate = town.mimo.hold_after(chunks=1)
    update = await town.telegram.text("/say I was interrupted.")
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    polls = town.telegram.updates.polls
    await town.telegram.until(lambda: town.telegram.updates.polls >= polls + 2)  # more is asked for meanwhile
    bot.process.kill()
    await bot.ends()
    assert _voices(town)() == 0
    assert town.telegram.pending == [update], "what was not answered is not acknowledged"
    gate.set()
    again = await town.up()
    await again.says("of the last run were released")
    await town.telegram.wait_for("sendVoice")
    town.telegram.redeliver(update)
    await town.telegram.text("/say And this came after.")
    await town.telegram.wait_for("sendVoice", 2)
    assert await again.stop() == 0
    assert _voices(town)() == 2
    assert (await town.used(f"telegram:{ANN.id}"))["used"] == len("I was interrupted.") + len("And this came after.")


async def test_killed_in_mid_speech_it_is_answered_on_discord_after_the_restart_and_charged_once(town: Town) -> None:
    bot = await town.up()
    kept = await (await town.discord.slash("say", {"text": "Said before."})).answered()
    gate = town.mimo.hold_after(chunks=1)
    await town.discord.slash("say", {"text": "I was interrupted."})
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    bot.process.kill()
    await bot.ends()
    gate.set()
    again = await town.up()
    await again.says("of the last run were released")
    account = f"discord:{town.discord.world.ada.id}"
    await town.discord.until(lambda: [message.voice for message in town.discord.messages].count(True) == 2)
    await (await town.discord.slash("say", {"text": "I was interrupted."})).answered()  # out of the cache
    press = await town.discord.press(kept, kept.button("mp:style"), "Happy")  # a button of before
    await press.answered()
    assert await again.stop() == 0
    voices = [message.files[0].sound for message in town.discord.messages if message.voice]
    assert [sound is not None and sound.seconds > 0.5 for sound in voices] == [True] * 4
    assert (await town.used(account))["used"] == 2 * len("Said before.") + len("I was interrupted.")


async def test_a_rejected_key_is_in_the_log_once_from_the_start_on(town: Town) -> None:
    town.mimo.keys.clear()
    bot = await town.up()
    await bot.says("provider mimo is not available")
    for number in range(2):
        await town.telegram.text(f"/say Number {number}.")
        await town.telegram.wait_for("sendMessage", number + 1)
    assert await bot.stop() == 0
    told = [line for line in bot.log if "WARNING mouthpiece: provider mimo" in line]
    assert len(told) == 1, told
    assert "sk-test" not in "".join(bot.log)


async def test_a_key_that_is_rejected_while_the_bot_runs_is_told_with_the_command_that_met_it(town: Town) -> None:
    bot = await town.up()
    await town.telegram.text("/say That works.")
    await town.telegram.wait_for("sendVoice")
    town.mimo.keys.clear()
    for number in range(2):
        await town.telegram.text(f"/say Number {number}.")
        await town.telegram.wait_for("sendMessage", number + 1)
    assert await bot.stop() == 0
    told = [line for line in bot.log if "WARNING mouthpiece: provider mimo" in line]
    assert len(told) == 1, told
    assert "refuses requests: key rejected (authentication)" in told[0]
    asked = [re.search(r"result=(\S+) request=(\d+)", line) for line in bot.log]
    ids = [found[2] for found in asked if found is not None and found[1] == "provider.authentication"]
    assert any(f"[{identity}]" in line for line in told for identity in ids), "lines of a command bear its id"
    assert "sk-test" not in "".join(bot.log)


async def test_neither_a_token_nor_a_sentence_is_in_any_log(town: Town) -> None:
    bot = await town.up("--log", "debug")
    await town.telegram.text("/say The planted marmalade sentence.")
    await town.telegram.wait_for("sendVoice")
    exchange = await town.discord.slash("say", {"text": "The planted marmalade sentence, too."})
    await exchange.answered()
    await town.telegram.text("/say voice:Marmalade wrong")
    await town.telegram.wait_for("sendMessage")
    assert await bot.stop() == 0
    log = "".join(bot.log)
    assert "DEBUG" in log
    for secret in (TOKEN, town.discord.token, "sk-test", "armalade"):
        assert secret not in log, re.findall(f".*{re.escape(secret)}.*", log)[:3]
