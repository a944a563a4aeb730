"""The order of the normalization rules: a chat message in, spoken text out."""

import re
from functools import partial
from itertools import islice

from bot.normalization import emoji, extras, formatting, links, masked, own_words, sanitize, slang, technical
from bot.normalization.chinese import CHINESE
from bot.normalization.draft import TAGS, Draft
from bot.normalization.emoji import WORDS
from bot.normalization.english import ENGLISH
from bot.normalization.message import ChatMessage, Cue, Language, Reading, Spoken, VocalCues
from bot.normalization.numbers import spell
from bot.normalization.slang import STRANGE, expand, is_chat_word, stress
from bot.patterns import linear, normal_form
from bot.text.language import language_of

VOCABULARIES = {"en": ENGLISH, "zh": CHINESE}
MOST_READ = 10_000
"""Code points of a message that are read; chats allow at most 4096."""
_ROUNDS = 5
"""Removing a character may expose a word; two rounds suffice except for adversarial texts."""
_CHAT_WORDS = {name: frozenset(words.slang) | {face.lower() for face in WORDS} for name, words in VOCABULARIES.items()}


_PLAIN = re.compile(r"[A-Za-z\u4e00-\u9fff][A-Za-z'’,.!? \u4e00-\u9fff，。！？]{0,1000}")
_NOT_PLAIN = re.compile(
    r"([a-z\u4e00-\u9fff])\1\1|([a-z\u4e00-\u9fff]{2})\2\2|([a-z\u4e00-\u9fff]{3,8}?)\3\3\3"
    r"|[,.!?，。！？ ](?:[,.!?，。！？]|  )|^[ ,，]|[ ,，]$"
    r"|asdf|werty|ertyu|rtyui|tyuio|yuiop|poiuy|oiuyt|uytre|ytrew|trewq|[zxcvbnm]{5}"
    r"|asdasd|sdfsdf|jkljkl|[a-z]{20}|[haeioj]{5}|lol|(?=[b-df-hj-np-tv-xz]{2})" + STRANGE
)
_APOSTROPHE = re.compile(r"(?<=[A-Za-z])[`´](?=(?:[stmd]|re|ve|ll)(?![A-Za-z0-9_`]))")
"""``can`t``: a typing error, not code."""
_SHELL = re.compile(r"[*$@#%~&/\\|-]|![A-Za-z$]|=!")
"""Characters of which every program text and masked word contains one."""
_LATIN = re.compile(r"[a-z]+")
_CAPITALS = re.compile(r"[A-Z]['’]?[A-Z]")


def read(message: ChatMessage, reading: Reading) -> Spoken:
    """Return a message as it is read aloud."""
    text = message.text
    alone = not (message.attachments or message.stickers or message.poll or message.spans or message.silent)
    framed = reading.say_names or message.reply_to is not None or message.forwarded_from is not None
    if alone and not framed and len(text) <= reading.max_characters and is_plain(text, reading):
        return Spoken(text)
    draft = Draft(text[:MOST_READ], reading, VOCABULARIES)
    if message.silent and not reading.read_silent:
        draft.note("silent", "@silent", "")
        return Spoken("", draft.applied)
    if len(text) > MOST_READ:
        draft.note("length", str(len(text)), str(MOST_READ))
    _frame(draft, message, link_alone=_apply(draft, message))
    if formatting.block(draft):
        return Spoken("", draft.applied, refused=True)
    return _finish(draft)


def is_plain(text: str, reading: Reading) -> bool:
    """Return whether no rule applies to a text: words of letters with single punctuation between them."""
    if not _PLAIN.fullmatch(text):
        return False
    low = text.lower()
    if "www." in low or _NOT_PLAIN.search(low) or (text[1:] != low[1:] and _CAPITALS.search(text)):
        return False
    words = low.split()
    if not _CHAT_WORDS[reading.language].isdisjoint(_LATIN.findall(low)) or len(words) - len(set(words)) > 2:
        return False
    says, blocks = reading.says.pattern, reading.blocks.pattern
    if (says and says.search(text)) or (blocks and blocks.search(text)):
        return False
    return not reading.patterns or not reading.says.patterns.found_in(text)


