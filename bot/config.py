"""Configuration: typed, frozen values read once at start from ``config.toml`` and the environment."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.errors import ConfigError

_QUOTES = "\"'`\u2018\u2019\u201c\u201d"


def _checked(secret: SecretStr) -> SecretStr:
    """Return the secret without surrounding blanks, which come from copying.

    Raise ValueError for quotes or blanks in it. Docker's ``--env-file`` keeps quotes as part of the value; the service
    would refuse such a key much later.
    """
    text = secret.get_secret_value().strip()
    if text and (text[0] in _QUOTES or text[-1] in _QUOTES):
        raise ValueError("config.wanted.no_quotes")
    if re.search(r"\s|[\x00-\x1f\x7f]|[\u200b-\u200f\u2060\ufeff]", text):
        raise ValueError("config.wanted.no_blanks")
    return SecretStr(text)


Secret = Annotated[SecretStr, AfterValidator(_checked)]

PREFIX = "MOUTHPIECE_"
NOT_SETTINGS = frozenset({"MOUTHPIECE_CONFIG"})
"""Variables of ours that are no settings: the path of the file itself."""
_USUAL_NAMES = {
    "MIMO_API_KEY": ("providers", "mimo", "api_key"),
    "DISCORD_TOKEN": ("discord", "token"),
    "TELEGRAM_TOKEN": ("telegram", "token"),
}
"""Names that other programs and the services' own documentation use; ours take precedence."""
PROVIDER_TYPES = ("mimo", "openai-speech", "builtin", "espeak")
_BUILT_IN_NAMES = ("mimo", "builtin", "espeak")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SpeechConfig(_Section):
    """What may be said, and by whom."""

    providers: tuple[str, ...] = Field(("mimo", "espeak"), description="Who speaks: the first that can. Names below.")
    max_characters: int = Field(4000, ge=1, le=100_000, description="Longest text of one command, after cleaning.")
    longest_seconds: float = Field(600.0, ge=10, le=3600, description="Longest sound of one command, in seconds.")
    bitrate: int = Field(32_000, ge=8_000, le=128_000, description="Opus, in bits per second.")
    wait_seconds: float = Field(60.0, gt=0, le=900, description="Longest wait for a provider's turn, in seconds.")
    queue: int = Field(500, ge=1, le=100_000, description="Most segments that may wait for one provider.")
    words_hours: float = Field(24.0, ge=0, le=720, description="How long buttons know the words; 0 keeps none.")
    default_voice: str = Field("", description="Voice id where a person names none; empty: the provider's choice.")
    mixed_languages: bool = Field(True, description="In calls, other languages in a message are said by other voices.")


class ProviderConfig(_Section):
    """One provider; limits left out or 0 mean none."""

    type: Literal["", "mimo", "openai-speech", "builtin", "espeak"] = Field(
        "", description="Empty: the same as its name. espeak is the old name of builtin."
    )
    enabled: bool = Field(True, description="false takes it out of the chain.")
    base_url: str = Field("", description="Empty: the service's own address.")
    api_key: Secret = Field(SecretStr(""), description="A secret: better in the environment.")
    auth: Literal["api-key", "bearer"] = Field("api-key", description="Which header carries the key.")
    model: str = Field("", description="Model id for preset voices; empty: mimo-v2.5-tts, or tts-1 elsewhere.")
    voice: str = Field("", description="Voice where a person names none; openai-speech only, empty: alloy.")
    response_format: Literal["wav", "mp3", "opus", "flac", "aac", "pcm"] = Field(
        "wav", description="openai-speech only."
    )
    stream_format: Literal["", "audio", "sse"] = Field("", description="openai-speech only; empty: not sent.")
    design_model: str = Field("", description="For described voices; empty: mimo-v2.5-tts-voicedesign.")
    clone_model: str = Field("", description="For cloned voices; empty: mimo-v2.5-tts-voiceclone.")
    first_audio_seconds: float = Field(15.0, gt=0, le=600, description="Longest wait for a first sound, in seconds.")
    natural: bool = Field(True, description="builtin only; false: espeak-ng alone, which needs little memory.")
    voices_path: str = Field("", description="builtin only; a voices-v1.0.bin of Kokoro, for 36 more voices.")
    max_concurrency: int = Field(1, ge=1, le=64, description="Requests at the same time.")
    rpm: int = Field(0, ge=0, description="Requests per minute.")
    rpd: int = Field(0, ge=0, description="Requests per day (UTC).")
    tpm: int = Field(0, ge=0, description="Tokens per minute.")
    tpd: int = Field(0, ge=0, description="Tokens per day (UTC).")
    price_per_1k_tokens: float = Field(0.0, ge=0, description="For quota show, in your currency.")

    @property
    def is_built_in(self) -> bool:
        """The built-in engine, by its name or its old one."""
        return self.type in ("builtin", "espeak")


