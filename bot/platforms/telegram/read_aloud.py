"""``/read on|off``: administrators have the messages of a group, or of a topic, read aloud. Listed in ``handlers.py``.

What is set is a binding in the store, so it holds after a restart. The reading itself is in ``aloud.py``.
"""

import re

from bot import texts
from bot.errors import InputError
from bot.model import Space
from bot.platforms.telegram.aloud import WHOLE
from bot.platforms.telegram.asking import Asked
from bot.platforms.telegram.counter import Counter
from bot.speech import grammar
from bot.store.bindings import Binding
from bot.texts import codes

_ON, _OFF = frozenset({"on", "开", "开始", "yes"}), frozenset({"off", "关", "停", "停止", "no"})
_ALL = frozenset({"all", "everywhere", "全部", "全群"})
_LENGTH = re.compile(r"(\d{1,6})(?!\S)", re.ASCII)


async def read(counter: Counter, asked: Asked) -> None:
    """Say what is read; ``on`` and ``off`` change it. Raises InputError ``telegram.admins_only``, StoreError."""
    if asked.space is None:
        await _tell(counter, asked, "telegram.read.private")
        return
    order, _, rest = asked.line.strip().partition(" ")
    order = order.casefold()
    if order not in _ON | _OFF:
        await _show(counter, asked, asked.space)
        return
    if not await counter.delivery.is_admin(asked):
        raise InputError("telegram.admins_only")
    word, _, after = rest.strip().partition(" ")
    everywhere = word.casefold() in _ALL
    channel = WHOLE if everywhere else asked.channel
    if order in _ON:
        await _begin(counter, asked, asked.space, channel, after if everywhere else rest)
    else:
        await _end(counter, asked, asked.space, channel)


async def _begin(counter: Counter, asked: Asked, space: Space, channel: str, options: str) -> None:
    """``200 voice:Mia style:Happy`` behind it: the longest reading here, and for those without a voice of their own."""
    bound = await _bound(counter, space, channel, options)
    await counter.doors.reader.bindings.bind(bound)
    said = [" ".join([texts.say(_place("telegram.read.on", asked, channel), asked.language), *_options(bound, asked)])]
    if await counter.rights.sees_messages(asked.message.chat_id) is False:
        said.append(texts.say("telegram.read.privacy", asked.language))
    if await counter.rights.may_send_voices(asked.message.chat_id) is False:
        said.append(texts.say("telegram.doctor.voices.off", asked.language))
    await counter.delivery.sentence(asked.message, "\n\n".join(said))


async def _bound(counter: Counter, space: Space, channel: str, options: str) -> Binding:
    """What is typed behind ``on``. Raises InputError ``telegram.read.wanted``, ``voice.unknown``."""
    options = options.strip()
    number = _LENGTH.match(options)
    wish = grammar.parse(options[number.end() :] if number is not None else options)
    length, rest = (number[1], wish.text) if number is not None else (wish.text, "")
    if rest or (length and not _LENGTH.fullmatch(length)):
        raise InputError("telegram.read.wanted")
    return Binding(
        space,
        channel,
        voice=await counter.doors.desk.saved.known(wish.voice) if wish.voice else "",
        style=wish.style,
        max_characters=int(length or 0),
    )


def _options(bound: Binding, asked: Asked) -> list[str]:
    """What holds for what is read there alone."""
    if not (bound.voice or bound.style or bound.max_characters):
        return []
    voice, style, most = (each or "–" for each in (bound.voice, bound.style, bound.max_characters))
    return [texts.say("telegram.read.options", asked.language, voice=voice, style=style, most=most)]


async def _end(counter: Counter, asked: Asked, space: Space, channel: str) -> None:
    """A topic, or with ``all`` everything."""
    bindings = counter.doors.reader.bindings
    if channel == WHOLE:
        was = bool(await bindings.of(space))
        await bindings.forget(space)
    else:
        was = await bindings.unbind(space, channel)
        if not was and any(each.channel == WHOLE for each in await bindings.of(space)):
            await _tell(counter, asked, "telegram.read.whole")
            return
    counter.aloud.stop_reading(asked.message.chat_id, channel)
    await _tell(counter, asked, _place("telegram.read.off", asked, channel) if was else "telegram.read.was_off")


async def _show(counter: Counter, asked: Asked, space: Space) -> None:
    bound = {each.channel: each for each in await counter.doors.reader.bindings.of(space)}
    if WHOLE in bound:
        state = "telegram.read.is_on"
    elif asked.channel in bound:
        state = "telegram.read.is_on.topic"
    else:
        state = "telegram.read.is_off"
    here = bound.get(asked.channel) or bound.get(WHOLE)
    said = [texts.say(state, asked.language), *(_options(here, asked) if here is not None else ())]
    await counter.delivery.sentence(
        asked.message, " ".join(said) + "\n" + texts.say("telegram.read.usage", asked.language)
    )


def _place(code: str, asked: Asked, channel: str) -> str:
    return codes.TOPIC[code] if channel and channel == asked.channel else code


async def _tell(counter: Counter, asked: Asked, code: str) -> None:
    await counter.delivery.sentence(asked.message, texts.say(code, asked.language))
