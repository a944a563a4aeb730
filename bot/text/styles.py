"""The catalogue of recommended styles, by type, in English and Chinese, with a tolerant search.

Used by every front end (lists, suggestions) and by the providers (the style that a name means). An unlisted style is
still possible: providers that accept free text get it as written. The listed names are those the service's own pages
recommend.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz, process

from bot.patterns import normal_form


class StyleType(StrEnum):
    """The sections of the catalogue."""

    RATE = "speech rate"
    EMOTION = "emotion"
    ROLE = "role-play"
    CHANGE = "style change"
    DIALECT = "dialect"
    SINGING = "singing"


@dataclass(frozen=True, slots=True)
class Style:
    """A way to say something."""

    key: str
    """Its name in the code: ``slow_down``."""
    type: StyleType
    en: str
    zh: str
    also: tuple[str, ...] = ()
    """Other names people use."""

    def label(self, language: str) -> str:
        """Return its name in a language: ``zh``, ``zh-Hant`` or English."""
        if language == "zh-Hant":
            return _TRADITIONAL.get(self.zh, self.zh)
        return self.zh if language == "zh" else self.en

    def service_name(self, language: str) -> str:
        """Return the name that MiMo's pages recommend for texts of a language: Chinese or English."""
        return self.zh if language == "zh" else _SERVICE_NAMES.get(self.en, self.en)


_TRADITIONAL = {
    "变慢": "變慢",
    "变快": "變快",
    "开心": "開心",
    "悲伤": "悲傷",
    "生气": "生氣",
    "恐惧": "恐懼",
    "惊讶": "驚訝",
    "兴奋": "興奮",
    "平静": "平靜",
    "怅然": "悵然",
    "释然": "釋然",
    "无奈": "無奈",
    "厌倦": "厭倦",
    "动情": "動情",
    "孙悟空": "孫悟空",
    "悄悄话": "悄悄話",
    "夹子音": "夾子音",
    "台湾腔": "台灣腔",
    "温柔": "溫柔",
    "活泼": "活潑",
    "严肃": "嚴肅",
    "慵懒": "慵懶",
    "干练": "幹練",
    "凌厉": "凌厲",
    "空灵": "空靈",
    "苍老": "蒼老",
    "沙哑": "沙啞",
    "东北话": "東北話",
    "四川话": "四川話",
    "河南话": "河南話",
    "粤语": "粵語",
}
"""Names in Traditional characters of styles that differ in them."""
_KEYS = {
    "Northeastern Mandarin": "northeastern_dialect",
    "Hurt": "aggrieved",
    "Resigned": "helpless",
    "Cutesy voice": "clamped_voice",
    "Crisp": "capable",
    "Elderly": "aged",
}
"""Keys of styles whose English name changed: buttons in chats carry them."""
_SERVICE_NAMES = {
    "Hurt": "Aggrieved",
    "Resigned": "Helpless",
    "Cutesy voice": "Clamped voice",
    "Crisp": "Capable",
    "Elderly": "Aged",
}
"""English names by which MiMo's own pages list a style, if ours is another."""


def _section(kind: StyleType, *rows: str) -> tuple[Style, ...]:
    """Parse rows of ``English|Chinese|other names, separated by commas``."""
    styles = []
    for row in rows:
        en, zh, *also = row.split("|")
        names = tuple(name.strip() for name in also[0].split(",")) if also else ()
        key = _KEYS.get(en, en.lower().replace(" ", "_").replace("-", "_"))
        styles.append(Style(key, kind, en, zh, names))
    return tuple(styles)


