"""``/settings``, ``/voice``, ``/style``, ``/quota`` and ``/who`` on Telegram."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot import texts, values
from bot.errors import InputError
from bot.model import Account, Space
from bot.patterns import is_whole
from bot.platforms.display import in_order, title
from bot.platforms.requests import shares
from bot.platforms.telegram import keyboard, speaking
from bot.platforms.telegram.context import TelegramContext
from bot.platforms.telegram.keyboard import Choice
from bot.platforms.telegram.messages import Asked, admins_of, own_account
from bot.platforms.telegram.reading import commands
from bot.platforms.telegram.reading.groups import WHOLE
from bot.store.setting_fields import Kind, Number, Setting, Style, Switch, Texts, Voice, Word, settings_of
from bot.store.settings import FavouriteKind, Lists, Preference, SpaceSettings
from bot.text import styles
from bot.texts import codes


async def who(context: TelegramContext, asked: Asked) -> None:
    """Name the person who had a voice message spoken, publicly: so never an anonymous administrator.

    Raises InputError ``telegram.admins_only``, StoreError.
    """
    voice = asked.message.reply_to_message
    if asked.space is None or voice is None:
        await context.delivery.sentence(asked.message, texts.say("telegram.who.usage", asked.language))
        return
    await context.delivery.check_admin(asked)
    account = await context.services.requests.words.said_by("telegram", asked.space.id, str(voice.message_id))
    await context.delivery.sentence(asked.message, await _answer(context, asked, account))


async def _answer(context: TelegramContext, asked: Asked, account: Account | None) -> str:
    if account is None:
        return texts.say("telegram.who.unknown", asked.language)
    person = await context.rights.person(asked.message.chat_id, account.id)
    if person is None and (is_whole(account.id) or account.id == str(asked.message.chat_id)):
        return texts.say("telegram.who.hidden", asked.language)
    name = person.full_name if person is not None else "–"
    return texts.say("telegram.who.said", asked.language, name=name, account=account.id)


_OFFERED = 30
"""Buttons under one message."""
_VOICES_PER_ROW = 2
"""Voices are shown with their language and kind."""


Shown = tuple[str, InlineKeyboardMarkup]


async def voice(context: TelegramContext, asked: Asked) -> None:
    """Handle ``/voice Mia``, which sets the voice, and ``/voice``, which lists them."""
    if name := asked.line.strip():
        said = await choose_voice(context, asked, name)
        own = await context.services.requests.preferences.get(asked.account)
        await context.delivery.sentence(asked.message, said, keyboard=_alone(_favourite_voice(own, asked)))
        return
    text, buttons = await voices(context, asked)
    await context.delivery.sentence(asked.message, text, keyboard=buttons)


async def voices(context: TelegramContext, asked: Asked) -> Shown:
    """Return a person's voice, and buttons for others: favourites first, then recent ones."""
    own = await context.services.requests.preferences.get(asked.account)
    first = [*own.favourite_voices, *own.recent_voices]
    listed = {info.id: info for info in in_order(context.services.speech.voices(), asked.language)}
    unlisted = not context.services.speech.lists_every_voice()
    names = dict.fromkeys([*(name for name in first if unlisted or name in listed), *listed])
    offered = [Choice(texts.say("telegram.default", asked.language), "")]
    for name in names:
        shown = title(listed[name], asked.language) if name in listed else name
        offered.append(Choice(_starred(shown, kept=name in own.favourite_voices), name))
    text = texts.say("telegram.voice.choose", asked.language, voice=own.voice or "–")
    return text, keyboard.choices(
        "v", offered[:_OFFERED], own.voice, per_row=_VOICES_PER_ROW, below=_favourite_voice(own, asked)
    )


async def style(context: TelegramContext, asked: Asked) -> None:
    """Handle ``/style Whisper``, which sets the style, and ``/style``, which lists them."""
    if name := asked.line.strip():
        said = await choose_style(context, asked, name)
        own = await context.services.requests.preferences.get(asked.account)
        await context.delivery.sentence(asked.message, said, keyboard=_alone(_favourite_style(own, asked)))
        return
    text, buttons = await styles_offered(context, asked)
    await context.delivery.sentence(asked.message, text, keyboard=buttons)