class QuotaConfig(_Section):
    """What people may spend; 0 means no limit (whereas ``quota set`` with 0 allows nothing)."""

    account_characters_per_day: int = Field(5000, ge=0, description="Characters a person may have spoken per day.")
    account_requests_per_minute: int = Field(10, ge=0, description="Commands a person may send per minute.")
    account_cooldown_seconds: int = Field(
        0, ge=0, le=3600, description="Between two commands of a person, everywhere; moderators can ask for more."
    )
    space_characters_per_day: int = Field(50_000, ge=0, description="Characters of a server or group per day.")
    builtin_characters_per_day: int = Field(0, ge=0, description="The built-in engine's own meter, per person.")
    builtin_seconds_per_minute: float = Field(
        120.0, ge=0, le=3600, description="Seconds of built-in speech that a person may have made per minute."
    )
    timezone: str = Field("UTC", description="Days begin at midnight here (IANA name).")
    admins: tuple[str, ...] = Field((), description="Accounts without limits: discord:123, telegram:456.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("config.wanted.zone") from error
        return name

    @field_validator("admins")
    @classmethod
    def _accounts(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"(discord|telegram):\d{1,20}|cli:.{1,60}", name) for name in names):
            raise ValueError("config.wanted.account")
        return names

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the days."""
        return ZoneInfo(self.timezone)


class ClipsConfig(_Section):
    """The cache of finished speech: an identical request costs nothing."""

    max_megabytes: int = Field(256, ge=1, description="Most it keeps, in MB; the least used goes first.")
    max_age_days: float = Field(30.0, gt=0, le=3650, description="Longest it keeps a clip, in days.")


class DiscordConfig(_Section):
    """Discord; not started without a token."""

    token: Secret = Field(SecretStr(""), description="Bot token. A secret: better in the environment.")
    application_id: str = Field("", description="For the invite command where no token is set.")
    development_guild: int = Field(0, ge=0, description="Commands appear at once in this server; 0: everywhere.")
    message_content: bool = Field(False, description="Read messages aloud: needs Message Content Intent in the portal.")
    shard_count: int = Field(0, ge=0, le=10_000, description="Gateway connections in all; 0: as Discord advises.")
    shard_ids: tuple[int, ...] = Field((), description="Those of them that this process holds; empty: all.")

    @model_validator(mode="after")
    def _shards_exist(self) -> Self:
        if any(not 0 <= number < self.shard_count for number in self.shard_ids):
            raise ValueError("config.wanted.shards")
        return self


class TelegramConfig(_Section):
    """Telegram; not started without a token."""

    token: Secret = Field(SecretStr(""), description="Bot token. A secret: better in the environment.")
    api_url: str = Field("", description="Empty: Telegram's own. Else a local Bot API server.")
    test_environment: bool = Field(False, description="Talk to Telegram's test servers.")
    webhook_url: str = Field("", description="Where Telegram brings updates; empty: they are fetched.")
    webhook_secret: Secret = Field(SecretStr(""), description="Sent along by Telegram; empty: made at each start.")

    @field_validator("webhook_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[^\s/?#@]{1,300}+(/[^\s?#]{0,2000}+)?", url):
            raise ValueError("config.wanted.address")
        return url

    @field_validator("webhook_secret")
    @classmethod
    def _a_secret(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret.get_secret_value()):
            raise ValueError("config.wanted.secret")
        return secret


class WebConfig(_Section):
    """The bot's own HTTP server; it listens only if something is served, such as a webhook."""

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on, behind a proxy that speaks https.")
    port: int = Field(8080, ge=0, le=65535, description="0: any free one.")
    proxies: tuple[str, ...] = Field((), description="Proxies before it: addresses or networks, such as 10.0.0.0/8.")

    @field_validator("proxies")
    @classmethod
    def _networks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            for name in names:
                ip_network(name, strict=False)
        except ValueError as error:
            raise ValueError("config.wanted.network") from error
        return names


