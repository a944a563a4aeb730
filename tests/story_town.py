"""One front end of the two, the speech service's stand-in behind it, and how a sound is judged.

What the stories start from.

Used by ``test_stories.py`` and ``test_fair_use.py``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BuildHouse, House
from tests.fakes.discord_sound import Sound
from tests.fakes.mimo_rules import FRAME, Job, check, check_model
from tests.fakes.mimo_server import MimoServer
from tests.fakes.tones import RATE, pitch
from tests.story_doors import AnyDoor


@dataclass
class Town:
    """One front end, and what stands behind it."""

    front_end: AnyDoor
    mimo: MimoServer
    build: BuildHouse
    folder: Path

    async def house(self, **sections: Any) -> House:
        """A core on the stand-in alone, or as the sections say."""
        mimo = {"base_url": self.mimo.base_url, "api_key": "sk-test"}
        usual: dict[str, Any] = {"providers": {"mimo": mimo}, "speech": {"providers": ["mimo"]}}
        return await self.build(**(usual | sections))

    async def used(self, house: House, *, other: bool = False) -> int:
        """Characters that a person paid."""
        return (await house.ledger.usage(self.front_end.account(other=other).scope)).characters

    def said(self) -> list[Job]:
        """What the service was asked to say."""
        return [check(body, check_model(body)) for body in self.mimo.calls]


def sounds_like(sound: Sound, job: Job) -> None:
    """The delivered sound is what the service said: as long within a packet, the same tone, to be heard throughout."""
    assert sound.seconds == pytest.approx(job.frames * FRAME / RATE, abs=0.021)
    assert pitch(sound.pcm, sound.rate) == pytest.approx(job.hertz, rel=0.02)
    assert sound.level > 0.1
