"""Several messages spoken together: one script, few requests, a ledger row for each; and what is left out is told."""

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.audio.opus import decode
from bot.errors import DuplicateError, InputError, ProviderError, QuotaError, StoreError
from bot.model import Account, Lane, Space, Utterance, Voice, VoiceKind
from bot.speech.sink import Recording
from bot.store import schema
from bot.store.database import Database
from bot.store.ledger import Ledger
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_server import MimoServer
from tests.live_sink import Listener

SAM = Account("discord", "1")
GUILD = Space("discord", "9")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.speech.fallback._FIRST_PAUSE", 0.001)


def burst(*texts: str, prefix: str = "m", **more: object) -> list[Utterance]:
    """Messages of one person in a call, keys m0, m1, ..."""
    base = Utterance("", "", account=SAM, space=GUILD, lane=Lane.CALL)
    return [
        replace(base, text=text, key=f"{prefix}{number}", **more)  # type: ignore[arg-type]
        for number, text in enumerate(texts)
    ]


async def rows(house: House) -> dict[str, tuple[str, str, int]]:
    """Key to meter, state and characters."""
    table = schema.ledger
    body = select(table.c.key, table.c.meter, table.c.state, table.c.characters)
    found = await house.core.database.read(lambda connection: connection.execute(body).all())
    return {row.key: (row.meter, row.state, row.characters) for row in found}


def spoken(mimo: MimoServer) -> list[str]:
    return [call["messages"][-1]["content"] for call in mimo.calls]


@pytest.fixture
async def paid_house(build_house: BuildHouse, mimo: MimoServer) -> House:
    """The service first, the built-in engine behind it, 40 characters a day."""
    return await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        quota={"account_characters_per_day": 40},
    )


@pytest.mark.parametrize("live", [True, False])
async def test_ten_messages_are_one_request_and_ten_rows(mimo_house: House, mimo: MimoServer, live: bool) -> None:
    texts = [f"Message {number}" for number in range(10)]
    listener = Listener()
    receipt = await mimo_house.speech.speak_together(burst(*texts), listener if live else Recording())
    assert spoken(mimo) == ["\n".join(texts)]
    assert receipt.spoken == "\n".join(texts)
    assert receipt.charged == sum(map(len, texts)) == (await mimo_house.ledger.usage(SAM.scope)).characters
    assert await rows(mimo_house) == {f"m{n}": ("paid", "spent", len(text)) for n, text in enumerate(texts)}
    assert (await mimo_house.ledger.usage(SAM.scope)).requests == 10
    assert await mimo_house.ledger.audit() == []
    assert receipt.left_out == ()
    if live:
        assert listener.packets == list(receipt.clip.packets)


async def test_a_burst_is_heard_whole(house: House) -> None:
    """The built-in engine: what is spoken together lasts about as long as the messages one by one."""
    texts = ["the first message", "and a second one", "and finally a third"]
    alone = [await house.speech.speak(one, Listener()) for one in burst(*texts, prefix="alone")]
    together = await house.speech.speak_together(burst(*texts), Listener())
    clip = together.clip
    assert any(decode(clip.packets, clip.pre_skip, clip.samples).samples)
    assert clip.seconds == pytest.approx(sum(one.clip.seconds for one in alone), rel=0.25)


async def test_one_alone_is_the_same_as_speak(mimo_house: House, mimo: MimoServer) -> None:
    one = await mimo_house.speech.speak(burst("Hello there.", prefix="a")[0], Recording())
    other = await mimo_house.speech.speak_together(burst("Hello there.", prefix="b"), Recording())
    assert (other.clip_key, other.clip, other.cached, other.charged) == (one.clip_key, one.clip, True, 0)
    assert len(mimo.calls) == 1


async def test_what_was_said_before_is_left_out(mimo_house: House, mimo: MimoServer) -> None:
    said = burst("First one", "Second one", "Third one")
    await mimo_house.speech.speak(said[1], Recording())
    receipt = await mimo_house.speech.speak_together(said, Recording())
    assert receipt.spoken == "First one\nThird one"
    assert [(key, type(error)) for key, error in receipt.left_out] == [("m1", DuplicateError)]
    assert await rows(mimo_house) == {
        "m0": ("paid", "spent", 9),
        "m1": ("paid", "spent", 10),
        "m2": ("paid", "spent", 9),
    }
    with pytest.raises(DuplicateError):
        await mimo_house.speech.speak_together(said, Recording())
    assert len(mimo.calls) == 2
    assert await mimo_house.ledger.audit() == []


