"""Kill the bot under traffic repeatedly, and check that every command ends in exactly one way. Run by ``bench``.

The real bot runs as a child process between three real servers on loopback. People send commands on Telegram (half of
the storm by polling, half by webhook) and on Discord; the process is killed with SIGKILL at random moments, also while
it starts, several times in a row. In the end one run is left alone, and each command is judged by what the platforms
received and by what the ledger charged:

- heard: its voice was accepted once
- answered: no voice, nothing charged, one sentence as an answer to that command
- lost: neither; charged and unheard; heard twice: none of these may occur

Some people ask for ``/help``: that answer is not speech, and a restart does not repeat it.

On Discord a command counts as accepted once its deferral was: before that the client itself informs the person. Each
person sends one command, so an account is charged for its command alone.

``python -m bench.storm --kills 200 --commands 2000 --seed 7`` sets the size; ``python -m bench storm`` uses these.
"""

import argparse
import asyncio
import os
import random
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.store.database import Database
from bot.store.ledger import Ledger
from tests.fakes.discord_exchange import Clock, Exchange
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import User
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import Person
from tests.fakes.telegram_server import Fault, Gate, TelegramServer

ROOT = Path(__file__).parent.parent
HEARD_GOAL = 0.85
"""Share of the accepted commands that must be heard."""
_UP = ("telegram is up", "discord is up")
_START_LIMIT = 60.0
"""Seconds until a run must be up."""
_SETTLE_LIMIT = 120.0
"""Seconds in which the last run must have finished every command."""
_QUIET = 4.0
"""Seconds without a request from the bot after which the last run is done."""
_ON_DISCORD = 0.3
_HELP = 0.03
_KILLED_STARTING = 0.2
_TROUBLED = 0.3
"""Share of lives in which Telegram answers an upload late, or asks for a pause."""
_VOICES = ("sendVoice", "sendAudio", "sendDocument")


@dataclass(eq=False, slots=True)
class Sent:
    """One command of one person."""

    account: str
    text: str
    telegram: Any = None
    """The update."""
    discord: Exchange | None = None


@dataclass(slots=True)
class Totals:
    """The ends of all commands, counted."""

    commands: int = 0
    kills: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    asked_help: int = 0
    repeated: int = 0
    """Answers to ``/help`` that were sent more than once."""
    unanswered: int = 0
    unsound: int = 0
    """Counters that differ from their rows, and open holds."""
    examples: list[str] = field(default_factory=list)

    def add(self, other: "Totals") -> None:
        """Sum up two storms."""
        self.commands += other.commands
        self.kills += other.kills
        self.ends += other.ends
        self.asked_help += other.asked_help
        self.repeated += other.repeated
        self.unanswered += other.unanswered
        self.unsound += other.unsound
        self.examples += other.examples

    def rows(self) -> Iterator[str]:
        """Yield the printed lines."""
        heard = self.ends["heard"] + self.ends["heard, and said to be uncertain"]
        share = heard / max(1, self.commands)
        lost, twice = self.ends["lost"], self.ends["heard twice"]
        wrong = self.ends["charged and unheard"] + self.ends["charged wrongly"]
        yield f"{self.kills} kills, {self.commands} accepted commands"
        yield f"lost without a word {lost} (goal 0), charged and unheard or wrongly {wrong} (goal 0)"
        yield f"heard twice {twice} (goal 0), answered twice {self.ends['answered twice']} (goal 0)"
        yield f"heard {heard} = {share:.1%} (goal {HEARD_GOAL:.0%}), told in a sentence {self.ends['answered']}"
        again, never = self.repeated, self.unanswered
        yield f"/help {self.asked_help}, answered again {again} (goal 0), never answered {never} (goal 0)"
        yield f"books: {self.unsound} faults (goal 0)"
        yield from (f"  {example}" for example in self.examples[:20])
        faults = lost + twice + wrong + self.ends["answered twice"] + self.repeated + self.unanswered + self.unsound
        good = not faults and share >= HEARD_GOAL
        yield "the storm lost nothing" if good else "THE STORM FOUND FAULTS"


