"""``mouthpiece run``, ``config check``, ``invite``: the host's commands."""

import base64
import binascii
import os
import ssl
from contextlib import AsyncExitStack
from pathlib import Path

from bot.app import build, platforms_of, provider_of, serve
from bot.cli.arguments import Arguments
from bot.cli.info import warnings_of
from bot.config import Config
from bot.errors import BotError, ConfigError
from bot.patterns import is_whole
from bot.texts import of_error, say

PERMISSIONS = {
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "attach_files": 1 << 15,
    "connect": 1 << 20,
    "speak": 1 << 21,
    "request_to_speak": 1 << 32,
    "send_messages_in_threads": 1 << 38,
    "send_voice_messages": 1 << 46,
}
"""Exactly the permissions that the Discord commands use (bits from Discord's documentation)."""


async def run(config: Config, asked: Arguments) -> int:
    """Run the bot. Files it creates are readable by its owner alone."""
    os.umask(0o077)
    await serve(config)
    return 0


async def config_check(config: Config, asked: Arguments) -> int:
    """Print what the configuration means: the providers, and the platforms that start.

    Raises ConfigError if no provider could speak or a file it names is unusable.
    """
    language, able = config.language, 0
    print(_file_read(asked.config_path, language))
    _check_certificates(config.endpoints.ca_file)
    voices: list[str] | None = []
    async with AsyncExitStack() as stack:
        for name in config.chain:
            provider = provider_of(name, config)
            stack.push_async_callback(provider.close)
            try:
                provider.check_ready()
            except BotError as error:
                print(say("check.provider_not", language, provider=name, problem=of_error(error, language)))
            else:
                able += 1
                print(say("check.provider", language, provider=name))
            for code in warnings_of(provider):
                print(say(code, language, provider=name))
            listed = [voice.id for voice in provider.capabilities.voices]
            voices = voices + listed if voices is not None and listed else None
    for platform, secret in (("Discord", config.discord.token), ("Telegram", config.telegram.token)):
        print(say("check.platform" if secret.get_secret_value() else "check.platform_not", language, platform=platform))
    print(say("check.data", language, path=config.data_dir.absolute()))
    _check_voice(config.speech.default_voice, voices)
    if not able:
        raise ConfigError("check.nobody")
    return 0


def _file_read(path: Path | None, language: str) -> str:
    if path is None:
        return say("check.no_file", language, path=Path("config.toml").absolute())
    return say("check.file", language, path=path.absolute())


def _check_voice(wanted: str, voices: list[str] | None) -> None:
    """Raise ConfigError if no provider has the default voice. ``voices``: None if a provider lists none."""
    if wanted and voices is not None and wanted.casefold() not in {voice.casefold() for voice in voices}:
        raise ConfigError("check.no_voice", voice=wanted, voices=voices)


def _check_certificates(path: str) -> None:
    """Raise ConfigError if the file of certificate authorities is invalid."""
    try:
        if path:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:  # ssl.SSLError is an OSError
        raise ConfigError("config.ca_file", path=path) from error


async def invite(config: Config, asked: Arguments) -> int:
    """Print the links that add the bot to a server (with exactly the permissions it needs) and to a Telegram group."""
    from bot.platforms.telegram.client import TelegramPlatform  # noqa: PLC0415  loaded only where it is used

    on_telegram = bool(config.telegram.token.get_secret_value())
    identity = asked.application_id or config.discord.application_id or _from_token(config)
    known = is_whole(identity)
    if not known and (identity or not on_telegram):
        raise ConfigError("invite.no_id")
    if known:
        bits, scopes = sum(PERMISSIONS.values()), "bot+applications.commands"
        print(
            f"https://discord.com/oauth2/authorize?client_id={identity}&scope={scopes}&permissions={bits}", flush=True
        )
    if on_telegram:
        async with build(config, kind="cli") as core:
            telegram = next(platform for platform in platforms_of(core) if isinstance(platform, TelegramPlatform))
            print(f"https://t.me/{await telegram.username()}?startgroup=true")
    return 0


def _from_token(config: Config) -> str:
    """Return the application's id, the first part of a bot token in base64 (Discord's documentation)."""
    first = config.discord.token.get_secret_value().partition(".")[0]
    try:
        return base64.b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
