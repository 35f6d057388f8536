"""A view: all that one party saw in one session, and enough to live it again.

The security definitions are about views, so this is what tests compare, the ledger reads and a
person can print. `outline` leaves the bodies out and keeps their hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from protocols.core.body import Body
from protocols.core.errors import LocalMisuse
from protocols.core.message import Carries, Envelope

Recording: TypeAlias = Literal["full", "outline"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One message that came in. `carries` is None if no role has taken it."""

    sender: str
    name: str
    number: int
    depth: int
    payload_bytes: int
    framing_bytes: int
    sha256: bytes
    carries: Carries | None
    fields: tuple[str, ...]
    body: Body | None

    def envelope(self, to: str) -> Envelope:
        """The message as it came; LocalMisuse if only its outline was kept."""
        if self.body is None:
            raise LocalMisuse(f"the body of {self.name} was not recorded: this is an outline")
        return Envelope(self.sender, to, self.name, self.number, self.depth, self.body)


@dataclass(frozen=True, slots=True)
class Expired:
    """The runtime said that time was up."""


Event: TypeAlias = Seen | Expired


@dataclass(frozen=True, slots=True)
class View:
    """What one party saw: its coins (the seed), what was recorded, and every event in order."""

    me: str
    circle: tuple[str, ...]
    session: bytes
    seed: bytes | None = field(repr=False)
    events: tuple[Event, ...]
    recorded: Mapping[str, bytes] = field(repr=False)
    recording: Recording

    @property
    def messages(self) -> tuple[Seen, ...]:
        """What came in, in order."""
        return tuple(event for event in self.events if isinstance(event, Seen))

    def without_bodies(self) -> View:
        """The same view as an outline: no coins, no recorded bytes, no bodies."""
        events = tuple(
            replace(event, body=None) if isinstance(event, Seen) else event for event in self.events
        )
        return replace(self, seed=None, recorded={}, events=events, recording="outline")

    def outline(self) -> tuple[tuple[str, str, int, int, int], ...]:
        """What shows before any arithmetic: sender, name, number, size, depth, in a fixed order.

        Sorted, since the order of delivery belongs to the network and not to the protocol.
        """
        return tuple(
            sorted(
                (
                    seen.sender,
                    seen.name,
                    seen.number,
                    seen.payload_bytes + seen.framing_bytes,
                    seen.depth,
                )
                for seen in self.messages
            )
        )
