"""``/why`` and ``/explain``, as an answer to a message: why it was not read aloud, and what would be said of it.

Registered in ``handlers.py``. The gates and their sentences are those of Discord's menus; where Telegram calls for
other words, ``telegram.unread.…`` has them.
"""

from telegram import Message

from bot import texts
from bot.platforms.reading.heard import Unread
from bot.platforms.telegram.asking import Asked, command_of
from bot.platforms.telegram.counter import Counter
from bot.platforms.telegram.heard import id_of, is_speech
from bot.texts import codes

_MOST_RULES = 15
_CHARACTERS = 700
"""Of the words that would be said."""
_SHOWN = 60
"""Characters of each change."""


async def why(counter: Counter, asked: Asked) -> None:
    """Name the gate that stopped a message."""
    message = await _asked_about(counter, asked)
    if message is not None:
        await counter.delivery.sentence(asked.message, sentence(await _found(counter, message), asked.language))


async def explain(counter: Counter, asked: Asked) -> None:
    """Show what would be said, and which rule did it."""
    message = await _asked_about(counter, asked)
    if message is not None:
        await counter.delivery.sentence(asked.message, await _explained(counter, message, asked.language))


def sentence(unread: Unread, language: str) -> str:
    """A gate, in the words that hold on Telegram."""
    code = codes.TELEGRAM_UNREAD.get(unread.code, unread.code)
    return texts.say(code, language, **dict(unread.facts))


async def _asked_about(counter: Counter, asked: Asked) -> Message | None:
    """The message that the command answers; None, with a word, where it answers none of a group."""
    message = asked.message.reply_to_message
    if asked.space is None or message is None or message.forum_topic_created is not None:
        await counter.delivery.sentence(asked.message, texts.say("telegram.why.usage", asked.language))
        return None
    return message


async def _found(counter: Counter, message: Message) -> Unread:
    """What was remembered of a message, else what would stop it now. Raises StoreError."""
    if counter.aloud.waits(message):
        return Unread("unread.waiting")
    outcome = counter.doors.reader.outcomes.get(id_of(message))
    if outcome == "read":
        return Unread("unread.read")
    return outcome or await _now(counter, message) or Unread("unread.unknown")


async def _now(counter: Counter, message: Message) -> Unread | None:
    """What would stop the message if it came at this moment. Raises StoreError."""
    if not is_speech(message, message.get_bot().id):
        return Unread("unread.not_speech")
    if command_of(message):
        return Unread("unread.command")
    binding = await counter.aloud.binding_of(message)
    if binding is None:
        return Unread("unread.not_read_here")
    if await counter.rights.sees_messages(message.chat_id) is False:
        return Unread("unread.no_content")
    judged = await counter.doors.reader.judge(await counter.aloud.heard(message, binding))
    return judged if isinstance(judged, Unread) else None


async def _explained(counter: Counter, message: Message, language: str) -> str:
    """The words, each change with its rule, and what stands in the way. Raises StoreError."""
    if not is_speech(message, message.get_bot().id):
        return sentence(Unread("unread.not_speech"), language)
    if command_of(message):
        return sentence(Unread("unread.command"), language)
    heard = await counter.aloud.heard(message, await counter.aloud.binding_of(message))
    explained = await counter.doors.reader.explain(heard)
    words = _cut(explained.text, _CHARACTERS)
    code = "reading.would_say" if words else "reading.would_say_nothing"
    lines = [texts.say(code, language, said=words)]
    for each in explained.rules[:_MOST_RULES]:
        code = "explain.rule" if each.after else "explain.rule_out"
        rule, before, after = (
            texts.say(codes.RULE[each.rule], language),
            _cut(each.before, _SHOWN),
            _cut(each.after, _SHOWN),
        )
        lines.append(texts.say(code, language, rule=rule, before=before, after=after))
    if explained.unread is not None:
        lines.append(sentence(explained.unread, language))
    return "\n".join(lines)


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"
