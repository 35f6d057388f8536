"""Run every party in this process: for tests, teaching, benchmarks, and whole shards of a job."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

from protocols.core.coins import Coins, SeededCoins
from protocols.core.cost import Cost
from protocols.core.errors import LocalMisuse, ProtocolError, Stalled
from protocols.core.message import Envelope
from protocols.core.party import Role
from protocols.core.session import Session
from protocols.core.view import Recording, View
from protocols.core.wire import Once, OnceInMemory

NO_SESSION = bytes(32)

Tamper: TypeAlias = Callable[[Envelope], Envelope | Iterable[Envelope] | None]


@dataclass(frozen=True)
class Run:
    """What came of a run: outputs, views and costs by party, and errors where they are kept.

    Views are made when they are asked for: an outline hashes every message.
    """

    sessions: Mapping[str, Session[Any]]
    errors: Mapping[str, ProtocolError]

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """What each role returned."""
        return {name: session.result for name, session in self.sessions.items()}

    @cached_property
    def views(self) -> dict[str, View]:
        """All that each party saw."""
        return {name: self.view(name) for name in self.sessions}

    def view(self, party: str) -> View:
        """All that one party saw."""
        return self.sessions[party].view()

    @cached_property
    def costs(self) -> dict[str, Cost]:
        """What each party spent."""
        return {name: session.cost for name, session in self.sessions.items()}

    @property
    def rounds(self) -> int:
        """The longest chain of messages."""
        return max((cost.rounds for cost in self.costs.values()), default=0)

    @property
    def payload_bytes(self) -> int:
        """Payload that all parties sent."""
        return sum(cost.sent_payload_bytes for cost in self.costs.values())

    def flow(self) -> str:
        """The run as lines `round sender -> receiver: name, bytes`, sorted."""
        lines = sorted(
            (seen.depth, seen.sender, to, seen.name, seen.payload_bytes)
            for to, view in self.views.items()
            for seen in view.messages
        )
        return "\n".join(f"{d} {s} -> {to}: {name}, {size} bytes" for d, s, to, name, size in lines)


class Network:
    """How envelopes travel in memory, with hooks for everything that can go wrong on the way.

    `shuffle` seeds a random order of delivery (None: first in, first out; `eager`: what was sent
    last goes first, so that answers do not pile up behind questions). `tamper` returns what
    arrives in an envelope's place: None for a loss, several for duplicates. `late` holds an
    envelope back until nothing else is in flight and whoever can expire has expired.
    `expire_before` names parties whose time is up just before an envelope is delivered.
    """

    def __init__(
        self,
        *,
        shuffle: int | None = None,
        eager: bool = False,
        tamper: Tamper = lambda envelope: envelope,
        late: Callable[[Envelope], bool] = lambda _: False,
        expire_before: Callable[[Envelope], Iterable[str]] = lambda _: (),
    ) -> None:
        self.tamper, self.late, self.expire_before = tamper, late, expire_before
        self._dice = None if shuffle is None else random.Random(shuffle)
        self._eager = eager
        self._flying: deque[tuple[Envelope, int]] = deque()
        self._held: list[tuple[Envelope, int]] = []

    def put(self, envelopes: Iterable[Envelope]) -> None:
        """Take what a session sent, with the depth at which it left."""
        flying: list[tuple[Envelope, int]] = []
        for sent in envelopes:
            arriving = self.tamper(sent)
            if arriving is None:
                continue
            for envelope in [arriving] if isinstance(arriving, Envelope) else arriving:
                (self._held if self.late(envelope) else flying).append((envelope, sent.depth))
        if self._eager:
            self._flying.extendleft(reversed(flying))
        else:
            self._flying.extend(flying)

    def take(self) -> Envelope | None:
        """The next envelope to deliver, or None if nothing is in flight.

        Its depth is the one at which it left, whatever it says by now.
        """
        if not self._flying:
            return None
        if self._dice is not None:
            index = self._dice.randrange(len(self._flying))
            self._flying[0], self._flying[index] = self._flying[index], self._flying[0]
        envelope, depth = self._flying.popleft()
        return envelope if envelope.depth == depth else replace(envelope, depth=depth)

    def release(self) -> bool:
        """Let what was held back fly; False if nothing was."""
        self._flying.extend(self._held)
        released = bool(self._held)
        self._held.clear()
        return released


def run_local(
    roles: Mapping[str, Role[Any]],
    *,
    session: bytes = NO_SESSION,
    seed: bytes | None = None,
    coins: Callable[[str], Coins] | None = None,
    once: Callable[[str], Once] | None = None,
    network: Network | None = None,
    recording: Recording = "full",
    drop_bodies: bool = False,
    keep_errors: bool = False,
) -> Run:
    """Play all `roles` (by party, in the agreed order) and return what came of it.

    Coins are fresh unless `seed` fixes them or `coins` hands them out by name. `once` gives each
    party its store of spent labels; who plays several sessions of one job gives the same stores to
    all of them, since without `once` a party has one that is as old as this run. A session expires
    only when nothing is in flight, or where the network's script says so. The first error is
    raised, unless `keep_errors`: then the party that met it falls silent and the others go on.
    `drop_bodies`: see `Session`.
    """
    root = SeededCoins(seed)
    deal = coins or root.fork
    play = _Play(network or Network(), keep_errors)
    for name, role in roles.items():
        play.sessions[name] = Session(
            name,
            tuple(roles),
            role,
            session=session,
            coins=deal(name),
            once=once(name) if once else OnceInMemory(),
            recording=recording,
            drop_bodies=drop_bodies,
        )
    play.run()
    return Run(play.sessions, play.errors)


class _Play:
    """All sessions of one run and the network between them."""

    def __init__(self, network: Network, keep_errors: bool) -> None:
        self.sessions: dict[str, Session[Any]] = {}
        self.errors: dict[str, ProtocolError] = {}
        self._network, self._keep_errors = network, keep_errors

    def run(self) -> None:
        for session in self.sessions.values():
            self._step(session, Session.start)
        while self._deliver_all() or self._expire_soft() or self._network.release():
            pass
        waiting = [session for session in self._live() if not session.done]
        if waiting and not self._keep_errors:
            raise Stalled(tuple(missing for session in waiting for missing in session.missing()))
        for session in waiting:
            self.errors[session.me] = Stalled(session.missing())

    def _live(self) -> list[Session[Any]]:
        return [session for name, session in self.sessions.items() if name not in self.errors]

    def _deliver_all(self) -> bool:
        delivered = False
        while envelope := self._network.take():
            delivered = True
            for name in self._network.expire_before(envelope):
                self._step(self.sessions[name], Session.expire)
            receiver = self.sessions.get(envelope.to)
            if receiver is None:
                raise LocalMisuse(f"{envelope.sender} sent to {envelope.to}, which is not here")
            self._step(receiver, Session.deliver, envelope)
        return delivered

    def _expire_soft(self) -> bool:
        soft = [session for session in self._live() if session.waiting.soft]
        for session in soft:
            self._step(session, Session.expire)
        return bool(soft)

    def _step(
        self, session: Session[Any], step: Callable[..., list[Envelope]], *of: Envelope
    ) -> None:
        if session.me in self.errors:
            return
        try:
            self._network.put(step(session, *of))
        except ProtocolError as error:
            if not self._keep_errors:
                raise
            self.errors[session.me] = error
