"""A whole job of one protocol, played in memory from its Spec: setup, shards, closing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from protocols.core.coins import Coins, SeededCoins
from protocols.core.errors import ProtocolError
from protocols.core.local import Network, Run, run_local
from protocols.core.party import Party, Role
from protocols.core.spec import Inputs, Own, Phase, RoleOf, Setting, Spec, phase_named
from protocols.core.view import Recording
from protocols.core.wire import Once, OnceInMemory

Networks: TypeAlias = Callable[[Phase, int], Network]


def _calm(_phase: Phase, _number: int) -> Network:
    return Network()


@dataclass(frozen=True, slots=True)
class Step:
    """One phase of a rehearsal, or one of its shards; `roles` can be played again."""

    phase: Phase
    number: int
    roles: Mapping[str, Role[Any]]
    run: Run


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of a job: every step, the outputs of each shard, and whose role failed."""

    steps: tuple[Step, ...]
    outputs: tuple[dict[str, Any], ...]  # for each shard: party -> output; None is left out
    errors: dict[str, ProtocolError]

    def phase(self, phase: str) -> Iterator[Step]:
        """The steps of one phase."""
        wanted = phase_named(phase)
        return (step for step in self.steps if step.phase == wanted)


def rehearse(
    spec: Spec,
    setting: Setting,
    inputs: Inputs,
    *,
    shards: int = 1,
    coins: Coins | None = None,
    session: bytes = b"",
    networks: Networks = _calm,
    keep_errors: bool = False,
    recording: Recording = "full",
) -> Rehearsal:
    """Play the job. All its shards have the same people: the hardest case for masks.

    Each party has one store of spent labels for the whole job.
    `coins` are forked by step, then by party; `session` goes into the id of every step; `networks`
    gives each step its own. The first error is raised, unless `keep_errors`: then the party that
    met it is absent from there on.
    """
    root = SeededCoins() if coins is None else coins
    errors: dict[str, ProtocolError] = {}
    stores: defaultdict[str, Once] = defaultdict(OnceInMemory)
    steps: list[Step] = []

    def play(phase: Phase, number: int, roles: RoleOf, private: Callable[[str], Own]) -> Run:
        cast = {
            name: _absent if name in errors else roles(setting, name, private(name))
            for name in setting.parties
        }
        acting = {name: role for name, role in cast.items() if role}
        label = f"{phase} {number}"
        run = run_local(
            acting,
            session=hashlib.sha256(session + label.encode()).digest(),
            coins=root.fork(label).fork,
            once=stores.__getitem__,
            network=networks(phase, number),
            recording=recording,
            keep_errors=keep_errors,
        )
        errors.update({name: error for name, error in run.errors.items() if name not in errors})
        steps.append(Step(phase, number, acting, run))
        return run

    material: Mapping[str, Any] = {}
    if spec.setup:
        material = play("setup", 0, spec.setup, lambda me: Own(inputs.get(me))).outputs

    def private_of(me: str, kept: tuple[Any, ...] = ()) -> Own:
        return Own(inputs.get(me), material.get(me) or b"", kept)

    done = [play("shard", number, spec.shard, private_of).outputs for number in range(shards)]
    if spec.closing:
        kept = {me: tuple(outputs.get(me) for outputs in done) for me in setting.parties}
        closed = play("closing", 0, spec.closing, lambda me: private_of(me, kept[me])).outputs
        done = [
            {me: results[number] for me, results in closed.items() if results}
            for number in range(shards)
        ]
    outputs = tuple(_present(shard_outputs) for shard_outputs in done)
    return Rehearsal(tuple(steps), outputs, errors)


async def _absent(_: Party) -> None:
    """The part of a party that has failed before."""


def _present(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: output for name, output in outputs.items() if output is not None}