class EndpointsConfig(_Section):
    """Addresses of the services; empty except in tests and behind proxies."""

    discord_api: str = Field("", description="REST address, up to /api/v10.")
    discord_gateway: str = Field("", description="Gateway address, ws:// or wss://.")
    ca_file: str = Field("", description="A PEM file of certificate authorities to trust besides the usual ones.")


class LogConfig(_Section):
    """What is written to standard error while the bot runs."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is written.")


class Config(_Section):
    """Everything that can be set."""

    data_dir: Path = Field(Path("data"), description="Folder of database and clips; from the file's own folder.")
    language: Literal["en", "zh", "zh-Hant"] = Field(
        "en", description="Language of the command line and where none is known."
    )
    speech: SpeechConfig = SpeechConfig()
    providers: dict[str, ProviderConfig] = Field(default_factory=dict)
    quota: QuotaConfig = QuotaConfig()
    clips: ClipsConfig = ClipsConfig()
    discord: DiscordConfig = DiscordConfig()
    telegram: TelegramConfig = TelegramConfig()
    web: WebConfig = WebConfig()
    endpoints: EndpointsConfig = EndpointsConfig()
    log: LogConfig = LogConfig()

    @field_validator("data_dir")
    @classmethod
    def _possible(cls, path: Path) -> Path:
        if not str(path).isprintable():
            raise ValueError("config.wanted.visible")
        return path

    def provider(self, name: str) -> ProviderConfig:
        """Return the settings of a configured provider, its type filled in.

        Raises ConfigError for an unknown name.
        """
        known = {built_in: ProviderConfig() for built_in in _BUILT_IN_NAMES} | self.providers
        if name not in known:
            raise ConfigError("config.unknown_provider", name=name, suggestion=_nearest(name, known))
        found = known[name]
        kind = found.type or name
        if kind not in PROVIDER_TYPES:
            raise ConfigError("config.provider_type", name=name, types=", ".join(PROVIDER_TYPES))
        return found.model_copy(update={"type": kind})

    @property
    def chain(self) -> tuple[str, ...]:
        """Names of the enabled providers in order. Raises ConfigError if none is left or some are unknown."""
        enabled, faults = [], []
        for name in dict.fromkeys(self.speech.providers):
            try:
                enabled += [name] if self.provider(name).enabled else []
            except ConfigError as error:
                faults.append(error)
        if faults or not enabled:
            raise _together(faults or [ConfigError("config.no_provider")])
        return tuple(enabled)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every configured secret, for the filter that keeps them out of the logs."""
        services = (self.discord.token, self.telegram.token, self.telegram.webhook_secret)
        held = [*services, *(p.api_key for p in self.providers.values())]
        return tuple(secret.get_secret_value() for secret in held if secret.get_secret_value())


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Config:
    """Read settings from a file (None: defaults alone) and the environment.

    Raises ConfigError for the first problem, which holds the others.
    """
    values = _read(path) if path is not None else {}
    faults: list[ConfigError] = []
    for variable, keys, value in _from_environment(environment, values):
        try:
            _put(values, variable, keys, value)
        except ConfigError as error:
            faults.append(error)
    base = path.parent if path is not None else Path()
    config = Config()
    try:
        config = Config.model_validate(values)
        config = config.model_copy(update={"data_dir": base / config.data_dir.expanduser()})
    except RuntimeError:
        faults.append(ConfigError("config.wanted.home", key="data_dir"))
    except ValidationError as error:
        faults += map(_problem, error.errors(include_input=False, include_url=False))
    try:
        _ = config.chain
    except ConfigError as error:
        faults += (error, *error.more)
    if faults:
        raise _together(faults)
    return config


def _together(faults: list[ConfigError]) -> ConfigError:
    """Return the first of several problems with the others attached; each once, and a limited number."""
    once = {(each.code, *map(each.facts.get, ("key", "variable", "path", "name"))): each for each in reversed(faults)}
    first, *others = reversed(once.values())
    rest = len(others) - _MOST_FAULTS + 1
    first.more = (*others[: _MOST_FAULTS - 1], *([ConfigError("config.more", count=rest)] if rest > 0 else ()))
    return first


_MOST_FAULTS = 20
_WANTED_TYPE = {
    "int": "config.wanted.int",
    "float": "config.wanted.float",
    "finite": "config.wanted.finite",
    "bool": "config.wanted.bool",
    "path": "config.wanted.path",
    "string": "config.wanted.string",
    "list": "config.wanted.list",
}
"""Sentences for wrong types, by the first word of pydantic's error code."""
_WANTED = {
    "greater_than": "config.wanted.more",
    "greater_than_equal": "config.wanted.least",
    "less_than_equal": "config.wanted.most",
    "literal_error": "config.wanted.one_of",
    "string_too_short": "config.wanted.something",
    "tuple_type": "config.wanted.list",
    "model_type": "config.wanted.table",
    "dict_type": "config.wanted.table",
}
"""Sentences for pydantic's other error codes; those of numbers, switches and texts match by prefix."""


