"""The HTTP server against connections that never finish, broken requests, and forged addresses: real sockets."""

import asyncio
import os
import re
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web

from bot import web as http_bounds
from bot.web import Connections, WebServer, most_connections, networks
from tests.conftest import until
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import fixture_server, heard  # noqa: F401  the fixture of this file

ROOT = Path(__file__).parent.parent
_ASK = b"POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello"
_HALF_OPEN = 1100


async def _echo(request: web.Request) -> web.Response:
    return web.Response(text=f"{request.remote} {(await request.read()).decode()}")


@asynccontextmanager
async def _serving(**bounds: object) -> AsyncIterator[tuple[WebServer, Connections]]:
    proxies = networks(bounds.pop("proxies", ()))  # type: ignore[arg-type]
    gate = Connections(proxies=proxies, **bounds)  # type: ignore[arg-type]
    server = WebServer("127.0.0.1", 0, proxies=proxies, connections=gate)
    async with server.route("POST", "/hook", _echo):
        yield server, gate


class Line:
    """A client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, server: WebServer, first: bytes = b"", *, source: str = "127.0.0.1") -> "Line":
        port = int(server.root.rpartition(":")[2])
        line = cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0)))
        line.writer.write(first)
        await line.writer.drain()
        return line

    async def ask(self, request: bytes = _ASK) -> str:
        """Send a request; the body of the answer."""
        self.writer.write(request)
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        found = re.search(rb"(?i)content-length: (\d+)", head)
        body = await self.reader.readexactly(int(found[1])) if found else b""
        return f"{head.split()[1].decode()} {body.decode()}".strip()

    async def ended(self) -> bool:
        """Wait until the server closed the connection."""
        with suppress(ConnectionError):
            await asyncio.wait_for(self.reader.read(), 10)
        return True

    def close(self) -> None:
        self.writer.transport.abort()


@pytest.fixture
def files() -> Iterator[None]:
    """Room for the sockets of this test, on both sides."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 4 * _HALF_OPEN
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip("this system allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("attacker", ["127.0.0.1", "127.0.0.2"])
async def test_1100_half_open_connections_keep_nobody_out(
    files: None, attacker: str, caplog: pytest.LogCaptureFixture
) -> None:
    """From the address of those who ask, and from another one."""
    caplog.set_level("INFO")
    async with _serving() as (server, gate), AsyncExitStack() as stack:
        halves = []
        for number in range(_HALF_OPEN):
            line = await Line.open(server, b"POST /hook HTT" if number % 2 else b"", source=attacker)
            stack.callback(line.close)
            halves.append(line)
        for _ in range(3):
            line = await Line.open(server)
            stack.callback(line.close)
            assert await line.ask() == "200 127.0.0.1 hello"
            assert await line.ask() == "200 127.0.0.1 hello", "and it stays open for another one"
        assert len(gate) <= gate.most
        assert await halves[0].ended(), "the oldest went first"
    assert not any(record.exc_info for record in caplog.records)


async def test_the_oldest_without_a_head_goes_and_answers_under_way_stay() -> None:
    async with _serving(most=4) as (server, gate), AsyncExitStack() as stack:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def slow(request: web.Request) -> web.Response:
            begun.set()
            await ended.wait()
            return web.Response(text="slow")

        async with server.route("POST", "/slow", slow):
            lines = [await Line.open(server) for _ in range(4)]
            for line in lines:
                stack.callback(line.close)
            await until(lambda: len(gate) == 4)
            busy = asyncio.create_task(lines[0].ask(_ASK.replace(b"/hook", b"/slow")))
            await begun.wait()
            assert await lines[1].ask() == "200 127.0.0.1 hello"  # kept open, idle
            late = await Line.open(server)
            stack.callback(late.close)
            assert await late.ask() == "200 127.0.0.1 hello"
            assert await lines[2].ended()
            later = await Line.open(server)
            stack.callback(later.close)
            assert await later.ask() == "200 127.0.0.1 hello"
            assert await lines[3].ended()
            assert await lines[1].ask() == "200 127.0.0.1 hello", "kept, while others had no head"
            ended.set()
            assert await busy == "200 slow"


async def test_where_all_are_answering_a_new_one_is_closed() -> None:
    async with _serving(most=1) as (server, _):
        begun, ended = asyncio.Event(), asyncio.Event()

        async def slow(request: web.Request) -> web.Response:
            begun.set()
            await ended.wait()
            return web.Response(text="slow")

        async with server.route("POST", "/slow", slow):
            first = await Line.open(server)
            busy = asyncio.create_task(first.ask(_ASK.replace(b"/hook", b"/slow")))
            await begun.wait()
            second = await Line.open(server)
            assert await second.ended()
            ended.set()
            assert await busy == "200 slow"
            first.close()
            second.close()


async def test_bodies_that_never_come_give_way_as_well() -> None:
    async with _serving(most=3) as (server, gate), AsyncExitStack() as stack:
        slow = [await Line.open(server, _ASK[:-3]) for _ in range(3)]
        for line in slow:
            stack.callback(line.close)
        await until(lambda: len(gate) == 3)
        line = await Line.open(server)
        stack.callback(line.close)
        assert await line.ask() == "200 127.0.0.1 hello"
        assert await slow[0].ended()


async def test_an_address_has_its_share_and_a_proxy_has_none() -> None:
    bounds = {"most": 40, "per_address": 3}
    async with _serving(**bounds) as (server, gate), AsyncExitStack() as stack:
        greedy = [await Line.open(server, source="127.0.0.2") for _ in range(5)]
        other = await Line.open(server, source="127.0.0.3")
        for line in (*greedy, other):
            stack.callback(line.close)
        assert await other.ask() == "200 127.0.0.3 hello"
        assert await greedy[0].ended()
        assert await greedy[1].ended()
        assert await greedy[2].ask() == "200 127.0.0.2 hello"
        await until(lambda: len(gate) == 4)
    async with _serving(**bounds, proxies=["127.0.0.2"]) as (server, gate), AsyncExitStack() as stack:
        many = [await Line.open(server, source="127.0.0.2") for _ in range(10)]
        for line in many:
            stack.callback(line.close)
        await until(lambda: len(gate) == 10)
        assert await many[0].ask() == "200 127.0.0.2 hello"


def test_the_caps_leave_files_for_the_rest_of_the_bot() -> None:
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    gate = Connections()
    assert gate.most == most_connections()
    assert 16 <= gate.most <= max(16, min(1000, soft // 2))
    assert gate._per_address >= 100


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"", "HEAD_SECONDS"),
        (b"POST /ho", "HEAD_SECONDS"),
        (_ASK + b"POST", "HEAD_SECONDS"),
        (_ASK[:-1], "BODY_SECONDS"),
    ],
)
async def test_a_head_and_a_body_have_a_deadline(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sent: bytes, name: str
) -> None:
    caplog.set_level("INFO")
    assert getattr(http_bounds, name) == 10.0
    monkeypatch.setattr(http_bounds, name, 0.1)
    async with _serving() as (server, gate):
        line = await Line.open(server, sent[: len(_ASK)])
        if len(sent) > len(_ASK):
            assert (await asyncio.wait_for(line.reader.readuntil(b"hello"), 10)).startswith(b"HTTP/1.1 200")
            line.writer.write(sent[len(_ASK) :])
        assert await line.ended()
        await until(lambda: len(gate) == 0)
        line.close()
    assert "did not arrive in time, from 127.0.0.1" in caplog.text
    assert not any(record.exc_info for record in caplog.records)


