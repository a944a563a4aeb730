"""Buttons of Discord that were sent before: what they carry is written here as it was, and still works.

Nothing of it comes from the code, so that no change of the code changes it too. A message keeps its buttons for years:
add new forms here, and take none away.
"""

import numpy as np

from bot.model import Utterance
from bot.texts import say
from tests.conftest import House
from tests.discord_case import TEXT, Start, account, voices_of
from tests.fakes.discord_exchange import Exchange, Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import User

pytest_plugins = ["tests.discord_fixtures"]

VOICES = {
    "mp:again:TOKEN:c": (), "mp:again:TOKEN:p": (), "mp:free:TOKEN:c": (), "mp:free:TOKEN:p": (),
    "mp:style:TOKEN:c": ("Whisper",), "mp:style:TOKEN:p": ("Sad",), "mp:preview": ("en",),
}  # fmt: skip
"""Buttons and menus that have something spoken, and what is chosen from a menu."""
FILES = {"mp:file:TOKEN:ogg": "speech.ogg", "mp:file:TOKEN:wav": "speech.wav", "mp:file:TOKEN:mp3": "speech.mp3"}
SAID = {
    "mp:files:TOKEN:c": "discord.which_file", "mp:files:TOKEN:p": "discord.which_file", "mp:cancel:12": "waiting.over",
    "mp:import:yes:AAAAAAAAAAAA": "dictionary.ask_gone", "mp:import:no:AAAAAAAAAAAA": "dictionary.ask_gone",
}  # fmt: skip
"""Buttons that are answered by a sentence; a command that waits, and a file, are forgotten by a restart."""


async def _press(server: DiscordServer, panel: Message, custom_id: str, values: tuple[str, ...]) -> Exchange:
    part = {"type": 2, "style": 2, "label": "sent before", "custom_id": custom_id}
    if values:
        options = [{"label": value, "value": value} for value in values]
        part = {"type": 3, "custom_id": custom_id, "options": options}
    panel.data["components"] = [{"type": 1, "components": [part]}]
    return await server.press(panel, custom_id, *values)


async def _panel(server: DiscordServer, house: House) -> tuple[Message, str]:
    """A message to press under, and the token of words that its owner had spoken."""
    panel = await (await server.slash("say", {"text": TEXT})).answered()
    words = Utterance(TEXT, "discord:1", account=account(server))
    return panel, await house.services.requests.words.keep(words)


async def test_what_was_sent_is_spoken(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel, token = await _panel(server, house)
        for custom_id, values in VOICES.items():
            before = len(voices_of(server))
            press = await _press(server, panel, custom_id.replace("TOKEN", token), values)
            if custom_id.endswith(":c"):
                await server.until(lambda before=before: len(voices_of(server)) > before)  # type: ignore[misc]
            else:
                await server.until(lambda press=press: _has_sound(press))  # type: ignore[misc]
            await press.answered()


def _has_sound(press: Exchange) -> bool:
    return any(message.files for message in (press.original, *press.followups) if message is not None)


async def test_what_was_sent_is_handed_over(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel, token = await _panel(server, house)
        for custom_id, name in FILES.items():
            press = await _press(server, panel, custom_id.replace("TOKEN", token), ())
            assert (await press.answered()).files[0].filename == name


async def test_what_was_sent_is_answered(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel, token = await _panel(server, house)
        for custom_id, code in SAID.items():
            press = await _press(server, panel, custom_id.replace("TOKEN", token), ())
            assert (await press.answered()).content == say(code, "en"), custom_id


async def test_what_was_sent_deletes(server: DiscordServer, house: House, start: Start) -> None:
    """The ids of messages in base 36, joined by dots."""
    async with start(house.services):
        panel, _ = await _panel(server, house)
        sent = list(server.messages)
        assert len(sent) == 2
        names = [np.base_repr(message.id, 36).lower() for message in sent]
        press = await _press(server, panel, "mp:delete:" + ".".join(names), ())
        assert (await press.answered()).content == say("discord.deleted", "en")
    assert all(message.deleted for message in sent)


async def test_a_form_that_was_sent_is_taken(server: DiscordServer, house: House, start: Start, mod: User) -> None:
    async with start(house.services):
        opened = await server.slash("server blocklist", user=mod)
        form = await opened.form()
        assert form["custom_id"] == "mp:blocked"
        assert [part["component"]["custom_id"] for part in form["components"]] == ["field0"]