class _Run:
    """One life of the bot."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.up = asyncio.Event()
        self._log = log
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        missing = set(_UP)
        with self._log.open("ab") as log:
            async for line in self.process.stderr:
                log.write(line)
                missing -= {words for words in missing if words in line.decode()}
                if not missing:
                    self.up.set()
        self.up.set()

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self._reader

    async def stop(self) -> int:
        self.process.terminate()
        code = await asyncio.wait_for(self.process.wait(), _SETTLE_LIMIT)
        await self._reader
        return code


class Storm:
    """The servers, the data folder, and what was sent."""

    def __init__(
        self,
        folder: Path,
        mimo: MimoServer,
        discord: DiscordServer,
        telegram: TelegramServer,
        *,
        webhook: bool,
        seed: int,
    ) -> None:
        self.folder, self.mimo, self.discord, self.telegram = folder, mimo, discord, telegram
        self.webhook = webhook
        self.random = random.Random(seed)
        self.sent: list[Sent] = []
        self.helped: list[Any] = []
        """Messages that asked for help."""
        self._number = 0
        self._port = _free_port()
        if webhook:
            telegram.updates.proxied = f"http://127.0.0.1:{self._port}"

    def config(self) -> Path:
        """Write the configuration of every run."""
        path = self.folder / "config.toml"
        webhook = 'webhook_url = "https://bot.example.org/hook"' if self.webhook else ""
        path.write_text(
            f"""
            [speech]
            providers = ["mimo"]
            [providers.mimo]
            base_url = "{self.mimo.base_url}"
            api_key = "sk-test"
            max_concurrency = 4
            [discord]
            token = "{self.discord.token}"
            [telegram]
            token = "{self.telegram.token}"
            api_url = "{self.telegram.root}"
            {webhook}
            [web]
            port = {self._port}
            [endpoints]
            discord_api = "{self.discord.api}"
            discord_gateway = "{self.discord.gateway.url}"
            """,
            encoding="utf-8",
        )
        return path

    async def start(self) -> _Run:
        """Start the bot."""
        environment = {n: v for n, v in os.environ.items() if not n.startswith(("MOUTHPIECE_", "MIMO_"))}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "--config", str(self.config()), "run",
            cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return _Run(process, self.folder / "log.txt")

    async def say(self, *, up: bool) -> None:
        """Send one command as one person; on Discord only while the bot is up, since Discord refuses it otherwise."""
        self._number += 1
        number = self._number
        text = f"This is sentence number {number} of {self.random.randrange(10_000)}" + " and more" * (number % 4) + "."
        person = Person(10_000 + number, f"P{number}")
        if self.random.random() < _HELP:
            self.helped.append((await self.telegram.text("/help", user=person))["message"])
        elif up and self.random.random() < _ON_DISCORD:
            user = User(f"person{number}")
            self.discord.world.add_member(self.discord.world.home, user)
            exchange = await self.discord.slash("say", {"text": text}, user=user)
            self.sent.append(Sent(f"discord:{user.id}", text, discord=exchange))
        else:
            update = await self.telegram.text(f"/say {text}", user=person)
            self.sent.append(Sent(f"telegram:{person.id}", text, telegram=update))

    async def life(self, commands: int) -> None:
        """Start the bot, send commands, kill it somewhere in between."""
        run = await self.start()
        try:
            if self.random.random() < _KILLED_STARTING:
                await self._send(commands, self.random.uniform(0.2, 2.5), up=False)
                return
            await asyncio.wait_for(run.up.wait(), _START_LIMIT)
            assert run.process.returncode is None, (self.folder / "log.txt").read_text()[-2000:]
            gate = self._trouble() if self.random.random() < _TROUBLED else None
            await self._send(commands, self.random.uniform(0.05, 2.0), up=True)
            if gate is not None:
                gate.open()
        finally:
            await run.kill()

    def _trouble(self) -> Gate | None:
        """Make an upload's answer late, or refuse it for a second."""
        if self.random.random() < 0.5:
            self.telegram.faults.append(
                Fault("sendVoice", code=429, description="Too Many Requests: retry after 1", retry_after=1)
            )
            return None
        gate = Gate()
        self.telegram.faults.append(Fault("sendVoice", gate=gate))
        return gate

    async def _send(self, commands: int, seconds: float, *, up: bool) -> None:
        """Spread the commands over the time, then let the rest of it pass."""
        moments = sorted(self.random.uniform(0, seconds) for _ in range(commands))
        begun = asyncio.get_running_loop().time()
        for moment in moments:
            await asyncio.sleep(max(0.0, begun + moment - asyncio.get_running_loop().time()))
            await self.say(up=up)
        await asyncio.sleep(max(0.0, begun + seconds - asyncio.get_running_loop().time()))

    async def settle(self) -> None:
        """Let one run finish what is left, and stop it."""
        run = await self.start()
        await asyncio.wait_for(run.up.wait(), _START_LIMIT)
        loop = asyncio.get_running_loop()
        end, seen, since = loop.time() + _SETTLE_LIMIT, (0, 0), loop.time()
        while loop.time() < end and (self.telegram.pending or loop.time() - since < _QUIET):
            await asyncio.sleep(0.2)
            now = len(self.telegram.calls), len(self.discord.state.calls)
            if now != seen:
                seen, since = now, loop.time()
        assert await run.stop() == 0

    async def judge(self) -> Totals:
        """Judge every command by what the platforms received and what was charged."""
        totals = Totals(asked_help=len(self.helped))
        responses = self._replies()
        answers = [len(responses.get(_place(message), (0, []))[1]) for message in self.helped]
        totals.repeated, totals.unanswered = sum(n > 1 for n in answers), answers.count(0)
        async with Database.open(self.folder / "data") as database, Ledger.open(database, kind="bot") as ledger:
            totals.unsound = len(await ledger.audit()) + await ledger.reap(owner="bot")
            for sent in self.sent:
                if sent.discord is not None and sent.discord.callback is None:
                    continue
                totals.commands += 1
                charged = (await ledger.usage(f"account:{sent.account}")).characters
                voices, sentences = (
                    responses.get(_place(sent.telegram["message"]), (0, []))
                    if sent.telegram
                    else self._on_discord(sent)
                )
                end = _end(sent, voices, sentences, charged)
                totals.ends[end] += 1
                if end not in {"heard", "answered", "heard, and said to be uncertain"}:
                    where = "webhook" if self.webhook else "polling"
                    seen = f"{voices} voices, charged {charged} of {len(sent.text)}, {sentences}"
                    totals.examples.append(f"{end} ({where}): {sent.account}, {seen}")
        return totals

    def _replies(self) -> dict[tuple[int, int], tuple[int, list[str]]]:
        """Return voices and sentences by the Telegram message they answer, except deleted ones."""
        found: dict[tuple[int, int], tuple[int, list[str]]] = {}
        for call in self.telegram.calls:
            if call.result is None or call.method not in {*_VOICES, "sendMessage"}:
                continue
            chat, reply = int(call.params["chat_id"]), call.json("reply_parameters") or {}
            if (chat, call.result["message_id"]) not in self.telegram.world.messages:
                continue
            voices, sentences = found.setdefault((chat, int(reply.get("message_id", 0))), (0, []))
            if call.method == "sendMessage":
                found[chat, int(reply.get("message_id", 0))] = (voices, [*sentences, call.params["text"]])
            else:
                found[chat, int(reply.get("message_id", 0))] = (voices + 1, sentences)
        return found

    def _on_discord(self, sent: Sent) -> tuple[int, list[str]]:
        exchange = sent.discord
        assert exchange is not None
        nonce, who = str(exchange.id), f"<@{exchange.user.id}>"
        posted = [m for m in self.discord.messages if not m.deleted]
        voices = sum(1 for m in posted if m.files and str(m.data.get("nonce", "")).startswith(nonce))
        answers = [] if exchange.original is None or exchange.deleted else [exchange.original]
        answers += [m for m in exchange.followups if not m.deleted]
        voices += sum(1 for m in answers if m.files)
        sentences = [m.content for m in answers if m.content and not m.loading]
        sentences += [m.content for m in posted if who in m.content and not m.voice and not voices]
        return voices, sentences


