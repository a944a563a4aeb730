"""Answers with sound on Discord: voice message, panel, and clips as files."""

import asyncio
import io
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import av
import discord
import numpy as np
from av.audio.stream import AudioStream

from bot.audio import ogg, opus
from bot.audio.pcm import Pcm
from bot.errors import StoreError
from bot.model import Clip, Lane, Utterance
from bot.platforms.discord import voice_message
from bot.platforms.discord.call import link
from bot.platforms.discord.call.calls import check_may_bring, guild_of, seat_of, session_for
from bot.platforms.discord.call.link import CallChannel
from bot.platforms.discord.call.messages import private_thread, said
from bot.platforms.discord.call.session import Notices, Session
from bot.platforms.discord.client import NOT_DELIVERED, Bot
from bot.platforms.discord.context import account_of, space_of
from bot.platforms.discord.journal import command_of
from bot.platforms.discord.panel import panel, report
from bot.platforms.discord.suggestions import preference_of, style_options
from bot.platforms.discord.voice_message import SentClip, Way
from bot.platforms.display import SPOILER, TextRun, cut_runs, words_beside
from bot.platforms.requests import Answer
from bot.speech.limits import Waiting
from bot.speech.sink import Recording
from bot.store.settings import SpaceSettings
from bot.texts import language, say

_SHOWN_WORDS = 1500
"""Characters of the text shown next to a voice message, with escapes and spoiler marks."""

_log = logging.getLogger("mouthpiece.discord")


async def speak(interaction: discord.Interaction[Bot], utterance: Utterance, *, private: bool = False) -> None:
    """Speak, send, name the person, show the panel. Raises as ``Requests.speak`` and ``voice_message.send`` do."""
    bot = interaction.client
    locale = await bot.language_for(interaction)
    command = command_of(interaction)
    if command is not None:
        utterance = replace(utterance, command=command.key, owed=command.owed)
    waiting = Waiting()
    async with (
        bot.queue.shown(interaction, waiting, locale),
        bot.personal.place(account_of(interaction)),
    ):
        answer = await bot.services.requests.speak(utterance, Recording(), waiting)
    limit = voice_message.size_limit(interaction)
    parts = await asyncio.to_thread(ogg.split, answer.receipt.clip, limit)
    line = "" if private else await line_of(interaction, answer)
    deliveries: list[SentClip] = []
    for part in parts:
        delivery = await voice_message.send(interaction, part, "" if deliveries else line)
        _keep_removers(interaction, delivery, first=not deliveries)
        deliveries.append(delivery)
        await _remember(interaction, delivery)
    if command is not None:
        await command.delivered()
    await _show_panel(interaction, answer, deliveries, locale, private=private)


async def say_in_call(interaction: discord.Interaction[Bot], utterance: Utterance) -> None:
    """Speak in the guild's voice call, in turn; join the person's voice channel if there is no call.

    Raises InputError, BusyError, as ``explain``, and as ``Calls.join``.
    """
    bot = interaction.client
    session, voice_channel = _call_or_seat(interaction)
    request = replace(await bot.services.requests.with_defaults(utterance), lane=Lane.CALL)
    await bot.services.speech.explain(
        request, live=True
    )  # an unspeakable text is reported to the person, not to everybody
    if session is None:
        here = interaction.channel
        postable = here if isinstance(here, discord.abc.Messageable) else None
        notices = Notices(postable, await bot.calls.language(guild_of(interaction)))
        session = await bot.calls.join(voice_channel, (), notices, greet=False, reads=False)
    if (command := command_of(interaction)) is not None:
        await command.finish()  # what is said in a call is not said again
    before = session.say(said(request, interaction.user.display_name, private_thread(interaction.channel)))
    facts = {"channel": (session.link.voice_channel or voice_channel).mention, "before": before}
    words = say("call.said" if before else "call.said_next", await bot.language_for(interaction), **facts)
    await voice_message.tell(interaction, words)


def _call_or_seat(interaction: discord.Interaction[Bot]) -> tuple[Session | None, CallChannel]:
    """Return the call a person may speak in; otherwise None and the voice channel they are in.

    Raises InputError as ``session_for``, ``seat_of`` and ``check_may_bring``.
    """
    calls, person = interaction.client.calls, interaction.user
    session = calls.sessions.get(guild_of(interaction).id)
    voice_channel = session.link.voice_channel if session is not None else None
    seated = isinstance(person, discord.Member) and person.voice is not None
    if voice_channel is not None and (link.people(voice_channel) or not seated):
        return session_for(calls, interaction), voice_channel
    seat = seat_of(interaction)
    check_may_bring(calls, interaction, seat)
    return None, seat


