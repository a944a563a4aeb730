"""What tests of the Discord stand-in's voice server share: sounds to play, and ways into a call."""

from collections.abc import Sequence

import discord

from bot.audio.pcm import Pcm
from tests.at_once import encode
from tests.conftest import until
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Channel
from tests.fakes.tones import tone

SILENCE = b"\xf8\xff\xfe"


class Packets(discord.AudioSource):
    """Plays packets, then ends."""

    def __init__(self, packets: Sequence[bytes]) -> None:
        self._packets = iter(packets)

    def read(self) -> bytes:
        return next(self._packets, b"")

    def is_opus(self) -> bool:
        return True


def packets(seconds: float = 0.2, hertz: float = 440.0) -> tuple[bytes, ...]:
    """A tone as a clip's packets."""
    return encode(Pcm(tone(hertz, round(seconds * 24_000)), 24_000)).packets


async def join(
    client: discord.Client, voice_channel: Channel, *, timeout: float = 5.0, reconnect: bool = False
) -> discord.VoiceClient:
    channel = client.get_channel(voice_channel.id)
    assert isinstance(channel, discord.VoiceChannel | discord.StageChannel)
    return await channel.connect(timeout=timeout, reconnect=reconnect, self_deaf=True)


async def grouped(voice: discord.VoiceClient, server: DiscordServer, voice_channel: Channel) -> None:
    """Until the bot shares the keys of this moment with those who listen."""
    group = server.voice.group(voice_channel)
    await server.until(lambda: group.settled and voice.voice_privacy_code == group.privacy_code)


async def out(client: discord.Client, voice_channel: Channel) -> None:
    """Until discord.py knows that the bot is in no call: whoever joins earlier, it throws out again."""
    channel = client.get_channel(voice_channel.id)
    assert isinstance(channel, discord.VoiceChannel)
    await until(lambda: channel.guild.me.voice is None and channel.guild.voice_client is None)
