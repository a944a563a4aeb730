"""The keyboards of ``/settings`` on Telegram that choose a value: voice, style, language, cooldown.

``settings.py`` shows the rows that open them and reads what is pressed in them.
"""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot import texts
from bot.platforms.telegram import choices, keyboard
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.keyboard import Choice
from bot.platforms.voices import in_order, title
from bot.speech import styles
from bot.store.spaces import SpaceSettings

OWN = ("voice", "style")
SHARED = ("voice", "style", "language", "cooldown")
BACK = "back"
DEFAULT = "-"
"""What a button carries that goes back to the default, as it may be typed."""
_COOLDOWNS = (0, 5, 10, 30, 60, 300)
"""Seconds offered; others can be typed."""
_OFFERED = 90
"""Most buttons: Telegram takes 100 under a message."""

Page = tuple[str, InlineKeyboardMarkup]


def openers(names: tuple[str, ...], values: dict[str, object], language: str) -> list[list[InlineKeyboardButton]]:
    """Return rows of buttons that open a page each, with what is set now."""
    buttons = [
        InlineKeyboardButton(
            texts.say(f"telegram.open.{name}", language, value=values[name]), callback_data=f"o:{name}"
        )
        for name in names
    ]
    return [buttons[at : at + 2] for at in range(0, len(buttons), 2)]


async def own_page(counter: Counter, asked: Asked, name: str) -> Page:
    """Return the voices or styles of a person, with a way back."""
    text, shown = await (choices.voices if name == "voice" else choices.styles_offered)(counter, asked)
    return text, _with_way_back(shown, asked.language)


def shared_page(counter: Counter, asked: Asked, kept: SpaceSettings, name: str) -> Page:
    """Return the values of a group's setting, what is set now marked, with a way back."""
    language = asked.language
    default = Choice(texts.say("telegram.default", language), f"{name}:{DEFAULT}")
    if name == "voice":
        voices = in_order(counter.doors.speech.voices(), language)
        offered = [default, *(Choice(title(voice, language), f"voice:{voice.id}") for voice in voices)]
        chosen = kept.default_voice
    elif name == "style":
        offered = [default, *(Choice(each.label(language), f"style:{each.key}") for each in styles.CATALOGUE)]
        found = styles.find(kept.default_style)
        chosen = found.key if found is not None else kept.default_style
    elif name == "language":
        automatic = Choice(texts.say("telegram.automatic", language), f"language:{DEFAULT}")
        offered = [automatic, Choice("English", "language:en"), Choice("中文", "language:zh")]
        chosen = kept.language
    else:
        offered = [Choice(f"{seconds} s", f"cooldown:{seconds}") for seconds in _COOLDOWNS]
        chosen = str(kept.cooldown)
    per_row = 2 if name == "voice" else 3
    shown = keyboard.choices("g", offered[:_OFFERED], f"{name}:{chosen or DEFAULT}", per_row=per_row)
    return texts.say("telegram.open.choose", language), _with_way_back(shown, language)


def _with_way_back(shown: InlineKeyboardMarkup, language: str) -> InlineKeyboardMarkup:
    back = InlineKeyboardButton(texts.say("telegram.open.back", language), callback_data=f"o:{BACK}")
    return InlineKeyboardMarkup([*shown.inline_keyboard, [back]])
