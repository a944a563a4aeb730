"""People who write as a channel of theirs: one account for all of them in a group, blocked by either name."""

from typing import Any

import pytest

from bot.cli import names
from bot.errors import InputError
from bot.model import Account, Space
from bot.store.accounts import BlockedAccounts
from bot.texts import LANGUAGES, say
from tests.conftest import BuildHouse, House
from tests.fakes.telegram_chats import ANN, ANONYMOUS, Chat, Json, commands
from tests.fakes.telegram_requests import Call
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import Launch, fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Village, open_village

CHANNEL_BOT: Json = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
"""Who writes, by Telegram's word, where somebody writes as a channel."""
SHARED = Space("telegram", str(GROUP)).channel_senders
FIRST, SECOND = -1_000_777, -1_000_778


def channel(number: int) -> Json:
    return {"id": number, "type": "channel", "title": f"Channel {-number}"}


async def write_as(server: TelegramServer, group: Chat, chat: Json, text: str, **more: Any) -> Json:
    sender = ANONYMOUS if chat["id"] == group.id else CHANNEL_BOT
    update = await server.write(sender, group, text=text, sender_chat=chat, entities=commands(text) or None, **more)
    message: Json = update["message"]
    return message


async def told_as(village: Village, number: int, text: str, **more: Any) -> str:
    """What a channel is answered in words."""
    count = len(village.server.done("sendMessage"))
    await write_as(village.server, village.group, channel(number), text, **more)
    return str((await village.server.wait_for("sendMessage", count + 1))[count].params["text"])


async def heard_as(village: Village, number: int, text: str) -> Call:
    count = len(village.server.done("sendVoice"))
    await write_as(village.server, village.group, channel(number), text)
    return (await village.server.wait_for("sendVoice", count + 1))[count]


async def used(house: House, account: Account) -> int:
    return (await house.ledger.usage(account.scope, "builtin")).characters


@pytest.fixture
async def small(build_house: BuildHouse) -> House:
    """Forty characters a day for each account."""
    return await build_house(speech={"providers": ["espeak"]}, quota={"builtin_characters_per_day": 40})


async def test_channels_share_one_quota(small: House, launch: Launch, server: TelegramServer) -> None:
    async with open_village(launch, server, small.services) as village:
        await heard_as(village, FIRST, "/say Twenty letters, yes.")
        refused = await told_as(village, SECOND, "/say Another channel has none left.")
        assert "20 of 40" in refused
        group = village.group
        await write_as(server, group, group.json, "/say The admins do.")  # who writes as the group has its own
        await server.wait_for("sendVoice", 2)
        await server.all_acknowledged()
    assert await used(small, SHARED) == len("Twenty letters, yes.")
    assert await used(small, Account("telegram", str(GROUP))) == len("The admins do.")
    for number in (FIRST, SECOND):
        assert await used(small, Account("telegram", str(number))) == 0


async def test_channels_share_one_cooldown(house: House, launch: Launch, server: TelegramServer) -> None:
    await house.services.requests.spaces.set(Space("telegram", str(GROUP)), cooldown=600)
    async with open_village(launch, server, house.services) as village:
        await heard_as(village, FIRST, "/say One.")
        rest = LANGUAGES["en"]["guard.cooldown"].partition("{")[0]
        assert (await told_as(village, SECOND, "/say Two.")).startswith(rest)


@pytest.mark.parametrize("typed", [f"telegram:{FIRST}", f"telegram:{GROUP}/channels"])
async def test_a_block_holds_for_one_channel_or_for_all(
    house: House, launch: Launch, server: TelegramServer, typed: str
) -> None:
    blocked = BlockedAccounts(house.core.database)
    await blocked.block(names.account(typed))
    async with open_village(launch, server, house.services) as village:
        assert await told_as(village, FIRST, "/say Me?") == say("guard.blocked_account", "en")
        if "/" in typed:
            assert await told_as(village, SECOND, "/say Me?") == say("guard.blocked_account", "en")
        else:
            await heard_as(village, SECOND, "/say Me?")
        await village.tell("/read on")
        voices = len(server.done("sendVoice"))
        first = await write_as(server, village.group, channel(FIRST), "Read me.")
        await village.known(first)
        outcome = house.services.reader.outcomes.get(f"{GROUP}:{first['message_id']}")
        assert getattr(outcome, "code", outcome) == "unread.blocked_account"
        assert len(server.done("sendVoice")) == voices


async def test_reading_aloud_charges_all_channels_together_and_names_each(
    house: House, launch: Launch, server: TelegramServer
) -> None:
    async with open_village(launch, server, house.services) as village:
        await village.tell("/read on")
        written = [await write_as(server, village.group, channel(n), "Good morning.") for n in (FIRST, SECOND)]
        for message in written:
            await village.known(message)
        await village.tell(f"/reading ignore {FIRST}")
        ignored = await write_as(server, village.group, channel(FIRST), "Not me any more.")
        await village.known(ignored)
        outcome = house.services.reader.outcomes.get(f"{GROUP}:{ignored['message_id']}")
        assert getattr(outcome, "code", outcome) == "unread.ignored"
    assert await used(house, SHARED) > 0
    assert (
        await used(house, Account("telegram", str(FIRST))) == await used(house, Account("telegram", str(SECOND))) == 0
    )


async def test_a_channel_is_no_administrator_and_changes_nothing(
    house: House, launch: Launch, server: TelegramServer
) -> None:
    async with open_village(launch, server, house.services) as village:
        admins = say("telegram.admins_only", "en")
        for command in ("/settings words on", "/read on", "/reading names off", "/dictionary add a = b"):
            answer = await told_as(village, FIRST, command)
            assert answer in (admins, say("telegram.dictionary.admins_only", "en")), command
        own = say("telegram.channel_settings", "en")
        for command in ("/voice en", "/style Happy", "/reading nickname Bob"):
            assert await told_as(village, FIRST, command) == own, command
        voice = await heard_as(village, FIRST, "/say Who am I?")
        assert await told_as(village, FIRST, "/who", reply_to_message=voice.result) == admins
        answer = await village.said("/who", ANN, reply_to=voice.result)
        assert str(FIRST) in answer, "the group's administrators learn which channel it was"
    assert (await house.services.requests.preferences.get(SHARED)).voice == ""


async def test_what_channels_share_follows_a_group_to_its_new_id(house: House) -> None:
    old, new = Space("telegram", "-5"), Space("telegram", "-1005")
    blocked = BlockedAccounts(house.core.database)
    await blocked.block(old.channel_senders)
    await house.services.moves.move(old, new)
    assert await blocked.is_blocked(new.channel_senders)


@pytest.mark.parametrize(
    "typed", ["telegram:-1001/channels/channels", "telegram:/channels", "telegram:²", "discord:１"]
)
def test_what_is_no_account_is_refused(typed: str) -> None:
    with pytest.raises(InputError):
        names.account(typed)
