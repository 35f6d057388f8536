"""How fast `masked-sum` is: the protocol from memory, its bytes, and 1,024 parties.

python benchmarks/masked_sum.py           everything, and the page
python benchmarks/masked_sum.py --few     8 platforms only, printed and not written to the page
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from measure import publish

from protocols.aggregation import closing, masked_input, setup
from protocols.aggregation.masked_input import MaskedShard
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.spec import insecure_identities, insecure_identity
from protocols.core.cost import Cost
from protocols.core.local import Network, Run, run_local
from protocols.core.message import Envelope
from protocols.core.party import Role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import platforms

DESK = "desk"
PEOPLE = 1_000_000
SHARD = 65_536
TURNS = 7
MANY, VALUES = 1_024, 10_000
LOST, COLLUDERS = MANY // 20, MANY // 5


@dataclass(frozen=True, slots=True)
class Played:
    """One job that is over: processor seconds, and every party's costs by phase."""

    processor_s: float
    costs: Mapping[str, Mapping[str, Cost]]

    def sent_bytes(self, party: str, *phases: str) -> int:
        """Payload that a party sent in these phases."""
        return sum(self.costs[phase][party].sent_payload_bytes for phase in phases)

    def compute_s(self, party: str) -> float:
        """What a party worked out, all phases together, on the wall clock."""
        return sum(costs[party].compute_s for costs in self.costs.values())


def play(
    plan: MaskingPlan, given: Mapping[str, Vec], ring: Ring, shard: int, lost: Sequence[str] = ()
) -> Played:
    """Setup, shards and closing of one job, all parties; `lost` are silent from masking on."""
    people = len(next(iter(given.values())))
    costs: dict[str, dict[str, Cost]] = {}
    clock = time.process_time()

    def phase(step: str, number: int, platform: Callable[[str], Role[Any]], desk: Role[Any]) -> Run:
        def silent(envelope: Envelope) -> Envelope | None:
            return None if step != "setup" and envelope.sender in lost else envelope

        run = run_local(
            {name: platform(name) for name in plan.platforms} | {DESK: desk},
            session=f"{step} {number}".encode().ljust(32),
            network=Network(tamper=silent),
            recording="outline",
            keep_errors=bool(lost),
        )
        before = costs.get(step)
        costs[step] = run.costs if before is None else _beside(before, run.costs)
        return run

    material: dict[str, bytes] = phase(
        "setup",
        0,
        lambda me: partial(setup.platform, plan=plan, identity=insecure_identity(me)),
        partial(setup.aggregator, plan=plan),
    ).outputs
    kept: list[MaskedShard] = []
    for number, start in enumerate(range(0, people, shard)):
        part = slice(start, min(start + shard, people))
        run = phase(
            "shard",
            number,
            lambda me, part=part: partial(  # type: ignore[misc]
                masked_input.platform,
                vector=given[me][part],
                plan=plan,
                material=material[me],
                ring=ring,
            ),
            partial(
                masked_input.aggregator,
                people=part.stop - part.start,
                plan=plan,
                material=material[DESK],
                ring=ring,
            ),
        )
        kept.append(run.outputs[DESK])
    answer = phase(
        "closing",
        0,
        lambda me: partial(
            closing.platform, plan=plan, material=material[me], identity=insecure_identity(me)
        ),
        partial(closing.aggregator, plan=plan, material=material[DESK], shards=kept, ring=ring),
    ).outputs[DESK]
    seconds = time.process_time() - clock
    expected = ring.total(given[name] for name in given if name not in lost)
    if not np.array_equal(np.concatenate(answer.totals), expected):
        raise SystemExit("a sum is wrong")
    return Played(seconds, costs)


def _beside(before: Mapping[str, Cost], after: Mapping[str, Cost]) -> dict[str, Cost]:
    return {name: cost.beside(after[name]) for name, cost in before.items()}


def points(names: Sequence[str], people: int, ring: Ring) -> dict[str, Vec]:
    """Points of everybody at every platform."""
    dice = np.random.default_rng(1)
    return {name: dice.integers(0, 200, people, ring.dtype) for name in names}


def aes_bytes_per_second() -> float:
    """AES-128 in counter mode alone, in place and in passes of 64 kB: what masks are made of."""
    stream = Cipher(algorithms.AES128(bytes(16)), modes.CTR(bytes(16))).encryptor()
    zeros, room = bytes(1 << 16), np.empty((1 << 16) + 15, np.uint8)
    clock = time.process_time()
    for _ in range(1 << 12):
        stream.update_into(zeros, room.data)
    return (1 << 28) / (time.process_time() - clock)


