"""Code and spoilers: what is announced instead of being read. The second step of ``reader``, before anything is named.

One expression finds them from left to right, as Discord does: what stands first wins, a spoiler in code is code. The
content of a spoiler is never spoken and never told in a note.
"""

import re

from bot.patterns import linear
from bot.speech.chat import own_words
from bot.speech.chat.draft import Draft
from bot.speech.chat.entrance import enter
from bot.speech.chat.message import Mark, Span

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
"""Inline code that a person would simply read: a few words."""
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
    """The same for marks told beside the text, as places in it.

    Called before anything else; enters the text as well, since that moves places.
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
    """``after``: the sign that follows it."""
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
    """A few plain words are read, by the rules that follow; everything else is announced."""
    inside = inside.strip()
    if (own := draft.reading.says.whole(inside)) is not None:
        return own_words.say(draft, whole, own)
    if _READABLE.fullmatch(inside):
        draft.note("code", whole, inside)
        return f" {inside} "
    return draft.put("code", whole, draft.words.say("code"))
