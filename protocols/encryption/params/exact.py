"""Parameters of exact encryption (BFV): a `Wish` becomes `Checked`, or a refusal that says why.

Planned, not guessed: see `planning` for how, `noise` for what is predicted.

Source: Fan and Vercauteren, eprint 2012/144; Microsoft SEAL 4.1 manual on batching.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from protocols.core.errors import LocalMisuse
from protocols.encryption.params import noise
from protocols.encryption.params.noise import Circuit, Prediction
from protocols.encryption.params.planning import (
    PLANNER,
    AnyWish,
    NoParameters,
    Planned,
    first_that_fits,
    refuse_too_little_flooding,
)
from protocols.encryption.poly import lattice, spectrum

# A message coefficient times q mod t must fit 64 bits; SEAL itself stops at 60 bits.
_MOST_PLAIN_BITS: Final = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish(AnyWish):
    """What a method wants of exact encryption: every encrypted number lies in [least, most]."""

    circuit: Circuit
    least: int
    most: int
    plain_modulus: int | None = None

    @property
    def total_range(self) -> tuple[int, int]:
        """The least and the most that a total can be."""
        return self.circuit.altogether * self.least, self.circuit.altogether * self.most


@dataclass(frozen=True, slots=True)
class Checked(Planned):
    """Parameters that the planner vouches for; only `plan` makes them."""

    wish: Wish
    degree: int
    plain_modulus: int  # t
    primes: tuple[int, ...]
    prediction: Prediction
    _planner: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._planner is not PLANNER:
            raise LocalMisuse("parameters come from plan(wish): nothing else has checked them")

    def __reduce__(self) -> tuple[Any, ...]:
        return plan, (self.wish, self.wish.parameter_set is not None)

    @property
    def asked(self) -> Wish:
        """See `Planned.asked`."""
        return self.wish

    @property
    def described(self) -> str:
        """See `Planned.described`."""
        return (
            f"privscore/bfv@1 {self.wish.backend} {self.degree} {self.plain_modulus} "
            f"{self.primes} {self.people} {self.wish.total_range} {self.prediction.flood_bits}"
        )

    def admit(self, values: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """The values as int64, same shape; LocalMisuse if one is outside what was planned."""
        if values.size and not self.wish.least <= values.min() <= values.max() <= self.wish.most:
            raise LocalMisuse(
                f"points outside points_range [{self.wish.least}, {self.wish.most}]: "
                "change the points or plan for a wider range"
            )
        return values.astype(np.int64)


def plan(wish: Wish, allow_insecure: bool = False) -> Checked:
    """The smallest parameters that grant a wish; raises NoParameters with what to change.

    A wish whose range is empty or that no planner understands is LocalMisuse.

    `allow_insecure` is for tests: it admits the toy sets, whose names begin with `insecure_`.
    """
    if wish.least > wish.most:
        raise LocalMisuse("a wish needs a range of points that is not empty: swap its ends")
    low, high = wish.total_range
    if high - low >= 1 << _MOST_PLAIN_BITS:
        raise NoParameters(
            f"totals of {wish.parties} parties wrap beyond {_MOST_PLAIN_BITS} bits: "
            "narrow the range of points"
        )
    return first_that_fits(wish, allow_insecure, partial(_checked, wish))


def _checked(wish: Wish, degree: int, primes: tuple[int, ...]) -> Checked:
    """The parameters with this ring and these primes, or NoParameters that says why not."""
    plain_modulus = _plain_modulus(wish, degree, primes)
    prediction = noise.exact(
        wish.circuit,
        wish.backend,
        degree=degree,
        primes=primes,
        plain_modulus=plain_modulus,
        parties=wish.parties,
        openings=wish.openings,
    )
    refuse_too_little_flooding(wish, degree, prediction.hiding_bits)
    if wish.backend == "fourier":
        _refuse_inexact(wish.circuit, degree)
    return Checked(wish, degree, plain_modulus, primes, prediction, PLANNER)


def _plain_modulus(wish: Wish, degree: int, primes: tuple[int, ...]) -> int:
    """A modulus in which no total wraps: pinned, or the smallest that the backend can use."""
    low, high = wish.total_range
    needed = high - low + 1
    chosen = wish.plain_modulus
    if chosen is None:
        if wish.backend == "fourier":
            return 1 << max((needed - 1).bit_length(), 1)
        chosen = lattice.batching_prime(degree, needed)
        while chosen in primes:
            chosen = lattice.batching_prime(degree, chosen + 1)
        return chosen
    if chosen <= wish.most - wish.least:
        raise NoParameters(
            f"t={chosen} is too small for one platform's points: it must be above "
            f"{wish.most - wish.least}"
        )
    if chosen < needed:
        raise NoParameters(
            f"totals of {wish.parties} parties wrap modulo t={chosen}: it must be at least {needed}"
        )
    if wish.backend == "seal" and (not lattice.batches(degree, chosen) or chosen in primes):
        raise NoParameters(
            f"t={chosen} does not batch at N={degree}: it must be a prime that leaves 1 modulo "
            f"{2 * degree}, such as {lattice.batching_prime(degree, needed)}"
        )
    if chosen.bit_length() > _MOST_PLAIN_BITS:
        raise NoParameters(f"t={chosen} is too large: at most {_MOST_PLAIN_BITS} bits are used")
    return chosen


def _refuse_inexact(circuit: Circuit, degree: int) -> None:
    """Raise NoParameters for sums of products that doubles could round wrongly."""
    norms = float((circuit.terms * circuit.ones * degree) ** 0.5 + degree**0.5)
    if spectrum.error_bound(degree, norms) > spectrum.MOST_ERROR:
        raise NoParameters(
            f"{circuit.terms} bins at one platform are more than the Fourier backend adds up "
            "exactly: use the backend 'seal', or fewer bins"
        )
