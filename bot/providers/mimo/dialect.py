"""How each family of MiMo models expects text, style and voice. Called by ``MimoProvider``.

A family is one ``Dialect`` below; nothing else knows a model's name. The style position is ours: a person's text is
never put where a model reads a style.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.errors import InputError
from bot.model import Note, VoiceKind
from bot.normalization.clean import speakable
from bot.providers.base import SpeechRequest, VoiceInfo
from bot.text.language import language_of
from bot.text.markup import OPENING, Piece, named_tags, split_tags, without_tags
from bot.text.styles import SINGING, find

MAX_TEXT = 2000
"""Characters of one request. Somewhere above it the service silently truncates."""
MAX_INSTRUCTION = 2000
"""Characters of an instruction or a description: the model reads 8 K tokens in all."""
_SING = {"zh": "唱歌", "en": "sing"}
_NOT_IN_A_STYLE = re.compile(r"[\[\]()（）【】<>\s]+")
_BLANKS = re.compile(r"[ \t]{2,}")

_V2_VOICES = (
    VoiceInfo("mimo_default", "", "the service's own choice"),
    VoiceInfo("default_zh", "zh", "Chinese"),
    VoiceInfo("default_en", "en", "English"),
)
_V25_VOICES = (
    VoiceInfo("冰糖", "zh", "female, lively"),
    VoiceInfo("茉莉", "zh", "female, intellectual"),
    VoiceInfo("苏打", "zh", "male, sunny"),
    VoiceInfo("白桦", "zh", "male, mature"),
    VoiceInfo("Mia", "en", "female, lively"),
    VoiceInfo("Chloe", "en", "female, sweet"),
    VoiceInfo("Milo", "en", "male, sunny"),
    VoiceInfo("Dean", "en", "male, steady"),
    VoiceInfo("mimo_default", "", "the service's own choice, another one by region"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """A family of models."""

    marks: tuple[str, ...]
    """Parts of a model id that identify the family; all must be present."""
    kind: VoiceKind
    """The kind of voice it speaks with."""
    style: str
    """The whole-text style before the text, ``{}`` for its name; empty if the style goes to the user message."""
    tags: Mapping[str, str]
    """Audio tags by their opening bracket: the pair of brackets the model knows. Empty: it knows none."""
    guarded: bool
    """Whether it reads a bracket at the start of the text as a style, which a person's bracket must not be."""
    sings: bool
    streams: bool
    """Whether it streams audio as it is made; the others send all of it at the end."""
    voices: tuple[VoiceInfo, ...] = ()
    voice_by_language: Mapping[str, str] = field(default_factory=dict)
    """The voice by language if none is named."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Voice ids of older models."""


_SQUARE_AND_ROUND = MappingProxyType({"[": "[]", "(": "()", "（": "（）", "【": "[]", "*": "()"})

V2 = Dialect(
    marks=("mimo-v2-tts",),
    kind=VoiceKind.PRESET,
    style="<style>{}</style>",
    tags=MappingProxyType({"[": "[]", "(": "()", "（": "()", "【": "[]", "*": "**"}),
    guarded=False,
    sings=True,
    streams=True,
    voices=_V2_VOICES,
    voice_by_language=MappingProxyType({"zh": "mimo_default", "en": "mimo_default"}),
)
V25_DESIGN = Dialect(
    marks=("voicedesign",),
    kind=VoiceKind.DESIGNED,
    style="",
    tags=MappingProxyType({}),
    guarded=False,
    sings=False,
    streams=False,
)
V25_CLONE = Dialect(
    marks=("voiceclone",),
    kind=VoiceKind.CLONED,
    style="({})",
    tags=_SQUARE_AND_ROUND,
    guarded=True,
    sings=False,
    streams=False,
)
V25 = Dialect(
    marks=(),
    kind=VoiceKind.PRESET,
    style="({})",
    tags=_SQUARE_AND_ROUND,
    guarded=True,
    sings=True,
    streams=True,
    voices=_V25_VOICES,
    # mimo_default is a different voice on each of the service's clusters, so we never choose it.
    voice_by_language=MappingProxyType({"zh": "冰糖", "en": "Mia"}),
    aliases=MappingProxyType({"default_zh": "冰糖", "default_en": "Mia"}),
)
_BY_MARKS = (V25_DESIGN, V25_CLONE, V2)


def dialect_of(model: str) -> Dialect:
    """Return the dialect of a model id; that of v2.5 for unknown ids."""
    name = model.lower()
    return next((dialect for dialect in _BY_MARKS if all(mark in name for mark in dialect.marks)), V25)


