"""Every command, menu, button, form and list of suggestions on Discord, and who may use it: one row for each.

A command or a button that is new fails here until it has a row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.errors import BotError
from bot.model import Account, Space
from bot.platforms.fairness import FloodGuard
from bot.texts import LANGUAGES, say
from tests.call_evening import Evening
from tests.fakes.discord_exchange import Exchange, Message
from tests.fakes.discord_world import Channel, Role, User

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]

ACTORS = ("stranger", "member", "seated", "moderator", "foreign")
"""Who uses the app in a server without the bot; who is in this one, in the call, moderates it, moderates another."""
CODES = (
    "discord.moderators_only", "discord.not_yours", "discord.old_button", "discord.not_allowed", "discord.failed",
    "discord.channel_gone",
    "call.only_in_servers", "call.not_in_it", "call.where", "call.elsewhere", "call.you_no_view", "call.you_no_connect",
    "waiting.over", "dictionary.ask_gone", "guard.role", "guard.channel", "guard.blocked_account", "words.gone",
)  # fmt: skip
"""Sentences that refuse somebody for who they are, and those that must not come at all."""
ALL: dict[str, str] = {}
MODERATORS = dict.fromkeys(("stranger", "member", "seated", "foreign"), "discord.moderators_only")
IN_SERVERS = {"stranger": "call.only_in_servers"}
IN_THE_CALL = IN_SERVERS | dict.fromkeys(("member", "foreign"), "call.not_in_it")
NO_CHANNEL = {"stranger": "discord.channel_gone"}
"""A channel of another server cannot be named at all."""
AWAY_FROM_THE_CALL = NO_CHANNEL | dict.fromkeys(("member", "foreign"), "call.elsewhere")
SITTING = IN_SERVERS | dict.fromkeys(("member", "moderator", "foreign"), "call.where")
Options = Callable[["Scene"], dict[str, Any]]


class Patient(FloodGuard):
    """Tells everybody everything: how much and how often is another matter."""

    def may_refuse(self, account: Account, error: BotError) -> bool:
        return True


@dataclass
class Scene:
    """A call that Ada brought the bot into, and everybody who tries things."""

    evening: Evening
    people: dict[str, User] = field(default_factory=dict)
    away: Channel | None = None
    role: Role = field(default_factory=lambda: Role("singers"))

    def place(self, actor: str) -> Channel:
        assert self.away is not None
        return self.away if actor == "stranger" else self.evening.general

    async def refusal(self, exchange: Exchange) -> str:
        """The code of the sentence by which somebody was refused; empty where they were not."""
        clock = self.evening.clock
        await clock.until(lambda: exchange.callback is not None, 60)
        if exchange.callback is not None and exchange.callback["type"] in (8, 9):
            return ""  # suggestions, or a form was opened
        await clock.until(lambda: _settled(exchange), 60)
        said = exchange.original.content if exchange.original is not None else ""
        return next((code for code in CODES if said.startswith(_begin(code))), "")

    async def again(self) -> None:
        """As it was: the bot in the call, nobody resting, no rules."""
        if not self.evening.in_call:
            await self.evening.join()
        elif self.evening.server.voice.bot_in() is not self.evening.lounge:
            await self.evening.command("join")


def _settled(exchange: Exchange) -> bool:
    return exchange.deleted or (exchange.original is not None and not exchange.original.loading)


def _begin(code: str) -> str:
    return LANGUAGES["en"][code].partition("{")[0]


def _none(_: Scene) -> dict[str, Any]:
    return {}


def _with(**options: Any) -> Options:
    return lambda _: options


COMMANDS: dict[str, list[tuple[Options, dict[str, str]]]] = {
    "say": [(_with(text="Hello there."), ALL), (_with(text="Hello there.", where="call"), IN_THE_CALL)],
    "sing": [(_with(text="La la."), ALL)],
    "voices": [(_none, ALL)],
    "styles": [(_none, ALL)],
    "quota": [(_none, ALL)],
    "help": [(_none, ALL)],
    "doctor": [(_none, MODERATORS)],
    "setup": [
        (_none, MODERATORS),
        (lambda scene: {"voice_channel": scene.evening.lounge}, MODERATORS | NO_CHANNEL),
        (_with(remove=True), MODERATORS),
    ],
    "join": [
        (_none, SITTING),
        (lambda scene: {"channel": scene.evening.lounge}, IN_THE_CALL | NO_CHANNEL),
        (lambda scene: {"channel": scene.evening.attic}, AWAY_FROM_THE_CALL),
    ],
    "leave": [(_none, IN_THE_CALL)],
    "move": [(lambda scene: {"channel": scene.evening.lounge}, IN_THE_CALL | NO_CHANNEL)],
    "skip": [(_none, IN_THE_CALL), (_with(all=True), IN_THE_CALL)],
    "pause": [(_none, IN_THE_CALL)],
    "resume": [(_none, IN_THE_CALL)],
    "queue": [(_none, IN_THE_CALL)],
    "settings mine": [(_none, ALL), (_with(style="Happy"), ALL)],
    "settings favourite": [(_with(kind="style", name="Happy"), ALL)],
    "settings aloud": [(_with(nickname="Somebody"), ALL)],
    "settings forget": [(_none, ALL)],
    "server settings": [(_none, MODERATORS), (_with(language="en"), MODERATORS)],
    "server role": [(lambda scene: {"role": scene.role, "rule": "neither"}, MODERATORS)],
    "server channel": [(_with(open="closed"), MODERATORS)],
    "server blocklist": [(_none, MODERATORS)],
    "reading show": [(_none, MODERATORS)],
    "reading set": [(_with(setting="names", value="off"), MODERATORS)],
    "reading role": [(lambda scene: {"role": scene.role, "rule": "none"}, MODERATORS)],
    "reading ignore": [(lambda scene: {"person": scene.people["member"], "ignored": False}, MODERATORS)],
    "dictionary add": [
        (_with(word="btw", said="by the way"), ALL), (_with(word="btw", said="by the way", whose="server"), MODERATORS),
    ],
    "dictionary list": [(_none, ALL), (_with(whose="server"), MODERATORS)],
    "dictionary export": [(_none, ALL), (_with(whose="server"), MODERATORS)],
    "dictionary import": [
        (lambda scene: {"file": _lexicon(scene)}, ALL),
        (lambda scene: {"file": _lexicon(scene), "whose": "server"}, MODERATORS),
    ],
    "dictionary remove": [(_with(word="btw"), ALL), (_with(word="btw", whose="server"), MODERATORS)],
}  # fmt: skip
"""By command: options, and who is refused with which sentence; whoever is not named may."""
MENUS = {
    "discord.menu.speak": ALL,
    "discord.menu.speak_as": ALL,
    "discord.menu.who": MODERATORS,
    "discord.menu.why": IN_SERVERS,
    "discord.menu.explain": IN_SERVERS,
}
NOT_THEIRS = dict.fromkeys(("member", "moderator", "foreign", "stranger"), "discord.not_yours")
PRESSES: dict[str, dict[str, str]] = {
    "again": ALL,  # who presses pays
    "free": ALL,
    "style": ALL,
    "files": NOT_THEIRS,
    "file": NOT_THEIRS,
    "delete": {key: code for key, code in NOT_THEIRS.items() if key != "moderator"},
    "cancel": dict.fromkeys(ACTORS, "waiting.over"),  # nothing of theirs waits
    "preview": ALL,
    "blocked": MODERATORS,
    "import": dict.fromkeys(ACTORS, "dictionary.ask_gone"),  # nothing of theirs waits for an answer
}
"""By verb, for what Ada, who sits in the call, was shown."""
SUGGESTIONS = {
    "say style", "say voice", "sing voice", "voices voice", "settings mine voice", "settings mine style",
    "settings favourite name", "server settings voice", "server settings style", "setup voice", "setup style",
    "reading set value",
}  # fmt: skip
"""Of what everybody may know (voices, styles) and of one's own favourites: nobody is refused, nobody sees another's."""


def _lexicon(scene: Scene) -> Message:
    return scene.evening.server.attach("words.json", b'{"btw": "by the way"}')


@pytest.fixture
async def scene(evening: Evening) -> Scene:
    world = evening.server.world
    found = Scene(evening)
    found.people = {name: User(name) for name in ACTORS} | {"seated": evening.ada}
    away = world.add_guild("away", bot_is_member=False)
    found.away = world.add_channel(away, "somewhere")
    elsewhere = world.add_guild("elsewhere")
    world.add_channel(elsewhere, "there")
    for name in ("member", "moderator", "foreign"):
        world.add_member(world.home, found.people[name])
    world.add_member(away, found.people["stranger"])
    world.home.roles.append(found.role)
    world.home.moderators.add(found.people["moderator"].id)
    for guild in (elsewhere, away):
        guild.moderators.add(found.people["foreign"].id)
    await evening.stop()
    await evening.start()
    evening.bot.flood = Patient(burst=10_000, rationed=False)
    await evening.join()
    return found


async def test_commands(scene: Scene) -> None:
    found = {}
    for name, rows in COMMANDS.items():
        for number, (options, refused) in enumerate(rows):
            for actor in ACTORS:
                await scene.again()
                user, channel = scene.people[actor], scene.place(actor)
                exchange = await scene.evening.server.slash(name, options(scene), user=user, channel=channel)
                if (code := await scene.refusal(exchange)) != refused.get(actor, ""):
                    found[f"/{name} {number} by {actor}"] = (code, refused.get(actor, ""))
    assert found == {}


async def test_menus(scene: Scene) -> None:
    found = {}
    for menu, refused in MENUS.items():
        for actor in ACTORS:
            message = scene.evening.server.written("Words of somebody.", channel=scene.place(actor))
            exchange = await scene.evening.server.menu(say(menu, "en"), message, user=scene.people[actor])
            if (code := await scene.refusal(exchange)) != refused.get(actor, ""):
                found[f"{menu} by {actor}"] = code
    assert found == {}


async def test_buttons_and_forms(scene: Scene) -> None:
    server, found = scene.evening.server, {}
    for verb, refused in PRESSES.items():
        for actor in (name for name in ACTORS if name != "stranger"):  # no message of home can be seen from elsewhere
            exchange = await server.slash("say", {"text": "Hello there."}, user=scene.evening.ada)
            await scene.evening.clock.until(lambda exchange=exchange: _settled(exchange), 60)  # type: ignore[misc]
            panel = exchange.original
            assert panel is not None
            press = await _pressed(scene, panel, verb, scene.people[actor])
            if (code := await scene.refusal(press)) != refused.get(actor, ""):
                found[f"{verb} by {actor}"] = (code, press.original and press.original.content)
    assert found == {}


async def _pressed(scene: Scene, panel: Message, verb: str, user: User) -> Exchange:
    server = scene.evening.server
    token = panel.button("mp:again").split(":")[2]
    if verb == "blocked":
        opened = await server.slash("server blocklist", user=scene.people["moderator"])
        await opened.form()
        opened.user = user  # somebody who lost the right meanwhile, or who made the form up
        return await server.submit(opened, ["pineapple"])
    forged = {
        "file": f"mp:file:{token}:wav",
        "cancel": "mp:cancel:1",
        "preview": "mp:preview",
        "import": "mp:import:yes:AAAAAAAAAAAA",
        "free": f"mp:free:{token}:c",
    }.get(verb)
    if forged is None:
        values = ["Whisper"] if verb == "style" else []
        return await server.press(panel, panel.button(f"mp:{verb}"), *values, user=user)
    source = panel.button("mp:style" if verb == "preview" else "mp:again")
    for row in panel.data["components"]:
        for part in row["components"]:
            if part["custom_id"] == source:
                part["custom_id"] = forged
                if verb == "preview":
                    part["options"] = [{"label": "en", "value": "en"}]
    return await server.press(panel, forged, *(["en"] if verb == "preview" else []), user=user)


async def test_suggestions(scene: Scene) -> None:
    preferences = scene.evening.house.services.requests.preferences
    secret = "Secretly furious"
    await preferences.favourite(Account("discord", str(scene.evening.ada.id)), "style", secret, True)
    for each in sorted(SUGGESTIONS):
        name, _, option = each.rpartition(" ")
        filled = {"settings favourite": {"kind": "style"}, "reading set": {"setting": "names"}}.get(name)
        for actor in ACTORS:
            exchange = await scene.evening.server.autocomplete(
                name, option, "", user=scene.people[actor], channel=scene.place(actor), filled=filled
            )
            offered = [choice["value"] for choice in await exchange.suggestions()]
            mine = actor == "seated" and (option == "style" or filled == {"kind": "style"})
            assert (secret in offered) == mine, (each, actor)


async def test_nothing_is_missing_here(scene: Scene) -> None:
    bot = scene.evening.bot
    commands = [each for each in bot.tree.walk_commands() if isinstance(each, app_commands.Command)]
    assert {each.qualified_name for each in commands} == set(COMMANDS)
    menus = bot.tree.get_commands(type=discord.AppCommandType.message)
    assert {each.name for each in menus} == {say(code, "en") for code in MENUS}
    assert bot.tree.get_commands(type=discord.AppCommandType.user) == []
    assert set(bot.presses) == set(PRESSES)
    completed = {
        f"{each.qualified_name} {parameter.display_name}"
        for each in commands
        for parameter in each.parameters
        if parameter.autocomplete
    }
    assert completed == SUGGESTIONS


async def test_what_was_refused_changed_nothing(scene: Scene) -> None:
    """Refused settings are the same afterwards: the sentence is no afterthought."""
    home = Space("discord", str(scene.evening.server.world.home.id))
    before = (
        await scene.evening.house.services.requests.spaces.get(home),
        await scene.evening.house.core.readings.get(home),
    )
    for actor in ("member", "seated", "foreign"):
        for name, options in (
            ("server settings", {"language": "zh"}),
            ("server role", {"role": scene.role, "rule": "allowed"}),
            ("server channel", {"open": "open"}),
            ("reading set", {"setting": "names", "value": "on"}),
            ("reading role", {"role": scene.role, "rule": "blocked"}),
            ("reading ignore", {"person": scene.people["moderator"]}),
            ("setup", {"voice_channel": scene.evening.attic}),
        ):
            exchange = await scene.evening.server.slash(name, options, user=scene.people[actor])
            assert await scene.refusal(exchange) == "discord.moderators_only"
    assert await scene.evening.house.core.bindings.of(home) == ()
    after = (
        await scene.evening.house.services.requests.spaces.get(home),
        await scene.evening.house.core.readings.get(home),
    )
    assert after == before
