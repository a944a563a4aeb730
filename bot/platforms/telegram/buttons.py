"""What the buttons under the bot's messages do on Telegram, by the letter they carry. Registered in ``handlers.py``."""

import re
from collections.abc import Awaitable, Callable

from telegram.constants import CallbackQueryLimit

from bot import texts
from bot.errors import InputError
from bot.platforms.telegram import choices, dictionary, keyboard, settings, speaking
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter, Queued
from bot.platforms.telegram.delivery import units
from bot.platforms.telegram.keyboard import OLD_BUTTON


async def press(counter: Counter, asked: Asked) -> None:
    """Do what the pressed button says; it is answered in any case, so that it stops spinning.

    Raises InputError ``telegram.old_button`` for data that no button of today carries, forged or old.
    """
    letter = asked.line.partition(":")[0]
    form = _FORMS.get(letter)
    if form is None or not form.fullmatch(asked.line):
        raise InputError(OLD_BUTTON)
    await PRESSES[letter](counter, asked)
    await counter.delivery.toast(asked)


async def other_style(counter: Counter, asked: Asked) -> None:
    """``s:whisper:TOKEN``: the same words in another style. Raises InputError ``telegram.old_button``."""
    _, key, token = asked.line.split(":")
    style = keyboard.style_of(key)
    if style is None:
        raise InputError(OLD_BUTTON)
    await speaking.again(counter, asked, token, styles=(style.en,))


async def again(counter: Counter, asked: Asked) -> None:
    """``r:TOKEN``: the same words as another take."""
    await speaking.again(counter, asked, _matter(asked), styles=None)


async def free(counter: Counter, asked: Asked) -> None:
    """``q:TOKEN``: by the free voice what the quota refused."""
    await speaking.free(counter, asked, _matter(asked))


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
    """``t:whisper``: the person's own style from now on. Raises InputError ``telegram.old_button``."""
    if (key := _matter(asked)) and keyboard.style_of(key) is None:
        raise InputError(OLD_BUTTON)
    await counter.delivery.toast(asked, await choices.choose_style(counter, asked, _matter(asked)))
    await choices.press_choice(counter, asked, "t")


async def cancel(counter: Counter, asked: Asked) -> None:
    """``x:NAME``: cancel what waits or is being spoken. Raises InputError ``waiting.over``."""
    queued = counter.waiting.get(_matter(asked))
    allowed = queued is not None and await _may_cancel(counter, asked, queued)
    if queued is None or not allowed or queued.waiting.is_over:
        raise InputError("waiting.over")
    queued.task.cancel()
    await counter.delivery.toast(asked, texts.say("waiting.cancelled", asked.language))


async def _may_cancel(counter: Counter, asked: Asked, queued: Queued) -> bool:
    """Return True for the person who asked and, in the group where it was, for its administrators."""
    if queued.account == asked.account:
        return True
    return queued.chat_id == asked.message.chat_id and await counter.delivery.is_admin(asked)  # not of another group


def _matter(asked: Asked) -> str:
    return asked.line.partition(":")[2]


Press = Callable[[Counter, Asked], Awaitable[None]]
PRESSES: dict[str, Press] = {
    "s": other_style,
    "r": again,
    "w": words,
    "q": free,
    "v": voice,
    "t": style,
    "f": choices.press_favourite,
    "l": settings.press_language,
    "g": settings.press_group,
    "o": settings.press_open,
    "p": settings.press_own,
    "x": cancel,
    "i": dictionary.answered,
}
"""The registration list."""
_NAMED = r"[A-Za-z0-9_-]{1,32}"
_FORMS = {
    letter: re.compile(form, re.ASCII)
    for letter, form in {
        "s": rf"s:[a-z0-9_]{{1,32}}:{_NAMED}",
        "r": rf"r:{_NAMED}",
        "w": rf"w:{_NAMED}",
        "q": rf"q:{_NAMED}",
        "v": r"v:[^\x00-\x1f\x7f]{0,62}",
        "t": r"t:[a-z0-9_]{0,32}",
        "f": r"f:[vt]:(?:on|off):[^\x00-\x1f\x7f]{1,62}",
        "l": "l:(?:" + "|".join(("", *texts.LANGUAGES)) + ")",
        "g": settings.GROUP_FORM,
        "o": "o:[a-z]{1,16}",
        "p": "p:readme:(?:on|off)",
        "x": rf"x:{_NAMED}",
        "i": rf"i:(?:yes|no):{_NAMED}",
    }.items()
}
"""What each button carries, as ``keyboard.py`` writes it."""
