"""The Discord stand-in's world: accounts, guilds, channels and their payloads as the gateway and REST show them.

Built by discord_server.py; tests add to it with ``World.add_*``.
"""

import itertools
import operator
import secrets
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

EPOCH = 1_420_070_400_000
"""Milliseconds: where snowflakes begin to count."""
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
SEND_MESSAGES_IN_THREADS = 1 << 38
SEND_VOICE_MESSAGES = 1 << 46
MANAGE_GUILD, MANAGE_MESSAGES = 1 << 5, 1 << 13
CONNECT, SPEAK, MUTE_MEMBERS, MOVE_MEMBERS, REQUEST_TO_SPEAK = 1 << 20, 1 << 21, 1 << 22, 1 << 24, 1 << 32
WRITING = VIEW_CHANNEL | SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | ATTACH_FILES | READ_MESSAGE_HISTORY
EVERYTHING_WE_NEED = WRITING | SEND_VOICE_MESSAGES | CONNECT | SPEAK
"""Of the bot."""
EVERYONE = VIEW_CHANNEL | SEND_MESSAGES | CONNECT | SPEAK
ALL_PERMISSIONS = (1 << 53) - 1
GUILD_TEXT, DIRECT, GUILD_VOICE, GROUP_DIRECT = 0, 1, 2, 3
PUBLIC_THREAD, PRIVATE_THREAD, GUILD_STAGE, FORUM = 11, 12, 13, 15

_counter = itertools.count(1)


def snowflake() -> int:
    """A new id, shaped as Discord's: milliseconds, then a running number."""
    return ((int(time.time() * 1000) - EPOCH) << 22) | (next(_counter) & 0x3FFFFF)


def timestamp() -> str:
    """Now, as Discord writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00", time.gmtime())


def sum_of(bits: Iterable[int]) -> int:
    """Return all the bits together."""
    return reduce(operator.or_, bits, 0)


@dataclass(slots=True)
class User:
    """Somebody."""

    name: str
    locale: str = "en-US"
    bot: bool = False
    id: int = field(default_factory=snowflake)

    def payload(self) -> dict[str, Any]:
        """A user object."""
        return {
            "id": str(self.id), "username": self.name, "global_name": self.name.title(), "discriminator": "0",
            "avatar": None, "bot": self.bot, "public_flags": 0, "flags": 0,
        }  # fmt: skip


@dataclass(slots=True)
class Role:
    """A role of a guild."""

    name: str
    id: int = field(default_factory=snowflake)
    permissions: int = 0

    def payload(self) -> dict[str, Any]:
        """A role object."""
        return {
            "id": str(self.id), "name": self.name, "color": 0, "colors": {"primary_color": 0}, "hoist": False,
            "position": 1, "permissions": str(self.permissions), "managed": False, "mentionable": False, "flags": 0,
        }  # fmt: skip


@dataclass(slots=True)
class Channel:
    """Where messages go."""

    name: str
    kind: int = GUILD_TEXT
    guild_id: int | None = None
    permissions: int = EVERYTHING_WE_NEED
    """What the bot may do here, if it is here at all."""
    parent_id: int | None = None
    """The channel that a thread hangs on."""
    bot_is_here: bool = True
    voice_messages: bool = True
    """False: the channel refuses voice messages from everybody (50173)."""
    external_apps: bool = True
    """False: what an app that is no member answers is shown to who asked alone."""
    locked: bool = False
    """A thread that nobody may write into (50083)."""
    recipients: list[User] = field(default_factory=list)
    denied: dict[int, int] = field(default_factory=dict)
    """What is denied here to a member, or (by its id) to a role or, by the guild's id, to everyone."""
    allowed: dict[int, int] = field(default_factory=dict)
    """The same of what is allowed here."""
    user_limit: int = 0
    """Of a voice channel; 0: as many as come."""
    bot_id: int = 0
    people: set[int] = field(default_factory=set)
    """Ids of members that ``denied`` and ``allowed`` are about; the others are roles."""
    id: int = field(default_factory=snowflake)

    def deny(self, user: User, bits: int) -> None:
        """A moderator takes something away from a member here; before the bot hears of the channel."""
        self.people.add(user.id)
        self.denied[user.id] = self.denied.get(user.id, 0) | bits

    @property
    def thread(self) -> bool:
        """Whether it hangs on another channel; a forum's posts do."""
        return self.kind in (PUBLIC_THREAD, PRIVATE_THREAD)

    @property
    def stage(self) -> bool:
        """Whether people listen until they are let onto the stage; without end-to-end encryption."""
        return self.kind == GUILD_STAGE

    @property
    def voice(self) -> bool:
        """Whether there can be a call here."""
        return self.kind in (GUILD_VOICE, GUILD_STAGE)

    def _overwrites(self, people: Collection[int]) -> list[dict[str, Any]]:
        """Return the overwrites; the bot's own one, so that the library reckons for it what ``permissions`` says.

        ``people``: ids of members; others are roles.
        """
        if not self.bot_id:
            return []
        bits = {each: (self.allowed.get(each, 0), self.denied.get(each, 0)) for each in {**self.allowed, **self.denied}}
        bits[self.bot_id] = (self.permissions, ALL_PERMISSIONS & ~self.permissions)
        return [
            {
                "id": str(each),
                "type": int(each in people or each == self.bot_id),
                "allow": str(allow),
                "deny": str(deny),
            }
            for each, (allow, deny) in bits.items()
        ]

    def reckoned(self, base: int, guild_id: int, roles: Collection[int], user_id: int) -> int:
        """Return what somebody may do here, by Discord's order: everyone, then roles, then the member."""
        held = [sum_of(bits.get(each, 0) for each in roles) for bits in (self.denied, self.allowed)]
        for deny, allow in (
            (self.denied.get(guild_id, 0), self.allowed.get(guild_id, 0)),
            (held[0], held[1]),
            (self.denied.get(user_id, 0), self.allowed.get(user_id, 0)),
        ):
            base = base & ~deny | allow
        return base if base & VIEW_CHANNEL else 0

    def payload(self) -> dict[str, Any]:
        """A channel object."""
        base: dict[str, Any] = {"id": str(self.id), "type": self.kind, "last_message_id": None, "flags": 0}
        if self.guild_id is None:
            base["recipients"] = [user.payload() for user in self.recipients]
            return base | ({"name": self.name, "icon": None, "owner_id": "1"} if self.kind == GROUP_DIRECT else {})
        base |= {
            "guild_id": str(self.guild_id), "name": self.name, "position": 0,
            "permission_overwrites": self._overwrites(self.people),
            "nsfw": False, "parent_id": None, "topic": None, "rate_limit_per_user": 0,
        }  # fmt: skip
        if self.thread:
            return base | {
                "parent_id": str(self.parent_id), "owner_id": "1", "message_count": 0, "member_count": 1,
                "thread_metadata": {"archived": False, "auto_archive_duration": 60, "archive_timestamp": timestamp(),
                                    "locked": self.locked},
            }  # fmt: skip
        if self.voice:
            base |= {"bitrate": 64000, "user_limit": self.user_limit, "rtc_region": None, "video_quality_mode": 1}
        return base