def _place(message: Any) -> tuple[int, int]:
    return message["chat"]["id"], message["message_id"]


def _end(sent: Sent, voices: int, sentences: list[str], charged: int) -> str:
    """Name how a command ended."""
    if voices > 1:
        return "heard twice"
    if voices == 1:
        if charged == len(sent.text):
            return "heard"
        # Killed between the upload and its answer: the person hears it, is informed that it may be missing, pays
        # nothing.
        return "heard, and said to be uncertain" if charged == 0 and sentences else "charged wrongly"
    if charged:
        return "charged and unheard"
    if len(sentences) > 1:
        return "answered twice"
    return "answered" if sentences else "lost"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _town(folder: Path, *, webhook: bool, seed: int) -> AsyncIterator[Storm]:
    async with AsyncExitStack() as stack:
        mimo = await stack.enter_async_context(MimoServer())
        mimo.latency, mimo.speed = 0.05, 20.0
        discord = await stack.enter_async_context(DiscordServer(clock=Clock()))
        telegram = await stack.enter_async_context(TelegramServer())
        yield Storm(folder, mimo, discord, telegram, webhook=webhook, seed=seed)


async def storm(kills: int, commands: int, seed: int, *, webhook: bool, keep: Path | None = None) -> Totals:
    """Run one storm; ``keep``: the folder where log and database stay."""
    with tempfile.TemporaryDirectory() as made:
        folder = keep or Path(made)
        async with _town(folder, webhook=webhook, seed=seed) as town:
            for number in range(kills):
                await town.life(commands * (number + 1) // kills - commands * number // kills)
            await town.settle()
            totals = await town.judge()
            totals.kills = kills
            return totals


async def _both(kills: int, commands: int, seed: int, keep: Path | None) -> AsyncIterator[tuple[str, Totals]]:
    for webhook in (False, True):
        where = None if keep is None else keep / ("webhook" if webhook else "polling")
        if where is not None:
            where.mkdir(parents=True)
        yield (
            "webhook" if webhook else "polling",
            await storm(kills // 2, commands // 2, seed + webhook, webhook=webhook, keep=where),
        )


async def _printed(kills: int, commands: int, seed: int, keep: Path | None) -> list[str]:
    rows, totals = [f"seed {seed}"], Totals()
    async for name, part in _both(kills, commands, seed, keep):
        totals.add(part)
        rows.append(f"{name}: {dict(part.ends)}")
    return [*rows, *totals.rows()]


def run(kills: int = 200, commands: int = 2000, seed: int = 11, keep: Path | None = None) -> Iterator[str]:
    """Yield the storm's figures."""
    yield from asyncio.run(_printed(kills, commands, seed, keep))


def main() -> None:
    """Run a storm of another size."""
    parser = argparse.ArgumentParser(description="Kill the bot under traffic and count what was lost.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--commands", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--keep", type=Path, help="folder for logs and databases")
    asked = parser.parse_args()
    for row in run(asked.kills, asked.commands, asked.seed, asked.keep):
        print(row, flush=True)


if __name__ == "__main__":
    main()
