"""Every command, button and query on Telegram, and who may use it: one row for each.

A command or a button that is new fails here until it has a row.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from telegram.ext import ApplicationBuilder

from bot.model import Account, Space
from bot.platforms.telegram.handlers import COMMANDS as LISTED
from bot.platforms.telegram.handlers import PRESSES as BUTTONS
from bot.platforms.telegram.handlers import register
from bot.store.accounts import BlockedAccounts
from bot.texts import LANGUAGES, say
from tests.conftest import House
from tests.fakes.telegram_chats import ANN, ANONYMOUS, BO, LI, Chat, Json, Person, commands
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import Launch, buttons, fixture_launch, fixture_server  # noqa: F401  fixtures
from tests.telegram_reading_case import GROUP, Village, open_village

CHANNEL: Json = {"id": -1_000_777, "type": "channel", "title": "A channel of somebody"}
CHANNEL_BOT: Json = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
STRANGER = Person(1009, "Stranger")
HIDDEN = Person(555, "Hidden")
"""Administers the group anonymously: presses buttons as a person, writes as the group."""
ACTORS = ("stranger", "member", "moderator", "foreign", "anonymous", "channel")
"""Who writes in private; members, administrators of this group and of another one; who writes as the group, or as a
channel."""
CODES = (
    "telegram.admins_only", "telegram.dictionary.admins_only", "telegram.groups_only", "telegram.channel_settings",
    "telegram.read.private", "telegram.old_button", "waiting.over", "guard.blocked_account", "error.unexpected",
    "telegram.hint", "words.gone", "dictionary.ask_gone",
)  # fmt: skip
"""Sentences that refuse somebody for who they are, and those that must not come at all."""
ALL: dict[str, str] = {}
ADMINS = dict.fromkeys(("member", "foreign", "channel"), "telegram.admins_only")
GROUP_ADMINS = ADMINS | {"stranger": "telegram.groups_only"}
NO_CHANNEL = {"channel": "telegram.channel_settings"}
DICTIONARY = dict.fromkeys(("member", "foreign", "channel"), "telegram.dictionary.admins_only")
COMMANDS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "say": [("Hello.", ALL)],
    "sing": [("La la.", ALL)],
    "voice": [("", ALL), ("en", NO_CHANNEL), ("-", NO_CHANNEL)],
    "style": [("", ALL), ("Happy", NO_CHANNEL)],
    "quota": [("", ALL)],
    "settings": [
        ("", ALL), ("cooldown", {"stranger": "telegram.groups_only"}), ("words off", GROUP_ADMINS),
        ("admins off", GROUP_ADMINS), ("block pineapple", GROUP_ADMINS), ("everywhere", GROUP_ADMINS),
        ("admins_cooldown 0", GROUP_ADMINS),
    ],
    "who": [("", ADMINS)],
    "read": [("", {"stranger": "telegram.read.private"}), ("off", ADMINS | {"stranger": "telegram.read.private"})],
    "reading": [
        ("", ALL), ("nickname Somebody", NO_CHANNEL), ("names off", GROUP_ADMINS), ("admins none", GROUP_ADMINS),
        ("ignore 5", GROUP_ADMINS), ("unignore 5", GROUP_ADMINS),
    ],
    "dictionary": [
        ("", ALL), ("list", ALL), ("export", ALL), ("add btw = by the way", DICTIONARY), ("remove btw", DICTIONARY),
        ("import", DICTIONARY),
    ],
    "why": [("", ALL)],
    "explain": [("", ALL)],
    "doctor": [("", GROUP_ADMINS)],
    "help": [("", ALL)],
    "start": [("", ALL)],
}  # fmt: skip
"""By command: what is typed after it, and who is refused with which sentence; whoever is not named may."""
PRESSERS = {"member": BO, "moderator": ANN, "foreign": LI, "hidden": HIDDEN}
PRESSES: dict[str, tuple[str, dict[str, str]]] = {
    "s": ("s:whisper:{token}", ALL),  # who presses pays
    "r": ("r:{token}", ALL),
    "w": ("w:{token}", ALL),
    "v": ("v:en", ALL),  # sets what is the presser's own
    "t": ("t:happy", ALL),
    "f": ("f:t:on:happy", ALL),
    "l": ("l:en", ALL),
    "g": ("g:words:off", dict.fromkeys(("member", "foreign"), "telegram.admins_only")),
    "o": ("o:voice", dict.fromkeys(("member", "foreign"), "telegram.admins_only")),
    "p": ("p:readme:on", ALL),  # the presser's own
    "q": ("q:{token}", ALL),
    "i": ("i:yes:AAAAAAAAAAAA", dict.fromkeys(PRESSERS, "dictionary.ask_gone")),  # nothing of theirs waits
    "x": ("x:AAAAAAAAAAAA", dict.fromkeys(PRESSERS, "waiting.over")),  # nothing of theirs waits
}
"""By letter, under a message in the group."""
KINDS = {"CommandHandler", "MessageHandler", "CallbackQueryHandler", "InlineQueryHandler", "ChosenInlineResultHandler"}
"""What updates are answered: commands, words and guests, buttons, queries, what was chosen of these."""


@dataclass
class Scene:
    """A bot in a group, and everybody who tries things."""

    village: Village
    voice: Json
    """A voice of the bot in the group, which answers can be about."""

    @property
    def server(self) -> TelegramServer:
        return self.village.server

    def new_group(self) -> None:
        """Go on in another group: Telegram takes 20 messages a minute in each."""
        group = self.server.group(self.village.group.id - 1)
        group.admins |= {ANN.id, HIDDEN.id}
        group.anonymous.add(HIDDEN.id)
        self.village.group = group

    async def answered(self, text: str, actor: str, about: Json | None) -> str:
        """The code of the sentence by which somebody was refused; empty where they were not."""
        self.village.time.pass_by(60)  # nobody floods
        before = {name: len(self.server.asked(name)) for name in ("sendMessage", "sendVoice", "sendDocument")}
        await self._write(text, actor, about)
        await self.server.until(lambda: any(len(self.server.asked(name)) > count for name, count in before.items()))
        await self.server.all_acknowledged()
        said = self.server.asked("sendMessage")[before["sendMessage"] :]
        return next((code for call in said if (code := refusal(call.params["text"]))), "")

    async def _write(self, text: str, actor: str, about: Json | None) -> None:
        group, people = self.village.group, {"member": BO, "moderator": ANN, "foreign": LI}
        if actor == "stranger":
            await self.server.text(text, user=STRANGER)
        elif actor in people:
            await self.server.text(text, user=people[actor], chat=group, reply_to=about)
        else:
            sender, chat = (ANONYMOUS, group.json) if actor == "anonymous" else (CHANNEL_BOT, CHANNEL)
            more: dict[str, Any] = {"text": text, "entities": commands(text), "reply_to_message": about}
            await self.server.write(sender, group, sender_chat=chat, **more)


def refusal(text: str) -> str:
    return next((code for code in CODES if text.startswith(_begin(code))), "")


def _begin(code: str) -> str:
    return LANGUAGES["en"][code].partition("{")[0]


@pytest.fixture(name="scene")
async def fixture_scene(launch: Launch, server: TelegramServer, house: House) -> Any:
    await house.services.requests.spaces.set(Space("telegram", str(GROUP)), language="en")
    await house.services.requests.preferences.set(Account("telegram", str(LI.id)), language="en")
    other = server.group(-1011, "Another village")
    other.admins.add(LI.id)
    async with open_village(launch, server, house.services) as village:
        village.group.admins.add(HIDDEN.id)
        await server.text("/say Something to talk about.", user=BO, chat=village.group)
        (voice,) = await village.voices()
        yield Scene(village, voice.result)


def _about(scene: Scene, name: str) -> Json | None:
    return scene.voice if name in ("who", "why", "explain") else None


async def test_commands(scene: Scene) -> None:
    found = {}
    for name, typed, refused in ((name, *row) for name, rows in COMMANDS.items() for row in rows):
        scene.new_group()
        for actor in ACTORS:
            code = await scene.answered(f"/{name} {typed}".strip(), actor, _about(scene, name))
            if code != refused.get(actor, ""):
                found[f"/{name} {typed} by {actor}"] = code
    assert found == {}


async def test_buttons(scene: Scene) -> None:
    token = next(iter(buttons(scene.voice).values())).rpartition(":")[2]
    found, number = {}, 0
    for letter, (form, refused) in PRESSES.items():
        for actor, person in PRESSERS.items():
            data, number = form.format(token=token), number + 1
            scene.village.time.pass_by(60)  # nobody floods
            shown = {**scene.voice, "reply_markup": {"inline_keyboard": [[{"text": "?", "callback_data": data}]]}}
            await scene.server.press(shown, data, user=person)
            toast = (await scene.server.wait_for("answerCallbackQuery", number))[-1].params.get("text", "")
            await scene.server.all_acknowledged()
            if refusal(toast) != refused.get(actor, ""):
                found[f"{letter} by {actor}"] = toast
    assert found == {}


async def test_who_administers_is_asked_at_the_press(scene: Scene, house: House) -> None:
    data = "g:words:on"
    shown = {**scene.voice, "reply_markup": {"inline_keyboard": [[{"text": "?", "callback_data": data}]]}}
    scene.village.group.admins.discard(HIDDEN.id)
    await scene.server.press(shown, data, user=HIDDEN)
    (answer,) = await scene.server.wait_for("answerCallbackQuery")
    assert answer.params["text"] == say("telegram.admins_only", "en")
    await scene.server.press(shown, data, user=ANN)
    await scene.server.wait_for("answerCallbackQuery", 2)
    await scene.server.all_acknowledged()
    assert (await house.services.requests.spaces.get(Space("telegram", str(GROUP)))).show_words


async def test_an_administrator_is_taken_for_one_for_a_minute(scene: Scene) -> None:
    data = "g:words:on"
    shown = {**scene.voice, "reply_markup": {"inline_keyboard": [[{"text": "?", "callback_data": data}]]}}
    for number, said in ((1, ""), (2, ""), (3, say("telegram.admins_only", "en"))):
        await scene.server.press(shown, data, user=ANN)
        answer = (await scene.server.wait_for("answerCallbackQuery", number))[-1]
        await scene.server.all_acknowledged()
        assert answer.params.get("text", "") == said, number
        scene.village.group.admins.discard(ANN.id)
        if number == 2:
            scene.village.time.pass_by(61)


async def test_queries_and_guests(scene: Scene, house: House) -> None:
    """Anybody may ask in any chat, for what costs nothing there; who is blocked is offered nothing."""
    server = scene.server
    await BlockedAccounts(house.core.database).block(Account("telegram", str(STRANGER.id)))
    for number, (person, offered) in enumerate(((BO, True), (ANN, True), (STRANGER, False)), 1):
        await server.inline("Hello there", user=person)
        answer = (await server.wait_for("answerInlineQuery", number))[-1]
        assert ("style-whisper" in answer.params["results"]) == offered
        await server.guest("@mouthpiece_bot Hello there", user=person)
        guest = (await server.wait_for("answerGuestQuery", number))[-1]
        assert (_begin("guard.blocked_account") in str(guest.params)) != offered
    chosen = {"type": "article", "id": "style-whisper", "input_message_content": {"message_text": "Hello"}}
    sent = len(server.done("sendMessage"))
    await server.choose(chosen, Chat(-2002, "Elsewhere"), user=BO, typed="Hello")
    await server.all_acknowledged()
    assert len(server.done("sendMessage")) == sent, "what was chosen is noted and not answered"


def test_nothing_is_missing_here() -> None:
    assert set(LISTED) == set(COMMANDS)
    assert set(BUTTONS) == set(PRESSES)
    application = ApplicationBuilder().token("1:a").updater(None).build()
    context = SimpleNamespace(services=SimpleNamespace(moves=None), timings=None, aloud=None)
    register(application, context, lambda: 0.0)  # type: ignore[arg-type]
    assert {type(each).__name__ for group in application.handlers.values() for each in group} == KINDS
