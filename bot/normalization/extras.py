"""What accompanies a text: authors, replies, forwards, files, voice messages, stickers, polls. Used by ``reader``."""

from collections.abc import Callable

from bot.normalization.draft import Draft
from bot.normalization.mentions import said_name, spoken_name
from bot.normalization.message import Attachment, AttachmentKind, ChatMessage
from bot.normalization.numbers import duration
from bot.normalization.sanitize import enter
from bot.normalization.slang import plain

Reader = Callable[[str], str]
"""Reads a text that is part of a message, such as a poll's question."""
_STICKERS = 3
_OPTIONS = 5
_KINDS = 8
_PART_CHARACTERS = 300

_ENDINGS = {
    AttachmentKind.IMAGE: "png jpg jpeg webp bmp heic heif tif tiff svg avif ico",
    AttachmentKind.GIF: "gif apng",
    AttachmentKind.VIDEO: "mp4 mov mkv webm avi m4v wmv",
    AttachmentKind.AUDIO: "mp3 wav flac ogg oga opus m4a aac wma mid midi aiff",
    AttachmentKind.TEXT: "txt log csv tsv md rtf nfo ini cfg conf",
    AttachmentKind.SCRIPT: "py js ts tsx jsx rs go c h cpp hpp cs java kt swift rb php lua sh bat ps1 sql html css "
    "json yaml yml toml xml",
    AttachmentKind.ARCHIVE: "zip rar 7z tar gz bz2 xz zst tgz jar iso dmg",
    AttachmentKind.PROGRAM: "exe msi apk deb rpm appimage app bin com",
    AttachmentKind.DOCUMENT: "pdf doc docx odt xls xlsx ods ppt pptx odp epub mobi",
}
_KIND_BY_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_KIND_BY_TYPE = {
    "image": AttachmentKind.IMAGE,
    "video": AttachmentKind.VIDEO,
    "audio": AttachmentKind.AUDIO,
    "text": AttachmentKind.TEXT,
}


def kind_of(filename: str, media_type: str = "") -> AttachmentKind:
    """Return the kind of a file by its extension, else by its media type."""
    ending = filename.rpartition(".")[2].casefold()
    if media_type.casefold().startswith("image/gif"):
        return AttachmentKind.GIF
    return _KIND_BY_ENDING.get(ending) or _KIND_BY_TYPE.get(
        media_type.casefold().partition("/")[0], AttachmentKind.FILE
    )


def things(draft: Draft, message: ChatMessage, read: Reader) -> tuple[list[str], str]:
    """Return the words for each attachment, and for the poll."""
    parts = []
    if message.attachments:
        files = _files(draft, message.attachments)
        draft.note("attachment", "", draft.words.joined(files))
        parts += files
    if message.stickers:
        parts += _stickers(draft, message.stickers, read)
    return parts, _poll(draft, message, read) if message.poll else ""


def opening(draft: Draft, message: ChatMessage) -> str:
    """Return ``Sam to Alex:``, ``forwarded from News:``; empty for a plain message without names."""
    words = draft.words
    name = _author(draft, message)
    if message.forwarded_from is not None:
        other = said_name(message.forwarded_from, draft.reading.says)
        phrase = ("says_forward" if name else "forward") + ("" if other else "_unknown")
        said = words.say(phrase, name=name, other=other)
        draft.note("forward", enter(message.forwarded_from), said)
        return said
    if message.reply_to is not None:
        other = said_name(message.reply_to, draft.reading.says) or words.say("someone")
        said = words.say("says_to" if name else "to", name=name, other=other)
        draft.note("reply", enter(message.reply_to), said)
        return said
    if not name:
        return ""
    said = _announced(draft, name)
    draft.note("name", enter(message.author), said)
    return said


def _announced(draft: Draft, name: str) -> str:
    """Return ``Sam says:``, by the template if there is one, ending with a pause."""
    template = draft.reading.name_template
    if not template:
        return draft.words.say("says", name=name)
    said = enter(template.replace("{name}", f" {name} " if name.isascii() else name))
    said = plain("".join(sign for sign in said if sign.isprintable()))
    pause = template.rstrip()[-1:]
    if not pause or pause not in _PAUSES:
        pause = ":" if draft.reading.language == "en" else "："
    return said.rstrip(_PAUSES) + pause + ("" if pause in _WIDE_PAUSES else " ")


