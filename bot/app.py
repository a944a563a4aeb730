"""The one place where parts are built and joined; the command line calls it.

``build`` gives the core to a command, ``serve`` runs the bot: each platform independently, until a signal.
"""

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.config import Config, ProviderConfig
from bot.errors import BotError, ConfigError, PlatformError, StoreError
from bot.providers.base import Provider, Timeouts
from bot.speech.fallback import Breaker, Chain, Refusals
from bot.speech.limits import RateLimiter
from bot.speech.policy import Policy
from bot.speech.service import SpeechService
from bot.store.accounts import BlockedAccounts
from bot.store.clips import ClipStore
from bot.store.commands import Commands
from bot.store.database import Database
from bot.store.dictionary import Dictionaries
from bot.store.files import folder_lock
from bot.store.ledger import Ledger
from bot.store.provider_calls import ProviderCalls, ProviderLimits
from bot.store.sessions import Bindings, Markers
from bot.store.settings import Preferences, Readings, Spaces
from bot.store.words import Words
from bot.texts import of_error, spoken

if TYPE_CHECKING:  # aiohttp: the command line starts without it
    from bot.platforms.base import Platform, Services
    from bot.web import WebServer

EXTENSIONS = (
    "cogs.say",
    "cogs.speak_message",
    "cogs.panel",
    "cogs.voices",
    "cogs.styles",
    "cogs.quota",
    "cogs.settings",
    "cogs.server",
    "cogs.reading_settings",
    "cogs.dictionary",
    "cogs.doctor",
    "cogs.setup",
    "cogs.why",
    "cogs.reader",
    "cogs.help",
    "cogs.errors",
)
"""Discord's command front ends, loaded by name."""
GRACE = 20.0
"""Seconds that what is being said may take to finish at the end."""
_CHORES = 30.0
"""Seconds between two looks for holds of dead processes."""
_LONGEST_CHECK = 30.0
"""Seconds that a provider may take to say whether it would speak."""
_RETIRE_EVERY = 24 * 3600.0
_RETRY_FIRST, _RETRY_MOST = 2.0, 120.0
"""Seconds between two tries to reach a chat network."""

_log = logging.getLogger("mouthpiece")


@dataclass(frozen=True, slots=True)
class Core:
    """The parts that live as long as the process."""

    config: Config
    database: Database
    providers: tuple[Provider, ...]
    ledger: Ledger
    calls: ProviderCalls
    limiter: RateLimiter
    clips: ClipStore
    preferences: Preferences
    spaces: Spaces
    words: Words
    policy: Policy
    readings: Readings
    dictionaries: Dictionaries
    refusals: Refusals
    bindings: Bindings
    markers: Markers
    speech: SpeechService


def provider_of(name: str, config: Config) -> Provider:
    """Build a provider from its settings. Raises ConfigError."""
    settings = config.provider(name)
    key, ca_file = settings.api_key.get_secret_value(), config.endpoints.ca_file
    times = Timeouts(first_audio=settings.first_audio_seconds)
    if settings.type == "mimo":
        from bot.providers.mimo import MimoProvider, MimoSettings  # noqa: PLC0415  only what is used is loaded

        return MimoProvider(
            name,
            MimoSettings(
                api_key=key,
                auth=settings.auth,
                base_url=settings.base_url,
                model=settings.model,
                design_model=settings.design_model,
                clone_model=settings.clone_model,
                ca_file=ca_file,
                timeouts=times,
            ),
        )
    if settings.type == "openai-speech":
        from bot.providers.openai import OpenAISpeechProvider, OpenAISpeechSettings  # noqa: PLC0415

        return OpenAISpeechProvider(
            name,
            OpenAISpeechSettings(
                api_key=key,
                base_url=settings.base_url,
                model=settings.model,
                voice=settings.voice,
                response_format=settings.response_format,
                stream_format=settings.stream_format,
                ca_file=ca_file,
                timeouts=times,
            ),
        )
    if settings.natural:
        from bot.providers.builtin.provider import BuiltinProvider  # noqa: PLC0415

        voices = Path(settings.voices_path).expanduser() if settings.voices_path else None
        return BuiltinProvider(name, processes=settings.max_concurrency, voices_path=voices)
    from bot.providers.builtin.espeak import EspeakProvider  # noqa: PLC0415

    return EspeakProvider(name, processes=settings.max_concurrency)


def _limits(settings: ProviderConfig) -> ProviderLimits:
    """Return a provider's limits; 0 in the configuration means none."""
    # Each built-in engine has workers of its own, so that Chinese and English do not wait for each other.
    engines = 3 if settings.is_built_in and settings.natural else 1
    return ProviderLimits(
        rpm=settings.rpm or None,
        rpd=settings.rpd or None,
        tpm=settings.tpm or None,
        tpd=settings.tpd or None,
        max_concurrency=engines * settings.max_concurrency,
    )


