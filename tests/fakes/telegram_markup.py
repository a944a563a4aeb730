"""The Telegram stand-in's ``parse_mode``: HTML, MarkdownV2 and Markdown become a text and its entities.

What the service refuses is refused in its own words, with the place in bytes. Called by ``telegram_places``.
"""

import re
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

from tests.fakes.telegram_chats import ApiError, Json, units

_HTML_TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("tg-spoiler", "span"), "spoiler"),
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
_HTML_SIGN = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,8})|#x([0-9a-fA-F]{1,6}));?")
_HTML_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ATTRIBUTE = re.compile(r"""\s*([^\s=>]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+)(?=[\s>])))?""", re.ASCII)
_RESERVED = frozenset("_*[]()~`>#+-=|{}.!\n")
_MARKS = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler", "`": "code"}
_NAMES = {
    "bold": "Bold", "italic": "Italic", "underline": "Underline", "strikethrough": "Strikethrough",
    "spoiler": "Spoiler", "code": "Code", "pre": "Pre", "text_link": "TextUrl", "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}  # fmt: skip
"""Kinds of entities as refusals name them."""


def parse(text: str, mode: str) -> tuple[str, list[Json]]:
    """Return a marked text without its marks, and the entities. Raises ApiError.

    A mention of a person has the ``user_id`` that the link named.
    """
    modes = {"html": _html, "markdownv2": _markdown_2, "markdown": _markdown_1, "": _plain, "none": _plain}
    if mode.casefold() not in modes:
        raise ApiError.bad("unsupported parse_mode")
    plain, entities = modes[mode.casefold()](text)
    return plain, sorted(entities, key=lambda each: (each["offset"], -each["length"]))


def _fail(words: str) -> NoReturn:
    raise ApiError.bad(f"can't parse entities: {words}")


def _plain(text: str) -> tuple[str, list[Json]]:
    return text, []


def _link(url: str) -> Json | None:
    """What a link marks: a page, or a person; None when it leads nowhere."""
    if not re.match(r"[A-Za-z][\w+.-]*:", url):
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme.lower() in {"tg", "ton"}:
        user = parse_qs(parts.query).get("id", [""])[0]
        if parts.netloc == "user" and user.isascii() and user.isdigit():
            return {"type": "text_mention", "user_id": int(user)}
        return {"type": "text_link", "url": url}
    if parts.scheme.lower() not in {"http", "https"} or "." not in parts.netloc.strip("."):
        return None
    return {"type": "text_link", "url": url if parts.path or parts.query or parts.fragment else f"{url}/"}


@dataclass(slots=True)
class _Open:
    """A mark that was opened and not closed yet."""

    kind: str
    at: int
    """Where it stands in the source."""
    begin: int
    """Where its entity begins in the result."""
    about: str = ""
    tag: str = ""


class _Result:
    """The text so far, and its entities."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.signs: list[str] = []
        self.entities: list[Json] = []
        self.open: list[_Open] = []

    @property
    def here(self) -> int:
        return len(self.signs)

    def byte(self, at: int) -> int:
        """A place of the source, counted as refusals count."""
        return len(self.source[:at].encode("utf-8", "surrogatepass"))

    def mark(self, opened: _Open, entity: Json | None) -> None:
        """Add an entity from where it was opened to here."""
        inside = "".join(self.signs[opened.begin :])
        if entity is not None and inside:
            offset = units("".join(self.signs[: opened.begin]))
            self.entities.append({**entity, "offset": offset, "length": units(inside)})

    @property
    def done(self) -> tuple[str, list[Json]]:
        return "".join(self.signs), self.entities


def _html(text: str) -> tuple[str, list[Json]]:
    result = _Result(text)
    at = 0
    while at < len(text):
        sign = _HTML_SIGN.match(text, at)
        if sign is not None:
            result.signs.append(_signed(sign))
            at = sign.end()
        elif text[at] != "<":
            result.signs.append(text[at])
            at += 1
        elif text.startswith("</", at):
            at = _html_end(result, at)
        else:
            at = _html_start(result, at)
    if result.open:
        _fail(f'Can\'t find end tag corresponding to start tag "{result.open[-1].tag}"')
    plain, entities = result.done
    return plain, _joined(entities)


def _signed(sign: re.Match[str]) -> str:
    """The sign that stands for itself in HTML; as it was when it stands for none."""
    if sign[1]:
        return _HTML_NAMED[sign[1]]
    number = int(sign[2] or sign[3], 10 if sign[2] else 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else sign[0]


def _html_start(result: _Result, at: int) -> int:
    text, place = result.source, result.byte(at)
    name = re.compile(r"[^\s>]*").match(text, at + 1)
    assert name is not None
    if name.end() == len(text):
        _fail(f"Unclosed start tag at byte offset {place}")
    tag, end = name[0].lower(), name.end()
    if tag not in _HTML_TAGS:
        _fail(f'Unsupported start tag "{tag}" at byte offset {place}')
    values: dict[str, str] = {}
    while True:
        found = _ATTRIBUTE.match(text, end)
        assert found is not None
        if not found[1]:
            end = found.end()
            break
        value = next((value for value in found.groups()[1:] if value is not None), "")
        values[found[1]] = _HTML_SIGN.sub(_signed, value)
        end = found.end()
    if not text.startswith(">", end):
        if end < len(text):
            _fail(f'Empty attribute name in the tag "{tag}" at byte offset {place}')
        _fail(f"Unclosed start tag at byte offset {place}")
    about = ""
    if tag == "span" and values.get("class") != "tg-spoiler":
        _fail(f'Tag "span" must have class "tg-spoiler" at byte offset {place}')
    elif tag == "a":
        about = values.get("href", "")
    elif tag == "code":
        about = values.get("class", "").removeprefix("language-") if "language-" in values.get("class", "") else ""
    elif tag == "tg-emoji":
        about = values.get("emoji-id", "")
    kind = "expandable_blockquote" if tag == "blockquote" and "expandable" in values else _HTML_TAGS[tag]
    result.open.append(_Open(kind, at, result.here, about, tag))
    return end + 1


def _html_end(result: _Result, at: int) -> int:
    text, place = result.source, result.byte(at)
    if not result.open:
        _fail(f"Unexpected end tag at byte offset {place}")
    found = re.compile(r"([^\s>]*)\s*").match(text, at + 2)
    assert found is not None
    if not text.startswith(">", found.end()):
        _fail(f"Unclosed end tag at byte offset {place}")
    opened = result.open.pop()
    if found[1] and found[1].lower() != opened.tag:
        _fail(f'Unmatched end tag at byte offset {place}, expected "</{opened.tag}>", found "</{found[1]}>"')
    inside = "".join(result.signs[opened.begin :])
    entity: Json | None = {"type": opened.kind}
    if opened.kind == "text_link":
        entity = _link(opened.about or inside)
    elif opened.kind == "custom_emoji":
        entity = {"type": opened.kind, "custom_emoji_id": _emoji(opened.about)}
    elif opened.kind == "code" and opened.about:
        entity = {"type": "code", "language": opened.about}
    result.mark(opened, entity)
    return found.end() + 1


def _joined(entities: list[Json]) -> list[Json]:
    """``pre`` around ``code`` with a language is one block of it; elsewhere code has no language."""
    joined: list[Json] = []
    for entity in entities:
        twin = next(
            (
                other
                for other in joined
                if {other["type"], entity["type"]} == {"code", "pre"}
                and (other["offset"], other["length"]) == (entity["offset"], entity["length"])
            ),
            None,
        )
        language = entity.get("language") or (twin or {}).get("language")
        if twin is not None and language:
            twin |= {"type": "pre", "language": language}
        else:
            joined.append(entity)
    for entity in joined:
        if entity["type"] == "code":
            entity.pop("language", None)
    return joined


def _emoji(identity: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,18}", identity, re.ASCII):
        _fail("Invalid custom emoji identifier specified")
    return identity


def _markdown_1(text: str) -> tuple[str, list[Json]]:
    result = _Result(text)
    at = 0
    while at < len(text):
        sign = text[at]
        if sign == "\\" and text[at + 1 : at + 2] in ("_", "*", "`", "["):
            result.signs.append(text[at + 1])
            at += 2
            continue
        if sign not in "_*`[":
            result.signs.append(sign)
            at += 1
            continue
        block = text.startswith("```", at)
        opened = _Open("", at, result.here)
        inside, language = (at + 1, "") if not block else _after_fence(text, at + 3)
        closing = "```" if block else "]" if sign == "[" else sign
        end = text.find(closing, inside)
        if end < 0:
            _fail(f"Can't find end of the entity starting at byte offset {result.byte(at)}")
        result.signs += text[inside:end]
        at = end + len(closing)
        entity: Json | None = {"type": {"_": "italic", "*": "bold", "`": "code", "[": "text_link"}[sign]}
        if block:
            entity = {"type": "pre"} | ({"language": language} if language else {})
        elif sign == "[":
            url = text[inside:end]
            if text.startswith("(", at):
                closed = text.find(")", at)
                url = text[at + 1 : closed if closed >= 0 else len(text)]
                at = closed + 1 if closed >= 0 else len(text)
            entity = _link(url)
        result.mark(opened, entity)
    return result.done


def _after_fence(text: str, at: int) -> tuple[int, str]:
    """Where the content of a block of code begins, and its language."""
    language = re.compile(r"[^\s`]*").match(text, at)
    assert language is not None
    named = language[0] if text[language.end() : language.end() + 1] not in ("", "`") else ""
    at += len(named)
    line = re.compile(r"\r\n|\n\r|\n|\r").match(text, at)
    return (line.end() if line else at), named


def _markdown_2(text: str) -> tuple[str, list[Json]]:
    result = _Result(text)
    at = 0
    while at < len(text):
        sign = text[at]
        if sign == "\\" and "\0" < text[at + 1 : at + 2] <= "~":
            result.signs.append(text[at + 1])
            at += 2
            continue
        within = result.open[-1].kind if result.open else ""
        if sign not in ("`" if within in {"code", "pre"} else _RESERVED):
            result.signs.append(sign)
            at += 1
            continue
        quoted = any(opened.kind == "blockquote" for opened in result.open)
        if quoted and sign == "\n" and not text.startswith(">", at + 1):
            if within != "blockquote":
                _endless(result)
            result.signs.append(sign)
            result.mark(result.open.pop(), {"type": "blockquote"})
            at += 1
        elif within == "blockquote" and re.compile(r"\|\|(?:\n(?!>)|\Z)").match(text, at):
            result.mark(result.open.pop(), {"type": "expandable_blockquote"})
            at += 2
        else:
            closing = _closes(text, at, within)
            at = _close_2(result, at, closing) if closing else _open_2(result, at, quoted=quoted)
    if result.open and result.open[-1].kind == "blockquote":
        result.mark(result.open.pop(), {"type": "blockquote"})
    if result.open:
        _endless(result)
    return result.done


def _endless(result: _Result) -> NoReturn:
    last = result.open[-1]
    name = "PreCode" if last.kind == "pre" and last.about else _NAMES[last.kind]
    _fail(f"Can't find end of {name} entity at byte offset {result.byte(last.at)}")


def _closes(text: str, at: int, within: str) -> str:
    """The mark at a place that ends the innermost entity; empty when it does not."""
    ends = {
        "bold": "*", "italic": "_", "underline": "__", "strikethrough": "~", "spoiler": "||", "code": "`",
        "pre": "```", "text_link": "]", "custom_emoji": "]",
    }.get(within, "")  # fmt: skip
    if within == "italic" and text.startswith("__", at):
        return ""
    return ends if ends and text.startswith(ends, at) else ""


def _open_2(result: _Result, at: int, *, quoted: bool) -> int:
    """Begin an entity, or a new line. Raises ApiError for a sign that means nothing here."""
    text, sign = result.source, result.source[at]
    if sign == "\n":
        result.signs.append(sign)
        if not text.startswith(">", at + 1):
            return at + 1
        if not quoted:
            result.open.append(_Open("blockquote", at, result.here))
        return at + 2
    if text.startswith("```", at):
        inside, language = _after_fence(text, at + 3)
        result.open.append(_Open("pre", at, result.here, language))
        return inside
    mark = text[at : at + 2] if text[at : at + 2] in ("__", "||", "![") else sign
    if sign == ">" and not quoted and result.signs[-1:] in ([], ["\n"]):
        kind = "blockquote"
    else:
        kind = (_MARKS | {"[": "text_link", "![": "custom_emoji"}).get(mark, "")
    if not kind:
        _fail(f"Character '{sign}' is reserved and must be escaped with the preceding '\\'")
    result.open.append(_Open(kind, at, result.here))
    return at + len(mark)


def _close_2(result: _Result, at: int, closing: str) -> int:
    """End the innermost entity; a link has its address behind it."""
    text, opened = result.source, result.open.pop()
    at += len(closing)
    entity: Json | None = {"type": opened.kind}
    if opened.kind == "pre" and opened.about:
        entity = {"type": "pre", "language": opened.about}
    elif opened.kind == "text_link":
        url = "".join(result.signs[opened.begin :])
        if text.startswith("(", at):
            url, at = _address(result, at + 1, "a URL")
        entity = _link(url)
    elif opened.kind == "custom_emoji":
        if not text.startswith("(", at):
            _fail("Custom emoji entity must contain a tg://emoji URL")
        url, at = _address(result, at + 1, "a custom emoji URL")
        parts = urlsplit(url)
        if parts.scheme != "tg":
            _fail("Custom emoji URL must have scheme tg")
        if (parts.netloc or parts.path) != "emoji":
            _fail('Custom emoji URL must have host "emoji"')
        identity = parse_qs(parts.query).get("id", [""])[0]
        if not identity:
            _fail("Custom emoji URL must have an emoji identifier")
        entity = {"type": "custom_emoji", "custom_emoji_id": _emoji(identity)}
    result.mark(opened, entity)
    return at


def _address(result: _Result, at: int, what: str) -> tuple[str, int]:
    """The address in round brackets, and where it goes on behind them."""
    text, begin, url = result.source, at, ""
    while at < len(text) and text[at] != ")":
        if text[at] == "\\" and "\0" < text[at + 1 : at + 2] <= "~":
            at += 1
        url += text[at]
        at += 1
    if at >= len(text):
        _fail(f"Can't find end of {what} at byte offset {result.byte(begin)}")
    return url, at + 1
