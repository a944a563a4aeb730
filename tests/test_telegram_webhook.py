"""Telegram brings updates: the stand-in behind a proxy, the bot's own HTTP server, the secret between them."""

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.errors import PlatformError
from bot.platforms.telegram.updates import KINDS, PLACES
from bot.texts import say
from bot.web import WebServer
from tests.conftest import House
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, Person
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    ACCOUNT,
    Launch,
    fixture_launch,
    fixture_server,
    heard,
)

ROOT = Path(__file__).parent.parent
URL = "https://bot.example.org/telegram/hook"
SECRET = "A-secret_of-ours"
SETTINGS = {"webhook_url": URL, "webhook_secret": SECRET}


@pytest.fixture
def web() -> WebServer:
    return WebServer("127.0.0.1", 0)


def update(text: str = "/help") -> dict[str, Any]:
    entities = [{"type": "bot_command", "offset": 0, "length": 5}]
    chat = {"id": ANN.id, "type": "private"}
    message = {"message_id": 1, "date": 0, "chat": chat, "from": ANN.json, "text": text, "entities": entities}
    return {"update_id": 5, "message": message}


async def test_what_is_brought_is_spoken(server: TelegramServer, house: House, launch: Launch, web: WebServer) -> None:
    async with launch(house.services, web=web, settings=SETTINGS):
        server.updates.proxied = web.root
        await server.text("/say Brought to the door.")
        heard((await server.wait_for("sendVoice"))[0])
        await server.until(lambda: not server.pending)
    (call,) = server.asked("setWebhook")
    assert call.params["url"] == URL
    assert json.loads(call.params["allowed_updates"]) == list(KINDS)
    assert server.updates.polls == 0
    assert server.asked("deleteWebhook") == [], "it stays, so that what comes meanwhile is kept"
    assert server.updates.brought == [200]


@pytest.mark.parametrize("given", [None, "", "another", SECRET + "x", "ключ"])
async def test_who_does_not_know_the_secret_is_refused(
    server: TelegramServer,
    house: House,
    launch: Launch,
    web: WebServer,
    given: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    async with launch(house.services, web=web, settings=SETTINGS), httpx.AsyncClient(trust_env=False) as client:
        headers = [] if given is None else [(b"X-Telegram-Bot-Api-Secret-Token", given.encode())]
        answer = await client.post(f"{web.root}/telegram/hook", json=update(), headers=headers)
    assert answer.status_code == 403
    assert server.asked("sendMessage") == []
    assert "a webhook request without our secret was refused, from 127.0.0.1" in caplog.text
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (json.dumps(update()), "application/json", 200),
        (json.dumps(update()), "text/plain", 415),
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("7", "application/json", 400),
        ('{"message": {}}', "application/json", 400),
        ('{"update_id": 1, "message": "x"}', "application/json", 200),
        ("[" * 100_000, "application/json", 400),
        ("\udcff".encode("utf-8", "surrogateescape"), "application/json", 400),
        (" " * 1_000_001, "application/json", 413),
    ],
)
async def test_only_updates_are_taken(
    server: TelegramServer, house: House, launch: Launch, web: WebServer, body: str | bytes, kind: str, status: int
) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": kind}
    async with launch(house.services, web=web, settings=SETTINGS), httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{web.root}/telegram/hook", content=body, headers=headers)
        assert (answer.status_code, answer.text) == (status, "" if status != 413 else answer.text)
        assert (await client.get(f"{web.root}/telegram/hook", headers=headers)).status_code == 405


