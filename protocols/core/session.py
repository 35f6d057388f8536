"""One party's run of one role: envelopes in, envelopes out. The only place that meters."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from protocols.core.abort import Abort
from protocols.core.body import MAX_BODY_BYTES, Body
from protocols.core.coins import Coins, SeededCoins
from protocols.core.cost import Cost
from protocols.core.errors import LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.message import MAX_DEPTH, Envelope
from protocols.core.party import Party, Role, begin
from protocols.core.view import Event, Expired, Recording, Seen, View
from protocols.core.wire import (
    NO_TAKER,
    Key,
    Once,
    OnceInMemory,
    Unclaimed,
    Wait,
    Wire,
    checked_wait,
)

T = TypeVar("T")

# What one sender may have waiting for a role to ask for it. Counted by sender, so that whoever
# goes over a bound is the one to blame. A list of 1,000,000 people is 15 to 100 MiB.
MAX_UNCLAIMED = 10_000  # messages
MAX_UNCLAIMED_BYTES = 256 << 20


class Session(Generic[T]):
    """A role over a party, resumed when what it awaits is in.

    `done` says whether the role has returned and `result` what; `waiting` what it wants next.
    `once` is the party's store of spent labels: the same one in every session of a job. With
    `drop_bodies`, a session that is recorded as an outline frees a message's body once the role
    has used it; only its hash and sizes stay.
    """

    def __init__(
        self,
        me: str,
        circle: tuple[str, ...],
        role: Role[T],
        *,
        session: bytes,
        once: Once,
        coins: Coins | None = None,
        recording: Recording = "full",
        drop_bodies: bool = False,
        replayed: Mapping[str, bytes] | None = None,
    ) -> None:
        self.cost, self.done, self.waiting = Cost(), False, Wait(frozenset())
        self._failed = False
        self.result: T | None = None
        self._recording = recording
        self._coins = SeededCoins() if coins is None else coins
        self._seed = self._coins.seed if isinstance(self._coins, SeededCoins) else None
        self._wire = Wire(session, once, replayed=replayed)
        self._party = Party(me, circle, self._coins, self._wire)
        self._role = begin(role, self._party)
        self._events: list[Envelope | Expired] = []
        self._came: dict[Key, Body] = {}
        self._drop_bodies = drop_bodies and recording == "outline"
        self._untaken: list[int] = []  # which events

    @property
    def me(self) -> str:
        """Whose session this is."""
        return self._party.me

    @property
    def id(self) -> bytes:
        """What all parties of this session call it: 32 public bytes that no other session has."""
        return self._party.session

    def start(self) -> list[Envelope]:
        """Run the role up to its first wait; return what it sent."""
        return self._advance()

    def deliver(self, envelope: Envelope | Abort) -> list[Envelope]:
        """Take one message, in any order; return what it made the role send.

        Raises PeerFault for a message that the protocol has no place for, and Aborted if it is a
        peer's last word: then the role ends here too.
        """
        self._refuse_if_failed()
        if isinstance(envelope, Abort):
            if envelope.sender not in self._party.others:
                raise PeerFault(envelope.sender, "sent an abort that is not for this session")
            self._end()
            raise envelope.error()
        key = envelope.key
        self._admit(envelope, key)
        self._came[key] = envelope.body
        self._events.append(envelope)
        self.cost.count_received(envelope.body)
        if key in self._wire.expired:
            return []
        self._wire.put(envelope)
        sent = self._advance() if key in self.waiting.keys else []
        if self._drop_bodies:
            self._drop_taken()
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

    def abort(self, error: BaseException) -> Abort:
        """End this session because of `error`, and return what the others are to be told."""
        self._end()
        return Abort.because(self.me, error)

    def missing(self) -> tuple[Missing, ...]:
        """Who this session waits for, and what for."""
        return tuple(
            Missing(self.me, name, number, sender)
            for sender, name, number in sorted(self.waiting.keys)
        )

    def unclaimed(self, sender: str) -> Unclaimed:
        """How much of `sender` waits for the role to ask for it."""
        return self._wire.unclaimed.get(sender, Unclaimed())

    @property
    def ignored(self) -> frozenset[Key]:
        """What may still come, although its time was up; nobody looks at it."""
        return frozenset(self._wire.expired - self._came.keys())

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
            identical = self._came[key].sha256 == envelope.body.sha256
            how = "twice" if identical else "in two versions"
            raise PeerFault(sender, f"sent {name} #{envelope.number} {how}")
        if key in self._wire.expired:
            return
        if self.done or self._wire.stranger(name):
            raise PeerFault(sender, f"sent {name}, {NO_TAKER}")
        unclaimed = self.unclaimed(sender)
        if unclaimed.messages >= MAX_UNCLAIMED:
            raise PeerFault(sender, f"sent {name} on top of {MAX_UNCLAIMED} unclaimed messages")
        if unclaimed.body_bytes + len(envelope.body) > MAX_UNCLAIMED_BYTES:
            raise PeerFault(
                sender, f"sent {name}: with it more than {MAX_UNCLAIMED_BYTES} bytes are unclaimed"
            )

    def _advance(self) -> list[Envelope]:
        clock = time.perf_counter()
        try:
            self.waiting = checked_wait(self._role.send(None))
        except StopIteration as stop:
            self.done, self.result, self.waiting = True, stop.value, Wait(frozenset())
            self._refuse_leftovers()
        except BaseException:
            self._end()
            raise
        finally:
            self.cost.compute_s += time.perf_counter() - clock
        outgoing, self._wire.outbox = self._wire.outbox, []
        for envelope, kind in outgoing:
            self.cost.count_sent(envelope.body, envelope.depth, kind.carries.kind)
        return [envelope for envelope, _ in outgoing]

    def _end(self) -> None:
        """Nothing more is taken; what the role holds is freed."""
        self._failed, self.waiting = True, Wait(frozenset())
        self._role.close()

    def _drop_taken(self) -> None:
        untaken = []
        for index in (*self._untaken, len(self._events) - 1):
            event = self._events[index]
            assert isinstance(event, Envelope), "what is taken or not is a message"
            if event.key in self._wire.inbox:
                untaken.append(index)
            else:
                self._events[index] = kept = replace(event, body=event.body.outline())
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
            raise PeerFault(senders, f"sent {names}, which no role asked for")

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

    Nothing is spent by it: it has a store of its own. Raises LocalMisuse for a view whose coins or
    bodies were not recorded.
    """
    if view.seed is None:
        raise LocalMisuse("a view without its coins cannot be replayed: record it in full")
    session = Session(
        view.me,
        view.circle,
        role,
        session=view.session,
        once=OnceInMemory(),
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
