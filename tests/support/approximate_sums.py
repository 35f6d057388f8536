"""Weighted sums of eight platforms under one key, from the wish to what is not yet released."""

from __future__ import annotations

import functools
from typing import Any

from encryption_tools import Alone

from protocols.encryption.backends.coefficient import WeightEncryptor
from protocols.encryption.backends.seal import ApproximateKeyOwner, new_material
from protocols.encryption.backends.seal_slots import Weigher
from protocols.encryption.params.approximate import (
    ApproximateWish,
    CheckedApproximate,
    Reals,
    plan_approximate,
)
from protocols.encryption.poly import residues
from protocols.encryption.poly.residues import Ciphertexts
from protocols.encryption.release import Unreleased

PARTIES, COLUMNS = 8, 2


def wish(**changes: Any) -> ApproximateWish:
    """Eight platforms with two columns each, results right to a hundredth, unless changed."""
    given: dict[str, Any] = {
        "parties": PARTIES,
        "openings": 16,
        "columns": COLUMNS,
        "altogether": PARTIES * COLUMNS,
        "column_limit": 1.0,
        "weight_limit": 4.0,
        "precision": 0.01,
    }
    return ApproximateWish(**(given | changes))


@functools.cache
def checked() -> CheckedApproximate:
    return plan_approximate(wish())


@functools.cache
def owner() -> ApproximateKeyOwner:
    return ApproximateKeyOwner(checked(), new_material(checked()))


@functools.cache
def encryptor() -> WeightEncryptor:
    return WeightEncryptor(checked(), owner().public_key())


def summed(weights: Reals, columns: Reals) -> Ciphertexts:
    """The sum as the key's owner gets it; weights (parties, columns), columns (..., people)."""
    source, planned, parts = Alone(), checked(), []
    for number, (constants, values) in enumerate(zip(weights, columns, strict=True)):
        given = encryptor().encrypt_constants(constants, source, f"weights {number}")
        weighed = Weigher(planned, given).weigh(values)
        zeros = encryptor().zeros(len(weighed), source, f"zeros {number}")
        fresh = residues.total([weighed, zeros], planned.data_primes)
        coins = source.coins.fork(f"flood {number}")
        parts.append(residues.flooded(fresh, planned.flood_bits, planned.data_primes, coins))
    return residues.total(parts, planned.data_primes)


def unreleased(weights: Reals, columns: Reals) -> Unreleased:
    return owner().unreleased(summed(weights, columns), columns.shape[-1])
