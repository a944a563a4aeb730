"""The bytes of MLS (RFC 9420) that Discord's voice server writes and reads: proposals, key packages, commits.

Used by discord_dave.py. Members of a group are davey sessions; what davey lacks is the server's side: an external
sender that proposes to add and to remove members. Ciphersuite 2: P-256 with SHA-256.
"""

import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_MLS10, _PUBLIC_MESSAGE = 1, 1
_MEMBER, _EXTERNAL = 1, 2
_PROPOSAL, _COMMIT = 2, 3
_ADD, _REMOVE = 1, 3
_SUITE, _BASIC = 2, 1
_FOR_EVER = (0, 2**64 - 1)
"""The lifetime that DAVE asks of every key package."""


class MlsError(ValueError):
    """Bytes that are not what they should be."""


def vector(data: bytes) -> bytes:
    """Bytes behind their length, which takes one, two or four bytes (RFC 9420, 2.1.2)."""
    if len(data) < 1 << 6:
        return bytes([len(data)]) + data
    if len(data) < 1 << 14:
        return struct.pack(">H", len(data) | 1 << 14) + data
    return struct.pack(">I", len(data) | 2 << 30) + data


class Reader:
    """Reads along. Raises MlsError where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        """So many bytes."""
        if self.at + count > len(self.data):
            raise MlsError("too short")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int) -> int:
        """A number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def vector(self) -> bytes:
        """Bytes behind their length."""
        first = self.number(1)
        if first >> 6 == 3:
            raise MlsError("a length that there is not")
        more = (1 << (first >> 6)) - 1
        length = int.from_bytes(bytes([first & 0x3F]) + self.take(more), "big")
        return self.take(length)


class ExternalSender:
    """The voice server as a sender of proposals."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.package = vector(public) + struct.pack(">H", _BASIC) + vector(b"\0")
        """What members are told of it."""

    def add(self, group: int, epoch: int, key_package: bytes) -> bytes:
        """An MLSMessage that proposes to add whoever made a key package."""
        return self._propose(group, epoch, struct.pack(">H", _ADD) + key_package)

    def remove(self, group: int, epoch: int, leaf: int) -> bytes:
        """An MLSMessage that proposes to remove the member at a leaf."""
        return self._propose(group, epoch, struct.pack(">HI", _REMOVE, leaf))

    def _propose(self, group: int, epoch: int, proposal: bytes) -> bytes:
        sender = struct.pack(">BI", _EXTERNAL, 0)
        head = struct.pack(">HH", _MLS10, _PUBLIC_MESSAGE)
        content = vector(struct.pack(">Q", group)) + struct.pack(">Q", epoch) + sender + vector(b"")
        content += bytes([_PROPOSAL]) + proposal
        signed = vector(b"MLS 1.0 FramedContentTBS") + vector(head + content)
        return head + content + vector(self._key.sign(signed, ec.ECDSA(hashes.SHA256())))


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as it came from a client, and the welcome behind it."""

    group: int
    epoch: int
    message: bytes
    welcome: bytes


def owner_of(key_package: bytes) -> int:
    """The user id in a key package. Raises MlsError for one that Discord's server does not take."""
    reader = Reader(key_package)
    if (reader.number(2), reader.number(2)) != (_MLS10, _SUITE):
        raise MlsError("a key package of another version or ciphersuite")
    reader.vector()  # init_key
    identity, lifetime = _leaf_node(reader)
    if lifetime != _FOR_EVER:
        raise MlsError("a key package that ends")
    reader.vector()  # extensions
    reader.vector()  # signature
    if reader.at != len(key_package) or len(identity) != 8:
        raise MlsError("not a key package")
    return int.from_bytes(identity, "big")


def split(data: bytes) -> Commit:
    """Opcode 28: a commit, and a welcome if members were added. Raises MlsError."""
    reader = Reader(data)
    if (reader.number(2), reader.number(2)) != (_MLS10, _PUBLIC_MESSAGE):
        raise MlsError("not a public message")
    group, epoch, kind = reader.vector(), reader.number(8), reader.number(1)
    if kind != _MEMBER or len(group) != 8:
        raise MlsError("not from a member")
    reader.number(4)  # the member's leaf
    reader.vector()  # authenticated_data
    if reader.number(1) != _COMMIT:
        raise MlsError("not a commit")
    reader.vector()  # proposals
    if reader.number(1):  # an update path
        _leaf_node(reader)
        reader.vector()
    for _ in ("signature", "confirmation_tag", "membership_tag"):
        reader.vector()
    return Commit(int.from_bytes(group, "big"), epoch, data[: reader.at], data[reader.at :])


def _leaf_node(reader: Reader) -> tuple[bytes, tuple[int, int] | None]:
    """The identity, and the lifetime where there is one."""
    reader.vector()  # encryption_key
    reader.vector()  # signature_key
    if reader.number(2) != _BASIC:
        raise MlsError("a credential of another kind")
    identity = reader.vector()
    for _ in ("versions", "cipher_suites", "extensions", "proposals", "credentials"):
        reader.vector()
    source, lifetime = reader.number(1), None
    if source == 1:  # of a key package
        lifetime = (reader.number(8), reader.number(8))
    elif source == 3:  # of a commit
        reader.vector()  # parent_hash
    reader.vector()  # extensions
    reader.vector()  # signature
    return identity, lifetime
