"""The Discord stand-in's voice server refuses what Discord's refuses. Raw websockets and datagrams, no library."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as encrypt

from tests.discord_voice_case import SILENCE, packets
from tests.fakes.discord_gateway import Session
from tests.fakes.discord_listener import decode
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_udp import EARLY, MODE
from tests.fakes.discord_world import Channel

pytest_plugins = ["tests.discord_fixtures", "tests.discord_voice_fixtures"]

OPUS = packets()[5]


class Raw:
    """A voice connection by hand."""

    def __init__(self, socket_: aiohttp.ClientWebSocketResponse, identity: dict[str, Any]) -> None:
        self.socket = socket_
        self.identity = identity

    async def send(self, operation: int, data: Any) -> None:
        await self.socket.send_str(json.dumps({"op": operation, "d": data}))

    async def receive(self, operation: int) -> Any:
        """The data of the next message of an operation."""
        while True:
            message = json.loads(await self.socket.receive_str())
            if message["op"] == operation:
                return message["d"]

    async def code(self) -> int:
        """With what it is closed."""
        while not self.socket.closed:
            await self.socket.receive()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def identify(self, **changes: Any) -> None:
        await self.send(0, self.identity | changes)

    async def ready(self) -> dict[str, Any]:
        await self.identify()
        return dict(await self.receive(2))


Dial = Callable[..., Any]


@pytest.fixture
def dial(server: DiscordServer, voice_channel: Channel) -> Dial:
    """The bot asks to join by opcode 4 and opens a websocket to where it is sent."""

    @asynccontextmanager
    async def open_(channel: Channel = voice_channel, version: str = "8") -> AsyncIterator[Raw]:
        session = Session(intents=1 << 7)
        server.gateway.sessions[session.id] = session
        assert server.gateway.on_voice_state is not None
        request = {"guild_id": server.world.home.id, "channel_id": channel.id, "self_mute": False, "self_deaf": True}
        await server.gateway.on_voice_state(session, request)
        state, sold = (event["d"] for event in session.events)
        identity = {
            "server_id": sold["guild_id"], "user_id": state["user_id"], "session_id": state["session_id"],
            "token": sold["token"], "max_dave_protocol_version": 1,
        }  # fmt: skip
        trusted = ssl.create_default_context(cafile=str(server.voice.ca_file))
        async with aiohttp.ClientSession() as http:
            url = f"wss://{sold['endpoint']}/?v={version}"
            async with asyncio.timeout(10), http.ws_connect(url, ssl=trusted) as socket_:
                yield Raw(socket_, identity)

    return open_


async def test_another_version_is_not_spoken(dial: Dial) -> None:
    async with dial(version="4") as raw:
        assert await raw.code() == 4012


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"token": "another"}, 4004),
        ({"user_id": "1"}, 4004),
        ({"session_id": "another"}, 4006),
        ({"server_id": "1"}, 4011),
        ({"max_dave_protocol_version": 0}, 4017),
    ],
)
async def test_who_is_not_expected_is_sent_away(dial: Dial, change: dict[str, Any], code: int) -> None:
    async with dial() as raw:
        await raw.identify(**change)
        assert await raw.code() == code


async def test_a_stage_asks_for_no_encryption_of_its_own(dial: Dial, server: DiscordServer) -> None:
    stage = server.world.add_voice(server.world.home, "stage", stage=True)
    async with dial(stage) as raw:
        await raw.identify(max_dave_protocol_version=0)
        assert (await raw.receive(2))["modes"] == server.voice.faults.modes


async def test_a_ticket_is_good_for_where_the_bot_is(dial: Dial, server: DiscordServer) -> None:
    async with dial() as raw:
        await server.voice.kick_bot()
        await raw.identify()
        assert await raw.code() == 4006


async def test_nothing_comes_before_identifying(dial: Dial) -> None:
    async with dial() as raw:
        await raw.send(5, {"speaking": 1, "delay": 0, "ssrc": 1})
        assert await raw.code() == 4003


async def test_one_identifies_once(dial: Dial) -> None:
    async with dial() as raw:
        await raw.ready()
        await raw.identify()
        assert await raw.code() == 4005


async def test_a_broken_connection_is_not_resumed(dial: Dial) -> None:
    async with dial() as raw:
        await raw.send(7, {key: raw.identity[key] for key in ("server_id", "session_id", "token")})
        assert await raw.code() == 4006


@pytest.mark.parametrize(
    ("operation", "data", "code"),
    [
        (99, {}, 4001),
        (1, {"protocol": "webrtc", "data": {"address": "127.0.0.1", "port": 1, "mode": MODE}}, 4012),
        (1, {"protocol": "udp", "data": {"address": "127.0.0.1", "port": 1, "mode": "xsalsa20_poly1305"}}, 4016),
        (1, {"protocol": "udp"}, 4002),
        (5, {"speaking": 1, "delay": 0, "ssrc": 0}, 4020),
        (3, {"t": 1, "seq_ack": 77}, 4020),
        (3, 1, 4002),
    ],
)
async def test_what_cannot_be_done(dial: Dial, operation: int, data: Any, code: int) -> None:
    async with dial() as raw:
        await raw.ready()
        await raw.send(operation, data)
        assert await raw.code() == code


async def test_whoever_is_silent_for_long_is_gone(dial: Dial, server: DiscordServer) -> None:
    server.voice.faults.heartbeat_ms = 30
    async with dial() as raw:
        assert (await raw.receive(8)) == {"v": 8, "heartbeat_interval": 30}
        assert await raw.code() == 4009


async def test_joining_again_ends_the_older_connection(dial: Dial) -> None:
    async with dial() as first:
        await first.ready()
        async with dial() as second:
            await second.ready()
            assert await first.code() == 4006


@pytest.mark.parametrize("abrupt", [False, True])
async def test_whoever_was_moved_has_to_come_anew(dial: Dial, server: DiscordServer, abrupt: bool) -> None:
    other = server.world.add_voice(server.world.home, "other")
    server.voice.abrupt = abrupt
    async with dial() as raw:
        await raw.ready()
        await server.voice.move_bot(other)
        assert server.voice.server.closes == ([4014] if abrupt else [])
        assert await raw.code() == 4014


@pytest.mark.parametrize(("code", "stays"), [(1000, False), (4000, True)])
async def test_who_logs_off_is_in_no_call(
    server: DiscordServer, voice_channel: Channel, code: int, stays: bool
) -> None:
    """But whoever may come back stays in the list: so it is after a bot died."""
    identity = {"token": server.token, "intents": 1 | 1 << 7, "properties": {}}
    request = {
        "guild_id": str(voice_channel.guild_id),
        "channel_id": str(voice_channel.id),
        "self_mute": False,
        "self_deaf": True,
    }
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(f"{server.gateway.url}?v=10&encoding=json") as gateway:
            await gateway.send_json({"op": 2, "d": identity})
            await gateway.send_json({"op": 4, "d": request})
            await server.until(lambda: server.voice.bot_in() is voice_channel)
            await gateway.close(code=code)
        await server.until(lambda: not server.gateway.connected)
    assert (server.voice.bot_in() is voice_channel) == stays


async def test_garbage_for_keys_is_refused(dial: Dial, server: DiscordServer) -> None:
    async with dial() as raw, _line(raw):
        await raw.socket.send_bytes(bytes([26]) + b"not a key package")
        assert await raw.code() == 4020
    assert server.voice.violations[0].startswith("opcode 26")


@asynccontextmanager
async def _line(raw: Raw, *, speaking: bool = True) -> AsyncIterator[Callable[..., None]]:
    """Sends packets by hand; keywords change what is in them."""
    ready = await raw.ready()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect((ready["ip"], ready["port"]))
        udp.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(udp, struct.pack(">HHI66x", 1, 70, ready["ssrc"]))
        answer = await loop.sock_recv(udp, 100)
        assert struct.unpack_from(">HHI", answer) == (2, 70, ready["ssrc"])
        address, port = answer[8:72].rstrip(b"\0").decode(), int.from_bytes(answer[72:], "big")
        assert (address, port) == udp.getsockname()
        await raw.send(1, {"protocol": "udp", "data": {"address": address, "port": port, "mode": MODE}})
        key = bytes((await raw.receive(4))["secret_key"])
        if speaking:
            await raw.send(5, {"speaking": 1, "delay": 0, "ssrc": ready["ssrc"]})

        def send(n: int, payload: bytes = OPUS, **changes: int) -> None:
            values = {"head": 0x80, "kind": 0x78, "sequence": n, "timestamp": 960 * n, "nonce": n, "spoiled": 0}
            values |= {"ssrc": ready["ssrc"], **changes}
            header = struct.pack(">BBHII", *(values[k] for k in ("head", "kind", "sequence", "timestamp", "ssrc")))
            counter = struct.pack(">I", values["nonce"])
            sealed = encrypt(payload, header, counter + b"\0" * 20, key)
            udp.send(header + bytes([sealed[0] ^ values["spoiled"]]) + sealed[1:] + counter)

        yield send


async def _complaint(server: DiscordServer) -> str:
    return await server.until(lambda: server.voice.violations[-1] if server.voice.violations else None)


@pytest.mark.parametrize(
    ("changes", "complaint", "heard"),
    [
        ({"head": 0x90}, "not RTP version 2", 1),
        ({"kind": 0x60}, "not RTP version 2 with payload type 120", 1),
        ({"ssrc": 1}, "another ssrc", 1),
        ({"nonce": 1}, "a nonce was used again", 1),
        ({"spoiled": 1}, "cannot be decrypted", 1),
        ({"sequence": 9}, "sequence 9 after 1", 2),
        ({"timestamp": 961}, "timestamp 961 after 960", 2),
        ({"payload": b"\xfc" + OPUS[1:]}, "", 2),
        ({"payload": b"\xf0" + OPUS[1:]}, "not one Opus frame of 20 ms", 2),
        ({"payload": b"\xf9" + OPUS[1:]}, "not one Opus frame of 20 ms", 2),
    ],
)
async def test_packets_are_looked_at(
    dial: Dial, server: DiscordServer, voice_channel: Channel, changes: dict[str, Any], complaint: str, heard: int
) -> None:
    listener = server.voice.listener(voice_channel)
    async with dial() as raw, _line(raw) as send:
        await listener.until(lambda it: it.speaking)
        send(1)
        send(2, **changes)
        if complaint:
            assert complaint in await _complaint(server)
        await listener.packets(at_least=heard)
    assert len(listener.heard) == heard
    assert len(server.voice.violations) == bool(complaint)


async def test_sound_comes_after_opcode_5(dial: Dial, server: DiscordServer, voice_channel: Channel) -> None:
    async with dial() as raw, _line(raw, speaking=False) as send:
        for n in range(EARLY + 1):
            send(n)
        assert "opcode 5" in await _complaint(server)
    assert not server.voice.listener(voice_channel).heard


async def test_opcode_5_may_be_overtaken(dial: Dial, server: DiscordServer, voice_channel: Channel) -> None:
    async with dial() as raw, _line(raw, speaking=False) as send:
        send(1)
        await raw.send(5, {"speaking": 1, "delay": 0, "ssrc": server.voice.lines[-1].ssrc})
        assert (await server.voice.listener(voice_channel).packets())[0].opus == OPUS
    assert server.voice.violations == []


async def test_what_is_not_encrypted_end_to_end_nobody_hears(
    dial: Dial, server: DiscordServer, voice_channel: Channel
) -> None:
    listener = server.voice.listener(voice_channel)
    await server.voice.people.join(server.world.ada, voice_channel)
    async with dial() as raw, _line(raw) as send:
        await listener.until(lambda it: it.speaking)
        send(1)
        send(2, SILENCE)
        plain, silence = await listener.packets(at_least=2)
    assert (plain.opus, plain.encrypted, plain.heard_by) == (OPUS, False, ())
    assert (silence.encrypted, silence.heard_by) == (False, (server.world.ada.id,))
    assert listener.exposed == [plain]


def test_only_opus_of_20_ms_is_decoded() -> None:
    assert len(decode([OPUS, SILENCE]).samples) == 2 * 2 * 960
    with pytest.raises(ValueError, match="not an Opus packet"):
        decode([b""])
    with pytest.raises(ValueError, match="480 samples"):
        decode([b"\xf0" + OPUS[1:]])
