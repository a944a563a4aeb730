"""The Discord platform: login, command sync, rate-limited notices, progress, and an ordered stop."""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import discord
import yarl
from cachetools import FIFOCache
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.config import DiscordConfig, EndpointsConfig
from bot.errors import BusyError, PlatformError, StoreError
from bot.platforms import command_log
from bot.platforms.base import Services
from bot.platforms.discord.call.calls import Calls
from bot.platforms.discord.call.link import Timing
from bot.platforms.discord.commands import CommandRegistry
from bot.platforms.discord.context import account_of, space_of
from bot.platforms.discord.journal import InteractionJournal, trace
from bot.platforms.discord.panel import Buttons, Press, button
from bot.platforms.discord.voice_message import show, tell
from bot.platforms.display import progress
from bot.platforms.doctor import Finding, State, found
from bot.platforms.fairness import FloodGuard, PersonalQueues, Verdict
from bot.speech.limits import Waiting
from bot.texts import TRADITIONAL, language, say

DAY = 86_400.0
"""Seconds."""
_MOST = 10_000
"""Things that are remembered; those not posted for longest are dropped first."""


class RateLimitedNotice:
    """Remembers when something was posted."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Set up; ``clock`` gives monotonic seconds."""
        self._clock = clock
        self._told: FIFOCache[Hashable, float] = FIFOCache(_MOST)

    def first(self, what: Hashable, seconds: float = DAY) -> bool:
        """Return whether it was not posted within the last ``seconds``, and count it as posted."""
        now = self._clock()
        before = self._told.get(what)
        if before is not None and now - before < seconds:
            return False
        self._told[what] = now
        return True


MOST = 1000
"""Messages that are remembered; the oldest are dropped first."""
Remove = Callable[[], Awaitable[None]]
"""Deletes one message. Raises discord.HTTPException."""


class InteractionResponses:
    """Ways to delete messages that answer an interaction."""

    def __init__(self) -> None:
        self._known: FIFOCache[int, Remove] = FIFOCache(MOST)

    def keep(self, message_id: int, remove: Remove) -> None:
        """Remember how to delete a message."""
        self._known[message_id] = remove

    def of(self, message_id: int) -> Remove | None:
        """Return how to delete a message, if known."""
        return self._known.get(message_id)


AFTER = 3.0
"""Seconds of waiting before the queue position is shown."""
SLOW = 3.0
"""Seconds before the progress of speech is shown."""
EVERY = 3.0
"""Seconds between two updates, to stay below Discord's limit on edits."""
_SETTLING = 2.0
"""Seconds that a cancelled command may take to settle; the press must be answered within Discord's three."""
_LAST_EDIT = 3.0
"""Seconds that a current edit may take when the waiting is over."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A command that may be cancelled until all of it is spoken."""

    task: asyncio.Task[Any]
    user_id: int
    channel_id: int | None
    waiting: Waiting


class Queue:
    """Commands in progress, by interaction id; one per connection."""

    def __init__(self) -> None:
        self._queued: dict[int, Queued] = {}

    async def cancel(self, interaction_id: int, user_id: int, *, moderates: int | None = None) -> bool:
        """Cancel a command and wait until it has released what was not spoken.

        ``moderates``: the channel in which this person may cancel other people's commands. Return False if it is not
        this person's, or is over.
        """
        queued = self._queued.get(interaction_id)
        if queued is None or queued.waiting.is_over:
            return False
        if queued.user_id != user_id and (moderates is None or queued.channel_id != moderates):
            return False
        queued.task.cancel()
        await asyncio.wait([queued.task], timeout=_SETTLING)
        return True

    @asynccontextmanager
    async def shown(
        self, interaction: discord.Interaction[Any], waiting: Waiting, language: str
    ) -> AsyncIterator[None]:
        """Show the progress of what is done inside, if that takes longer than a moment."""
        task = asyncio.current_task()
        assert task is not None, "commands run in tasks"
        self._queued[interaction.id] = Queued(task, interaction.user.id, interaction.channel_id, waiting)
        over = asyncio.Event()
        showing = asyncio.create_task(_show(interaction, waiting, language, over))
        try:
            yield
        finally:
            del self._queued[interaction.id]
            over.set()
            await asyncio.wait([showing], timeout=_LAST_EDIT)  # a later edit would undo the answer
            showing.cancel()


