"""Exact products in Z_q[X]/(X^N + 1) of a large polynomial by a small one, by complex FFT.

Encryption multiplies a public key by a ternary polynomial, and a hidden card's ciphertexts are
multiplied by polynomials of zeros and ones. For these a double-precision transform is exact: each
residue is cut into two signed limbs of 24 bits, so that every true coefficient is an integer that
the rounding error cannot move by half. One half-length complex transform does a negacyclic
product, since X^N + 1 = (X^(N/2) - i)(X^(N/2) + i).

Sources: Bernstein, "Multidigit multiplication for mathematicians", 2001, section 4 (the right-angle
convolution); Percival, "Rapid multiplication modulo the sum and difference of highly composite
numbers", Mathematics of Computation 72, 2003, theorem 5.1 (the error bound).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocols.encryption.poly.residues import Integers, Residues, column

Spectrum: TypeAlias = NDArray[np.complex128]  # (..., N/2)

MOST_ERROR: Final = 0.25  # half of what would round a coefficient to a wrong integer

_LIMB_BITS = 24
_HALF_LIMB = 1 << (_LIMB_BITS - 1)
# Added to a double below 2^51 in size, this leaves the nearest integer in the mantissa's low bits.
_ROUNDER = 1.5 * 2.0**52
_ROUNDER_BITS = int(np.float64(_ROUNDER).view(np.int64))


def error_bound(degree: int, norms: float) -> float:
    """The most by which a coefficient of a sum of products can be off before it is rounded.

    `norms` bounds the sum, over the products, of the small polynomial's Euclidean norm. To first
    order in 2^-53, with roots of unity that are right to the last bit but one.
    """
    levels = math.log2(degree // 2) + 1  # one more for the twist
    roundings = 9 * levels + math.sqrt(5) * (3 * levels + 1)
    return _HALF_LIMB * math.sqrt(degree) * norms * roundings * 2.0**-53


def of_small(small: NDArray[Any]) -> Spectrum:
    """The spectrum of polynomials of small integers or bools, shape (..., N) -> (..., N/2)."""
    half = small.shape[-1] // 2
    folded = np.empty((*small.shape[:-1], half), np.complex128)
    folded.real = small[..., :half]
    folded.imag = small[..., half:]
    folded *= _twist(2 * half)
    return np.fft.fft(folded, axis=-1, out=folded)


def of_residues(residues: Residues, primes: tuple[int, ...]) -> Spectrum:
    """The spectra of the limbs of residues, shape (..., primes, N) -> (..., primes, 2, N/2)."""
    signed = residues.astype(np.int64)
    modulus = column(primes)
    signed -= modulus * (signed > modulus >> 1)
    high = (signed + _HALF_LIMB) >> _LIMB_BITS
    return of_small(np.stack([signed - (high << _LIMB_BITS), high], axis=-2))


def to_integers(spectrum: Spectrum, primes: tuple[int, ...]) -> Integers:
    """Sums of products of limbs back as integers congruent to them modulo each prime.

    Shape (..., primes, 2, N/2) -> (..., primes, N); less than 0.6p in size, so that whoever adds
    noise or a message reduces once, at the end. `spectrum` is overwritten.
    """
    half = spectrum.shape[-1]
    np.fft.ifft(spectrum, axis=-1, out=spectrum)
    spectrum *= _untwist(2 * half)
    modulus = column(primes)
    limbs = spectrum.view(np.float64)  # (..., primes, 2, N): coefficients j and j + N/2 in turn
    low, high = limbs[..., 0, :], limbs[..., 1, :]
    quotient_of = high * ((1 << _LIMB_BITS) / modulus)
    quotient_of += low * (1 / modulus)
    # The value less the quotient's multiple is small, and right even where both wrap.
    value = _rounded(high)
    value <<= _LIMB_BITS
    value += _rounded(low)
    value -= _rounded(quotient_of) * modulus
    result = np.empty_like(value)
    result[..., :half] = value[..., 0::2]
    result[..., half:] = value[..., 1::2]
    return result


def _rounded(values: NDArray[np.float64]) -> Integers:
    """The nearest integers of doubles below 2^51 in size."""
    integers: Integers = (values + _ROUNDER).view(np.int64)
    integers -= _ROUNDER_BITS
    return integers


@cache
def _twist(degree: int) -> Spectrum:
    """exp(i pi j / N): turns the product modulo X^(N/2) - i into a cyclic one."""
    twist: Spectrum = np.exp(1j * np.pi * np.arange(degree // 2) / degree)
    twist.flags.writeable = False
    return twist


@cache
def _untwist(degree: int) -> Spectrum:
    untwist = np.conj(_twist(degree))
    untwist.flags.writeable = False
    return untwist
