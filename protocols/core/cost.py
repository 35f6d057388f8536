"""What a run cost one party: counted by its session, compared with the declared formula."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from protocols.core.body import Body


@dataclass(slots=True)
class Cost:
    """Messages and bytes of one party; payload is what the formula speaks of, framing the rest."""

    sent_messages: int = 0
    sent_payload_bytes: int = 0
    sent_framing_bytes: int = 0
    received_messages: int = 0
    received_payload_bytes: int = 0
    received_framing_bytes: int = 0
    rounds: int = 0  # the longest chain of messages that ended in one sent by this party
    compute_s: float = 0.0
    sent_payload_by_kind: dict[str, int] = field(default_factory=dict)  # share, ciphertext, ...

    def count_sent(self, body: Body, depth: int, kind: str) -> None:
        """One more message that left, at the end of a chain of `depth`."""
        self.sent_messages += 1
        self.sent_payload_bytes += body.payload_bytes
        self.sent_framing_bytes += body.framing_bytes
        self.rounds = max(self.rounds, depth)
        by_kind = self.sent_payload_by_kind
        by_kind[kind] = by_kind.get(kind, 0) + body.payload_bytes

    def count_received(self, body: Body) -> None:
        """One more message that came in."""
        self.received_messages += 1
        self.received_payload_bytes += body.payload_bytes
        self.received_framing_bytes += body.framing_bytes

    def beside(self, other: Cost) -> Cost:
        """The cost of two sessions that run side by side: their rounds overlap."""
        return self._and(other, max(self.rounds, other.rounds))

    def then(self, other: Cost) -> Cost:
        """The cost of two sessions, one after the other: their rounds add up."""
        return self._and(other, self.rounds + other.rounds)

    def _and(self, other: Cost, rounds: int) -> Cost:
        summed = {
            counter.name: getattr(self, counter.name) + getattr(other, counter.name)
            for counter in fields(Cost)
            if counter.name not in ("rounds", "sent_payload_by_kind")
        }
        kinds = {
            kind: self.sent_payload_by_kind.get(kind, 0) + other.sent_payload_by_kind.get(kind, 0)
            for kind in self.sent_payload_by_kind | other.sent_payload_by_kind
        }
        return Cost(**summed, rounds=rounds, sent_payload_by_kind=kinds)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a protocol says of one phase: its rounds, and payload bytes from each sender."""

    rounds: int = 0
    payload_bytes: dict[str, int] = field(default_factory=dict)  # sender -> bytes to everybody

    @property
    def total_bytes(self) -> int:
        """Payload bytes of all senders."""
        return sum(self.payload_bytes.values())

    def then(self, other: Declared) -> Declared:
        """This and what comes after it: rounds and bytes add up."""
        sent = {
            name: self.payload_bytes.get(name, 0) + other.payload_bytes.get(name, 0)
            for name in self.payload_bytes | other.payload_bytes
        }
        return Declared(self.rounds + other.rounds, sent)
