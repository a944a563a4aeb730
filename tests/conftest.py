"""What tests share: the built core on a folder of its own, and the stand-in for the speech service."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from bot.app import Core, build, services_of
from bot.config import Config
from bot.platforms.base import Services
from bot.speech.service import SpeechService
from bot.store.ledger import Ledger
from tests.fakes.mimo_server import MimoServer
from tests.prepared import Prepare, make
from tests.shell import Shell

settings.register_profile("here", deadline=None, derandomize=True, database=None, print_blob=False)
settings.load_profile("here")


@dataclass(frozen=True, slots=True)
class House:
    """The core, built as the app builds it, and what a front end is given."""

    core: Core
    services: Services

    @property
    def speech(self) -> SpeechService:
        return self.core.speech

    @property
    def ledger(self) -> Ledger:
        return self.core.ledger


BuildHouse = Callable[..., Awaitable[House]]


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Give other tasks their turn until a condition holds that no event announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  see above
            await asyncio.sleep(0.001)


@pytest.fixture(scope="session")
def prepare(tmp_path_factory: pytest.TempPathFactory) -> Prepare:
    """Copies databases of this run."""
    return make(tmp_path_factory.mktemp("databases"))


@pytest.fixture
async def build_house(tmp_path: Path, prepare: Prepare) -> AsyncIterator[BuildHouse]:
    """Builds houses from sections of a configuration; closes them in the end."""
    async with AsyncExitStack() as stack:

        async def built(**sections: Any) -> House:
            sections.setdefault("data_dir", tmp_path / "data")
            # The natural voices have tests of their own; here espeak-ng speaks, which costs a test no time.
            providers = sections.setdefault("providers", {})
            sections["providers"] = {"espeak": {"natural": False}} | providers
            sections["quota"] = {"builtin_seconds_per_minute": 0} | sections.get("quota", {})
            prepare(sections["data_dir"])
            config = Config.model_validate(sections)
            core = await stack.enter_async_context(build(config, kind="bot"))
            return House(core, services_of(core))

        yield built


@pytest.fixture
async def house(build_house: BuildHouse) -> House:
    """A house on the built-in engine, with a quota on its meter."""
    return await build_house(speech={"providers": ["espeak"]}, quota={"builtin_characters_per_day": 10_000})


@pytest.fixture
async def mimo() -> AsyncIterator[MimoServer]:
    """The stand-in for the speech service, started."""
    async with MimoServer() as server:
        yield server


@pytest.fixture
async def mimo_house(build_house: BuildHouse, mimo: MimoServer) -> House:
    """A house on the stand-in, with the built-in engine behind it."""
    return await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo", "espeak"], "wait_seconds": 10},
    )


@pytest.fixture
def shell(tmp_path: Path, prepare: Prepare) -> Shell:
    """The command line in a folder of its own."""
    prepare(tmp_path / "data")
    return Shell(tmp_path)
