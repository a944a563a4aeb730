"""Telegram's buttons, choices and settings, end to end: pressed, charged once, remembered."""

import asyncio
import json

import pytest

from bot.model import Account, Space
from bot.store.dictionary import Entry
from bot.store.settings import Preference
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.fakes.mimo_server import TONES, MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Person
from tests.fakes.telegram_server import TelegramServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    ACCOUNT,
    Launch,
    Line,
    buttons,
    fixture_launch,
    fixture_line,
    fixture_server,
    heard,
    spent,
)

WORDS = "Come a little closer."


async def toasts(line: Line, n: int) -> list[str]:
    """What the answers to pressed buttons said."""
    return [call.params.get("text", "") for call in await line.server.wait_for("answerCallbackQuery", n)]


async def test_plain_text_in_private_is_spoken_and_has_buttons(line: Line, house: House) -> None:
    await line.server.text(WORDS)
    (call,) = await line.server.wait_for("sendVoice")
    heard(call)
    shown = buttons(call.result)
    assert [name for name, data in shown.items() if data.startswith("s:")] == [
        "Whisper",
        "Happy",
        "Northeastern Mandarin",
        "Sing",
    ]
    assert say("telegram.button.again_free", "en") in shown
    assert all(len(data.encode()) <= 64 for data in shown.values())
    await line.platform.stop(20)
    assert await spent(house) == len(WORDS)


async def test_plain_text_in_a_group_is_nobodys_command(line: Line, house: House) -> None:
    await line.server.text("/say First.", chat=line.server.group())
    own = (await line.server.wait_for("sendVoice"))[0].result
    await line.server.text("thanks", chat=line.server.group(), reply_to=own)
    await line.platform.stop(20)
    assert len(line.server.asked("sendVoice")) == 1
    assert "switch_inline_query" not in json.dumps(own["reply_markup"]), "words of a group stay there"


async def test_another_style_is_spoken_with_its_price_before_and_what_is_left_after(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.services) as line:
        await server.text(f"/say voice:Mia {WORDS}")
        first = (await server.wait_for("sendVoice"))[0]
        await server.press(first.result, buttons(first.result)["Whisper"])
        second = (await server.wait_for("sendVoice", 2))[1]
        (toast,) = await toasts(line, 1)
    price = len(WORDS)
    assert toast == say("telegram.price_left", "en", characters=price, left=5000 - 2 * price)
    cost = say("telegram.cost_left", "en", characters=price, left=5000 - 2 * price)
    assert second.params["caption"] == f"{cost}\n{WORDS}"
    assert second.result["reply_to_message"]["message_id"] == first.result["message_id"]
    heard(second)
    assert second.sound is not None
    assert second.sound.pitch == pytest.approx(TONES["Mia"], abs=3)
    spoken = [seen.json["messages"][-1]["content"] for seen in mimo.requests if seen.method == "POST"]
    assert len(spoken) == 2
    assert "isper" in spoken[1] or "悄悄话" in spoken[1]
    assert WORDS in spoken[1]
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == 2 * price


async def test_again_is_another_take_and_whoever_presses_pays(
    server: TelegramServer, mimo_house: House, mimo: MimoServer, launch: Launch
) -> None:
    group = server.group(-1009)
    async with launch(mimo_house.services) as line:
        await server.text(f"/say {WORDS}", chat=group)
        first = (await server.wait_for("sendVoice"))[0]
        again = say("telegram.button.again", "en", characters=len(WORDS))
        await server.press(first.result, buttons(first.result)[again], user=BO)
        second = (await server.wait_for("sendVoice", 2))[1]
        await toasts(line, 1)
    assert second.files, "another take is another recording"
    assert second.params["caption"] == f"Requested by Bo\n{WORDS}", "what somebody has left is not the group's business"
    for account in (ACCOUNT, Account("telegram", str(BO.id))):
        assert (await mimo_house.ledger.usage(account.scope)).characters == len(WORDS)
    assert (await mimo_house.ledger.usage(Space("telegram", "-1009").scope)).characters == 2 * len(WORDS)