async def styles_offered(context: TelegramContext, asked: Asked) -> Shown:
    """Return a person's style, and buttons for others: favourites first, then recent ones."""
    own = await context.services.requests.preferences.get(asked.account)
    recent = [found for name in (*own.favourite_styles, *own.recent_styles) if (found := styles.find(name))]
    listed = dict.fromkeys([*recent, *styles.CATALOGUE])
    offered = [Choice(texts.say("telegram.default", asked.language), "")]
    kept = {found.key for name in own.favourite_styles if (found := styles.find(name))}
    offered += [Choice(_starred(each.label(asked.language), kept=each.key in kept), each.key) for each in listed]
    chosen = styles.find(own.style)
    text = texts.say("telegram.style.choose", asked.language, style=own.style or "–")
    marked = chosen.key if chosen else own.style
    return text, keyboard.choices("t", offered[:_OFFERED], marked, below=_favourite_style(own, asked))


async def press_choice(context: TelegramContext, asked: Asked, letter: str) -> None:
    """Show the new value in the message in private; in a group the message is everyone's and stays."""
    if asked.space is not None:
        return
    text, whole = await (voices if letter == "v" else styles_offered)(context, asked)
    shown = asked.message.reply_markup
    if shown is not None and len(shown.inline_keyboard) == 1:  # what was set by name
        row = [button for button in whole.inline_keyboard[-1] if str(button.callback_data).startswith("f:")]
        await context.delivery.change(asked.message, asked.message.text or "", _alone(row))
        return
    await context.delivery.change(asked.message, text, whole)


async def press_favourite(context: TelegramContext, asked: Asked) -> None:
    """Handle ``f:v:on:Mia``, ``f:t:off:whisper``.

    Raises InputError ``favourite.voices_full``, ``favourite.styles_full``, ``voice.unknown``, ``telegram.old_button``.
    """
    _, letter, state, value = asked.line.split(":", 3)
    named = styles.find(value) or keyboard.style_of(value) if letter == "t" else None
    if letter == "t" and named is None:
        raise InputError(keyboard.OLD_BUTTON)
    name, kind = (
        (named.en, "style") if named is not None else (await context.services.requests.saved.known(value), "voice")
    )
    await context.services.requests.preferences.favourite(
        asked.account, cast("FavouriteKind", kind), name, state == "on"
    )
    shown = named.label(asked.language) if named is not None else name
    await context.delivery.toast(asked, texts.say(codes.TELEGRAM_FAVOURITE[state], asked.language, name=shown))
    await press_choice(context, asked, letter)


def _favourite_voice(own: Preference, asked: Asked) -> list[InlineKeyboardButton]:
    kept = own.voice in own.favourite_voices
    return keyboard.favourite("v", own.voice, own.voice, kept=kept, language=asked.language)


def _favourite_style(own: Preference, asked: Asked) -> list[InlineKeyboardButton]:
    """Return the favourite button of a catalogue style; free text cannot be a favourite."""
    found = styles.find(own.style)
    if found is None:
        return []
    name, kept = found.label(asked.language), found in map(styles.find, own.favourite_styles)
    return keyboard.favourite("t", found.key, name, kept=kept, language=asked.language)


def _alone(buttons: list[InlineKeyboardButton]) -> InlineKeyboardMarkup | None:
    return InlineKeyboardMarkup([buttons]) if buttons else None


def _starred(name: str, *, kept: bool) -> str:
    return f"★ {name}" if kept else name


async def choose_voice(context: TelegramContext, asked: Asked, name: str) -> str:
    """Set a person's voice. Return the sentence about it. Raises InputError ``voice.unknown``."""
    name = await context.services.requests.saved.known(name) if values.text(name) else ""
    await context.services.requests.preferences.set(own_account(asked), voice=name)
    if not name:
        return texts.say("telegram.voice.reset", asked.language)
    return texts.say("telegram.voice.set", asked.language, voice=name)


async def choose_style(context: TelegramContext, asked: Asked, line: str) -> str:
    """Set a person's styles, listed or not. Return the sentence about it. Raises InputError ``name.too_long``."""
    parsed = styles.parse(values.text(line))
    named = [found.label(asked.language) if (found := styles.find(name)) else name for name in parsed]
    own = ", ".join(named)
    await context.services.requests.preferences.set(own_account(asked), style=own)
    if not own:
        return texts.say("telegram.style.reset", asked.language)
    return texts.say("telegram.style.set", asked.language, style=own)


