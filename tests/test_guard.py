"""Who may speak where: asked at the synthesis core, for every front end, before anything is held or sent."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.errors import BotError, DuplicateError, InputError, ProviderError, StoreError
from bot.model import Account, Lane, Space, Utterance, Voice, VoiceKind
from bot.speech.policy import Cooldowns, Policy
from bot.speech.sink import Recording
from bot.store.accounts import BlockedAccounts
from bot.store.database import Database
from bot.store.entries import Override
from bot.store.ledger import Ledger
from bot.store.schema import ledger as ledger_table
from bot.store.settings import Spaces
from bot.texts import of_error
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_server import MimoServer
from tests.ledger_case import FakeClock
from tests.live_sink import Listener

pytest_plugins = ["tests.ledger_fixtures"]

ANN = Account("discord", "1")
BOB = Account("discord", "2")
ADMIN = Account("discord", "3")
GUILD = Space("discord", "9")
SAID = Utterance("Hello there.", "k", ANN, GUILD)


class Case:
    """A guard on the real database, its clock, and what it refuses."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self.clock = FakeClock(0)
        self.spaces = Spaces(database, clock=self.clock)
        self.blocked = BlockedAccounts(database, clock=self.clock)
        self.ledger = ledger
        self.policy = self.with_cooldown(0)

    def with_cooldown(self, seconds: int) -> Policy:
        """A guard with the host's own cooldown."""
        book = self.ledger.overrides
        self.policy = Policy(self.spaces, self.blocked, book, admins=("discord:3",), cooldown=seconds, clock=self.clock)
        return self.policy

    async def refused(self, utterance: Utterance = SAID, spoken: str | None = None, **changes: Any) -> str:
        """The code of the refusal; empty where the utterance is admitted."""
        asked = replace(utterance, **changes)
        try:
            await self.policy.admit(asked, asked.text if spoken is None else spoken)
        except InputError as error:
            return error.code
        return ""


@pytest.fixture
def case(database: Database, book: Ledger) -> Case:
    return Case(database, book)


async def test_without_settings_everyone_speaks(case: Case) -> None:
    for number in range(3):
        assert await case.refused(key=str(number)) == ""


async def test_a_blocked_account_speaks_nowhere_and_others_do(case: Case) -> None:
    await case.blocked.block(ANN)
    assert await case.refused() == "guard.blocked_account"
    assert await case.refused(space=None) == "guard.blocked_account"
    assert await case.refused(account=BOB) == ""
    await case.blocked.block(ADMIN)
    assert await case.refused(account=ADMIN) == "guard.blocked_account"
    await case.blocked.unblock(ANN)
    assert await case.refused() == ""


@pytest.mark.parametrize(
    ("held", "code"),
    [
        ((), "guard.role"),
        (("role:discord:1",), "guard.role"),
        (("role:discord:7",), ""),
        (("role:discord:1", "role:discord:8"), ""),
        (("role:discord:7", "role:discord:6"), "guard.role"),
        (("role:discord:6",), "guard.role"),
    ],
)
async def test_roles_that_may_and_roles_that_may_not(case: Case, held: tuple[str, ...], code: str) -> None:
    await case.spaces.set(GUILD, allowed_roles=["role:discord:7", "role:discord:8"], blocked_roles=["role:discord:6"])
    assert await case.refused(roles=held) == code
    assert await case.refused(account=ADMIN, roles=held) == ""
    assert await case.refused(account=None, roles=held) == ""
    assert await case.refused(space=None, roles=held) == ""


@pytest.mark.parametrize(
    ("used", "use"),
    [
        ({"styles": ("singing",)}, "singing"),
        ({"styles": ("Happy", "唱")}, "singing"),
        ({"instruction": "like a sailor"}, "instruction"),
        ({"voice": Voice(VoiceKind.DESIGNED, description="A sailor.")}, "voices"),
    ],
)
async def test_roles_for_what_is_more_than_speaking(case: Case, used: dict[str, Any], use: str) -> None:
    plain: dict[str, Any] = {"roles": ("role:discord:1",)}
    await case.spaces.set(GUILD, blocked_roles=[f"{use}@role:discord:1"])
    assert await case.refused(**plain) == ""
    assert await case.refused(**plain, **used) == f"guard.role.{use}"
    assert await case.refused(roles=("role:discord:2",), **used) == ""
    await case.spaces.set(GUILD, blocked_roles=[], allowed_roles=[f"{use}@role:discord:1"])
    assert await case.refused(**plain, **used) == ""
    assert await case.refused(roles=("role:discord:2",)) == ""
    assert await case.refused(roles=("role:discord:2",), **used) == f"guard.role.{use}"
    assert await case.refused(account=ADMIN, roles=(), **used) == ""
    assert of_error(InputError(f"guard.role.{use}"), "zh") != of_error(InputError("guard.role"), "zh")