async def line_of(interaction: discord.Interaction[Bot], answer: Answer) -> str:
    """Return the person's name, the style, and the text if the guild shows it."""
    space, services = space_of(interaction), interaction.client.services
    settings = SpaceSettings()
    if space is not None and interaction.is_guild_integration():
        with suppress(StoreError):  # it is paid for: the sound is sent, its text stays private
            settings = await services.requests.spaces.get(space)
    locale = settings.language or language(str(interaction.guild_locale or interaction.locale), services.language)
    shown = [discord.utils.escape_markdown(name) for name in answer.utterance.styles]
    facts = {"who": interaction.user.mention, "styles": shown}
    line = say("discord.line_style" if shown else "discord.line", locale, **facts)
    if settings.show_words:
        runs = words_beside(answer.receipt.spoken, answer.utterance.text)
        fitting = cut_runs(runs, _SHOWN_WORDS, lambda run: len(_written(run)))
        line += "\n> " + "".join(map(_written, fitting))
    return line


def _written(run: TextRun) -> str:
    """Return a run of text escaped for Discord."""
    words = discord.utils.escape_markdown(run.text)
    return f"{SPOILER}{words}{SPOILER}" if run.hidden else words


async def _remember(interaction: discord.Interaction[Bot], delivery: SentClip) -> None:
    """Record for moderators who requested a message."""
    if delivery.private:
        return
    words, channel = interaction.client.services.requests.words, str(interaction.channel_id)
    try:
        for message_id in (delivery.message_id, delivery.line_id):
            if message_id:
                await words.remember_message("discord", channel, str(message_id), account_of(interaction))
    except StoreError as error:
        _log.warning("the requester of a message could not be recorded: %s", error.code)


def _keep_removers(interaction: discord.Interaction[Bot], delivery: SentClip, *, first: bool) -> None:
    """Record how to delete a response where the bot is no member, or sees no channel: by the command's token."""
    if voice_message.way_of(interaction) not in (Way.RESPONSE, Way.FILE) or delivery.private:
        return
    responses, followup = interaction.client.responses, interaction.followup
    original = interaction.delete_original_response if first else partial(followup.delete_message, delivery.message_id)
    responses.keep(delivery.message_id, original)
    if delivery.line_id:
        responses.keep(delivery.line_id, partial(followup.delete_message, delivery.line_id))


async def _show_panel(
    interaction: discord.Interaction[Bot],
    answer: Answer,
    deliveries: list[SentClip],
    locale: str,
    *,
    private: bool,
) -> None:
    options = style_options(locale, await preference_of(interaction, interaction.client.services.requests))
    view = panel(answer, deliveries, options, locale, private=private)
    why = _why(interaction, deliveries)
    words = report(answer.receipt, answer.balance, deliveries, locale, private=private, why=why)
    try:
        await voice_message.tell(interaction, words, view)
    except NOT_DELIVERED as error:  # too late, or dismissed: the sound is out all the same
        _log.info("a panel could not be shown: %s", type(error).__name__)


def _why(interaction: discord.Interaction[Bot], deliveries: list[SentClip]) -> str:
    """Return the code of the sentence why it came as a file, once per person and channel; otherwise empty."""
    why = next((delivery.why for delivery in deliveries if delivery.why), "")
    told = (why, interaction.channel_id, interaction.user.id)
    return why if why and interaction.client.once.first(told) else ""


_CODECS: Mapping[str, tuple[str, str]] = MappingProxyType({"wav": ("pcm_s16le", "s16"), "mp3": ("libmp3lame", "s16p")})
_MP3_BITRATE = 64_000
"""Bits per second, mono: speech needs no more."""
_BLOCK = 24_000
"""Samples passed to the encoder at a time."""


def as_ogg(clip: Clip) -> bytes:
    """Return the clip as an Ogg Opus file."""
    return ogg.write(clip, {})


def as_wav(clip: Clip) -> bytes:
    """Return the clip as WAV: 16-bit samples, mono, 24 kHz."""
    return _encoded(clip, "wav")


def as_mp3(clip: Clip) -> bytes:
    """Return the clip as mp3: mono, 64 kbit/s."""
    return _encoded(clip, "mp3")


FORMATS: Mapping[str, Callable[[Clip], bytes]] = MappingProxyType({"ogg": as_ogg, "wav": as_wav, "mp3": as_mp3})
"""By file ending."""


def _encoded(clip: Clip, form: str) -> bytes:
    pcm = opus.decode(clip.packets, clip.pre_skip, clip.samples)
    codec, layout = _CODECS[form]
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        container.metadata["comment"] = ogg.SYNTHETIC_TAGS["COMMENT"]
        stream = container.add_stream(codec, rate=pcm.rate)
        assert isinstance(stream, AudioStream), "both codecs are for audio"
        stream.codec_context.layout = "mono"
        if form == "mp3":
            stream.codec_context.bit_rate = _MP3_BITRATE
        for frame in _frames(pcm, layout):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _frames(pcm: Pcm, sample_format: str) -> list[av.AudioFrame]:
    samples = np.frombuffer(pcm.samples, "<i2").reshape(1, -1)
    frames = []
    for start in range(0, samples.shape[1], _BLOCK):
        block = np.ascontiguousarray(samples[:, start : start + _BLOCK])
        frame = av.AudioFrame.from_ndarray(block, format=sample_format, layout="mono")
        frame.sample_rate, frame.pts = pcm.rate, start
        frames.append(frame)
    return frames