async def test_a_second_delivery_of_a_pressed_button_charges_nothing(
    server: TelegramServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.services):
        await server.text(WORDS)
        first = (await server.wait_for("sendVoice"))[0]
        again = say("telegram.button.again", "en", characters=len(WORDS))
        update = await server.press(first.result, buttons(first.result)[again])
        await server.wait_for("sendVoice", 2)
    server.redeliver(update)
    async with launch(mimo_house.services):
        await server.until(lambda: not server.pending)
    assert len(server.asked("sendVoice")) == 2
    assert server.asked("sendMessage") == []
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == 2 * len(WORDS)


async def test_the_words_are_shown_over_the_chat_or_hidden_below(line: Line) -> None:
    long = "This is a longer sentence of many words. " * 8
    for text in (WORDS, long):
        await line.server.text(text)
    short_voice, long_voice = await line.server.wait_for("sendVoice", 2)
    for voice in (short_voice, long_voice):
        await line.server.press(voice.result, buttons(voice.result)[say("telegram.button.words", "en")])
    calls = await line.server.wait_for("answerCallbackQuery", 2)
    (shown,) = [call for call in calls if call.params.get("text")]
    assert (shown.params["text"], shown.params["show_alert"]) == (WORDS, "true")
    (message,) = await line.server.wait_for("sendMessage")
    assert message.params["text"] == long.strip()
    assert message.result["entities"] == [{"type": "spoiler", "offset": 0, "length": len(long.strip())}]


async def test_words_that_are_gone_are_said_to_be_gone(line: Line, house: House) -> None:
    await line.server.text(WORDS)
    (call,) = await line.server.wait_for("sendVoice")
    await house.services.requests.words.forget(ACCOUNT)
    await line.server.press(call.result, buttons(call.result)["Whisper"])
    assert await toasts(line, 1) == [say("words.gone", "en")]
    await line.platform.stop(20)
    assert len(line.server.asked("sendVoice")) == 1


async def test_a_refusal_after_the_price_is_told_below(
    server: TelegramServer, build_house: BuildHouse, launch: Launch
) -> None:
    limit = {"builtin_characters_per_day": len(WORDS) + 3}
    house = await build_house(speech={"providers": ["espeak"]}, quota=limit)
    async with launch(house.services) as line:
        await server.text(WORDS)
        (call,) = await server.wait_for("sendVoice")
        await server.press(call.result, buttons(call.result)["Happy"])
        (told,) = await server.wait_for("sendMessage")
        assert await toasts(line, 1) == [say("telegram.free_left", "en", left=0)]
    assert told.params["text"].startswith("This takes 21 characters, but you have 3 of 24 left today")
    assert len(server.asked("sendVoice")) == 1


async def test_a_button_that_carries_nothing_known_stops_spinning(line: Line) -> None:
    await line.server.text("/voice")
    (call,) = await line.server.wait_for("sendMessage")
    message = {**call.result, "reply_markup": {"inline_keyboard": [[{"text": "?", "callback_data": "z:1"}]]}}
    await line.server.press(message, "z:1")
    old = {"message_id": 7, "chat": call.result["chat"], "date": 0}
    await line.server.press({**old, "reply_markup": message["reply_markup"]}, "z:1")
    assert await toasts(line, 2) == [say("telegram.old_button", "en")] * 2


async def test_a_voice_and_a_style_of_ones_own_hold_from_then_on(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.services):
        await server.text("/voice mia")
        await server.text("/style Whisper")
        said = {call.params["text"] for call in await server.wait_for("sendMessage", 2)}
        await server.text(WORDS)
        (call,) = await server.wait_for("sendVoice")
        await server.text("/voice nobody")
        refused = (await server.wait_for("sendMessage", 3))[2]
    assert said == {say("telegram.voice.set", "en", voice="Mia"), say("telegram.style.set", "en", style="Whisper")}
    assert call.sound is not None
    assert call.sound.pitch == pytest.approx(TONES["Mia"], abs=3)
    assert "nobody" in refused.params["text"]
    own = await mimo_house.services.requests.preferences.get(ACCOUNT)
    assert (own.voice, own.style) == ("Mia", "Whisper")


