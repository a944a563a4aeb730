"""One voice channel of the Discord stand-in while somebody is in it: who shares keys, who listens, who speaks.

Kept by discord_voice.py.
"""

from collections.abc import Callable

from tests.fakes.discord_dave import Group
from tests.fakes.discord_listener import Listener
from tests.fakes.discord_world import Channel, Guild


class Room:
    """A channel in use."""

    def __init__(
        self, guild: Guild, channel: Channel, complain: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self.guild, self.channel = guild, channel
        self.listener = Listener()
        self.group = Group(channel.id, complain, changed)

    @property
    def encrypted(self) -> bool:
        """Whether people share keys here: not on a stage."""
        return not self.channel.stage

    @property
    def people(self) -> tuple[int, ...]:
        """Ids of the people who can hear something."""
        states = self.guild.voice_states.values()
        here = (state for state in states if state.channel_id == self.channel.id and not state.user.bot)
        return tuple(state.user.id for state in here if not (state.deaf or state.self_deaf))

    def hear(self, user_id: int, frame: bytes) -> tuple[bytes, bool, tuple[int, ...]]:
        """What is in a frame of the bot, whether it was encrypted end to end, and who hears it."""
        state = self.guild.voice_states.get(user_id)
        muted = state is None or state.channel_id != self.channel.id or state.suppress or state.mute
        if not self.encrypted:
            return frame, False, () if muted else self.people
        opened, encrypted, able = self.group.open(user_id, frame)
        listening = self.people
        return opened, encrypted, () if muted else tuple(user for user in able if user in listening)
