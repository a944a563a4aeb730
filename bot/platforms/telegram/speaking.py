"""``/say``, ``/sing``, private text, and buttons that repeat it, on Telegram."""

import asyncio
import logging
import re
import secrets
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, replace

from telegram import Message, MessageEntity

from bot import texts
from bot.errors import StoreError
from bot.model import Account, Utterance
from bot.normalization.message import ChatMessage
from bot.platforms.display import SPOILER, progress, words_beside
from bot.platforms.reading.messages import chosen_words
from bot.platforms.requests import Answer
from bot.platforms.telegram import keyboard
from bot.platforms.telegram.context import Queued, TelegramContext
from bot.platforms.telegram.delivery import VOICE_BYTES, Extras, cut
from bot.platforms.telegram.messages import Asked, chat_message, command_of, spans_of
from bot.platforms.telegram.updates import aside
from bot.speech.limits import Waiting
from bot.speech.policy import blocklist
from bot.speech.quota import Balance
from bot.speech.sink import Recording
from bot.text import markup, styles
from bot.texts import codes

_CONTEXT = 500
"""Characters of a message replied to that may serve for the tone."""


def line_with_spoilers(asked: Asked) -> str:
    """Return the text after the command, with double bars around what Telegram marked as a spoiler."""
    message = asked.message
    entities = message.entities or message.caption_entities
    spoilers = [each for each in entities if each.type == MessageEntity.SPOILER]
    if asked.query is not None or not spoilers:
        return asked.line
    units = asked.line.encode("utf-16-le", "replace")
    begin, at = len(command_of(message)), 0
    pieces: list[str] = []
    for spoiler in spoilers:
        start = max(at, 2 * (spoiler.offset - begin))
        end = max(start, 2 * (spoiler.offset - begin + spoiler.length))
        plain, hidden = (units[a:b].decode("utf-16-le", "ignore") for a, b in ((at, start), (start, end)))
        pieces += (plain, f"{SPOILER}{hidden}{SPOILER}" if hidden else "")
        at = end
    return "".join((*pieces, units[at:].decode("utf-16-le", "ignore")))


def answered_words(asked: Asked) -> str:
    """Return the quoted part, or all of the message replied to, as it is spoken; empty if there is none."""
    if asked.query is not None:
        return ""
    quote, answered = asked.message.quote, asked.message.reply_to_message
    if quote is not None:
        said = ChatMessage(quote.text, "telegram", spans=spans_of(quote.text, quote.entities or ()))
    elif answered is not None:
        said = chat_message(answered)
    else:
        return ""
    return chosen_words(said, asked.language)


def context_of(asked: Asked) -> str:
    """Return as much of the words as may serve for the tone of an answer."""
    return answered_words(asked)[:_CONTEXT]


_log = logging.getLogger(__name__)

_SING = ("Sing",)
_ID = re.compile(r"(?=[A-Za-z]{0,96}[0-9_.-])[A-Za-z0-9][A-Za-z0-9_.-]{0,95}(?<![_.-])")
"""What looks like a voice id and not like a word, with or without punctuation after it."""
_RARER_IN_GROUPS = 4
"""Factor by which a message in a group is edited more rarely than one in private."""
_NAME = 40
"""Characters of a person's name in a caption."""


async def say(context: TelegramContext, asked: Asked) -> None:
    """Handle ``/say style:Whisper voice:Mia text``, or as a reply: the text of the message replied to."""
    await _say(context, asked, markup.parse(line_with_spoilers(asked)))


async def sing(context: TelegramContext, asked: Asked) -> None:
    """Handle ``/sing words``, also as a reply."""
    await _say(context, asked, markup.parse(line_with_spoilers(asked)), _SING)


async def plain(context: TelegramContext, asked: Asked) -> None:
    """Speak private text without a command, in which options are rare.

    Options alone are options if the text is that of a message replied to.
    """
    voices = {info.id.casefold() for info in context.services.speech.voices()}
    unlisted = not context.services.speech.lists_every_voice()

    def is_option(typed: str, key: str, value: str) -> bool:
        if key == "voice":
            looks_like_one = unlisted and typed.casefold() == "voice" and _ID.fullmatch(value) is not None
            return looks_like_one or value.casefold() in voices
        named = styles.parse(value) if key == "style" else ()
        return bool(named) and all(map(styles.find, named))

    line = line_with_spoilers(asked)
    command = markup.parse(line, is_option)
    has_words = bool(command.text or answered_words(asked))
    await _say(context, asked, command if has_words else markup.TypedCommand(line.strip()))


