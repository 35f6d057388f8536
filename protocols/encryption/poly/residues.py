"""Polynomials modulo q as residues modulo q's primes: arrays, and what is drawn into them.

Ciphertexts are arrays of shape (count, 2, primes, N), uint64: for each of `count` ciphertexts the
polynomials c0 and c1, for each prime the N coefficients. Sums and flooding need nothing else, so
no library sees what a peer sent before the holder of the key decrypts.

Sources: Fan and Vercauteren, eprint 2012/144, section 3 (distributions); Gentry, STOC 2009,
section 7 (flooding); the product by a constant is Shoup's, with a double for the quotient.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocols.core.coins import Coins
from protocols.core.ring import Ring
from protocols.encryption.poly.lattice import ERROR_COINS

Residues: TypeAlias = NDArray[np.uint64]  # (..., primes, N), each below its prime
Ciphertexts: TypeAlias = NDArray[np.uint64]  # (count, 2, primes, N), each below its prime
Integers: TypeAlias = NDArray[np.int64]

_WORD = Ring(64)
_FLOOD_BITS = 32  # a flooding integer is drawn in digits of this size


@cache
def column(primes: tuple[int, ...]) -> Integers:
    """The primes as a column, shape (primes, 1), to meet arrays of shape (..., primes, N)."""
    moduli = np.array(primes, np.int64)[:, None]
    moduli.flags.writeable = False
    return moduli


def reduced(integers: Integers, primes: tuple[int, ...]) -> Residues:
    """Integers from -p up to 3p as residues modulo each prime p, same shape.

    A negative difference of unsigned numbers wraps to a large one, so the minimum picks the right
    one of two candidates without a branch or a division.
    """
    modulus = column(primes).view(np.uint64)
    shifted = integers.view(np.uint64) + modulus
    np.minimum(shifted, shifted - 2 * modulus, out=shifted)
    np.minimum(shifted, shifted - modulus, out=shifted)
    return shifted


def times(integers: Integers, factors: Iterable[int], primes: tuple[int, ...]) -> Integers:
    """Products by one constant for each prime, reduced to less than 0.6p in size.

    `integers` of shape (N,) or (primes, N), below 2^47 in size, so that the quotient found by
    doubles is off by less than 0.1; its two large products wrap alike and their difference fits.
    """
    modulus = column(primes)
    centred = [(factor + p // 2) % p - p // 2 for factor, p in zip(factors, primes, strict=True)]
    factor: Integers = np.array(centred, np.int64)[:, None]
    quotient: Integers = np.rint(integers * (factor / modulus)).astype(np.int64)
    quotient *= modulus
    product: Integers = integers * factor
    product -= quotient
    return product


def total(parts: Iterable[Ciphertexts], primes: tuple[int, ...]) -> Ciphertexts:
    """The sum of ciphertexts of one shape; the sum of the plaintexts is in it."""
    first, *others = parts
    modulus = column(primes).view(np.uint64)
    result = first.copy()
    for part in others:
        # One ciphertext at a time stays in the cache.
        for summed, addend in zip(result, part, strict=True):
            summed += addend
            np.minimum(summed, summed - modulus, out=summed)
    return result


def ternary(degree: int, coins: Coins) -> Integers:
    """A polynomial with coefficients uniform over -1, 0, 1, to within 2^-62."""
    return (coins.uniform(_WORD, degree) % np.uint64(3)).astype(np.int64) - 1


def errors(shape: tuple[int, ...], coins: Coins) -> Integers:
    """SEAL's error: 21 fair coins less 21 others, variance 10.5."""
    draws = coins.uniform(_WORD, shape)
    low, high = draws & np.uint64((1 << ERROR_COINS) - 1), draws >> np.uint64(64 - ERROR_COINS)
    heads: Integers = np.bitwise_count(low).astype(np.int64)
    heads -= np.bitwise_count(high)
    return heads


def flooded(
    ciphertexts: Ciphertexts, bits: int, primes: tuple[int, ...], coins: Coins
) -> Ciphertexts:
    """Ciphertexts of the same plaintexts, each c0 with flooding of so many bits added to it."""
    result = ciphertexts.copy()
    modulus = column(primes).view(np.uint64)
    for c0 in result[:, 0]:
        c0 += flood(c0.shape[-1], bits, primes, coins)
        np.minimum(c0, c0 - modulus, out=c0)
    return result


def flood(degree: int, bits: int, primes: tuple[int, ...], coins: Coins) -> Residues:
    """One polynomial with coefficients uniform over [-2^bits, 2^bits), shape (primes, N)."""
    digits = -(-(bits + 1) // _FLOOD_BITS)
    drawn = coins.uniform(Ring(_FLOOD_BITS), (digits, degree)).astype(np.int64)
    drawn[-1] >>= digits * _FLOOD_BITS - (bits + 1)
    centre = np.array([(1 << bits) % p for p in primes], np.int64)[:, None]
    result = np.repeat(-centre, degree, axis=1)
    for position, digit in enumerate(drawn):
        weight = 1 << _FLOOD_BITS * position
        result += times(digit, [weight % p for p in primes], primes)
    result %= column(primes)
    return result.view(np.uint64)
