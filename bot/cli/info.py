"""``mouthpiece voices``, ``styles``, ``models``, ``health``: what is available, and whether it works."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TypeVar

from bot.app import provider_of
from bot.cli.arguments import Arguments
from bot.config import Config
from bot.errors import BotError
from bot.providers.base import Health, Provider
from bot.text.styles import CATALOGUE, search
from bot.texts import of_error, say

T = TypeVar("T")

_FAILED = 6


def _print(rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """Print columns for a person, or one JSON value for a program."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    widths = [max((_width(str(row[name])) for row in rows), default=0) for name in (rows[0] if rows else ())]
    for row in rows:
        cells = [
            str(value) + " " * (width - _width(str(value))) for value, width in zip(row.values(), widths, strict=True)
        ]
        print("  ".join(cells).rstrip())


def _width(text: str) -> int:
    """Return the columns on a terminal: Chinese characters take two."""
    return sum(2 if sign > "\u2e7f" else 1 for sign in text)


async def voices(config: Config, asked: Arguments) -> int:
    """Print every voice of every provider; ask those that list them only on request."""

    async def listing(provider: Provider) -> Sequence[str]:
        return () if provider.capabilities.voices else await provider.models()

    _print(
        [
            {"voice": info.id, "provider": provider.name, "language": info.language or "any", "is": info.description}
            for provider, _ in await _ask(config, listing)
            for info in provider.capabilities.voices
        ],
        as_json=asked.json,
    )
    return 0


async def styles(config: Config, asked: Arguments) -> int:
    """Print the catalogue of styles, or those a query may mean."""
    found = search(asked.query) if asked.query else CATALOGUE
    _print([{"type": style.type.value, "en": style.en, "zh": style.zh} for style in found], as_json=asked.json)
    return 0


async def models(config: Config, asked: Arguments) -> int:
    """Print each provider's models, or that it lists none or cannot be asked.

    Other model ids work all the same.
    """
    rows: list[dict[str, object]] = []
    failed = False
    for provider, answer in await _ask(config, lambda provider: provider.models()):
        if isinstance(answer, BotError):
            failed = True
            rows.append({"provider": provider.name, "model": "", "note": of_error(answer, config.language)})
        elif not answer:
            rows.append({"provider": provider.name, "model": "", "note": say("models.none", config.language)})
        else:
            rows += [{"provider": provider.name, "model": model, "note": ""} for model in answer]
    _print(rows, as_json=asked.json)
    return _FAILED if failed else 0


async def health(config: Config, asked: Arguments) -> int:
    """Print one line per provider; exit code 6 unless all of them would answer."""
    rows: list[dict[str, object]] = []
    for provider, answer in await _ask(config, lambda provider: provider.health(speak=asked.speak)):
        found = answer if isinstance(answer, Health) else Health(ok=False, detail=of_error(answer, config.language))
        warned = [say(code, config.language, provider=provider.name) for code in warnings_of(provider)]
        detail = " ".join([found.detail, *warned])
        rows.append(
            {"provider": provider.name, "ok": found.ok if asked.json else _word(found, config), "detail": detail}
        )
    _print(rows, as_json=asked.json)
    well = [row["ok"] in {True, say("health.ok", config.language)} for row in rows]
    return 0 if all(well) else _FAILED


def _word(found: Health, config: Config) -> str:
    return say("health.ok" if found.ok else "health.bad", config.language)


def warnings_of(provider: Provider) -> Iterable[str]:
    """Return codes of warnings from providers that know any."""
    known = getattr(provider, "warnings", None)
    return known() if known is not None else ()


def _providers(config: Config) -> list[Provider]:
    return [provider_of(name, config) for name in config.chain]


async def _ask(config: Config, ask: Callable[[Provider], Awaitable[T]]) -> list[tuple[Provider, T | BotError]]:
    """Ask every provider the same question; an error counts as an answer."""
    async with AsyncExitStack() as stack:
        asked = _providers(config)
        for provider in asked:
            stack.push_async_callback(provider.close)

        async def one(provider: Provider) -> T | BotError:
            try:
                provider.check_ready()
                return await ask(provider)
            except BotError as error:
                return error

        return list(zip(asked, await asyncio.gather(*map(one, asked)), strict=True))
