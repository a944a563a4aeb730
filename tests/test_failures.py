"""What people are told of failures where messages are read aloud: each once, until it is over."""

from datetime import UTC, datetime

import pytest

from bot.errors import BotError, ErrorKind, InputError, ProviderError, QuotaError, StoreError
from bot.model import Account, Note
from bot.platforms.reading.messages import Told, unread_for

ANN, BO = Account("telegram", "1"), Account("telegram", "2")


def _quota(account: Account, day: int) -> QuotaError:
    return QuotaError("quota.account_characters", scope=account.scope, resets=datetime(2030, 1, day, tzinfo=UTC))


def _provider(kind: ErrorKind) -> ProviderError:
    return ProviderError("mimo", kind)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (_quota(ANN, 1), "unread.quota"),
        (InputError("text.empty"), "unread.empty"),
        (InputError("guard.word"), "unread.provider"),
        (StoreError("store.full"), "unread.store"),
        (TimeoutError(), "unread.provider"),
    ],
)
def test_the_gate_of_a_failure(error: BotError | TimeoutError, code: str) -> None:
    assert unread_for(error).code == code


def test_a_provider_that_is_out_of_reach_is_one_failure_until_somebody_is_spoken() -> None:
    told = Told()
    assert told.first_failure(_provider(ErrorKind.TIMEOUT), ANN)
    assert not told.first_failure(_provider(ErrorKind.CONNECTION), BO)
    told.works(BO)
    assert told.first_failure(_provider(ErrorKind.CONNECTION), ANN)


def test_a_text_that_is_refused_is_its_authors_failure() -> None:
    told = Told()
    assert told.first_failure(_provider(ErrorKind.MODERATION), ANN)
    assert not told.first_failure(_provider(ErrorKind.MODERATION), ANN)
    assert told.first_failure(_provider(ErrorKind.MODERATION), BO)
    told.works(BO)
    assert not told.first_failure(_provider(ErrorKind.MODERATION), ANN)
    told.works(ANN)
    assert told.first_failure(_provider(ErrorKind.MODERATION), ANN)


def test_a_quota_is_told_once_until_it_begins_anew() -> None:
    told = Told()
    assert told.first_failure(_quota(ANN, 1), ANN)
    told.works(ANN)
    assert not told.first_failure(_quota(ANN, 1), ANN)
    assert told.first_failure(_quota(BO, 1), BO)
    assert told.first_failure(_quota(ANN, 2), ANN)


def test_notes_are_told_until_they_are_not_so_any_more() -> None:
    told = Told()
    backup = Note("note.backup", (("provider", "espeak"),))
    quota = Note("note.quota_built_in", (("provider", "espeak"), ("scope", ANN.scope), ("until", "2030-01-01")))
    assert told.new_notes([backup, quota]) == [backup, quota]
    assert told.new_notes([backup, quota]) == []
    assert told.new_notes([]) == []
    assert told.new_notes([backup, quota]) == [backup], "a quota is not over because a clip was there already"


def test_what_was_told_is_bounded() -> None:
    told = Told()
    assert all(told.first("", str(number)) for number in range(10_000))
    assert len(told._told) < 1000
