"""What people set for themselves on Telegram: ``/voice``, ``/style``, ``/quota``, ``/start`` with a deep link.

Each command with a name sets it; without one it shows buttons, and ``buttons.py`` calls ``choose_voice`` or
``choose_style`` for the one that is pressed.
"""

from typing import cast

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot import texts, values
from bot.errors import InputError
from bot.platforms.shares import shares
from bot.platforms.telegram import keyboard, speaking
from bot.platforms.telegram.asking import Asked, own_account
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.keyboard import Choice
from bot.platforms.voices import in_order, title
from bot.speech import styles
from bot.store.preferences import Kind, Preference
from bot.texts import codes

_OFFERED = 30
"""Most buttons under one message."""
_VOICES_PER_ROW = 2
"""Voices are shown with their language and kind."""


Shown = tuple[str, InlineKeyboardMarkup]


async def voice(counter: Counter, asked: Asked) -> None:
    """``/voice Mia``: from now on; ``/voice``: which there are."""
    if name := asked.line.strip():
        said = await choose_voice(counter, asked, name)
        own = await counter.doors.desk.preferences.get(asked.account)
        await counter.delivery.sentence(asked.message, said, keyboard=_alone(_favourite_voice(own, asked)))
        return
    text, buttons = await voices(counter, asked)
    await counter.delivery.sentence(asked.message, text, keyboard=buttons)


async def voices(counter: Counter, asked: Asked) -> Shown:
    """A person's voice, and buttons for others: favourites first, then those used last."""
    own = await counter.doors.desk.preferences.get(asked.account)
    first = [*own.favourite_voices, *own.recent_voices]
    listed = {info.id: info for info in in_order(counter.doors.speech.voices(), asked.language)}
    unlisted = not counter.doors.speech.lists_every_voice()
    names = dict.fromkeys([*(name for name in first if unlisted or name in listed), *listed])
    offered = [Choice(texts.say("telegram.default", asked.language), "")]
    for name in names:
        shown = title(listed[name], asked.language) if name in listed else name
        offered.append(Choice(_starred(shown, kept=name in own.favourite_voices), name))
    text = texts.say("telegram.voice.choose", asked.language, voice=own.voice or "–")
    return text, keyboard.choices(
        "v", offered[:_OFFERED], own.voice, per_row=_VOICES_PER_ROW, below=_favourite_voice(own, asked)
    )


async def style(counter: Counter, asked: Asked) -> None:
    """``/style Whisper``: from now on; ``/style``: which there are."""
    if name := asked.line.strip():
        said = await choose_style(counter, asked, name)
        own = await counter.doors.desk.preferences.get(asked.account)
        await counter.delivery.sentence(asked.message, said, keyboard=_alone(_favourite_style(own, asked)))
        return
    text, buttons = await styles_offered(counter, asked)
    await counter.delivery.sentence(asked.message, text, keyboard=buttons)


async def styles_offered(counter: Counter, asked: Asked) -> Shown:
    """A person's style, and buttons for others: favourites first, then those used last."""
    own = await counter.doors.desk.preferences.get(asked.account)
    recent = [found for name in (*own.favourite_styles, *own.recent_styles) if (found := styles.find(name))]
    listed = dict.fromkeys([*recent, *styles.CATALOGUE])
    offered = [Choice(texts.say("telegram.default", asked.language), "")]
    kept = {found.key for name in own.favourite_styles if (found := styles.find(name))}
    offered += [Choice(_starred(each.label(asked.language), kept=each.key in kept), each.key) for each in listed]
    chosen = styles.find(own.style)
    text = texts.say("telegram.style.choose", asked.language, style=own.style or "–")
    marked = chosen.key if chosen else own.style
    return text, keyboard.choices("t", offered[:_OFFERED], marked, below=_favourite_style(own, asked))


async def press_choice(counter: Counter, asked: Asked, letter: str) -> None:
    """In private the message shows what holds now; in a group it is everyone's and stays."""
    if asked.space is not None:
        return
    text, whole = await (voices if letter == "v" else styles_offered)(counter, asked)
    shown = asked.message.reply_markup
    if shown is not None and len(shown.inline_keyboard) == 1:  # of what was set by its name
        row = [button for button in whole.inline_keyboard[-1] if str(button.callback_data).startswith("f:")]
        await counter.delivery.change(asked.message, asked.message.text or "", _alone(row))
        return
    await counter.delivery.change(asked.message, text, whole)


