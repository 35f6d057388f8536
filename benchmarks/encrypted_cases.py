"""The jobs that are measured over ciphertexts: 8 platforms, and numbers that are made up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from privscore.methods.bfv_sum import OPENINGS
from protocols.encryption import bfv_hidden_card, bfv_sum, ckks_weighted, encrypted_card, keys
from protocols.encryption.params.approximate import (
    ApproximateWish,
    CheckedApproximate,
    plan_approximate,
)
from protocols.encryption.params.exact import Checked, Wish, plan
from protocols.encryption.params.noise import Circuit
from protocols.encryption.params.planning import Backend, Planned

PLATFORMS = (
    "wallet", "marketplace", "social", "dating", "rides", "telecom", "games", "utility"
)  # fmt: skip
AGGREGATOR, *OTHERS = PLATFORMS
PARTIES = len(PLATFORMS)
RELEASES = 1 << 10  # ciphertexts that a job may release: 8 million people at N=8192
LEAST, MOST = -20, 100
BINS = (6, 6, 6, 6)  # of each platform: 32 characteristics in all
COLUMNS = 4  # of each platform: 32 in all
COLUMN_LIMIT, WEIGHT_LIMIT, PRECISION = 1.0, 4.0, 0.01

Roles = dict[str, Any]


@cache
def sum_parameters() -> Checked:
    """What 8 platforms' points ask for."""
    return _exact(Circuit.add(PARTIES), "fourier")


@cache
def card_parameters(backend: Backend = "fourier") -> Checked:
    """What 32 characteristics of 6 bins ask for."""
    return _exact(Circuit.select([BINS] * PARTIES), backend)


def _exact(circuit: Circuit, backend: Backend) -> Checked:
    wish = Wish(
        circuit=circuit,
        parties=PARTIES,
        least=LEAST,
        most=MOST,
        openings=OPENINGS,
        backend=backend,
    )
    return plan(wish)


@cache
def weight_parameters() -> CheckedApproximate:
    """What 32 real columns ask for, results right to a hundredth."""
    return plan_approximate(
        ApproximateWish(
            parties=PARTIES,
            openings=RELEASES,
            columns=COLUMNS,
            altogether=COLUMNS * PARTIES,
            column_limit=COLUMN_LIMIT,
            weight_limit=WEIGHT_LIMIT,
            precision=PRECISION,
        )
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One method at the size that is measured."""

    protocol: Any  # the module with its roles
    planned: Callable[[], Planned]
    secret: Callable[[np.random.Generator], dict[str, Any]]  # the owner's numbers; {} without one
    inputs: Callable[[np.random.Generator, int], Any]  # a platform's data, for so many people
    keyword: str  # the parameter of its role that takes them
    ideal: Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
    tolerance: float = 0.0  # how far a result may be off

    def numbers(self) -> dict[str, Any]:
        """The owner's numbers, by platform."""
        return self.secret(np.random.default_rng(0))

    def setup(self) -> Roles:
        """Keys, and the card or model if there is one."""
        checked, numbers = self.planned(), self.numbers()
        if not numbers:
            take = partial(keys.take, checked=checked, owner="desk")
            return dict.fromkeys(PLATFORMS, take) | {
                "desk": partial(keys.hand_out, checked=checked)
            }
        count = len(numbers[AGGREGATOR])
        take = partial(
            encrypted_card.take, checked=checked, requester="desk", owner="firm", count=count
        )
        write = partial(encrypted_card.write, numbers=numbers, checked=checked, requester="desk")
        desk = partial(encrypted_card.make_key, checked=checked)
        return dict.fromkeys(PLATFORMS, take) | {"firm": write, "desk": desk}

    def shard(self, material: Mapping[str, bytes], people: int, seed: int) -> tuple[Roles, Any]:
        """One shard's roles, over what the setup left, and what they are to give."""
        dice, checked = np.random.default_rng(seed), self.planned()
        inputs = {name: self.inputs(dice, people) for name in PLATFORMS}
        bins = {"bins": BINS} if self.protocol is bfv_hidden_card else {}
        arguments: dict[str, Any] = {
            name: {"checked": checked, "material": material[name], self.keyword: data, **bins}
            for name, data in inputs.items()
        }
        shared: dict[str, Any] = {"people": people, "contributors": PLATFORMS}
        desk = {"checked": checked, "material": material["desk"], "aggregator": AGGREGATOR}
        roles: Roles = {
            name: partial(self.protocol.platform, aggregator=AGGREGATOR, **arguments[name])
            for name in OTHERS
        }
        roles[AGGREGATOR] = partial(
            self.protocol.aggregate, requester="desk", **shared, **arguments[AGGREGATOR]
        )
        roles["desk"] = partial(self.protocol.receive, **shared, **desk)
        return roles, self.ideal(self.numbers(), inputs)


def _card(backend: Backend) -> Case:
    return Case(
        bfv_hidden_card,
        partial(card_parameters, backend),
        secret=lambda dice: {name: dice.integers(LEAST, MOST + 1, sum(BINS)) for name in PLATFORMS},
        inputs=lambda dice, people: dice.integers(0, 6, (len(BINS), people), np.uint8),
        keyword="choices",
        ideal=lambda points, choices: sum(
            bfv_hidden_card.looked_up(points[name], choices[name], BINS) for name in PLATFORMS
        ),
    )


IN_SLOTS = "bfv-hidden-card with people in slots"
CASES = {
    "bfv-sum": Case(
        bfv_sum,
        sum_parameters,
        secret=lambda _: {},
        inputs=lambda dice, people: dice.integers(LEAST, MOST + 1, people),
        keyword="points",
        ideal=lambda _, points: bfv_sum.ideal(points),
    ),
    "bfv-hidden-card": _card("fourier"),
    IN_SLOTS: _card("seal"),
    "ckks-weighted": Case(
        ckks_weighted,
        weight_parameters,
        secret=lambda dice: {
            name: dice.uniform(-WEIGHT_LIMIT, WEIGHT_LIMIT, COLUMNS) for name in PLATFORMS
        },
        inputs=lambda dice, people: dice.uniform(-COLUMN_LIMIT, COLUMN_LIMIT, (COLUMNS, people)),
        keyword="columns",
        ideal=ckks_weighted.ideal,
        tolerance=PRECISION,
    ),
}
