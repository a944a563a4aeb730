"""Telegram's front end, end to end: the unmodified library against the stand-in, the core with a real engine."""

import asyncio
import io
import logging

import av
import pytest

from bot.audio import ogg
from bot.errors import PlatformError
from bot.log import Redactor
from bot.platforms.fairness import WAITING
from bot.platforms.telegram import delivery as deliveries
from bot.platforms.telegram.delivery import cut
from bot.texts import say
from tests.conftest import BuildHouse, House
from tests.fakes.gate import Gate
from tests.fakes.mimo_server import TONES, MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, Person, units
from tests.fakes.telegram_server import TOKEN, Fault, TelegramServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    ACCOUNT,
    Launch,
    Line,
    fixture_launch,
    fixture_line,
    fixture_server,
    heard,
    spent,
)


async def test_what_is_asked_for_is_heard_under_the_asking_message(line: Line, house: House) -> None:
    update = await line.server.text("/say Hello from the village, how are you today?")
    (call,) = await line.server.wait_for("sendVoice")
    heard(call)
    assert call.files["voice"].filename == "voice.ogg"
    assert call.result["reply_to_message"]["message_id"] == update["message"]["message_id"]
    await line.platform.stop(20)
    assert await spent(house) == len("Hello from the village, how are you today?")
    assert line.server.done("sendChatAction")[0].params["action"] == "record_voice"
    assert line.server.done("sendMessage") == []


async def test_style_slows_speech_down_and_line_breaks_survive(line: Line) -> None:
    await line.server.text("/say one two three four five\nsix seven eight")
    await line.server.text('/say style:"Slow down" one two three four five\nsix seven eight', user=BO)
    first, second = await line.server.wait_for("sendVoice", 2)
    by_person = {call.params["chat_id"]: call.sound.seconds for call in (first, second) if call.sound}
    assert by_person[str(BO.id)] > 1.2 * by_person[str(ANN.id)]


async def test_a_reply_reads_the_other_message(line: Line, house: House) -> None:
    group = line.server.group(-1005, threads={7})
    words = "These are the words of somebody else."
    other = await line.server.text(words, user=BO, chat=group, thread=7)
    asking = await line.server.text("/say@mouthpiece_bot", chat=group, reply_to=other["message"], thread=7)
    (call,) = await line.server.wait_for("sendVoice")
    heard(call)
    assert call.params["message_thread_id"] == "7"
    assert call.result["reply_to_message"]["message_id"] == asking["message"]["message_id"]
    picture = await line.server.photo("The caption of a picture.", user=BO, chat=group)
    await line.server.text("/say style:Happy", chat=group, reply_to=picture)
    heard((await line.server.wait_for("sendVoice", 2))[1])
    await line.platform.stop(20)
    assert await spent(house) == len(words) + len("The caption of a picture.")
    assert len(line.server.asked("sendChatAction")) <= 2, "a group sees one sign for each command"


async def test_a_topic_that_is_gone_does_not_swallow_the_voice(line: Line) -> None:
    forum = line.server.group(-1006, threads={7})
    await line.server.text("/say Still here.", chat=forum, thread=7)
    forum.threads.clear()
    (call,) = await line.server.wait_for("sendVoice")
    assert "message_thread_id" not in call.params


async def test_without_text_it_says_how_to_ask(line: Line) -> None:
    await line.server.text("/say")
    await line.server.text("/say style:Whisper", user=LI)
    first, second = await line.server.wait_for("sendMessage", 2)
    by_person = {call.params["chat_id"]: call.params["text"] for call in (first, second)}
    assert by_person == {str(ANN.id): say("telegram.usage", "en"), str(LI.id): say("telegram.usage", "zh")}


async def test_help_and_a_hint_in_private_only(line: Line) -> None:
    await line.server.text("/start")
    await line.server.text("/help@mouthpiece_bot", chat=line.server.group())
    await line.server.text("/what")
    own = (await line.server.wait_for("sendMessage", 3))[0].result
    await line.server.text("thanks", chat=line.server.group(), reply_to=own)
    await line.server.text("/unknown", chat=line.server.group())
    await line.platform.stop(20)
    said = sorted(call.params["text"] for call in line.server.asked("sendMessage"))
    assert said == sorted([say("telegram.help", "en")] * 2 + [say("telegram.hint", "en")])
    assert line.server.asked("sendVoice") == []


