"""``mouthpiece say``, ``say --message`` and ``mouthpiece demo``."""

import asyncio
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import Core, build
from bot.audio import ogg
from bot.audio.reference import check_sample
from bot.cli import names
from bot.cli.arguments import Arguments
from bot.config import Config
from bot.errors import InputError, StoreError
from bot.model import Account, Lane, Receipt, Utterance, Voice, VoiceKind
from bot.providers.base import SpeechRequest
from bot.speech.service import Explanation
from bot.speech.sink import Recording
from bot.speech.synthesis import Progress
from bot.store.files import make_folder
from bot.text.markup import parse
from bot.text.styles import parse as parse_styles
from bot.texts import codes, of_note, spoken
from bot.texts import say as sentence

if TYPE_CHECKING:
    from bot.normalization.message import Spoken
    from bot.store.dictionary import Entry

_ENDINGS = (".ogg", ".oga", ".opus")
_MOST_SAMPLE = 16_000_000
"""Bytes of a sample that are read: more than any service takes."""


async def say(config: Config, asked: Arguments) -> int:
    """Speak into a file. A failure leaves no new file behind, and an existing one untouched."""
    utterance, read = await _utterance(asked, config)
    output = Path(asked.output)
    if not asked.explain:
        _check_output(output)
    async with build(config, kind="cli") as core:
        utterance = await _with_known_voice(core, utterance)
        if asked.explain:
            _print_explanation(await core.speech.explain(utterance), config, read, as_json=asked.json)
            return 0
        started = time.monotonic()
        receipt = await core.speech.speak(utterance, Recording(), _progress(config.language))
        data = await asyncio.to_thread(ogg.write, receipt.clip, {})
        await asyncio.to_thread(_write, output, data)
        left = await _left(core, utterance.account, receipt.provider)
    if asked.json:
        print(json.dumps(_summary(receipt, output, left, config.language), ensure_ascii=False))
        return 0
    facts = {"file": str(output), "seconds": receipt.clip.seconds, "provider": receipt.provider}
    print(sentence("say.done", config.language, **facts, took=time.monotonic() - started))
    for note in receipt.notes:
        print(of_note(note, config.language))
    if utterance.account is not None:
        print(_cost(receipt, left, config.language))
    return 0


async def _with_known_voice(core: Core, utterance: Utterance) -> Utterance:
    """Return the utterance with the voice as listed. Raises InputError for an unknown voice, not to replace it."""
    if utterance.voice.kind is not VoiceKind.PRESET or not utterance.voice.id or not core.speech.lists_every_voice():
        return utterance
    from bot.platforms.requests import SavedVoices  # noqa: PLC0415  only a named voice needs it

    try:
        known = await SavedVoices(core.speech, core.preferences, core.spaces).known(utterance.voice.id)
    except InputError:
        if not (built_in := [each for each in core.providers if not each.capabilities.metered]):
            raise
        # The built-in engine knows the names of others' voices, too: it has a voice for each.
        built_in[0].plan(SpeechRequest("a", voice=utterance.voice))
        return utterance
    return replace(utterance, voice=replace(utterance.voice, id=known))


async def _utterance(asked: Arguments, config: Config) -> tuple[Utterance, "Spoken | None"]:
    """Return the utterance from the options; a text from standard input may contain options of its own.

    A chat message may not: it is read aloud as in a call, and the details are returned with it.
    """
    typed = asked.typed if asked.text == "-" else asked.text
    if not asked.message and (asked.dictionary or asked.language):
        raise InputError("say.message_only", options=("--dictionary", "--language"))
    read = await _read_aloud(typed, asked, config) if asked.message else None
    command = parse(typed) if asked.text == "-" and read is None else None
    voice = Voice.typed(asked.voice, asked.design)
    if voice == Voice() and command is not None:
        voice = command.whose
    if asked.clone:
        voice = Voice(VoiceKind.CLONED, sample=await check_sample(await asyncio.to_thread(_sample, Path(asked.clone))))
    utterance = Utterance(
        text=command.text if command else read.text if read else typed,
        key=f"cli:{uuid.uuid4().hex}",
        account=names.account(asked.account) if asked.account is not None else None,
        space=names.space(asked.space) if asked.space is not None else None,
        styles=parse_styles(asked.style or (command.style if command else "")),
        voice=voice,
        instruction=asked.instruction or (command.instruction if command else ""),
        take=asked.take or (command.take if command else 0),
        lane=Lane.CALL if read else Lane.SAY,
        language=(asked.language or spoken(config.language)) if read else "",
    )
    return utterance, read


async def _read_aloud(typed: str, asked: Arguments, config: Config) -> "Spoken":
    from bot.cli import message  # noqa: PLC0415  the rules of reading aloud, which other commands do not need

    entries: Sequence[Entry] = ()
    if asked.dictionary:
        entries = await asyncio.to_thread(message.dictionary_entries, asked.dictionary, config.language, sure=asked.yes)
    return message.read_aloud(typed, asked, config, entries)


def _sample(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_SAMPLE)
    except OSError:
        raise InputError("sample.unreadable", path=str(path)) from None