CATALOGUE: tuple[Style, ...] = (
    *_section(
        StyleType.RATE,
        "Slow down|变慢|slow, slower, slowly, 慢, 慢速, 语速慢, 语速放缓",
        "Speed up|变快|fast, faster, quick, quickly, 快, 快速, 语速快, 语速加快",
    ),
    *_section(
        StyleType.EMOTION,
        "Happy|开心|joyful, cheerful, 高兴, 快乐",
        "Sad|悲伤|unhappy, 难过, 伤心",
        "Angry|生气|anger, mad, 愤怒",
        "Afraid|恐惧|fear, scared, 害怕",
        "Surprised|惊讶|surprise, 吃惊",
        "Excited|兴奋|thrilled, 激动",
        "Hurt|委屈|wronged, aggrieved",
        "Calm|平静|peaceful, 冷静",
        "Indifferent|冷漠|cold",
        "Wistful|怅然|melancholy",
        "Relieved|释然|relief",
        "Gratified|欣慰|pleased",
        "Resigned|无奈|helpless",
        "Guilty|愧疚|guilt, ashamed",
        "Jealous|嫉妒|envious",
        "Weary|厌倦|tired, bored",
        "Anxious|忐忑|nervous, uneasy",
        "Moved|动情|touched",
    ),
    *_section(
        StyleType.ROLE,
        "Sun Wukong|孙悟空|monkey king, wukong",
        "Lin Daiyu|林黛玉|daiyu",
    ),
    *_section(
        StyleType.CHANGE,
        "Whisper|悄悄话|whispering, whispered, 轻声, 低语, 耳语, 气声",
        "Cutesy voice|夹子音|squeezed voice, clamped voice",
        "Taiwanese accent|台湾腔|taiwan accent, taiwanese",
        "Gentle|温柔|soft, tender",
        "Aloof|高冷",
        "Lively|活泼|playful energy",
        "Serious|严肃|solemn, stern",
        "Lazy|慵懒|languid",
        "Playful|俏皮|cheeky",
        "Deep|深沉|low",
        "Crisp|干练|capable, brisk",
        "Sharp|凌厉|fierce",
        "Magnetic|磁性",
        "Mellow|醇厚|rich, 醇雅",
        "Clear|清亮|bright",
        "Ethereal|空灵",
        "Childlike|稚嫩|child, childish",
        "Elderly|苍老|old, aged",
        "Sweet|甜美|cute",
        "Hoarse|沙哑|husky, raspy",
        "Mature woman|御姐音|queenly voice",
        "Young boy|正太音|boy voice",
        "Middle-aged man|大叔音|uncle voice",
    ),
    *_section(
        StyleType.DIALECT,
        "Northeastern Mandarin|东北话|northeastern dialect, northeastern, dongbei, 东北, 东北腔",
        "Sichuan dialect|四川话|sichuan, sichuanese, 四川, 川普",
        "Henan dialect|河南话|henan, henanese, 河南",
        "Cantonese|粤语|cantonese dialect, 广东话, 白话",
    ),
    *_section(StyleType.SINGING, "Sing|唱歌|singing, song, 唱"),
)
"""Every recommended style, section by section."""

SINGING = "sing"
"""The key of the style that cannot be combined."""
SEPARATORS = ",，、;；"
"""Separators between names of styles."""


def _fold(name: str) -> str:
    """Return the same for names people consider equal: ignores case, width, spaces, hyphens, underscores."""
    return "".join(c for c in normal_form("NFKC", name).casefold() if c not in " _-'\t\u3000")


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Style]:
    return {
        _fold(name): style
        for style in CATALOGUE
        for name in (style.en, style.zh, style.key, *style.also, style.label("zh-Hant"))
    }


def find(name: str) -> Style | None:
    """Return the listed style of exactly this name, in either language, or None."""
    return _by_name().get(_fold(name))


def search(typed: str, limit: int = 25) -> tuple[Style, ...]:
    """Return the listed styles that a typed prefix may mean, the likeliest first; all for nothing typed."""
    folded = _fold(typed[:64])
    if not folded:
        return CATALOGUE[:limit]
    names = _by_name()
    found: dict[str, Style] = {}
    for name, style in names.items():
        if name.startswith(folded):
            found.setdefault(style.key, style)
    for name, style in names.items():
        if len(folded) > 1 and folded in name:
            found.setdefault(style.key, style)
    alike = process.extract(folded, names.keys(), scorer=fuzz.ratio, score_cutoff=60, limit=limit)
    for name, _, _ in alike:
        found.setdefault(names[name].key, names[name])
    return tuple(found.values())[:limit]


def parse(typed: str) -> tuple[str, ...]:
    """Return the names a person typed for ``style``: ``Happy, Slow down``, ``开心、变慢``, one or many."""
    for separator in SEPARATORS:
        typed = typed.replace(separator, ",")
    return tuple(name for name in (part.strip() for part in typed.split(",")) if name)
