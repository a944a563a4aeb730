"""Discord's rules as the stand-in enforces them: for commands, for messages, for voice messages.

Called by discord_rest.py. Limits and codes are those of the public documentation. One rule is stricter than the real
service: a message with words must say that it mentions nobody, since its words may be somebody else's.
"""

import asyncio
import base64
import binascii
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from tests.fakes.discord_components import check_components
from tests.fakes.discord_embeds import check_embeds, is_empty, too_long
from tests.fakes.discord_errors import Refused
from tests.fakes.discord_sound import LENGTH_TOLERANCE, Sound, decode, sketch_error

EPHEMERAL = 64
LOADING = 128
VOICE = 8192
COMPONENTS_V2 = 32768
SKETCH_TOLERANCE = 0.12
"""Mean distance of a waveform sketch from the sound, 0 to 1."""
AUDIO = (".ogg", ".mp3", ".wav", ".flac", ".aac", ".m4a")
LOCALES = frozenset(
    ["bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "hi", "hr", "hu", "id", "it", "ja",
     "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW"]
)  # fmt: skip


@dataclass(slots=True)
class Upload:
    """A file that came with a request."""

    filename: str
    data: bytes
    entry: dict[str, Any] = field(default_factory=dict)
    """Its entry in ``attachments``."""
    sound: Sound | None = None
    """What is heard in it, where it is Ogg."""


async def read_body(request: web.Request, *, limit: int) -> tuple[dict[str, Any], list[Upload]]:
    """The payload and the files of a request, JSON or multipart."""
    if request.content_type == "application/json":
        return _object(await request.read()), []
    if not request.content_type.startswith("multipart/form-data"):
        raise Refused(50035, f"unsupported content type {request.content_type}")
    payload: dict[str, Any] = {}
    files: dict[int, Upload] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        name, data = part.name or "", bytes(await part.read(decode=False))
        if name == "payload_json":
            payload = _object(data)
        elif name.startswith("files[") and name.endswith("]") and name[6:-1].isdigit():
            if not part.filename:
                raise Refused(50035, "a file without a name")
            files[int(name[6:-1])] = Upload(part.filename, data)
        else:
            raise Refused(50035, f"unknown part {name}")
    if sum(len(upload.data) for upload in files.values()) > limit:
        raise Refused(40005)
    return payload, [await _listen(upload) for upload in _with_entries(payload, files)]


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        raise Refused(50109) from None
    if not isinstance(value, dict):
        raise Refused(50035, "an object is wanted")
    return value


def _with_entries(payload: Mapping[str, Any], files: Mapping[int, Upload]) -> list[Upload]:
    """Files joined with their entries in ``attachments`` (inside ``data`` for a callback)."""
    holder = payload.get("data") if "type" in payload and isinstance(payload.get("data"), dict) else payload
    entries = (holder or {}).get("attachments") or []
    by_id = {int(entry["id"]): entry for entry in entries if str(entry.get("id", "")).isdigit()}
    for index, upload in files.items():
        upload.entry = by_id.get(index, {})
        if upload.entry and upload.entry.get("filename", upload.filename) != upload.filename:
            raise Refused(50035, "attachment and file have different names")
    return [files[index] for index in sorted(files)]


async def _listen(upload: Upload) -> Upload:
    """Decode an Ogg file; one that is broken is refused whatever it was sent as."""
    if upload.filename.endswith(".ogg"):
        try:
            upload.sound = await asyncio.to_thread(decode, upload.data)
        except ValueError as error:
            raise Refused(50160, str(error)) from error
    return upload


def check_message(data: Mapping[str, Any], files: Sequence[Upload], *, editing: bool = False) -> None:
    """Limits of a message and the rules of a voice message."""
    content = data.get("content") or ""
    if len(content) > 2000:
        raise too_long("content", 2000)
    if len(files) > 10:
        raise too_long("attachments", 10)
    embeds = data.get("embeds") or []
    check_embeds(embeds)
    if (data.get("flags") or 0) & VOICE:
        check_voice(data, files)
        return
    filled = content or files or not is_empty(embeds) or data.get("components") or data.get("poll")
    if not (filled or editing):
        raise Refused(50006)
    check_components(data.get("components") or [])
    if content and (data.get("allowed_mentions") or {}).get("parse") != []:
        raise Refused(50035, "allowed_mentions: words of people must mention nobody")
    for upload in files:
        if any(upload.entry.get(name) is not None for name in ("waveform", "duration_secs")):  # null says nothing
            raise Refused(50035, "waveform and duration_secs belong to voice messages")


