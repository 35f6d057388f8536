"""Parties that live in threads of their own and talk over a transport: the roles of `run_local`."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, Literal

from privscore.runtime.pipes import PipeTransport, pipes_between
from protocols.core.coins import Coins, SeededCoins
from protocols.core.cost import Cost
from protocols.core.link import Link
from protocols.core.local import NO_SESSION, Tamper
from protocols.core.message import Envelope
from protocols.core.party import Role
from protocols.core.play_job import Rehearsal
from protocols.core.session import Session
from protocols.core.spec import Inputs, Own, Setting, Spec
from protocols.core.transport import MemoryHub, Transport
from protocols.core.view import View
from protocols.core.wire import OnceInMemory

Kind = Literal["memory", "pipes"]
GRACE_S = 10.0  # is over as soon as all that can be said was said; it has to last on a busy machine
KINDS: tuple[Kind, ...] = ("memory", "pipes")


def untouched(envelope: Envelope) -> Envelope:
    return envelope


@dataclass
class Played:
    """What came of it, by party; `views` and `costs` of the last session that a party began."""

    outputs: dict[str, Any] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)
    errors: dict[str, BaseException] = field(default_factory=dict)


class Tampering:
    """A transport whose sender has a `tamper` hook, and holds back what is `late` for a while."""

    def __init__(
        self,
        inner: Transport,
        tamper: Tamper,
        late: Callable[[Envelope], bool] = lambda _: False,
        late_s: float = 0.0,
    ) -> None:
        self._inner, self._tamper, self._late, self._late_s = inner, tamper, late, late_s
        self._timers: list[threading.Timer] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, session: bytes, envelope: Envelope) -> None:
        arriving = self._tamper(envelope)
        if arriving is None:
            return
        for sent in [arriving] if isinstance(arriving, Envelope) else arriving:
            if self._late(sent):
                timer = threading.Timer(self._late_s, self._inner.send, (session, sent))
                timer.start()
                self._timers.append(timer)
            else:
                self._inner.send(session, sent)

    def close_sending(self) -> None:
        for timer in self._timers:
            timer.join()
        self._inner.close_sending()


def transports(kind: Kind, names: Iterable[str]) -> dict[str, Transport]:
    """A transport for each party, connected to all the others."""
    names = tuple(names)
    if kind == "memory":
        hub = MemoryHub(names)
        return {name: hub.transport(name) for name in names}
    pipes = pipes_between(names)
    return {name: PipeTransport(name, pipes[name]) for name in names}


def in_threads(parts: Mapping[str, Callable[[], None]]) -> dict[str, BaseException]:
    """Run every party's part in a thread of its own; what each of them raised."""
    errors: dict[str, BaseException] = {}

    def run(name: str) -> None:
        try:
            parts[name]()
        except BaseException as error:
            errors[name] = error

    threads = [threading.Thread(target=run, args=(name,), daemon=True) for name in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a party that waits without end"
    return errors


def run_over(
    kind: Kind,
    roles: Mapping[str, Role[Any]],
    *,
    session: bytes = NO_SESSION,
    seed: bytes | None = None,
    tamper: Tamper = untouched,
    late: Callable[[Envelope], bool] = lambda _: False,
    late_s: float = 0.0,
    deadline_s: float = 5.0,
) -> Played:
    """`run_local`, each party by itself: one session, and then everybody is seen off."""
    root = SeededCoins(seed)
    coins = {name: root.fork(name) for name in roles}

    def course(name: str, link: Link, played: Played) -> None:
        party: Session[Any] = Session(
            name,
            tuple(roles),
            roles[name],
            session=session,
            once=OnceInMemory(),
            coins=coins[name],
        )
        play(link, party, played)

    return _courses(
        kind, roles, course, partial(Tampering, tamper=tamper, late=late, late_s=late_s), deadline_s
    )


def job_over(
    kind: Kind,
    spec: Spec,
    setting: Setting,
    inputs: Inputs,
    model: Rehearsal,
    *,
    coins: Coins,
    tamper: Tamper = untouched,
    deadline_s: float = 20.0,
) -> list[Played]:
    """`rehearse`, each party by itself: the steps of the `model`, and what came of each."""
    steps = [(step.phase, step.number, tuple(step.roles)) for step in model.steps]
    plays = dict(spec.phases())
    dealt: list[dict[str, Coins]] = []
    for phase, number, circle in steps:
        fork = coins.fork(f"{phase} {number}")
        dealt.append({name: fork.fork(name) for name in circle})
    by_step = [Played() for _ in steps]

    def course(name: str, link: Link, _: Played) -> None:
        private, store = Own(inputs.get(name)), OnceInMemory()
        kept: list[Any] = []
        for place, (phase, number, circle) in enumerate(steps):
            if name not in circle:
                kept += [None] * (phase == "shard")
                continue
            if phase == "closing":
                private = Own(private.data, private.material, tuple(kept))
            role = plays[phase](setting, name, private)
            assert role
            session: Session[Any] = Session(
                name,
                circle,
                role,
                session=hashlib.sha256(f"{phase} {number}".encode()).digest(),
                once=store,
                coins=dealt[place][name],
            )
            play(link, session, by_step[place])
            output = by_step[place].outputs[name]
            if phase == "setup":
                private = Own(private.data, output or b"")
            if phase == "shard":
                kept.append(output)

    ended = _courses(kind, setting.parties, course, partial(Tampering, tamper=tamper), deadline_s)
    by_step[-1].errors = ended.errors
    return by_step


def play(link: Link, session: Session[Any], played: Played) -> None:
    """Drive one session and note what came of it."""
    name = session.me
    try:
        played.outputs[name] = link.drive(session)
    finally:
        played.views[name], played.costs[name] = session.view(), session.cost


def _courses(
    kind: Kind,
    names: Iterable[str],
    course: Callable[[str, Link, Played], None],
    tampering: Callable[[Transport], Any],
    deadline_s: float,
) -> Played:
    played = Played()
    by_name = transports(kind, names)

    def part(name: str) -> None:
        transport = tampering(by_name[name])
        try:
            link = Link(transport, deadline_s=deadline_s, grace_s=GRACE_S)
            course(name, link, played)
            link.finish(deadline_s=3 * deadline_s)
        finally:
            transport.close_sending()

    played.errors = in_threads({name: partial(part, name) for name in by_name})
    for transport in by_name.values():
        transport.close()
    return played


def spent(cost: Cost) -> dict[str, Any]:
    """A cost without its seconds."""
    return {item.name: getattr(cost, item.name) for item in fields(Cost) if item.name[-2:] != "_s"}


def seen(view: View) -> list[tuple[Any, ...]]:
    """What one party saw, whatever the order in which it came."""
    return sorted(
        (
            (message.sender, message.name, message.number, message.depth, message.sha256)
            for message in view.messages
        ),
    )
