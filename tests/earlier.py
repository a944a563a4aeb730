"""What the databases in ``tests/data`` hold: rows of every table, each with values of its own.

``python -m tests.earlier`` fills new databases with it through the stores and writes them down as SQL, one pair of
files for a revision of the schema. Run it before the schema changes, with the code of the revision: what is there was
made by the code that people had, and is never made again by later code.
"""

import asyncio
import contextlib
import sqlite3
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.model import Account, Space, Utterance, Voice, VoiceKind
from bot.store import clips
from bot.store.accounts import BlockedAccounts
from bot.store.clips import ClipStore
from bot.store.commands import Commands
from bot.store.database import FILE_NAME, Database
from bot.store.dictionary import Dictionaries, Entry
from bot.store.entries import Charge, Limit, Override
from bot.store.ledger import Ledger
from bot.store.provider_calls import ProviderCalls, ProviderLimits
from bot.store.schema import HEAD
from bot.store.sessions import Binding, Bindings, Marker, Markers
from bot.store.settings import Preference, Preferences, Readings, ReadingSettings, Spaces, SpaceSettings
from bot.store.words import Words
from tests.ledger_case import FakeClock

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
LONG_AGO = NOW - 40 * 86400

ANN = Account("discord", "1001")
BO = Account("telegram", "2002")
BLOCKED = (Account("discord", "1666"), Account("telegram", "2666"))
SERVER = Space("discord", "9001")
GROUP = Space("telegram", "-4002")
"""A group, which may become a supergroup."""
CHANNEL = Space("telegram", "-1009003")

SPACES: Mapping[Space, SpaceSettings] = {
    SERVER: SpaceSettings(
        default_voice="Mia",
        default_style="Happy, Whisper",
        language="zh",
        show_words=False,
        allowed_roles=("role:discord:71", "singing@role:discord:72"),
        blocked_roles=("role:discord:73", "voices@role:discord:74"),
        channels=("81", "82"),
        cooldown=7,
        role_cooldowns={"role:discord:75": 3, "role:discord:76": 0},
        blocked_words=("pineapple", "бычок два"),
        reply_context=True,
    ),
    GROUP: SpaceSettings(default_voice="Dean", allowed_roles=("role:telegram:-4002",), channels=("12",), cooldown=11),
    CHANNEL: SpaceSettings(language="en", blocked_words=("中文词",)),
}
READINGS: Mapping[Space, ReadingSettings] = {
    SERVER: ReadingSettings(
        names=False,
        name_template="{name} says",
        language="en",
        skip_prefix="!",
        max_characters=451,
        required_roles=("role:discord:61",),
        priority_roles=("role:discord:62", "role:discord:63"),
        blocked_roles=("role:discord:64",),
        ignored=("account:discord:1666", "account:discord:1667"),
        bots=True,
        webhooks=True,
        in_call_only=False,
        read_silent=True,
        skip_emoji=True,
        expand_slang=False,
        laugh=False,
        emphasis=False,
        whisper=False,
        actions=False,
        auto_join=False,
        alone_seconds=45,
        quiet_from=1380,
        quiet_until=420,
        timezone="Europe/Berlin",
    ),
    GROUP: ReadingSettings(
        blocked_roles=("role:telegram:-4002",), ignored=("account:telegram:-4002",), quiet_from=1, bots=True
    ),
}
PEOPLE: Mapping[Account, Preference] = {
    ANN: Preference(
        voice="Chloe",
        style="Sad",
        language="zh",
        favourite_voices=("Mia", "Dean"),
        favourite_styles=("Whisper", "Happy"),
        recent_voices=("Dean", "Chloe"),
        recent_styles=("Sad", "Happy"),
        nickname="Annie",
        speed="slow",
        spoken_language="en",
        opted_out=True,
    ),
    BO: Preference(voice="Milo", speed="fast"),
    Account("telegram", GROUP.id): Preference(voice="Mia"),
}
ENTRIES: Mapping[Account | Space, tuple[Entry, ...]] = {
    ANN: (Entry("brb", "be right back"), Entry("Mx", "")),
    BO: (Entry("gg", "good game"),),
    SERVER: (Entry("zebra", "striped horse"), Entry(r"\bv\d+\b", "version", pattern=True), Entry("api", "A P I")),
    GROUP: (Entry("привет", "privet"),),
}
BOUND: Mapping[Space, tuple[Binding, ...]] = {
    SERVER: (
        Binding(SERVER, "81", "91", "Mia", "Sad", 99),
        Binding(SERVER, "82", "91"),
    ),
    GROUP: (Binding(GROUP, ""), Binding(GROUP, "17", voice="Dean", style="Happy", max_characters=55)),
}
CALLS = (Marker(SERVER, "91", ("81", "83"), round(NOW * 1000)),)
OVERRIDES = (
    Override(ANN.scope, 5001, 13, cooldown=4),
    Override("role:discord:75", unlimited=True),
    Override(GROUP.scope, requests_per_minute=17),
)
USED = {ANN.scope: (139, 4, 500), SERVER.scope: (96, 3, 0), BO.scope: (0, 0, 0), GROUP.scope: (25, 1, 0)}
"""Of the paid meter on the day of ``NOW``: characters, requests and what was granted."""
KEPT = {
    ANN: Utterance(
        key="discord:501",
        text="words of Ann",
        account=ANN,
        space=SERVER,
        styles=("Happy", "Sad"),
        voice=Voice(VoiceKind.DESIGNED, "", "an old pirate"),
        instruction="as if tired",
        take=3,
    ),
    BO: Utterance(key="telegram:502", text="слова Бо", account=BO, voice=Voice(VoiceKind.PRESET, "Milo")),
}
SPOKEN = (("discord", "81", "701", ANN), ("telegram", "-4002", "702", BO))
PROGRESS = ("telegram", "2002", "703")
PAUSED = NOW + 3600
OGG = b"OggS not a sound, but kept as one"
CLIPS = {"a1" * 20: ("mimo", {"telegram": "file-id-1"}), "b2" * 20: ("espeak", {})}