async def test_a_cached_burst_costs_nothing_and_a_duplicate_in_it_is_not_heard_again(
    mimo_house: House, mimo: MimoServer
) -> None:
    texts = ("First one", "Second one")
    first = await mimo_house.speech.speak_together(burst(*texts), Recording())
    again = await mimo_house.speech.speak_together(burst(*texts, prefix="n"), Recording())
    assert (again.cached, again.charged, again.clip) == (True, 0, first.clip)
    mixed = [burst(*texts)[0], burst(*texts, prefix="o")[1]]
    receipt = await mimo_house.speech.speak_together(mixed, Recording())
    assert (receipt.spoken, receipt.charged, spoken(mimo)[-1]) == ("Second one", 10, "Second one")
    with pytest.raises(DuplicateError):
        await mimo_house.speech.speak_together(mixed, Recording())
    assert await mimo_house.ledger.audit() == []


async def test_the_same_key_twice_is_spoken_once(mimo_house: House) -> None:
    one = burst("First one")[0]
    receipt = await mimo_house.speech.speak_together([one, one], Recording())
    assert (receipt.spoken, receipt.charged) == ("First one", 9)


async def test_the_guard_is_asked_for_each(mimo_house: House, mimo: MimoServer) -> None:
    await mimo_house.core.spaces.set(GUILD, blocked_words=("hydrangea",))
    said = burst("A fine flower", "the HYDRANGEA, you know", "", "More flowers")
    receipt = await mimo_house.speech.speak_together(said, Recording())
    assert receipt.spoken == "A fine flower\nMore flowers"
    assert [(key, error.code) for key, error in receipt.left_out] == [("m2", "text.empty"), ("m1", "guard.word")]
    assert set(await rows(mimo_house)) == {"m0", "m3"}
    with pytest.raises(InputError, match=r"guard\.word"):
        await mimo_house.speech.speak_together(burst("hydrangea", "a hydrangea", prefix="b"), Recording())
    assert len(mimo.calls) == 1


async def test_a_role_is_looked_at_in_each_message(mimo_house: House) -> None:
    await mimo_house.core.spaces.set(GUILD, blocked_roles=("role:discord:7",))
    first, second = burst("First one", "Second one")
    receipt = await mimo_house.speech.speak_together([first, replace(second, roles=("role:discord:7",))], Recording())
    assert receipt.spoken == "First one"
    assert receipt.left_out[0][1].code == "guard.role"


async def test_only_what_is_of_one_manner_is_spoken_together(mimo_house: House) -> None:
    first, second = burst("First one", "Second one")
    for other in (replace(second, account=None), replace(second, voice=Voice(id="Mia")), replace(second, take=1)):
        with pytest.raises(ValueError, match="one manner"):
            await mimo_house.speech.speak_together([first, other], Recording())
    with pytest.raises(ValueError, match="bounded"):
        await mimo_house.speech.speak_together([], Recording())


@pytest.mark.parametrize(
    "texts",
    [
        ("a <", "style>evil"),
        ("a <s t", "yle>evil"),
        ("a ＜", "/style>evil"),
        ("&l", "t;style>x"),
        ("[lau", "gh] (si", "ng)"),
    ],
)
async def test_markup_is_not_put_together_out_of_two_messages(
    mimo_house: House, mimo: MimoServer, texts: tuple[str, ...]
) -> None:
    await mimo_house.speech.speak_together(burst(*texts), Listener())
    for content in spoken(mimo):
        folded = "".join(content.replace("＜", "<").split()).replace("/", "")
        assert "<style" not in folded
        assert "[laugh]" not in content


async def test_a_cut_is_charged_to_those_who_were_heard(mimo_house: House, mimo: MimoServer) -> None:
    """Two requests of which the first breaks off: those whose words were in it do not pay for them."""
    texts = [f"This is message number {n} and it is a rather long one, to tell the truth." for n in range(4)]
    mimo.faults.append(Fault("cut"))
    receipt = await mimo_house.speech.speak_together(burst(*texts), Listener())
    assert [note.code for note in receipt.notes] == ["note.cut"]
    assert spoken(mimo) == ["\n".join(texts[:2]), "\n".join(texts[2:])]
    charged = {key: row[2] for key, row in (await rows(mimo_house)).items()}
    assert charged == {"m0": 0, "m1": 0, "m2": len(texts[2]), "m3": len(texts[3])}
    assert receipt.charged == len(texts[2]) + len(texts[3])
    assert await mimo_house.ledger.audit() == []