async def test_a_blocked_role_alone_lets_everyone_else_speak(case: Case) -> None:
    await case.spaces.set(GUILD, blocked_roles=["role:discord:6"])
    assert await case.refused() == ""
    assert await case.refused(roles=("role:discord:6",)) == "guard.role"


async def test_channels(case: Case) -> None:
    await case.spaces.set(GUILD, channels=["5", "6"])
    assert await case.refused(channel="5") == ""
    assert await case.refused(channel="6", account=BOB) == ""
    assert await case.refused(channel="55") == "guard.channel"
    assert await case.refused(account=None) == ""
    # A front end that does not say where it stands must not be a way around.
    assert await case.refused(channel="") == "guard.channel"


async def test_a_cooldown_is_each_persons_own_in_each_space(case: Case) -> None:
    await case.spaces.set(GUILD, cooldown=30)
    await case.spaces.set(Space("discord", "10"), cooldown=30)
    assert await case.refused(key="1") == ""
    case.clock.now = 29.5
    with pytest.raises(InputError) as caught:
        await case.policy.admit(replace(SAID, key="2"))
    assert (caught.value.code, caught.value.facts) == ("guard.cooldown", {"seconds": 1})
    assert "1 s" in of_error(caught.value, "en")
    assert await case.refused(key="3", account=BOB) == ""
    assert await case.refused(key="4", space=Space("discord", "10")) == ""
    assert await case.refused(key="5", space=None) == ""
    case.clock.now = 30
    assert await case.refused(key="6") == ""
    assert await case.refused(key="7") == "guard.cooldown"


async def test_a_cooldown_does_not_hold_admins_nor_the_operator(case: Case) -> None:
    await case.spaces.set(GUILD, cooldown=30)
    for account in (ADMIN, None):
        assert [await case.refused(account=account, key=str(n)) for n in range(2)] == ["", ""]


async def test_a_chat_that_is_read_aloud_has_no_cooldown(case: Case) -> None:
    await case.spaces.set(GUILD, cooldown=30)
    assert [await case.refused(key=key, lane=Lane.CALL) for key in "123"] == ["", "", ""]


async def test_a_role_has_a_cooldown_of_its_own(case: Case) -> None:
    await case.spaces.set(GUILD, cooldown=30)
    await case.spaces.rest(GUILD, "role:discord:7", 10)
    kept = await case.spaces.rest(GUILD, "role:discord:8", 20)
    assert (kept.cooldown, kept.role_cooldowns) == (30, {"role:discord:7": 10, "role:discord:8": 20})
    seven: dict[str, Any] = {"roles": ("role:discord:7",)}
    both: dict[str, Any] = {"roles": ("role:discord:8", "role:discord:7"), "account": BOB}
    assert [await case.refused(key="1", **held) for held in (seven, both)] == ["", ""]
    case.clock.now = 9
    assert [await case.refused(key="2", **held) for held in (seven, both)] == ["guard.cooldown"] * 2
    case.clock.now = 10
    assert [await case.refused(key="3", **held) for held in (seven, both)] == ["", ""]
    await case.spaces.rest(GUILD, "role:discord:7", None)
    case.clock.now = 25
    assert await case.refused(key="4", **seven) == "guard.cooldown"
    assert await case.refused(key="4", **both) == "guard.cooldown"


async def test_a_role_may_have_no_cooldown_at_all(case: Case) -> None:
    await case.spaces.set(GUILD, cooldown=30)
    await case.spaces.rest(GUILD, "role:discord:7", 0)
    assert [await case.refused(key=key, roles=("role:discord:7",)) for key in "123"] == ["", "", ""]