async def quota(context: TelegramContext, asked: Asked) -> None:
    """Handle ``/quota``: today's use and rest, also of a group's share, and when it resets."""
    roles = await context.delivery.roles(asked)
    shown = await shares(
        context.services.speech, asked.account, roles, asked.space, language=asked.language, moment=lambda time: time
    )
    blocks = ("\n".join(filter(None, (share.title, share.bar, share.words))) for share in shown)
    await context.delivery.sentence(asked.message, "\n\n".join(blocks))


async def start(context: TelegramContext, asked: Asked) -> None:
    """Handle ``/start`` with a greeting, or a deep link: ``voice-Mia``, ``style-whisper``, ``make-whisper-TOKEN``."""
    order, _, matter = asked.line.strip().partition("-")
    if order == "voice" and matter:
        await context.delivery.sentence(asked.message, await choose_voice(context, asked, matter))
    elif order == "style" and matter:
        await context.delivery.sentence(asked.message, await choose_style(context, asked, matter))
    elif order == "make" and matter:
        key, _, token = matter.partition("-")
        style = keyboard.style_of(key)
        kept = await context.services.requests.words.get(token)
        as_kept = kept.styles if kept is not None else ()
        await speaking.again(context, asked, token, styles=(style.en,) if style else as_kept)
    else:
        await show_help(context, asked)


async def show_help(context: TelegramContext, asked: Asked) -> None:
    """Handle ``/help``: what the bot does and how to use it."""
    await context.delivery.sentence(asked.message, texts.say("telegram.help", asked.language))


SHARED_SETTINGS = {each.key: each for each in settings_of(SpaceSettings) if each.key and each.telegram is not None}
"""Settings of a group, by typed key."""
SHARED = {key: each for key, each in SHARED_SETTINGS.items() if not isinstance(each.kind, Switch)}
"""Those with a page of values."""
OWN = {each.key: each for each in settings_of(Preference) if isinstance(each.kind, Voice | Style)}
BACK = "back"
DEFAULT = values.NONE
"""Button data that resets to the default, as it may be typed."""
_SECONDS = (0, 5, 10, 30, 60, 300)
"""Offered durations; others can be typed."""
_OFFERED_SETTINGS_PAGES = 90
"""Buttons: Telegram allows 100 under a message."""


def form_of(kind: Kind) -> str:
    """Return the pattern of a kind's values in button data."""
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
    """Return the value for a line or a button; unset words show our choice."""
    if isinstance(setting.kind, Word) and not getattr(kept, setting.field):
        return values.named(DEFAULT, language)
    return setting.shown(kept, language)


def openers(
    pages: dict[str, Setting], kept: SpaceSettings | Preference, language: str
) -> list[list[InlineKeyboardButton]]:
    """Return rows of buttons that open a page each, with the current value."""
    buttons = [
        InlineKeyboardButton(
            texts.say(each.telegram.button, language, value=shown(each, kept, language)), callback_data=f"o:{key}"
        )
        for key, each in pages.items()
        if each.telegram is not None
    ]
    return [buttons[at : at + 2] for at in range(0, len(buttons), 2)]


async def own_page(context: TelegramContext, asked: Asked, name: str) -> Shown:
    """Return the voices or styles of a person, with a back button."""
    text, keys = await (voices if name == "voice" else styles_offered)(context, asked)
    return text, _with_way_back(keys, asked.language)


def words(kind: Kind, language: str) -> list[Choice]:
    """Return the words of a kind."""
    return [Choice(kind.label(each, language), each) for each in kind.words] if isinstance(kind, Word) else []


def shared_page(context: TelegramContext, asked: Asked, kept: SpaceSettings, setting: Setting) -> Shown:
    """Return the values of a group's setting, the current one marked, with a back button."""
    language, held = asked.language, getattr(kept, setting.field)
    default, per_row = [Choice(texts.say("telegram.default", language), DEFAULT)], 3
    match setting.kind:
        case Voice():
            voices, per_row = in_order(context.services.speech.voices(), language), 2
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
    named = [Choice(each.shown, f"{setting.key}:{each.value}") for each in offered[:_OFFERED_SETTINGS_PAGES]]
    chosen = f"{setting.key}:{DEFAULT if held == '' else held}"
    buttons = keyboard.choices("g", named, chosen, per_row=per_row)
    return texts.say("telegram.open.choose", language), _with_way_back(buttons, language)


