"""How noise grows in a circuit, how much flooding fits on top of it, and what that hides.

A BFV ciphertext decrypts to q/t times its message plus noise; it is read wrongly once a noise
coefficient passes q/2t. Noise is random and independent of what is encrypted and selected, so its
standard deviation is known for the worst inputs too; exactness is asked for at 16 of them.

Flooding adds an integer uniform over [-2^B, 2^B) to each coefficient. What it hides shifts that
distribution by e, which changes it by a statistical distance of |e| / 2^(B+1); expectation over e,
sum over coefficients and over all ciphertexts that the key's holder opens in a job.

Sources: Fan and Vercauteren, eprint 2012/144, sections 3 and 4; Gentry, STOC 2009, section 7, for
circuit privacy by flooding; the predictions stand beside measured noise in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocols.encryption.params.planning import Backend, NoParameters
from protocols.encryption.poly.lattice import ERROR_VARIANCE, TERNARY_VARIANCE

_SURE_DEVIATIONS: Final = 16  # exceeded with probability 2^-187 by a normal variable
_USED: Final = 0.995  # of the room; the rest covers that q is not a multiple of t


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is done to ciphertexts before the platforms' results are added up.

    With no `levels`, each platform's own encryption is added to the others'. With one, a platform
    multiplies each of up to `terms` ciphertexts by a column of its people's values and adds the
    products; at most `ones` of a person's values are not zero there, `altogether` over all
    platforms.
    """

    levels: int
    terms: int
    ones: int
    altogether: int

    @classmethod
    def add(cls, parties: int) -> Circuit:
        """Each of `parties` platforms encrypts one number for each person."""
        return cls(levels=0, terms=1, ones=1, altogether=parties)

    @classmethod
    def select(cls, bins: Iterable[tuple[int, ...]]) -> Circuit:
        """Each platform picks one of the encrypted numbers for each of its characteristics.

        `bins` has, for each platform, how many numbers there are to pick from.
        """
        cards = list(bins)
        return cls(
            levels=1,
            terms=max(sum(card) for card in cards),
            ones=max(len(card) for card in cards),
            altogether=sum(len(card) for card in cards),
        )


@dataclass(frozen=True, slots=True)
class Prediction:
    """Sizes of noise in bits: the base-2 logarithm of a coefficient's standard deviation."""

    room_bits: float  # what noise may reach: log2(q/2t)
    fresh_bits: float  # one encryption
    hidden_bits: float  # what one flooding has to hide
    deepest_bits: float  # at the key's holder, were there no flooding
    flood_bits: int  # each flooding is uniform over [-2^flood_bits, 2^flood_bits)
    hiding_bits: float  # -log2 of the statistical distance, over a whole job

    @property
    def budget_bits(self) -> float:
        """The noise budget that SEAL measures before flooding, for a largest of 6 deviations."""
        return self.room_bits - self.deepest_bits - math.log2(6)


def fresh_noise_bits(backend: Backend, degree: int, special_prime: int) -> float:
    """Noise of one public-key encryption, in bits.

    SEAL encrypts modulo all primes and divides by the special one, which leaves the rounding of
    both polynomials; the Fourier backend encrypts where the data live and keeps the errors.
    """
    errors = ERROR_VARIANCE * (1 + 2 * degree * TERNARY_VARIANCE)
    rounding = (1 + degree * TERNARY_VARIANCE) / 12
    variance = rounding + errors / special_prime**2 if backend == "seal" else errors
    return math.log2(variance) / 2


def exact(
    circuit: Circuit,
    backend: Backend,
    *,
    degree: int,
    primes: tuple[int, ...],
    plain_modulus: int,
    parties: int,
    openings: int,
) -> Prediction:
    """The noise of a BFV circuit; raises NoParameters where it leaves no room at all.

    Without products the aggregator floods once, and hides all noise of the sum. With them every
    platform floods for itself, and hides the noise of its own products.
    """
    room_bits = math.log2(math.prod(primes[:-1])) - math.log2(2 * plain_modulus)
    fresh_bits = fresh_noise_bits(backend, degree, primes[-1])
    if circuit.levels == 0:
        flooders = 1
        hidden_bits = fresh_bits + math.log2(parties) / 2
        deepest_bits = fresh_bits + math.log2(parties + 1) / 2
    else:
        # A slot vector is any polynomial modulo t; coefficients of a person's choices are 0 or 1.
        slots = backend == "seal"
        norm_bits = math.log2(plain_modulus / 2 if slots else 1) + math.log2(degree) / 2
        if slots:
            products_each, products = circuit.terms, circuit.terms * parties
        else:
            products_each, products = circuit.ones, circuit.altogether
        flooders = parties
        product_bits = fresh_bits + circuit.levels * norm_bits
        hidden_bits = product_bits + math.log2(products_each) / 2
        deepest_bits = product_bits + math.log2(products + parties) / 2
    left = _USED * 2.0**room_bits - _SURE_DEVIATIONS * 2.0 ** min(deepest_bits, 1000.0)
    if left < 2 * flooders:
        raise NoParameters(
            f"noise of {deepest_bits:.0f} bits does not fit the {room_bits:.0f} bits of room at "
            f"N={degree}: plan one multiplication fewer, or let the planner choose N"
        )
    flood_bits = math.floor(math.log2(left / flooders))
    hiding_bits = flood_bits + 1 - hidden_bits - math.log2(degree) - math.log2(openings)
    return Prediction(room_bits, fresh_bits, hidden_bits, deepest_bits, flood_bits, hiding_bits)
