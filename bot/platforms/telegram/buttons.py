"""What the buttons under the bot's messages do on Telegram, by the letter they carry. Registered in ``handlers.py``."""

from collections.abc import Awaitable, Callable

from telegram.constants import CallbackQueryLimit

from bot import texts
from bot.errors import InputError
from bot.platforms.telegram import choices, keyboard, settings, speaking
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter, Queued
from bot.platforms.telegram.delivery import units


async def press(counter: Counter, asked: Asked) -> None:
    """Do what the pressed button says; it is answered in any case, so that it stops spinning."""
    letter = asked.line.partition(":")[0]
    if letter in PRESSES:
        await PRESSES[letter](counter, asked)
    await counter.delivery.toast(asked)


async def other_style(counter: Counter, asked: Asked) -> None:
    """``s:whisper:TOKEN``: the same words in another style."""
    _, key, token = asked.line.split(":", 2)
    style = keyboard.style_of(key)
    if style is not None:
        await speaking.again(counter, asked, token, styles=(style.en,))


async def again(counter: Counter, asked: Asked) -> None:
    """``r:TOKEN``: the same words as another take."""
    await speaking.again(counter, asked, _matter(asked), styles=None)


async def words(counter: Counter, asked: Asked) -> None:
    """``w:TOKEN``: what the voice says; over the chat where it fits, else in a hidden message below."""
    kept = await counter.doors.desk.words.get(_matter(asked))
    if kept is None:
        raise InputError("words.gone")
    if units(kept.text) <= CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH:
        await counter.delivery.toast(asked, kept.text, alert=True)
    elif await counter.delivery.toast(asked):  # a second delivery must not post them twice
        await counter.delivery.sentence(asked.message, kept.text, hidden=True)


async def voice(counter: Counter, asked: Asked) -> None:
    """``v:Mia``: the person's own voice from now on."""
    await counter.delivery.toast(asked, await choices.choose_voice(counter, asked, _matter(asked)))
    await choices.press_choice(counter, asked, "v")


async def style(counter: Counter, asked: Asked) -> None:
    """``t:whisper``: the person's own style from now on."""
    await counter.delivery.toast(asked, await choices.choose_style(counter, asked, _matter(asked)))
    await choices.press_choice(counter, asked, "t")


async def cancel(counter: Counter, asked: Asked) -> None:
    """``x:NAME``: give up waiting. Only who asked can. Raises InputError ``waiting.over``."""
    queued = counter.waiting.get(_matter(asked))
    allowed = queued is not None and await _may_cancel(counter, asked, queued)
    if queued is None or not allowed or queued.waiting.place() is None:
        raise InputError("waiting.over")
    queued.task.cancel()
    await counter.delivery.toast(asked, texts.say("waiting.cancelled", asked.language))


async def _may_cancel(counter: Counter, asked: Asked, queued: Queued) -> bool:
    """Who asked; for the group, or a channel, which press no buttons, the group's administrators."""
    if queued.account == asked.account:
        return True
    return not queued.account.id.isdecimal() and await counter.delivery.is_admin(asked)


def _matter(asked: Asked) -> str:
    return asked.line.partition(":")[2]


Press = Callable[[Counter, Asked], Awaitable[None]]
PRESSES: dict[str, Press] = {
    "s": other_style,
    "r": again,
    "w": words,
    "v": voice,
    "t": style,
    "f": choices.press_favourite,
    "l": settings.press_language,
    "g": settings.press_group,
    "x": cancel,
}
"""The registration list."""
