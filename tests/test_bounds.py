"""Answers of providers that are bombs, met in a process of its own: its memory stays bounded."""

import pytest

from bench.bounds import BOMBS, GOAL, measure


@pytest.mark.parametrize("name", ["JSON of small objects", "base64 of 39 MB", "an event of short lines"])
async def test_a_bomb_takes_bounded_memory(name: str) -> None:
    (bomb,) = [one for one in BOMBS if one.name == name]
    _, peak, ended = await measure(bomb)
    assert peak < GOAL
    assert ended in {
        f"an answer of more than {40 * 2**20} bytes",
        "audio that is not WAV",
        "an event that does not end",
    }
