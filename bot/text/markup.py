"""Audio tags and markup in text, and the grammar of a typed command: ``style:Whisper voice:Mia text to say``."""

import html
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from bot.model import Voice
from bot.patterns import linear
from bot.text.styles import CATALOGUE

# The sounds and voice changes that the service's pages list as inline tags, with the spellings people use.
_SOUNDS_EN = """
    cough, coughs, coughing, sob, sobs, sobbing, sigh, sighs, sighing, laugh, laughs, laughing, laughter, chuckle,
    chuckles, chuckling, giggle, giggles, giggling, sneer, sneers, snort, snorts, gasp, gasps, gasping, pant, pants,
    panting, breath, breathe, breathes, breathing, inhale, inhales, inhaling, exhale, exhales, exhaling, sniff, sniffs,
    sniffle, sniffles, cry, cries, crying, weep, weeps, weeping, wail, wails, wailing, whimper, whimpers, groan, groans,
    groaning, moan, moans, yawn, yawns, yawning, sneeze, sneezes, hiccup, hiccups, gulp, gulps, hum, hums, humming,
    whistle, whistles, whistling, pause, pauses, silence, fast, faster, slow, slower, whisper, whispers, whispering,
    whispered, shout, shouts, shouting, scream, screams, screaming, murmur, murmurs, murmuring, mutter, mutters,
    muttering, stutter, stutters, stammer, stammers, emphasis, trembling, shaky, breathy, hoarse, nasal, nervous,
    scared, excited, tired, hesitant, hesitates, impatient, shocked, sarcastic, singing, choking, choked up, drawn out,
    clears throat, clear throat, clearing throat, takes a breath, takes a deep breath, holding breath, voice breaking,
    voice trembling, speed up, slow down
"""
_SOFTENERS_EN = """
    a, softly, quietly, loudly, slightly, gently, nervously, sadly, happily, angrily, bitterly, heavily, deeply,
    lightly, long, short, deep, hearty, light, soft, big, cold, bitter, loud, quiet, heavy, nervous, sad, evil,
    awkward, again, sudden, suddenly, little, small, slight, quick, quickly, faint, faintly, muffled, hysterical,
    hysterically, maniacal, maniacally, uncontrollable, uncontrollably, dry, dryly, weak, weakly, sarcastic, mocking,
    warm, warmly, nervous, relieved, quiet, brief, briefly, in, out, of, with, relief, frustration, surprise, disbelief
"""
_SOFTENERS_ZH = (
    "突然 忽然 轻轻 小声 大声 微微 冷冷 忍不住 长长 深深 无奈 悄悄 低低 暗暗 放声 尴尬 开心 得意 "
    "疲惫 紧张 痛苦 绝望 猛 又 再次 哈哈 嘿嘿 噗嗤 一阵 一声 轻 长 重重"
)
_SOUNDS_ZH = """
    吸气 深呼吸 呼气 叹气 叹息 长叹 长叹一口气 喘息 喘气 屏息 紧张 害怕 激动 疲惫 委屈 撒娇 心虚 震惊 不耐烦
    颤抖 声音颤抖 变调 破音 鼻音 气声 沙哑 笑 轻笑 大笑 冷笑 苦笑 偷笑 微笑 狂笑 坏笑 傻笑 抽泣 啜泣 呜咽 哽咽
    哭 哭泣 大哭 嚎啕大哭 咳 咳嗽 轻咳 清嗓子 打哈欠 哈欠 打喷嚏 喷嚏 打嗝 停顿 长停顿 短停顿 急促 拖音 语速加快
    语速放缓 加快 放慢 轻声 小声 大声 低声 低语 耳语 强调 重读 欲言又止 碎碎念 沉默 沉默片刻 喃喃自语 嘟囔 尖叫
    呐喊 吼 怒吼 惊呼 吹口哨 哼 哼唱 吞咽 抽鼻子
"""

_ENDINGS_ZH = ("了一声", "了几声", "一声", "几声", "起来", "了", "着", "中")
_TAG = re.compile(
    r"\[([^\[\]\n]{1,32})\]|\(([^()\n]{1,32})\)|（([^（）\n]{1,32})）|【([^【】\n]{1,32})】"
    r"|(?<![*\w])\*(?! )([^*\n]{1,32})(?<! )\*(?![*\w])"
)
_NAMED = 10
"""Tags listed in one sentence."""
OPENING = "([（【"
"""Characters that open an audio tag or, for some models, a style at the start of a text."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text."""

    text: str
    """With its brackets when it is a tag."""
    tag: bool

    @property
    def name(self) -> str:
        """The content of a tag, without brackets, in lower case."""
        return self.text.strip("()[]（）【】*").strip().casefold()


def _words(text: str) -> frozenset[str]:
    return frozenset(" ".join(word.split()) for word in text.split(","))


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[frozenset[str], frozenset[str]]:
    """Return whole tags, and the words that may accompany one in a tag."""
    styles = {name.casefold() for style in CATALOGUE for name in (style.en, style.zh)}
    return _words(_SOUNDS_EN) | frozenset(_SOUNDS_ZH.split()) | styles, _words(_SOFTENERS_EN)