@asynccontextmanager
async def build(config: Config, *, kind: str) -> AsyncIterator[Core]:
    """Open the store and the providers, join them, and close them in order. ``kind``: ``bot`` or ``cli``.

    Raises ConfigError, StoreError.
    """
    async with AsyncExitStack() as stack:
        providers = tuple(provider_of(name, config) for name in config.chain)
        for provider in providers:
            stack.push_async_callback(provider.close)
        database = await stack.enter_async_context(Database.open(config.data_dir))
        ledger = await stack.enter_async_context(Ledger.open(database, zone=config.quota.zone, kind=kind))
        clips = await stack.enter_async_context(
            ClipStore.open(
                config.data_dir,
                max_bytes=config.clips.max_megabytes * 1_000_000,
                max_age=config.clips.max_age_days * 86_400,
            )
        )
        calls = ProviderCalls(database)
        limiter = RateLimiter(
            calls,
            {provider.name: _limits(config.provider(provider.name)) for provider in providers},
            most_waiting=config.speech.queue,
            longest_wait=config.speech.wait_seconds,
            clock=time.time,
            kind=kind,
        )
        refusals = Refusals()
        breakers = {provider.name: Breaker(time.monotonic) for provider in providers}
        chain = Chain(providers, limiter, breakers, refusals=refusals)
        spaces = Spaces(database)
        policy = Policy(
            spaces,
            BlockedAccounts(database),
            ledger.overrides,
            admins=config.quota.admins,
            cooldown=config.quota.account_cooldown_seconds,
        )
        speech = SpeechService(chain, ledger, clips, policy, speech=config.speech, quota=config.quota)
        words = Words(database, hours=config.speech.words_hours)
        if kind == "cli":
            await ledger.reap()  # there may be no bot that gives back what a killed command held
        yield Core(
            config=config,
            database=database,
            providers=providers,
            ledger=ledger,
            calls=calls,
            limiter=limiter,
            clips=clips,
            preferences=Preferences(database),
            spaces=spaces,
            words=words,
            policy=policy,
            readings=Readings(database),
            dictionaries=Dictionaries(database),
            refusals=refusals,
            bindings=Bindings(database),
            markers=Markers(database),
            speech=speech,
        )


def services_of(core: Core) -> "Services":
    """Return the dependencies of the front ends."""
    from bot.platforms.base import Services  # noqa: PLC0415  front ends, which the command line does not need
    from bot.platforms.doctor import Doctor  # noqa: PLC0415
    from bot.platforms.reading.judge import Reader  # noqa: PLC0415
    from bot.platforms.requests import Accepted, Requests  # noqa: PLC0415
    from bot.store.migrate_space import Moves  # noqa: PLC0415

    requests = Requests(core.speech, core.preferences, core.spaces, core.words)
    config = core.config
    limits = {name: _limits(config.provider(name)) for name in config.chain}
    doctor = Doctor(core.database, core.calls, core.providers, limits, core.speech, config.language)
    reader = Reader(
        requests,
        core.policy,
        readings=core.readings,
        dictionaries=core.dictionaries,
        bindings=core.bindings,
        markers=core.markers,
        language=spoken(config.language),
    )
    moves = Moves(core.database, (core.spaces, core.readings, core.dictionaries, core.bindings))
    accepted = Accepted(Commands(core.ledger))
    return Services(core.speech, requests, reader, doctor, moves, accepted, config.language)


def platforms_of(core: Core, web: "WebServer | None" = None) -> list["Platform"]:
    """Return the platforms that have a token. ``web`` serves their routes; it is not needed to check them.

    Raises ConfigError when there is none.
    """
    config, services = core.config, services_of(core)
    platforms: list[Platform] = []
    if config.discord.token.get_secret_value():
        from bot.platforms.discord.client import DiscordPlatform  # noqa: PLC0415  loaded only where it is used

        platforms.append(
            DiscordPlatform(config.discord, config.endpoints, services, EXTENSIONS, state_dir=config.data_dir)
        )
    if config.telegram.token.get_secret_value():
        from bot.platforms.telegram.client import TelegramPlatform  # noqa: PLC0415

        platforms.append(TelegramPlatform(config.telegram, config.endpoints, services, web=web))
    if not platforms:
        raise ConfigError("run.no_token")
    return platforms


