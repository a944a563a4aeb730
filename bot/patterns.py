"""Expressions over text that people write, and why each takes time in proportion to it. Imported by every layer.

An expression whose steps from one place of a text are bounded needs no word: ``tests/test_linear.py`` counts them. One
whose steps are not is compiled by ``linear``, with the reason why they still add up to a multiple of the text.
"""

import re

PROVED: dict[tuple[str, int], str] = {}
"""The reason, by expression and flags."""


def linear(expression: str, because: str, flags: int = 0) -> re.Pattern[str]:
    """Compile an expression and keep the reason why its time is linear."""
    pattern = re.compile(expression, flags)
    PROVED[pattern.pattern, pattern.flags] = because
    return pattern