async def test_without_a_name_there_are_buttons_to_choose_from(line: Line, house: House) -> None:
    await line.server.text("/voice", user=LI)
    (voices,) = await line.server.wait_for("sendMessage")
    assert set(buttons(voices.result).values()) >= {"v:", "v:en-f", "v:zh"}
    await line.server.press(voices.result, "v:zh", user=LI)
    await toasts(line, 1)
    await line.server.text("/style", user=LI)
    shown = (await line.server.wait_for("sendMessage", 2))[1]
    assert buttons(shown.result)["悄悄话"] == "t:whisper"
    await line.server.press(shown.result, "t:whisper", user=LI)
    assert sorted(await toasts(line, 2)) == sorted(
        [say("telegram.voice.set", "zh", voice="zh"), say("telegram.style.set", "zh", style="悄悄话")]
    )
    own = await house.services.requests.preferences.get(Account("telegram", str(LI.id)))
    assert (own.voice, own.style) == ("zh", "悄悄话")
    await line.server.text("/voice", user=LI)
    marked = (await line.server.wait_for("sendMessage", 3))[2]
    assert buttons(marked.result)["✓ zh · 中文、男声 · 内置"] == "v:zh"
    order = [data for data in buttons(marked.result).values() if data.startswith("v:")]
    assert order[:3] == ["v:", "v:zh", "v:zh-f"], "those that speak the reader's language come first"


async def test_favourites_are_kept_by_a_button_and_stand_first(line: Line, house: House) -> None:
    async def own() -> Preference:
        return await house.services.requests.preferences.get(ACCOUNT)

    await line.server.text("/voice zh")
    (set_by_name,) = await line.server.wait_for("sendMessage")
    ((shown, data),) = buttons(set_by_name.result).items()
    assert shown == say("telegram.button.no_favourite", "en", name="zh")
    await line.server.press(set_by_name.result, data)
    (changed,) = await line.server.wait_for("editMessageText")
    assert await toasts(line, 1) == [say("telegram.favourite.on", "en", name="zh")]
    assert buttons(changed.result) == {say("telegram.button.favourite", "en", name="zh"): "f:v:off:zh"}
    await line.server.text("/voice")
    listed = (await line.server.wait_for("sendMessage", 2))[1].result
    assert list(buttons(listed).items())[1] == ("✓ ★ zh · Chinese, male · built-in", "v:zh")
    await line.server.press(listed, "v:en-f")
    await line.server.wait_for("editMessageText", 2)
    await line.server.press(listed, "f:v:on:en-f")
    await line.server.wait_for("editMessageText", 3)
    assert (await own()).favourite_voices == ("zh", "en-f")
    await line.server.press(changed.result, "f:v:off:zh")
    await line.server.wait_for("editMessageText", 4)
    assert (await own()).favourite_voices == ("en-f",)
    await line.server.text("/style 悄悄话")
    style = (await line.server.wait_for("sendMessage", 3))[2].result
    await line.server.press(style, "f:t:on:whisper")
    await line.server.wait_for("editMessageText", 5)
    assert (await own()).favourite_styles == ("Whisper",)


async def test_in_a_group_a_list_of_voices_is_everyones(line: Line, house: House) -> None:
    group = line.server.group()
    await line.server.text("/voice", chat=group)
    (listed,) = await line.server.wait_for("sendMessage")
    await line.server.press(listed.result, "v:en-f", user=BO)
    assert await toasts(line, 1) == [say("telegram.voice.set", "en", voice="en-f")]
    await line.server.all_acknowledged()
    assert line.server.asked("editMessageText") == []
    assert (await house.services.requests.preferences.get(Account("telegram", str(BO.id)))).voice == "en-f"


@pytest.mark.parametrize(
    ("link", "code", "facts"),
    [
        ("voice-en-f", "telegram.voice.set", {"voice": "en-f"}),
        ("style-whisper", "telegram.style.set", {"style": "Whisper"}),
        ("", "telegram.help", {}),
        ("nonsense", "telegram.help", {}),
        ("make--AAAAAAAAAAAA", "words.gone", {}),
    ],
)
async def test_deep_links(line: Line, link: str, code: str, facts: dict[str, str]) -> None:
    await line.server.text(f"/start {link}")
    (call,) = await line.server.wait_for("sendMessage")
    assert call.params["text"] == say(code, "en", **facts)