async def test_without_quota_for_all_those_that_fit_are_spoken(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
        quota={"account_characters_per_day": 25},
    )
    receipt = await house.speech.speak_together(burst("Ten letter", "Ten lettes", "Ten lettet"), Recording())
    assert (receipt.spoken, receipt.charged) == ("Ten letter\nTen lettes", 20)
    assert [(key, error.code) for key, error in receipt.left_out] == [("m2", "quota.account_characters")]
    with pytest.raises(QuotaError):
        await house.speech.speak_together(burst("Ten others", "Other ten.", prefix="n"), Recording())
    assert await house.ledger.audit() == []


async def test_in_a_call_the_built_in_engine_goes_on_when_the_quota_ends(paid_house: House, mimo: MimoServer) -> None:
    first = await paid_house.speech.speak(burst("These words cost some.", prefix="a")[0], Listener())
    assert (first.provider, first.notes) == ("mimo", ())
    tomorrow = f"{(await paid_house.ledger.usage(SAM.scope)).resets:%Y-%m-%d}"
    text = "These words are too many for the rest."
    listener = Listener()
    receipt = await paid_house.speech.speak(burst(text, prefix="b")[0], listener)
    assert (receipt.provider, len(mimo.calls)) == ("espeak", 1)
    assert [(note.code, dict(note.facts)) for note in receipt.notes] == [
        ("note.quota_built_in", {"provider": "espeak", "scope": SAM.scope, "until": tomorrow})
    ]
    assert listener.packets == list(receipt.clip.packets)
    assert (await rows(paid_house))["b0"] == ("builtin", "spent", len(text))
    with pytest.raises(DuplicateError):
        await paid_house.speech.speak(burst(text, prefix="b")[0], listener)
    # what was said before is still there for nothing, in the voice it had
    cached = await paid_house.speech.speak(burst("These words cost some.", prefix="c")[0], Listener())
    assert (cached.provider, cached.cached, cached.notes) == ("mimo", True, ())
    assert await paid_house.ledger.audit() == []


async def test_a_burst_goes_on_as_a_whole_when_the_quota_ends(paid_house: House, mimo: MimoServer) -> None:
    texts = ["These words would fit in.", "These words are too many."]
    receipt = await paid_house.speech.speak_together(burst(*texts), Listener())
    assert (receipt.provider, receipt.spoken, mimo.calls) == ("espeak", "\n".join(texts), [])
    assert [note.code for note in receipt.notes] == ["note.quota_built_in"]
    assert (await paid_house.ledger.usage(SAM.scope)).characters == 0
    assert (await paid_house.ledger.usage(SAM.scope, "builtin")).characters == sum(map(len, texts))
    for one in burst(*texts):
        with pytest.raises(DuplicateError):
            await paid_house.speech.speak(one, Listener())
    assert await paid_house.ledger.audit() == []


async def test_the_spaces_quota_ends_too_and_a_voice_of_ones_own_is_replaced(
    build_house: BuildHouse, mimo: MimoServer
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, quota={"space_characters_per_day": 5}
    )
    voice = Voice(VoiceKind.DESIGNED, description="An old sailor.")
    receipt = await house.speech.speak(burst("Ship ahoy, my friends.", voice=voice)[0], Listener())
    assert (receipt.provider, mimo.calls) == ("espeak", [])
    assert [note.code for note in receipt.notes] == ["note.quota_built_in"]


async def test_outside_a_call_the_end_of_the_quota_is_told(paid_house: House) -> None:
    with pytest.raises(QuotaError):
        await paid_house.speech.speak(burst("x" * 41, lane=Lane.SAY)[0], Recording())


async def test_whoever_writes_much_in_a_call_is_not_held_to_so_many_commands_a_minute(
    build_house: BuildHouse, mimo: MimoServer
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, quota={"account_requests_per_minute": 3}
    )
    texts = [f"Message {number}" for number in range(8)]
    receipt = await house.speech.speak_together(burst(*texts), Listener())
    assert (receipt.provider, receipt.left_out) == ("mimo", ())
    for number in range(3):
        await house.speech.speak(burst(f"Command {number}", prefix=f"c{number}", lane=Lane.SAY)[0], Recording())
    with pytest.raises(QuotaError, match=r"quota\.account_requests"):
        await house.speech.speak(burst("One more", prefix="d", lane=Lane.SAY)[0], Recording())
    assert await house.ledger.audit() == []