def is_audio_tag(name: str) -> bool:
    """Return whether a bracket with this content is a sound or a voice change, not words to speak."""
    tags, beside = _vocabulary()
    name = " ".join(name.casefold().split())
    if name in tags:
        return True
    words = name.split()
    if not name.isascii() and not tags.isdisjoint(_cores(name)):
        return True
    return any(w in tags for w in words) and all(w in tags or w in beside for w in words)


def _cores(name: str) -> list[str]:
    """Return a Chinese tag without its adverbs: ``突然大笑``, ``轻轻地笑了一声``."""
    beginnings = [name]
    for _ in range(3):
        for word in _SOFTENERS_ZH.split():
            if beginnings[-1].startswith(word):
                beginnings.append(beginnings[-1].removeprefix(word).lstrip("地的"))
    return [part.removesuffix(ending) for part in beginnings for ending in ("", *_ENDINGS_ZH)]


def split_tags(text: str) -> list[Piece]:
    """Return the text in order as plain stretches and known audio tags; joined they are the text again."""
    pieces: list[Piece] = []
    start = 0
    for match in _TAG.finditer(text):
        if not is_audio_tag(next(group for group in match.groups() if group is not None)):
            continue
        if match.start() > start:
            pieces.append(Piece(text[start : match.start()], tag=False))
        pieces.append(Piece(match[0], tag=True))
        start = match.end()
    if start < len(text):
        pieces.append(Piece(text[start:], tag=False))
    return pieces


def without_tags(text: str) -> str:
    """Return the words alone, single-spaced."""
    return " ".join("".join(" " if piece.tag else piece.text for piece in split_tags(text)).split())


def named_tags(tags: Iterable[str]) -> str:
    """Return some tags for a sentence: each once, and not too many."""
    each = list(dict.fromkeys(tags))
    return " ".join(each[:_NAMED]) + (" …" if len(each) > _NAMED else "")


def brackets(text: str) -> list[tuple[int, int]]:
    """Return the spans of brackets that may be audio tags, known or not: never cut inside one."""
    return [match.span() for match in _TAG.finditer(text)]


_ANGLES = {ord(c): "<" for c in "＜﹤‹〈⟨❮❰˂ᐸ〈"} | {ord(c): ">" for c in "＞﹥›〉⟩❯❱˃ᐳ〉"}
_WIDE_LETTERS = {0xFF21 + i: chr(0x41 + i) for i in range(26)} | {0xFF41 + i: chr(0x61 + i) for i in range(26)}
_SLASHES = {ord(c): "/" for c in "／⁄∕"}
_FOLD = _ANGLES | _WIDE_LETTERS | _SLASHES
# One character for one character, so that offsets in the folded text are valid in the text.
_STYLE = linear(
    r"<[\s/]*+" + r"\s*+".join("style") + r"\b(?:[^<>]{0,200}>)?",
    "only its first sign is an angle that opens: what one try has passed is passed by no other",
    re.IGNORECASE,
)
_ANGLED = re.compile(r"<([^<>\n]{1,250})(>|$)")
_END_TAG = re.compile(r"</([A-Za-z]{1,16})")
_ELEMENT = re.compile(r"(/?)([^\W\d_][^\s/=]{0,40}+)([^\n]{0,250}+)$")
_ATTRIBUTES = re.compile(
    r"/?$|\s{0,250}+/$|\s[^=]{0,60}+=|(?:\s{1,9}+(?:checked|controls|defer|disabled|hidden|open|required)){1,20}+\s{0,9}+/?$"
)
_ELEMENTS = frozenset(
    re.findall(
        r"\S+",
        "a abbr b bdi bdo blockquote br col colgroup datalist dd del dfn div dl dt em fieldset figcaption h1 h2 "
        "h3 h4 h5 h6 hr html i iframe img ins kbd li marquee nav noembed noframes noscript ol optgroup p "
        "plaintext pre q rb rp rt rtc s samp script span strike strong style sub sup svg tbody td textarea tfoot "
        "th thead tr tt u ul wbr xmp",
    )
)
"""Names of elements that are no words."""
_BREAKING = frozenset(
    re.findall(r"\S+", "blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre td th tr ul"),
)
"""Those that separate words."""
_FIRST_UNSPACED = "\u2e80"
_WORDLY = frozenset(
    re.findall(
        r"\S+",
        "address applet area article aside audio base big body button canvas caption center cite code data "
        "details dialog dir embed figure font footer form frame frameset head header image input label legend "
        "link main map mark math menu meta meter object option output param picture progress ruby search section "
        "select slot small source summary table template time title track var video",
    )
)
"""Element names that are words too: without an end tag or an attribute a person means the word."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});?")
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
"""Characters without shape or sound: zero width, direction, variation selectors, tags, control characters."""
_ROUNDS = 12
"""Layers of nesting or entities that are removed one by one; deeper ones lose their angle brackets."""


def decode_entities(text: str) -> str:
    """Decode one layer of ``&lt;``, ``&#60;``, ``&#x3c;``."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)