def _apply(draft: Draft, message: ChatMessage) -> bool:
    """Run all rules repeatedly until none applies: one may expose what another did not see.

    Returns whether the text was one link and nothing else.
    """
    if message.spans:
        formatting.mark_spans(draft, message.spans)
    else:
        draft.text = sanitize.enter(draft.text)
        if "`" in draft.text or "´" in draft.text:
            draft.text = _APOSTROPHE.sub("'", draft.text)
    link_alone = False
    for turn in range(_ROUNDS):
        before = draft.text
        _round(draft, message, first=not turn)
        link_alone = link_alone or draft.only("link")
        draft.settle_words()
        sanitize.unrepeat_words(draft)
        draft.text = slang.tidy(draft.text)
        if draft.text == before or is_plain(TAGS.sub("", draft.text).strip(" "), draft.reading):
            break
    draft.forget_languages()
    return link_alone


def _round(draft: Draft, message: ChatMessage, *, first: bool) -> None:
    """Run the rules once, in the order that keeps one from undoing another; patterns only in the first round."""
    patterns = first and bool(draft.reading.patterns)
    if _PLAIN.fullmatch(draft.text) and "www." not in draft.text.lower():
        if first:
            draft.tell_languages(technical.evidence(draft))
        _look_up(draft, patterns=patterns)
        draft.in_runs(_say_words)
    else:
        _unwrap(draft, message, first=first, patterns=patterns)
        _look_up(draft, patterns=patterns)
        draft.in_runs(_say_all)


def _say_all(draft: Draft) -> None:
    """Run the vocabulary rules on one run. Without a vocabulary for its language its own words stay as written."""
    if not draft.foreign and not draft.verbatim:
        spell(draft)
    _say_words(draft)
    slang.say_signs(draft)
    slang.ask(draft)


def _say_words(draft: Draft) -> None:
    expand(draft)
    if draft.verbatim:
        sanitize.unrepeat_signs(draft)
        return
    sanitize.unrepeat_letters(draft)
    sanitize.unrepeat_signs(draft)
    stress(draft)


def _unwrap(draft: Draft, message: ChatMessage, *, first: bool, patterns: bool) -> None:
    """Run the rules for symbols. Patterns may match symbols that later ones remove."""
    own_words.say_literally(draft)
    sanitize.reveal(draft)
    formatting.hide(draft)
    own_words.say_signs(draft)
    links.refer(draft, message)
    technical.keep_prompts(draft)
    links.link(draft, message)
    if _SHELL.search(draft.text):
        masked.bleep(draft)
        links.keep_paths(draft)
        technical.keep_code(draft)
    emoji.picture(draft)
    if first:
        draft.tell_languages(technical.evidence(draft))
    if patterns:
        _find(draft)
    sanitize.unjoin(draft)
    sanitize.unrepeat_brackets(draft)
    links.call(draft)
    draft.in_runs(slang.say_arrows)
    formatting.act(draft)
    formatting.unmark(draft)
    formatting.unformat(draft)


def _look_up(draft: Draft, *, patterns: bool) -> None:
    """Apply the dictionary's patterns and words."""
    if patterns:
        _find(draft)
    says = draft.reading.says
    if says.pattern is not None:
        draft.replace(says.pattern, lambda match: own_words.say(draft, match[0], says.said(match[0])))


def _find(draft: Draft) -> None:
    draft.text = draft.reading.says.patterns.rewrite(draft.text, partial(own_words.say, draft))


