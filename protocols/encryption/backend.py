"""Microsoft SEAL, through TenSEAL's `sealapi`: the only file that touches its objects.

Bytes and residues go in, bytes and residues come out. `KeyOwner` alone has a secret key, for both
backends; `SealEncryptor` has the public key, `SealSelector` has no key. SEAL holds the
interpreter's lock in every call, so two cores need two processes.

The binding saves to and loads from named files only. They are anonymous memory here
(`memfd_create`), so that a secret key touches no disk.

Source: Microsoft SEAL 4.1 manual and headers; TenSEAL 0.3.18, `tenseal/sealapi`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import tenseal.sealapi as sealapi
from numpy.typing import NDArray

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse
from protocols.encryption import seal_format
from protocols.encryption.interface import Choices, Points, Source, blocks, refuse_unknown_bins
from protocols.encryption.parameters import INSECURE_SETS, Checked
from protocols.encryption.residues import Ciphertexts, Residues
from protocols.encryption.seal_format import Layout


class Seal:
    """One set of parameters inside SEAL, and the way in and out of it."""

    def __init__(self, checked: Checked) -> None:
        parameters = sealapi.EncryptionParameters(sealapi.SCHEME_TYPE.BFV)
        parameters.set_poly_modulus_degree(checked.degree)
        sizes = [prime.bit_length() for prime in checked.primes]
        parameters.set_coeff_modulus(sealapi.CoeffModulus.Create(checked.degree, sizes))
        parameters.set_plain_modulus(checked.plain_modulus)
        level = sealapi.SEC_LEVEL_TYPE
        safe = checked.wish.parameter_set not in INSECURE_SETS
        self.context = sealapi.SEALContext(parameters, True, level.TC128 if safe else level.NONE)
        if not self.context.parameters_set():
            raise LocalMisuse(f"SEAL refuses: {self.context.parameters_error_message()}")
        if [each.value() for each in parameters.coeff_modulus()] != list(checked.primes):
            raise LocalMisuse("SEAL chose other primes than were planned: update `lattice`")
        self.checked = checked
        self.version = seal_format.version_of(saved(parameters))
        self.data_id = tuple(self.context.first_parms_id())
        self.key_id = tuple(self.context.key_parms_id())

    def ciphertext(self, residues: Residues) -> Any:
        """A SEAL ciphertext around residues of shape (2, primes, N) that were checked before."""
        blob = seal_format.frame(residues, Layout(self.data_id, ntt=False), self.version)
        return self.loaded(sealapi.Ciphertext(), blob)

    def residues(self, ciphertext: Any) -> Residues:
        """The residues of a SEAL ciphertext, shape (2, primes, N)."""
        shape = (2, len(self.checked.data_primes), self.checked.degree)
        return seal_format.residues_of(saved(ciphertext), shape)[0]

    def loaded(self, empty: Any, blob: bytes) -> Any:
        """`empty` filled from a blob; only for what was framed here or is our own material."""
        with _Memory() as memory:
            memory.write(blob)
            empty.load(self.context, memory.path)
        return empty


class KeyOwner:
    """Holds a secret key: can decrypt. Its material leaves only by `material`, and by that name."""

    def __init__(self, checked: Checked, material: bytes) -> None:
        self._seal, self._material = _seal(checked), material
        self._secret = self._seal.loaded(sealapi.SecretKey(), material)
        self._decryptor = sealapi.Decryptor(self._seal.context, self._secret)

    def __repr__(self) -> str:
        return f"KeyOwner(N={self._seal.checked.degree})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise LocalMisuse("a secret key does not pickle: hand its material on where it is meant to")

    def public_key(self) -> Residues:
        """A new public key, to be recorded: each call returns another one.

        Shape (2, key primes, N). For the Fourier backend an encryption of zero modulo the primes
        that data live in, as coefficients; for SEAL one modulo all primes, transformed.
        """
        checked = self._seal.checked
        if checked.wish.backend == "fourier":
            zero = sealapi.Ciphertext()
            encryptor = sealapi.Encryptor(self._seal.context, self._secret)
            encryptor.encrypt_zero_symmetric(zero)
            return self._seal.residues(zero)
        key = sealapi.PublicKey()
        sealapi.KeyGenerator(self._seal.context, self._secret).create_public_key(key)
        shape = (2, len(checked.key_primes), checked.degree)
        return seal_format.residues_of(saved(key), shape)[0]

    def decrypt(self, ciphertexts: Ciphertexts, people: int) -> NDArray[np.int64]:
        """The total of each person, shape (people,), exact.

        Raises Malformed if one is outside what the planned parties can add up to: somebody who
        contributed did not follow the protocol.
        """
        checked = self._seal.checked
        low, high = checked.wish.total_range
        totals = np.empty(people, np.int64)
        for residues, block in zip(ciphertexts, blocks(people, checked.people), strict=True):
            plaintext = sealapi.Plaintext()
            self._decryptor.decrypt(self._seal.ciphertext(residues), plaintext)
            totals[block] = self._numbers(plaintext)[: len(totals[block])]
        totals -= low
        totals %= checked.plain_modulus
        if (totals > high - low).any():
            raise Malformed("a total outside the range that the card allows")
        return totals + low

    def noise_budget_bits(self, ciphertext: Residues) -> int:
        """How many bits the noise of one ciphertext may still grow by, as SEAL measures it."""
        budget: int = self._decryptor.invariant_noise_budget(self._seal.ciphertext(ciphertext))
        return budget

    def _numbers(self, plaintext: Any) -> NDArray[np.int64]:
        """What a plaintext holds, modulo t, one number a person."""
        if self._seal.checked.wish.backend == "fourier":
            coefficients = seal_format.coefficients_of(saved(plaintext), self._seal.checked.degree)
            return coefficients.astype(np.int64)
        slots = sealapi.BatchEncoder(self._seal.context).decode_int64(plaintext)
        return np.array(slots, np.int64)


class SealEncryptor:
    """The `Encryptor` of this backend: people in slots."""

    def __init__(self, checked: Checked, public_key: Residues) -> None:
        self._seal = _seal(checked)
        layout = Layout(self._seal.key_id, ntt=True)
        blob = seal_format.frame(public_key, layout, self._seal.version)
        key = self._seal.loaded(sealapi.PublicKey(), blob)
        self._encryptor = sealapi.Encryptor(self._seal.context, key)
        self._encoder = sealapi.BatchEncoder(self._seal.context)

    def encrypt(self, points: Points, source: Source, label: str) -> Ciphertexts:
        """See `Encryptor.encrypt`."""
        people = self._seal.checked.admit(points)
        shared = blocks(len(people), self._seal.checked.people)
        return self._encrypt([people[block].tolist() for block in shared], source, label)

    def encrypt_constants(self, points: Points, source: Source, label: str) -> Ciphertexts:
        """See `Encryptor.encrypt_constants`: the number in every slot."""
        degree = self._seal.checked.degree
        numbers = self._seal.checked.admit(points).tolist()
        return self._encrypt([[number] * degree for number in numbers], source, label)

    def zeros(self, count: int, source: Source, label: str) -> Ciphertexts:
        """See `Encryptor.zeros`."""
        return self._encrypt([[0]] * count, source, label)

    def _encrypt(self, messages: Sequence[list[int]], source: Source, label: str) -> Ciphertexts:
        checked = self._seal.checked
        shape = (len(messages), 2, len(checked.data_primes), checked.degree)

        def make() -> bytes:
            made = np.empty(shape, "<u8")
            plaintext, ciphertext = sealapi.Plaintext(), sealapi.Ciphertext()
            for residues, message in zip(made, messages, strict=True):
                self._encoder.encode(message, plaintext)
                self._encryptor.encrypt(plaintext, ciphertext)
                residues[...] = self._seal.residues(ciphertext)
            return made.tobytes()

        return np.frombuffer(source.recorded(label, make), "<u8").reshape(shape)


class SealSelector:
    """The `Selector` of this backend: the card's ciphertexts, transformed once."""

    def __init__(self, checked: Checked, card: Ciphertexts, bins: tuple[int, ...]) -> None:
        if len(card) != sum(bins):
            raise LocalMisuse(f"a card of {len(card)} ciphertexts for {sum(bins)} bins")
        self._seal, self._bins = _seal(checked), bins
        self._evaluator = sealapi.Evaluator(self._seal.context)
        self._encoder = sealapi.BatchEncoder(self._seal.context)
        self._card = [self._seal.ciphertext(residues) for residues in card]
        for ciphertext in self._card:
            self._evaluator.transform_to_ntt_inplace(ciphertext)

    def select(self, choices: Choices) -> Ciphertexts:
        """See `Selector.select`. How long it takes tells which bins nobody is in.

        SEAL refuses to multiply by zero, so such a bin is left out.
        """
        refuse_unknown_bins(choices, self._bins)
        checked, people = self._seal.checked, choices.shape[1]
        count = checked.ciphertexts_for(people)
        result = np.zeros((count, 2, len(checked.data_primes), checked.degree), np.uint64)
        for residues, block in zip(result, blocks(people, checked.people), strict=True):
            total = self._selected(choices[:, block])
            if total is not None:
                residues[...] = self._seal.residues(total)
        return result

    def _selected(self, choices: Choices) -> Any:
        """The sum of chosen points as SEAL's ciphertext, None where nobody chose anything."""
        evaluator, total = self._evaluator, None
        card = iter(self._card)
        for row, bins in zip(choices, self._bins, strict=True):
            for each in range(bins):
                point, chosen = next(card), row == each
                if not chosen.any():
                    continue
                column, product = sealapi.Plaintext(), sealapi.Ciphertext()
                self._encoder.encode(chosen.astype(np.int64).tolist(), column)
                evaluator.transform_to_ntt_inplace(column, self._seal.data_id)
                evaluator.multiply_plain(point, column, product)
                if total is None:
                    total = product
                else:
                    evaluator.add_inplace(total, product)
        if total is not None:
            evaluator.transform_from_ntt_inplace(total)
        return total


def new_material(checked: Checked) -> bytes:
    """A new secret key, as bytes to be recorded and kept by its owner alone."""
    return saved(sealapi.KeyGenerator(_seal(checked).context).secret_key())


def saved(item: Any) -> bytes:
    """The bytes that SEAL saves of an object of its own."""
    with _Memory() as memory:
        item.save(memory.path)
        return memory.read()


@cache
def _seal(checked: Checked) -> Seal:
    return Seal(checked)


class _Memory:
    """A file without a disk behind it, gone when the block ends."""

    def __enter__(self) -> _Memory:
        if not hasattr(os, "memfd_create"):
            raise LocalMisuse("SEAL's binding needs Linux here: elsewhere a key would touch a disk")
        self._descriptor = os.memfd_create("seal")
        self.path = f"/proc/self/fd/{self._descriptor}"
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def write(self, blob: bytes) -> None:
        """Fill it."""
        os.write(self._descriptor, blob)

    def read(self) -> bytes:
        """All that is in it."""
        return os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