async def _show(interaction: discord.Interaction[Any], waiting: Waiting, language: str, over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    began, pause, shown = loop.time(), min(AFTER, SLOW), ""
    press = Press("cancel", (str(interaction.id),))
    while not over.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await over.wait()
        due = waiting.place() is not None or loop.time() - began >= SLOW
        words = progress(waiting, language) if due else ""
        if words and words != shown and not over.is_set():
            shown = words
            with suppress(discord.DiscordException, aiohttp.ClientError, OSError):
                await show(interaction, words, Buttons(button("waiting.cancel", language, press)))
        pause = EVERY


MOST_RUNNING = 500
"""Simultaneous commands; further ones are asked to try again."""
CONNECTING = 60.0
"""Seconds that one gateway connection may take, the library's own attempts included."""
_CLOSING = 10.0
"""Seconds that closing the connections may take."""
_FAREWELL = 3.0
"""Seconds to inform people whose commands were interrupted."""
_TOKEN_REFUSED = 4004
_FEW_STARTS = 200
"""Remaining connections of a day, usually 1,000, below which something must be restarting in a loop."""
_PRESS = 0.5
"""Weight of a pressed button among a person's commands."""
_BURST = 100
"""Commands of one person answered within ten seconds: first answers have no rate limit at Discord."""
AT_ONCE = 30
"""Commands of one person that may be spoken and wait at the same time."""
_TURN = 300.0
"""Seconds that a command waits for the same person's earlier ones."""
_LONGEST_RATE_LIMIT = 60.0
"""Seconds that the library may sleep because of Discord's rate limit."""
_PATIENCE = 1.0
"""Seconds that looking up a person's language may take: the first answer is due within three."""
_NETWORK = (aiohttp.ClientError, OSError)
NOT_DELIVERED = (discord.DiscordException, *_NETWORK)
"""Exceptions of an answer that does not arrive."""

_log = logging.getLogger("mouthpiece.discord")


def language_of(interaction: discord.Interaction[Any], otherwise: str) -> str:
    """Return the reply language for a person."""
    return language(str(interaction.locale.value), otherwise)


_LANGUAGES = {discord.Locale.chinese: "zh", discord.Locale.taiwan_chinese: TRADITIONAL}
"""Discord's locales with translated command names. There is no locale for Hong Kong."""


class _Words(app_commands.Translator):
    """Names and descriptions of commands in Chinese; English is Discord's default."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContext[Any, Any],  # noqa: ARG002  the library's signature
    ) -> str | None:
        """Return the text for a locale, or None for English ones."""
        code = string.extras.get("code")
        language = _LANGUAGES.get(locale)
        if code is None or language is None:
            return None
        words = say(code, language)
        return None if words in (code, string.message) else words


def _name_of(interaction: discord.Interaction[Any]) -> str:
    """Return the name of a button; for a command it comes later, when the library has parsed it."""
    press = Press.parse(str(dict(interaction.data or {}).get("custom_id", "")))
    return f"button {press.verb}" if press is not None else "/?"


def localized(code: str, english: str | None = None) -> app_commands.locale_str:
    """Return the text of a code for a command's name or description; Chinese is added when commands are synced."""
    return app_commands.locale_str(english or say(code, "en"), code=code)


class _Tree(app_commands.CommandTree["Bot"]):
    """Admits commands, and records running ones."""

    async def interaction_check(self, interaction: discord.Interaction["Bot"], /) -> bool:
        """Called by the library in the task of each command, before it."""
        if interaction.type is discord.InteractionType.autocomplete:
            return not (self.client.stopping or self.client.full)
        return await self.client.admit(interaction)


Pressed = Callable[[discord.Interaction["Bot"], Press], Awaitable[None]]


class Bot(commands.AutoShardedBot):
    """The connection to Discord. Cogs take what they need from it."""

    def __init__(self, platform: "DiscordPlatform", ready: asyncio.Event, **options: Any) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            tree_cls=_Tree,
            intents=discord.Intents(
                guilds=True, voice_states=True, guild_messages=True, message_content=platform.message_content
            ),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            max_ratelimit_timeout=_LONGEST_RATE_LIMIT,
            http_trace=trace(),
            **options,
        )
        self.services: Services = platform.services
        self.stopping = False
        self.running: dict[asyncio.Task[Any], discord.Interaction[Bot]] = {}
        """Commands and presses in progress, by their task."""
        self.queue = Queue()
        self.flood = FloodGuard(burst=_BURST, rationed=False)
        self.personal = PersonalQueues(_TURN, most=AT_ONCE)
        """Limit of commands one person may have spoken at once."""
        self.calls = Calls(self, platform.services, platform.timing)
        self.once = RateLimitedNotice()
        self.responses = InteractionResponses()
        self.journal = InteractionJournal(platform.services.accepted, self)
        self.presses: dict[str, Pressed] = {}
        """Handlers of buttons by verb; cogs add theirs."""
        self.content_refused = platform.content_refused
        """Whether Discord refused the message-content intent, so that the bot runs without it."""
        self._platform = platform
        self._taking_commands = ready

    async def setup_hook(self) -> None:
        """Load the extensions and sync Discord's list of commands."""
        for extension in self._platform.extensions:
            await self.load_extension(extension)
        await self.tree.set_translator(_Words())
        await self._platform.commands.sync(self)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect one shard. The library retries for ever; after a minute this raises to the supervisor instead."""
        try:
            async with asyncio.timeout(CONNECTING):
                await super().launch_shard(gateway, shard_id, initial=initial)
        except TimeoutError as error:
            raise discord.GatewayNotFound from error

    async def on_message(self, message: discord.Message, /) -> None:
        """Do nothing: the library would look for prefix commands. Cogs listen to messages themselves."""

    async def on_ready(self) -> None:
        """Accept commands from now on, and resume those of the last run."""
        self._taking_commands.set()
        await self.journal.take_up()

    @property
    def full(self) -> bool:
        """Return whether the limit of simultaneous commands is reached."""
        return len(self.running) >= MOST_RUNNING

    async def admit(self, interaction: discord.Interaction["Bot"]) -> bool:
        """Record that this task answers an interaction. Return False, and inform the person, at the limit.

        People who send more than can be answered are informed once in a while, and otherwise ignored.
        """
        weight = 1.0 if interaction.type is discord.InteractionType.application_command else _PRESS
        verdict = self.flood.judge(account_of(interaction), weight=weight)
        if verdict is Verdict.DROP:
            return False
        refused = "bot.stopping" if self.stopping else "bot.full" if self.full else ""
        if not refused and verdict is Verdict.TELL:
            refused = "busy.flood"
        task = asyncio.current_task()
        assert task is not None, "the library runs each command and each press in a task of its own"
        self.running[task] = interaction
        name, account, space = _name_of(interaction), account_of(interaction), space_of(interaction)
        entry = command_log.begin(str(interaction.id), name, account, space)
        task.add_done_callback(lambda done: self._answered(done, entry))
        if refused:
            entry.failed(BusyError(refused))
            with suppress(*NOT_DELIVERED):
                await tell(interaction, say(refused, language_of(interaction, self.services.language)))
        return not refused

    def _answered(self, task: asyncio.Task[Any], entry: command_log.CommandEntry) -> None:
        interaction = self.running.pop(task, None)
        if interaction is not None:
            if interaction.command is not None:
                entry.name = f"/{interaction.command.qualified_name}"
            self.journal.ended(interaction, answered=not (task.cancelled() and self.stopping))
        if task.cancelled():
            entry.failed(asyncio.CancelledError())
        entry.close()

    async def language_for(self, interaction: discord.Interaction[Any]) -> str:
        """Return the reply language for a person: their choice, otherwise Discord's locale."""
        locale = str(interaction.locale.value)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self.services.requests.language(
                    account_of(interaction), space_of(interaction), locale, self.services.language
                )
        except (StoreError, TimeoutError):  # an answer in the other language is still an answer
            return language_of(interaction, self.services.language)

    async def finish(self, grace: float) -> None:
        """Accept no more commands; wait for running ones, then interrupt them with a message; leave calls; close."""
        self.stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                while self.running:
                    await asyncio.wait(list(self.running))
        late = dict(self.running)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(list(late), timeout=_FAREWELL)
            farewells = [asyncio.create_task(self._farewell(interaction)) for interaction in late.values()]
            await asyncio.wait(farewells, timeout=_FAREWELL)
        await self.journal.finish()
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * _CLOSING):
                await self.close()

    async def close(self) -> None:
        """Leave the calls, then close; also if the connection broke and another one is being made."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                await self.calls.stop()
        await super().close()

    async def _farewell(self, interaction: discord.Interaction["Bot"]) -> None:
        with suppress(*NOT_DELIVERED):
            await tell(interaction, say("bot.stopping", language_of(interaction, self.services.language)))
            await self.journal.told(interaction)


class DiscordPlatform:
    """Discord, as the app starts and stops it."""

    name = "discord"

    def __init__(
        self,
        config: DiscordConfig,
        endpoints: EndpointsConfig,
        services: Services,
        extensions: Sequence[str],
        *,
        state_dir: Path,
        guild_ready_timeout: float | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Set up; ``extensions`` are the cogs' modules; ``state_dir`` keeps a note of the commands last synced.

        ``guild_ready_timeout`` (seconds) is how long the library waits for guilds before it is ready; None: its own 2.
        """
        self.services = services
        self.extensions = tuple(extensions)
        self.message_content = config.message_content
        """Whether to request the message-content intent."""
        self.content_refused = False
        """Whether it was requested and refused, which only affects reading aloud."""
        self.timing = timing or Timing()
        """For voice calls."""
        self._config = config
        self._endpoints = endpoints
        self.commands = CommandRegistry(state_dir / "discord-commands.json", config.development_guild)
        self._options = {} if guild_ready_timeout is None else {"guild_ready_timeout": guild_ready_timeout}
        self._bot: Bot | None = None
        self._serving: asyncio.Task[None] | None = None
        self._stopped = False

    async def run(self, ready: asyncio.Event) -> None:
        """Log in and serve until ``stop``; without the message-content intent if Discord refuses it.

        Raises PlatformError: ``platform.token``, ``platform.intents``, ``platform.bad_ca_file`` (all final),
        ``platform.unreachable``.
        """
        if self._stopped:
            return
        try:
            await self._connect(ready)
        except PlatformError as error:
            if error.code != "platform.intents" or not self.message_content:
                raise
            self.message_content, self.content_refused = False, True
            _log.warning("%s", say("platform.no_content", self.services.language))
            await self._connect(ready)

    async def _connect(self, ready: asyncio.Event) -> None:
        with addressed(self._endpoints):
            self._bot = bot = Bot(self, ready, connector=self._connector(), **self._shards(), **self._options)
            self._serving = asyncio.create_task(self._serve(bot))
            try:
                await self._serving
            except asyncio.CancelledError:
                if not self._stopped:
                    raise
            except PlatformError:
                if not self._stopped:
                    raise
            finally:
                self._serving.cancel()
                await asyncio.wait([self._serving])
                self._bot = self._serving = None

    async def _serve(self, bot: Bot) -> None:
        """Connect and stay connected; the library's exceptions become a PlatformError."""
        try:
            async with bot:
                await bot.start(self._config.token.get_secret_value())
        except discord.LoginFailure as error:
            raise PlatformError("platform.token", platform=self.name) from error
        except discord.PrivilegedIntentsRequired as error:
            raise PlatformError("platform.intents", platform=self.name) from error
        except discord.ConnectionClosed as error:
            code = "platform.token" if error.code == _TOKEN_REFUSED else "platform.unreachable"
            raise PlatformError(code, platform=self.name) from error
        except (discord.HTTPException, discord.GatewayNotFound, discord.RateLimited, *_NETWORK) as error:
            raise PlatformError("platform.unreachable", platform=self.name) from error

    async def examine(self) -> Sequence[Finding]:
        """Return whether the token is valid, and whether messages can be read. Raises PlatformError."""
        with addressed(self._endpoints):
            client = discord.Client(intents=discord.Intents(guilds=True), connector=self._connector())
            try:
                async with client:
                    await client.login(self._config.token.get_secret_value())
                    flags = (await client.application_info()).flags
                    starts = (await client.http.get_bot_gateway())[2]
            except discord.LoginFailure as error:
                raise PlatformError("platform.token", platform=self.name) from error
            except (discord.HTTPException, discord.GatewayNotFound, *_NETWORK) as error:
                raise PlatformError("platform.unreachable", platform=self.name) from error
        granted = flags.gateway_message_content or flags.gateway_message_content_limited
        name = client.user.name if client.user is not None else ""
        return (
            found("discord", State.GOOD, "doctor.discord", name=name),
            found(
                "discord",
                State.GOOD if granted else State.WARNING,
                "doctor.discord.content" if granted else "doctor.discord.content.off",
            ),
            *_few_starts(starts["remaining"], starts["total"]),
        )

    async def stop(self, grace: float) -> None:
        """Accept no more commands, let running ones finish (``grace`` seconds at most), close. Idempotent."""
        self._stopped = True
        bot, serving = self._bot, self._serving
        if bot is None or serving is None:
            return
        await bot.finish(grace)
        await asyncio.wait([serving], timeout=_CLOSING)
        serving.cancel()

    def _shards(self) -> dict[str, Any]:
        """Return the number of gateway connections, and which are ours; Discord recommends values left out."""
        count, ids = self._config.shard_count, self._config.shard_ids
        return ({"shard_count": count} if count else {}) | ({"shard_ids": list(ids)} if ids else {})

    def _connector(self) -> aiohttp.TCPConnector:
        if not self._endpoints.ca_file:
            return aiohttp.TCPConnector(limit=0)
        trusted = ssl.create_default_context()
        try:
            trusted.load_verify_locations(self._endpoints.ca_file)
        except OSError as error:
            path = self._endpoints.ca_file
            raise PlatformError("platform.bad_ca_file", platform=self.name, path=path) from error
        return aiohttp.TCPConnector(limit=0, ssl=trusted)


def _few_starts(remaining: int, total: int) -> Sequence[Finding]:
    """Return a warning if few connections are left for today; at none, Discord resets the token."""
    if remaining >= min(_FEW_STARTS, total):
        return ()
    return (found("discord", State.WARNING, "doctor.discord.starts", remaining=remaining, total=total),)


@contextmanager
def addressed(endpoints: EndpointsConfig) -> Iterator[None]:
    """Point the library at the configured address instead of discord.com; restored at the end.

    The library keeps both addresses in its classes, so one process has one Discord.
    """
    rest, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    try:
        if endpoints.discord_api:
            Route.BASE = endpoints.discord_api.rstrip("/")
        if endpoints.discord_gateway:
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(endpoints.discord_gateway)
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = rest, gateway