async def _say(
    context: TelegramContext, asked: Asked, command: markup.TypedCommand, given: tuple[str, ...] = ()
) -> None:
    text = command.text or answered_words(asked)
    if not text:
        await context.delivery.sentence(asked.message, texts.say("telegram.usage", asked.language))
        return
    roles = await context.delivery.roles(asked)
    utterance = Utterance(
        text,
        asked.key,
        account=asked.account,
        author=asked.author,
        space=asked.space,
        channel=asked.channel,
        roles=roles,
        manages=bool(roles),
        styles=given or styles.parse(command.style),
        voice=command.whose,
        instruction=command.instruction or (await _tone(context, asked) if command.text else ""),
        take=command.take,
    )
    await speak(context, asked, utterance)


async def _tone(context: TelegramContext, asked: Asked) -> str:
    """Return the message replied to as a hint for the tone, if the group wants that and it has no blocked word."""
    quoted = context_of(asked)
    if asked.space is None or not quoted:
        return ""
    settings = await context.services.requests.spaces.get(asked.space)
    tone = texts.say("telegram.tone", asked.language, quoted=quoted)
    # The policy also searches instructions: a clean text would be refused for another one's words.
    if not settings.reply_context or blocklist(settings.blocked_words).found_in(tone):
        return ""
    return tone


async def speak(context: TelegramContext, asked: Asked, utterance: Utterance) -> None:
    """Speak an utterance and answer with it. Raises as the synthesis core.

    Once it was spoken, and maybe charged, nothing but AudioError ``audio.too_large``.
    """
    _speaks(asked)
    if asked.command is not None:
        utterance = replace(utterance, command=asked.command.key, owed=asked.command.owed)
    shows_words = asked.space is None or (await context.services.requests.spaces.get(asked.space)).show_words
    async with AsyncExitStack() as turn:
        answer = await _spoken(context, asked, utterance, turn)
        if answer is None:
            return
        known_as = await _known_as(context, asked)
        beside = _beside(asked, answer, known_as, shows_words=shows_words)
        sent = await context.delivery.voice(
            asked.message, answer.receipt, asked.language, beside, command=asked.command
        )
    await _remember(context, sent, known_as.account)


@dataclass(frozen=True, slots=True)
class _KnownAs:
    """The person, as everyone in the chat may know them."""

    account: Account
    name: str


async def _known_as(context: TelegramContext, asked: Asked) -> _KnownAs:
    """Return the person as the chat may know them. Raises nothing.

    A message shows its author, a pressed button does not: administrators may be anonymous. A person who is not known to
    be there openly, at this moment, is shown as the group.
    """
    if asked.query is None or asked.space is None:
        return _KnownAs(asked.author or asked.account, "")
    person = await context.rights.person(asked.message.chat_id, asked.account.id)
    if person is None:
        return _KnownAs(Account("telegram", asked.space.id), asked.message.chat.title or "")
    return _KnownAs(asked.account, person.full_name)


async def _remember(context: TelegramContext, sent: tuple[Message, ...], account: Account) -> None:
    """Record who had the messages spoken. Raises nothing: they were delivered."""
    try:
        for message in sent:
            await context.services.requests.words.remember_message(
                "telegram", str(message.chat_id), str(message.message_id), account
            )
    except StoreError as error:
        _log.warning("the requester of a voice message could not be recorded: %s", error.code)


def _beside(asked: Asked, answer: Answer, known_as: _KnownAs, *, shows_words: bool) -> Extras:
    """Return buttons and text; after a button press, in private the cost, in a group the person."""
    remark = ""
    if asked.query is not None and asked.space is None:
        remark = cost(answer.receipt.paid, answer.balance, asked.language)
    elif asked.query is not None:  # the voice is a reply to the bot: nobody speaks anonymously
        name = " ".join(known_as.name.split())
        remark = texts.say("telegram.pressed_by", asked.language, name=cut(name, _NAME))
    return Extras(
        remark=remark,
        words=words_beside(answer.receipt.spoken, answer.utterance.text) if shows_words else (),
        keyboard=keyboard.under_voice(answer, asked.language, in_private=asked.space is None),
    )


def cost(charged: int, balance: Balance | None, language: str) -> str:
    """Return what was charged and, if known and limited, what is left."""
    code = "telegram.cost" if charged else "telegram.free"
    if balance is None or balance.left is None:
        return texts.say(code, language, characters=charged)
    return texts.say(codes.LEFT[code], language, characters=charged, left=balance.left)


