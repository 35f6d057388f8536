"""One party's run of one role: envelopes in, envelopes out. The only place that meters."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from protocols.core.body import MAX_BODY_BYTES, Body
from protocols.core.coins import Coins, SeededCoins
from protocols.core.cost import Cost
from protocols.core.errors import LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.message import Envelope
from protocols.core.party import Party, Role, begin
from protocols.core.view import Event, Expired, Recording, Seen, View
from protocols.core.wire import Key, Once, OnceInMemory, Wait, Wire, checked_wait

T = TypeVar("T")

MAX_DEPTH = 10_000  # a depth from a wire is a claim: it is bounded, and used for the meter alone
MAX_UNCLAIMED = 10_000  # messages that wait for a role to ask for them


class Session(Generic[T]):
    """A role over a party, resumed when what it awaits is in.

    `done` says whether the role has returned and `result` what; `waiting` what it wants next. If
    `lean`, an outline's messages are let go of as soon as the role has taken them.
    """

    def __init__(
        self,
        me: str,
        circle: tuple[str, ...],
        role: Role[T],
        *,
        session: bytes,
        coins: Coins | None = None,
        once: Once | None = None,
        recording: Recording = "full",
        lean: bool = False,
        replayed: Mapping[str, bytes] | None = None,
    ) -> None:
        self.cost, self.done, self.waiting = Cost(), False, Wait(frozenset())
        self._failed = False
        self.result: T | None = None
        self._recording = recording
        self._coins = SeededCoins() if coins is None else coins
        self._seed = self._coins.seed if isinstance(self._coins, SeededCoins) else None
        self._wire = Wire(session, once or OnceInMemory(), replayed=replayed)
        self._party = Party(me, circle, self._coins, self._wire)
        self._role = begin(role, self._party)
        self._events: list[Envelope | Expired] = []
        self._came: dict[Key, Body] = {}
        self._lean = lean and recording == "outline"
        self._untaken: list[int] = []  # which events

    @property
    def me(self) -> str:
        """Whose session this is."""
        return self._party.me

    def start(self) -> list[Envelope]:
        """Run the role up to its first wait; return what it sent."""
        return self._advance()

    def deliver(self, envelope: Envelope) -> list[Envelope]:
        """Take one message, in any order; return what it made the role send.

        Raises PeerFault for a message that the protocol has no place for.
        """
        self._refuse_if_failed()
        key = envelope.key
        self._admit(envelope, key)
        self._came[key] = envelope.body
        self._events.append(envelope)
        self.cost.count_received(envelope.body)
        if key in self._wire.expired:
            return []
        self._wire.inbox[key] = envelope
        sent = self._advance() if key in self.waiting.keys else []
        if self._lean:
            self._forget_taken()
        return sent

    def expire(self) -> list[Envelope]:
        """Time is up: what is gathered is gathered. Raises Stalled where messages must come."""
        self._refuse_if_failed()
        if self.done:
            return []
        if not self.waiting.soft:
            raise Stalled(self.missing())
        self._events.append(Expired())
        self._wire.expired |= self.waiting.soft
        return self._advance()

    def missing(self) -> tuple[Missing, ...]:
        """Who this session waits for, and what for."""
        return tuple(Missing(self.me, name, n, who) for who, name, n in sorted(self.waiting.keys))

    def view(self) -> View:
        """All that this party has seen so far."""
        return View(
            self.me,
            self._party.circle,
            self._party.session,
            self._seed if self._recording == "full" else None,
            tuple(self._seen(event) for event in self._events),
            dict(self._wire.recorded) if self._recording == "full" else {},
            self._recording,
        )

    def _admit(self, envelope: Envelope, key: Key) -> None:
        sender, name = envelope.sender, envelope.name
        if envelope.to != self.me or sender not in self._party.others:
            raise PeerFault(sender, f"sent {name} that is not for this session")
        if len(envelope.body) > MAX_BODY_BYTES or not 1 <= envelope.depth <= MAX_DEPTH:
            raise PeerFault(sender, f"sent {name} that is too large or claims too many rounds")
        if key in self._came:
            again = self._came[key].sha256 == envelope.body.sha256
            many = "twice" if again else "in two versions"
            raise PeerFault(sender, f"sent {name} #{envelope.number} {many}")
        if key in self._wire.expired:
            return
        if self.done or self._wire.stranger(name):
            raise PeerFault(sender, f"sent {name}, which nobody here takes")
        if len(self._wire.inbox) >= MAX_UNCLAIMED:
            raise PeerFault(sender, f"sent {name} on top of {MAX_UNCLAIMED} unclaimed messages")

    def _advance(self) -> list[Envelope]:
        clock = time.perf_counter()
        try:
            self.waiting = checked_wait(self._role.send(None))
        except StopIteration as stop:
            self.done, self.result, self.waiting = True, stop.value, Wait(frozenset())
            self._refuse_leftovers()
        except BaseException:
            self._failed, self.waiting = True, Wait(frozenset())
            raise
        finally:
            self.cost.compute_s += time.perf_counter() - clock
        outgoing, self._wire.outbox = self._wire.outbox, []
        for envelope, kind in outgoing:
            self.cost.count_sent(envelope.body, envelope.depth, kind.carries.kind)
        return [envelope for envelope, _ in outgoing]

    def _forget_taken(self) -> None:
        untaken = []
        for at in (*self._untaken, len(self._events) - 1):
            event = self._events[at]
            if isinstance(event, Expired):
                continue
            if event.key in self._wire.inbox:
                untaken.append(at)
            else:
                self._events[at] = kept = replace(event, body=event.body.outline())
                self._came[kept.key] = kept.body
        self._untaken = untaken

    def _refuse_if_failed(self) -> None:
        if self._failed:
            raise LocalMisuse(f"the role of {self.me} has failed: its session takes nothing more")

    def _refuse_leftovers(self) -> None:
        left = sorted(self._wire.inbox)
        if left:
            names = ", ".join(f"{name} #{number}" for _, name, number in left)
            senders = tuple(dict.fromkeys(sender for sender, _, _ in left))
            raise PeerFault(senders, f"sent {names}, which nobody asked for")

    def _seen(self, event: Envelope | Expired) -> Event:
        if isinstance(event, Expired):
            return event
        kind = self._wire.taken.get(event.key)
        return Seen(
            event.sender,
            event.name,
            event.number,
            event.depth,
            event.body.payload_bytes,
            event.body.framing_bytes,
            event.body.sha256,
            kind.carries if kind else None,
            kind.fields() if kind else (),
            event.body if self._recording == "full" else None,
        )


def replay(role: Role[T], view: View) -> tuple[T | None, list[Envelope]]:
    """Live a view again: the role's output, and everything it sent, in order.

    Raises LocalMisuse for a view whose coins or bodies were not recorded.
    """
    if view.seed is None:
        raise LocalMisuse("a view without its coins cannot be replayed: record it in full")
    session = Session(
        view.me,
        view.circle,
        role,
        session=view.session,
        coins=SeededCoins(view.seed),
        replayed=view.recorded,
    )
    sent = session.start()
    for event in view.events:
        sent += (
            session.expire()
            if isinstance(event, Expired)
            else session.deliver(event.envelope(view.me))
        )
    return session.result, sent
