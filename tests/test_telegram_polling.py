"""How Telegram's updates are fetched and acknowledged, and what a network or a token does to that."""

import asyncio
import time

import pytest

from bot.errors import PlatformError
from bot.platforms.telegram.client import Limiter
from bot.platforms.telegram.delivery import Traffic
from bot.platforms.telegram.updates import PLACES
from bot.texts import say
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import BO, Person
from tests.fakes.telegram_server import Fault, Gate, TelegramServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    ACCOUNT,
    Launch,
    Line,
    fixture_launch,
    fixture_line,
    fixture_server,
    heard,
    spent,
)


async def test_no_more_is_fetched_than_can_be_answered(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    gate = mimo.hold_after(1)
    people = [Person(5000 + number, "P") for number in range(PLACES + 5)]
    early = [await server.text("/say Hello there.", user=person) for person in people[: PLACES - 2]]
    async with launch(mimo_house.services, grace=0.0):
        await gate.reached.wait()
        await server.until(lambda: len(server.asked("sendChatAction")) >= PLACES - 2)
        late = [await server.text("/say Hello there.", user=person) for person in people[PLACES - 2 :]]
        await server.until(lambda: len(server.asked("sendChatAction")) >= PLACES)
        assert server.pending == [*early, *late]
        answered = {call.params["chat_id"] for call in server.asked("sendChatAction")}
        assert answered.isdisjoint(str(person.id) for person in people[PLACES:])
    assert server.pending == late[2:], "what was not taken stays on the server"
    gate.set()


@pytest.mark.parametrize("acknowledge", [60.0, 0.0])
async def test_what_is_being_answered_stays_on_the_server_for_a_time(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch, acknowledge: float
) -> None:
    gate = mimo.hold_after(1)
    async with launch(mimo_house.services, acknowledge=acknowledge, look_again=0.01) as line:
        slow = await server.text("/say Hello there.")
        await gate.reached.wait()
        quick = await server.text("/help", user=BO)
        await server.wait_for("sendMessage")
        polls = server.updates.polls
        await server.until(lambda: server.updates.polls >= polls + 3 or not server.pending)
        assert server.pending == ([slow, quick] if acknowledge else [])
        gate.set()
        await server.wait_for("sendVoice")
        await server.until(lambda: not server.pending and server.updates.waiting == 1)
        await line.platform.stop(20)
    assert len(server.asked("sendVoice")) == len(server.asked("sendMessage")) == 1, "what comes again is known"


async def test_a_long_one_does_not_keep_new_ones_away(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    gate = mimo.hold_after(1)
    async with launch(mimo_house.services, look_again=0.01):
        await server.text("/say Hello there.")
        await gate.reached.wait()
        for number in range(120):  # more than one request brings
            await server.text("/help", user=Person(7000 + number, "P"))
        await server.wait_for("sendMessage", 120)
        gate.set()
        await server.wait_for("sendVoice")
        await server.until(lambda: not server.pending)


@pytest.mark.parametrize("token", ["1:wrong", "no/token/at/all", "ключ"])
async def test_a_bad_token_is_refused(server: TelegramServer, house: House, launch: Launch, token: str) -> None:
    async with launch(house.services, token=token) as line:
        with pytest.raises(PlatformError) as refused:
            await line.task
    assert refused.value.code == "platform.token"
    assert refused.value.facts == {"platform": "telegram"}


async def test_a_token_withdrawn_while_it_runs_ends_it(server: TelegramServer, house: House, launch: Launch) -> None:
    async with launch(house.services) as line:
        server.token = "1:another"
        await server.text("/say Hello")
        with pytest.raises(PlatformError) as refused:
            await line.task
    assert refused.value.code == "platform.token"


async def test_a_network_that_is_down_is_no_bad_token(server: TelegramServer, house: House, launch: Launch) -> None:
    await server.stop()
    async with launch(house.services) as line:
        with pytest.raises(PlatformError) as refused:
            await line.task
        await server.start()
        ready = asyncio.Event()
        again = asyncio.create_task(line.platform.run(ready))
        await ready.wait()
        await line.platform.stop(1)
        await again
    assert refused.value.code == "platform.unreachable"


async def test_an_outage_while_it_runs_is_sat_out(server: TelegramServer, house: House, launch: Launch) -> None:
    server.faults = [Fault("getUpdates", times=4, code=502, description="Bad Gateway")]
    async with launch(house.services) as line:
        await server.text("/say Back again.")
        heard((await server.wait_for("sendVoice"))[0])
    assert line.naps.taken == [1.0, 2.0, 4.0, 8.0]


async def test_an_update_that_nobody_understands_is_passed_over(
    server: TelegramServer, house: House, launch: Launch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "my secret words"
    caplog.set_level("INFO")
    people = [Person(5000 + number, "P") for number in range(4)]
    await server.text("/help", user=people[0])
    broken = await server.write(BO.json, server.world.private(BO), text=secret, reply_to_story={"chat": {}})
    await server.text("/help", user=people[1])
    async with launch(house.services) as line:
        await server.wait_for("sendMessage", 2)
        await server.all_acknowledged()
        alone = await server.write(BO.json, server.world.private(BO), text=secret, date="yesterday")
        await server.all_acknowledged()
        await server.text("/help", user=people[2])
        await server.wait_for("sendMessage", 3)
        assert not line.task.done()
    async with launch(house.services):
        await server.text("/help", user=people[3])
        await server.wait_for("sendMessage", 4)
    assert {call.params["chat_id"] for call in server.done("sendMessage")} == {str(person.id) for person in people}
    said = [record.getMessage() for record in caplog.records if record.name.endswith("telegram.updates")]
    assert said == [
        f"update {update['update_id']} cannot be parsed (TypeError) and is skipped" for update in (broken, alone)
    ]
    assert secret not in caplog.text


@pytest.mark.parametrize(
    "result", ['{"x": {"text": "my secret words"}}', '[{"text": "my secret words"', '["my secret words"]']
)
async def test_an_answer_that_holds_no_updates_is_sat_out(
    server: TelegramServer, house: House, launch: Launch, caplog: pytest.LogCaptureFixture, result: str
) -> None:
    caplog.set_level("INFO")
    server.faults = [Fault("getUpdates", times=2, body=f'{{"ok": true, "result": {result}}}')]
    async with launch(house.services) as line:
        await server.text("/help")
        await server.wait_for("sendMessage")
    assert line.naps.taken == [1.0, 2.0]
    assert "my secret words" not in caplog.text


async def test_the_last_answer_may_be_none_of_telegrams_too(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    gate = mimo.hold_after(1)
    async with launch(mimo_house.services, grace=0.0) as line:
        await server.text("/say A sentence that takes too long.")
        await gate.reached.wait()
        server.faults = [Fault("getUpdates", times=1000, body='{"ok": true, "result": {"x": "y"}}')]
        await line.platform.stop(0)
        gate.set()
        await line.task
    (call,) = server.done("sendMessage")
    assert call.params["text"] == say("telegram.cut", "en")


async def test_a_second_bot_on_the_same_token_is_named_once(
    server: TelegramServer, house: House, launch: Launch, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults = [Fault("getUpdates", times=3, code=409, description="Conflict: terminated by other request")]
    async with launch(house.services):
        await server.text("/help")
        await server.wait_for("sendMessage")
    named = [record for record in caplog.records if record.getMessage() == say("telegram.conflict", "en")]
    assert len(named) == 1


async def test_a_webhook_of_before_is_taken_away(server: TelegramServer, house: House, launch: Launch) -> None:
    server.updates.webhook = "https://example.org/hook"
    waiting = await server.text("/help")
    async with launch(house.services):
        await server.wait_for("sendMessage")
    assert waiting not in server.pending


@pytest.mark.parametrize("end", ["/", "/bot", "/bot/"])
async def test_a_local_server_may_be_written_in_every_way(
    server: TelegramServer, house: House, launch: Launch, end: str
) -> None:
    async with launch(house.services, settings={"api_url": f" {server.root}{end} "}):
        await server.text("/say Hello there.")
        heard((await server.wait_for("sendVoice"))[0])


async def test_only_what_puts_messages_into_a_group_counts_against_its_limit() -> None:
    limiter, asked = Limiter(Traffic(time.monotonic)), []

    async def ask(endpoint: str) -> bool:
        asked.append(endpoint)
        return True

    async def request(endpoint: str) -> None:
        await limiter.process_request(
            callback=ask, args=(endpoint,), kwargs={}, endpoint=endpoint, data={"chat_id": -1}, rate_limit_args=None
        )

    await limiter.initialize()
    async with asyncio.timeout(20):  # a group has 20 messages a minute
        for endpoint in ("sendChatAction", "getChatMember"):
            for _ in range(30):
                await request(endpoint)
        for _ in range(20):
            await request("sendMessage")
    assert len(asked) == 80
    late = asyncio.create_task(request("sendMessage"))
    done, _ = await asyncio.wait({late}, timeout=0.05)
    assert not done, "the 21st waits"
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    await limiter.shutdown()


async def test_after_a_failed_request_it_is_unknown_what_is_acknowledged(
    server: TelegramServer, house: House, launch: Launch
) -> None:
    open_circuit = asyncio.Event()

    async def rest(_: float) -> None:
        open_circuit.set()
        await asyncio.Event().wait()

    gate = Gate()
    server.faults = [Fault("sendMessage", gate=gate)]
    async with launch(house.services, sleep=rest, look_again=60.0) as line:
        await server.text("/help")
        await gate.reached.wait()
        polls = server.updates.polls
        await server.until(lambda: server.updates.polls > polls or polls > 1)  # it waits for the answer now
        server.faults.append(Fault("getUpdates", reset=True))
        gate.open()
        async with asyncio.timeout(10):
            await open_circuit.wait()
        assert server.pending
        await line.platform.stop(5.0)
    assert server.pending == [], "it is acknowledged when the bot stops"
