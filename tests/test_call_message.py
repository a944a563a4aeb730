"""A message of Discord in the words of reading aloud."""

import asyncio
from collections.abc import Awaitable

import discord
import pytest

from bot.model import Account
from bot.normalization.message import Attachment, AttachmentKind, ChatMessage
from bot.platforms.discord.call.messages import chat_message, has_content, heard_of, is_speech
from bot.store.sessions import Binding
from tests.call_evening import Evening
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_world import Role, User

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]


async def _seen(evening: Evening, writing: Awaitable[Message], author: str = "") -> discord.Message:
    """What discord.py makes of a message; ``author`` where others may still be on their way."""
    heard = asyncio.ensure_future(evening.bot.wait_for("message", check=lambda one: author in ("", one.author.name)))
    await asyncio.sleep(0)
    await writing
    message = await asyncio.wait_for(heard, 5)
    assert isinstance(message, discord.Message)
    return message


async def test_plain_words(evening: Evening) -> None:
    message = await _seen(evening, evening.write("Hello."))
    assert chat_message(message) == ChatMessage("Hello.", author="Ada")
    assert is_speech(message)
    assert has_content(message)


async def test_names_stand_beside_what_is_mentioned(evening: Evening) -> None:
    bob = User("bob")
    words = f"<@{bob.id}> look at <#{evening.general.id}>"
    message = chat_message(await _seen(evening, evening.write(words, mentions=[bob])))
    assert message.users == {str(bob.id): "Bob"}
    assert message.channels == {str(evening.general.id): "general"}


async def test_what_comes_beside_the_words(evening: Evening) -> None:
    message = chat_message(
        await _seen(evening, evening.write("", files=["cat.png", "notes.txt"], stickers=["Wave"], poll="Tea?"))
    )
    assert message.attachments == (Attachment(AttachmentKind.IMAGE), Attachment(AttachmentKind.TEXT))
    assert message.stickers == ("Wave",)
    assert message.poll is not None
    assert message.poll.question == "Tea?"
    assert message.poll.options == ("Yes", "No")


async def test_an_answer_names_whom_it_answers(evening: Evening) -> None:
    bob = User("bob")
    asked = await evening.write("Where are you?", bob)
    answer = heard_of(await _seen(evening, evening.write("Here.", reply_to=asked), "ada"), None, None)
    assert answer.message.reply_to == "Bob"
    assert answer.answered == Account("discord", str(bob.id))
    asked.deleted = True
    answer = heard_of(await _seen(evening, evening.write("Here!", reply_to=asked), "ada"), None, None)
    assert (answer.message.reply_to, answer.answered) == ("", None)
    assert heard_of(await _seen(evening, evening.write("Hm.")), None, None).answered is None


async def test_what_is_forwarded_is_read_in_place_of_the_empty_words(evening: Evening) -> None:
    snapshot = {
        "type": 0, "content": "As it was said.", "embeds": [], "attachments": [], "flags": 0, "mentions": [],
        "timestamp": "2026-01-01T00:00:00.000000+00:00", "edited_timestamp": None, "mention_roles": [],
    }  # fmt: skip
    message = chat_message(await _seen(evening, evening.write("", snapshots=[{"message": snapshot}])))
    assert message.text == "As it was said."
    assert message.forwarded_from == ""


async def test_silent_and_system_messages(evening: Evening) -> None:
    assert chat_message(await _seen(evening, evening.write("Psst.", silent=True))).silent
    assert not is_speech(await _seen(evening, evening.write("", type=7)))


@pytest.mark.parametrize("muted", [False, True])
async def test_who_wrote_it_from_which_seat(evening: Evening, muted: bool) -> None:
    role = Role("singer")
    evening.server.world.add_member(evening.server.world.home, evening.ada, role)
    evening.server.world.home.voice_states[evening.ada.id].mute = muted
    await evening.stop()
    await evening.start()
    voice_channel = evening.bot.get_channel(evening.lounge.id)
    assert isinstance(voice_channel, discord.VoiceChannel)
    message = await _seen(evening, evening.write("Hello."))
    binding = Binding(evening.space, str(evening.general.id), voice="Mia", style="whisper", max_characters=99)
    heard = heard_of(message, voice_channel, binding)
    assert heard.account.id == str(evening.ada.id)
    assert heard.space == evening.space
    assert heard.channel == str(evening.general.id)
    assert heard.roles == (f"role:discord:{role.id}",)
    assert (heard.in_call, heard.muted) == (True, muted)
    assert (heard.voice, heard.style, heard.max_characters) == ("Mia", "whisper", 99)
    attic = evening.bot.get_channel(evening.attic.id)
    assert isinstance(attic, discord.VoiceChannel)
    assert not heard_of(message, attic, None).in_call


async def test_an_edit_is_another_wish(evening: Evening) -> None:
    written = await evening.write("Draft.")
    edited = asyncio.ensure_future(evening.bot.wait_for("raw_message_edit"))
    await asyncio.sleep(0)
    await evening.server.edit(written, "Final.")
    heard = heard_of((await asyncio.wait_for(edited, 5)).message, None, None)
    assert heard.id == str(written.id)
    assert heard.key != f"discord:message:{written.id}"
    assert heard.message.text == "Final."


async def test_webhooks_and_bots_are_told_apart(evening: Evening) -> None:
    hook = heard_of(await _seen(evening, evening.write("Ping.", User("hook", bot=True), webhook=True)), None, None)
    assert (hook.is_webhook, hook.is_bot) == (True, True)
    other = heard_of(await _seen(evening, evening.write("Pong.", User("other", bot=True))), None, None)
    assert (other.is_webhook, other.is_bot) == (False, True)
