"""Who pays for what is read in a call: each author, and the space, with a row for every message."""

import pytest
from sqlalchemy import select

from bot.model import Account
from bot.store import schema
from tests.call_evening import Evening
from tests.conftest import BuildHouse, until
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_world import User
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]


@pytest.fixture
async def paid(evening: Evening, build_house: BuildHouse, mimo: MimoServer) -> Evening:
    """An evening on the paid service alone, with nothing said yet."""
    await evening.move_in(
        await build_house(
            providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-test"}}, speech={"providers": ["mimo"]}
        )
    )
    await evening.join()
    return evening


def _scope(user: User) -> str:
    return Account("discord", str(user.id)).scope


async def _rows(evening: Evening, *messages: Message) -> list[tuple[str | None, str | None, str, int]]:
    """Account, space, state and characters of what some messages cost; nothing for those that cost nothing."""
    table = schema.ledger
    body = select(table).where(table.c.key.in_([f"discord:message:{message.id}" for message in messages]))
    found = await evening.house.core.database.read(
        lambda connection: connection.execute(body.order_by(table.c.key)).all()
    )
    return [(row.account, row.space, row.state, row.characters) for row in found]


async def test_each_message_is_its_authors_and_the_spaces(paid: Evening) -> None:
    (bob,) = await paid.enter("bob")
    written = await paid.write("Good evening."), await paid.write("And to you.", bob)
    assert await paid.outcomes(*written) == ["read"] * 2
    space = paid.space.scope
    assert await _rows(paid, *written) == [
        (_scope(paid.ada), space, "spent", len("Good evening.")),
        (_scope(bob), space, "spent", len("And to you.")),
    ]
    ledger = paid.house.ledger
    assert (await ledger.usage(_scope(bob))).characters == len("And to you.")
    assert (await ledger.usage(space)).characters >= len("Good evening.And to you.")
    assert await ledger.audit() == []


async def test_a_burst_is_one_request_and_a_row_for_each(paid: Evening, mimo: MimoServer) -> None:
    paid.session.hold("paused")
    words = ["One thing.", "And one more thing.", "That is all."]
    burst = [await paid.write(text) for text in words]
    await paid.offered(*burst)
    asked = len(mimo.calls)
    await paid.server.delete(burst[1])
    await until(lambda: paid.outcome(burst[1]) is not None)
    paid.session.release("paused")
    assert await paid.outcomes(*burst) == ["read", "unread.deleted", "read"]
    assert [call["messages"][-1]["content"] for call in mimo.calls[asked:]] == ["One thing.\nThat is all."]
    own, space = _scope(paid.ada), paid.space.scope
    assert await _rows(paid, *burst) == [(own, space, "spent", len(words[0])), (own, space, "spent", len(words[2]))]
    assert await paid.house.ledger.audit() == []


async def test_what_is_not_read_costs_nothing(paid: Evening, mimo: MimoServer) -> None:
    paid.session.hold("paused")
    asked = len(mimo.calls)
    written = [await paid.write(text) for text in ("Never mind.", "...")]
    await paid.offered(written[0])
    await paid.command("skip", all=True)
    assert (await paid.outcomes(written[0]))[0].startswith("unread.")
    assert mimo.calls[asked:] == []
    assert await _rows(paid, *written) == []
    assert await paid.house.ledger.audit() == []