def _charges(account: Account, space: Space | None) -> tuple[Charge, ...]:
    limits = (Limit("characters", 10_000, "day"), Limit("requests", 50, "minute"))
    return (Charge(account.scope, limits), *((Charge(space.scope, limits),) if space else ()))


async def fill(folder: Path) -> None:
    """Fill new databases in a folder."""
    clock = FakeClock(LONG_AGO)
    async with Database.open(folder, clock=clock) as database, Ledger.open(database) as ledger:
        await _spend_long_ago(ledger)
        clock.now = NOW - 1
        await ledger.hold("discord:19", charges=_charges(ANN, None), characters=9, lease=0.5, resumable=False)
        clock.now = NOW
        await ledger.retire()
        await ledger.reap()
        await _settings(database)
        await _money(ledger)
        await _providers(database)
        await _words(database)
    async with ClipStore.open(folder, clock=clock) as store:
        for key, (provider, files) in CLIPS.items():
            await store.put(key, OGG + key.encode(), provider=provider)
            for platform, file in files.items():
                await store.remember_file(key, platform, file)


async def _spend_long_ago(ledger: Ledger) -> None:
    """Leave a day whose rows are given up in part, so that its counters hold what was folded into them."""
    await ledger.hold("discord:2", charges=_charges(ANN, SERVER), characters=32, lease=50 * 86400)
    await ledger.hold("discord:1", charges=_charges(ANN, SERVER), characters=31, lease=60)
    await ledger.settle("discord:1", characters=31)


