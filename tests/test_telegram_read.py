"""Reading a Telegram group aloud: what people write becomes voices, proven by what the speech service was sent."""

from bot.model import Space
from tests.fakes.mimo_server import MimoServer
from tests.telegram_case import (  # noqa: F401  the fixtures of this file
    Launch,
    fixture_launch,
    fixture_line,
    fixture_server,
    heard,
)
from tests.telegram_reading_case import GROUP, Village, fixture_village, open_village, spoken  # noqa: F401

SPACE = Space("telegram", str(GROUP))


async def test_what_is_written_becomes_a_voice(village: Village, mimo: MimoServer) -> None:
    message = await village.write("The ship has landed.")
    (voice,) = await village.voices()
    heard(voice)
    assert spoken(mimo) == ["Bo says: The ship has landed."]
    assert voice.json("reply_parameters")["message_id"] == message["message_id"]
    assert "caption" not in voice.params
    await village.settled()
