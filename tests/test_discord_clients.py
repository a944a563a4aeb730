"""The Discord stand-in serves bots of any library: compressed and binary frames, members, commands, real refusals."""

import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_wire import Wire
from tests.fakes.discord_world import User

GUILDS, MEMBERS = 1, 2


class Bare:
    """Requests and a gateway without a library."""

    def __init__(self, server: DiscordServer, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.http = http

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Status and answer."""
        given = {"json": body} if body is not None else {}
        head = {"Authorization": f"Bot {self.server.token}"}
        async with self.http.request(method, self.server.api + path, headers=head, **given, **more) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def post(self, body: Any) -> tuple[int, Any]:
        """Post a message."""
        return await self.ask("POST", f"/channels/{self.server.world.general.id}/messages", body)

    def commands(self, *path: object) -> str:
        """The address of the commands of everywhere."""
        return "/".join(map(str, (f"/applications/{self.server.world.application_id}/commands", *path)))

    def gateway(self, query: str = "") -> Any:
        """A connection."""
        return self.http.ws_connect(f"{self.server.gateway.url}?v=10&encoding=json{query}")


@pytest.fixture
async def bare() -> AsyncIterator[Bare]:
    async with DiscordServer() as server, aiohttp.ClientSession() as http:
        yield Bare(server, http)


def identify(server: DiscordServer, intents: int = GUILDS) -> dict[str, Any]:
    return {"op": 2, "d": {"token": server.token, "intents": intents, "properties": {}}}


Read = Callable[[], Awaitable[dict[str, Any]]]


def unzipped(socket: aiohttp.ClientWebSocketResponse) -> Read:
    """Messages of one zlib stream; each ends with a sync flush."""
    stream = zlib.decompressobj()

    async def read() -> dict[str, Any]:
        data = await socket.receive_bytes()
        assert data.endswith(b"\0\0\xff\xff")
        found: dict[str, Any] = json.loads(stream.decompress(data))
        return found

    return read


def unframed(socket: aiohttp.ClientWebSocketResponse) -> Read:
    """Messages of one zstd frame whose blocks are stored."""
    begun: list[bool] = []

    async def read() -> dict[str, Any]:
        data = await socket.receive_bytes()
        if not begun:
            assert data[:6] == bytes.fromhex("28b52ffd0038")
            data = data[6:]
            begun.append(True)
        text = b""
        while data:
            head = int.from_bytes(data[:3], "little")
            assert head & 7 == 0, "a stored block that is not the last"
            text, data = text + data[3 : 3 + (head >> 3)], data[3 + (head >> 3) :]
        found: dict[str, Any] = json.loads(text)
        return found

    return read


@pytest.mark.parametrize(("compress", "reader"), [("zlib-stream", unzipped), ("zstd-stream", unframed)])
async def test_the_gateway_compresses_when_asked(
    bare: Bare, compress: str, reader: Callable[[aiohttp.ClientWebSocketResponse], Read]
) -> None:
    for number in range(900):  # more than one block of zstd
        bare.server.world.add_member(bare.server.world.home, User(f"person{number}"))
    async with bare.gateway(f"&compress={compress}") as socket:
        read = reader(socket)
        assert (await read())["op"] == 10
        await socket.send_json(identify(bare.server))
        assert (await read())["t"] == "READY"
        guild = await read()
        assert (guild["t"], len(guild["d"]["members"])) == ("GUILD_CREATE", 902)
        await socket.send_json({"op": 1, "d": None})
        assert (await read())["op"] == 11


async def test_a_message_may_come_in_a_binary_frame(bare: Bare) -> None:
    async with bare.gateway() as socket:
        assert (await socket.receive_json())["op"] == 10
        await socket.send_bytes(json.dumps(identify(bare.server)).encode())
        assert (await socket.receive_json())["t"] == "READY"
        assert (await socket.receive_json())["t"] == "GUILD_CREATE"
        await socket.send_bytes(b'{"op":1,"d":1}')
        assert (await socket.receive_json())["op"] == 11
        await socket.send_bytes(b"\x83\xff")
        await socket.receive()
        assert socket.close_code == 4002


@pytest.mark.parametrize("query", ["?v=10&encoding=etf", "?v=3&encoding=json", "?v=10&encoding=json&compress=lzma"])
async def test_what_the_gateway_does_not_speak(bare: Bare, query: str) -> None:
    async with bare.http.ws_connect(bare.server.gateway.url + query) as socket:
        await socket.receive()
        assert socket.close_code == 4012


async def test_members_are_sent_in_chunks(bare: Bare) -> None:
    world = bare.server.world
    people = [User(f"person{number}") for number in range(1500)]
    for person in people:
        world.add_member(world.home, person)
    bare.server.gateway.privileged = MEMBERS
    async with bare.gateway() as socket:

        async def asked(**data: Any) -> list[dict[str, Any]]:
            """The chunks that answer."""
            await socket.send_json({"op": 8, "d": {"guild_id": str(world.home.id), **data}})
            chunks: list[dict[str, Any]] = []
            while not chunks or len(chunks) < chunks[0]["chunk_count"]:
                message = await socket.receive_json()
                assert message["t"] == "GUILD_MEMBERS_CHUNK"
                chunks.append(message["d"])
            return chunks

        await socket.receive_json()
        await socket.send_json(identify(bare.server, GUILDS | MEMBERS))
        assert [(await socket.receive_json())["t"] for _ in range(2)] == ["READY", "GUILD_CREATE"]
        chunks = await asked(query="", limit=0, nonce="n1")
        assert [(len(one["members"]), one["chunk_index"], one["nonce"]) for one in chunks] == [
            (1000, 0, "n1"),
            (502, 1, "n1"),
        ]
        (found,) = await asked(query="PERSON149", limit=5, nonce="x" * 33)
        assert [member["user"]["username"] for member in found["members"]][:2] == ["person149", "person1490"]
        assert "nonce" not in found
        (found,) = await asked(user_ids=[str(people[3].id), "5"], presences=True)
        assert ([one["user"]["id"] for one in found["members"]], found["not_found"]) == ([str(people[3].id)], ["5"])
        assert found["presences"] == []
        await socket.send_json({"op": 8, "d": {"guild_id": str(world.home.id)}})
        await socket.receive()
        assert socket.close_code == 4002


async def test_without_the_intent_the_whole_list_never_comes(bare: Bare) -> None:
    home = str(bare.server.world.home.id)
    async with bare.gateway() as socket:
        await socket.receive_json()
        await socket.send_json(identify(bare.server))
        assert [(await socket.receive_json())["t"] for _ in range(2)] == ["READY", "GUILD_CREATE"]
        await socket.send_json({"op": 8, "d": {"guild_id": home, "query": "", "limit": 0}})
        await socket.send_json({"op": 8, "d": {"guild_id": home, "query": "ad", "limit": 1}})
        chunk = (await socket.receive_json())["d"]
        assert [one["user"]["username"] for one in chunk["members"]] == ["ada"]


async def test_the_gateway_is_found_without_a_token(bare: Bare) -> None:
    async with bare.http.get(f"{bare.server.api}/gateway") as answer:
        assert await answer.json() == {"url": bare.server.gateway.url}
    async with bare.http.get(f"{bare.server.api}/gateway/bot") as answer:
        assert answer.status == 401
    assert (await bare.ask("GET", "/gateway/bot"))[1]["session_start_limit"]["max_concurrency"] == 1
    assert await bare.ask("GET", "/nowhere") == (404, {"message": "404: Not Found", "code": 0})


async def test_commands_are_listed_and_changed_one_by_one(bare: Bare) -> None:
    say = {"name": "say", "description": "Speak", "name_localizations": {"zh-CN": "说"}}
    assert await bare.ask("GET", bare.commands()) == (200, [])
    status, stored = await bare.ask("POST", bare.commands(), say)
    assert status == 201
    status, again = await bare.ask("POST", bare.commands(), say | {"description": "Speak up"})
    assert (status, again["id"]) == (200, stored["id"]), "one of the same name is replaced"
    (listed,) = (await bare.ask("GET", bare.commands()))[1]
    assert (listed["description"], "name_localizations" in listed) == ("Speak up", False)
    (listed,) = (await bare.ask("GET", bare.commands(), params={"with_localizations": "true"}))[1]
    assert listed["name_localizations"] == {"zh-CN": "说"}
    one = bare.commands(stored["id"])
    assert (await bare.ask("PATCH", one, {"name": "Say"}))[1]["code"] == 50035
    assert (await bare.ask("PATCH", one, {"name": "tell"}))[1]["name"] == "tell"
    assert (await bare.ask("GET", one))[1]["name"] == "tell"
    assert (await bare.ask("DELETE", one))[0] == 204
    assert (await bare.ask("GET", one))[1]["code"] == 10063
    in_home = f"/applications/{bare.server.world.application_id}/guilds/{bare.server.world.home.id}/commands"
    assert (await bare.ask("PUT", in_home, [say]))[1][0]["guild_id"] == str(bare.server.world.home.id)
    assert [each["name"] for each in (await bare.ask("GET", in_home))[1]] == ["say"]
    assert (await bare.ask("GET", bare.commands()))[1] == []
    assert (await bare.ask("GET", in_home.replace(str(bare.server.world.home.id), "5")))[1]["code"] == 50001
    assert (await bare.ask("GET", "/applications/5/commands"))[1]["code"] == 50001


async def test_people_guilds_and_messages_can_be_looked_at(bare: Bare) -> None:
    world = bare.server.world
    guild, channel = f"/guilds/{world.home.id}", f"/channels/{world.general.id}"
    assert (await bare.ask("GET", "/applications/@me"))[1]["id"] == str(world.application_id)
    assert (await bare.ask("GET", f"/users/{world.ada.id}"))[1]["username"] == "ada"
    assert (await bare.ask("GET", guild))[1]["name"] == "home"
    assert [each["name"] for each in (await bare.ask("GET", f"{guild}/channels"))[1]] == ["general"]
    assert (await bare.ask("GET", f"{guild}/members/{world.ada.id}"))[1]["user"]["id"] == str(world.ada.id)
    for path, code in (("/users/5", 10013), ("/guilds/5", 10004), (f"{guild}/members/5", 10007), ("/users/x", 50035)):
        assert (await bare.ask("GET", path))[1]["code"] == code
    assert (await bare.ask("POST", f"{channel}/typing"))[0] == 204
    sent = (await bare.post({"embeds": [{"title": "a"}]}))[1]
    message = f"{channel}/messages/{sent['id']}"
    assert (await bare.ask("PATCH", message, {"embeds": [{"title": "b"}]}))[0] == 200
    assert (await bare.ask("GET", message))[1]["embeds"] == [{"title": "b"}]
    theirs = await bare.server.say("mine")
    assert (await bare.ask("PATCH", f"{channel}/messages/{theirs.id}", {}))[1]["code"] == 50005
    assert (await bare.ask("DELETE", message))[0] == 204
    assert (await bare.ask("GET", message))[1]["code"] == 10008


@pytest.mark.parametrize("entry", [{}, {"waveform": None, "duration_secs": None, "title": None}])
async def test_an_ordinary_file_is_taken(bare: Bare, entry: dict[str, Any]) -> None:
    form = aiohttp.FormData(quote_fields=False)
    attachments = [{"id": "0", "filename": "a.txt", **entry}]
    form.add_field("payload_json", json.dumps({"attachments": attachments}))
    form.add_field("files[0]", b"abc", filename="a.txt", content_type="text/plain")
    status, sent = await bare.ask("POST", f"/channels/{bare.server.world.general.id}/messages", data=form)
    assert (status, sent["attachments"][0]["size"]) == (200, 3)


def found(errors: Any, path: str) -> dict[str, str]:
    """What is wrong at a place in the tree of errors."""
    for part in path.split("."):
        errors = errors[part]
    (error,) = errors["_errors"]
    return dict(error)


FIELD = {"name": "n", "value": "v"}


@pytest.mark.parametrize(
    ("body", "path", "kind", "words"),
    [
        ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length."),
        ({"embeds": [{"title": "x"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH", "Must be 256"),
        ({"embeds": [{}, {"description": "x" * 4097}]}, "embeds.1.description", "BASE_TYPE_MAX_LENGTH", "Must be 4096"),
        ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "embeds.0.footer.text", "BASE_TYPE_MAX_LENGTH", "Must be"),
        ({"embeds": [{"author": {"name": "x" * 257}}]}, "embeds.0.author.name", "BASE_TYPE_MAX_LENGTH", "Must be 256"),
        ({"embeds": [{"fields": [FIELD] * 26}]}, "embeds.0.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25"),
        ({"embeds": [{"fields": [FIELD, FIELD | {"value": "x" * 1025}]}]}, "embeds.0.fields.1.value",
         "BASE_TYPE_MAX_LENGTH", "Must be 1024 or fewer in length."),
        ({"embeds": [{"fields": [{"name": "", "value": "v"}]}]}, "embeds.0.fields.0.name", "BASE_TYPE_REQUIRED",
         "This field is required"),
        ({"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]}, "embeds", "MAX_EMBED_SIZE_EXCEEDED",
         "Embed size exceeds maximum size of 6000"),
        ({"embeds": [{"title": "x", "url": "javascript:x"}]}, "embeds.0.url", "URL_TYPE_INVALID_URL", "Not a well"),
        ({"embeds": [{"title": "x", "color": 1 << 24}]}, "embeds.0.color", "NUMBER_TYPE_MAX", "int value should be"),
    ],
)  # fmt: skip
async def test_embeds_have_limits(bare: Bare, body: dict[str, Any], path: str, kind: str, words: str) -> None:
    status, answer = await bare.post(body)
    assert (status, answer["code"], answer["message"]) == (400, 50035, "Invalid Form Body")
    error = found(answer["errors"], path)
    assert error["code"] == kind
    assert error["message"].startswith(words)


async def test_embeds_that_just_fit(bare: Bare) -> None:
    full = [{"title": "x" * 256, "description": "x" * 4096, "fields": [FIELD] * 25}, {"description": "x" * 1598}]
    assert (await bare.post({"embeds": full}))[0] == 200
    assert (await bare.post({"embeds": [{"image": {"url": "attachment://a.png"}}]}))[0] == 200
    assert (await bare.post({"embeds": [{}]}))[1]["code"] == 50006


@pytest.mark.parametrize(
    ("button", "part", "kind"),
    [
        ({"style": 5, "url": "https://a.b", "custom_id": "c"}, "custom_id",
         "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"),
        ({"style": 1, "url": "https://a.b", "custom_id": "c"}, "custom_id",
         "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"),
        ({"style": 5}, "url", "BUTTON_COMPONENT_URL_REQUIRED"),
        ({"style": 5, "url": "javascript:x"}, "url", "URL_TYPE_INVALID_SCHEME"),
        ({"style": 5, "url": f"https://a.b/{'x' * 512}"}, "url", "BASE_TYPE_MAX_LENGTH"),
        ({"style": 2}, "custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
        ({"style": 2, "custom_id": "x" * 101}, "custom_id", "BASE_TYPE_BAD_LENGTH"),
        ({"style": 6}, "sku_id", "BASE_TYPE_REQUIRED"),
    ],
)  # fmt: skip
async def test_a_button_is_pressed_or_leads_away(bare: Bare, button: dict[str, Any], part: str, kind: str) -> None:
    fine = {"type": 2, "label": "x", "style": 5, "url": "https://a.b"}
    rows = [{"type": 1, "components": [fine, {"type": 2, "label": "x", **button}]}]
    status, answer = await bare.post({"components": rows})
    assert (status, answer["code"]) == (400, 50035)
    assert found(answer["errors"], f"components.0.components.1.{part}")["code"] == kind
    assert (await bare.post({"components": [{"type": 1, "components": [fine, fine]}]}))[0] == 200


def test_another_compression_is_none() -> None:
    with pytest.raises(KeyError):
        Wire(None, "gzip")  # type: ignore[arg-type]
