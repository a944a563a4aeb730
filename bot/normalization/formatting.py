"""Markdown, code and spoilers: what is announced, what is dropped, and how a cut or blocked text ends."""

import re

from bot.normalization import own_words
from bot.normalization.draft import Draft
from bot.normalization.lexicon import NO_WORD_AFTER, NO_WORD_BEFORE
from bot.normalization.message import Mark, Span
from bot.normalization.sanitize import enter
from bot.patterns import linear
from bot.text.markup import strip_markup

_HIDDEN = linear(
    r"```(?:(?P<name>[A-Za-z0-9+#-]{1,20}+)\n)?+(?P<block>[\s\S]*?)```"
    r"|``(?P<double>[^\n]+?)``(?!`)|`(?P<inline>[^`\n]++)`"
    r"|\|\|(?P<spoiler>[\s\S]+?)\|\|",
    "a search for an end that fails has seen that there is none in the rest of the text or the line; what it passed"
    " begins no other search but within its own mark",
)
_READABLE = re.compile(
    r"[A-Za-z\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff'-]{0,30}+(?: [A-Za-z0-9\u4e00-\u9fff'-]{1,30}+){0,5}+"
)
"""Inline code that a person would simply read aloud: a few words."""
_NAMES = {
    "py": "Python", "python": "Python", "js": "JavaScript", "javascript": "JavaScript", "jsx": "JavaScript",
    "ts": "TypeScript", "typescript": "TypeScript", "tsx": "TypeScript", "rs": "Rust", "rust": "Rust", "go": "Go",
    "golang": "Go", "c": "C", "cpp": "C plus plus", "c++": "C plus plus", "cs": "C sharp", "csharp": "C sharp",
    "c#": "C sharp", "java": "Java", "kt": "Kotlin", "kotlin": "Kotlin", "swift": "Swift", "rb": "Ruby", "ruby": "Ruby",
    "php": "PHP", "lua": "Lua", "sh": "shell", "bash": "shell", "zsh": "shell", "shell": "shell", "ps1": "PowerShell",
    "powershell": "PowerShell", "sql": "SQL", "html": "HTML", "css": "CSS", "json": "JSON", "yaml": "YAML",
    "yml": "YAML", "toml": "TOML", "xml": "XML", "md": "Markdown", "diff": "diff", "r": "R", "hs": "Haskell",
}  # fmt: skip
_MASK = "||…||"


def hide(draft: Draft) -> None:
    """Put a word in place of each piece of code and each spoiler."""
    if "`" not in draft.text and "||" not in draft.text:
        return

    def announced(match: re.Match[str]) -> str:
        if match["spoiler"] is not None:
            return _spoiler(draft, match.string[match.end() : match.end() + 1])
        if match["block"] is not None:
            return _block(draft, match[0], match["name"] or "")
        return _inline(draft, match[0], match["inline"] or match["double"])

    draft.replace(_HIDDEN, announced)


def mark_spans(draft: Draft, spans: tuple[Span, ...]) -> None:
    """Put words in place of formatting given by offsets.

    Called before anything else; also sanitizes the text, since that moves offsets.
    """
    pieces = []
    done = 0
    text = draft.text
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start < done or not span.start < span.end <= len(text):
            continue
        inside = enter(text[span.start : span.end])
        pieces += [enter(text[done : span.start]), _marked(draft, span, inside, text[span.end : span.end + 1])]
        done = span.end
    draft.text = "".join([*pieces, enter(text[done:])])


def _marked(draft: Draft, span: Span, inside: str, after: str) -> str:
    if span.mark is Mark.SPOILER:
        return _spoiler(draft, after)
    if span.mark is Mark.CODE_BLOCK:
        return _block(draft, inside, span.detail)
    return _inline(draft, inside, inside) if span.mark is Mark.CODE else inside


def _spoiler(draft: Draft, after: str) -> str:
    """Return the words for a spoiler; ``after``: the character that follows it."""
    word = draft.words.say("spoiler")
    if draft.delivery.whisper:
        apart = " " if draft.words.language == "en" and after.isalnum() else ""
        return draft.tag("spoiler", _MASK, "whisper", word) + word + apart
    return draft.put("spoiler", _MASK, word)


def _block(draft: Draft, whole: str, name: str) -> str:
    known = _NAMES.get(name.casefold())
    words = draft.words.say("code_block_in", name=known) if known else draft.words.say("code_block")
    return draft.put("code", whole, words)


def _inline(draft: Draft, whole: str, inside: str) -> str:
    """Return a few plain words unchanged, for later rules, and an announcement for other code."""
    inside = inside.strip()
    if (own := draft.reading.says.whole(inside)) is not None:
        return own_words.say(draft, whole, own)
    if _READABLE.fullmatch(inside):
        draft.note("code", whole, inside)
        return f" {inside} "
    return draft.put("code", whole, draft.words.say("code"))


