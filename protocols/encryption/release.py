"""The only way from a decrypted approximate result to a number that anybody may see.

A CKKS decryption as it comes out is an exact linear equation in the secret key: two of them give
the whole key away. So the key's owner floods before it reads, on the integers inside the
ciphertext, where the hiding is exact and no rounding of doubles can undo it; then it checks that
the result can be, rounds to the planned grid, and writes into the view what it did, for the
ledger. `Unreleased` is all that a key's owner gets from its key, and `release` all that opens one.

Sources: Li and Micciancio, eprint 2020/1533 (the attack); Li, Micciancio, Schultz and Sorrell,
eprint 2022/816 (flooding a decryption); Mironov, CCS 2012 (why not to add noise to doubles).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse
from protocols.encryption.backends.interface import Source
from protocols.encryption.params.approximate import CheckedApproximate, Reals
from protocols.encryption.poly.residues import Ciphertexts, flooded

RECORD: Final = "released"  # the label of what a release writes into the view of its session


class Unreleased:
    """A result that its key's owner could read, and has not: no number can be had from it here.

    It is released once: the mean of many releases would be the decryption.
    """

    __slots__ = ("_ciphertexts", "_read", "_spent")

    def __init__(self, ciphertexts: Ciphertexts, read: Callable[[Ciphertexts], Reals]) -> None:
        self._ciphertexts, self._read, self._spent = ciphertexts, read, False

    def __repr__(self) -> str:
        return f"Unreleased({len(self._ciphertexts)} ciphertexts)"

    def __reduce__(self) -> tuple[object, ...]:
        raise LocalMisuse("an unreleased result does not pickle: release it first")


def release(unreleased: Unreleased, checked: CheckedApproximate, source: Source) -> Reals:
    """Flood, read, check, round, write it down; off by at most `checked.error_bound`.

    Shape (people,). `source` is the owner's own, for one release a session. Raises LocalMisuse the
    second time, and Malformed where a value is beyond what weights and columns within their limits
    add up to: somebody who contributed did not follow the protocol.
    """
    if unreleased._spent:
        raise LocalMisuse("this result was released before: keep what came out then")
    unreleased._spent = True
    coins = source.coins.fork("release")
    hidden = flooded(unreleased._ciphertexts, checked.release_bits, checked.data_primes, coins)
    values = unreleased._read(hidden)
    if not (np.abs(values) <= checked.wish.result_limit + checked.error_bound).all():
        raise Malformed("a result outside the range that weights and columns allow")
    rounded: Reals = np.round(values / checked.grid) * checked.grid
    source.recorded(RECORD, lambda: ledger_line(checked, len(values)).encode())
    return rounded


def ledger_line(checked: CheckedApproximate, people: int) -> str:
    """What the ledger says of a release; it depends on the parameters alone."""
    return (
        f"{people} results released under flooding of {checked.release_bits} bits, rounded to "
        f"multiples of 2^{math.log2(checked.grid):.0f}, off by at most {checked.error_bound:.2g}"
    )