def _with_way_back(below: InlineKeyboardMarkup, language: str) -> InlineKeyboardMarkup:
    back = InlineKeyboardButton(texts.say("telegram.open.back", language), callback_data=f"o:{BACK}")
    return InlineKeyboardMarkup([*below.inline_keyboard, [back]])


async def settings(context: TelegramContext, asked: Asked) -> None:
    """Show the settings; ``/settings KEY`` shows one, ``/settings KEY VALUE`` changes it. Raises InputError."""
    name, _, value = asked.line.strip().partition(" ")
    if asked.space is None:
        await _own(context, asked, name, value.strip())
        return
    key, value = _key(name, _KEYS, asked.language) if name else "", value.strip()
    if key and not value and key != _EVERYWHERE:
        lines = _lines(asked.space, await context.services.requests.spaces.get(asked.space), asked.language)
        await context.delivery.sentence(asked.message, lines[_SHOWN_WITH.get(key, key)])
        return
    if key:
        await context.delivery.check_admin(asked)
        await _change(context, asked, asked.space, key, value)
    text, buttons = await group(context, asked, asked.space)
    await context.delivery.sentence(asked.message, text, keyboard=buttons)


async def _own(context: TelegramContext, asked: Asked, name: str, value: str) -> None:
    """Handle ``/settings`` in private."""
    preferences = context.services.requests.preferences
    key = _key(name, (*_OWN, _FORGET), asked.language) if name else ""
    if key in _ELSEWHERE:
        await _ELSEWHERE[key](context, replace(asked, line=value))
    elif key == _FORGET:
        await preferences.forget(asked.account)
        await context.services.requests.words.forget(asked.account)
        await context.services.reader.dictionaries.forget(asked.account)
        await context.delivery.sentence(asked.message, texts.say("telegram.settings.forgotten", asked.language))
    elif key and value:
        await preferences.set(asked.account, **_OWN[key].change(name, value))
        if key == "language":
            await _tell_language(context, asked)
            return
        text, buttons = await own(context, asked)
        await context.delivery.sentence(asked.message, text, keyboard=buttons)
    else:
        text, buttons = await own(context, asked)
        await context.delivery.sentence(asked.message, text, keyboard=buttons)


async def _tell_language(context: TelegramContext, asked: Asked) -> None:
    """Say which language is spoken from now on, in that language."""
    chosen = await context.services.requests.language(asked.account, None, asked.locale, context.services.language)
    await context.delivery.sentence(asked.message, texts.say("telegram.language.set", chosen))


async def own(context: TelegramContext, asked: Asked) -> tuple[str, InlineKeyboardMarkup]:
    """Return a person's settings, and buttons for the language."""
    kept = await context.services.requests.preferences.get(asked.account)
    lines = [
        texts.say(each.telegram.about, asked.language, value=each.shown(kept, asked.language))
        for each in _OWN.values()
        if each.telegram is not None and each.telegram.about
    ]
    shown = texts.say("telegram.settings", asked.language, voice=kept.voice or "–", style=kept.style or "–")
    text = "\n".join((*lines, shown))
    kind = _OWN["language"].kind
    offered = [Choice(texts.say("telegram.automatic", asked.language), ""), *words(kind, asked.language)]
    languages = keyboard.choices("l", offered, kept.language)
    rows = [*openers(OWN, kept, asked.language), *languages.inline_keyboard]
    read = _switch("readme", "telegram.switch.readme", not kept.opted_out, asked.language)
    return text, InlineKeyboardMarkup([*rows, *keyboard.choices("p", [read], "", per_row=1).inline_keyboard])


async def group(context: TelegramContext, asked: Asked, space: Space) -> tuple[str, InlineKeyboardMarkup]:
    """Return a group's settings, and buttons for switches."""
    kept, language = await context.services.requests.spaces.get(space), asked.language
    text = "\n".join(
        (
            texts.say("telegram.settings.group", language),
            *_lines(space, kept, language).values(),
            *([texts.say("telegram.settings.exempt", language)] if kept.allowed_roles or kept.channels else []),
            "",
            texts.say("telegram.settings.usage", language),
        )
    )
    offered = [
        _switch(each.key, each.telegram.button, bool(each.shown(kept, language)), language)
        for each in SHARED_SETTINGS.values()
        if each.telegram is not None and isinstance(each.kind, Switch)
    ]
    bound = {each.channel for each in await context.services.reader.bindings.of(space)}
    lists = {"admins": _for_admins(space, kept)} | ({"here": asked.channel in kept.channels} if asked.channel else {})
    for name, on in (lists | {_READ: WHOLE in bound or asked.channel in bound}).items():
        offered.append(_switch(name, _SWITCHED[name], on, language))
    rows = keyboard.choices("g", offered, "", per_row=1).inline_keyboard
    return text, InlineKeyboardMarkup([*rows, *openers(SHARED, kept, language)])