async def test_the_menus_are_there_by_kind_of_chat_and_language(line: Line) -> None:
    menus = line.server.methods.commands
    private = [entry["command"] for entry in menus["all_private_chats", ""]]
    group = [entry["command"] for entry in menus["all_group_chats", ""]]
    assert private == [
        *["say", "sing", "voice", "style", "quota", "settings", "reading", "dictionary", "help", "start"]
    ]
    assert [name for name in group if name not in {"why", "explain"}] == private[:-1]
    admins = [entry["command"] for entry in menus["all_chat_administrators", ""]]
    assert set(admins) - set(group) == {"who", "read", "doctor"}
    for scope in ("all_private_chats", "all_group_chats", "all_chat_administrators"):
        english, chinese = menus[scope, ""], menus[scope, "zh"]
        assert [entry["command"] for entry in english] == [entry["command"] for entry in chinese]
        assert not {entry["description"] for entry in english} & {entry["description"] for entry in chinese}


async def test_the_bot_is_described_and_nothing_is_set_twice(launch: Launch, house: House, line: Line) -> None:
    about = line.server.methods.about
    for name in ("description", "short_description"):
        assert about[name, ""] == say(f"telegram.{name}", "en")
        assert about[name, "zh"] == say(f"telegram.{name}", "zh")

    def settings() -> int:
        return sum(len(line.server.asked(f"setMy{what}")) for what in ("Commands", "Description", "ShortDescription"))

    await line.platform.stop(20)
    before = settings()
    about["description", "zh"] = "changed elsewhere"
    async with launch(house.services):
        pass
    assert settings() == before + 1
    assert about["description", "zh"] == say("telegram.description", "zh")


async def test_bots_are_not_answered_and_admins_who_write_as_the_group_are(line: Line, house: House) -> None:
    group = line.server.group(-1007)
    await line.server.text("/say I am a bot.", user=Person(555, "Other", is_bot=True), chat=group)
    hidden = Person(1087968824, "Group", is_bot=True)
    message = line.server.world.post(
        group,
        hidden.json,
        text="/say I am an admin.",
        entities=[{"type": "bot_command", "offset": 0, "length": 4}],
        sender_chat=group.json,
    )
    line.server.updates.add("message", message)
    await line.server.wait_for("sendVoice")
    await line.platform.stop(20)
    assert len(line.server.asked("sendVoice")) == 1
    assert await spent(house, Person(-1007)) == len("I am an admin.")


async def test_an_edited_command_is_neither_spoken_nor_charged(line: Line, house: House) -> None:
    await line.server.text("/say Written once.")
    await line.server.wait_for("sendVoice")
    await line.server.text("/say Written twice.", edited=True)
    await line.server.text("/say Written once more.")
    await line.server.wait_for("sendVoice", 2)
    await line.platform.stop(20)
    assert len(line.server.asked("sendVoice")) == 2
    assert await spent(house) == len("Written once.") + len("Written once more.")


async def test_edited_ones_stay_quiet_even_where_telegram_sends_them(line: Line, house: House) -> None:
    message = (await line.server.text("/help"))["message"]
    await line.server.wait_for("sendMessage")
    await line.server.all_acknowledged()
    line.server.redeliver({"update_id": 2000, "edited_message": {**message, "text": "/say Hello", "edit_date": 1}})
    await line.server.until(lambda: not line.server.pending)
    await line.platform.stop(20)
    assert line.server.asked("sendVoice") == []
    assert await spent(house) == 0


async def test_a_second_delivery_neither_speaks_nor_charges(
    server: TelegramServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.services):
        update = await server.text("/say Only once, please.")
        await server.wait_for("sendVoice")
        await server.all_acknowledged()
        server.redeliver(update)
        await server.until(lambda: not server.pending)
    server.redeliver(update)
    async with launch(mimo_house.services):
        await server.until(lambda: not server.pending)
    assert len(server.asked("sendVoice")) == 1
    assert server.asked("sendMessage") == []
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == len("Only once, please.")


async def test_a_second_delivery_stays_silent_with_the_built_in_engine_too(
    line: Line, house: House, launch: Launch
) -> None:
    update = await line.server.text("/say Only once, please.")
    await line.server.wait_for("sendVoice")
    await line.server.all_acknowledged()
    line.server.redeliver(update)
    await line.server.until(lambda: not line.server.pending)
    await line.platform.stop(20)
    line.server.redeliver(update)
    async with launch(house.services):
        await line.server.until(lambda: not line.server.pending)
    assert len(line.server.asked("sendVoice")) == 1
    assert await spent(house) == len("Only once, please.")