@pytest.mark.parametrize(("role", "seconds", "code"), [("r", 3601, "space.cooldown"), ("r" * 129, 1, "name.too_long")])
async def test_a_role_s_cooldown_is_bounded(case: Case, role: str, seconds: int, code: str) -> None:
    with pytest.raises(InputError, match=code.replace(".", r"\.")):
        await case.spaces.rest(GUILD, role, seconds)
    assert (await case.spaces.get(GUILD)).role_cooldowns == {}


async def test_the_host_s_cooldown_holds_everywhere(case: Case) -> None:
    case.with_cooldown(60)
    assert await case.refused(key="1") == ""
    case.clock.now = 59
    for place in (GUILD, Space("discord", "10"), None):
        assert await case.refused(key="2", space=place) == "guard.cooldown"
        assert await case.refused(key="2", space=place, account=ADMIN) == ""
    assert await case.refused(key="2", account=BOB) == ""
    case.clock.now = 60
    assert await case.refused(key="3", space=None) == ""


async def test_the_longer_of_both_rests_is_told(case: Case) -> None:
    case.with_cooldown(60)
    await case.spaces.set(GUILD, cooldown=90)
    assert await case.refused(key="1") == ""
    with pytest.raises(InputError) as caught:
        await case.policy.admit(replace(SAID, key="2"))
    assert caught.value.facts == {"seconds": 90}
    case.clock.now = 60
    assert await case.refused(key="3", space=None) == ""  # the space's rest goes on
    case.clock.now = 90
    with pytest.raises(InputError) as caught:
        await case.policy.admit(replace(SAID, key="4"))
    assert caught.value.facts == {"seconds": 30}


async def test_the_host_sets_a_cooldown_for_an_account_and_a_role(case: Case) -> None:
    await case.ledger.set_override(Override(ANN.scope, cooldown=60))
    await case.ledger.set_override(Override("role:discord:7", cooldown=10))
    assert [await case.refused(key=key) for key in "12"] == ["", "guard.cooldown"]
    assert [await case.refused(key=key, account=BOB) for key in "12"] == ["", ""]
    case.clock.now = 10
    assert await case.refused(key="3") == "guard.cooldown"
    assert await case.refused(key="3", roles=("role:discord:7",)) == ""


async def test_whom_the_host_holds_to_no_limit_needs_no_rest(case: Case) -> None:
    case.with_cooldown(60)
    await case.spaces.set(GUILD, cooldown=90)
    await case.ledger.set_override(Override("role:discord:7", unlimited=True))
    assert [await case.refused(key=key, roles=("role:discord:7",)) for key in "123"] == ["", "", ""]


async def test_of_many_at_once_one_passes(case: Case) -> None:
    await case.spaces.set(GUILD, cooldown=30)
    codes = await asyncio.gather(*(case.refused(key=str(n)) for n in range(10)))
    assert sorted(codes) == ["", *["guard.cooldown"] * 9]


async def test_a_refusal_for_another_reason_begins_no_cooldown(case: Case) -> None:
    await case.spaces.set(GUILD, cooldown=30, blocked_words=["darn"])
    assert await case.refused(key="1", text="darn") == "guard.word"
    await case.policy.check(replace(SAID, key="2"))
    assert await case.refused(key="3") == ""
    await case.policy.check(replace(SAID, key="4"))


async def test_a_second_delivery_of_the_same_wish_is_left_to_the_ledger(case: Case) -> None:
    await case.spaces.set(GUILD, cooldown=30)
    assert [await case.refused(key=key) for key in ("1", "1", "2")] == ["", "", "guard.cooldown"]


async def test_only_so_many_cooldowns_are_remembered(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.speech.policy._MOST_RESTING", 3)
    monkeypatch.setattr(case.policy, "_cooldowns", Cooldowns(lambda: 0.0))
    await case.spaces.set(GUILD, cooldown=30)
    for number in range(5):
        assert await case.refused(account=Account("discord", f"x{number}"), key=str(number)) == ""
    assert len(case.policy._cooldowns._last) == 3
    assert await case.refused(account=Account("discord", "x4"), key="again") == "guard.cooldown"


@pytest.mark.parametrize("account", [ANN, ADMIN, None])
@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Well, Ｄａ\u200bｒｎ it."},
        {"text": "<style>da</style>rn", "spoken": "darn"},
        {"text": "you 🍆", "spoken": "you"},
        {"styles": ("Happy", "darn")},
        {"instruction": "Say it like darn."},
        {"voice": Voice(VoiceKind.DESIGNED, description="A darn old man.")},
        {"text": "太该死了"},
        {"text": "x " * 5000 + "darn"},
    ],
)
async def test_a_blocked_word_stops_everyone(case: Case, account: Account | None, changes: dict[str, Any]) -> None:
    await case.spaces.set(GUILD, blocked_words=["darn", "该死", "🍆"])
    assert await case.refused(account=account, **changes) == "guard.word"
    assert await case.refused(account=account, space=Space("discord", "10"), **changes) == ""