def spread(figures: Sequence[float], unit: float, text: str) -> str:
    """The median, with the least and the most."""
    least, middle, most = min(figures), statistics.median(figures), max(figures)
    return f"{middle / unit:{text}} ({least / unit:{text}} to {most / unit:{text}})"


def eight(add: Callable[..., None]) -> None:
    """Eight platforms and a million people, for both rings and both policies."""
    names = platforms(8)
    identities = insecure_identities(names)
    aes = [aes_bytes_per_second() for _ in range(TURNS)]
    add("AES-CTR alone, one core", f"{spread(aes, 1e9, '.1f')} GB/s", runs=aes)
    for bits in (32, 64):
        ring, given = Ring(bits), points(names, PEOPLE, Ring(bits))
        for dropout, lost, colluders in (("abort", 0, 6), ("neutral", 2, 3)):
            plan = MaskingPlan.bearing(DESK, identities, lost=lost, colluders=colluders)
            jobs = [play(plan, given, ring, SHARD) for _ in range(TURNS)]
            figures = [PEOPLE / job.processor_s for job in jobs]
            add(
                f"8 platforms, {PEOPLE:,} people, {bits}-bit ring, `{dropout}`: all parties' work",
                f"{spread(figures, 1e6, '.2f')} million people/s and core",
                runs=figures,
            )
        small = play(plan, {name: vector[:1_000] for name, vector in given.items()}, ring, SHARD)
        bytes_per_person = jobs[0].sent_bytes(names[0], "shard") / PEOPLE
        add(
            f"8 platforms, {bits}-bit ring: bytes a person and platform in the shards",
            f"{bytes_per_person:g}",
            each=bytes_per_person,
        )
        fixed = [
            sum(job.sent_bytes(name, "setup", "closing") for name in (*names, DESK))
            for job in (small, jobs[0])
        ]
        add(
            f"8 platforms, {bits}-bit ring: setup and closing, all parties",
            f"{fixed[0]:,} bytes for 1,000 people, {fixed[1]:,} for {PEOPLE:,}",
            bytes=fixed,
        )


def many(add: Callable[..., None]) -> None:
    """1,024 parties with a small aggregate each, one in twenty lost after masking began."""
    names, ring = platforms(MANY), Ring(32)
    plan = MaskingPlan.bearing(DESK, insecure_identities(names), lost=LOST, colluders=COLLUDERS)
    lost = [names[int(place)] for place in np.linspace(0, MANY - 1, LOST)]
    job = play(plan, points(names, VALUES, ring), ring, SHARD, lost)
    kind = f"{MANY:,} parties x {VALUES:,} values, {LOST} lost after masking"
    alive = [name for name in names if name not in lost]
    times = [job.compute_s(name) for name in alive]
    add(
        f"{kind}: one party",
        f"{statistics.median(times):.3f} s, the slowest {max(times):.3f} s",
        runs=times,
    )
    add(f"{kind}: the aggregator", f"{job.compute_s(DESK):.2f} s", seconds=job.compute_s(DESK))
    by_phase = {phase: job.sent_bytes(alive[0], phase) for phase in job.costs}
    add(
        f"{kind}: a party sends",
        ", ".join(f"{sent:,} bytes in the {phase}" for phase, sent in by_phase.items()),
        bytes=by_phase,
    )
    received = sum(costs[alive[0]].received_payload_bytes for costs in job.costs.values())
    add(f"{kind}: a party receives", f"{received:,} bytes", bytes=received)
    add(
        f"{kind}: neighbours, and shares that open a seed",
        f"{plan.degree} and {plan.threshold}",
        degree=plan.degree,
        threshold=plan.threshold,
    )


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--few", action="store_true", help="8 platforms only, not published")
    eight_only: bool = wanted.parse_args().few
    raw: dict[str, object] = {}
    rows: list[dict[str, str]] = []

    def add(what: str, figure: str, **measured: object) -> None:
        print(f"{what}: {figure}", file=sys.stderr)
        raw[what] = measured
        rows.append({"what": what, "figure": figure})

    eight(add)
    if eight_only:
        return
    many(add)
    publish(
        "masked-sum",
        "Speed of masked-sum",
        "The protocol from memory, setup to sum, in one process. People per second and core\n"
        "count the processor time of all parties together; medians of several runs, with the\n"
        "least and the most. `abort` keeps one running sum, `neutral` bears two of eight\n"
        "platforms lost. The time of one of many parties is its own work on the wall clock.",
        rows,
        raw,
    )


if __name__ == "__main__":
    main()
