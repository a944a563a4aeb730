"""What the bot asks of the Discord stand-in about its own place in a call: onto a stage, or for leave to speak there.

One REST route; discord_rest.py serves it.
"""

from typing import Any

from tests.fakes.discord_calls import Calls
from tests.fakes.discord_errors import Refused
from tests.fakes.discord_world import MUTE_MEMBERS, REQUEST_TO_SPEAK


async def change_own_state(calls: Calls, guild_id: int, request: dict[str, Any]) -> None:
    """PATCH /guilds/{guild}/voice-states/@me. Raises Refused."""
    guild = next((guild for guild in calls.guilds if guild.id == guild_id and guild.bot_is_member), None)
    if guild is None:
        raise Refused(10004)
    state, channel = calls.bot_state(guild), calls.bot_in(guild)
    if state is None or channel is None or str(request.get("channel_id", channel.id)) != str(channel.id):
        raise Refused(10065)
    if not channel.stage:
        raise Refused(50024)
    suppress = request.get("suppress", state.suppress)
    asked = request.get("request_to_speak_timestamp", state.asked_to_speak)
    if state.suppress and not suppress and not channel.permissions & MUTE_MEMBERS:
        raise Refused(50013)
    if asked and asked != state.asked_to_speak and not channel.permissions & REQUEST_TO_SPEAK:
        raise Refused(50013)
    state.suppress, state.asked_to_speak = bool(suppress), asked if suppress else None
    await calls.tell(guild, state.user)
