"""What fits into a Telegram group: counted strictly, over all of its topics; several clips as one; albums."""

from bot.audio.effects import joined
from bot.audio.opus import decode
from bot.model import Utterance
from bot.platforms.telegram.delivery import MOST, SECONDS, Traffic
from bot.platforms.telegram.reading.chat import RESERVED_FOR_COMMANDS
from bot.speech.sink import Recording
from bot.texts import say
from tests.conftest import House, until
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import ANN, BO, LI, PHOTO
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.tones import pitch
from tests.telegram_case import Launch, fixture_launch, fixture_server, heard  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import GROUP, Time, Village, fixture_village, open_village, spoken  # noqa: F401


def test_room_comes_back_message_by_message() -> None:
    time = Time()
    traffic = Traffic(time)
    for _ in range(MOST):
        traffic.note(GROUP)
        time.now += 1
    assert traffic.capacity(GROUP) == 0
    assert traffic.wait(GROUP, 1) == SECONDS - MOST
    assert traffic.wait(GROUP, 3) == SECONDS - MOST + 2
    time.now += traffic.wait(GROUP, 3)
    assert traffic.capacity(GROUP) == 3
    assert traffic.wait(GROUP, 3) == 0
    assert traffic.capacity(-5) == MOST


def test_a_chat_with_one_person_has_no_such_limit() -> None:
    traffic = Traffic(Time())
    for _ in range(3 * MOST):
        traffic.note(7)
    assert traffic.capacity(7) == MOST


def test_quiet_groups_are_forgotten() -> None:
    time = Time()
    traffic = Traffic(time)
    for group in range(3000):
        traffic.note(-group)
        time.now += 1
    assert len(traffic._sent) <= 1001


async def test_clips_become_one_with_a_pause_between(mimo_house: House, mimo: MimoServer) -> None:
    clips = []
    for number, text in enumerate(["Good evening.", "And good night to everybody here."]):
        utterance = Utterance(text, f"cli:{number}")
        clips.append((await mimo_house.speech.speak(utterance, Recording())).clip)
    clip = joined(clips)
    assert 0.3 < clip.seconds - sum(each.seconds for each in clips) < 0.5
    assert 1 <= len(clip.waveform) <= 256
    pcm = decode(list(clip.packets), clip.pre_skip, clip.samples).samples
    assert len(pcm) == 2 * clip.samples
    for each, sound in ((clips[0], pcm[: 2 * clips[0].samples]), (clips[1], pcm[-2 * clips[1].samples :])):
        alone = decode(list(each.packets), each.pre_skip, each.samples).samples
        assert abs(pitch(sound, 24_000) - pitch(alone, 24_000)) < 5
    assert joined(clips[:1]) is clips[0]


async def test_topics_share_the_room_of_their_group(
    launch: Launch, server: TelegramServer, mimo_house: House, mimo: MimoServer
) -> None:
    server.group(GROUP, threads={7, 8, 9})
    async with open_village(launch, server, mimo_house.services) as village:
        await village.tell("/read on all")
        village.time.running = False
        village.time.pass_by(30)
        for number in range(MOST - RESERVED_FOR_COMMANDS - 2):
            await village.tell("/read", (ANN, BO)[number % 2])  # one person alone does not get so many answers
        gate = mimo.hold_after(0)
        for thread in (7, 8, 9):
            await village.write("Good evening.", thread=thread)
        await village.settled()
        await until(lambda: len(village.time.asleep) == 3)
        village.time.pass_by(1)
        await gate.reached.wait()
        await village.tell("/read")
        await village.tell("/read")
        gate.set()
        await village.voices(1)
        await until(lambda: any(at == 1060 for at, _ in village.time.asleep))
        assert len(server.done("sendVoice")) == 1, "with three commands the minute is full"
        village.time.pass_by(29)
        await village.voices(2)
        village.time.pass_by(31)
        await village.voices(3)


async def test_an_album_is_said_as_one_message(village: Village, mimo: MimoServer) -> None:
    village.time.running = False
    ids = []
    for caption in (None, "Our garden", None):
        message = await village.write("", photo=[PHOTO], media_group_id="a1", caption=caption)
        ids.append(message)
    await village.write("Lovely.", LI)
    await village.settled()
    assert await village.said("/why", reply_to=ids[2]) == say("unread.waiting", "en")
    village.time.pass_by(1)
    await village.voices(1)
    await until(lambda: len(village.time.asleep) == 1)
    village.time.pass_by(1)
    await village.voices(2)
    assert spoken(mimo) == ["Bo says: Our garden, with 3 pictures", "Li says: Lovely."]
    for message in ids:
        await village.known(message)
        assert await village.said("/why", BO, reply_to=message) == say("unread.read", "en")
    await village.write("", photo=[PHOTO], media_group_id="a1")
    await until(lambda: len(village.time.asleep) == 1)
    village.time.pass_by(1)
    await village.voices(3)
    assert spoken(mimo)[2] == "Bo sent a picture", "what comes late is said for itself"


async def test_the_caption_of_an_album_that_waits_is_edited(village: Village, mimo: MimoServer) -> None:
    village.time.running = False
    ids = [await village.write("", photo=[PHOTO], media_group_id="a1", caption=words) for words in (None, "Our gardn")]
    await village.settled()
    await village.server.edit(ids[1], "Our garden")
    await village.settled()
    village.time.pass_by(1)
    await village.voices(1)
    assert spoken(mimo) == ["Bo says: Our garden, with 2 pictures"]
    for message in ids:
        await village.known(message)


async def test_a_picture_that_comes_while_its_album_is_spoken_is_read_alone(village: Village, mimo: MimoServer) -> None:
    gate = mimo.hold_after(chunks=0)
    first = await village.write("", photo=[PHOTO], media_group_id="a1", caption="Our garden")
    await gate.reached.wait()
    second = await village.write("", photo=[PHOTO], media_group_id="a1")
    await village.settled()
    gate.set()
    await village.voices(2)
    for message in (first, second):
        await village.known(message)
        assert await village.said("/why", BO, reply_to=message) == say("unread.read", "en")
    assert spoken(mimo) == ["Bo says: Our garden, with a picture", "a picture"]
