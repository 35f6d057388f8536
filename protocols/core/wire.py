"""What lies between a party and its session: mailboxes, waits, and labels that are spent."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from protocols.core.errors import LocalMisuse
from protocols.core.message import Envelope, Message

Key: TypeAlias = tuple[str, str, int]  # sender, name, number

NO_TAKER: Final = "but no role in this session receives that message type"


class Once(Protocol):
    """Labels that are spent: one store for all sessions of one party in one job.

    A set in memory is enough where party and job live and end in one process; a party that may
    start again needs a store on disk.
    """

    def spend(self, label: str) -> bool:
        """Mark a label as spent, for good; False if it was."""


class OnceInMemory:
    """Labels spent in this process."""

    def __init__(self) -> None:
        self._spent: set[str] = set()

    def spend(self, label: str) -> bool:
        """See `Once.spend`."""
        fresh = label not in self._spent
        self._spent.add(label)
        return fresh


@dataclass(frozen=True, slots=True)
class Wait:
    """What a paused role wants: any of `keys`. Those in `soft` may also expire."""

    keys: frozenset[Key]
    soft: frozenset[Key] = frozenset()

    def __await__(self) -> Generator[Wait, None, None]:
        yield self


@dataclass(slots=True)
class Unclaimed:
    """How much of one sender waits for a role to ask for it."""

    messages: int = 0
    body_bytes: int = 0


@dataclass(slots=True)
class Wire:
    """What the branches of one party share, and what its session fills and empties."""

    session: bytes
    once: Once
    inbox: dict[Key, Envelope] = field(default_factory=dict)
    outbox: list[tuple[Envelope, type[Message]]] = field(default_factory=list)
    known: dict[str, frozenset[str]] = field(default_factory=dict)  # scope -> names it takes
    expired: set[Key] = field(default_factory=set)
    taken: dict[Key, type[Message]] = field(default_factory=dict)
    recorded: dict[str, bytes] = field(default_factory=dict)
    replayed: Mapping[str, bytes] | None = None
    scopes: dict[str, int] = field(default_factory=dict)
    streams: set[tuple[bytes, str]] = field(default_factory=set)
    unclaimed: dict[str, Unclaimed] = field(default_factory=dict)  # by sender

    def put(self, envelope: Envelope) -> None:
        """Keep a message until a role asks for it."""
        self.inbox[envelope.key] = envelope
        waiting = self.unclaimed.setdefault(envelope.sender, Unclaimed())
        waiting.messages += 1
        waiting.body_bytes += len(envelope.body)

    def claim(self, key: Key) -> Envelope:
        """A message that is there, for the role that asks for it."""
        envelope = self.inbox.pop(key)
        waiting = self.unclaimed[envelope.sender]
        waiting.messages -= 1
        waiting.body_bytes -= len(envelope.body)
        return envelope

    def stranger(self, name: str) -> bool:
        """Whether the role in charge of this name has begun and takes no such message."""
        scope, _, kind = name.rpartition("/")
        return scope in self.known and kind not in self.known[scope]


def checked_wait(value: object) -> Wait:
    """The wait that a role yielded; LocalMisuse if it awaited anything but a message."""
    if not isinstance(value, Wait):
        raise LocalMisuse(f"a role awaited a {type(value).__name__}; it may await messages only")
    return value
