"""Commands as Discord sent them, recorded before they are deferred and resumed after the process was killed.

Discord repeats nothing. Commands answered with sound are recorded by ``voice_message.defer``, as they came; the next
run passes them to the library as if they had come now. The deferral stays, so it is filled while the token is valid (15
minutes), and afterwards the answer goes to the channel. The token is deleted when it expires.
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
"""Replaces an expired token: Discord knows no such one."""
_PATIENCE = 1.0
"""Seconds that recording a command may take: the first answer is due within three."""
_COMMAND = "mouthpiece.command"
_PARSED = "INTERACTION_CREATE"

_log = logging.getLogger("mouthpiece.discord")


@dataclass(frozen=True, slots=True)
class _Brought:
    """An interaction as it came."""

    journal: "InteractionJournal"
    content: str = field(repr=False)
    """Without its token."""
    resumed: bool
    """Whether it came to an earlier run."""


_BROUGHT: ContextVar[_Brought | None] = ContextVar("brought", default=None)
"""The interaction of the library's current task."""


class InteractionJournal:
    """The journal of a connection."""

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
        """Pass an interaction to the library, in tasks that know how it came."""

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
            _log.warning("a command could not be recorded (%s)", type(error).__name__)
        command = await self._accepted.open(key, new=not brought.resumed)
        if command is None:
            return False
        interaction.extras[_COMMAND] = command
        return True

    def ended(self, interaction: discord.Interaction[Any], *, answered: bool) -> None:
        """Record that the library's task for an interaction ended; if not ``answered``, inform the person later."""
        command = command_of(interaction)
        if command is not None:
            task = asyncio.create_task(self._accepted.shut(command, answered=answered))
            self._finishing.add(task)
            task.add_done_callback(self._finishing.discard)

    async def told(self, interaction: discord.Interaction[Any]) -> None:
        """Record that a person was informed of an interrupted command. Raises nothing."""
        await self._accepted.close(key_of(interaction))

    async def finish(self) -> None:
        """Wait until everything that ended is recorded."""
        while self._finishing:
            await asyncio.wait(set(self._finishing))

    async def take_up(self) -> None:
        """Answer what the last run did not. Raises nothing."""
        for left in await self._accepted.left(_PLATFORM):
            try:
                data = json.loads(left.content) | {"token": left.token or _EXPIRED}
                self._hand_over(data, _Brought(self, left.content, resumed=True))
            except (ValueError, TypeError, LookupError, AttributeError, discord.DiscordException):
                _log.error("a command of the last run cannot be parsed and is dropped")
                await self._accepted.close(left.key)


def command_of(interaction: discord.Interaction[Any]) -> AcceptedCommand | None:
    """Return the record of a command; None for one answered without sound, or a second delivery."""
    command: AcceptedCommand | None = interaction.extras.get(_COMMAND)
    return command


def is_resumed() -> bool:
    """Return whether this task answers an interaction of an earlier run."""
    brought = _BROUGHT.get()
    return brought is not None and brought.resumed


async def accept(interaction: discord.Interaction[Any]) -> bool:
    """Record a command. Return False if it came before and was or is being answered. Raises nothing."""
    brought = _BROUGHT.get()
    return brought is None or await brought.journal._accept(interaction, brought)


async def _leaving(_: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestStartParams) -> None:
    await upload_begins()


async def _answered(_: aiohttp.ClientSession, __: SimpleNamespace, about: aiohttp.TraceRequestEndParams) -> None:
    await upload_answered(about.response.status)


def trace() -> aiohttp.TraceConfig:
    """Return a trace that recognizes uploads among the library's requests."""
    tracing = aiohttp.TraceConfig()
    tracing.on_request_start.append(_leaving)
    tracing.on_request_end.append(_answered)
    return tracing
