"""The line and the private panel beside a voice message, and what their buttons do."""

import io
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import av
import numpy as np
import pytest

from bot.audio import ogg, opus
from bot.errors import StoreError
from bot.model import Space
from bot.platforms.discord.panel import Press, ids_of_text, ids_to_text
from bot.platforms.discord.responses import FORMATS
from bot.platforms.display import progress
from bot.platforms.requests import Answer
from bot.speech.limits import Waiting
from bot.speech.quota import PAID
from bot.texts import say
from tests.conftest import BuildHouse, House, until
from tests.discord_case import TEXT, Start, account, bursts, voices_of, words_of
from tests.fakes.discord_exchange import Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import EVERYTHING_WE_NEED, SEND_VOICE_MESSAGES, VIEW_CHANNEL, User
from tests.fakes.mimo_answers import Fault
from tests.fakes.mimo_server import MimoServer

pytest_plugins = ["tests.discord_fixtures"]


async def spoken(server: DiscordServer, **options: object) -> Message:
    """Somebody says something; the private panel that comes with it."""
    return await (await server.slash("say", {"text": TEXT, **options})).answered()


# Beside the voice message


async def test_a_line_says_who_asked(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        await spoken(server)
        await spoken(server, style="*Whisper*, @everyone")
        await house.services.requests.spaces.set(
            Space("discord", str(server.world.home.id)), show_words=False, language="zh"
        )
        await spoken(server)
    plain, styled, wordless = words_of(server)
    who = f"<@{server.world.ada.id}>"
    assert plain == say("discord.line", "en", who=who) + f"\n> {TEXT}"
    named = say("discord.line_style", "en", who=who, styles=["\\*Whisper\\*", "@everyone"])
    assert styled == f"{named}\n> {TEXT}"
    assert wordless == say("discord.line", "zh", who=who)
    first = voices_of(server)[0]
    assert int(server.messages[1].data["message_reference"]["message_id"]) == first.id
    assert server.refusals == []


async def test_the_words_keep_their_spoilers_and_their_length(
    server: DiscordServer, house: House, start: Start
) -> None:
    async with start(house.services):
        for text in ("It was ||*Sam*|| all along", "a_b " * 400, "||" + "hush " * 320 + "||"):
            await (await server.slash("say", {"text": text})).answered()
    hidden, long, secret = (words.partition("\n> ")[2] for words in words_of(server))
    assert hidden == "It was ||\\*Sam\\*|| all along"
    assert long.endswith(" a\\_b…")
    assert secret.endswith("hush…||")
    assert all(1400 < len(words) <= 1500 for words in (long, secret))
    assert server.refusals == []


async def test_the_panel_tells_cost_and_rest(server: DiscordServer, build_house: BuildHouse, start: Start) -> None:
    house = await build_house(speech={"providers": ["espeak"]}, quota={"builtin_characters_per_day": 100})
    async with start(house.services):
        panel = await spoken(server)
    resets = (await house.speech.balance(account(server), (), "builtin")).resets
    left = say("discord.left", "en", left=100 - len(TEXT), limit=100, resets=f"<t:{int(resets.timestamp())}:R>")
    assert panel.private
    assert left in panel.content
    assert [name.split(":")[1] for name in panel.buttons] == ["again", "files", "delete", "style"]
    assert all(len(name) <= 100 for name in panel.buttons)


async def test_privately_nothing_is_posted(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel = await spoken(server, private=True)
        await server.until(lambda: panel.buttons)
        again = await (await server.press(panel, panel.button("mp:again"))).answered()
        await server.until(lambda: again.buttons)
    for message in (panel, again):
        assert message.private
        assert message.files[0].sound is not None
        assert message.files[0].filename.endswith(".ogg")
    assert server.messages == []
    assert not any(name.startswith("mp:delete") for name in panel.buttons)


async def test_what_is_paid_for_goes_out_though_the_store_fails(
    server: DiscordServer, house: House, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = house.services.requests
    speak = requests.speak

    async def broken(*_: object, **__: object) -> None:
        raise StoreError("store.busy")

    async def then_it_fails(*request: Any) -> Answer:
        answer = await speak(*request)
        monkeypatch.setattr(requests.spaces, "get", broken)
        monkeypatch.setattr(requests.words, "remember_message", broken)
        monkeypatch.setattr(requests.preferences, "get", broken)
        return replace(answer, token="", balance=None)

    monkeypatch.setattr(requests, "speak", then_it_fails)
    async with start(house.services):
        panel = await spoken(server)
    sound = voices_of(server)[0].files[0].sound
    assert sound is not None
    assert panel.content == say("discord.spoken_free", "en", seconds=sound.seconds)
    assert [name.split(":")[1] for name in panel.buttons] == ["delete"]


async def test_a_panel_that_cannot_be_shown_is_no_failure(server: DiscordServer, house: House, start: Start) -> None:
    server.fail("edit", "10008")  # the person has taken it off the screen
    async with start(house.services):
        await server.slash("say", {"text": TEXT})
        await server.until(lambda: server.statuses("edit") == [404])
        await (await server.slash("say", {"text": TEXT})).answered()
    assert len(voices_of(server)) == 2
    assert server.statuses("edit") == [404, 200]


async def test_the_library_keeps_no_panel(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services) as platform:
        panel = await spoken(server)
        await (await server.press(panel, panel.button("mp:files"))).answered()
        assert platform._bot is not None
        assert list(platform._bot.persistent_views) == []


# Buttons


async def test_again_is_another_take_and_charged(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    async with start(mimo_house.services):
        panel = await spoken(server, style="Whisper")
        press = await server.press(panel, panel.button("mp:again"))
        again = await press.answered()
    assert len(voices_of(server)) == 2
    assert len(mimo.calls) == 2
    assert again.buttons[0] != panel.buttons[0]
    used = await mimo_house.ledger.usage(account(server).scope)
    assert (used.characters, used.requests) == (2 * len(TEXT), 2)


async def test_quick_presses_of_again_are_one(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    async with start(mimo_house.services):
        panel = await spoken(server)
        gate = mimo.hold_after(1)
        first = await server.press(panel, panel.button("mp:again"))
        await gate.reached.wait()
        for _ in range(2):
            quick = await (await server.press(panel, panel.button("mp:again"))).answered()
            assert quick.private
            assert quick.content == say("press.under_way", "en")
        gate.set()
        await first.answered()
        await server.until(lambda: len(voices_of(server)) == 2 and len(words_of(server)) == 2)
        assert (await mimo_house.ledger.usage(account(server).scope)).characters == 2 * len(TEXT)
        await until(lambda: not mimo_house.services.requests.presses._under_way)
        await (await server.press(panel, panel.button("mp:again"))).answered()
    assert len(voices_of(server)) == 3


async def test_a_press_that_failed_can_be_repeated(
    server: DiscordServer, mimo: MimoServer, build_house: BuildHouse, start: Start
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo"]},
    )
    async with start(house.services):
        panel = await spoken(server)
        mimo.faults.append(Fault("402"))
        refused = await (await server.press(panel, panel.button("mp:again"))).answered()
        assert refused.content.startswith("The account at mimo has run out of credit")
        await (await server.press(panel, panel.button("mp:again"))).answered()
    assert len(voices_of(server)) == 2


async def test_buttons_work_after_a_restart(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel = await spoken(server)
    async with start(house.services):
        await (await server.press(panel, panel.button("mp:style"), "Whisper")).answered()
    assert "Whisper\n" in words_of(server)[1]
    assert len(voices_of(server)) == 2


async def test_words_that_are_gone(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel = await spoken(server)
        await house.services.requests.words.forget(account(server))
        for button, values in (("mp:again", ()), ("mp:style", ("Sad",))):
            press = await server.press(panel, panel.button(button), *values)
            assert (await press.answered()).content == say("words.gone", "en")
    assert len(voices_of(server)) == 1


async def test_the_rules_of_the_place_hold_for_buttons(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel = await spoken(server)
        await house.services.requests.spaces.set(Space("discord", str(server.world.home.id)), blocked_words=["evening"])
        press = await server.press(panel, panel.button("mp:again"))
        assert (await press.answered()).content == say("guard.word", "en")


@pytest.mark.parametrize("form", list(FORMATS))
async def test_as_file(server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start, form: str) -> None:
    async with start(mimo_house.services):
        panel = await spoken(server)
        choice = await (await server.press(panel, panel.button("mp:files"))).answered()
        file = await (
            await server.press(choice, choice.button(f"mp:file:{panel.button('mp:again').split(':')[2]}:{form}"))
        ).answered()
    assert choice.private
    assert file.private
    assert file.files[0].filename == f"speech.{form}"
    heard = decoded(file.files[0].data)
    sound = voices_of(server)[0].files[0].sound
    assert sound is not None
    assert heard.seconds == pytest.approx(sound.seconds, abs=0.1)
    assert heard.level == pytest.approx(sound.level, rel=0.2)
    assert len(mimo.calls) == 1
    assert (await mimo_house.ledger.usage(account(server).scope, PAID)).characters == len(TEXT)


async def test_a_file_from_the_cache_neither_waits_nor_makes_wait(
    server: DiscordServer, mimo_house: House, start: Start
) -> None:
    spaces, home = mimo_house.core.spaces, Space("discord", str(server.world.home.id))
    async with start(mimo_house.services):
        panel = await spoken(server)
        await spaces.set(home, cooldown=600)

        async def as_file() -> Message:
            choice = await (await server.press(panel, panel.button("mp:files"))).answered()
            return await (await server.press(choice, choice.button("mp:file:"))).answered()

        assert (await as_file()).files
        await (await server.slash("say", {"text": "Something else."})).answered()
        assert len(voices_of(server)) == 2  # no cooldown was begun
        assert (await as_file()).files
        again = await (await server.press(panel, panel.button("mp:again"))).answered()
        assert again.content == say("guard.cooldown", "en", seconds=600)
        await spaces.set(home, blocked_words=["evening"])
        assert (await as_file()).content == say("guard.word", "en")
        await spaces.set(home, blocked_words=[])
        with closing(sqlite3.connect(mimo_house.core.config.data_dir / "clips.db")) as cache, cache:
            cache.execute("DELETE FROM clip_2")
        assert (await as_file()).content == say("guard.cooldown", "en", seconds=600)
    used = await mimo_house.ledger.usage(account(server).scope)
    assert used.requests == 2


async def test_a_file_that_is_too_large(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel = await spoken(server)
        choice = await (await server.press(panel, panel.button("mp:files"))).answered()
        wav = next(name for name in choice.buttons if name.endswith(":wav"))
        refused = await server.press(choice, wav, file_limit=20_000)
        assert (await refused.answered()).content == say("discord.file_too_large", "en", kind="wav")


class Heard:
    """A decoded file."""

    def __init__(self, samples: np.ndarray, rate: int, comment: str) -> None:
        self.seconds = len(samples) / rate
        self.level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
        self.comment = comment


def decoded(data: bytes) -> Heard:
    with av.open(io.BytesIO(data), "r") as container:
        rate = container.streams.audio[0].rate
        blocks = []
        for frame in container.decode(audio=0):
            block = frame.to_ndarray()
            blocks.append(block.ravel() / 32768 if block.dtype == np.int16 else block.ravel())
        return Heard(
            np.concatenate(blocks),
            rate,
            " ".join([*container.metadata.values(), *container.streams[0].metadata.values()]),
        )


@pytest.mark.parametrize("form", list(FORMATS))
def test_files_sound_like_the_clip_and_say_what_they_are(form: str) -> None:
    clip = bursts()
    heard = decoded(FORMATS[form](clip))
    samples = np.frombuffer(opus.decode(clip.packets, clip.pre_skip, clip.samples).samples, "<i2") / 32768
    assert heard.seconds == pytest.approx(clip.seconds, abs=0.1)
    assert heard.level == pytest.approx(float(np.sqrt(np.mean(samples**2))), rel=0.1)
    assert ogg.SYNTHETIC_TAGS["COMMENT"] in heard.comment


async def test_delete_takes_voice_and_line_away(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel = await spoken(server)
        for _ in range(2):  # twice does no harm
            press = await server.press(panel, panel.button("mp:delete"))
            assert (await press.answered()).content == say("discord.deleted", "en")
    assert [message.deleted for message in server.messages] == [True, True]


async def test_only_the_asker_and_moderators_delete(server: DiscordServer, house: House, start: Start) -> None:
    bo, mod = User("bo"), User("mod")
    server.world.home.moderators.add(mod.id)
    async with start(house.services):
        panel = await spoken(server)
        refused = await server.press(panel, panel.button("mp:delete"), user=bo)
        assert (await refused.answered()).content == say("discord.not_yours", "en")
        assert not any(message.deleted for message in server.messages)
        await (await server.press(panel, panel.button("mp:delete"), user=mod)).answered()
    assert all(message.deleted for message in server.messages)


async def test_without_the_permission_to_delete(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel = await spoken(server)
        server.world.general.permissions = 0
        press = await server.press(panel, panel.button("mp:delete"))
        assert (await press.answered()).content == say("discord.no_permission", "en")


async def test_a_button_of_another_version(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        panel = await spoken(server)
        for name in ("mp:unknown:1", "mp:again", "mp:again:a", "mp:delete:!", "mp:cancel:x", "mp:file:abc:exe"):
            panel.data["components"][0]["components"][0]["custom_id"] = name
            press = await server.press(panel, name)
            code = "waiting.over" if "cancel" in name else "discord.old_button"
            assert (await press.answered()).content == say(code, "en")


def test_what_a_button_carries_comes_back() -> None:
    ids = [2**63 - 1, 1, 1_573_549_704_346_599_427]
    assert ids_of_text(ids_to_text(ids)) == ids
    press = Press("delete", (ids_to_text([2**63 - 1] * 6),))
    assert len(press.custom_id) <= 100
    assert Press.parse(press.custom_id) == press
    for foreign in ("", "other:again:x", "mp", "mp:"):
        assert Press.parse(foreign) is None


# Late, dismissed, not allowed


async def test_a_result_later_than_the_token_reaches_the_channel(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    gate = mimo.hold_after(1)
    async with start(mimo_house.services):
        await server.slash("say", {"text": TEXT})
        await gate.reached.wait()
        server.clock.advance(15 * 60 + 1)
        gate.set()
        await server.until(lambda: server.statuses("edit") == [401])
    assert len(voices_of(server)) == 1
    assert len(words_of(server)) == 1
    assert server.statuses("edit") == [401]  # and nothing was tried after it


async def test_a_late_file_reaches_the_channel_too(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start
) -> None:
    server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
    gate = mimo.hold_after(1)
    async with start(mimo_house.services):
        await server.slash("say", {"text": TEXT})
        await gate.reached.wait()
        server.clock.advance(15 * 60 + 1)
        gate.set()
        message = await server.message()
    assert not message.voice
    assert message.files[0].sound is not None
    assert message.content.startswith("-# ")


async def test_a_file_in_the_response_carries_the_line(server: DiscordServer, house: House, start: Start) -> None:
    server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT})
        panel = await exchange.followup()
        assert exchange.original is not None
        line = say("discord.line", "en", who=f"<@{server.world.ada.id}>")
        assert exchange.original.content == f"{line}\n> {TEXT}"
        await (await server.press(panel, panel.button("mp:delete"))).answered()
        assert exchange.original.deleted
    assert server.refusals == []


async def test_what_stands_in_a_channel_that_the_bot_may_not_view_is_deleted_as_long_as_its_command_lasts(
    server: DiscordServer, house: House, start: Start
) -> None:
    server.world.general.permissions = EVERYTHING_WE_NEED & ~VIEW_CHANNEL
    async with start(house.services):
        exchange = await server.slash("say", {"text": TEXT})
        panel = await exchange.followup()
        for _ in range(2):  # twice does no harm
            press = await server.press(panel, panel.button("mp:delete"))
            assert (await press.answered()).content == say("discord.deleted", "en")
        assert exchange.deleted
        other = await server.slash("say", {"text": TEXT})
        panel = await other.followup()
        server.clock.advance(15 * 60 + 1)
        late = await server.press(panel, panel.button("mp:delete"))
        assert (await late.answered()).content == say("discord.cannot_delete", "en")
    async with start(house.services):
        restarted = await server.press(panel, panel.button("mp:delete"))
        assert (await restarted.answered()).content == say("discord.no_permission", "en")
    assert not other.deleted


# Waiting


async def test_the_place_is_shown_and_given_up(
    server: DiscordServer, mimo: MimoServer, build_house: BuildHouse, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.discord.client.AFTER", 0.01)
    monkeypatch.setattr("bot.platforms.discord.client.EVERY", 0.01)
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys)), "max_concurrency": 1}},
        speech={"providers": ["mimo"]},
    )
    gate = mimo.hold_after(1)
    async with start(house.services):
        first = await server.slash("say", {"text": TEXT})
        await gate.reached.wait()
        second = await server.slash("say", {"text": "Something else."})
        place = await second.answered()
        assert place.content == say("waiting.next", "en", seconds=3)
        [cancel] = place.buttons
        stranger = await server.press(place, cancel, user=User("bo"))
        assert (await stranger.answered()).content == say("waiting.over", "en")
        await (await server.press(place, cancel)).acknowledged()
        await until(lambda: place.content == say("waiting.cancelled", "en"))
        assert place.buttons == []
        gate.set()
        await first.answered()
        assert len(voices_of(server)) == 1
        assert len(mimo.calls) == 1
    used = await house.ledger.usage(account(server).scope)
    assert (used.characters, used.requests) == (len(TEXT), 1)


@pytest.mark.parametrize("way", ["file", "private"])
async def test_the_place_makes_room_for_the_file(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("bot.platforms.discord.client.AFTER", 0.01)
    if way == "file":
        server.world.general.permissions = EVERYTHING_WE_NEED & ~SEND_VOICE_MESSAGES
    gate = mimo.hold_after(1)
    async with start(mimo_house.services):
        first = await server.slash("say", {"text": TEXT})
        await gate.reached.wait()
        second = await server.slash("say", {"text": "Something else.", "private": way == "private"})
        place = await second.answered()
        assert place.buttons[0].startswith("mp:cancel")
        gate.set()
        await server.until(lambda: place.files)
        await first.answered()
    assert not any(name.startswith("mp:cancel") for name in place.buttons)
    assert say("waiting.next", "en", seconds=3) != place.content
    assert server.refusals == []


async def test_what_is_finished_cannot_be_cancelled(server: DiscordServer, house: House, start: Start) -> None:
    async with start(house.services):
        first = await server.slash("say", {"text": TEXT})
        shown = await first.answered()
        shown.data["components"] = [
            {"type": 1, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": f"mp:cancel:{first.id}"}]}
        ]
        press = await server.press(shown, f"mp:cancel:{first.id}")
        assert (await press.answered()).content == say("waiting.over", "en")
    assert len(voices_of(server)) == 1


@pytest.mark.parametrize("who", ["asker", "moderator"])
async def test_progress_is_shown_while_it_is_spoken_and_can_be_cancelled(
    server: DiscordServer,
    mimo: MimoServer,
    mimo_house: House,
    start: Start,
    mod: User,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
) -> None:
    """1,500 characters by a slow service: who keeps the person waiting, then how much there is."""
    monkeypatch.setattr("bot.platforms.discord.client.SLOW", 0.01)
    monkeypatch.setattr("bot.platforms.discord.client.EVERY", 0.01)
    gate = mimo.hold_after(8)
    async with start(mimo_house.services):
        asked = await server.slash("say", {"text": "word " * 300})
        shown = await asked.answered()
        await gate.reached.wait()
        await server.until(lambda: shown.content.startswith("2 of about "))
        [cancel] = shown.buttons
        other = await server.press(shown, cancel, user=User("bo"))
        assert (await other.answered()).content == say("waiting.over", "en")
        user = mod if who == "moderator" else None
        await (await server.press(shown, cancel, user=user)).acknowledged()
        await server.until(lambda: shown.content.startswith("Cancelled"))
        gate.set()
    assert server.messages == []
    assert (await mimo_house.ledger.usage(account(server).scope)).characters == 0
    assert server.refusals == []


async def test_parts_are_counted(
    server: DiscordServer, mimo: MimoServer, mimo_house: House, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.discord.client.SLOW", 0.01)
    monkeypatch.setattr("bot.platforms.discord.client.EVERY", 0.01)
    gate = mimo.hold_after(0)
    async with start(mimo_house.services):
        asked = await server.slash("say", {"text": "A sentence of some words. " * 150})
        shown = await asked.answered()
        await server.until(lambda: shown.content == "MiMo is slow right now.")
        gate.set()
        await server.until(lambda: voices_of(server))


def test_progress_in_a_sentence() -> None:
    waiting = Waiting()
    assert progress(waiting, "en") == say("waiting.begun", "en")
    waiting.asks("espeak")
    assert progress(waiting, "zh") == "内置语音 响应较慢。"
    waiting.asks("own-engine", lambda: 0.4)
    assert progress(waiting, "en") == "own-engine is slow right now."
    waiting.asks("mimo", lambda: 12.9, 80.2)
    assert progress(waiting, "en") == "12 of about 80 s ready."
    waiting.has(2, 7)
    assert progress(waiting, "en") == "2 of 7 parts ready."
    waiting.begin(lambda: (3, 8.2))
    assert progress(waiting, "en") == "3 ahead of you, about 8 s."
    waiting.end()
    waiting.is_over = True
    assert progress(waiting, "en") == ""