def _switch(name: str, code: str, on: bool, language: str) -> Choice:
    return Choice(f"{'☑' if on else '☐'} {texts.say(code, language)}", f"{name}:{'off' if on else 'on'}")


def _lines(space: Space, kept: SpaceSettings, language: str) -> dict[str, str]:
    """Return a group's settings, one line each."""
    lists: dict[str, object] = {
        "block": len(kept.blocked_words),
        "admins": _for_admins(space, kept),
        "here": len(kept.channels) or "–",
    }
    rest = _rest_of_admins(space, kept)
    return {
        each.key: texts.say(each.telegram.about, language, value=shown(each, kept, language), rest=rest)
        for each in SHARED_SETTINGS.values()
        if each.telegram is not None
    } | {key: texts.say(_LISTS[key].about, language, value=value) for key, value in lists.items()}


async def press_group(context: TelegramContext, asked: Asked) -> None:
    """Handle ``g:words:on``, ``g:voice:Mia``: change a group's setting.

    Raises InputError ``telegram.admins_only``, ``telegram.old_button``.
    """
    name, value = asked.line.split(":", 2)[1:]
    if asked.space is None:
        raise InputError(keyboard.OLD_BUTTON)
    await context.delivery.check_admin(asked)
    if name == _READ:
        everywhere = any(each.channel == WHOLE for each in await context.services.reader.bindings.of(asked.space))
        await commands.read(context, replace(asked, line=f"{value} all" if everywhere else value))
    else:
        style = keyboard.style_of(value) if name == "style" else None
        await _change(context, asked, asked.space, name, style.label(asked.language) if style is not None else value)
    await context.delivery.toast(asked)
    text, buttons = await group(context, asked, asked.space)
    await context.delivery.change(asked.message, text, buttons)


async def press_open(context: TelegramContext, asked: Asked) -> None:
    """Handle ``o:voice``, which shows values to choose from, and ``o:back``, which shows all settings.

    In a group, for administrators. Raises InputError ``telegram.admins_only``, ``telegram.old_button``.
    """
    name = asked.line.partition(":")[2]
    if name not in (*(OWN if asked.space is None else SHARED), BACK):
        raise InputError(keyboard.OLD_BUTTON)
    if asked.space is not None:
        await context.delivery.check_admin(asked)
        kept = await context.services.requests.spaces.get(asked.space)
        if name == BACK:
            text, buttons = await group(context, asked, asked.space)
        else:
            text, buttons = shared_page(context, asked, kept, SHARED[name])
    else:
        text, buttons = await (own(context, asked) if name == BACK else own_page(context, asked, name))
    await context.delivery.toast(asked)
    await context.delivery.change(asked.message, text, buttons)


async def press_own(context: TelegramContext, asked: Asked) -> None:
    """Handle ``p:readme:off``: switch whether a person's messages are read aloud."""
    await context.services.requests.preferences.set(asked.account, opted_out=asked.line.endswith(":off"))
    await context.delivery.toast(asked)
    if asked.space is None:
        text, buttons = await own(context, asked)
        await context.delivery.change(asked.message, text, buttons)


async def press_language(context: TelegramContext, asked: Asked) -> None:
    """Set the reply language."""
    await context.services.requests.preferences.set(asked.account, language=asked.line.partition(":")[2])
    chosen = await context.services.requests.language(
        asked.account, asked.space, asked.locale, context.services.language
    )
    await context.delivery.toast(asked, texts.say("telegram.language.set", chosen))


def _for_admins(space: Space, kept: SpaceSettings) -> bool:
    return admins_of(space) in kept.allowed_roles


def _rest_of_admins(space: Space, kept: SpaceSettings) -> int | str:
    return kept.role_cooldowns.get(admins_of(space), "–")