def _frame(draft: Draft, message: ChatMessage, *, link_alone: bool) -> None:
    """Add the author before the text and the attachments after it."""
    _settle(draft)
    parts, poll = extras.things(draft, message, lambda text: _part(text, draft, message))
    body = draft.text
    if body and not (link_alone and draft.reading.say_names):
        draft.text = extras.opening(draft, message) + body
        if parts:
            draft.text += draft.words.say("with", things=draft.words.joined(parts))
        if poll:
            draft.text += "\n" + poll
        draft.text = slang.tidy(draft.text)
        return
    parts = [body, *parts] if body else parts
    if said := "\n".join(filter(None, (draft.words.joined(parts), poll))):
        draft.text = slang.tidy(extras.sending(draft, message, said))


def _settle(draft: Draft) -> None:
    """Spell out the inserts. A lone tag gets a word to go with it; mere punctuation is dropped."""
    if draft.keeps:
        draft.settle_words(all_of_them=True)
        draft.text = slang.tidy(draft.text)
    if any(map(str.isalnum, draft.text)):
        return
    kinds = draft.kinds()
    draft.text = f"{draft.text} {draft.words.aloud[kinds[0]]}" if kinds else ""


def _part(text: str, whole: Draft, message: ChatMessage) -> str:
    """Return a text within the message, such as a poll's question: by the same rules, on one line, without delivery."""
    draft = Draft(text, whole.reading, VOCABULARIES, VocalCues.off())
    _apply(
        draft, ChatMessage(text, message.platform, users=message.users, roles=message.roles, channels=message.channels)
    )
    _settle(draft)
    return " ".join(draft.text.split())


def _finish(draft: Draft) -> Spoken:
    cues = draft.settle_tags()
    text = draft.text
    if cues or draft.reading.blocks.pattern is not None or not text.isascii():
        text = slang.tidy(normal_form("NFC", text))
    text = formatting.cut(draft, text)
    if len(text) < len(draft.text):
        cues = _kept(cues, text)
    return Spoken(text, draft.applied, cues)


def _kept(cues: tuple[Cue, ...], text: str) -> tuple[Cue, ...]:
    """Return the cues whose tags were not cut off."""
    return cues[: text.count("[")]


_NO_WORDS = linear(
    r"\S{1,40}://\S{1,2000}|<[^<>\s]{1,200}>|```[\s\S]*?```|www\.\S{1,2000}|[\w.+-]{0,64}+@[\w.-]{1,100}"
    r"|:[a-z][a-z0-9_+-]{1,31}:",
    "a search for the end of code that fails has seen that there is none; all others are bounded",
)
"""Addresses, references, names and code: their letters have no language."""
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{1,64}(?:['’][A-Za-z]{1,20})?")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_MOST_LOOKED_AT = 200
"""Words; more give no further evidence."""
_LEAST_WORDS = 3
_LEAST_LETTERS = 12
_ENGLISH = frozenset(
    re.findall(
        r"\S+",
        "a about am an and are at because but can can't could did do does doesn't don't for from go had has have he "
        "hello help here his how i i'll i'm if in is isn't it it's just know let's like me my not of on or our please "
        "she should some that that's the their them there they think this to was we were what what's when where which "
        "who why will with would you you're your",
    )
)
"""One of these makes a text English; Chinese chats do not borrow them alone."""


def text_language(text: str, otherwise: Language) -> Language:
    """Return the language of a text's words; ``otherwise`` for none, too few, or chat words of that language."""
    words = _NO_WORDS.sub(" ", text)
    if _HAN.search(words):
        return "zh" if language_of(words) == "zh" else "en"
    if otherwise == "en":
        return otherwise
    found = [match[0].replace("’", "'") for match in islice(_WORD.finditer(words), _MOST_LOOKED_AT)]
    known = VOCABULARIES[otherwise]
    rest = [word for word in found if word not in WORDS and not is_chat_word(word, known)]
    if not _ENGLISH.isdisjoint(map(str.casefold, rest)):
        return "en"
    is_short = len(rest) < _LEAST_WORDS or sum(map(len, rest)) < _LEAST_LETTERS
    return otherwise if is_short else "en"