def _problem(details: ErrorDetails) -> ConfigError:
    """Return one of pydantic's errors as a sentence of ours."""
    kind, facts = details["type"], dict(details.get("ctx", {}))
    if kind == "extra_forbidden":
        *path, name = map(str, details["loc"])
        return ConfigError("config.unknown_key", key=".".join([*path, name]), suggestion=_nearest(name, _keys(path)))
    if kind == "value_error":  # raised above, with a code
        code = str(facts.pop("error"))
    else:
        code = _WANTED.get(kind) or _WANTED_TYPE.get(kind.partition("_")[0], kind)
    return ConfigError(code, key=".".join(map(str, details["loc"])), **facts)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError("config.missing", path=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("config.unreadable", path=str(path), problem=type(error).__name__) from None
    except (ValueError, RecursionError) as error:  # invalid TOML, endless numbers and brackets
        problem = str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
        raise ConfigError("config.not_toml", path=str(path), problem=problem) from None


def _nearest(word: str, words: Mapping[str, object]) -> str:
    return next(iter(get_close_matches(word, list(words), n=1, cutoff=0.5)), "")


def _section(field: FieldInfo | None) -> type[BaseModel] | None:
    kind = field.annotation if field is not None else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _keys(path: list[str]) -> Mapping[str, object]:
    """Return the known keys of a table."""
    if not path:
        return Config.model_fields
    section = ProviderConfig if path[0] == "providers" else _section(Config.model_fields[path[0]])
    return section.model_fields if section is not None else {}


def _from_environment(
    environment: Mapping[str, str], values: Mapping[str, Any]
) -> Iterator[tuple[str, list[str], str]]:
    """Yield settings from environment variables: (variable, path of keys, value); general names first."""
    for usual, path in _USUAL_NAMES.items():
        if environment.get(usual):
            yield usual, list(path), environment[usual]
    providers = values.get("providers", {})
    named = {name.casefold().replace("-", "_"): name for name in providers} if isinstance(providers, dict) else {}
    for variable, value in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        keys = [part.casefold() for part in variable.removeprefix(PREFIX).split("__")]
        if keys[0] == "providers" and len(keys) > 1:
            keys[1] = named.get(keys[1], keys[1])
        yield variable, keys, value


def _secret_file(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("config.unreadable", path=f"{path} ({variable})", problem=type(error).__name__) from None


def _field(keys: list[str]) -> FieldInfo | None:
    """Return the field for a path of keys, or None."""
    if len(keys) == 3 and keys[0] == "providers":
        return ProviderConfig.model_fields.get(keys[2])
    field = Config.model_fields.get(keys[0])
    if len(keys) == 1:
        return field if _section(field) is None and keys[0] != "providers" else None
    section = _section(field)
    return section.model_fields.get(keys[1]) if section is not None and len(keys) == 2 else None


def _put(values: dict[str, Any], variable: str, keys: list[str], value: str) -> None:
    field = _field(keys)
    if in_file := field is None and keys[-1].endswith("_file"):
        keys = [*keys[:-1], keys[-1].removesuffix("_file")]
        field = _field(keys)
    if field is None:
        raise ConfigError("config.unknown_variable", variable=variable, suggestion=_nearest_variable(keys))
    if in_file:
        value = _secret_file(variable, value)
    *path, last = keys
    table = values
    for key in path:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ConfigError("config.wanted.table", key=".".join(path))
    is_list = "tuple" in str(field.annotation)
    table[last] = [part.strip() for part in value.split(",") if part.strip()] if is_list else value


def _nearest_variable(keys: list[str]) -> str:
    provider = keys[1] if len(keys) > 1 and keys[0] == "providers" else "mimo"
    paths = {f"providers__{provider}__{name}": 0 for name in ProviderConfig.model_fields}
    for name, field in Config.model_fields.items():
        section = _section(field)
        if name != "providers":  # not a setting itself; its keys are listed above
            paths |= {f"{name}__{key}": 0 for key in section.model_fields} if section else {name: 0}
    nearest = _nearest("__".join(keys), paths)
    return PREFIX + nearest.upper() if nearest else ""