async def press_favourite(counter: Counter, asked: Asked) -> None:
    """``f:v:on:Mia``, ``f:t:off:whisper``.

    Raises InputError ``favourite.voices_full``, ``favourite.styles_full``, ``voice.unknown``, ``telegram.old_button``.
    """
    _, letter, state, value = asked.line.split(":", 3)
    named = styles.find(value) or keyboard.style_of(value) if letter == "t" else None
    if letter == "t" and named is None:
        raise InputError(keyboard.OLD_BUTTON)
    name, kind = (named.en, "style") if named is not None else (await counter.doors.desk.saved.known(value), "voice")
    await counter.doors.desk.preferences.favourite(asked.account, cast("Kind", kind), name, state == "on")
    shown = named.label(asked.language) if named is not None else name
    await counter.delivery.toast(asked, texts.say(codes.TELEGRAM_FAVOURITE[state], asked.language, name=shown))
    await press_choice(counter, asked, letter)


def _favourite_voice(own: Preference, asked: Asked) -> list[InlineKeyboardButton]:
    kept = own.voice in own.favourite_voices
    return keyboard.favourite("v", own.voice, own.voice, kept=kept, language=asked.language)


def _favourite_style(own: Preference, asked: Asked) -> list[InlineKeyboardButton]:
    """For one of the catalogue; favourites are no free text."""
    found = styles.find(own.style)
    if found is None:
        return []
    name, kept = found.label(asked.language), found in map(styles.find, own.favourite_styles)
    return keyboard.favourite("t", found.key, name, kept=kept, language=asked.language)


def _alone(buttons: list[InlineKeyboardButton]) -> InlineKeyboardMarkup | None:
    return InlineKeyboardMarkup([buttons]) if buttons else None


def _starred(name: str, *, kept: bool) -> str:
    return f"★ {name}" if kept else name


async def choose_voice(counter: Counter, asked: Asked, name: str) -> str:
    """Make a voice the person's own; returns what to say. Raises InputError ``voice.unknown``."""
    name = await counter.doors.desk.saved.known(name) if values.text(name) else ""
    await counter.doors.desk.preferences.set(own_account(asked), voice=name)
    if not name:
        return texts.say("telegram.voice.reset", asked.language)
    return texts.say("telegram.voice.set", asked.language, voice=name)


async def choose_style(counter: Counter, asked: Asked, line: str) -> str:
    """Make styles the person's own, listed or not; returns what to say. Raises InputError ``name.too_long``."""
    parsed = styles.parse(values.text(line))
    named = [found.label(asked.language) if (found := styles.find(name)) else name for name in parsed]
    own = ", ".join(named)
    await counter.doors.desk.preferences.set(own_account(asked), style=own)
    if not own:
        return texts.say("telegram.style.reset", asked.language)
    return texts.say("telegram.style.set", asked.language, style=own)


async def quota(counter: Counter, asked: Asked) -> None:
    """``/quota``: what is used and left today, of a group's share too, and when it begins anew."""
    roles = await counter.delivery.roles(asked)
    shown = await shares(
        counter.doors.speech, asked.account, roles, asked.space, language=asked.language, moment=lambda time: time
    )
    blocks = ("\n".join(filter(None, (share.title, share.bar, share.words))) for share in shown)
    await counter.delivery.sentence(asked.message, "\n\n".join(blocks))


async def start(counter: Counter, asked: Asked) -> None:
    """``/start``: what the bot does. A deep link: ``voice-Mia``, ``style-whisper``, ``make-whisper-TOKEN``."""
    order, _, matter = asked.line.strip().partition("-")
    if order == "voice" and matter:
        await counter.delivery.sentence(asked.message, await choose_voice(counter, asked, matter))
    elif order == "style" and matter:
        await counter.delivery.sentence(asked.message, await choose_style(counter, asked, matter))
    elif order == "make" and matter:
        key, _, token = matter.partition("-")
        style = keyboard.style_of(key)
        kept = await counter.doors.desk.words.get(token)
        as_kept = kept.styles if kept is not None else ()
        await speaking.again(counter, asked, token, styles=(style.en,) if style else as_kept)
    else:
        await show_help(counter, asked)


async def show_help(counter: Counter, asked: Asked) -> None:
    """``/help``: what the bot does and how it is asked."""
    await counter.delivery.sentence(asked.message, texts.say("telegram.help", asked.language))