def _check_output(path: Path) -> None:
    """Refuse an unusable output before anything is spent."""
    if path.suffix.casefold() not in _ENDINGS:
        raise InputError("output.ending", path=str(path), endings=_ENDINGS)
    try:
        if path.is_dir() or not path.parent.is_dir():
            raise InputError("output.folder", path=str(path))
    except OSError as error:
        raise StoreError("output.write", path=str(path), problem=error.strerror or "") from error
    if not os.access(path.parent, os.W_OK):
        raise StoreError("store.read_only", path=str(path.parent))


def _write(path: Path, data: bytes) -> None:
    """Write the whole file under its name, or nothing. Raises StoreError."""
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".mouthpiece.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise StoreError("output.write", path=str(path), problem=error.strerror or "") from error


def _umask() -> int:
    """Return the current umask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _progress(language: str) -> Progress:
    def show(done: int, total: int) -> None:
        if total > 1:
            print(sentence("say.progress", language, done=done, total=total), file=sys.stderr)

    return show


async def _left(core: Core, account: Account | None, provider: str) -> int | None:
    """Return the characters an account may still have spoken today; None without a limit."""
    if account is None:
        return None
    return (await core.speech.balance(account, meter=core.speech.meter_of(provider))).left


def _cost(receipt: Receipt, left: int | None, language: str) -> str:
    """Return the cost and what is left; the built-in voice and cached clips are free."""
    code = "say.cost" if receipt.paid else "say.free"
    return sentence(code if left is None else codes.LEFT[code], language, characters=receipt.paid, left=left)


def _summary(receipt: Receipt, output: Path, left: int | None, language: str) -> dict[str, object]:
    return {
        "file": str(output),
        "seconds": round(receipt.clip.seconds, 3),
        "provider": receipt.provider,
        "spoken": receipt.spoken,
        "characters": len(receipt.spoken),
        "charged": receipt.charged,
        "cached": receipt.cached,
        "left": left,
        "notes": [of_note(note, language) for note in receipt.notes],
    }


def _print_explanation(found: Explanation, config: Config, read: "Spoken | None", *, as_json: bool) -> None:
    from bot.cli import message  # noqa: PLC0415  as in _read_aloud

    price = config.provider(found.provider).price_per_1k_tokens * found.tokens / 1000
    notes = [of_note(note, config.language) for note in found.notes]
    if as_json:
        whole = {
            "spoken": found.spoken,
            "segments": found.segments,
            "requests": found.requests,
            "voices": [dict(zip(("language", "voice", "provider"), role, strict=True)) for role in found.roles],
            "characters": found.characters,
            "provider": found.provider,
            "tokens": found.tokens,
            "price": round(price, 6),
            "seconds": round(found.seconds, 1),
            "notes": notes,
        } | ({"rules": message.rules(read)} if read else {})
        print(json.dumps(whole, ensure_ascii=False, default=str))
        return
    print(sentence("explain.spoken", config.language, text=""))
    print(found.spoken)
    if read:
        message.print_rules(read, config.language)
    for number, segment in enumerate(found.segments, 1):
        tongue, voice, provider = found.roles[number - 1]
        facts = {"characters": len(segment), "tongue": tongue or "–", "voice": voice, "provider": provider}
        print(sentence("explain.segment", config.language, number=number, **facts))
        print(json.dumps(found.requests[number - 1], ensure_ascii=False, indent=2, default=str))
    for note in notes:
        print(note)
    settings = config.provider(found.provider)
    shown = f"{price:.4f}" if settings.price_per_1k_tokens else sentence("explain.unpriced", config.language)
    facts = {"characters": found.characters, "tokens": found.tokens, "price": shown}
    code = "explain.cost_free" if settings.is_built_in else "explain.cost"
    print(sentence("explain.length", config.language, seconds=max(1, round(found.seconds))))
    print(sentence(code, config.language, **facts, provider=found.provider))


DEMO = (
    ("hello", "", "Hello! I am Mouthpiece, and I give your community a voice."),
    ("whisper", "Whisper", "Come closer. I can keep a secret."),
    ("happy", "Happy, Speed up", "We won! Everyone, come and see, we really won!"),
    ("slow-and-sad", "Sad, Slow down", "It has been raining since Tuesday."),
    ("chinese", "开心", "大家好，我也会说中文。"),
)


def _make_folder(folder: Path) -> None:
    try:
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError("output.write", path=str(folder), problem=error.strerror or "") from error


async def demo(config: Config, asked: Arguments) -> int:
    """Speak a few sentences in different styles, each into a file, on the quota of an account named demo."""
    account = Account("cli", "demo")
    folder = config.data_dir / "demo"
    _make_folder(folder)
    language = config.language
    async with build(config, kind="cli") as core:
        for number, (name, styles, text) in enumerate(DEMO, 1):
            print(sentence("demo.step", language, number=number, total=len(DEMO), style=styles or "–"), flush=True)
            print(f"      {text}")
            utterance = Utterance(text, f"cli:{uuid.uuid4().hex}", account=account, styles=parse_styles(styles))
            receipt = await core.speech.speak(utterance, Recording())
            path = folder / f"{name}.ogg"
            await asyncio.to_thread(_write, path, await asyncio.to_thread(ogg.write, receipt.clip, {}))
            left = await _left(core, account, receipt.provider)
            print(sentence("demo.file", language, file=str(path), seconds=receipt.clip.seconds), flush=True)
            print(f"      {_cost(receipt, left, language)}")
    print(sentence("demo.end", language, folder=str(folder)))
    return 0