async def test_which_word_it_was_is_told_to_nobody(case: Case) -> None:
    await case.spaces.set(GUILD, blocked_words=["darn"])
    with pytest.raises(InputError) as caught:
        await case.policy.admit(replace(SAID, text="darn"))
    assert caught.value.facts == {}
    for language in ("en", "zh"):
        assert "darn" not in of_error(caught.value, language)


async def test_a_long_harmless_text_passes(case: Case) -> None:
    await case.spaces.set(GUILD, blocked_words=["darn"])
    assert await case.refused(text="darned " * 3000) == ""


# Through the synthesis core


async def _rows(house: House) -> int:
    database = house.ledger._database
    return await database.read(lambda c: c.execute(select(func.count()).select_from(ledger_table)).scalar_one())


async def test_a_blocked_word_is_refused_at_the_waist_and_nothing_is_charged(
    mimo_house: House, mimo: MimoServer
) -> None:
    await mimo_house.core.spaces.set(GUILD, blocked_words=["darn"])
    for said in (
        replace(SAID, text="Da<b>r</b>n it all."),
        replace(SAID, text="Darn " + "it all " * 500, account=None),
    ):
        with pytest.raises(InputError, match=r"guard\.word"):
            await mimo_house.speech.speak(said, Recording())
        with pytest.raises(InputError, match=r"guard\.word"):
            await mimo_house.speech.explain(said)
    assert (mimo.calls, await _rows(mimo_house)) == ([], 0)
    assert (await mimo_house.ledger.usage(ANN.scope)).requests == 0
    receipt = await mimo_house.speech.speak(SAID, Recording())
    assert (receipt.charged, len(mimo.calls), await _rows(mimo_house)) == (len(SAID.text), 1, 1)


async def test_the_waist_knows_the_admins_of_the_configuration(build_house: BuildHouse) -> None:
    house = await build_house(speech={"providers": ["espeak"]}, quota={"admins": ["discord:3"]})
    await house.core.spaces.set(GUILD, allowed_roles=["role:discord:7"], cooldown=60)
    for number in range(2):
        await house.speech.speak(replace(SAID, account=ADMIN, key=str(number)), Recording())
    with pytest.raises(InputError, match=r"guard\.role"):
        await house.speech.speak(replace(SAID, key="3"), Recording())
    receipt = await house.speech.speak(replace(SAID, key="4", roles=("role:discord:7",)), Recording())
    assert receipt.clip.seconds > 0.2
    with pytest.raises(InputError, match=r"guard\.cooldown"):
        await house.speech.speak(replace(SAID, key="5", roles=("role:discord:7",)), Recording())


async def test_a_second_delivery_in_the_cooldown_stays_silent(house: House) -> None:
    await house.core.spaces.set(GUILD, cooldown=60)
    await house.speech.speak(SAID, Recording())
    with pytest.raises(DuplicateError):
        await house.speech.speak(SAID, Recording())


@pytest.mark.parametrize(
    ("fault", "code", "then"),
    [("402", "provider.balance", ""), ("421", "provider.moderation", "guard.cooldown")],
)
async def test_who_got_nothing_need_not_rest_unless_the_text_was_refused(
    build_house: BuildHouse, mimo: MimoServer, fault: str, code: str, then: str
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"]},
        quota={"account_cooldown_seconds": 600},
    )
    await house.core.spaces.set(GUILD, cooldown=600)
    mimo.faults.append(Fault(fault))
    assert await _told(house, "1") == code
    assert await _told(house, "2") == then
    assert await _told(house, "3") == "guard.cooldown"