@dataclass(slots=True)
class VoiceState:
    """Somebody in a voice channel."""

    user: User
    channel_id: int
    session_id: str = field(default_factory=lambda: secrets.token_hex(16))
    self_mute: bool = False
    self_deaf: bool = False
    mute: bool = False
    """By a moderator."""
    deaf: bool = False
    suppress: bool = False
    """In the audience of a stage, or without the permission to speak."""
    asked_to_speak: str | None = None
    """When, on a stage."""

    def payload(self) -> dict[str, Any]:
        """A voice state object as a guild carries it."""
        return {
            "channel_id": str(self.channel_id), "user_id": str(self.user.id), "session_id": self.session_id,
            "deaf": self.deaf, "mute": self.mute, "self_deaf": self.self_deaf, "self_mute": self.self_mute,
            "self_video": False, "suppress": self.suppress, "request_to_speak_timestamp": self.asked_to_speak,
        }  # fmt: skip


@dataclass(slots=True)
class Guild:
    """A server."""

    name: str
    bot_is_member: bool = True
    has_commands: bool = True
    """Whether the application is installed here: with its bot, or for its commands alone."""
    channels: list[Channel] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    members: dict[int, tuple[User, tuple[Role, ...]]] = field(default_factory=dict)
    premium_tier: int = 0
    moderators: set[int] = field(default_factory=set)
    """Ids of members who manage messages and the guild."""
    voice_states: dict[int, VoiceState] = field(default_factory=dict)
    """By user id."""
    id: int = field(default_factory=snowflake)

    def member(self, user: User, permissions: int | None = None) -> dict[str, Any]:
        """A member object; with permissions where an interaction carries it."""
        roles = self.members[user.id][1] if user.id in self.members else ()
        base: dict[str, Any] = {
            "user": user.payload(), "roles": [str(role.id) for role in roles], "nick": None, "avatar": None,
            "joined_at": "2026-01-01T00:00:00.000000+00:00", "premium_since": None, "deaf": False, "mute": False,
            "pending": False, "flags": 0, "communication_disabled_until": None,
        }  # fmt: skip
        return base if permissions is None else base | {"permissions": str(permissions)}

    def permissions(self, user: User, channel: Channel | None = None) -> int:
        """Return what a member may do here; in a channel, with its overwrites (a thread's are its parent's)."""
        base = EVERYTHING_WE_NEED | (MANAGE_GUILD | MANAGE_MESSAGES if user.id in self.moderators else 0)
        roles = self.members[user.id][1] if user.id in self.members else ()
        base |= sum_of(role.permissions for role in roles)
        if channel is not None and channel.thread:
            channel = next((each for each in self.channels if each.id == channel.parent_id), None)
        if channel is None:
            return base
        return channel.reckoned(base, self.id, [role.id for role in roles], user.id)

    def partial(self) -> dict[str, Any]:
        """What an interaction says of it."""
        return {"id": str(self.id), "features": [], "locale": "en-US"}

    def payload(self) -> dict[str, Any]:
        """GUILD_CREATE."""
        everyone = Role("@everyone", id=self.id, permissions=EVERYONE)
        return {
            "id": str(self.id), "name": self.name, "icon": None, "splash": None, "discovery_splash": None,
            "owner_id": "1", "afk_channel_id": None, "afk_timeout": 300, "verification_level": 0,
            "default_message_notifications": 0, "explicit_content_filter": 0, "features": [], "mfa_level": 0,
            "system_channel_id": None, "system_channel_flags": 0, "rules_channel_id": None, "vanity_url_code": None,
            "description": None, "banner": None, "premium_tier": self.premium_tier, "preferred_locale": "en-US",
            "public_updates_channel_id": None, "nsfw_level": 0, "premium_progress_bar_enabled": False,
            "safety_alerts_channel_id": None, "emojis": [], "stickers": [], "joined_at": timestamp(), "large": False,
            "unavailable": False, "member_count": len(self.members), "threads": [],
            "voice_states": [state.payload() for state in self.voice_states.values()],
            "presences": [], "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
            "roles": [role.payload() for role in (everyone, *self.roles)],
            "members": [self.member(user) for user, _ in self.members.values()],
            "channels": [channel.payload() for channel in self.channels],
        }  # fmt: skip


