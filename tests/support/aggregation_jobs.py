"""Whole jobs of masked sums, phase by phase, with everybody in this process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from protocols.aggregation import closing, masked_input, setup
from protocols.aggregation.closing import UnmaskedSum
from protocols.aggregation.masked_input import MaskedShard
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.spec import insecure_identities, insecure_identity
from protocols.core.errors import PeerFault
from protocols.core.local import Network, Run, run_local
from protocols.core.message import Envelope
from protocols.core.party import Party, Role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import platforms
from protocols.core.wire import OnceInMemory

DESK = "desk"
RING = Ring(32)


def plan_of(parties: int, threshold: int) -> MaskingPlan:
    """The complete graph, with as many signers as shares: `threshold`."""
    identities = insecure_identities(platforms(parties))
    return MaskingPlan(DESK, identities, threshold, threshold, parties - 1)


def vectors(plan: MaskingPlan, people: int, seed: int = 0) -> dict[str, Vec]:
    """Points for everybody."""
    dice = np.random.default_rng(seed)
    return {name: dice.integers(0, 500, people, RING.dtype) for name in plan.platforms}


def silent(names: Collection[str], kind: str) -> Network:
    """A network on which `names` are not heard from their message `kind` on."""
    return lossy(dict.fromkeys(names, kind))


def lossy(last: Mapping[str, str]) -> Network:
    """A network on which each of these names is not heard from its message of that kind on."""
    gone: set[str] = set()

    def tamper(envelope: Envelope) -> Envelope | None:
        if envelope.name.endswith(f"/{last.get(envelope.sender)}"):
            gone.add(envelope.sender)
        return None if envelope.sender in gone else envelope

    return Network(tamper=tamper)


def in_session(session: bytes, role: Role[Any]) -> Role[Any]:
    """The same role for a party that takes the session for another."""

    async def play(party: Party) -> Any:
        party._wire.session = session
        return await role(party)

    return play


@dataclass
class Job:
    """One job: its material, and what is done once, are kept from phase to phase.

    Who is in `agreed` has another id of the job than the others. With a `seed`, two jobs draw the
    same coins in the same phase.
    """

    plan: MaskingPlan
    name: str = "job"
    materials: dict[str, bytes] = field(default_factory=dict)
    once: dict[str, OnceInMemory] = field(default_factory=dict)
    agreed: dict[str, str] = field(default_factory=dict)
    seed: bytes | None = None

    def session(self, phase: str, me: str = "") -> bytes:
        """The id of one session, as one party has it."""
        return hashlib.sha256(f"{self.name} {phase} {self.agreed.get(me, '')}".encode()).digest()

    def play(
        self,
        phase: str,
        platform: Callable[[str], Role[Any]],
        desk: Role[Any],
        network: Network | None = None,
    ) -> Run:
        """One session of all parties that are still there; errors are kept."""
        names = self.materials or dict.fromkeys(self.plan.platforms)
        return run_local(
            {
                name: in_session(self.session(phase, name), platform(name))
                for name in self.plan.platforms
                if name in names
            }
            | {DESK: desk},
            session=self.session(phase),
            seed=self.seed,
            once=lambda name: self.once.setdefault(name, OnceInMemory()),
            network=network,
            keep_errors=True,
        )

    def open(self, network: Network | None = None, desk: Role[Any] | None = None) -> Run:
        """The setup; keeps the material of whoever came through."""
        run = self.play(
            "setup",
            lambda me: partial(setup.platform, plan=self.plan, identity=insecure_identity(me)),
            desk or partial(setup.aggregator, plan=self.plan),
            network,
        )
        self.materials = {name: found for name, found in run.outputs.items() if found is not None}
        return run

    def shard(self, number: int, given: Mapping[str, Vec], network: Network | None = None) -> Run:
        """One shard; the aggregator's output is what it keeps."""
        return self.play(
            f"shard {number}",
            lambda me: partial(
                masked_input.platform,
                vector=given[me],
                plan=self.plan,
                material=self.materials[me],
                ring=RING,
            ),
            partial(
                masked_input.aggregator,
                people=len(next(iter(given.values()))),
                plan=self.plan,
                material=self.materials[DESK],
                ring=RING,
            ),
            network,
        )

    def close(
        self,
        shards: Sequence[MaskedShard],
        network: Network | None = None,
        *,
        phase: str = "closing",
        desk: Role[Any] | None = None,
        answered: Collection[str] | None = None,
    ) -> Run:
        """The closing; the aggregator's output is the sum.

        The platforms answer for no other survivors than those `answered` before, if any were.
        """

        def commit_answer(survivors: tuple[str, ...]) -> None:
            if answered is not None and {*answered} != {*survivors}:
                raise PeerFault(DESK, "asks about the same people with another set of platforms")

        return self.play(
            phase,
            lambda me: partial(
                closing.platform,
                plan=self.plan,
                material=self.materials[me],
                identity=insecure_identity(me),
                commit_answer=commit_answer,
            ),
            desk
            or partial(
                closing.aggregator,
                plan=self.plan,
                material=self.materials[DESK],
                shards=shards,
                ring=RING,
            ),
            network,
        )


def is_sum(
    unmasked: UnmaskedSum, given: Sequence[Mapping[str, Vec]], names: Collection[str]
) -> bool:
    """Whether what was found is the sum of exactly these platforms' vectors, in every shard."""
    sums = [RING.total(each[name] for name in names) for each in given]
    return set(unmasked.survivors) == set(names) and all(
        np.array_equal(total, expected)
        for total, expected in zip(unmasked.totals, sums, strict=True)
    )


def opened_by(run: Run) -> set[str]:
    """Who sent shares to the aggregator in this run."""
    return {m.sender for m in run.views[DESK].messages if m.name.endswith("OpenedShares")}