async def serve(config: Config, *, grace: float = GRACE) -> None:
    """Run the bot until SIGTERM or SIGINT, or until no platform is left.

    Raises ConfigError without a token, StoreError ``store.in_use`` if another bot uses the same folder, and the
    PlatformError of the last platform if every token was refused.
    """
    from bot.web import WebServer, networks  # noqa: PLC0415  aiohttp: see above

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl+C arrives as KeyboardInterrupt
            loop.add_signal_handler(sign, stop.set)
    with folder_lock(config.data_dir):
        async with build(config, kind="bot") as core:
            web = WebServer(
                config.web.host, config.web.port, proxies=networks(config.web.proxies)
            )  # opens its port with the first route
            platforms = platforms_of(core, web)
            await core.limiter.reap()
            given_back = await core.ledger.reap(owner="bot")
            if given_back:
                _log.warning("%d unfinished commands of the last run were released", given_back)
            _say_who_speaks(core)
            await _run(core, platforms, stop, grace)


def _say_who_speaks(core: Core) -> None:
    for provider in core.providers:
        try:
            provider.check_ready()
        except BotError as error:
            _log.warning("provider %s is not set up (%s); the others are used", provider.name, error.code)
        else:
            _log.info("provider %s is set up", provider.name)


async def _check_providers(core: Core) -> None:
    """Run every provider's free check once and log those that fail."""

    async def check(provider: Provider) -> None:
        try:
            provider.check_ready()
        except BotError:
            return  # that is in the log already
        try:
            async with asyncio.timeout(_LONGEST_CHECK):
                health = await provider.health()
        except BotError as error:
            core.refusals.failed(provider.name, error.code)
        except TimeoutError:
            core.refusals.failed(provider.name, f"no answer within {_LONGEST_CHECK:.0f} s")
        except Exception:  # noqa: BLE001  a border: a check that fails must not end the bot
            _log.exception("provider %s could not be checked", provider.name)
        else:
            if not health.ok:
                core.refusals.failed(provider.name, health.detail)

    await asyncio.gather(*map(check, core.providers))


async def _run(core: Core, platforms: Sequence["Platform"], stop: asyncio.Event, grace: float) -> None:
    chores, checks = asyncio.create_task(_chores(core)), asyncio.create_task(_check_providers(core))
    watched = [asyncio.create_task(_supervise(platform, stop, core.config.language)) for platform in platforms]
    stopped = asyncio.create_task(stop.wait())
    try:
        everyone = asyncio.gather(*watched)
        waiting: set[asyncio.Future[Any]] = {everyone, stopped}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            _log.info("stopping: no more commands are accepted; current speech may finish")
        stop.set()
        await asyncio.gather(*(platform.stop(grace) for platform in platforms), return_exceptions=True)
        refused = [error for error in await everyone if error is not None]
        if len(refused) == len(platforms):
            raise refused[0]
    finally:
        for task in (chores, checks, stopped, *watched):
            task.cancel()
        await asyncio.gather(chores, checks, stopped, *watched, return_exceptions=True)
        _log.info("stopped")


async def _supervise(platform: "Platform", stop: asyncio.Event, language: str) -> BotError | None:
    """Keep one platform running independently of the others. Return the error if its token was refused."""
    pause = _RETRY_FIRST
    while not stop.is_set():
        ready = asyncio.Event()
        announcer = asyncio.create_task(_announce(platform, ready))
        try:
            await platform.run(ready)
        except (PlatformError, ConfigError) as error:
            if error.code != "platform.unreachable":
                _log.error("%s", of_error(error, language))
                return error
            _log.warning("%s cannot be reached; next attempt in %.0f s", platform.name, pause)
        except Exception:  # noqa: BLE001  a border: one platform's fault must not take the other down
            _log.exception("%s failed; next attempt in %.0f s", platform.name, pause)
        finally:
            announcer.cancel()
        if ready.is_set():
            pause = _RETRY_FIRST
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
        pause = min(_RETRY_MOST, pause * 2)
    return None


async def _announce(platform: "Platform", ready: asyncio.Event) -> None:
    await ready.wait()
    _log.info("%s is up", platform.name)


async def _chores(core: Core) -> None:
    """Release holds of dead processes and delete expired texts and old rows, periodically."""
    retired = -_RETIRE_EVERY
    while True:
        try:
            await core.ledger.reap()
            await core.words.expire()
            await Commands(core.ledger).expire()
            if time.monotonic() - retired > _RETIRE_EVERY:
                await core.ledger.retire()
                await core.calls.retire()
                await core.clips.expire()
                retired = time.monotonic()
        except StoreError as error:
            _log.warning("housekeeping was postponed: %s", error.code)
        except Exception:  # noqa: BLE001  a border: a chore that fails must not end all of them
            _log.exception("housekeeping failed; it will be retried")
        await asyncio.sleep(_CHORES)