async def test_an_answer_may_take_longer_than_the_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_bounds, "BODY_SECONDS", 0.01)
    async with _serving() as (server, _):

        async def slow(request: web.Request) -> web.Response:
            await request.read()
            await asyncio.sleep(0.05)  # longer than the deadline, which is for what the client sends
            return web.Response(text="slow")

        async with server.route("POST", "/slow", slow):
            line = await Line.open(server)
            assert await line.ask(_ASK.replace(b"/hook", b"/slow")) == "200 slow"
            line.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50),
        b"GET\r\n\r\n",
        b"POST /hook HTTP/9.9\r\n\r\n",
        b"POST /hook HTTP/1.1\r\nHost here\r\n\r\n",
        b"POST /hook HTTP/1.1\r\nContent-Length: minus\r\n\r\n",
        b"POST /hook HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /hook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        b"POST /hook HTTP/1.1\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"\r\n\r\n\x00\x00\x00\r\n\r\n",
    ],
    ids=range(9),
)
async def test_a_malformed_request_leaves_one_quiet_line(garbage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with _serving() as (server, _):
        line = await Line.open(server, garbage)
        head = await asyncio.wait_for(line.reader.read(1000), 10)
        assert head.split(b" ", 1)[1].startswith(b"400"), head
        assert await line.ended()
        line.close()
    told = [record for record in caplog.records if "listening" not in record.message]
    assert [record.levelname for record in told] == ["INFO"]
    assert "malformed request" in told[0].message
    assert told[0].exc_info is None


async def test_a_client_that_leaves_in_the_middle_leaves_no_trace_but_a_quiet_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    async with _serving() as (server, gate):
        line = await Line.open(server, _ASK[:-1])
        await until(lambda: any(each.receiving for each in _members(gate)))
        line.close()
        await until(lambda: len(gate) == 0)
    assert not any(record.exc_info or record.levelno > 20 for record in caplog.records)


def _members(gate: Connections) -> list[http_bounds.Connection]:
    return [each for members in gate._all._members.values() for each in members]


_PROXIED = _ASK.replace(b"\r\n\r\n", b"\r\n%s\r\n\r\n", 1)


@pytest.mark.parametrize(
    ("headers", "remote"),
    [
        ("X-Forwarded-For: 203.0.113.7", "203.0.113.7"),
        ("X-Forwarded-For: 6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("X-Forwarded-For: 203.0.113.7:4711", "203.0.113.7"),
        ("X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 10.9.9.9", "203.0.113.7"),
        ("X-Forwarded-For: 2001:db8::1", "2001:db8::1"),
        ("X-Forwarded-For: 6.6.6.6, nonsense", "127.0.0.1"),
        ("X-Forwarded-For: 6.6.6.6, nonsense, 10.0.0.9", "10.0.0.9"),
        ("Forwarded: for=6.6.6.6, for=203.0.113.7;proto=https;by=10.0.0.1", "203.0.113.7"),
        ('Forwarded: proto=https;For="[2001:db8::1]:4711"', "2001:db8::1"),
        ("Forwarded: for=6.6.6.6, for=_hidden", "127.0.0.1"),
        ("Forwarded: for=6.6.6.6\r\nX-Forwarded-For: 203.0.113.7", "203.0.113.7"),
        ("X-Real-IP: 6.6.6.6", "127.0.0.1"),
        ("X-Forwarded-For: " + "10.0.0.1, " * 500 + "10.0.0.2", "10.0.0.1"),
    ],
)
async def test_forwarded_headers_are_believed_of_configured_proxies_alone(headers: str, remote: str) -> None:
    request = _PROXIED % headers.encode()
    async with _serving(proxies=["127.0.0.0/8", "10.0.0.0/8"]) as (server, _):
        line = await Line.open(server)
        assert await line.ask(request) == f"200 {remote} hello"
        line.close()
    async with _serving(proxies=["10.0.0.0/8"]) as (server, _):
        line = await Line.open(server)
        assert await line.ask(request) == "200 127.0.0.1 hello"
        line.close()


@pytest.mark.parametrize("proxies", ["[]", '["127.0.0.1"]'])
async def test_telegram_delivers_to_a_whole_process_beside_1100_half_open_connections(
    server: TelegramServer, tmp_path: Path, files: None, proxies: str
) -> None:
    """The process may open 1,024 files, as usual on Linux. Telegram comes from the same address."""
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
        [speech]
        providers = ["espeak"]
        [telegram]
        token = "{server.token}"
        api_url = "{server.root}"
        webhook_url = "https://bot.example.org/hook"
        [web]
        port = 0
        proxies = {proxies}
        """,
        encoding="utf-8",
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MOUTHPIECE_", "MIMO_"))}
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024)); "
        "from bot.cli import main; raise SystemExit(main())"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, "--config", str(config), "run"),
        cwd=ROOT, env=clean, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    log: list[str] = []
    listening = None
    try:
        async with asyncio.timeout(60), AsyncExitStack() as stack:
            while not (listening := re.search(r"listening on http://127\.0\.0\.1:(\d+)", log[-1] if log else "")):
                log.append((await process.stderr.readline()).decode())
                assert log[-1], log
            rest = asyncio.create_task(process.stderr.read())
            for _ in range(_HALF_OPEN):
                half = stack.enter_context(socket.socket())
                half.setblocking(False)
                await asyncio.get_running_loop().sock_connect(half, ("127.0.0.1", int(listening[1])))
                half.send(b"POST /hook HTTP/1.1\r\n")
            server.updates.proxied = f"http://127.0.0.1:{listening[1]}"
            for number in range(3):
                await server.text(f"/say Brought all the same, number {number}.")
                heard((await server.wait_for("sendVoice", number + 1))[number])
            process.send_signal(signal.SIGTERM)
            log += (await rest).decode().splitlines()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    assert len(log) < 40, log[-40:]
    assert "Traceback" not in "".join(log)
    assert "Too many open files" not in "".join(log)
