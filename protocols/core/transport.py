"""What carries envelopes between parties: a `Transport`, and one for parties in one process.

A transport knows no protocol. It keeps the messages of one peer in order, never blocks a sender,
and says who sent what: `Arrival.peer` is proven by the connection, whatever the message claims.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from protocols.core.abort import Abort
from protocols.core.errors import LocalMisuse
from protocols.core.message import Envelope

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Closed:
    """A peer sends nothing more. `fault` is what it did wrong, if the connection ended by that."""

    fault: str = ""


class Arrival(NamedTuple):
    """What came from a peer, for which session (no session if the peer is gone)."""

    peer: str
    session: bytes
    message: Envelope | Abort | Closed


class Transport(Protocol):
    """One party's connections to its peers."""

    @property
    def me(self) -> str:
        """Whose connections these are."""

    @property
    def peers(self) -> tuple[str, ...]:
        """Who can be reached."""

    def send(self, session: bytes, envelope: Envelope) -> None:
        """Send a message on its way; returns at once. To a peer that is gone it is lost.

        Raises LocalMisuse for somebody who is no peer.
        """

    def abort(self, session: bytes, abort: Abort) -> None:
        """Tell all peers that this party ends its part."""

    def next(self, deadline: float, paused: Set[str] = NOBODY) -> Arrival | None:
        """The next arrival from anybody but `paused`; None at the `deadline` (time.monotonic)."""

    def unsent(self) -> Mapping[str, int]:
        """How many bytes wait to be taken by each peer that has not taken all."""

    def close_sending(self) -> None:
        """Send nothing more; what was sent still arrives, and so does what peers send."""

    def close(self) -> None:
        """End all connections. What was sent is given a moment to leave."""


Item: TypeAlias = tuple[int, Arrival, int]  # place in the order of arrival, what, bytes


class Inbox:
    """What came in from each peer and was not taken yet; safe between threads."""

    def __init__(self, peers: Iterable[str], max_bytes: int | None = None) -> None:
        self._queues: dict[str, deque[Item]] = {peer: deque() for peer in peers}
        self._bytes = dict.fromkeys(self._queues, 0)
        self._max_bytes = max_bytes
        self._count = 0
        self._open = True
        self._changed = threading.Condition()

    def put(self, arrival: Arrival, size: int = 0) -> None:
        """Keep an arrival; waits while more than the bound is kept of this peer."""
        peer = arrival.peer
        with self._changed:
            if self._max_bytes is not None:
                most = self._max_bytes
                self._changed.wait_for(lambda: self._bytes[peer] <= most or not self._open)
            self._count += 1
            self._queues[peer].append((self._count, arrival, size))
            self._bytes[peer] += size
            self._changed.notify_all()

    def take(self, deadline: float, paused: Set[str] = NOBODY) -> Arrival | None:
        """See `Transport.next`."""
        with self._changed:
            while not (waiting := self._waiting(paused)):
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)
            peer = min(waiting)[1]
            _, arrival, size = self._queues[peer].popleft()
            self._bytes[peer] -= size
            self._changed.notify_all()
            return arrival

    def close(self) -> None:
        """Let whoever waits for room go on: nothing will be taken any more."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _waiting(self, paused: Set[str]) -> list[tuple[int, str]]:
        return [
            (queue[0][0], peer)
            for peer, queue in self._queues.items()
            if queue and peer not in paused
        ]


class MemoryHub:
    """Connections between parties of one process, each of which may live in a thread of its own.

    Messages are handed over as they are: nothing is encoded or copied.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self.inboxes = {
            name: Inbox(peer for peer in self.names if peer != name) for name in self.names
        }

    def transport(self, name: str) -> MemoryTransport:
        """The connections of one party."""
        return MemoryTransport(self, name)


class MemoryTransport:
    """See `Transport` and `MemoryHub`."""

    def __init__(self, hub: MemoryHub, me: str) -> None:
        self._hub, self._me = hub, me
        self._open = True

    @property
    def me(self) -> str:
        """See `Transport.me`."""
        return self._me

    @property
    def peers(self) -> tuple[str, ...]:
        """See `Transport.peers`."""
        return tuple(name for name in self._hub.names if name != self._me)

    def send(self, session: bytes, envelope: Envelope) -> None:
        """See `Transport.send`."""
        if envelope.to not in self.peers:
            raise LocalMisuse(f"{self._me} has no connection to {envelope.to}")
        self._put(envelope.to, Arrival(self._me, session, envelope))

    def abort(self, session: bytes, abort: Abort) -> None:
        """See `Transport.abort`."""
        for peer in self.peers:
            self._put(peer, Arrival(self._me, session, abort))

    def next(self, deadline: float, paused: Set[str] = NOBODY) -> Arrival | None:
        """See `Transport.next`."""
        return self._hub.inboxes[self._me].take(deadline, paused)

    def unsent(self) -> Mapping[str, int]:
        """See `Transport.unsent`: in memory a message arrives when it is sent."""
        return {}

    def close_sending(self) -> None:
        """See `Transport.close_sending`."""
        if self._open:
            for peer in self.peers:
                self._put(peer, Arrival(self._me, b"", Closed()))
        self._open = False

    def close(self) -> None:
        """See `Transport.close`."""
        self.close_sending()

    def _put(self, peer: str, arrival: Arrival) -> None:
        if self._open:
            self._hub.inboxes[peer].put(arrival)
