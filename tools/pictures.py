"""Draw the pictures of the documentation from the bot's real answers. Run by ``make docs``.

The bot runs as a child process on its built-in engine between the stand-ins for Discord and Telegram; a command is sent
on each, and the payloads that come back (text, waveform, length, buttons) are drawn as SVG. The steps in the portals of
both platforms are schematic drawings of the pages, with their labels.
"""

import asyncio
import base64
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from tests.fakes.discord_components import parts
from tests.fakes.discord_exchange import Clock, Message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.telegram_server import TelegramServer

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
_FONT = "font-family=\"'gg sans','Segoe UI',Roboto,Helvetica,Arial,sans-serif\""
_WORDS = "I know what you did with the last biscuit."
_LIMIT = 60.0
"""Seconds for the bot to start, and for each answer."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice message as a platform received it."""

    seconds: float
    levels: tuple[int, ...]
    """The waveform, 0 to 255."""


def _text(x: float, y: float, words: str, *, size: int = 15, colour: str = "#dbdee1", weight: int = 400) -> str:
    style = f'font-size="{size}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x}" y="{y}" {_FONT} {style}>{escape(words)}</text>'


def _box(x: float, y: float, width: float, height: float, colour: str, *, radius: int = 8, line: str = "none") -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="{colour}" stroke="{line}"/>'