_ANY = re.compile(r"[*_~\\#>•-]")
_ON_END = re.compile(r"(?<=\w)><(?=\w)")
"""``<ctrl><alt>``: keys, whose names are words."""
_SPOKEN_OF = re.compile(r"\b([Tt]he|[Aa]n?|[Tt]his|[Tt]hat|[Ee]ach|[Ee]very|[Yy]our|[Mm]y) <([a-z][a-z0-9]{1,15})>")
"""An element that a person talks about: ``the <nav>``."""
_ACTION = re.compile(
    rf"{NO_WORD_BEFORE}(?<!\*)\*(?! )([^*\n]{{1,32}})(?<! )\*(?!\*){NO_WORD_AFTER}"
    rf"|{NO_WORD_BEFORE}(?<!_)_(?! )([^_\n]{{1,32}})(?<! )_(?!_){NO_WORD_AFTER}"
)
_RULE = re.compile(r"^ {0,4}+(?:-{3,100}+|\*{3,100}+|_{3,100}+|={3,100}+) {0,4}$", re.MULTILINE)
_LINE = re.compile(r"^ {0,8}(?:#{1,6} {1,4}|-# {1,4}|[-*•·] {1,4}(?:\[[ xX]\] {1,4})?)", re.MULTILINE)
_QUOTE = re.compile(r"^ {0,4}(>>>|>)(?: |$)", re.MULTILINE)
_ESCAPE = re.compile(r"\\(?=[^\w\s])")
_PAIRED = re.compile(r"\*{2,100}|~{2,100}|_{2,100}|(?<![\d\s])\*(?!\d)|\*(?![\d\s*])|(?<!\w)_(?!\s)|(?<!\s)_(?!\w)")
_WAVES = re.compile(r"~{2,}+")
_CAPITAL_NAME = re.compile(
    r"(?<![\w*])(?:_{0,2}+[A-Z]{2,40}+(?:_[A-Za-z0-9]{1,40}+){1,5}+|[A-Za-z0-9]{1,40}+_[A-Z]{2,40}+)(?![\w*])"
)
_JOINED = re.compile(r"(?<![\w*~/.\\-])[A-Za-z0-9]{1,40}+(?:_{1,2}+[A-Za-z0-9]{1,40}+){1,5}+(?![\w*])")
"""Names whose parts are no chat words: ``r_smith``."""
_INNER = re.compile(r"(?<=\w)_(?=\w)")
_INNER_UNSPACED = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff])_(?=[\u3040-\u30ff\u3400-\u9fff])")
"""Between characters of unspaced scripts, where it makes no pause."""


def act(draft: Draft) -> None:
    """Turn ``*sighs*`` into a sigh if that is enabled."""
    if not draft.delivery.actions or ("*" not in draft.text and "_" not in draft.text):
        return
    actions = draft.words.actions

    def acted(match: re.Match[str]) -> str:
        kind = actions.get((match[1] or match[2]).casefold())
        return f" {draft.tag('action', match[0], kind)} " if kind else match[0]

    draft.replace(_ACTION, acted)


def unformat(draft: Draft) -> None:
    """Remove every marker; a quotation is announced as one."""
    if not _ANY.search(draft.text):
        return
    if "_" in draft.text:
        for names in (_CAPITAL_NAME, _JOINED):
            draft.replace(names, lambda match: _apart(draft, match[0]))
    text = _LINE.sub("", _RULE.sub("", draft.text))
    if ">" in text:
        text = _quoted(text, draft.words.say("quote"))
    if "~~" in text:
        runs = _WAVES.findall(text)
        text = _WAVES.sub(" ", text) if len(runs) == 1 or "~~" not in runs else text  # nothing is struck through
    text = _INNER_UNSPACED.sub("", _PAIRED.sub("", _ESCAPE.sub("", text)))
    text = _INNER.sub(" ", text)
    draft.whole("formatting", text)


def _apart(draft: Draft, name: str) -> str:
    return draft.put("formatting", name, " ".join(name.replace("_", " ").split()), keep=True)


def unmark(draft: Draft) -> None:
    """Drop elements such as ``<b>`` and ``<style>``, however disguised; the words inside remain."""
    if "<" in draft.text or "&" in draft.text:
        text = _ON_END.sub("> <", draft.text)
        if "</" not in text:
            text = _SPOKEN_OF.sub(r"\1 \2", text)
        draft.whole("markup", strip_markup(text))


def _quoted(text: str, announced: str) -> str:
    """Return quoted lines, the first of a block announced."""
    lines = text.split("\n")
    inside = endless = False
    for number, line in enumerate(lines):
        match = _QUOTE.match(line)
        if match is None:
            inside = endless
            continue
        lines[number] = ("" if inside else announced) + line[match.end() :].lstrip("> ")
        endless = endless or match[1] == ">>>"
        inside = True
    return "\n".join(lines)


_PLACE = re.compile(r"(?P<sentence>[.!?…。！？\n](?=\s|$|[\u3400-\u9fff]))|(?P<clause>[,;:，；：、])|\s")
_TAG_OPEN = re.compile(r"\[[^\[\]]{0,32}$")


def block(draft: Draft) -> bool:
    """Bleep blocked words. Return whether the message is to be refused instead."""
    pattern = draft.reading.blocks.pattern
    if pattern is None:
        return False
    found = pattern.search(draft.text)
    if found is None:
        return False
    if draft.reading.blocked == "refuse":
        draft.note("blocked", found[0], "")
        return True
    draft.change(pattern, "blocked", lambda _: draft.words.say("bleep"))
    return False


def cut(draft: Draft, text: str) -> str:
    """Return text within the allowed length, cut at the best position and with words that say so."""
    most = max(1, draft.reading.max_characters)
    if len(text) <= most:
        return text
    words = draft.words.say("cut")
    capacity = most - len(words)
    if capacity < 1:
        capacity, words = most, ""
    kept = text[:capacity]
    if broken := _TAG_OPEN.search(kept):
        kept = kept[: broken.start()]
    kept = kept[: _best(text, len(kept))].rstrip(" \n,;:，；：、.。…")
    short = kept + words
    draft.note("length", text, short)
    return short


def _best(text: str, capacity: int) -> int:
    """Return the last good position to cut: after a sentence, else a word, in the second half of the text."""
    words = capacity
    sentences = 0
    for match in _PLACE.finditer(text, capacity // 2, capacity + 1):
        if match["sentence"] and match.end() <= capacity:
            sentences = match.end()
        words = match.start() if match.start() <= capacity else words
    return sentences or words