def _typed(separated: str) -> list[str]:
    return [word for word in (part.strip() for part in separated.replace("，", ",").split(",")) if word]


def _topic(asked: Asked) -> list[str]:
    if not asked.channel:
        raise InputError("telegram.settings.no_topics")
    return [asked.channel]


_EVERYWHERE = "everywhere"
"""All topics; the only one that needs no value."""
_ENTRIES: dict[str, Callable[[str, str, Asked, Space], tuple[Lists, bool]]] = {
    "block": lambda value, _, __, ___: ({"blocked_words": _typed(value)}, True),
    "unblock": lambda value, _, __, ___: ({"blocked_words": _typed(value)}, False),
    "admins": lambda value, name, _, space: ({"allowed_roles": [admins_of(space)]}, values.switch(name, value)),
    "here": lambda value, name, asked, _: ({"channels": _topic(asked)}, values.switch(name, value)),
}
"""List entries, and whether they are added or removed."""
_REST_OF_ADMINS = "admins_cooldown"
_FORGET = "forget"
_READ = "read"
_LISTS = {
    _REST_OF_ADMINS: Texts("telegram.setting.admins_cooldown"),
    "block": Texts("telegram.setting.block", "telegram.settings.block"),
    "unblock": Texts("telegram.setting.unblock"),
    "admins": Texts("telegram.setting.admins", "telegram.settings.admins"),
    "here": Texts("telegram.setting.here", "telegram.settings.here"),
    _EVERYWHERE: Texts("telegram.setting.everywhere"),
}
"""Sentences about the entries of lists."""
_SWITCHED = {"admins": "telegram.switch.admins", "here": "telegram.switch.here", _READ: "telegram.switch.read"}
_SHOWN_WITH = {_REST_OF_ADMINS: "cooldown", "unblock": "block"}
_KEYS = (*SHARED_SETTINGS, *_LISTS)
_ELSEWHERE = {"voice": voice, "style": style}
"""Settings of a person that also have commands of their own."""
_OWN: dict[str, Setting] = {each.key: each for each in settings_of(Preference) if each.group == "mine"}
_CODES = {
    **{each.key: each.telegram.name for each in SHARED_SETTINGS.values() if each.telegram is not None},
    **{each.key: each.telegram.name for each in _OWN.values() if each.telegram is not None},
    **{key: sentences.name for key, sentences in _LISTS.items()},
    _FORGET: "telegram.setting.forget",
}
_NAMES = {texts.say(code, language): key for language in texts.LANGUAGES for key, code in _CODES.items()}
"""Accepted names of each, in any language."""
_TAKES = {
    **dict.fromkeys(_SWITCHED, "on|off"),
    **{each.key: form_of(each.kind) for each in SHARED_SETTINGS.values()},
}
GROUP_FORM = "g:(?:" + "|".join(f"{key}:(?:{value})" for key, value in _TAKES.items()) + ")"
"""The data of a group's buttons."""


def _key(name: str, keys: Sequence[str], language: str) -> str:
    """Return the key of a typed name. Raises InputError ``telegram.settings.unknown``, ``telegram.groups_only``."""
    key = _NAMES.get(name.casefold(), "")
    if key in keys:
        return key
    if key in _KEYS:
        raise InputError("telegram.groups_only")
    raise InputError("telegram.settings.unknown", keys=tuple(texts.say(_CODES[each], language) for each in keys))


async def _change(context: TelegramContext, asked: Asked, space: Space, key: str, value: str) -> None:
    """Apply a change typed after ``/settings`` in a group. Raises InputError."""
    spaces, name = context.services.requests.spaces, texts.say(_CODES[key], asked.language)
    if key in SHARED_SETTINGS:
        setting = SHARED_SETTINGS[key]
        if isinstance(setting.kind, Voice) and not values.is_none(value):
            value = await context.services.requests.saved.known(value)
        await spaces.set(space, **setting.change(name, value))
    elif key == _REST_OF_ADMINS:
        seconds = None if values.is_none(value) else values.seconds(name, value)
        await spaces.rest(space, admins_of(space), seconds)
    elif key == _EVERYWHERE:
        await spaces.set(space, channels=())
    else:
        entries, wanted = _ENTRIES[key](value, name, asked, space)
        await (spaces.adjust(space, add=entries) if wanted else spaces.adjust(space, remove=entries))
