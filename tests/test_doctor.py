"""The list of checks: each is good on a sound house, and each is made to fail."""

import asyncio
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.audio.opus import OpusStream
from bot.config import EndpointsConfig, TelegramConfig
from bot.errors import PlatformError
from bot.model import Account, Space, Utterance
from bot.platforms import doctor
from bot.platforms.doctor import Finding, State
from bot.platforms.telegram.client import TelegramPlatform
from bot.speech.sink import Recording
from tests.conftest import BuildHouse, House
from tests.discord_case import build
from tests.fakes.discord_server import DiscordServer
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_server import TOKEN, TelegramServer

ANN = Account("discord", "1")


async def _of(house: House, check: str, **asked: Any) -> list[Finding]:
    return [finding for finding in await house.services.doctor.examine(**asked) if finding.check == check]


async def test_a_sound_house_passes_every_check(mimo_house: House) -> None:
    findings = await mimo_house.services.doctor.examine(ANN, Space("discord", "9"))
    assert [finding.check for finding in findings] == [
        "store", "opus", "dave", "provider", "provider", "quota", "quota",
    ]  # fmt: skip
    assert {finding.state for finding in findings} == {State.GOOD}
    for finding in findings:
        for language in ("en", "zh"):
            assert "…" not in finding.sentence(language)
            assert "\n" not in finding.sentence(language)


async def test_a_full_disk_is_foretold(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(house.core.database.path.parent).free // 1_000_000
    monkeypatch.setattr(doctor, "_LOW_DISK", free * 2)
    (finding,) = await _of(house, "store")
    assert (finding.state, finding.code) == (State.WARNING, "doctor.store.low")


async def test_a_store_that_cannot_be_written_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LONGEST", 0.3)
    with closing(sqlite3.connect(house.core.database.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        (finding,) = await _of(house, "store")
    assert (finding.state, finding.code) == (State.BAD, "doctor.timeout")


async def test_sound_that_does_not_come_back_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Lossy(OpusStream):
        def feed(self, samples: bytes) -> list[bytes]:
            return super().feed(samples)[2:]

    monkeypatch.setattr(doctor, "OpusStream", Lossy)
    (finding,) = await _of(house, "opus")
    assert (finding.state, finding.code) == (State.BAD, "doctor.opus.bad")


async def test_a_missing_library_of_calls_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "davey", None)
    (finding,) = await _of(house, "dave")
    assert (finding.state, finding.code) == (State.BAD, "doctor.dave.bad")
    assert "davey" in finding.sentence("en")


async def test_a_provider_that_fails_is_a_warning_while_another_speaks(mimo_house: House, mimo: MimoServer) -> None:
    mimo.keys.clear()
    first, second = await _of(mimo_house, "provider")
    assert (first.state, first.code) == (State.WARNING, "doctor.provider.bad")
    assert second.state is State.GOOD


async def test_nobody_to_speak_is_bad(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(providers={"mimo": {"base_url": mimo.base_url}}, speech={"providers": ["mimo"]})
    (finding,) = await _of(house, "provider")
    assert (finding.state, finding.code) == (State.BAD, "doctor.provider.not_set_up")
    assert "MOUTHPIECE_PROVIDERS__MIMO__API_KEY" in finding.sentence("en")


async def test_a_provider_s_own_limit_is_told(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test", "rpd": 1}}, speech={"providers": ["mimo"]}
    )
    await house.speech.speak(Utterance("Hello.", "k"), Recording())
    (finding,) = await _of(house, "provider")
    assert (finding.state, finding.code) == (State.BAD, "doctor.provider.spent")


async def test_a_provider_that_never_answers_holds_nobody_up(
    build_house: BuildHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        address = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/v1"
        house = await build_house(
            providers={"mimo": {"base_url": address, "api_key": "sk-test"}}, speech={"providers": ["mimo"]}
        )
        monkeypatch.setattr(doctor, "LONGEST", 0.3)
        (finding,) = await _of(house, "provider")
        over.set()
    assert (finding.state, finding.code) == (State.BAD, "doctor.provider.slow")


@pytest.mark.parametrize("whose", ["account", "space"])
async def test_a_quota_that_is_used_up_is_told(build_house: BuildHouse, mimo: MimoServer, whose: str) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota={f"{whose}_characters_per_day": 6},
    )
    space = Space("discord", "9")
    await house.speech.speak(Utterance("Hello.", "k", account=ANN, space=space), Recording())
    bad = [each for each in await _of(house, "quota", account=ANN, space=space) if each.state is State.BAD]
    assert [each.code for each in bad] == [f"doctor.quota.{whose}.spent"]
    assert "6" in bad[0].sentence("en")


@pytest.fixture
async def discord_server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


async def test_discord_says_what_the_host_has_to_switch_on(
    discord_server: DiscordServer, house: House, tmp_path: Path
) -> None:
    name, content = await build(discord_server, house.services, tmp_path).examine()
    assert (name.state, content.state, content.code) == (State.GOOD, State.WARNING, "doctor.discord.content.off")
    discord_server.world.application_flags = 1 << 18
    _, content = await build(discord_server, house.services, tmp_path).examine()
    assert (content.state, content.code) == (State.GOOD, "doctor.discord.content")


async def test_a_refused_token_of_discord(discord_server: DiscordServer, house: House, tmp_path: Path) -> None:
    platform = build(discord_server, house.services, tmp_path, token=SecretStr("not.the.token"))
    (finding,) = await _of(house, "discord", more=[("discord", platform.examine)])
    assert (finding.state, finding.code) == (State.BAD, "doctor.failed")
    assert "token" in finding.sentence("en")
    assert "not.the.token" not in finding.sentence("en")


async def test_telegram_says_what_the_host_has_to_switch_on(house: House) -> None:
    async with TelegramServer() as server:
        platform = _telegram(house, server, TOKEN)
        name, groups = await platform.examine()
        assert (name.state, groups.state, groups.code) == (State.GOOD, State.WARNING, "doctor.telegram.groups.off")
        server.world.bot = server.world.bot | {"can_read_all_group_messages": True}
        _, groups = await platform.examine()
        assert (groups.state, groups.code) == (State.GOOD, "doctor.telegram.groups")


@pytest.mark.parametrize("token", ["123:wrongTokenThatNobodyKnows", "no-token/at-all"])
async def test_a_refused_token_of_telegram(house: House, token: str) -> None:
    async with TelegramServer() as server:
        with pytest.raises(PlatformError, match=r"platform\.token"):
            await _telegram(house, server, token).examine()


def _telegram(house: House, server: TelegramServer, token: str) -> TelegramPlatform:
    config = TelegramConfig(token=SecretStr(token), api_url=server.root)
    return TelegramPlatform(config, EndpointsConfig(), house.services)