async def test_quota_shows_a_bar_and_when_it_resets(line: Line) -> None:
    await line.server.text("/say " + "One two three. " * 67)
    await line.server.wait_for("sendVoice")
    await line.server.text("/quota")
    (call,) = await line.server.wait_for("sendMessage")
    title, bar, rest = call.params["text"].split("\n")
    assert (title, bar) == (say("share.builtin", "en"), "▰" + "▱" * 11)
    assert "1,004 of 10,000" in rest
    assert "8,996 left" in rest
    assert "UTC" in rest


async def test_sing_sings(server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch) -> None:
    async with launch(mimo_house.services):
        await server.text("/sing La la la, we are here.")
        heard((await server.wait_for("sendVoice"))[0])
    (spoken,) = [seen.json["messages"][-1]["content"] for seen in mimo.requests if seen.method == "POST"]
    assert "唱歌" in spoken or "ing" in spoken.split("La la")[0]


async def test_a_persons_settings_choose_the_language(line: Line) -> None:
    await line.server.text("/settings")
    (call,) = await line.server.wait_for("sendMessage")
    await line.server.press(call.result, "l:zh")
    assert await toasts(line, 1) == [say("telegram.language.set", "zh")]
    await line.server.text("/help")
    assert (await line.server.wait_for("sendMessage", 2))[1].params["text"] == say("telegram.help", "zh")


async def test_a_person_is_forgotten_on_demand(line: Line, house: House) -> None:
    await house.services.reader.dictionaries.put(ACCOUNT, Entry("gg", "good game"))
    await line.server.text("/voice zh")
    await line.server.wait_for("sendMessage")
    await line.server.text(WORDS)
    await line.server.wait_for("sendVoice")
    await line.server.text("/settings forget")
    said = (await line.server.wait_for("sendMessage", 2))[1]
    assert said.params["text"] == say("telegram.settings.forgotten", "en")
    assert await house.services.requests.preferences.get(ACCOUNT) == Preference()
    assert await house.services.requests.words.newest(ACCOUNT, 10) == ()
    assert await house.services.reader.dictionaries.get(ACCOUNT) == ()


async def test_the_words_are_below_unless_the_group_switches_them_off(line: Line, house: House) -> None:
    group = line.server.group(-1011)
    await line.server.text(WORDS)
    await line.server.text(f"/say {WORDS}", chat=group)
    for call in await line.server.wait_for("sendVoice", 2):
        assert call.result["caption"] == WORDS
        quote = {"type": "expandable_blockquote", "offset": 0, "length": len(WORDS)}
        assert call.result["caption_entities"] == [quote]
    await house.services.requests.spaces.set(Space("telegram", "-1011"), show_words=False)
    await line.server.text(f"/say {WORDS}", chat=group)
    assert "caption" not in (await line.server.wait_for("sendVoice", 3))[2].params


@pytest.mark.parametrize("marked_by_telegram", [True, False])
async def test_a_spoiler_stays_one_in_the_words_below(line: Line, marked_by_telegram: bool) -> None:
    """Telegram's own mark, behind a sign of two UTF-16 units, or typed; also when the voice is made again."""
    group, secret = line.server.group(-1013), "Sam did it"
    if marked_by_telegram:
        text, offset = f"/say 🙂 Look: {secret} yesterday.", len("/say 🙂 Look: ") + 1
        marks = [
            {"type": "bot_command", "offset": 0, "length": 4},
            {"type": "spoiler", "offset": offset, "length": len(secret)},
        ]
        await line.server.write(ANN.json, group, text=text, entities=marks)
    else:
        await line.server.text(f"/say Look: ||{secret}|| yesterday.", chat=group)
    first = (await line.server.wait_for("sendVoice"))[0].result
    await line.server.press(first, buttons(first)["Whisper"])
    for call in await line.server.wait_for("sendVoice", 2):
        caption = call.result["caption"]
        assert caption.endswith(f"Look: {secret} yesterday.")
        (hidden,) = [mark for mark in call.result["caption_entities"] if mark["type"] == "spoiler"]
        assert caption[hidden["offset"] :][: hidden["length"]] == secret