async def _told(house: House, key: str) -> str:
    """The code of what went wrong; empty where it was spoken."""
    try:
        await house.speech.speak(replace(SAID, key=key), Recording())
    except BotError as error:
        return error.code
    return ""


async def test_who_was_charged_rests_though_it_broke_off(mimo_house: House) -> None:
    """Part of it was synthesized and charged: a command that is cancelled again and again is no way round a rest."""
    await mimo_house.core.spaces.set(GUILD, cooldown=60)

    class Leaving(Listener):
        """Listens to one segment, then goes."""

        async def ready(self) -> None:
            if self.packets:
                raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await mimo_house.speech.speak(replace(SAID, text="Hello there. " + "And more. " * 40), Leaving())
    assert (await mimo_house.ledger.usage(ANN.scope)).characters == len("Hello there.")
    with pytest.raises(InputError, match=r"guard\.cooldown"):
        await mimo_house.speech.speak(replace(SAID, key="another"), Listener())


async def test_a_recording_that_was_cancelled_is_free_and_counts_as_a_request_and_for_the_rest(
    mimo_house: House,
) -> None:
    await mimo_house.core.spaces.set(GUILD, cooldown=60)
    request = replace(SAID, text="Hello there. " + "And more words. " * 60, lane=Lane.JOB)
    speaking: list[asyncio.Task[object]] = []
    done: list[int] = []

    def cancel(ready: int, parts: int) -> None:
        assert ready < parts
        done.append(ready)
        speaking[0].cancel()

    speaking.append(asyncio.create_task(mimo_house.speech.speak(request, Recording(), cancel)))
    with pytest.raises(asyncio.CancelledError):
        await speaking[0]
    assert done == [1]
    used = await mimo_house.ledger.usage(ANN.scope)
    assert (used.characters, used.requests) == (0, 1)
    assert await mimo_house.ledger.audit() == []
    with pytest.raises(InputError, match=r"guard\.cooldown"):
        await mimo_house.speech.speak(replace(SAID, key="another"), Recording())


async def test_a_recording_of_which_a_later_part_is_refused_is_free_and_counts_as_a_request(
    mimo_house: House, mimo: MimoServer
) -> None:
    request = replace(SAID, text="Hello there. " + "And more words. " * 60, lane=Lane.JOB)

    def refuse(_ready: int, _parts: int) -> None:
        mimo.faults.append(Fault("421"))

    with pytest.raises(ProviderError, match=r"provider\.moderation"):
        await mimo_house.speech.speak(request, Recording(), refuse)
    used = await mimo_house.ledger.usage(ANN.scope)
    assert (used.characters, used.requests) == (0, 1)
    assert await mimo_house.ledger.audit() == []


async def test_who_left_before_anything_was_charged_need_not_rest(mimo_house: House) -> None:
    await mimo_house.core.spaces.set(GUILD, cooldown=60)

    class Gone(Listener):
        """Listens to nothing."""

        async def ready(self) -> None:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await mimo_house.speech.speak(SAID, Gone())
    assert (await mimo_house.ledger.usage(ANN.scope)).characters == 0
    await mimo_house.speech.speak(replace(SAID, key="another"), Listener())


async def test_explaining_begins_no_cooldown(house: House) -> None:
    await house.core.spaces.set(GUILD, cooldown=60)
    await house.speech.explain(SAID)
    await house.speech.explain(replace(SAID, key="2"))
    assert (await house.speech.speak(SAID, Recording())).clip.seconds > 0.2


async def test_a_block_by_another_process_reaches_the_waist(house: House, tmp_path: Path) -> None:
    async with Database.open(tmp_path / "data") as other:
        await BlockedAccounts(other).block(BOB)
    with pytest.raises(InputError, match=r"guard\.blocked_account"):
        await house.speech.speak(replace(SAID, account=BOB), Recording())


async def test_a_failure_after_characters_were_charged_leaves_the_cooldown(case: Case) -> None:
    policy = case.with_cooldown(30)

    async def fails(charged: int) -> str:
        """The refusal of what is asked next."""
        await policy.admit(SAID, SAID.text)
        with pytest.raises(StoreError), policy.refund_cooldown_on_failure([SAID], lambda: charged):
            raise StoreError("store.busy")
        return await case.refused(key="next")

    assert await fails(0) == ""
    case.clock.now += 60
    assert await fails(1) == "guard.cooldown"
