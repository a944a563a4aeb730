"""The bot as a real process between three real servers: what the tests of whole runs share."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from bot.store.database import FILE_NAME, Database
from bot.store.ledger import Ledger
from tests.fakes.discord_server import DiscordServer
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_server import TelegramServer

ROOT = Path(__file__).parent.parent
PATIENCE = 30.0
"""Seconds; a process starts within one, but the machine may be busy."""


class Bot:
    """One run of the bot."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log: list[str] = []
        self._said = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._said:
                self.log.append(line.decode())
                self._said.notify_all()
        async with self._said:
            self._said.notify_all()

    async def says(self, words: str) -> None:
        """Wait for a line of the log."""
        async with asyncio.timeout(PATIENCE), self._said:
            await self._said.wait_for(
                lambda: any(words in line for line in self.log) or self.process.returncode is not None
            )
        assert any(words in line for line in self.log), "".join(self.log)

    async def ends(self) -> int:
        """Wait for the exit code."""
        async with asyncio.timeout(PATIENCE):
            code = await self.process.wait()
            await self._reader
        return code

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return await self.ends()


class Town:
    """Three servers, and a data folder for bots to run on."""

    def __init__(self, folder: Path, mimo: MimoServer, discord: DiscordServer, telegram: TelegramServer) -> None:
        self.folder = folder
        self.mimo, self.discord, self.telegram = mimo, discord, telegram
        self.bots: list[Bot] = []
        self.message_content = False
        self.tokens = {"discord": discord.token, "telegram": telegram.token}
        self._webhook = ""

    def bring_updates(self) -> None:
        """From now on Telegram brings updates, in the place of being asked for them."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._webhook = f'webhook_url = "https://bot.example.org/hook"\n[web]\nport = {port}'
        self.telegram.updates.proxied = f"http://127.0.0.1:{port}"

    def write(self) -> Path:
        config = self.folder / "config.toml"
        config.write_text(
            f"""
            [speech]
            providers = ["mimo"]
            [providers.mimo]
            base_url = "{self.mimo.base_url}"
            api_key = "sk-test"
            [quota]
            account_characters_per_day = 1000
            [discord]
            token = "{self.tokens.get("discord", "")}"
            message_content = {str(self.message_content).lower()}
            [telegram]
            token = "{self.tokens.get("telegram", "")}"
            api_url = "{self.telegram.root}"
            {self._webhook}
            [endpoints]
            discord_api = "{self.discord.api}"
            discord_gateway = "{self.discord.gateway.url}"
            """,
            encoding="utf-8",
        )
        return config

    async def command(self, *arguments: str, module: tuple[str, ...] = ("bot",)) -> asyncio.subprocess.Process:
        environment = {n: v for n, v in os.environ.items() if not n.startswith(("MOUTHPIECE_", "MIMO_"))}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", *module, "--config", str(self.write()), *arguments,
            cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def run(self, *arguments: str) -> Bot:
        bot = Bot(await self.command(*arguments, "run"))
        self.bots.append(bot)
        return bot

    async def killed_at(self, state: str, times: int = 1) -> Bot:
        """A bot that kills itself when it comes to a state for so many times; see ``delivery_child.py``."""
        bot = Bot(await self.command("run", module=("tests.delivery_child", state, str(times))))
        self.bots.append(bot)
        return bot

    async def up(self, *arguments: str) -> Bot:
        """A bot that is up on both platforms."""
        bot = await self.run(*arguments)
        await bot.says("telegram is up")
        await bot.says("discord is up")
        return bot

    async def used(self, account: str) -> dict[str, Any]:
        """The paid row of ``quota show``."""
        process = await self.command("quota", "show", account, "--json")
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        row: dict[str, Any] = json.loads(out)["account"][0]
        return row


def table(town: Town, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(town.folder / "data" / FILE_NAME)) as connection:
        return connection.execute(query).fetchall()


async def died(bot: Bot) -> None:
    assert await bot.ends() == -signal.SIGKILL, "".join(bot.log)


async def until(true: Callable[[], bool]) -> None:
    """Look again and again: another process writes."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def charged(town: Town, scope: str) -> int:
    """What was charged today, by books that are sound."""
    async with Database.open(town.folder / "data") as database, Ledger.open(database) as ledger:
        assert await ledger.audit() == []
        return (await ledger.usage(scope)).characters


@pytest.fixture(name="town")
async def fixture_town(tmp_path: Path, mimo: MimoServer) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(DiscordServer())
        telegram = await stack.enter_async_context(TelegramServer())
        town = Town(tmp_path, mimo, discord, telegram)
        yield town
        for bot in town.bots:
            if bot.process.returncode is None:
                bot.process.kill()
            await bot.ends()
