"""The Discord stand-in refuses what Discord refuses. Raw requests, without the library."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.audio import ogg
from bot.model import Clip
from tests.discord_case import bursts
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, SEND_VOICE_MESSAGES, VIEW_CHANNEL, Role, User

NOBODY: dict[str, list[str]] = {"parse": []}


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def post_voice(
    http: aiohttp.ClientSession, server: DiscordServer, clip: Clip, *, files: int = 1, **changes: Any
) -> tuple[int, dict[str, Any]]:
    """Post a voice message with some of its fields changed; None takes one out."""
    entry = {"duration_secs": clip.seconds, "waveform": base64.b64encode(clip.waveform).decode()}
    data = changes.pop("data", ogg.write(clip, {}))
    name = changes.pop("filename", "voice-message.ogg")
    top = {key: changes.pop(key) for key in list(changes) if key not in entry}
    entry = {key: value for key, value in (entry | changes).items() if value is not None}
    attachments = [{"id": index, "filename": name, **entry} for index in range(files)]
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", json.dumps({"flags": 8192, "attachments": attachments, **top}))
    for index in range(files):
        form.add_field(f"files[{index}]", data, filename=name, content_type="application/octet-stream")
    url = f"{server.api}/channels/{server.world.general.id}/messages"
    async with http.post(url, data=form, headers={"Authorization": f"Bot {server.token}"}) as answer:
        return answer.status, await answer.json()


async def post(
    http: aiohttp.ClientSession, server: DiscordServer, body: dict[str, Any], path: str = ""
) -> tuple[int, dict[str, Any]]:
    url = f"{server.api}{path or f'/channels/{server.world.general.id}/messages'}"
    async with http.post(url, json=body, headers={"Authorization": f"Bot {server.token}"}) as answer:
        return answer.status, await answer.json()


async def test_a_true_voice_message_is_taken(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    status, message = await post_voice(http, server, bursts())
    assert (status, message["flags"]) == (200, 8192)
    stored = server.messages[0]
    assert stored.voice
    sound = stored.files[0].sound
    assert sound is not None
    assert sound.seconds == pytest.approx(2.0, abs=0.001)
    assert sound.level > 0.2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content": "words"}, 50159),
        ({"embeds": [{"title": "x"}]}, 50159),
        ({"components": [{"type": 1}]}, 50159),
        ({"files": 2}, 50160),
        ({"filename": "voice.txt"}, 50160),
        ({"data": b"OggS but nothing more"}, 50160),
        ({"duration_secs": None}, 50161),
        ({"waveform": None}, 50161),
        ({"duration_secs": 2.03}, 50161),
        ({"duration_secs": 1.97}, 50161),
        ({"waveform": "not base64!"}, 50161),
        ({"waveform": base64.b64encode(bytes(257)).decode()}, 50161),
        ({"waveform": base64.b64encode(bytes([255] * 20)).decode()}, 50161),
        ({"waveform": base64.b64encode(bytes([10, 200] * 10)).decode()}, 50161),
    ],
)
async def test_a_false_voice_message_is_refused(
    server: DiscordServer, http: aiohttp.ClientSession, changes: dict[str, Any], code: int
) -> None:
    status, body = await post_voice(http, server, bursts(), **changes)
    assert (status, body["code"]) == (400, code)
    assert server.messages == []


async def test_a_damaged_file_is_refused(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    clip = bursts()
    whole = ogg.write(clip, {})
    for data in (whole[:-40], whole[: len(whole) // 2], b"", ogg.write(Clip((), 0, 0, b"\0"), {})[:60]):
        status, _ = await post_voice(http, server, clip, data=data)
        assert status == 400
    assert server.messages == []


async def test_where_voice_messages_are_not_allowed(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    server.world.general.voice_messages = False
    assert (await post_voice(http, server, bursts()))[1]["code"] == 50173
    server.world.general.voice_messages = True
    server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
    assert (await post_voice(http, server, bursts()))[1]["code"] == 50013
    server.world.general.permissions = VIEW_CHANNEL
    assert (await post(http, server, {"content": "x", "allowed_mentions": NOBODY}))[1]["code"] == 50013
    server.world.general.bot_is_here = False
    assert (await post(http, server, {"content": "x", "allowed_mentions": NOBODY}))[1]["code"] == 50001


async def test_messages_have_limits(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    assert (await post(http, server, {}))[1]["code"] == 50006
    assert (await post(http, server, {"content": "x" * 2001, "allowed_mentions": NOBODY}))[1]["code"] == 50035
    assert (await post(http, server, {"content": "@everyone"}))[1]["code"] == 50035
    assert (await post(http, server, {"content": "hi", "allowed_mentions": NOBODY}))[0] == 200
    server.state.file_limit = 1000
    assert (await post_voice(http, server, bursts()))[0] == 413


async def test_a_nonce_is_posted_once(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    body = {"content": "hi", "allowed_mentions": NOBODY, "nonce": "7", "enforce_nonce": True}
    first, second = await post(http, server, body), await post(http, server, body)
    assert first[1]["id"] == second[1]["id"]
    assert len(server.messages) == 1


async def test_a_wrong_token_is_refused(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{server.api}/users/@me", headers={"Authorization": "Bot wrong"}) as answer:
        assert answer.status == 401
        assert answer.headers["Content-Type"] == "application/json"
    for token, intents, code in (("wrong", 1, 4004), (server.token, 1 << 15, 4014), (server.token, -1, 4013)):
        async with http.ws_connect(f"{server.gateway.url}?v=10&encoding=json") as socket:
            assert (await socket.receive_json())["op"] == 10
            await socket.send_json({"op": 2, "d": {"token": token, "intents": intents}})
            await socket.receive()
            assert socket.close_code == code


async def test_the_gateway_wants_its_order(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    async with http.ws_connect(f"{server.gateway.url}?v=10&encoding=json") as socket:
        await socket.receive_json()
        await socket.send_json({"op": 4, "d": {}})
        await socket.receive()
        assert socket.close_code == 4003
    async with http.ws_connect(f"{server.gateway.url}?v=10&encoding=json") as socket:
        await socket.receive_json()
        await socket.send_json({"op": 6, "d": {"token": server.token, "session_id": "unknown", "seq": 1}})
        assert (await socket.receive_json())["op"] == 9


COMMAND: dict[str, Any] = {"name": "say", "description": "Speak", "type": 1, "options": []}


def option(**changes: Any) -> dict[str, Any]:
    return COMMAND | {"options": [{"name": "text", "description": "What", "type": 3, **changes}]}


def one_of(name: str, many: int = 1, *, required: bool = False) -> dict[str, Any]:
    choices = [{"name": f"{name}{number}", "value": "x" * 100} for number in range(many)]
    return {"name": name, "description": "x", "type": 3, "required": required, "choices": choices}


@pytest.mark.parametrize(
    "commands",
    [
        [COMMAND | {"name": "Say"}],
        [COMMAND | {"name": "two words"}],
        [COMMAND | {"name": "x" * 33}],
        [COMMAND | {"description": ""}],
        [COMMAND | {"description": "x" * 101}],
        [COMMAND | {"description_localizations": {"zh": "说"}}],
        [COMMAND | {"name_localizations": {"zh-CN": "discord.say"}}],
        [COMMAND, COMMAND],
        [COMMAND | {"name": f"say{number}"} for number in range(101)],
        [COMMAND | {"type": 2, "description": "", "name": str(number)} for number in range(16)],
        [option(choices=[{"name": str(n), "value": str(n)} for n in range(26)])],
        [option(choices=[{"name": "x" * 101, "value": "x"}])],
        [option(choices=[{"name": "x", "value": "x" * 101}])],
        [option(choices=[{"name": "x", "value": "x"}], autocomplete=True)],
        [option(max_length=6001)],
        [COMMAND | {"options": [{"name": f"o{n}", "description": "x", "type": 3} for n in range(26)]}],
        [COMMAND | {"options": [one_of("a", required=False), one_of("b", required=True)]}],
        [COMMAND | {"options": [one_of(name, 25) for name in "abcd"]}],
    ],
)  # fmt: skip
async def test_commands_have_limits(server: DiscordServer, http: aiohttp.ClientSession, commands: Any) -> None:
    url = f"{server.api}/applications/{server.world.application_id}/commands"
    async with http.put(url, json=commands, headers={"Authorization": f"Bot {server.token}"}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, 50035)
    async with http.put(url, json=[COMMAND], headers={"Authorization": f"Bot {server.token}"}) as answer:
        assert answer.status == 200
        assert {"id", "application_id", "version"} <= set((await answer.json())[0])


async def sync(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    url = f"{server.api}/applications/{server.world.application_id}/commands"
    suggesting = option(autocomplete=True)
    async with http.put(url, json=[suggesting], headers={"Authorization": f"Bot {server.token}"}) as answer:
        assert answer.status == 200


async def test_an_interaction_is_answered_once_and_in_time(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    await sync(server, http)
    late, twice = await server.slash("say", {"text": "x"}), await server.slash("say", {"text": "x"})
    deferral = {"type": 5, "data": {"flags": 64}}
    path = f"/interactions/{twice.id}/{twice.token}/callback"
    assert (await post(http, server, deferral, f"{path}?with_response=1"))[0] == 200
    assert (await post(http, server, deferral, path))[1]["code"] == 40060
    server.clock.advance(3.1)
    assert (await post(http, server, deferral, f"/interactions/{late.id}/{late.token}/callback"))[1]["code"] == 10062
    assert (await post(http, server, deferral, f"/interactions/{late.id}/nonsense/callback"))[1]["code"] == 10062
    words = {"content": "done", "allowed_mentions": NOBODY}
    edit = f"{server.api}/webhooks/{server.world.application_id}/{twice.token}/messages/@original"
    async with http.patch(edit, json=words) as answer:
        assert answer.status == 200
    assert (await twice.answered()).content == "done"
    server.clock.advance(15 * 60)
    async with http.patch(edit, json=words) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, 50027)


async def test_suggestions_have_limits(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    await sync(server, http)
    typing = await server.autocomplete("say", "text", "x")
    path = f"/interactions/{typing.id}/{typing.token}/callback"
    for answer in (
        {"type": 5},
        {"type": 8, "data": {"choices": [{"name": "x", "value": "x"}] * 26}},
        {"type": 8, "data": {"choices": [{"name": "x" * 101, "value": "x"}]}},
    ):
        assert (await post(http, server, answer, path))[1]["code"] == 50035
    fine = {"type": 8, "data": {"choices": [{"name": "x", "value": "x"}]}}
    assert (await post(http, server, fine, f"{path}?with_response=1"))[0] == 200


async def test_people_cannot_send_what_their_client_would_not(
    server: DiscordServer, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(ValueError, match="synced"):
        await server.slash("say", {"text": "x"})
    await sync(server, http)
    for wrong in ({"other": "x"}, {"text": 5}, {"text": "x" * 6001}):
        with pytest.raises(ValueError, match="option"):
            await server.slash("say", wrong)


async def test_roles_come_with_an_interaction(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    await sync(server, http)
    bo, singer = User("bo", locale="zh-CN"), Role("singer")
    server.world.add_member(server.world.home, bo, singer)
    exchange = await server.slash("say", {"text": "x"}, user=bo)
    assert exchange.payload["member"]["roles"] == [str(singer.id)]
    assert exchange.payload["locale"] == "zh-CN"


def row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(parts)}


def button(**changes: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Again", "custom_id": "again"} | changes


def select(count: int = 3, **changes: Any) -> dict[str, Any]:
    options = [{"label": f"style {number}", "value": str(number)} for number in range(count)]
    return {"type": 3, "custom_id": "styles", "options": options} | changes


@pytest.mark.parametrize(
    "rows",
    [
        [row(button(custom_id=str(number))) for number in range(6)],
        [row()],
        [row(*(button(custom_id=str(number)) for number in range(6)))],
        [row(button(), select())],
        [row(button(), button())],
        [row(button(custom_id="x" * 101))],
        [row(button(label="x" * 81))],
        [row(button(label=""))],
        [row(button(style=9))],
        [row(select(0))],
        [row(select(26))],
        [row(select(placeholder="x" * 151))],
        [row(select(options=[{"label": "x" * 101, "value": "x"}]))],
        [row(select(options=[{"label": "x", "value": "x"}, {"label": "y", "value": "x"}]))],
    ],
)
async def test_components_have_limits(server: DiscordServer, http: aiohttp.ClientSession, rows: Any) -> None:
    status, answer = await post(http, server, {"components": rows})
    assert (status, answer["code"]) == (400, 50035)
    fine = [row(*(button(custom_id=str(number)) for number in range(5))), row(select(25))]
    assert (await post(http, server, {"components": fine}))[0] == 200


async def test_only_what_is_there_can_be_pressed(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    await post(http, server, {"components": [row(button(disabled=True)), row(select())]})
    message = server.messages[0]
    for name, values in (("other", ()), ("again", ()), ("styles", ()), ("styles", ("7",)), ("styles", ("0", "1"))):
        with pytest.raises(ValueError, match=r"press|menu"):
            await server.press(message, name, *values)
    press = await server.press(message, "styles", "1")
    path = f"/interactions/{press.id}/{press.token}/callback"
    assert (await post(http, server, {"type": 8, "data": {"choices": []}}, path))[1]["code"] == 50035
    assert (await post(http, server, {"type": 6}, f"{path}?with_response=1"))[0] == 200
    assert (await post(http, server, {"type": 6}, path))[1]["code"] == 40060


async def test_a_form_has_limits(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    await post(http, server, {"components": [row(button())]})
    field = {"type": 4, "custom_id": "words", "style": 2, "max_length": 4000}
    press = await server.press(server.messages[0], "again")
    path = f"/interactions/{press.id}/{press.token}/callback"
    form = {"title": "Words", "custom_id": "form", "components": [{"type": 18, "label": "Words", "component": field}]}
    wrong: dict[str, Any]
    for wrong in (
        {"title": "x" * 46},
        {"components": []},
        {"components": [{"type": 18, "label": "Words", "component": field | {"max_length": 4001}}]},
        {"components": [{"type": 18, "label": "x" * 46, "component": field}]},
    ):
        assert (await post(http, server, {"type": 9, "data": form | wrong}, path))[1]["code"] == 50035
    assert (await post(http, server, {"type": 9, "data": form}, f"{path}?with_response=1"))[0] == 200
    filled = await server.submit(press, ["abc"])
    assert filled.payload["data"]["components"][0]["component"]["value"] == "abc"
    update = {"type": 7, "data": {"components": []}}
    assert (await post(http, server, update, f"/interactions/{filled.id}/{filled.token}/callback?with_response=1"))[
        0
    ] == 200
    assert server.messages[0].buttons == []


async def test_a_message_is_deleted_once(server: DiscordServer, http: aiohttp.ClientSession) -> None:
    await post(http, server, {"content": "x", "allowed_mentions": NOBODY})
    message = server.messages[0]
    url = f"{server.api}/channels/{message.channel.id}/messages/{message.id}"
    for status in (204, 404):
        async with http.delete(url, headers={"Authorization": f"Bot {server.token}"}) as answer:
            assert answer.status == status
    with pytest.raises(ValueError, match="gone"):
        await server.press(message, "again")
