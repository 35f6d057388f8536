"""Encryption and selection by exact Fourier products, with people in coefficients.

A total needs no slots. One number for each person goes into one coefficient of the plaintext, and
an encrypted point, alone in coefficient 0, is multiplied by the polynomial whose coefficients say
who chose it. So the plaintext modulus need not batch, a column costs no encoding, and a product
lets the noise grow by the root of N instead of t times that: a hidden card fits N=4096.

    public key   (b, a)  with b = -(a s + e), modulo the primes that data live in
    encryption   (b u + e0 + round(q m / t), a u + e1),  u ternary, e0 and e1 errors

Weights of approximate sums are encrypted alike, scaled by 2^a instead of q/t.

Sources: Fan and Vercauteren, eprint 2012/144, section 3 (`LPR.ES`) and 4 (`FV.SH.Encrypt`); Cheon,
Kim, Kim and Song, eprint 2016/421, section 3.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from protocols.core.coins import Coins
from protocols.core.errors import LocalMisuse
from protocols.encryption.backends.interface import (
    Choices,
    Numbers,
    Points,
    Source,
    blocks,
    refuse_unknown_bins,
)
from protocols.encryption.params.approximate import CheckedApproximate
from protocols.encryption.params.exact import Checked
from protocols.encryption.params.planning import Planned
from protocols.encryption.poly import spectrum
from protocols.encryption.poly.residues import (
    Ciphertexts,
    Integers,
    Residues,
    errors,
    reduced,
    ternary,
    times,
)


class FourierKey:
    """A public key, ready to encrypt polynomials that are scaled already."""

    def __init__(self, planned: Planned, public_key: Residues) -> None:
        self._degree, self._primes = planned.degree, planned.data_primes
        self._key = [spectrum.of_residues(half, self._primes) for half in public_key]

    def encrypt(self, messages: Sequence[Integers | None], coins: Coins) -> Ciphertexts:
        """One ciphertext for each message: residues below p in size, shape (primes, N), or zero."""
        shape = (len(messages), 2, len(self._primes), self._degree)
        result: Ciphertexts = np.empty(shape, np.uint64)
        for ciphertext, message in zip(result, messages, strict=True):
            mask = spectrum.of_small(ternary(self._degree, coins))
            noise = errors((2, self._degree), coins)
            for half, key in enumerate(self._key):
                polynomial = spectrum.to_integers(key * mask, self._primes)
                polynomial += noise[half]
                if half == 0 and message is not None:
                    polynomial += message
                ciphertext[half] = reduced(polynomial, self._primes)
        return result


class FourierEncryptor:
    """The `Encryptor` of this backend."""

    def __init__(self, checked: Checked, public_key: Residues) -> None:
        self._checked, self._key = checked, FourierKey(checked, public_key)
        modulus = math.prod(checked.data_primes)
        self._scale, self._scale_remainder = divmod(modulus, checked.plain_modulus)

    def encrypt(self, points: Points, source: Source, label: str) -> Ciphertexts:
        """See `Encryptor.encrypt`."""
        people = self._checked.admit(points)
        shared = blocks(len(people), self._checked.people)
        return self._encrypt([people[block] for block in shared], source, label)

    def encrypt_constants(self, numbers: Numbers, source: Source, label: str) -> Ciphertexts:
        """See `ConstantEncryptor.encrypt_constants`: the number in coefficient 0."""
        return self._encrypt(self._checked.admit(numbers)[:, None], source, label)

    def zeros(self, count: int, source: Source, label: str) -> Ciphertexts:
        """See `ConstantEncryptor.zeros`."""
        return self._key.encrypt([None] * count, source.coins.fork(label))

    def _encrypt(self, messages: Iterable[Integers], source: Source, label: str) -> Ciphertexts:
        """Encrypt numbers, each array of them in the first coefficients of a polynomial."""
        degree = self._checked.degree
        scaled = [self._scaled(np.pad(message, (0, degree - len(message)))) for message in messages]
        return self._key.encrypt(scaled, source.coins.fork(label))

    def _scaled(self, message: Integers) -> Integers:
        """round(q m / t) modulo each prime, shape (N,) -> (primes, N), less than p in size."""
        primes, plain_modulus = self._checked.data_primes, self._checked.plain_modulus
        positive = message % plain_modulus
        rounded = (positive * self._scale_remainder + plain_modulus // 2) // plain_modulus
        return times(positive, [self._scale % prime for prime in primes], primes) + rounded


class WeightEncryptor:
    """The `ConstantEncryptor` of approximate sums: a secret model's weights."""

    def __init__(self, checked: CheckedApproximate, public_key: Residues) -> None:
        self._checked, self._key = checked, FourierKey(checked, public_key)

    def encrypt_constants(self, numbers: Numbers, source: Source, label: str) -> Ciphertexts:
        """See `ConstantEncryptor.encrypt_constants`: the weight in coefficient 0."""
        checked, messages = self._checked, []
        for weight in checked.admit_weights(numbers).tolist():
            scaled = round(weight * 2.0**checked.weight_scale_bits)
            message = np.zeros((len(checked.data_primes), checked.degree), np.int64)
            message[:, 0] = [scaled % prime for prime in checked.data_primes]
            messages.append(message)
        return self._key.encrypt(messages, source.coins.fork(label))

    def zeros(self, count: int, source: Source, label: str) -> Ciphertexts:
        """See `ConstantEncryptor.zeros`."""
        return self._key.encrypt([None] * count, source.coins.fork(label))


class FourierSelector:
    """The `Selector` of this backend: keeps the spectra of the card's ciphertexts."""

    def __init__(self, checked: Checked, card: Ciphertexts, bins: tuple[int, ...]) -> None:
        if len(card) != sum(bins):
            raise LocalMisuse(f"a card of {len(card)} ciphertexts for {sum(bins)} bins")
        self._checked, self._bins = checked, bins
        self._primes = checked.data_primes
        self._card = [spectrum.of_residues(ciphertext, self._primes) for ciphertext in card]

    def select(self, choices: Choices) -> Ciphertexts:
        """See `Selector.select`."""
        refuse_unknown_bins(choices, self._bins)
        degree, people = self._checked.degree, choices.shape[1]
        result = np.empty(
            (self._checked.ciphertexts_for(people), 2, len(self._primes), degree), np.uint64
        )
        product = np.empty_like(self._card[0])
        for ciphertext, block in zip(result, blocks(people, self._checked.people), strict=True):
            chosen = choices[:, block]
            column = np.zeros(degree, bool)
            spectra = iter(self._card)
            total = np.zeros_like(product)
            for row, bins in zip(chosen, self._bins, strict=True):
                for number in range(bins):
                    np.equal(row, number, out=column[: len(row)])
                    np.multiply(next(spectra), spectrum.of_small(column), out=product)
                    total += product
            for half in range(2):
                ciphertext[half] = reduced(
                    spectrum.to_integers(total[half], self._primes), self._primes
                )
        return result
