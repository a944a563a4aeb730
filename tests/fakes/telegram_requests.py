"""A request to the Telegram stand-in: its parameters, from wherever they came. Made by ``telegram_server``.

The service takes them from the address, a form, JSON or multipart alike, and sees text everywhere: of a JSON body a
string counts as it is, anything else as the JSON that it was. What came in the address wins.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.telegram_chats import ApiError
from tests.fakes.telegram_sound import Sound


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Call:
    """A request as it came, and what became of it."""

    method: str
    params: dict[str, str]
    files: dict[str, Upload] = field(default_factory=dict)
    result: Any = None
    refused: str = ""
    """The description of the refusal; empty where it was accepted."""
    sound: Sound | None = None
    """What an uploaded voice sounds like."""

    def text(self, name: str) -> str:
        """A parameter as it came; empty when it is missing."""
        return self.params.get(name, "")

    def json(self, name: str) -> Any:
        """A parameter that is JSON; None when it is missing. Raises ApiError."""
        try:
            return json.loads(self.params[name]) if self.params.get(name) else None
        except ValueError:
            raise ApiError.bad(f"can't parse {name} JSON object") from None

    def list(self, name: str) -> list[Any]:
        """A parameter that is a JSON array; empty when it is missing. Raises ApiError."""
        found = self.json(name)
        if found is not None and not isinstance(found, list):
            raise ApiError.bad(f"expected an Array of {name}")
        return found or []

    def whole(self, name: str) -> int | None:
        """A parameter that is a whole number; None when it is missing. Raises ApiError."""
        value = self.params.get(name)
        if value is None or value == "null":
            return None
        if not re.fullmatch(r"-?\d{1,15}", value):
            raise ApiError.bad(f'field "{name}" must be of type Number')
        return int(value)

    def flag(self, name: str) -> bool:
        """Whether a parameter says yes."""
        return self.text(name).strip().casefold() in {"true", "yes", "1"}


async def read(request: web.Request) -> Call:
    """Return what was asked. Raises ApiError when the body cannot be read."""
    call = Call(request.match_info["method"], dict(request.query))
    if not request.can_read_body:
        return call
    if request.content_type == "application/json":
        call.params = _of_json(await request.text()) | call.params
        return call
    try:
        form = await request.post()
    except ValueError as error:
        raise ApiError.bad(f"can't parse form data: {error}") from None
    for name, value in form.items():
        if isinstance(value, web.FileField):
            with value.file:
                call.files[name] = Upload(value.filename, value.content_type, value.file.read())
        else:
            plain = value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")
            call.params.setdefault(name, plain)
    return call


def _of_json(body: str) -> dict[str, str]:
    if not body.strip():
        return {}
    try:
        found = json.loads(body)
    except ValueError as error:
        raise ApiError.bad(f"can't parse object: {error}") from None
    if not isinstance(found, dict):
        raise ApiError.bad("JSON object expected")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}
