"""Which refusals a person is told of, and how often."""

import pytest

from bot.errors import BotError, BusyError, CutOffError, InputError, QuotaError
from bot.model import Account
from bot.platforms.fairness import BURST, NOTICE, WAITING, FloodGuard, Verdict

ANN = Account("telegram", "1")
BUSY, SPENT, REST = BusyError("busy.wait"), QuotaError("quota.account_characters"), InputError("guard.cooldown")


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.mark.parametrize("rationed", [True, False])
@pytest.mark.parametrize("error", [BUSY, SPENT, REST])
def test_who_sends_a_few_commands_is_told_of_each_refusal(now: list[float], error: BotError, *, rationed: bool) -> None:
    policy = FloodGuard(lambda: now[0], rationed=rationed)
    for _ in range(WAITING + 1):
        assert policy.judge(ANN) is Verdict.ANSWER
        assert policy.may_refuse(ANN, error)


@pytest.mark.parametrize("rationed", [True, False])
def test_what_waited_long_is_refused_in_words(now: list[float], *, rationed: bool) -> None:
    policy = FloodGuard(lambda: now[0], rationed=rationed)
    for _ in range(BURST):
        policy.judge(ANN)
    now[0] += 300
    assert all(policy.may_refuse(ANN, BUSY) for _ in range(WAITING + 1))


@pytest.mark.parametrize("rationed", [True, False])
def test_who_sends_too_much_is_told_once_in_a_while(now: list[float], *, rationed: bool) -> None:
    policy = FloodGuard(lambda: now[0], rationed=rationed)
    for told in (True, False):
        for _ in range(BURST):
            policy.judge(ANN)
        assert [policy.may_refuse(ANN, error) for error in (BUSY, SPENT, REST)] == [told, False, False]
        now[0] += NOTICE / 2
    assert policy.may_refuse(ANN, CutOffError("cut_off.twice")), "an answer that is owed"
