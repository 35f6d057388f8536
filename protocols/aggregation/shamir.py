"""Shamir's secret sharing over a prime field, for many secrets at once.

A secret is the value at 0 of a random polynomial of degree t - 1, a share its value at a holder's
place: 1 to n in the agreed order of the platforms, never a number from a message, so never 0. Any
t shares give the secret, any t - 1 are uniform whatever it is.

The field is a parameter: a small one can be enumerated. `FIELD` has 2^32 - 5 elements, so four of
them are a seed of 16 bytes, and a product of two fits in 64 bits.

Source: Shamir, "How to share a secret", CACM 22 (1979).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocols.core.coins import Coins
from protocols.core.errors import LocalMisuse
from protocols.core.ring import Ring

Elements: TypeAlias = NDArray[np.uint32]  # in [0, p)

_WIDE = Ring(64)
_WITNESSES = (2, 7, 61)  # decide primality below 4,759,123,141 (Jaeschke 1993)


class Inconsistent(ValueError):
    """Shares that lie on no polynomial of the degree that they should."""


@dataclass(frozen=True, slots=True)
class PrimeField:
    """The integers modulo a prime `p` below 2^32."""

    p: int

    def __post_init__(self) -> None:
        if not _is_prime(self.p) or self.p >> 32:
            raise LocalMisuse(f"{self.p} is not a prime below 2^32")

    def uniform(self, coins: Coins, shape: tuple[int, ...]) -> Elements:
        """Uniform elements but for 2^-95: 128 uniform bits each, modulo p."""
        p, wide = np.uint64(self.p), np.uint64(pow(2, 64, self.p))
        drawn: NDArray[np.uint64] = coins.uniform(_WIDE, (2, *shape)) % p
        reduced: NDArray[np.uint64] = (drawn[0] * wide % p + drawn[1]) % p
        return reduced.astype(np.uint32)

    def power(self, base: NDArray[np.uint64], exponent: int) -> NDArray[np.uint64]:
        """`base` to the power of `exponent`, element by element."""
        result = np.ones_like(base)
        for bit in f"{exponent:b}":
            result = result * result % np.uint64(self.p)
            if bit == "1":
                result = result * base % np.uint64(self.p)
        return result

    def product(self, factors: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The product along the last axis, shape without it."""
        result = np.ones(factors.shape[:-1], np.uint64)
        for position in range(factors.shape[-1]):
            result = result * factors[..., position] % np.uint64(self.p)
        return result


def _is_prime(p: int) -> bool:
    """Miller and Rabin's test, which is a proof for numbers of 32 bits."""
    if p < 2 or any(p % small == 0 and p != small for small in _WITNESSES):
        return False
    twos = ((p - 1) & (1 - p)).bit_length() - 1
    for base in _WITNESSES:
        power = pow(base, (p - 1) >> twos, p)
        passes = power == 1 or any(pow(power, 1 << twice, p) == p - 1 for twice in range(twos))
        if base != p and not passes:
            return False
    return True


FIELD = PrimeField(4_294_967_291)


def coefficients(
    secret: Elements, threshold: int, field: PrimeField, coins: Coins
) -> NDArray[np.uint32]:
    """A random polynomial for each entry of `secret`, shape (threshold, *secret.shape).

    The secret comes first; the others are uniform, 0 included.
    """
    drawn = field.uniform(coins, (threshold - 1, *secret.shape))
    return np.concatenate([secret[np.newaxis], drawn])


def evaluate(polynomials: Elements, places: Sequence[int], field: PrimeField) -> Elements:
    """The shares at `places`, shape (places, *secret.shape), by Horner's rule.

    Raises LocalMisuse for a place that would hand out the secret, or the same share twice.
    """
    _check_places(places, field)
    p = np.uint64(field.p)
    points = np.array(places, np.uint64).reshape(-1, *[1] * (polynomials.ndim - 1))
    shares = np.zeros((len(places), *polynomials.shape[1:]), np.uint64)
    for coefficient in polynomials[::-1]:
        shares *= points
        shares += coefficient
        shares %= p
    return shares.astype(np.uint32)


def reconstruct(
    shares: Elements, places: Sequence[int], threshold: int, field: PrimeField
) -> Elements:
    """The secret behind shares of shape (places, *secret.shape), at least `threshold` of them.

    Every share beyond the threshold is a check: raises Inconsistent where one does not fit, and
    LocalMisuse for too few shares.
    """
    _check_places(places, field)
    if len(places) < threshold:
        raise LocalMisuse(f"{len(places)} shares of the {threshold} that open a secret")
    weights = _weights((0, *places[threshold:]), tuple(places[:threshold]), field)
    flat = shares.reshape(len(places), -1).astype(np.uint64)
    values = np.zeros((len(weights), flat.shape[1]), np.uint64)
    for weight, share in zip(weights.T, flat[:threshold], strict=True):
        values += weight[:, np.newaxis] * share % np.uint64(field.p)
    values %= np.uint64(field.p)
    if not np.array_equal(values[1:], flat[threshold:]):
        raise Inconsistent(f"{len(places)} shares are on no polynomial of degree {threshold - 1}")
    secret: Elements = values[0].astype(np.uint32)
    return secret.reshape(shares.shape[1:])


@functools.lru_cache(maxsize=64)
def _weights(
    targets: tuple[int, ...], places: tuple[int, ...], field: PrimeField
) -> NDArray[np.uint64]:
    """Lagrange's weights: the values at `targets` from those at `places`, (targets, places)."""
    known, wanted = np.array(places, np.int64), np.array(targets, np.int64)
    between = ((known[:, np.newaxis] - known) % field.p).astype(np.uint64)
    np.fill_diagonal(between, 1)
    towards = ((wanted[:, np.newaxis] - known) % field.p).astype(np.uint64)
    denominators = towards * field.product(between) % np.uint64(field.p)
    numerators = field.product(towards)[:, np.newaxis]
    inverses = field.power(denominators, field.p - 2)
    weights: NDArray[np.uint64] = numerators * inverses % np.uint64(field.p)
    weights.flags.writeable = False
    return weights


def _check_places(places: Sequence[int], field: PrimeField) -> None:
    if len(set(places)) != len(places) or any(not 0 < place < field.p for place in places):
        raise LocalMisuse(f"places of shares are different numbers from 1 to {field.p - 1}")
