"""What the Discord stand-in knows, what it is told to do wrong, and what it saw: shared by its REST parts.

Made by discord_server.py; tests look at it.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_errors import Refused
from tests.fakes.discord_exchange import Changes, Clock, Exchange, Message
from tests.fakes.discord_world import World
from tests.fakes.gate import Gate

Handler = Callable[[web.Request], Awaitable[web.Response]]
LOST_FLAG = web.RequestKey("LOST_FLAG", bool)
OPERATIONS = frozenset(
    {
        "me",
        "application",
        "channel",
        "commands",
        "message",
        "delete",
        "gateway",
        "callback",
        "edit",
        "followup",
        "withdraw",
        "stage",
        "look",
        "change",
        "typing",
    }
)


@dataclass(slots=True)
class Fault:
    """Something to go wrong with the next ``times`` calls of an operation."""

    operation: str
    kind: str
    """A Discord code (``50173``), ``429``, ``429 without Via``, ``500``, ``500 after`` (done, then 500), ``reset``,
    ``lost flag`` (the voice flag is ignored)."""
    times: int = 1
    retry_after: float = 0.02


class OperationGate(Gate):
    """Holds every call of an operation until it is opened."""

    def __init__(self, operation: str) -> None:
        super().__init__()
        self.operation = operation


@dataclass(slots=True)
class State:
    """What REST knows and tests look at."""

    world: World
    clock: Clock
    changes: Changes
    token: str
    root: str = ""
    gateway_url: str = ""
    starts_left: int = 999
    """Connections that Discord still allows today."""
    file_limit: int = 10 * 1024 * 1024
    deferred_voice: str = "works"
    """A voice message in place of a deferred response: ``works``, is ``lost`` (a plain file stays), is ``refused``."""
    commands: dict[int | None, list[dict[str, Any]]] = field(default_factory=dict)
    """By guild; None: everywhere."""
    syncs: int = 0
    messages: list[Message] = field(default_factory=list)
    """What was posted into channels, apart from responses."""
    said: dict[int, Message] = field(default_factory=dict)
    """What people wrote into channels, by id."""
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    """By token."""
    faults: list[Fault] = field(default_factory=list)
    gates: list[OperationGate] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)
    """Operation and status of every call, in order."""
    refusals: list[Refused] = field(default_factory=list)
    """What was refused because of a rule (not by a fault): a test can ask that there was none."""
    crashes: list[Exception] = field(default_factory=list)
    """Mistakes of the stand-in itself."""

    def payload(self, message: Message) -> dict[str, Any]:
        """A message object."""
        return message.payload(self.root, self.world.application_id)

    def answer(self, message: Message) -> web.Response:
        """A message object as an answer."""
        return as_json(self.payload(message))


def as_json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """An answer with exactly the content type that the library reads."""
    head = {"Content-Type": "application/json", **(headers or {})}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=head)
