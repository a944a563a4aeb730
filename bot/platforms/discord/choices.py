"""What can be chosen for an option of a command, named in the languages of the house.

Called by the command doors where an option takes one of a few words.
"""

from collections.abc import Sequence
from typing import Any, get_args

from discord.app_commands import Choice

from bot.platforms.discord.client import localized
from bot.texts import codes


def choices(words: Any) -> list[Choice[str]]:
    """Return the words, or those of a ``Literal``, each under its name in the reader's language."""
    listed: Sequence[str] = words if isinstance(words, tuple) else get_args(words)
    return [Choice(name=localized(codes.CHOICE[word]), value=word) for word in listed]
