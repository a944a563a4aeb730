"""Pictures of an album that is read aloud in a Telegram group: late ones, and words that are changed below them."""

from bot.texts import say
from tests.conftest import until
from tests.fakes.mimo_server import MimoServer
from tests.fakes.telegram_chats import BO, PHOTO, Json
from tests.telegram_case import fixture_launch, fixture_server  # noqa: F401  the fixtures of this file
from tests.telegram_reading_case import Village, fixture_village, spoken  # noqa: F401


async def picture(village: Village, caption: str | None = None) -> Json:
    return await village.write("", photo=[PHOTO], media_group_id="a1", caption=caption)


async def test_a_picture_that_comes_while_the_first_is_spoken_is_read_for_itself(
    village: Village, mimo: MimoServer
) -> None:
    gate = mimo.hold_after()
    first = await picture(village, "Our garden")
    await until(lambda: len(mimo.calls) == 1)
    village.time.running = False
    late, later = await picture(village), await picture(village, "With roses")
    await village.settled()
    assert await village.said("/why", reply_to=late) == say("unread.waiting", "en")
    assert await village.said("/why", reply_to=later) == say("unread.waiting", "en")
    gate.set()
    await village.voices()
    await until(lambda: len(village.time.asleep) == 1)
    village.time.pass_by(1)
    await village.voices(2)
    assert spoken(mimo) == ["Bo says: Our garden, with a picture", "With roses, with 2 pictures"]
    for message in (first, late, later):
        await village.known(message)
        assert await village.said("/why", reply_to=message) == say("unread.read", "en")


async def test_words_changed_below_a_waiting_album_leave_its_other_pictures(village: Village, mimo: MimoServer) -> None:
    village.time.running = False
    pictures = [await picture(village, caption) for caption in ("Our gaden", None, None)]
    await village.settled()
    await village.server.edit(pictures[0], "Our garden")
    await village.settled()
    village.time.pass_by(1)
    await village.voices()
    assert spoken(mimo) == ["Bo says: Our garden, with 3 pictures"]


async def test_words_that_are_blocked_stop_the_whole_album(village: Village, mimo: MimoServer) -> None:
    await village.tell("/settings block 🍌")
    village.time.running = False
    pictures = [await picture(village, caption) for caption in ("Fruit", None)]
    await village.settled()
    await village.server.edit(pictures[1], "A fruit")
    await village.server.edit(pictures[0], "A 🍌")
    await village.settled()
    for message in pictures:
        await village.known(message)
        assert await village.said("/why", BO, reply_to=message) == say("telegram.unread.word", "en")
    village.time.pass_by(1)
    assert not mimo.calls
