"""Commands as Discord brought them, written down before they are deferred and taken up after the process was killed.

Discord brings nothing again. What is answered with sound is written down by ``voice_message.defer``, as it came; the
next run hands it to the library as if it had come now. Its deferral stands, so it is filled while the token lives
(15 minutes), and afterwards the channel is the way that is left. The token is kept no longer than it lives.
"""

import asyncio
import json
import logging
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord

from bot.errors import StoreError
from bot.platforms.discord.context import key_of
from bot.platforms.requests import Accepted, AcceptedCommand, upload_answered, upload_begins

_PLATFORM = "discord"
_EXPIRED = "expired"
"""In the place of a token that lives no longer: Discord knows no such one."""
_PATIENCE = 1.0
"""Seconds that writing a command down may take: the first answer is due within three."""
_COMMAND = "mouthpiece.command"
_PARSED = "INTERACTION_CREATE"

_log = logging.getLogger("mouthpiece.discord")


@dataclass(frozen=True, slots=True)
class _Brought:
    """An interaction as it came."""

    journal: "Journal"
    content: str = field(repr=False)
    """Without its token."""
    resumed: bool
    """Whether it came to an earlier run."""


_BROUGHT: ContextVar[_Brought | None] = ContextVar("brought", default=None)
"""What the library's task for an interaction is about."""


class Journal:
    """One for a connection."""

    def __init__(self, accepted: Accepted, client: discord.Client) -> None:
        self._accepted = accepted
        self._state = client._connection
        self._finishing: set[asyncio.Task[None]] = set()
        self._state.parsers[_PARSED] = self._parse

    def _parse(self, data: Any) -> None:
        """Called by the library with each interaction."""
        content = json.dumps({name: value for name, value in data.items() if name != "token"})
        self._hand_over(data, _Brought(self, content, resumed=False))

    def _hand_over(self, data: Any, brought: _Brought) -> None:
        """Have the library answer an interaction, in tasks that know how it came."""

        def parse() -> None:
            _BROUGHT.set(brought)
            self._state.parse_interaction_create(data)

        copy_context().run(parse)

    async def _accept(self, interaction: discord.Interaction[Any], brought: _Brought) -> bool:
        key = key_of(interaction)
        try:
            async with asyncio.timeout(_PATIENCE):
                if not brought.resumed and not await self._accepted.accept(
                    key, _PLATFORM, brought.content, interaction.token
                ):
                    return False
        except (StoreError, TimeoutError) as error:
            _log.warning("a command could not be written down (%s)", type(error).__name__)
        command = await self._accepted.open(key, new=not brought.resumed)
        if command is None:
            return False
        interaction.extras[_COMMAND] = command
        return True

    def ended(self, interaction: discord.Interaction[Any], *, answered: bool) -> None:
        """The library's task for an interaction has ended; not ``answered``: the person is still to be told."""
        command = command_of(interaction)
        if command is not None:
            task = asyncio.create_task(self._accepted.shut(command, answered=answered))
            self._finishing.add(task)
            task.add_done_callback(self._finishing.discard)

    async def told(self, interaction: discord.Interaction[Any]) -> None:
        """Note that somebody was told that a command was broken off. Raises nothing."""
        await self._accepted.close(key_of(interaction))

    async def finish(self) -> None:
        """Wait until all that ended is written down."""
        while self._finishing:
            await asyncio.wait(set(self._finishing))

    async def take_up(self) -> None:
        """Answer what the last run did not. Raises nothing."""
        for left in await self._accepted.left(_PLATFORM):
            try:
                data = json.loads(left.content) | {"token": left.token or _EXPIRED}
                self._hand_over(data, _Brought(self, left.content, resumed=True))
            except (ValueError, TypeError, LookupError, AttributeError, discord.DiscordException):
                _log.error("a command of the last run cannot be understood and is given up")
                await self._accepted.close(left.key)


def command_of(interaction: discord.Interaction[Any]) -> AcceptedCommand | None:
    """Return what is written down of a command; None for one that is not answered with sound, or came twice."""
    command: AcceptedCommand | None = interaction.extras.get(_COMMAND)
    return command


def is_resumed() -> bool:
    """Return whether this task answers what came to an earlier run."""
    brought = _BROUGHT.get()
    return brought is not None and brought.resumed


async def accept(interaction: discord.Interaction[Any]) -> bool:
    """Write a command down; False when it came before, and was or is being answered. Raises nothing."""
    brought = _BROUGHT.get()
    return brought is None or await brought.journal._accept(interaction, brought)


async def _leaving(_: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestStartParams) -> None:
    await upload_begins()


async def _answered(_: aiohttp.ClientSession, __: SimpleNamespace, about: aiohttp.TraceRequestEndParams) -> None:
    await upload_answered(about.response.status)


def trace() -> aiohttp.TraceConfig:
    """Make what tells uploads from the rest around each of the library's requests."""
    tracing = aiohttp.TraceConfig()
    tracing.on_request_start.append(_leaving)
    tracing.on_request_end.append(_answered)
    return tracing
