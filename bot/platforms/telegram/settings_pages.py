"""The keyboards of ``/settings`` on Telegram that choose a value: of a voice, a style, a word, a number of seconds.

``settings.py`` shows the rows that open them and reads what is pressed in them.
"""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot import texts, values
from bot.platforms.telegram import choices, keyboard
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.keyboard import Choice
from bot.platforms.voices import in_order, title
from bot.speech import styles
from bot.store.preferences import Preference
from bot.store.setting import Kind, Number, Setting, Style, Switch, Voice, Word, settings_of
from bot.store.spaces import SpaceSettings

SHARED_SETTINGS = {each.key: each for each in settings_of(SpaceSettings) if each.key and each.telegram is not None}
"""Those of a group, by the key that is typed."""
SHARED = {key: each for key, each in SHARED_SETTINGS.items() if not isinstance(each.kind, Switch)}
"""Those with a page of values."""
OWN = {each.key: each for each in settings_of(Preference) if isinstance(each.kind, Voice | Style)}
BACK = "back"
DEFAULT = values.NONE
"""What a button carries that goes back to the default, as it may be typed."""
_SECONDS = (0, 5, 10, 30, 60, 300)
"""Durations offered; others can be typed."""
_OFFERED = 90
"""Most buttons: Telegram takes 100 under a message."""

Page = tuple[str, InlineKeyboardMarkup]


def form_of(kind: Kind) -> str:
    """Return the pattern of what a button carries for a value of a kind."""
    match kind:
        case Switch():
            return "on|off"
        case Voice():
            return r"[^\x00-\x1f\x7f]{1,56}"
        case Style():
            return "[a-z0-9_-]{1,32}"
        case Word(words=words):
            return "|".join((DEFAULT, *words))
        case _:
            return "[0-9]{1,4}"


def shown(setting: Setting, kept: SpaceSettings | Preference, language: str) -> object:
    """Return what is set, for a line or a button; a word that is not set is chosen by us."""
    if isinstance(setting.kind, Word) and not getattr(kept, setting.field):
        return values.named(DEFAULT, language)
    return setting.shown(kept, language)


def openers(
    pages: dict[str, Setting], kept: SpaceSettings | Preference, language: str
) -> list[list[InlineKeyboardButton]]:
    """Return rows of buttons that open a page each, with what is set now."""
    buttons = [
        InlineKeyboardButton(
            texts.say(each.telegram.button, language, value=shown(each, kept, language)), callback_data=f"o:{key}"
        )
        for key, each in pages.items()
        if each.telegram is not None
    ]
    return [buttons[at : at + 2] for at in range(0, len(buttons), 2)]


async def own_page(counter: Counter, asked: Asked, name: str) -> Page:
    """Return the voices or styles of a person, with a way back."""
    text, keys = await (choices.voices if name == "voice" else choices.styles_offered)(counter, asked)
    return text, _with_way_back(keys, asked.language)


def words(kind: Kind, language: str) -> list[Choice]:
    """Return the words of a kind."""
    return [Choice(kind.label(each, language), each) for each in kind.words] if isinstance(kind, Word) else []


def shared_page(counter: Counter, asked: Asked, kept: SpaceSettings, setting: Setting) -> Page:
    """Return the values of a group's setting, what is set now marked, with a way back."""
    language, held = asked.language, getattr(kept, setting.field)
    default, per_row = [Choice(texts.say("telegram.default", language), DEFAULT)], 3
    match setting.kind:
        case Voice():
            voices, per_row = in_order(counter.doors.speech.voices(), language), 2
            offered = [*default, *(Choice(title(voice, language), voice.id) for voice in voices)]
        case Style():
            offered = [*default, *(Choice(each.label(language), each.key) for each in styles.CATALOGUE)]
            found = styles.find(held)
            held = found.key if found is not None else held
        case Word():
            automatic = Choice(texts.say("telegram.automatic", language), DEFAULT)
            offered = [automatic, *words(setting.kind, language)]
        case Number(least=least, most=most):
            offered = [Choice(f"{each} s", str(each)) for each in _SECONDS if least <= each <= most]
        case _:
            offered = default
    named = [Choice(each.shown, f"{setting.key}:{each.value}") for each in offered[:_OFFERED]]
    chosen = f"{setting.key}:{DEFAULT if held == '' else held}"
    buttons = keyboard.choices("g", named, chosen, per_row=per_row)
    return texts.say("telegram.open.choose", language), _with_way_back(buttons, language)


def _with_way_back(below: InlineKeyboardMarkup, language: str) -> InlineKeyboardMarkup:
    back = InlineKeyboardButton(texts.say("telegram.open.back", language), callback_data=f"o:{BACK}")
    return InlineKeyboardMarkup([*below.inline_keyboard, [back]])