def _remove(pattern: re.Pattern[str], text: str, *, apart: bool = False) -> str:
    """Remove matches; words that they separated stay separate."""
    folded = text.translate(_FOLD)
    kept: list[str] = []
    start = 0
    for match in pattern.finditer(folded):
        kept.append(text[start : match.start()])
        start = match.end()
        if apart and text[max(match.start() - 1, 0) : match.start()].isalnum() and text[start : start + 1].isalnum():
            kept.append(" ")
    kept.append(text[start:])
    return "".join(kept)


def _without_elements(text: str) -> str:
    """Remove elements; other words in angle brackets lose only the brackets."""
    folded = text.translate(_FOLD)
    ended = {name.casefold() for name in _END_TAG.findall(folded)}
    kept: list[str] = []
    start = 0
    for match in _ANGLED.finditer(folded):
        element = _ELEMENT.match(match[1])
        if element is None:
            continue
        before, after = text[max(match.start() - 1, 0) : match.start()], text[match.end() : match.end() + 1]
        kept.append(text[start : match.start()])
        start = match.end()
        is_open = not match[2]
        if _is_element(element, ended) and not (is_open and len(element[2]) == 1):
            kept.append(" " if _apart(before, after) and element[2].casefold() in _BREAKING else "")
            continue
        inside = text[match.start(1) + len(element[1]) : match.end(1)].strip(" ")
        if before.isalnum() and (is_open or (after.isalnum() and " " in inside)):
            kept += " < ", inside, "" if is_open else " > "
        else:
            kept += " " * _apart(before, inside[:1]), inside, " " * _apart(inside[-1:], after)
    kept.append(text[start:])
    return "".join(kept)


def _apart(before: str, after: str) -> bool:
    """Return whether two characters would wrongly merge into one word; Chinese is written without blanks."""
    return before.isalnum() and after.isalnum() and before < _FIRST_UNSPACED and after < _FIRST_UNSPACED


def _is_element(element: re.Match[str], ended: Collection[str]) -> bool:
    """Return whether the content of angle brackets is an element, by its name and what follows the name."""
    name = element[2].casefold()
    if name in _ELEMENTS:
        return bool(_ATTRIBUTES.match(element[3]))
    if name not in _WORDLY:
        return False
    return bool(element[1]) or "=" in element[3] or element[3].endswith("/") or name in ended


def strip_markup(text: str) -> str:
    """Remove every element such as ``<style>``, however disguised; the words around and inside it remain.

    ``<name>``, which is no element, loses its brackets and keeps its word; so does ``if a<b and c>d``. Handled
    disguises: spaces inside, full-width and look-alike characters, entities (of entities), one element hidden inside
    another, invisible characters between the letters, an element never closed. ``a < b``, ``<3`` and ``->`` are no
    elements and stay.
    """
    for _ in range(_ROUNDS):
        plain = INVISIBLE.sub("", decode_entities(text))
        if plain == text:
            plain = _remove(_STYLE, plain, apart=True)
        if plain == text:
            plain = _without_elements(plain)
        if plain == text:
            return text
        text = plain
    folded = text.translate(_FOLD)
    return "".join(" " if sign in "<>&" else original for sign, original in zip(folded, text, strict=True))


KEYS = {
    "style": "style", "styles": "style", "风格": "style",
    "voice": "voice", "声音": "voice", "音色": "voice",
    "design": "design", "设计": "design", "描述": "design",
    "instruction": "instruction", "how": "instruction", "指令": "instruction",
    "take": "take",
}  # fmt: skip
"""Option names people may type, and the option each one means."""
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "„": "“", "«": "»"}
_KEY = re.compile(r"([^\W\d_]{1,16})[:：]")


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A parsed command."""

    text: str
    style: str = ""
    voice: str = ""
    design: str = ""
    instruction: str = ""
    take: int = 0

    @property
    def whose(self) -> Voice:
        """The named voice, or the described one."""
        return Voice.typed(self.voice, self.design)


def parse(line: str, takes: Callable[[str, str, str], bool] | None = None) -> TypedCommand:
    """Parse a command; everything but options is text. Never raises.

    ``takes``: whether a typed value is valid for an option, if people also write what only looks like an option; called
    with the key as typed, the option, the value.
    """
    options: dict[str, str] = {}
    rest = line.lstrip()
    while (match := _KEY.match(rest)) and (key := KEYS.get(match[1].casefold())):
        value, after = _value(rest[match.end() :])
        if not value or key in options or (key == "take" and not re.fullmatch(r"\d{1,6}", value)):
            break
        if takes is not None and not takes(match[1], key, value):
            break
        options[key], rest = value, after.lstrip()
    take = int(options.pop("take", "0"))
    return TypedCommand(rest.strip(), take=take, **options)


def _value(rest: str) -> tuple[str, str]:
    """Return the leading value, and the text after it."""
    closing = _QUOTES.get(rest[:1])
    end = rest.find(closing, 1) if closing else -1
    if end > 0:
        return rest[1:end].strip(), rest[end + 1 :]
    bare = next(iter(rest.split(maxsplit=1)), "") if rest[:1].strip() else ""
    return bare, rest[len(bare) :]