async def _spoken(context: TelegramContext, asked: Asked, utterance: Utterance, turn: AsyncExitStack) -> Answer | None:
    """Speak it, showing progress with a cancel button. Return None if it was cancelled.

    ``turn`` holds the person's turn, and shows that it is spoken, until the caller has delivered it.
    """
    waiting, done, name = Waiting(), asyncio.Event(), secrets.token_urlsafe(9)

    async def in_turn() -> Answer:
        with aside() if context.turns.has(asked.account) else nullcontext():
            await turn.enter_async_context(context.turns.turn(asked.account, waiting))
        await turn.enter_async_context(context.delivery.recording(asked.message))
        return await context.services.requests.speak(utterance, Recording(VOICE_BYTES), waiting)

    speaking = asyncio.create_task(in_turn())
    context.waiting[name] = Queued(asked.account, speaking, waiting, asked.message.chat_id)
    telling = asyncio.create_task(_tell_progress(context, asked, waiting, name, done))
    try:
        return await speaking  # cancelling this task cancels the other one and waits until it is settled
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None and current.cancelling():
            raise  # the bot stops
        return None
    finally:
        del context.waiting[name]
        done.set()
        await telling


async def _tell_progress(
    context: TelegramContext, asked: Asked, waiting: Waiting, name: str, done: asyncio.Event
) -> None:
    """Send a progress message with a cancel button, keep it up to date, and remove it at the end."""
    told, shown, delivery, timings = None, "", context.delivery, context.timings
    accepted = context.services.accepted
    button, clock = keyboard.cancel(name, asked.language), asyncio.get_running_loop().time
    slow_at = clock() + timings.slow
    next_change = 0.0
    while not await _within(done, min(timings.queue, timings.slow)):
        due = waiting.place() is not None or clock() >= slow_at
        words = progress(waiting, asked.language) if due else ""
        if not words or words == shown or (told is not None and clock() < next_change):
            continue
        if told is None:
            told = await delivery.sentence(asked.message, words, keyboard=button)
            if told is not None:
                await accepted.progress_shown("telegram", str(told.chat_id), str(told.message_id))
        else:
            await delivery.change(told, words, button)
        shown = words
        # Telegram allows 20 messages a minute in a group, edits included.
        next_change = clock() + timings.slow * (1 if asked.space is None else _RARER_IN_GROUPS)
    if told is not None:
        await delivery.remove(told)
        await accepted.progress_removed("telegram", str(told.chat_id), str(told.message_id))


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Return whether the event is set within a time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _speaks(asked: Asked) -> None:
    """Mark answers as spoken ones: a passing sentence is not the answer, which is a sound or an error."""
    if asked.command is not None:
        asked.command.speaks = True


async def again(context: TelegramContext, asked: Asked, token: str, *, styles: tuple[str, ...] | None) -> None:
    """Speak the text of a button: in other styles, or (None) as another take; the pressed button shows the price.

    It is charged to the place of the press. Raises InputError ``words.gone``, ``press.under_way``, and as the synthesis
    core.
    """
    _speaks(asked)
    requests, wanted = context.services.requests, ("again",) if styles is None else ("styles", *styles)
    with requests.presses.alone(asked.account, token, *wanted):
        roles = await context.delivery.roles(asked)
        request = await requests.again(
            token, asked.key, asked.account, styles=styles, roles=roles, channel=asked.channel
        )
        request = replace(request, space=asked.space, manages=bool(roles))
        if asked.query is not None:
            await context.delivery.toast(asked, await _price(context, request, asked.language))
        await speak(context, asked, request)


async def free(context: TelegramContext, asked: Asked, token: str) -> None:
    """Speak with the free voice what the quota refused. Raises as ``again``."""
    _speaks(asked)
    requests = context.services.requests
    with requests.presses.alone(asked.account, token, "free"):
        roles = await context.delivery.roles(asked)
        utterance = await requests.free(token, asked.key, asked.account, roles=roles, channel=asked.channel)
        await context.delivery.toast(asked, texts.say("telegram.free", asked.language))
        await speak(context, asked, replace(utterance, space=asked.space))


async def _price(context: TelegramContext, request: Utterance, language: str) -> str:
    """Return the cost, unless it was spoken before, and what is left then."""
    assert request.account is not None
    explained = await context.services.speech.explain(request)
    meter = context.services.speech.meter_of(explained.provider)
    balance = await context.services.speech.balance(request.account, request.roles, meter)
    code = "telegram.free" if context.services.speech.is_free(explained.provider) else "telegram.price"
    if balance.left is None:
        return texts.say(code, language, characters=explained.characters)
    left = max(0, balance.left - explained.characters)
    return texts.say(codes.LEFT[code], language, characters=explained.characters, left=left)