@dataclass(frozen=True, slots=True)
class Wording:
    """The content of the two messages."""

    assistant: str
    """The text to speak, with our style before it."""
    user: str
    """The instruction; may be empty."""
    notes: tuple[Note, ...] = ()


def word(dialect: Dialect, request: SpeechRequest) -> Wording:
    """Write a request in a dialect. Raises InputError: nothing to speak, too long, a voice without a description."""
    check(dialect, request)
    language = language_of(without_tags(request.text))
    styles, notes = _styles(dialect, request.styles, language)
    text, dropped = _tagged(dialect, split_tags(request.text))
    if dropped:
        notes = (*notes, Note("note.tags_dropped", (("tags", named_tags(dropped)),)))
    if dialect.guarded and opens_with_bracket(text):
        text = "…" + text
    user = [request.voice.description.strip()] if dialect.kind is VoiceKind.DESIGNED else []
    if styles and not dialect.style:
        user.append(("风格：{}。" if language == "zh" else "Style: {}.").format(_list(styles, language)))
    user.append(request.instruction.strip())
    opening = dialect.style.format(" ".join(styles)) if styles else ""
    return Wording(opening + text, "\n".join(part for part in user if part), notes)


def check(dialect: Dialect, request: SpeechRequest) -> None:
    """Refuse what the service would answer with noise, half a text or an error. Raises InputError."""
    if len(request.text) > MAX_TEXT:
        raise InputError("text.too_long", length=len(request.text), limit=MAX_TEXT)
    if not speakable(request.text):
        raise InputError("text.empty")
    if len(request.instruction) > MAX_INSTRUCTION:
        raise InputError("instruction.too_long", length=len(request.instruction), limit=MAX_INSTRUCTION)
    if dialect.kind is VoiceKind.DESIGNED:
        if not request.voice.description.strip():
            raise InputError("voice.no_description")
        length = len(request.voice.description)
        if length > MAX_INSTRUCTION:
            raise InputError("voice.description_too_long", length=length, limit=MAX_INSTRUCTION)


def voice_id(dialect: Dialect, request: SpeechRequest) -> tuple[str, tuple[Note, ...]]:
    """Return the preset voice: the named one in its listed spelling, or one by the text's language."""
    wanted = request.voice.id.strip()
    listed = {voice.id.casefold(): voice.id for voice in dialect.voices} | dict(dialect.aliases)
    if wanted and (not request.stands_in or wanted.casefold() in listed):
        return listed.get(wanted.casefold(), wanted), ()
    known = dialect.voice_by_language.get(request.language)
    voice = known or dialect.voice_by_language[language_of(without_tags(request.text))]
    return voice, (Note("note.voice_replaced", (("voice", wanted), ("replacement", voice))),) if wanted else ()


def opens_with_bracket(text: str) -> bool:
    """Return whether the first character, in any width or form, is one that models take for the start of a style."""
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return bool(first) and (first[0] in OPENING or unicodedata.category(first[0]) == "Ps")


def _styles(dialect: Dialect, names: tuple[str, ...], language: str) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Return names in the text's language, in the order given, each once; and what had to be left out."""
    singing = [name for name in names if _key(name) == SINGING]
    others = [name for name in names if _key(name) != SINGING]
    notes: tuple[Note, ...] = ()
    if singing and dialect.sings:
        if others:
            notes = (Note("note.singing_alone", (("dropped", ", ".join(others)),)),)
        return (_SING[language],), notes
    if singing:
        notes = (Note("note.style_unsupported", (("style", ", ".join(singing)),)),)
    written = (_NOT_IN_A_STYLE.sub(" ", _label(name, language)).strip() for name in others)
    return tuple(dict.fromkeys(name for name in written if name)), notes


def _key(name: str) -> str:
    style = find(name)
    return style.key if style else ""


def _label(name: str, language: str) -> str:
    style = find(name)
    return style.service_name(language) if style else name


def _list(names: tuple[str, ...], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(names)


def _tagged(dialect: Dialect, pieces: list[Piece]) -> tuple[str, tuple[str, ...]]:
    """Return the text with its audio tags in the signs the model knows; and the tags it does not know, left out."""
    written: list[str] = []
    dropped: list[str] = []
    for piece in pieces:
        if not piece.tag:
            written.append(piece.text)
        elif pair := dialect.tags.get(piece.text[0]):
            written.append(pair[0] + piece.text[1:-1] + pair[-1])
        else:
            dropped.append(piece.text)
    text = "".join(written)
    return (_BLANKS.sub(" ", text) if dropped else text).strip(), tuple(dropped)
