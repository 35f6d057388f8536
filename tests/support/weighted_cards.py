"""Cards with weights, data for them, and one job of `ckks-weighted` over them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from privscore.card.scorecard import Column
from privscore.consortium.agreement import Agreement
from privscore.consortium.bare_card import agreement_of
from privscore.errors import Refused
from privscore.methods.ckks_weighted import METHOD
from privscore.methods.context import LocalData, RoleContext
from privscore.runtime.worker import idle
from protocols.core.local import Run, run_local

PLATFORMS = ("wallet", "bank", "market")
PEOPLE = 40


def refuse(cause: str, fix: str, *_keys: str | int) -> Refused:
    return Refused(cause, fix)


def binned(column: str, bins: list[float], points: list[int], missing: int) -> dict[str, Any]:
    return {"column": column, "bins": bins, "points": points, "missing": missing}


def weighted(column: str, weight: float, ends: list[int], missing: float) -> dict[str, Any]:
    return {"column": column, "weight": weight, "range": ends, "missing": missing}


def agreed(*lines: dict[str, Any], base: int = 350, **more: Any) -> Agreement:
    return agreement_of({"base": base, "characteristic": list(lines), **more}, refuse, min_people=1)


MIXED = (
    binned("wallet.late", [1, 3.5], [40, -10, -80], 5),
    weighted("wallet.age", 0.75, [18, 99], 12.5),
    weighted("bank.ratio", -120.25, [0, 1], -3.125),
    binned("market.bought", [], [7], -7),
)


def data_for(
    agreement: Agreement, dice: np.random.Generator, people: int, *, at_the_ends: bool = False
) -> dict[str, dict[str, Column]]:
    """Columns by platform: from every bin, all over the range, at its ends, some unknown."""
    data: dict[str, dict[str, Column]] = {name: {} for name in agreement.data_parties}
    for line in agreement.scorecard.characteristics:
        platform, _, name = line.columns[0].partition(".")
        low, high = line.range or (-10, 10)
        values = dice.uniform(low, high, people)
        if at_the_ends:
            values = dice.choice(np.array([low, high], np.float64), people)
        else:
            values[::7] = np.nan
        data[platform][name] = values
    return data


def seat_of(agreement: Agreement, name: str, people: int, material: bytes = b"") -> RoleContext:
    return RoleContext(name, agreement, people, material)


@functools.lru_cache(maxsize=4)
def prepared(agreement: Agreement) -> dict[str, bytes]:
    (owner,) = agreement.holders("card")
    roles = {
        name: METHOD.setup(
            RoleContext(
                name, agreement, PEOPLE, card=agreement.scorecard if name == owner else None
            )
        )
        or idle
        for name in agreement.party_ids
    }
    return {name: each or b"" for name, each in run_local(roles).outputs.items()}


def played(agreement: Agreement, data: Mapping[str, Mapping[str, Column]]) -> Run:
    """One job of one shard."""
    people = len(next(column for own in data.values() for column in own.values()))
    material = prepared(agreement)
    roles = {
        name: METHOD.shard(
            seat_of(agreement, name, people, material[name]),
            LocalData(columns=data[name]) if name in data else LocalData(),
        )
        or idle
        for name in agreement.party_ids
    }
    return run_local(roles)