_WIDE_PAUSES = "，。：；！？"
_PAUSES = ",.:;!?" + _WIDE_PAUSES


def sending(draft: Draft, message: ChatMessage, said: str) -> str:
    """Return the words for a message with attachments only: ``Sam sent a picture``."""
    name = _author(draft, message)
    if message.forwarded_from is not None:
        return opening(draft, message) + said
    if not name:
        return opening(draft, message) + said
    if message.reply_to is None:
        whole = draft.words.say("sent", name=name, things=said)
    else:
        other = said_name(message.reply_to, draft.reading.says) or draft.words.say("someone")
        whole = draft.words.say("sent_to", name=name, other=other, things=said)
    draft.note("name", enter(message.author), whole)
    return whole


def _author(draft: Draft, message: ChatMessage) -> str:
    if not draft.reading.say_names:
        return ""
    return said_name(message.author, draft.reading.says) or draft.words.say("someone")


def _files(draft: Draft, attachments: tuple[Attachment, ...]) -> list[str]:
    """Return each kind once with its number; voice messages with their length."""
    counts: dict[AttachmentKind, int] = {}
    said = []
    for item in attachments[:_MOST_FILES]:
        if item.seconds and item.kind in (AttachmentKind.VOICE, AttachmentKind.VIDEO_NOTE) and item.count == 1:
            said.append(_length(draft, item.kind, item.seconds))
        else:
            counts[item.kind] = counts.get(item.kind, 0) + max(1, item.count)
    for kind, count in counts.items():
        one, several = draft.words.kinds[kind.value.replace(" ", "_")]
        said.append((one if count == 1 else several).format(count=count))
    return said[:_KINDS]


_MOST_FILES = 100


def _length(draft: Draft, kind: AttachmentKind, seconds: float) -> str:
    words = draft.words
    whole = max(1, round(min(seconds, 1e6)))
    if kind is AttachmentKind.VIDEO_NOTE:
        return words.say("video_long", span=duration(whole, words))
    if whole >= 60:
        return words.say("voice_long", span=duration(whole, words))
    vowel = whole in {8, 11, 18}
    return words.say("voice_vowel" if vowel else "voice_short", seconds=whole)


def _stickers(draft: Draft, stickers: tuple[str, ...], read: Reader) -> list[str]:
    words = draft.words
    if draft.reading.skip_emoji:
        draft.note("sticker", enter(", ".join(stickers[:_STICKERS])), "")
        return []
    names = [
        name for sticker in stickers[:_STICKERS] if (name := read(spoken_name(sticker) or sticker[:_PART_CHARACTERS]))
    ]
    more = len(stickers) - _STICKERS
    if more > 0:
        names.append(words.say("more_stickers", count=more))
    if not names:
        said = words.say("sticker_unnamed")
    elif len(names) == 1:
        said = words.say("sticker", name=names[0])
    else:
        said = words.say("stickers", names=words.joined(names))
    draft.note("sticker", enter(", ".join(stickers[:_STICKERS])), said)
    return [said]


def _poll(draft: Draft, message: ChatMessage, read: Reader) -> str:
    """Return the question and the first choices."""
    words, poll = draft.words, message.poll
    assert poll is not None
    said = words.say("poll", question=read(poll.question[:_PART_CHARACTERS]))
    options = [option for each in poll.options[:_OPTIONS] if (option := read(each[:_PART_CHARACTERS]).rstrip(".。!！"))]
    if len(poll.options) > _OPTIONS:
        options.append(words.say("more_options", count=len(poll.options) - _OPTIONS))
    if options:
        last = f"{words.phrases['poll_option_and']}{options[-1]}" if len(options) > 1 else options[-1]
        listed = words.phrases["comma"].join(options[:-1]) + last
        stop = "" if said[-1:] in "?!？！.。" else words.phrases["stop"]
        said += stop + words.say("poll_options", options=listed)
    draft.note("poll", "", said)
    return said