async def _settings(database: Database) -> None:
    spaces, readings, people = Spaces(database), Readings(database), Preferences(database)
    for space, settings in SPACES.items():
        changes = {name: value for name, value in _changed(settings).items() if name != "role_cooldowns"}
        await spaces.set(space, **changes)
        for role, seconds in settings.role_cooldowns.items():
            await spaces.rest(space, role, seconds)
    for space, reading in READINGS.items():
        await readings.set(space, **_changed(reading))
    for account, preference in PEOPLE.items():
        liked = _changed(preference)
        for voice in reversed(liked.pop("recent_voices", ())):
            await people.used(account, voice, ())
        for style in reversed(liked.pop("recent_styles", ())):
            await people.used(account, "", (style,))
        for voice in liked.pop("favourite_voices", ()):
            await people.favourite(account, "voice", voice, True)
        for style in liked.pop("favourite_styles", ()):
            await people.favourite(account, "style", style, True)
        await people.set(account, **liked)
    for owner, entries in ENTRIES.items():
        await Dictionaries(database).merge(owner, entries)
    for bound in BOUND.values():
        for each in bound:
            await Bindings(database).bind(each)
    for marker in CALLS:
        await Markers(database).put(marker)
    for account in BLOCKED:
        await BlockedAccounts(database).block(account)


def _changed(settings: Any) -> dict[str, Any]:
    """Return what differs from the defaults."""
    usual = type(settings)()
    return {
        name: getattr(settings, name)
        for name in settings.__dataclass_fields__
        if getattr(settings, name) != getattr(usual, name)
    }


async def _money(ledger: Ledger) -> None:
    for override in OVERRIDES:
        await ledger.set_override(override)
    commands = Commands(ledger)
    for key in ("discord:11", "discord:12", "discord:13"):  # spent; sending; done
        await commands.accept(key, "discord", f"what was sent for {key}", token=f"token of {key}")
        await ledger.hold(key, charges=_charges(ANN, SERVER), characters=40, lease=60)
        await ledger.settle(key, characters=30 + int(key[-1]), command=key, clip="a1" * 20)
    await commands.begin_upload("discord:12")
    await commands.begin_upload("discord:13")
    await commands.finish("discord:13", earned=True)
    await commands.begin_telling("telegram:14")
    await commands.accept("telegram:15", "telegram", '{"update_id": 15}')
    await commands.show_progress(*PROGRESS)
    await ledger.hold("telegram:16", charges=_charges(BO, GROUP), characters=25, lease=60)
    await ledger.settle("telegram:16", characters=25)
    await ledger.hold("telegram:17", charges=_charges(BO, None), characters=20, lease=60)
    await ledger.settle("telegram:17", characters=0)  # released
    await ledger.hold("discord:18", charges=_charges(ANN, None), characters=43, lease=86_400)  # held
    await ledger.grant(ANN.scope, 500)
    await ledger.reset(BO.scope)
    await ledger.hold("discord:20", charges=_charges(BO, None), characters=8, lease=60, meter="builtin")
    await ledger.settle("discord:20", characters=8)


async def _providers(database: Database) -> None:
    calls = ProviderCalls(database)
    limits = ProviderLimits(rpm=50, max_concurrency=5)
    for call_id in ("bot:a:1", "bot:a:2", "bot:a:3"):
        await calls.hold(call_id, "mimo", limits, 100, lease=86_400)
    await calls.settle("bot:a:1", prompt_tokens=41, completion_tokens=42, estimated=False, ok=True)
    await calls.settle("bot:a:2", prompt_tokens=5, completion_tokens=6, estimated=True, ok=False)
    await calls.pause("mimo", datetime.fromtimestamp(PAUSED, UTC))


async def _words(database: Database) -> None:
    words = Words(database)
    for utterance in KEPT.values():
        await words.keep(utterance)
    for platform, chat, message, account in SPOKEN:
        await words.remember_message(platform, chat, message, account)


def dump(source: Path, target: Path) -> None:
    """Write a database down as SQL."""
    with contextlib.closing(sqlite3.connect(source)) as plain:
        target.write_text("\n".join(plain.iterdump()) + "\n", encoding="utf-8")


def load(source: Path, target: Path) -> None:
    """Make a database of what ``dump`` wrote."""
    with contextlib.closing(sqlite3.connect(target)) as plain:
        plain.executescript(source.read_text(encoding="utf-8"))


def main() -> None:
    """Write the databases of the present revision down."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(fill(folder))
        DATA.mkdir(exist_ok=True)
        dump(folder / FILE_NAME, DATA / f"revision_{HEAD}.sql")
        dump(folder / clips.FILE_NAME, DATA / f"clips_{HEAD}.sql")


if __name__ == "__main__":
    main()