async def test_what_is_too_large_for_one_voice_message_comes_in_several(
    line: Line, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.server.text("/say One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve.")
    whole = (await line.server.wait_for("sendVoice"))[0]
    monkeypatch.setattr(deliveries, "VOICE_BYTES", 9_000)
    await line.server.text("/say take:1 One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve.")
    await line.server.until(lambda: len(line.server.done("sendVoice")) > 2)
    await line.platform.stop(20)
    parts = line.server.done("sendVoice")[1:]
    assert all(len(part.files["voice"].data) < 9_000 for part in parts)
    assert whole.sound is not None
    lengths = [part.sound.seconds for part in parts if part.sound]
    assert sum(lengths) == pytest.approx(whole.sound.seconds, abs=0.05)
    for part in parts:
        heard(part)


async def test_the_same_words_are_uploaded_once(line: Line, house: House) -> None:
    await line.server.text("/say Good morning to all of you.")
    await line.server.wait_for("sendVoice")
    await line.server.text("/say Good morning to all of you.", user=BO)
    first, second = await line.server.wait_for("sendVoice", 2)
    assert set(first.files) == {"voice"}
    assert second.files == {}
    assert second.params["voice"] == first.result["voice"]["file_id"]
    line.server.world.files.clear()
    await line.server.text("/say Good morning to all of you.", user=LI)
    third = (await line.server.wait_for("sendVoice", 3))[2]
    heard(third)
    await line.platform.stop(20)
    assert [await spent(house, person) for person in (ANN, BO, LI)] == [len("Good morning to all of you."), 0, 0]


async def test_who_takes_no_voices_gets_a_sound_file_with_the_words(line: Line) -> None:
    line.server.world.private(ANN).no_voices = True
    words = "Please listen. " * 80
    await line.server.text(f"/say {words}")
    (call,) = await line.server.wait_for("sendAudio")
    music = call.files["audio"]
    with av.open(io.BytesIO(music.data), mode="r", format="mp3") as file:
        seconds = sum(frame.samples for frame in file.decode(file.streams.audio[0])) / 24_000
    assert music.filename == "speech.mp3"
    assert seconds == pytest.approx(int(call.params["duration"]), abs=1.0)
    caption = call.params["caption"]
    assert words.startswith(caption.removesuffix("…"))
    assert caption.endswith("listen.…")
    assert 1000 < len(caption) <= 1024
    assert len(line.server.asked("sendVoice")) == 1
    line.server.faults = [Fault("sendAudio", code=400, description="Bad Request: not enough rights to send audio")]
    await line.server.text("/say A document, then.")
    (document,) = await line.server.wait_for("sendDocument")
    assert document.params["caption"] == "A document, then."
    assert document.params["disable_content_type_detection"] == "true"
    assert document.files["document"].filename == "speech.mp3"


async def test_the_sign_of_recording_is_kept_alive_in_private_and_shown_once_in_a_group(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    gate = mimo.hold_after(1)
    group = server.group(-1021, threads={5})

    def signs(chat_id: int) -> int:
        return sum(call.params["chat_id"] == str(chat_id) for call in server.done("sendChatAction"))

    async with launch(mimo_house.services, action=0.01):
        await server.text("/say Hello there.")
        await gate.reached.wait()
        await server.text("/say Hello, village.", chat=group, user=BO, thread=5)
        await server.until(lambda: signs(group.id) == 1 and signs(ANN.id) >= 4)
        gate.set()
        await server.wait_for("sendVoice", 2)
        await server.all_acknowledged()
        ended = signs(ANN.id)
        await server.text("/help")
        await server.wait_for("sendMessage")
    assert signs(group.id) == 1
    assert signs(ANN.id) == ended, "it ends with the voice"
    (sign,) = [call for call in server.done("sendChatAction") if call.params["chat_id"] == str(group.id)]
    assert (sign.params["action"], sign.params["message_thread_id"]) == ("record_voice", "5")


async def test_what_telegram_refuses_for_good_is_told(line: Line) -> None:
    line.server.faults = [Fault("sendVoice", code=400, description="Bad Request: CHAT_RESTRICTED")]
    await line.server.text("/say Hello there.")
    (call,) = await line.server.wait_for("sendMessage")
    assert call.params["text"] == say("telegram.refused", "en", detail="Chat_restricted")


async def test_told_to_wait_it_waits_once_and_goes_on(line: Line) -> None:
    line.server.faults = [Fault("sendVoice", code=429, description="Too Many Requests: retry after 7", retry_after=7)]
    await line.server.text("/say Patience.")
    heard((await line.server.wait_for("sendVoice"))[0])
    assert line.naps.taken == [7.1]


async def test_a_pause_of_hours_is_not_made(line: Line) -> None:
    line.server.faults = [
        Fault("sendVoice", code=429, description="Too Many Requests: retry after 9999", retry_after=9999)
    ]
    await line.server.text("/say Patience.")
    (call,) = await line.server.wait_for("sendMessage")
    assert call.params["text"] == say("telegram.unconfirmed", "en")
    assert line.naps.taken == []


async def test_an_upload_whose_answer_is_late_is_not_doubled(
    server: TelegramServer, house: House, launch: Launch
) -> None:
    gate = Gate()
    server.faults = [Fault("sendVoice", gate=gate)]
    async with launch(house.services, upload_read=0.2) as line:
        await server.text("/say This one takes long.")
        await gate.reached.wait()
        await line.platform.stop(20)
        gate.open()
    assert len(server.asked("sendVoice")) == 1
    heard(server.calls[-1] if server.calls[-1].sound else server.done("sendVoice")[0])
    assert server.asked("sendMessage") == []


@pytest.mark.parametrize("accepted", [True, False])
async def test_an_upload_that_breaks_off_is_not_repeated_but_told(line: Line, accepted: bool) -> None:
    line.server.faults = [Fault("sendVoice", reset=True, accept=accepted)]
    await line.server.text("/say The line is cut.")
    (call,) = await line.server.wait_for("sendMessage")
    assert call.params["text"] == say("telegram.unconfirmed", "en")
    assert len(line.server.asked("sendVoice")) == 1


async def test_who_has_blocked_the_bot_is_left_alone(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    line.server.world.private(ANN).blocked = True
    await line.server.text("/say Hello?")
    await line.server.until(lambda: bool(line.server.asked("sendVoice")))
    await line.server.text("/help")
    await line.platform.stop(20)
    assert line.server.done("sendVoice") == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_refusals_are_told_in_the_persons_language(
    server: TelegramServer, build_house: BuildHouse, launch: Launch
) -> None:
    house = await build_house(speech={"providers": ["espeak"]}, quota={"builtin_characters_per_day": 10})
    async with launch(house.services) as line:
        await server.text("/say This is far too much for the day.", user=LI)
        await server.text("/say voice:nobody Hello")
        calls = {call.params["chat_id"]: call.params["text"] for call in await server.wait_for("sendMessage", 2)}
        assert "10" in calls[str(LI.id)]
        assert "字符" in calls[str(LI.id)]
        assert "nobody" in calls[str(ANN.id)]
        await line.platform.stop(20)
    assert server.asked("sendVoice") == []
    assert await spent(house, LI) == 0


async def test_a_backups_voice_says_so(
    server: TelegramServer, mimo: MimoServer, build_house: BuildHouse, launch: Launch
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": "sk-nobody"}},
        speech={"providers": ["mimo", "espeak"]},
    )
    async with launch(house.services):
        await server.text("/say Somebody else speaks.")
        (call,) = await server.wait_for("sendVoice")
    heard(call)
    assert "espeak" in call.params["caption"]
    server.world.private(BO).no_voices = True
    async with launch(house.services):
        await server.text("/say Somebody else speaks here.", user=BO)
        (file,) = await server.wait_for("sendAudio")
    remark, words = file.params["caption"].split("\n")
    assert "espeak" in remark, "beside a sound file too"
    assert words == "Somebody else speaks here."


async def test_the_service_speaks_at_the_right_pitch_and_length(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    async with launch(mimo_house.services):
        await server.text("/say style:Whisper voice:Mia A sentence from the service.")
        (call,) = await server.wait_for("sendVoice")
    heard(call)
    assert call.sound is not None
    assert call.sound.pitch == pytest.approx(TONES["Mia"], abs=3)
    usage = await mimo_house.ledger.usage(ACCOUNT.scope)
    assert usage.characters == len("A sentence from the service.")


async def test_one_person_waits_for_himself_and_for_nobody_else(
    server: TelegramServer, mimo: MimoServer, build_house: BuildHouse, launch: Launch
) -> None:
    house = await build_house(
        providers={"mimo": {"base_url": mimo.base_url, "api_key": next(iter(mimo.keys)), "max_concurrency": 8}},
        speech={"providers": ["mimo"]},
        quota={"account_requests_per_minute": 100},
    )
    gate = mimo.hold_after(0)
    async with launch(house.services):
        for number in range(WAITING + 2):
            await server.text(f"/say Sentence number {number}.")
        (call,) = await server.wait_for("sendMessage")
        assert call.params["text"] == say("busy.person", "en", limit=WAITING + 1)
        assert len(mimo.calls) <= 1
        await gate.reached.wait()
        await server.text("/say Somebody else.", user=BO)
        await server.until(lambda: any(call.params["chat_id"] == str(BO.id) for call in server.asked("sendChatAction")))
        gate.set()
        await server.wait_for("sendVoice", WAITING + 2)


async def test_stopped_in_the_middle_it_finishes_the_voice(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    gate = mimo.hold_after(1)
    async with launch(mimo_house.services) as line:
        await server.text("/say A sentence that is being spoken.")
        await gate.reached.wait()
        stopping = asyncio.create_task(line.platform.stop(20))
        await server.until(lambda: not server.updates.waiting)
        polls = server.updates.polls
        left = await server.text("/say Too late for this run.", user=BO)
        gate.set()
        await stopping
        assert line.task.done()
    heard((await server.wait_for("sendVoice"))[0])
    assert len(server.asked("sendVoice")) == 1
    assert server.updates.polls <= polls + 1
    assert server.pending == [left], "what was not taken stays on the server"
    async with launch(mimo_house.services):
        call = (await server.wait_for("sendVoice", 2))[1]
    assert call.params["chat_id"] == str(BO.id)


async def test_cut_off_it_says_so_and_charges_nothing(
    server: TelegramServer, mimo: MimoServer, mimo_house: House, launch: Launch
) -> None:
    gate = mimo.hold_after(1)
    async with launch(mimo_house.services, grace=0.0) as line:
        await server.text("/say A sentence that takes too long.")
        await gate.reached.wait()
        await line.platform.stop(0)
    gate.set()
    (call,) = server.done("sendMessage")
    assert call.params["text"] == say("telegram.cut", "en")
    assert server.asked("sendVoice") == []
    assert server.pending == []
    assert (await mimo_house.ledger.usage(ACCOUNT.scope)).characters == 0


async def test_a_fault_of_ours_is_told_neutrally_and_logged_without_words(
    line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(clip: object, limit: int) -> None:
        raise RuntimeError("unforeseen: Secret words of mine.")

    monkeypatch.setattr(ogg, "split", broken)
    await line.server.text("/say Secret words of mine.")
    (call,) = await line.server.wait_for("sendMessage")
    assert call.params["text"] == say("error.unexpected", "en")
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    record.exc_text = None  # what the test's own handler made of it
    assert "Secret words" not in Redactor(()).format(record)


async def test_no_log_holds_the_token_or_the_words(server: TelegramServer, house: House, launch: Launch) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Redactor([TOKEN]))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    quieted = {name: logging.getLogger(name).level for name in ("telegram", "httpcore", "telegram.ext")}
    for name in quieted:  # they log what they send at DEBUG, as bot.log.protect knows
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        async with launch(house.services):
            await server.text("/say The planted sentence.")
            await server.wait_for("sendVoice")
        async with launch(house.services, token=TOKEN + "x") as line:
            with pytest.raises(PlatformError):
                await line.task
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        for name, before in quieted.items():
            logging.getLogger(name).setLevel(before)
    assert "HTTP Request" in written.getvalue(), "the library does log addresses; they were masked"
    assert TOKEN not in written.getvalue()
    assert "planted" not in written.getvalue()


@pytest.mark.parametrize("text", ["", "short", "x" * 20, "😀" * 10, "x" * 9 + "😀" * 9, "\ud800" * 20])
def test_texts_are_cut_at_what_telegram_counts(text: str) -> None:
    kept = cut(text, 12)
    assert units(kept) <= 12
    assert kept == text if units(text) <= 12 else kept.endswith("…")