def _bars(x: float, y: float, width: float, voice: Voice, *, quiet: str, played: str) -> Iterable[str]:
    """Yield the waveform; it is coloured from left to right as it plays."""
    count = int(width // 5)
    for number in range(count):
        level = voice.levels[number * len(voice.levels) // count] / 255 if voice.levels else 0.3
        height = 4 + 22 * level
        begin = voice.seconds * number / count
        yield (
            f'<rect x="{x + number * 5:.0f}" y="{y - height / 2:.1f}" width="3" height="{height:.1f}" rx="1.5" '
            f'fill="{quiet}"><animate attributeName="fill" values="{quiet};{played};{played};{quiet}" '
            f'keyTimes="0;{begin / (voice.seconds + 2):.3f};0.99;1" calcMode="discrete" dur="{voice.seconds + 2:.1f}s" '
            'repeatCount="indefinite"/></rect>'
        )


def _play(x: float, y: float, colour: str) -> str:
    triangle = f"M{x - 4} {y - 7} L{x + 8} {y} L{x - 4} {y + 7} Z"
    return f'<circle cx="{x}" cy="{y}" r="16" fill="{colour}"/><path d="{triangle}" fill="#ffffff"/>'


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _wrapped(words: str, width: int) -> list[str]:
    lines: list[str] = []
    for paragraph in words.splitlines():
        line = ""
        for word in paragraph.split(" "):
            if line and len(line) + len(word) + 1 > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        lines.append(line)
    return lines


def _svg(width: int, height: int, background: str, drawn: Sequence[str], title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title, quote=True)}">\n{_box(0, 0, width, height, background, radius=12)}\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def discord(command: str, voice: Voice, line: str, report: str, buttons: Sequence[str]) -> str:
    """Draw the answer to a Discord command: the command, the voice message, the private panel."""
    y, drawn = 40, [_text(76, 30, command, size=13, colour="#949ba4")]
    drawn += [
        '<circle cx="40" cy="66" r="20" fill="#5865f2"/>',
        _text(33, 72, "M", size=18, colour="#ffffff", weight=700),
    ]
    drawn += [
        _text(76, y + 18, "Mouthpiece", weight=600, colour="#f2f3f5"),
        _box(178, y + 5, 36, 17, "#5865f2", radius=4),
    ]
    drawn += [_text(183, y + 18, "APP", size=11, colour="#ffffff", weight=600)]
    drawn += [_box(76, y + 32, 430, 48, "#2b2d31", radius=24), _play(102, y + 56, "#5865f2")]
    drawn += _bars(130, y + 56, 310, voice, quiet="#80848e", played="#5865f2")
    drawn += [_text(452, y + 61, _clock(voice.seconds), size=14)]
    y += 112
    for words in _wrapped(line, 76):
        quoted = words.startswith("> ")
        if quoted:
            drawn.append(_box(76, y - 15, 4, 20, "#4e5058", radius=2))
        drawn.append(_text(88 if quoted else 76, y, words.removeprefix("> ")))
        y += 22
    y += 8
    height = 26 + 20 * len(_wrapped(report, 78)) + 46
    drawn.append(_box(76, y - 14, 560, height, "#36393f"))
    for words in _wrapped(report, 78):
        drawn.append(_text(90, y + 10, words, size=14))
        y += 20
    x = 90.0
    for label in buttons[:5]:
        width = 24 + 7.6 * len(label)
        drawn += [_box(x, y + 8, width, 30, "#4e5058", radius=4), _text(x + 12, y + 28, label, size=13, weight=500)]
        x += width + 8
    y += 48
    drawn.append(_text(90, y + 6, "Only you can see this", size=12, colour="#949ba4"))
    return _svg(680, y + 24, "#313338", drawn, f"Discord: {command}, answered with a voice message")


def telegram(command: str, voice: Voice, caption: str, buttons: Sequence[Sequence[str]]) -> str:
    """Draw the answer to a Telegram command."""
    width = 480
    own = 30 + 7.6 * len(command)
    drawn = [
        _box(width - own - 20, 20, own, 38, "#effdde", radius=14),
        _text(width - own - 6, 44, command, colour="#000000"),
    ]
    lines = _wrapped(caption, 44)
    height = 66 + 20 * len(lines)
    drawn += [_box(20, 74, 340, height, "#ffffff", radius=14), _play(48, 106, "#3390ec")]
    drawn += _bars(78, 102, 230, voice, quiet="#a6cdf5", played="#3390ec")
    drawn.append(_text(78, 128, _clock(voice.seconds), size=12, colour="#3390ec"))
    y = 150
    for words in lines:
        drawn.append(_text(36, y, words, size=14, colour="#000000"))
        y += 20
    y = 74 + height + 8
    for row in buttons:
        each = (340 - 6 * (len(row) - 1)) / len(row)
        for number, label in enumerate(row):
            x = 20 + number * (each + 6)
            drawn += [_box(x, y, each, 34, "#7fa88a", radius=10)]
            size = min(13, int(each / len(label) / 0.56))
            middle = f'<text x="{x + each / 2}" y="{y + 22}" text-anchor="middle" {_FONT} font-size="{size}" '
            drawn.append(f'{middle}font-weight="600" fill="#ffffff">{escape(label)}</text>')
        y += 40
    return _svg(width, int(y + 12), "#cfe0c3", drawn, f"Telegram: {command}, answered with a voice message")


def steps(title: str, menu: Sequence[str], chosen: int, rows: Sequence[tuple[str, str]]) -> str:
    """Draw one page of a portal: its menu, the entry to choose, and what to do there."""
    height = max(70 + 34 * len(menu), 90 + 52 * len(rows))
    drawn = [_box(0, 0, 190, height, "#1e1f22", radius=12), _text(20, 34, title, size=14, weight=700, colour="#f2f3f5")]
    for number, entry in enumerate(menu):
        y = 52 + 34 * number
        if number == chosen:
            drawn.append(_box(12, y, 166, 28, "#404249", radius=6))
        drawn.append(_text(24, y + 19, entry, size=13, colour="#ffffff" if number == chosen else "#949ba4"))
    drawn.append(_text(216, 38, menu[chosen], size=18, weight=700, colour="#f2f3f5"))
    for number, (label, value) in enumerate(rows):
        y = 58 + 52 * number
        drawn += [_box(216, y, 440, 42, "#2b2d31", radius=6, line="#4e5058"), _text(230, y + 26, label, size=13)]
        width = 22 + 7.2 * len(value)
        colour = "#248046" if value in {"ON", "Save"} else "#5865f2"
        drawn += [_box(646 - width, y + 8, width, 26, colour, radius=5)]
        drawn.append(_text(657 - width, y + 26, value, size=13, colour="#ffffff", weight=600))
    return _svg(680, height, "#313338", drawn, f"{title}: {menu[chosen]}")


def conversation(lines: Sequence[tuple[bool, str]]) -> str:
    """Draw a chat with BotFather; True marks what you write."""
    y, drawn = 20.0, []
    for own, words in lines:
        wrapped = _wrapped(words, 52)
        width, height = 28 + 7.4 * max(map(len, wrapped)), 18 + 20 * len(wrapped)
        x = 500 - width - 20 if own else 20
        drawn.append(_box(x, y, width, height, "#effdde" if own else "#ffffff", radius=14))
        for number, line in enumerate(wrapped):
            drawn.append(_text(x + 14, y + 24 + 20 * number, line, size=14, colour="#000000"))
        y += height + 10
    return _svg(500, int(y + 10), "#cfe0c3", drawn, "A chat with BotFather")


PORTAL = ("General Information", "Installation", "OAuth2", "Bot")
DRAWINGS: dict[str, Callable[[], str]] = {
    "discord-new": lambda: steps(
        "Developer portal", ("Applications", "Teams"), 0, (("A name for your bot", "New Application"),)
    ),
    "discord-token": lambda: steps(
        "Your application", PORTAL, 3, (("Token (shown once: copy it now)", "Reset Token"), ("Public Bot", "ON"))
    ),
    "discord-intents": lambda: steps(
        "Your application", PORTAL, 3,
        (("Message Content Intent (only to read chats aloud)", "ON"), ("Changes are not kept until you", "Save")),
    ),
    "telegram-newbot": lambda: conversation(
        (
            (True, "/newbot"),
            (False, "Alright, a new bot. How are we going to call it? Please choose a name for your bot."),
            (True, "Our Mouthpiece"),
            (False, "Good. Now let's choose a username for your bot. It must end in `bot`."),
            (True, "our_mouthpiece_bot"),
            (False, "Done! Use this token to access the HTTP API: 123456789:AA…  Keep your token secure."),
        )
    ),
    "telegram-privacy": lambda: conversation(
        (
            (True, "/setprivacy"),
            (False, "Choose a bot to change group messages settings."),
            (True, "@our_mouthpiece_bot"),
            (True, "Disable"),
            (False, "Success! The new status is: DISABLED."),
        )
    ),
}  # fmt: skip


def _voice(entry: dict[str, Any], seconds: float) -> Voice:
    return Voice(seconds, tuple(base64.b64decode(entry.get("waveform") or "")))


def _plain(words: str, names: dict[str, str]) -> str:
    """Replace mentions by names and drop what a client would render."""
    words = re.sub(r"<@!?(\d+)>", lambda found: "@" + names.get(found[1], "Ada"), words)
    words = re.sub(r"<t:\d+(:\w)?>", "midnight", words)
    return re.sub(r"\*\*|__|`|-# ", "", words)


def _labels(components: Any) -> list[str]:
    return [str(part["label"]) for part in parts(components or []) if part.get("label")]


async def _answers(folder: Path) -> dict[str, str]:
    """Run the bot and return the pictures of its answers."""
    async with AsyncExitStack() as stack:
        on_discord = await stack.enter_async_context(DiscordServer(clock=Clock()))
        on_telegram = await stack.enter_async_context(TelegramServer())
        config = folder / "config.toml"
        config.write_text(
            f"""
            [speech]
            providers = ["espeak"]
            [discord]
            token = "{on_discord.token}"
            [telegram]
            token = "{on_telegram.token}"
            api_url = "{on_telegram.root}"
            [endpoints]
            discord_api = "{on_discord.api}"
            discord_gateway = "{on_discord.gateway.url}"
            """,
            encoding="utf-8",
        )
        environment = {n: v for n, v in os.environ.items() if not n.startswith(("MOUTHPIECE_", "MIMO_"))}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "--config", str(config), "run",
            cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            await _up(process)
            async with asyncio.timeout(_LIMIT):
                exchange = await on_discord.slash("say", {"text": _WORDS, "style": "Whisper"})
                panel = await exchange.answered()
                posted = [await on_discord.message(), await on_discord.message(2)]
                await on_telegram.text(f"/say style:Whisper {_WORDS}")
                (call,) = await on_telegram.wait_for("sendVoice")
        finally:
            process.terminate()
            await process.communicate()
    names = {str(on_discord.world.ada.id): "Ada"}
    spoken = next(message for message in posted if message.files)
    return {
        "discord": _discord_answer(spoken, posted, panel, names),
        "telegram": telegram(
            f"/say style:Whisper {_WORDS}"[:46] + "…",
            Voice(call.result["voice"]["duration"], _voice(spoken.files[0].entry, 0).levels),
            call.result.get("caption") or "",
            [[b["text"] for b in row] for row in call.result.get("reply_markup", {}).get("inline_keyboard", [])],
        ),
    }


def _discord_answer(spoken: Message, posted: Sequence[Message], panel: Message, names: dict[str, str]) -> str:
    entry = spoken.files[0].entry
    line = "\n".join(message.content for message in posted if message.content)
    return discord(
        "Ada used /say",
        _voice(entry, float(entry["duration_secs"])),
        _plain(line, names),
        _plain(panel.content, names),
        _labels(panel.data.get("components")),
    )


async def _up(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    missing = {b"telegram is up", b"discord is up"}
    async with asyncio.timeout(_LIMIT):
        while missing and (line := await process.stderr.readline()):
            missing -= {words for words in missing if words in line}
    if missing:
        raise RuntimeError("the bot did not start")


async def draw() -> dict[str, str]:
    """Return every picture by its name."""
    with tempfile.TemporaryDirectory() as folder:
        return {name: make() for name, make in DRAWINGS.items()} | await _answers(Path(folder))


def main() -> int:
    """Write the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, picture in asyncio.run(draw()).items():
        (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