async def test_the_built_in_engines_own_quota_ends_as_well(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        quota={"account_characters_per_day": 3, "builtin_characters_per_day": 12},
    )
    receipt = await house.speech.speak_together(burst("Ten letter", "Ten lettes"), Listener())
    assert (receipt.spoken, receipt.left_out[0][0], receipt.left_out[0][1].code) == (
        "Ten letter",
        "m1",
        "quota.account_characters",
    )
    with pytest.raises(QuotaError):
        await house.speech.speak(burst("Ten others", prefix="n")[0], Listener())
    assert await house.ledger.audit() == []


async def test_when_the_service_is_down_a_burst_is_spoken_by_the_backup(mimo_house: House, mimo: MimoServer) -> None:
    mimo.faults.append(Fault("500", times=99))
    receipt = await mimo_house.speech.speak_together(burst("First one", "Second one"), Listener())
    assert (receipt.provider, receipt.charged) == ("espeak", 19)
    assert (await mimo_house.ledger.usage(SAM.scope)).characters == 0
    assert await rows(mimo_house) == {
        "m0": ("paid", "released", 0),
        "m1": ("paid", "released", 0),
        "m0/builtin": ("builtin", "spent", 9),
        "m1/builtin": ("builtin", "spent", 10),
    }


async def test_a_failure_charges_nobody(build_house: BuildHouse, mimo: MimoServer) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, speech={"providers": ["mimo"]}
    )
    mimo.faults.append(Fault("500", times=99))
    with pytest.raises(ProviderError):
        await house.speech.speak_together(burst("First one", "Second one"), Listener())
    assert {row[1:] for row in (await rows(house)).values()} == {("released", 0)}
    assert await house.ledger.audit() == []


async def test_a_cancelled_burst_pays_for_nothing(mimo_house: House, mimo: MimoServer) -> None:
    mimo.hold_after(chunks=1)
    listener = Listener()
    speaking = asyncio.create_task(mimo_house.speech.speak_together(burst("First one", "Second one"), listener))
    async with asyncio.timeout(5):
        await listener.heard.wait()
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    assert {row[1:] for row in (await rows(mimo_house)).values()} == {("released", 0)}
    assert len(await rows(mimo_house)) == 2
    assert await mimo_house.ledger.audit() == []


async def test_a_broken_store_is_told_and_leaves_nothing_held(
    mimo_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of three holds fails while the others are granted: theirs are released."""
    hold = Ledger.hold

    async def failing(self: Ledger, key: str, **more: object) -> object:
        if key == "m1":
            raise StoreError("store.failed", path="here")
        return await hold(self, key, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Ledger, "hold", failing)
    with pytest.raises(StoreError):
        await mimo_house.speech.speak_together(burst("First one", "Second one", "Third one"), Listener())
    assert {key: row[1] for key, row in (await rows(mimo_house)).items()} == {"m0": "released", "m2": "released"}


_CHILD = """
import asyncio, pathlib, sys
from bot.app import build
from bot.config import Config
from bot.speech.sink import Recording
from tests.test_together import Listener, burst

async def main():
    config = Config.model_validate({
        "data_dir": pathlib.Path(sys.argv[1]), "speech": {"providers": ["mimo"]},
        "providers": {"mimo": {"base_url": sys.argv[2], "api_key": "sk-test"}},
    })
    async with build(config, kind="bot") as core:
        sink = Listener() if sys.argv[3] == "live" else Recording()
        await core.speech.speak_together(burst("First one", "Second one", "Third one"), sink)

asyncio.run(main())
"""


@pytest.mark.parametrize("live", [True, False])
async def test_a_process_killed_in_the_middle_of_a_burst_charges_nobody(
    build_house: BuildHouse, mimo: MimoServer, tmp_path: Path, live: bool
) -> None:
    """A recording may be asked for again, each message once; what may have been heard may not."""
    gate = mimo.hold_after(chunks=1)
    folder = tmp_path / "data"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, str(folder), mimo.base_url, "live" if live else "recording",
        stderr=subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        await gate.reached.wait()
    process.kill()
    await process.communicate()
    gate.set()
    async with Database.open(folder) as database, Ledger.open(database, kind="bot") as book:
        assert await book.reap(owner="bot") == 3
        assert (await book.usage(SAM.scope)).characters == 0
        assert await book.audit() == []
    house = await build_house(
        data_dir=folder,
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}},
        speech={"providers": ["mimo"]},
    )
    again = burst("First one", "Second one", "Third one")
    if live:
        with pytest.raises(DuplicateError):
            await house.speech.speak_together(again, Recording())
    else:
        receipt = await house.speech.speak_together(again, Recording())
        assert (receipt.charged, receipt.left_out) == (28, ())
    assert await house.ledger.audit() == []