async def test_what_nobody_understands_is_not_brought_for_ever(
    server: TelegramServer, house: House, launch: Launch, web: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "my secret words"
    caplog.set_level("INFO")
    async with launch(house.services, web=web, settings=SETTINGS):
        server.updates.proxied = web.root
        chat = server.world.private(ANN)
        broken = await server.write(ANN.json, chat, text=secret, reply_to_story={"chat": {}})
        await server.text("/help")
        await server.wait_for("sendMessage")
        await server.until(lambda: not server.pending)
    assert server.updates.brought == [200, 200]
    assert f"update {broken['update_id']} cannot be parsed (TypeError)" in caplog.text
    assert secret not in caplog.text


async def test_without_a_secret_one_is_made_and_what_is_brought_twice_is_spoken_once(
    server: TelegramServer, mimo_house: House, launch: Launch, web: WebServer
) -> None:
    async with launch(mimo_house.services, web=web, settings={"webhook_url": URL}):
        server.updates.proxied = web.root
        twice = await server.text("/say Only once.")
        await server.wait_for("sendVoice")
        server.redeliver(twice)
        await server.until(lambda: server.updates.brought == [200, 200])
    assert len(server.asked("setWebhook")[0].params["secret_token"]) >= 32
    assert len(server.asked("sendVoice")) == 1
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == len("Only once.")


async def test_what_finds_no_place_is_brought_again(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch, web: WebServer
) -> None:
    gate = mimo.hold_after(0)
    async with launch(mimo_house.services, web=web, settings=SETTINGS, grace=0.0):
        server.updates.proxied = web.root
        for number in range(PLACES):
            await server.text("/say Hello there.", user=Person(5000 + number, "P"))
        await server.until(lambda: not server.pending)
        late = await server.text("/help")
        await server.until(lambda: 503 in server.updates.brought)
        assert server.pending == [late]
    gate.set()
    assert server.pending == [late]
    async with launch(mimo_house.services, web=web, settings=SETTINGS):
        server.updates.proxied = web.root
        await server.until(lambda: not server.pending)
        await server.until(
            lambda: any(c.params["text"] == say("telegram.help", "en") for c in server.done("sendMessage"))
        )


async def test_an_address_that_telegram_does_not_take_is_no_bad_token(
    server: TelegramServer, house: House, launch: Launch, web: WebServer
) -> None:
    async with launch(house.services, web=web, settings={"webhook_url": "https://bot.example.org:9000/"}) as line:
        with pytest.raises(PlatformError) as refused:
            await line.task
    assert refused.value.code == "platform.unreachable"


async def test_back_to_polling_the_webhook_is_taken_away(
    server: TelegramServer, house: House, launch: Launch, web: WebServer
) -> None:
    async with launch(house.services, web=web, settings=SETTINGS):
        assert server.updates.webhook == URL
    waiting = await server.text("/help")
    async with launch(house.services):
        await server.wait_for("sendMessage")
    assert waiting not in server.pending


async def test_bots_on_the_test_servers_use_other_addresses(house: House, launch: Launch) -> None:
    async with TelegramServer(test_environment=True) as server:
        from bot.config import EndpointsConfig, TelegramConfig  # noqa: PLC0415  for this story alone
        from bot.platforms.telegram.client import TelegramPlatform  # noqa: PLC0415

        config = TelegramConfig.model_validate(
            {"token": server.token, "api_url": server.root, "test_environment": True}
        )
        platform = TelegramPlatform(config, EndpointsConfig(), house.services)
        task = asyncio.create_task(platform.run(asyncio.Event()))
        await server.text("/help")
        await server.wait_for("sendMessage")
        await platform.stop(5)
        await task


async def test_a_whole_process_takes_what_is_brought(server: TelegramServer, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
        [speech]
        providers = ["espeak"]
        [telegram]
        token = "{server.token}"
        api_url = "{server.root}"
        webhook_url = "{URL}"
        webhook_secret = "{SECRET}"
        [web]
        port = 0
        """,
        encoding="utf-8",
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MOUTHPIECE_", "MIMO_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "--config", str(config), "run"),
        cwd=ROOT,
        env=clean,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    log = ""
    try:
        async with asyncio.timeout(60):
            while not (listening := re.search(r"listening on (http://127\.0\.0\.1:\d+)", log)):
                line = await process.stderr.readline()
                assert line, log
                log += line.decode()
            server.updates.proxied = listening[1]
            await server.text("/say Brought to a whole process.")
            heard((await server.wait_for("sendVoice"))[0])
            process.send_signal(signal.SIGTERM)
            log += (await process.communicate())[1].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert process.returncode == 0
    assert SECRET not in log
    assert server.token not in log
    assert server.updates.webhook == URL
