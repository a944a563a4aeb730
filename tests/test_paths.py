"""The paths that ``docs/architecture.md`` draws are the ones the code takes: read from the stack, file by file."""

import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import discord
import httpx
import pytest

from bot.audio import ogg
from bot.audio.opus import OpusStream
from bot.normalization import clean
from bot.platforms.discord.call.source import Line, LiveSource
from bot.providers.builtin.pool import Workers
from bot.speech.policy import Policy
from bot.text.split import split_live, split_recording
from tests.call_evening import Evening
from tests.conftest import House
from tests.discord_case import TEXT, Start
from tests.fakes.discord_server import DiscordServer

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]

ROOT = Path(__file__).parents[1]
MOST = 16
_SPEECH = (Policy.admit, clean.clean, split_recording, split_live)
"""Where the words are: judged, cleaned, cut into segments, sent. The quota's books see only their number."""
_TO_A_FILE = (*_SPEECH, httpx.AsyncClient.send, discord.http.HTTPClient.request)
_TO_A_PACKET = (*_SPEECH, Workers.speak, clean.clean_message, Line.write, LiveSource.read)


class _Stack:
    """The project's files on the stack whenever one of some functions is called."""

    def __init__(self, *moments: Any, in_threads: Sequence[tuple[Any, str]]) -> None:
        self.files: set[str] = set()
        self._in_threads = in_threads
        self._moments: set[CodeType] = {getattr(moment, "__wrapped__", moment).__code__ for moment in moments}

    def _add(self, at: FrameType | None) -> None:
        while at is not None:
            path = Path(at.f_code.co_filename)
            if path.is_relative_to(ROOT / "bot") or path.is_relative_to(ROOT / "cogs"):
                self.files.add(path.relative_to(ROOT).as_posix())
            at = at.f_back

    def _look(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in self._moments:
            self._add(frame)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch this thread and those that begin meanwhile, and the encoder in whichever thread it runs."""
        before = sys.getprofile()
        with pytest.MonkeyPatch.context() as patch:
            for owner, name in self._in_threads:
                patch.setattr(owner, name, self._recorded(getattr(owner, name)))
            sys.setprofile(self._look)
            threading.setprofile(self._look)
            try:
                yield
            finally:
                sys.setprofile(before)
                threading.setprofile(None)

    def _recorded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._add(sys._getframe())
            self.files.add(Path(function.__code__.co_filename).relative_to(ROOT).as_posix())
            return function(*arguments, **options)

        return call


def _drawn(heading: str) -> list[str]:
    """Return the files that a numbered list of the architecture page names, in order."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\d+\. `((?:bot|cogs)/[\w/]+\.py)`", section, re.MULTILINE)


async def test_say_passes_the_files_that_are_drawn(server: DiscordServer, mimo_house: House, start: Start) -> None:
    stack = _Stack(*_TO_A_FILE, in_threads=((OpusStream, "feed"), (ogg, "write")))
    with stack.watched():
        async with start(mimo_house.services):
            stack.files.clear()
            exchange = await server.slash("say", {"text": TEXT, "voice": "Mia"})
            await server.message()
            await exchange.answered()
    drawn = _drawn("From `/say` to the voice message")
    assert stack.files == set(drawn)
    assert len(drawn) == len(set(drawn)) <= MOST


async def test_a_message_passes_the_files_that_are_drawn(evening: Evening) -> None:
    await evening.join()
    stack = _Stack(*_TO_A_PACKET, in_threads=((OpusStream, "feed"),))
    with stack.watched():
        assert await evening.outcomes(await evening.write("Marmalade at nine.")) == ["read"]
    drawn = _drawn("From a chat message to the packet")
    assert stack.files == set(drawn)
    assert len(drawn) == len(set(drawn)) <= MOST
