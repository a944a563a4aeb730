"""An evening of reading aloud: from what is written in a channel to what is heard in the call."""

import pytest

from tests.call_evening import Evening
from tests.conftest import until

pytest_plugins = ["tests.discord_fixtures", "tests.call_fixtures"]


async def test_a_message_is_heard_as_the_clip_that_it_is(evening: Evening) -> None:
    await evening.join()
    written = await evening.write("Good evening, everybody.")
    assert await evening.outcomes(written) == ["read"]
    clip = await evening.clip("Good evening, everybody.")
    await until(lambda: evening.spurts() == [clip])
    assert all(packet.encrypted for packet in evening.heard if not packet.silence)
    sound = evening.server.voice.listener(evening.lounge).decode(-len(evening.heard))
    assert sound.seconds == pytest.approx(len(evening.heard) * 0.02)
