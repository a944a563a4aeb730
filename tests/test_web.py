"""The bot's HTTP server, asked over loopback."""

import asyncio
import socket

import httpx
import pytest
from aiohttp import web

from bot.errors import ConfigError
from bot.web import BODY, WebServer


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text=f"hello {len(await request.read())}")


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)


async def test_it_listens_as_long_as_there_are_routes() -> None:
    server = WebServer("127.0.0.1", 0)
    async with _client() as client:
        async with server.route("POST", "/one", _hello):
            async with server.route("GET", "/two", _hello):
                assert (await client.post(f"{server.root}/one", content=b"abc")).text == "hello 3"
                assert (await client.get(f"{server.root}/two")).status_code == 200
            assert (await client.get(f"{server.root}/two")).status_code == 404
            assert (await client.post(f"{server.root}/one")).status_code == 200
        with pytest.raises(httpx.ConnectError):
            await client.post(f"{server.root}/one")
        async with server.route("POST", "/one", _hello):
            assert (await client.post(f"{server.root}/one")).status_code == 200, "and opens again"


async def test_what_it_does_not_serve_it_refuses() -> None:
    server = WebServer("127.0.0.1", 0)
    async with _client() as client, server.route("POST", "/one", _hello):
        assert (await client.get(f"{server.root}/one")).status_code == 405
        assert (await client.get(f"{server.root}/one")).headers["allow"] == "POST"
        assert (await client.post(f"{server.root}/One")).status_code == 404
        assert (await client.post(f"{server.root}/one", content=b"x" * (BODY + 1))).status_code == 413
        assert (await client.post(f"{server.root}/one", content=b"x" * BODY)).status_code == 200


async def test_a_route_and_a_port_belong_to_one() -> None:
    server = WebServer("127.0.0.1", 0)
    async with server.route("POST", "/one", _hello):
        with pytest.raises(ConfigError) as taken:
            async with server.route("POST", "/one", _hello):
                pass
        assert (taken.value.code, taken.value.facts) == ("web.route", {"path": "/one"})
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        busy = WebServer("127.0.0.1", held.getsockname()[1])
        with pytest.raises(ConfigError) as refused:
            async with busy.route("POST", "/one", _hello):
                pass
        assert refused.value.code == "web.address"
    async with busy.route("POST", "/one", _hello), _client() as client:
        assert (await client.post(f"{busy.root}/one")).status_code == 200, "free again, it is opened"


async def test_two_who_come_at_once_open_it_once() -> None:
    server = WebServer("127.0.0.1", 0)

    async def ask(path: str) -> int:
        async with server.route("GET", path, _hello), _client() as client:
            met.release()
            await both.wait()
            return (await client.get(f"{server.root}{path}")).status_code

    met, both = asyncio.Semaphore(0), asyncio.Event()
    asking = [asyncio.create_task(ask(path)) for path in ("/one", "/two")]
    for _ in asking:
        await met.acquire()
    both.set()
    assert await asyncio.gather(*asking) == [200, 200]
