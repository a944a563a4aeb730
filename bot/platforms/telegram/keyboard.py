"""Buttons: their labels and data. ``handlers.py`` reads what was pressed.

A button carries a letter, a colon and its data: ``s:whisper:TOKEN``, at most 64 bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit

from bot.platforms.requests import Answer
from bot.text import styles
from bot.text.styles import Style
from bot.texts import codes, say

OLD_BUTTON = "telegram.old_button"
"""Code of the sentence for a button with data that no current button carries."""
UNDER_A_VOICE = ("whisper", "happy", "northeastern_dialect", "sing")
"""Keys of the styles offered under each voice message."""
_ELSEWHERE = 60
"""Characters of the text that are typed for a person who takes a voice to another chat."""
_PER_ROW = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """A choosable value."""

    shown: str
    value: str
    """Empty: the default."""


def style_of(key: str) -> Style | None:
    """Return the style a button names, or None."""
    return next((style for style in styles.CATALOGUE if style.key == key), None)


def under_voice(answer: Answer, language: str, *, in_private: bool) -> InlineKeyboardMarkup | None:
    """Return other styles, again with its price, the text; in private a way to another chat. None: no text is kept."""
    token = answer.token
    if not token:
        return None
    named = [style for key in UNDER_A_VOICE if (style := style_of(key)) is not None]
    first = [_button(style.label(language), f"s:{style.key}:{token}") for style in named]
    code = "telegram.button.again_free" if answer.is_free else "telegram.button.again"
    again = say(code, language, characters=len(answer.receipt.spoken))
    second = [_button(again, f"r:{token}"), _button(say("telegram.button.words", language), f"w:{token}")]
    if in_private:
        typed = " ".join(answer.utterance.text.split())[:_ELSEWHERE]
        elsewhere = say("telegram.button.elsewhere", language)
        second.append(InlineKeyboardButton(elsewhere, switch_inline_query=typed))
    return InlineKeyboardMarkup([first, second])


def choices(
    letter: str,
    offered: Sequence[Choice],
    chosen: str,
    *,
    per_row: int = _PER_ROW,
    below: Sequence[InlineKeyboardButton] = (),
) -> InlineKeyboardMarkup:
    """Return values to choose, the current one marked, and a row below. Values too long for a button are left out."""
    buttons = [
        _button(f"✓ {choice.shown}" if choice.value == chosen else choice.shown, f"{letter}:{choice.value}")
        for choice in offered
        if _fits(f"{letter}:{choice.value}")
    ]
    rows = [buttons[at : at + per_row] for at in range(0, len(buttons), per_row)]
    return InlineKeyboardMarkup([*rows, list(below)] if below else rows)


def favourite(letter: str, value: str, name: str, *, kept: bool, language: str) -> list[InlineKeyboardButton]:
    """Return a button ``f:v:on:Mia`` that adds or removes a favourite; none if it does not fit."""
    data = f"f:{letter}:{'off' if kept else 'on'}:{value}"
    shown = say("telegram.button.favourite" if kept else "telegram.button.no_favourite", language, name=name)
    return [_button(shown, data)] if value and _fits(data) else []


def free_voice(token: str, language: str) -> InlineKeyboardMarkup:
    """Return the button ``q:TOKEN`` that speaks with the free voice what the quota refused."""
    return InlineKeyboardMarkup([[_button(say("free.use", language), f"q:{token}")]])


def cancel(name: str, language: str) -> InlineKeyboardMarkup:
    """Return the button that cancels waiting."""
    return InlineKeyboardMarkup([[_button(say("waiting.cancel", language), f"x:{name}")]])


def answers(letter: str, token: str, language: str) -> InlineKeyboardMarkup:
    """Return yes and no for a question about a file."""
    row = [_button(say(codes.DICTIONARY_ANSWER[word], language), f"{letter}:{word}:{token}") for word in ("yes", "no")]
    return InlineKeyboardMarkup([row])


def _fits(data: str) -> bool:
    return len(data.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA


def _button(shown: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(shown, callback_data=data)