async def test_long_words_are_cut_between_words(line: Line) -> None:
    await line.server.text("Please listen to this. " * 60)
    (call,) = await line.server.wait_for("sendVoice")
    caption = call.result["caption"]
    assert 900 < len(caption) <= 1024
    assert caption.endswith(("this.…", "listen…", "Please…", "to…"))


async def test_the_answered_message_sets_the_tone_only_where_that_is_wanted(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    group = server.group(-1012)
    other = await server.text("My cat has died.", user=BO, chat=group)
    async with launch(mimo_house.services):
        await server.text("/say I am so sorry.", chat=group, reply_to=other["message"])
        await server.wait_for("sendVoice")
        await mimo_house.services.requests.spaces.set(Space("telegram", "-1012"), reply_context=True)
        await server.text("/say I am so sorry, really.", chat=group, reply_to=other["message"])
        await server.wait_for("sendVoice", 2)
    first, second = [seen.body.decode() for seen in mimo.requests if seen.method == "POST"]
    assert "cat" not in first
    instruction = say("telegram.tone", "en", quoted="My cat has died.")
    assert json.loads(second)["messages"][0] == {"role": "user", "content": instruction}
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == len("I am so sorry.I am so sorry, really.")


async def test_a_word_blocked_in_the_answered_message_costs_the_tone_alone(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    group = server.group(-1012)
    await mimo_house.services.requests.spaces.set(
        Space("telegram", "-1012"), reply_context=True, blocked_words=("banana",)
    )
    other = await server.text("I love banana.", user=BO, chat=group)
    async with launch(mimo_house.services):
        await server.text("/say Please stop that.", chat=group, reply_to=other["message"])
        heard((await server.wait_for("sendVoice"))[0])
        await server.text("/say No more banana.", chat=group, reply_to=other["message"])
        (refused,) = await server.wait_for("sendMessage")
    assert refused.params["text"] == say("guard.word", "en")
    (asked,) = [seen.body.decode() for seen in mimo.requests if seen.method == "POST"]
    assert "banana" not in asked


async def test_a_store_that_fails_while_it_is_spoken_takes_no_voice_away(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    group, space, requests = server.group(-1014), Space("telegram", "-1014"), mimo_house.services.requests
    await requests.spaces.set(space, show_words=True)
    gate = mimo.hold_after(1)
    async with launch(mimo_house.services):
        await server.text(f"/say {WORDS}", chat=group)
        await gate.reached.wait()
        await mimo_house.core.database.write(
            lambda connection: connection.exec_driver_sql("ALTER TABLE space_setting RENAME TO gone")
        )
        requests.spaces.drop(space.scope)
        gate.set()
        (voice,) = await server.wait_for("sendVoice")
    heard(voice)
    assert voice.result["caption"] == WORDS
    assert server.asked("sendMessage") == []


async def test_a_button_pressed_again_and_again_is_made_and_paid_for_once(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.services) as line:
        await server.text(WORDS)
        (first,) = await server.wait_for("sendVoice")
        gate = mimo.hold_after(0)
        again = buttons(first.result)[say("telegram.button.again", "en", characters=len(WORDS))]
        await server.press(first.result, again)
        await gate.reached.wait()
        for _ in range(3):
            await server.press(first.result, again)
        refused = (await server.wait_for("answerCallbackQuery", 4))[1:]
        assert [call.params["text"] for call in refused] == 3 * [say("press.under_way", "en")]
        assert not any("show_alert" in call.params for call in refused), "nobody has to take notice of it"
        gate.set()
        await server.wait_for("sendVoice", 2)
        await server.all_acknowledged()
        await server.press(first.result, again)
        await server.wait_for("sendVoice", 3)
        await line.platform.stop(20)
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == 3 * len(WORDS)


async def test_who_waits_is_told_the_place_and_may_give_up(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    gate = mimo.hold_after(1)
    async with launch(mimo_house.services, queue=0.02) as line:
        await server.text("/say The first one takes long.", user=BO)
        await gate.reached.wait()
        await server.text(f"/say {WORDS}")
        (told,) = await server.wait_for("sendMessage")
        assert told.params["text"].startswith("You're next, about ")
        (data,) = buttons(told.result).values()
        await server.press(told.result, data, user=LI)
        assert await toasts(line, 1) == [say("waiting.over", "zh")], "only who asked may give up"
        await server.press(told.result, data)
        await server.wait_for("deleteMessage")
        assert (await toasts(line, 2))[1] == say("waiting.cancelled", "en")
        await server.text("/say Another one.", user=Person(77, "Cy"))
        await server.wait_for("sendMessage", 2)
        gate.set()
        await server.wait_for("sendVoice", 2)
        await server.wait_for("deleteMessage", 2)
    # Uploads of two people overlap: which arrives first is not promised.
    assert {call.params["chat_id"] for call in server.done("sendVoice")} == {str(BO.id), "77"}
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == 0


@pytest.mark.parametrize("admin", [False, True])
async def test_progress_is_shown_while_it_is_spoken_and_can_be_cancelled(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch, admin: bool
) -> None:
    group = server.group(-1015) if admin else None
    if group is not None:
        group.admins.add(LI.id)
    gate = mimo.hold_after(8)
    async with launch(mimo_house.services, slow=0.02) as line:
        await server.text("/say " + "word " * 300, chat=group)
        (told,) = await server.wait_for("sendMessage")
        assert told.params["text"] in ("MiMo is slow right now.", "This takes a moment.")
        await gate.reached.wait()
        if not admin:
            await server.until(lambda: told.result["text"].startswith("2 of about "))
        (data,) = buttons(told.result).values()
        await server.press(told.result, data, user=BO)
        assert await toasts(line, 1) == [say("waiting.over", "en")]
        await server.press(told.result, data, **({"user": LI} if admin else {}))
        await server.wait_for("deleteMessage")
        gate.set()
    assert server.asked("sendVoice") == []
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == 0


async def test_over_the_quota_a_button_has_the_free_voice_speak(
    server: TelegramServer, mimo: MimoServer, build_house: BuildHouse, launch: Launch
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys))}},
        speech={"providers": ["mimo", "espeak"]},
        quota={"account_characters_per_day": 3},
    )
    async with launch(house.services) as line:
        await server.text(f"/say voice:Mia {WORDS}")
        (refused,) = await server.wait_for("sendMessage")
        assert refused.params["text"].startswith("This takes 21 characters, but you have 3 of 3 left today.")
        ((label, data),) = buttons(refused.result).items()
        assert label == "Use the free voice"
        await server.press(refused.result, data)
        (voice,) = await server.wait_for("sendVoice")
        assert await toasts(line, 1) == [say("telegram.free", "en")]
    heard(voice)
    assert say("telegram.free", "en") in voice.params["caption"]
    assert mimo.calls == []
    assert (await house.ledger.usage(ACCOUNT.scope)).characters == 0
    assert await spent(house) == len(WORDS)


async def test_two_buttons_at_once_speak_one_after_the_other(line: Line, house: House) -> None:
    await line.server.text(WORDS)
    (call,) = await line.server.wait_for("sendVoice")
    shown = buttons(call.result)
    await asyncio.gather(*(line.server.press(call.result, shown[name]) for name in ("Whisper", "Happy")))
    for sent in await line.server.wait_for("sendVoice", 3):
        heard(sent)
    await line.platform.stop(20)
    assert await spent(house) == 3 * len(WORDS)


async def test_buttons_outlive_a_restart(line: Line, house: House, launch: Launch) -> None:
    await line.server.text(WORDS)
    (call,) = await line.server.wait_for("sendVoice")
    await line.platform.stop(20)
    await line.server.press(call.result, buttons(call.result)["Happy"])
    async with launch(house.services):
        heard((await line.server.wait_for("sendVoice", 2))[1])
    assert await spent(house) == 2 * len(WORDS)
