"""Parameters of approximate encryption (CKKS): weighted sums of real columns, with a bound first.

A weight w travels as the constant polynomial w 2^a plus noise, a platform multiplies it by its
column x encoded at 2^b, and the results add up to the sum of w x at 2^(a+b). What can be off is
known before anybody encrypts: rounding x to 2^-b, the noise of weights times columns, the
platforms' flooding that hides it, and the flooding of the release, which hides all of that.

Each flooding is uniform over [-2^B, 2^B) on the N coefficients; `noise` has the statistical
distance. A person's result is a slot: it sees the root of N times a coefficient's deviation.

Sources: Cheon, Kim, Kim and Song, eprint 2016/421, sections 3 and 4 (encoding, noise); Li and
Micciancio, eprint 2020/1533 (why to flood a result); Li, Micciancio, Schultz and Sorrell, eprint
2022/816 (how much).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from protocols.core.errors import LocalMisuse
from protocols.encryption.params.noise import fresh_noise_bits
from protocols.encryption.params.planning import (
    PLANNER,
    AnyWish,
    NoParameters,
    Planned,
    first_that_fits,
)

Reals = NDArray[np.float64]

_SURE_DEVIATIONS: Final = 12  # exceeded with probability 2^-108 by a normal variable
_LEAST_COLUMN_BITS: Final = 8  # of a column's scale, however coarse the precision
_DOUBLE_BITS: Final = 44  # what a double still has right after an encoding or decoding


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproximateWish(AnyWish):
    """What a method wants of weighted sums: |x| and |w| within limits, results within `precision`.

    `columns` is the most that one platform has, `altogether` their number over all platforms.
    `scale_bits` pins a + b, the bits behind the binary point of a result.
    """

    columns: int
    altogether: int
    column_limit: float
    weight_limit: float
    precision: float
    scale_bits: int | None = None

    @property
    def result_limit(self) -> float:
        """The most that a result can be in size."""
        return self.altogether * self.column_limit * self.weight_limit


@dataclass(frozen=True, slots=True)
class CheckedApproximate(Planned):
    """Parameters that the planner vouches for; only `plan_approximate` makes them."""

    wish: ApproximateWish
    degree: int
    primes: tuple[int, ...]
    weight_scale_bits: int  # a
    column_scale_bits: int  # b
    flood_bits: int  # of each platform's flooding
    release_bits: int  # of the flooding before a result is read
    noise_bits: float  # deviation of a coefficient at the key's holder, before the release
    grid: float  # what a released result is a multiple of
    error_bound: float  # how far it is off at most
    _planner: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._planner is not PLANNER:
            raise LocalMisuse("parameters come from plan_approximate(wish): nobody checked these")

    def __reduce__(self) -> tuple[Any, ...]:
        return plan_approximate, (self.wish, self.wish.parameter_set is not None)

    @property
    def asked(self) -> ApproximateWish:
        """See `Planned.asked`."""
        return self.wish

    @property
    def described(self) -> str:
        """See `Planned.described`."""
        return (
            f"privscore/ckks@1 {self.degree} {self.primes} {self.people} {self.weight_scale_bits} "
            f"{self.column_scale_bits} {self.flood_bits} {self.release_bits} {self.grid}"
        )

    @property
    def scale(self) -> float:
        """What a result is multiplied by inside a ciphertext."""
        return 2.0 ** (self.weight_scale_bits + self.column_scale_bits)

    def admit_columns(self, columns: NDArray[np.floating[Any]]) -> Reals:
        """The columns as float64, same shape; LocalMisuse if one value is beyond the limit."""
        return _within(columns, self.wish.column_limit, "a column")

    def admit_weights(self, weights: NDArray[np.floating[Any]]) -> Reals:
        """The weights as float64, same shape; LocalMisuse if one is beyond the limit."""
        return _within(weights, self.wish.weight_limit, "a weight")


def plan_approximate(wish: ApproximateWish, allow_insecure: bool = False) -> CheckedApproximate:
    """The smallest parameters that grant a wish; raises NoParameters with what to change.

    A wish without columns, limits or a precision is LocalMisuse.
    """
    if wish.backend != "fourier":
        raise LocalMisuse("weighted sums have one way to encrypt: leave the backend out")
    if not (wish.precision > 0 and wish.result_limit > 0 and wish.columns > 0):
        raise LocalMisuse("a wish needs columns, limits and a precision above zero")
    if wish.result_limit == math.inf:
        raise NoParameters("results could be of any size: give columns and weights narrower limits")
    return first_that_fits(wish, allow_insecure, partial(_checked, wish))


def _checked(wish: ApproximateWish, degree: int, primes: tuple[int, ...]) -> CheckedApproximate:
    """The parameters with this ring and these primes, or NoParameters that says why not."""
    # Both real and imaginary part of a slot hold a person: in size a slot is up to 2^0.5 more.
    largest_bits = math.log2(wish.result_limit) + 0.5
    room_bits = math.log2(math.prod(primes[:-1])) - 2
    most_scale_bits = math.floor(room_bits - max(largest_bits, 0))
    scale_bits = most_scale_bits if wish.scale_bits is None else wish.scale_bits
    if scale_bits > most_scale_bits:
        raise NoParameters(
            f"a scale of 2^{scale_bits} with results up to {wish.result_limit:g} is too high for "
            f"N={degree} with {sum(p.bit_length() for p in primes)} bits of primes: "
            f"at most 2^{most_scale_bits}, or a larger N"
        )
    weight_sum = wish.altogether * wish.weight_limit
    needed_bits = math.log2(weight_sum * degree / 2 * 8 / wish.precision)
    column_scale_bits = max(math.ceil(needed_bits), _LEAST_COLUMN_BITS)
    weight_scale_bits = scale_bits - column_scale_bits

    hiding_bits = wish.flooding_bits - 1 + math.log2(degree) + math.log2(wish.openings)
    fresh_bits = fresh_noise_bits("fourier", degree, primes[-1])
    column_norm_bits = column_scale_bits + max(math.log2(wish.column_limit), 0) + 1
    hidden_bits = fresh_bits + column_norm_bits + math.log2(wish.columns) / 2
    flood_bits = math.ceil(hiding_bits + hidden_bits)
    noise_bits = flood_bits + math.log2(wish.parties / 3) / 2 + 0.01  # and the noise it hides
    release_bits = math.ceil(hiding_bits + noise_bits)

    slot_bits = math.log2(degree) / 2 + release_bits - math.log2(3) / 2 + 0.01
    noise = _SURE_DEVIATIONS * 2.0 ** (slot_bits - scale_bits)
    rounding = weight_sum * degree / 2 * 2.0**-column_scale_bits
    doubles = 2 * wish.result_limit * 2.0**-_DOUBLE_BITS
    grid = 2.0 ** math.floor(math.log2(wish.precision / 4))
    error_bound = noise + rounding + doubles + grid / 2
    if error_bound > wish.precision or weight_scale_bits < 1:
        raise NoParameters(
            f"results at N={degree} could be off by {error_bound:.2g} where {wish.precision:.2g} "
            "is wanted: let the planner choose N, plan fewer openings or a coarser precision"
        )
    return CheckedApproximate(
        wish,
        degree,
        primes,
        weight_scale_bits,
        column_scale_bits,
        flood_bits,
        release_bits,
        noise_bits,
        grid,
        error_bound,
        PLANNER,
    )


def _within(values: NDArray[np.floating[Any]], limit: float, what: str) -> Reals:
    if not (np.abs(values) <= limit).all():
        raise LocalMisuse(f"{what} holds a value beyond {limit:g}: clip it, or plan for more")
    return values.astype(np.float64)