class World:
    """Everything there is: a bot, a guild ``home`` with a text channel ``general``, a person ``ada`` in it."""

    def __init__(self) -> None:
        self.bot = User("mouthpiece", bot=True)
        self.application_id = self.bot.id
        self.application_flags = 0
        """``1 << 18`` where messages may be read."""
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.ada = User("ada")
        self.home = self.add_guild("home")
        self.general = self.add_channel(self.home, "general")
        self.add_member(self.home, self.bot)
        self.add_member(self.home, self.ada)

    def add_guild(self, name: str, *, bot_is_member: bool = True, has_commands: bool | None = None) -> Guild:
        """A guild without channels; it has the commands where it has the bot, and where that is said."""
        guild = Guild(name, bot_is_member, bot_is_member if has_commands is None else has_commands)
        if bot_is_member:
            self.add_member(guild, self.bot)
        self.guilds[guild.id] = guild
        return guild

    def add_channel(self, guild: Guild, name: str, *, permissions: int = EVERYTHING_WE_NEED) -> Channel:
        """A text channel."""
        return self._add(guild, Channel(name, permissions=permissions))

    def add_voice(
        self,
        guild: Guild,
        name: str,
        *,
        stage: bool = False,
        user_limit: int = 0,
        permissions: int = EVERYTHING_WE_NEED,
    ) -> Channel:
        """A voice channel or a stage."""
        kind = GUILD_STAGE if stage else GUILD_VOICE
        return self._add(guild, Channel(name, kind, permissions=permissions, user_limit=user_limit))

    def _add(self, guild: Guild, channel: Channel) -> Channel:
        channel.guild_id, channel.bot_is_here, channel.bot_id = guild.id, guild.bot_is_member, self.bot.id
        guild.channels.append(channel)
        self.channels[channel.id] = channel
        return channel

    def add_thread(self, channel: Channel, name: str, *, kind: int = PUBLIC_THREAD) -> Channel:
        """A thread of a channel, or a post of a forum. Guilds do not list theirs to the bot: it may not know it."""
        thread = Channel(name, kind, guild_id=channel.guild_id, permissions=channel.permissions, parent_id=channel.id)
        self.channels[thread.id] = thread
        return thread

    def add_member(self, guild: Guild, user: User, *roles: Role) -> None:
        """Somebody joins, with roles."""
        guild.members[user.id] = (user, roles)
        guild.roles.extend(role for role in roles if role not in guild.roles)

    def add_direct(self, *people: User, with_bot: bool = True) -> Channel:
        """A direct channel with the bot, or one of two or more people without it."""
        kind = DIRECT if len(people) < 3 else GROUP_DIRECT
        channel = Channel("direct", kind, bot_is_here=with_bot, recipients=list(people))
        self.channels[channel.id] = channel
        return channel

    def application(self) -> dict[str, Any]:
        """An application object."""
        return {
            "id": str(self.application_id), "name": "mouthpiece", "icon": None, "description": "", "summary": "",
            "flags": self.application_flags, "bot_public": True, "bot_require_code_grant": False, "hook": True,
            "verify_key": "00" * 32, "owner": self.ada.payload(), "team": None, "rpc_origins": [],
            "bot": self.bot.payload(),
        }  # fmt: skip
