"""Li and Micciancio's attack: an approximate result, as it came out of a key, is the key.

A CKKS ciphertext (c0, c1) decrypts to m = c0 + c1 s, noise and all. Whoever is told m exactly
solves for s: one division modulo one prime. The ciphertext is no secret, since the aggregator
made it. A result is m's slots divided by the scale, and encoding those again gives m back as long
as doubles hold its coefficients, which they do at the scales that tutorials use; beyond, m itself
has to be shown.

Source: Li and Micciancio, "On the security of homomorphic encryption on approximate numbers",
eprint 2020/1533, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tenseal.sealapi as sealapi
from numpy.typing import NDArray

from protocols.encryption.backends import seal as backend
from protocols.encryption.backends import seal_format
from protocols.encryption.backends.seal import Seal
from protocols.encryption.backends.seal_format import Layout
from protocols.encryption.params.approximate import CheckedApproximate, Reals
from protocols.encryption.poly.residues import Residues


@dataclass(frozen=True, slots=True)
class Loot:
    """What an attack came away with: the key that it believes in, coefficient by coefficient."""

    recovered: NDArray[np.int64]  # shape (N,)
    secret: NDArray[np.int64]  # the true one, for the comparison

    @property
    def right(self) -> int:
        """How many of the key's coefficients are right."""
        return int((self.recovered == self.secret).sum())


def from_results(checked: CheckedApproximate, results: Reals) -> Residues:
    """m at its evaluation points, shape (primes, N), from the N results that were published."""
    seal = backend.seal(checked)
    half = checked.degree // 2
    return _words_of(
        seal.complexes(results[:half] + 1j * results[half:], checked.scale),
        len(checked.data_primes),
        checked.degree,
    )


def from_decryption(checked: CheckedApproximate, material: bytes, ciphertext: Residues) -> Residues:
    """m at its evaluation points, from an owner who shows a decryption as it came out."""
    seal = backend.seal(checked)
    key = seal.loaded(sealapi.SecretKey(), material)
    turned, plaintext = seal.ciphertext(ciphertext, checked.scale), sealapi.Plaintext()
    seal.evaluator.transform_to_ntt_inplace(turned)
    sealapi.Decryptor(seal.context, key).decrypt(turned, plaintext)
    return _words_of(plaintext, len(checked.data_primes), checked.degree)


def recover(
    checked: CheckedApproximate, m: Residues, ciphertext: Residues, material: bytes
) -> Loot:
    """The key from one ciphertext, shape (2, primes, N), and what it decrypted to.

    `material` is not used by the attack: it only says how far the attack got.
    """
    seal = backend.seal(checked)
    c0, c1 = _transformed(seal, ciphertext)[:, 0]
    prime = checked.primes[0]
    numbers = zip(m[0].tolist(), c0.tolist(), c1.tolist(), strict=True)
    quotients = [
        (left - right) * pow(divisor, -1, prime) % prime for left, right, divisor in numbers
    ]
    key = seal.loaded(sealapi.SecretKey(), material)
    secret = _words_of(key, len(checked.primes), checked.degree)
    return Loot(_coefficients(seal, np.array(quotients, np.uint64)), _coefficients(seal, secret[0]))


def _transformed(seal: Seal, residues: Residues) -> Residues:
    """A ciphertext at its evaluation points, shape (2, primes, N)."""
    ciphertext = seal.ciphertext(residues, 1.0)
    seal.evaluator.transform_to_ntt_inplace(ciphertext)
    shape = (2, len(seal.planned.data_primes), seal.planned.degree)
    return seal_format.residues_of(backend.saved(ciphertext), shape)


def _words_of(item: object, primes: int, degree: int) -> Residues:
    """What SEAL keeps of a plaintext or secret key, at evaluation points: shape (primes, N)."""
    return seal_format.coefficients_of(backend.saved(item), primes * degree).reshape(primes, degree)


def _coefficients(seal: Seal, values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """A polynomial modulo the first prime from its evaluation points: signed coefficients."""
    prime = seal.planned.primes[0]
    residues = np.zeros((2, len(seal.planned.data_primes), seal.planned.degree), np.uint64)
    residues[:, 0] = values
    blob = seal_format.frame(residues, Layout(seal.data_id, True), seal.version)
    turned = seal.residues(seal.loaded(sealapi.Ciphertext(), blob))[0, 0].astype(np.int64)
    return np.where(turned > prime // 2, turned - prime, turned)
