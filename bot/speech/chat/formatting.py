"""Markers of formatting: the words stay, the markers go; what people do between asterisks may become a sound.

Bold, italic, underline, strike, headings, lists, quotes, subtext, escapes. A step of ``reader``.
"""

import re

from bot.speech.chat.draft import Draft
from bot.speech.chat.lexicon import NO_WORD_AFTER, NO_WORD_BEFORE
from bot.speech.markup import strip_markup

_ANY = re.compile(r"[*_~\\#>•-]")
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
"""Names of people and things, whose parts are no chat words: ``r_smith``."""
_INNER = re.compile(r"(?<=\w)_(?=\w)")
_INNER_UNSPACED = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff])_(?=[\u3040-\u30ff\u3400-\u9fff])")
"""Between signs that are written without blanks: no pause comes of it."""


def act(draft: Draft) -> None:
    """``*sighs*`` becomes a sigh where that is wanted."""
    if not draft.delivery.actions or ("*" not in draft.text and "_" not in draft.text):
        return
    actions = draft.words.actions

    def acted(match: re.Match[str]) -> str:
        kind = actions.get((match[1] or match[2]).casefold())
        return f" {draft.tag('action', match[0], kind)} " if kind else match[0]

    draft.replace(_ACTION, acted)


def unformat(draft: Draft) -> None:
    """Take every marker off; a quotation is announced as one."""
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
        text = _WAVES.sub(" ", text) if len(runs) == 1 or "~~" not in runs else text  # nothing is struck out
    text = _INNER_UNSPACED.sub("", _PAIRED.sub("", _ESCAPE.sub("", text)))
    text = _INNER.sub(" ", text)
    draft.whole("formatting", text)


def _apart(draft: Draft, name: str) -> str:
    return draft.put("formatting", name, " ".join(name.replace("_", " ").split()), keep=True)


def unmark(draft: Draft) -> None:
    """Drop elements such as ``<b>`` and ``<style>``, however disguised; the words inside stay."""
    if "<" in draft.text or "&" in draft.text:
        draft.whole("markup", strip_markup(draft.text))


def _quoted(text: str, announced: str) -> str:
    """Lines that are quoted, the first of a block announced."""
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
