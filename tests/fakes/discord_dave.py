"""End-to-end encryption in the Discord stand-in's voice channels: DAVE, with real davey sessions for the people.

One Group for a channel, made by discord_room.py. It plays the voice server (proposes, announces, welcomes) and the
people; the bot is whoever is at the other end of a voice connection. Order of messages: the DAVE whitepaper.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import davey

from tests.fakes.discord_mls import Commit, ExternalSender, MlsError, owner_of, split, vector

VERSION = 1
PREPARE_TRANSITION, EXECUTE_TRANSITION, READY, PREPARE_EPOCH = 21, 22, 23, 24
EXTERNAL_SENDER, KEY_PACKAGE, PROPOSALS, COMMIT_WELCOME, ANNOUNCE_COMMIT, WELCOME, INVALID = 25, 26, 27, 28, 29, 30, 31
_MARK = b"\xfa\xfa"
"""What every encrypted frame ends with."""
SILENCE = b"\xf8\xff\xfe"
"""Stays as it is, and is let through by every receiver."""


class Client(Protocol):
    """The bot's voice connection."""

    @property
    def user_id(self) -> int:
        """Whose it is."""
        ...

    def post(self, operation: int, data: Any) -> None:
        """Send JSON."""
        ...

    def post_binary(self, operation: int, data: bytes) -> None:
        """Send bytes."""
        ...


@dataclass(frozen=True, slots=True)
class _Change:
    """Who comes and who goes with the next commit."""

    adds: tuple[int, ...]
    removes: tuple[int, ...]
    founder: int
    """Who begins the group; 0: it stands."""


