"""BFV with people in coefficients: encryption and selection by exact Fourier products.

A total needs no slots. One number for each person goes into one coefficient of the plaintext, and
an encrypted point, alone in coefficient 0, is multiplied by the polynomial whose coefficients say
who chose it. So the plaintext modulus need not batch, a column costs no encoding, and a product
lets the noise grow by the root of N instead of t times that: a hidden card fits N=4096.

    public key   (b, a)  with b = -(a s + e), modulo the primes that data live in
    encryption   (b u + e0 + round(q m / t), a u + e1),  u ternary, e0 and e1 errors

Source: Fan and Vercauteren, eprint 2012/144, section 3 (`LPR.Es` and `FV.SH.Encrypt`).
"""

from __future__ import annotations

import numpy as np

from protocols.core.coins import Coins
from protocols.core.errors import LocalMisuse
from protocols.encryption import spectrum
from protocols.encryption.interface import Choices, Points, Source, blocks, refuse_unknown_bins
from protocols.encryption.parameters import Checked
from protocols.encryption.residues import (
    Ciphertexts,
    Integers,
    Residues,
    errors,
    reduced,
    ternary,
    times,
)


class FourierEncryptor:
    """The `Encryptor` of this backend."""

    def __init__(self, checked: Checked, public_key: Residues) -> None:
        self._checked = checked
        self._primes = checked.data_primes
        modulus = 1
        for prime in self._primes:
            modulus *= prime
        self._scale, self._scale_rest = divmod(modulus, checked.plain_modulus)
        self._key = [spectrum.of_residues(half, self._primes) for half in public_key]

    def encrypt(self, points: Points, source: Source, label: str) -> Ciphertexts:
        """See `Encryptor.encrypt`."""
        people = self._checked.admit(points)
        per_ciphertext = self._checked.people
        messages = np.zeros(
            (self._checked.ciphertexts_for(len(people)), self._checked.degree), np.int64
        )
        for message, block in zip(messages, blocks(len(people), per_ciphertext), strict=True):
            message[: len(people[block])] = people[block]
        return self._encrypt(messages, source.coins.fork(label))

    def encrypt_constants(self, points: Points, source: Source, label: str) -> Ciphertexts:
        """See `Encryptor.encrypt_constants`."""
        messages = np.zeros((len(points), self._checked.degree), np.int64)
        messages[:, 0] = self._checked.admit(points)
        return self._encrypt(messages, source.coins.fork(label))

    def zeros(self, count: int, source: Source, label: str) -> Ciphertexts:
        """See `Encryptor.zeros`."""
        messages = np.zeros((count, self._checked.degree), np.int64)
        return self._encrypt(messages, source.coins.fork(label))

    def _encrypt(self, messages: Integers, coins: Coins) -> Ciphertexts:
        """Encrypt polynomials of shape (count, N)."""
        degree = self._checked.degree
        result = np.empty((len(messages), 2, len(self._primes), degree), np.uint64)
        for ciphertext, message in zip(result, messages, strict=True):
            mask = spectrum.of_small(ternary(degree, coins))
            noise = errors((2, degree), coins)
            for half, key in enumerate(self._key):
                polynomial = spectrum.to_integers(key * mask, self._primes)
                polynomial += noise[half]
                if half == 0:
                    polynomial += self._scaled(message)
                ciphertext[half] = reduced(polynomial, self._primes)
        return result

    def _scaled(self, message: Integers) -> Integers:
        """round(q m / t) modulo each prime, shape (N,) -> (primes, N), less than p in size."""
        plain_modulus = self._checked.plain_modulus
        positive = message % plain_modulus
        rest = (positive * self._scale_rest + plain_modulus // 2) // plain_modulus
        return times(positive, [self._scale % prime for prime in self._primes], self._primes) + rest


class FourierSelector:
    """The `Selector` of this backend: keeps the spectra of the card's ciphertexts."""

    def __init__(self, checked: Checked, card: Ciphertexts, bins: tuple[int, ...]) -> None:
        if len(card) != sum(bins):
            raise LocalMisuse(f"a card of {len(card)} ciphertexts for {sum(bins)} bins")
        self._checked, self._bins = checked, bins
        self._primes = checked.data_primes
        self._card = [spectrum.of_residues(each, self._primes) for each in card]

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
                for each in range(bins):
                    np.equal(row, each, out=column[: len(row)])
                    np.multiply(next(spectra), spectrum.of_small(column), out=product)
                    total += product
            for half in range(2):
                ciphertext[half] = reduced(
                    spectrum.to_integers(total[half], self._primes), self._primes
                )
        return result