def check_voice(data: Mapping[str, Any], files: Sequence[Upload]) -> None:
    """Exactly one audio file with a true duration and a true sketch, nothing else."""
    if any(data.get(key) for key in ("content", "embeds", "components", "poll", "sticker_ids")):
        raise Refused(50159)
    if len(files) != 1 or not files[0].filename.endswith(AUDIO) or files[0].sound is None:
        raise Refused(50160)
    entry, sound = files[0].entry, files[0].sound
    seconds, sketch = entry.get("duration_secs"), entry.get("waveform")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not isinstance(sketch, str):
        raise Refused(50161)
    try:
        points = base64.b64decode(sketch, validate=True)
    except binascii.Error:
        raise Refused(50161, "waveform: not base64") from None
    if not 1 <= len(points) <= 256:
        raise Refused(50161, "waveform: 1 to 256 points")
    if abs(seconds - sound.seconds) > LENGTH_TOLERANCE:
        raise Refused(50161, f"duration_secs: {seconds} for {sound.seconds:.3f} s of sound")
    if (error := sketch_error(sound, points)) > SKETCH_TOLERANCE:
        raise Refused(50161, f"waveform: {error:.2f} away from the sound")


def check_commands(commands: Sequence[Mapping[str, Any]]) -> None:
    """A whole set of commands, as it is synced."""
    if not isinstance(commands, list):
        raise Refused(50035, "a list is wanted")
    for kind, most in ((1, 100), (2, 15), (3, 15)):
        if sum(command.get("type", 1) == kind for command in commands) > most:
            raise Refused(50035, f"more than {most} commands of type {kind}")
    names = [(command.get("type", 1), command.get("name")) for command in commands]
    if len(set(names)) != len(names):
        raise Refused(50035, "two commands with one name")
    for command in commands:
        _check_command(command)


def _check_command(command: Mapping[str, Any]) -> None:
    chat_input = command.get("type", 1) == 1
    _check_name(command, chat_input=chat_input)
    if chat_input:
        _check_description(command)
        _check_options(command.get("options") or [], depth=0)
    elif command.get("description") or command.get("options"):
        raise Refused(50035, "a context menu has neither description nor options")
    if (total := _characters(command)) > 8000:
        raise Refused(50035, f"{total} characters: 8000 at most")
    if set(command.get("contexts") or []) - {0, 1, 2} or set(command.get("integration_types") or []) - {0, 1}:
        raise Refused(50035, "unknown context or installation")


def _check_name(part: Mapping[str, Any], *, chat_input: bool = True) -> None:
    for name in (part.get("name"), *_localized(part, "name_localizations")):
        if not isinstance(name, str) or not 1 <= len(name) <= 32:
            raise Refused(50035, "name: 1 to 32 characters")
        if chat_input and not all(c in "-_'" or unicodedata.category(c)[0] in "LN" for c in name):
            raise Refused(50035, f"name {name}: letters, digits, - _ ' only")
        if chat_input and name != name.lower():
            raise Refused(50035, f"name {name}: lower case wanted")


def _check_description(part: Mapping[str, Any]) -> None:
    for description in (part.get("description"), *_localized(part, "description_localizations")):
        if not isinstance(description, str) or not 1 <= len(description) <= 100:
            raise Refused(50035, "description: 1 to 100 characters")


def _localized(part: Mapping[str, Any], key: str) -> list[Any]:
    table = part.get(key) or {}
    if unknown := set(table) - LOCALES:
        raise Refused(50035, f"{key}: unknown locale {min(unknown)}")
    return list(table.values())


def _check_options(options: Sequence[Mapping[str, Any]], *, depth: int) -> None:
    if len(options) > 25 or depth > 2:
        raise Refused(50035, "25 options at most, groups two deep at most")
    names = [option.get("name") for option in options]
    if len(set(names)) != len(names):
        raise Refused(50035, "two options with one name")
    optional_seen = False
    for option in options:
        _check_name(option)
        _check_description(option)
        if option.get("type") not in range(1, 12):
            raise Refused(50035, "option type")
        if option["type"] in (1, 2):
            _check_options(option.get("options") or [], depth=depth + 1)
            continue
        if option.get("required") and optional_seen:
            raise Refused(50035, "required options come first")
        optional_seen = optional_seen or not option.get("required")
        if not 0 <= option.get("min_length", 0) <= option.get("max_length", 6000) <= 6000:
            raise Refused(50035, "option length: 0 to 6000")
        if option.get("choices") and option.get("autocomplete"):
            raise Refused(50035, "choices or autocomplete, not both")
        check_choices(option.get("choices") or [])


def check_choices(choices: Any) -> None:
    """Choices of an option, or suggestions while somebody types."""
    if not isinstance(choices, list) or len(choices) > 25:
        raise Refused(50035, "25 choices at most")
    for choice in choices:
        for text in (choice.get("name"), *_localized(choice, "name_localizations")):
            if not isinstance(text, str) or not 1 <= len(text) <= 100:
                raise Refused(50035, "choice: name of 1 to 100 characters")
        if isinstance(choice.get("value"), str) and len(choice["value"]) > 100:
            raise Refused(50035, "choice: value of at most 100 characters")


def _characters(part: Mapping[str, Any]) -> int:
    """What counts against 8000: names, descriptions, values; of localizations the longest."""
    total = 0
    for key in ("name", "description"):
        texts = (part.get(key) or "", *(part.get(f"{key}_localizations") or {}).values())
        total += max(len(text) for text in texts)
    total += len(part["value"]) if isinstance(part.get("value"), str) else 0
    return total + sum(_characters(inner) for key in ("options", "choices") for inner in part.get(key) or [])