class Group:
    """Those in one voice channel who share keys."""

    def __init__(self, channel_id: int, complain: Callable[[str], None], changed: Callable[[], None]) -> None:
        self.channel_id = channel_id
        self.people: dict[int, davey.DaveSession] = {}
        """Everyone who listens, by user id."""
        self.bot_commits = False
        """Whose commit counts when several send one: the bot's, or that of the person who was there first."""
        self.lost_commits = 0
        """Commits of the bot that came too late."""
        self.held = False
        """Whether the bot's welcomes and commits are kept back."""
        self.epoch = 0
        self._sender = ExternalSender()
        self._leaves: list[int | None] = []
        """User ids by leaf; empty until the group stands."""
        self._client: Client | None = None
        self._key_package = b""
        self._packages: dict[int, bytes] = {}
        """Key packages of people, until they are used."""
        self._awaited: _Change | None = None
        self._kept_back: list[tuple[int, bytes]] = []
        self._transition = 0
        self._open_transitions: set[int] = set()
        self._complain, self._changed = complain, changed

    @property
    def members(self) -> set[int]:
        """Who shares the keys of this epoch."""
        return {user for user in self._leaves if user is not None}

    @property
    def privacy_code(self) -> str | None:
        """What people read to each other to be sure; None until there is a group. All of them have the same."""
        codes = {session.voice_privacy_code for user, session in self.people.items() if user in self.members}
        assert len(codes) <= 1, codes
        return next(iter(codes), None)

    @property
    def settled(self) -> bool:
        """Whether the bot has what was sent to it, and nothing is on its way."""
        waiting = self._client is not None and not self._key_package
        return self._awaited is None and not (waiting or self._open_transitions or self._kept_back)

    # Who is there

    def enter(self, user_id: int) -> None:
        """A person comes."""
        self._begin(user_id)
        self._settle()

    def leave(self, user_id: int) -> None:
        """A person goes."""
        del self.people[user_id]
        self._settle()

    def connect(self, client: Client) -> None:
        """The bot has a voice connection; its key package is awaited."""
        if self._client is not None:
            self.disconnect(self._client)
        self._client, self._key_package = client, b""
        client.post_binary(EXTERNAL_SENDER, self._sender.package)

    def disconnect(self, client: Client) -> None:
        """The bot has none any more."""
        if self._client is not client:
            return
        self._client, self._key_package = None, b""
        self._kept_back.clear()
        self._open_transitions.clear()
        if self._awaited is not None:  # people remember proposals that nobody will commit to
            self._awaited = None
            self._begin_anew()
        self._settle()

    # What the bot sends

    def receive_binary(self, operation: int, data: bytes) -> None:
        """A key package or a commit. Raises MlsError."""
        if operation == KEY_PACKAGE:
            client = self._client
            if client is None or owner_of(data) != client.user_id:
                raise MlsError("a key package of somebody else")
            self._key_package = data
            self._settle()
        elif operation == COMMIT_WELCOME:
            self._take(split(data))
        else:
            raise MlsError(f"opcode {operation} is the server's")

    def receive(self, operation: int, transition: int) -> None:
        """The bot is ready for a transition, or could not read what was sent for it."""
        if operation == READY:
            if transition not in self._open_transitions:
                self._complain(f"ready for transition {transition}, which was not announced")
                return
            self._open_transitions.discard(transition)
            self._post(EXECUTE_TRANSITION, {"transition_id": transition})
            self._changed()
        else:
            self._complain(f"the bot could not read the commit or welcome of transition {transition}")
            self._open_transitions.discard(transition)
            self._key_package = b""
            self._settle()

    def spoil(self) -> None:
        """Break what is kept back."""
        self._kept_back = [(operation, data[:-1] + bytes([data[-1] ^ 1])) for operation, data in self._kept_back]

    def release(self) -> None:
        """Send what was kept back."""
        self.held = False
        kept, self._kept_back = self._kept_back, []
        for operation, data in kept:
            self._post_binary(operation, data)

    def open(self, user_id: int, frame: bytes) -> tuple[bytes, bool, tuple[int, ...]]:
        """A frame of the bot: what is in it, whether it was encrypted, and who of the people can hear it."""
        if not frame.endswith(_MARK):
            return frame, False, tuple(self.people) if frame == SILENCE else ()
        opened, heard = frame, []
        for person, session in self.people.items():
            try:
                opened = session.decrypt(user_id, davey.MediaType.audio, frame)
            except ValueError:  # of an epoch whose keys this person does not have
                continue
            heard.append(person)
        return opened, True, tuple(heard)

    # Inside

    def _begin(self, user_id: int) -> None:
        """A person alone, with a key package to be added by."""
        session = davey.DaveSession(VERSION, user_id, self.channel_id)
        session.set_external_sender(self._sender.package)
        self.people[user_id] = session
        self._packages[user_id] = session.get_serialized_key_package()

    def _post(self, operation: int, data: Any) -> None:
        if self._client is not None:
            self._client.post(operation, data)

    def _post_binary(self, operation: int, data: bytes) -> None:
        if self._client is None:
            return
        if self.held and operation != PROPOSALS:
            self._kept_back.append((operation, data))
        else:
            self._client.post_binary(operation, data)

    def _begin_anew(self) -> None:
        """Forget the group; everyone is as when they came."""
        self._leaves, self.epoch = [], 0
        for user in self.people:
            self._begin(user)

    def _settle(self) -> None:
        """Bring the group in line with who is there. Called after every change."""
        if self._awaited is not None:
            return
        bot = self._client.user_id if self._client is not None and self._key_package else 0
        present = [*self.people, *([bot] if bot else [])]
        staying = self.members.intersection(present)
        if self._leaves and len(staying) < 2:
            self._reset(staying)
            return
        removes = tuple(user for user in self.members if user not in staying)
        if self._leaves:
            change = _Change(tuple(user for user in present if user not in staying), removes, 0)
        elif len(present) > 1:
            founder = bot if self.bot_commits and bot else present[0]
            change = _Change(tuple(user for user in present if user != founder), (), founder)
        else:
            return
        if change.adds or change.removes:
            self._change(change, bot)

    def _reset(self, staying: Iterable[int]) -> None:
        """At most one member is left: the group ends, and that one begins another alone."""
        self._begin_anew()
        if self._client is not None and self._client.user_id in staying:
            self._key_package = b""  # a new one is awaited
            self._post(PREPARE_EPOCH, {"protocol_version": VERSION, "epoch": 1})
            self._post(PREPARE_TRANSITION, {"protocol_version": VERSION, "transition_id": 0})
            self._changed()
        else:
            self._settle()

    def _change(self, change: _Change, bot: int) -> None:
        messages = self._proposals(change.adds, change.removes)
        if bot and (bot in self.members or change.founder == bot):
            self._post_binary(PROPOSALS, b"\0" + messages)
        elif bot and change.founder:  # its proposals go to every pending member
            self._post_binary(PROPOSALS, b"\0" + self._proposals(tuple(self.people), ()))
        append = davey.ProposalsOperationType.append
        committing = [user for user in self.people if user in self.members or user == change.founder]
        commits = [self.people[user].process_proposals(append, messages) for user in committing]
        if not commits or (bot and (change.founder == bot or (self.bot_commits and bot in self.members))):
            self._awaited = change
            return
        assert commits[0] is not None
        self._finish(change, commits[0].commit, commits[0].welcome or b"")

    def _proposals(self, adds: Iterable[int], removes: Iterable[int]) -> bytes:
        messages = [self._sender.remove(self.channel_id, self.epoch, self._leaves.index(user)) for user in removes]
        for user in adds:
            package = self._packages[user] if user in self.people else self._key_package
            messages.append(self._sender.add(self.channel_id, self.epoch, package))
        return vector(b"".join(messages))

    def _take(self, commit: Commit) -> None:
        """A commit of the bot."""
        change = self._awaited
        if commit.group != self.channel_id:
            raise MlsError("a commit for another group")
        if change is None or commit.epoch != self.epoch:
            self.lost_commits += 1
            return
        self._awaited = None
        self._finish(change, commit.message, commit.welcome)
        self._settle()

    def _finish(self, change: _Change, commit: bytes, welcome: bytes) -> None:
        """The commit counts: announce it to members, welcome those it adds, and everyone has new keys."""
        before = {change.founder} if change.founder else self.members - set(change.removes)
        for user, session in self.people.items():
            if user in before:
                session.process_commit(commit)
            elif user in change.adds:
                session.process_welcome(welcome)
        self._leaves = [user if user not in change.removes else None for user in self._leaves]
        for user in (*([change.founder] if change.founder else ()), *change.adds):
            self._leaves[self._blank()] = user
        self.epoch += 1
        self._transition = self._transition % 0xFFFF + 1
        head = struct.pack(">H", self._transition)
        client = self._client
        if client is not None and client.user_id in self.members:
            self._open_transitions.add(self._transition)
            if client.user_id in before:
                self._post_binary(ANNOUNCE_COMMIT, head + commit)
            else:
                self._post_binary(WELCOME, head + welcome)
        self._changed()

    def _blank(self) -> int:
        """Where the next member goes: the leftmost leaf that is free."""
        if None not in self._leaves:
            self._leaves.append(None)
        return self._leaves.index(None)
