"""Microsoft SEAL, through TenSEAL's `sealapi`: the only file that touches its objects.

Bytes and residues go in, bytes and residues come out. Only a `KeyHolder` has a secret key, for
both backends; a `PublicEncryptor` has the public key, `Products` have none. SEAL holds the
interpreter's lock in every call, so two cores need two processes.

The binding saves to and loads from named files only. They are anonymous memory here
(`memfd_create`), so that a secret key touches no disk.

Source: Microsoft SEAL 4.1 manual and headers; TenSEAL 0.3.18, `tenseal/sealapi`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np
import tenseal.sealapi as sealapi
from numpy.typing import NDArray

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse
from protocols.encryption.backends import seal_format
from protocols.encryption.backends.interface import blocks
from protocols.encryption.backends.seal_format import Layout
from protocols.encryption.params.approximate import CheckedApproximate, Reals
from protocols.encryption.params.exact import Checked
from protocols.encryption.params.planning import INSECURE_SETS, Planned
from protocols.encryption.poly.residues import Ciphertexts, Residues
from protocols.encryption.release import Unreleased


class Seal:
    """One set of parameters inside SEAL, and the way in and out of it."""

    def __init__(self, planned: Planned) -> None:
        exact = isinstance(planned, Checked)
        scheme = sealapi.SCHEME_TYPE.BFV if exact else sealapi.SCHEME_TYPE.CKKS
        parameters = sealapi.EncryptionParameters(scheme)
        parameters.set_poly_modulus_degree(planned.degree)
        sizes = [prime.bit_length() for prime in planned.primes]
        parameters.set_coeff_modulus(sealapi.CoeffModulus.Create(planned.degree, sizes))
        if isinstance(planned, Checked):
            parameters.set_plain_modulus(planned.plain_modulus)
        level = sealapi.SEC_LEVEL_TYPE
        safe = planned.asked.parameter_set not in INSECURE_SETS
        self.context = sealapi.SEALContext(parameters, True, level.TC128 if safe else level.NONE)
        if not self.context.parameters_set():
            raise LocalMisuse(f"SEAL refuses: {self.context.parameters_error_message()}")
        if [prime.value() for prime in parameters.coeff_modulus()] != list(planned.primes):
            raise LocalMisuse("SEAL chose other primes than were planned: update `lattice`")
        self.planned = planned
        self.evaluator = sealapi.Evaluator(self.context)
        self.version = seal_format.version_of(saved(parameters))
        self.data_id = tuple(self.context.first_parms_id())
        self.key_id = tuple(self.context.key_parms_id())

    def ciphertext(self, residues: Residues, scale: float = 1.0) -> Any:
        """A SEAL ciphertext around residues of shape (2, primes, N) that were checked before."""
        blob = seal_format.frame(residues, Layout(self.data_id, False, scale), self.version)
        return self.loaded(sealapi.Ciphertext(), blob)

    def residues(self, ciphertext: Any) -> Residues:
        """The residues of a SEAL ciphertext as coefficients, shape (2, primes, N)."""
        if ciphertext.is_ntt_form():
            self.evaluator.transform_from_ntt_inplace(ciphertext)
        shape = (2, len(self.planned.data_primes), self.planned.degree)
        return seal_format.residues_of(saved(ciphertext), shape)

    @cached_property
    def encoder(self) -> Any:
        """SEAL's encoder of numbers into slots."""
        if isinstance(self.planned, Checked):
            return sealapi.BatchEncoder(self.context)
        return sealapi.CKKSEncoder(self.context)

    def integers(self, numbers: list[int]) -> Any:
        """A BFV plaintext with a number in each slot."""
        plaintext = sealapi.Plaintext()
        self.encoder.encode(numbers, plaintext)
        return plaintext

    def complexes(self, numbers: NDArray[np.complex128], scale: float) -> Any:
        """A CKKS plaintext with a complex number in each slot."""
        plaintext = sealapi.Plaintext()
        self.encoder.encode(numbers.tolist(), scale, plaintext)
        return plaintext

    def loaded(self, empty: Any, blob: bytes) -> Any:
        """`empty` filled from a blob; only for what was framed here or is our own material."""
        with _Memory() as memory:
            memory.write(blob)
            empty.load(self.context, memory.path)
        return empty


class KeyHolder:
    """Has a secret key. What it can do with it is in the two kinds below; it never leaves."""

    def __init__(self, planned: Planned, material: bytes) -> None:
        self._seal = seal(planned)
        self._secret = self._seal.loaded(sealapi.SecretKey(), material)
        self._decryptor = sealapi.Decryptor(self._seal.context, self._secret)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(N={self._seal.planned.degree})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise LocalMisuse("a secret key does not pickle: its material stays with its owner")

    def public_key(self) -> Residues:
        """A new public key, to be recorded: each call returns another one.

        Shape (2, key primes, N). For the Fourier backend an encryption of zero modulo the primes
        that data live in, as coefficients; for SEAL one modulo all primes, transformed.
        """
        planned = self._seal.planned
        if planned.asked.backend == "fourier":
            zero = sealapi.Ciphertext()
            encryptor = sealapi.Encryptor(self._seal.context, self._secret)
            encryptor.encrypt_zero_symmetric(zero)
            return self._seal.residues(zero)
        key = sealapi.PublicKey()
        sealapi.KeyGenerator(self._seal.context, self._secret).create_public_key(key)
        shape = (2, len(planned.key_primes), planned.degree)
        return seal_format.residues_of(saved(key), shape)


class KeyOwner(KeyHolder):
    """Can read exact totals."""

    def __init__(self, checked: Checked, material: bytes) -> None:
        super().__init__(checked, material)
        self._checked = checked

    def decrypt(self, ciphertexts: Ciphertexts, people: int) -> NDArray[np.int64]:
        """The total of each person, shape (people,), exact.

        Raises Malformed if one is outside what the planned parties can add up to: somebody who
        contributed did not follow the protocol.
        """
        low, high = self._checked.wish.total_range
        totals = np.empty(people, np.int64)
        shared = blocks(people, self._checked.people)
        for residues, block in zip(ciphertexts, shared, strict=True):
            plaintext = sealapi.Plaintext()
            self._decryptor.decrypt(self._seal.ciphertext(residues), plaintext)
            totals[block] = self._numbers(plaintext)[: len(totals[block])]
        totals -= low
        totals %= self._checked.plain_modulus
        if (totals > high - low).any():
            raise Malformed("a total outside the range that the card allows")
        return totals + low

    def noise_budget_bits(self, ciphertext: Residues) -> int:
        """How many bits the noise of one ciphertext may still grow by, as SEAL measures it."""
        budget: int = self._decryptor.invariant_noise_budget(self._seal.ciphertext(ciphertext))
        return budget

    def _numbers(self, plaintext: Any) -> NDArray[np.int64]:
        """What a plaintext holds, modulo t, one number a person."""
        if self._checked.wish.backend == "fourier":
            coefficients = seal_format.coefficients_of(saved(plaintext), self._checked.degree)
            return coefficients.astype(np.int64)
        return np.array(self._seal.encoder.decode_int64(plaintext), np.int64)


class ApproximateKeyOwner(KeyHolder):
    """Can read approximate results, but only as far as `release` lets it."""

    def __init__(self, checked: CheckedApproximate, material: bytes) -> None:
        super().__init__(checked, material)
        self._checked = checked

    def unreleased(self, ciphertexts: Ciphertexts, people: int) -> Unreleased:
        """The weighted sum of each person, to be released."""
        shared = blocks(people, self._checked.people)
        if len(shared) != len(ciphertexts):
            raise LocalMisuse(f"{len(ciphertexts)} ciphertexts for {people} people")

        def read(flooded: Ciphertexts) -> Reals:
            values = [self._slots(residues) for residues in flooded]
            sizes = [block.stop - block.start for block in shared]
            pieces = [slots[:size] for slots, size in zip(values, sizes, strict=True)]
            return np.concatenate([*pieces, np.zeros(0)])[:people]

        return Unreleased(ciphertexts, read)

    def _slots(self, residues: Residues) -> Reals:
        """What one ciphertext holds, shape (N,): the slots' real parts, then the imaginary ones."""
        ciphertext = self._seal.ciphertext(residues, self._checked.scale)
        plaintext = sealapi.Plaintext()
        self._seal.evaluator.transform_to_ntt_inplace(ciphertext)
        self._decryptor.decrypt(ciphertext, plaintext)
        slots = np.array(self._seal.encoder.decode_complex(plaintext))
        return np.concatenate([slots.real, slots.imag])


class PublicEncryptor:
    """SEAL's encryptor around a public key."""

    def __init__(self, checked: Checked, public_key: Residues) -> None:
        self.seal = seal(checked)
        layout = Layout(self.seal.key_id, ntt=True)
        blob = seal_format.frame(public_key, layout, self.seal.version)
        key = self.seal.loaded(sealapi.PublicKey(), blob)
        self._encryptor = sealapi.Encryptor(self.seal.context, key)

    def encrypt(self, numbers: list[int]) -> Residues:
        """One ciphertext of numbers, a slot for each, shape (2, primes, N)."""
        ciphertext = sealapi.Ciphertext()
        self._encryptor.encrypt(self.seal.integers(numbers), ciphertext)
        return self.seal.residues(ciphertext)


class Products:
    """Ciphertexts transformed once, to be multiplied by many plaintexts and added up."""

    def __init__(self, planned: Planned, factors: Ciphertexts, scale: float = 1.0) -> None:
        self.seal = seal(planned)
        self._factors = [self.seal.ciphertext(residues, scale) for residues in factors]
        for factor in self._factors:
            self.seal.evaluator.transform_to_ntt_inplace(factor)

    def sums(self, columns: Sequence[Iterable[Any]]) -> Ciphertexts:
        """For each of `columns`, the sum of its plaintexts times the ciphertexts, in order.

        SEAL refuses to multiply by zero, so such a plaintext is left out.
        """
        planned = self.seal.planned
        shape = (len(columns), 2, len(planned.data_primes), planned.degree)
        result: Ciphertexts = np.zeros(shape, np.uint64)
        for residues, plaintexts in zip(result, columns, strict=True):
            products = []
            for factor, plaintext in zip(self._factors, plaintexts, strict=True):
                if plaintext.is_zero():
                    continue
                if not plaintext.is_ntt_form():
                    self.seal.evaluator.transform_to_ntt_inplace(plaintext, self.seal.data_id)
                products.append(sealapi.Ciphertext())
                self.seal.evaluator.multiply_plain(factor, plaintext, products[-1])
            if products:
                total = products[0]
                for product in products[1:]:
                    self.seal.evaluator.add_inplace(total, product)
                residues[...] = self.seal.residues(total)
        return result


def new_material(planned: Planned) -> bytes:
    """A new secret key, as bytes to be recorded and kept by its owner alone."""
    return saved(sealapi.KeyGenerator(seal(planned).context).secret_key())


def saved(item: Any) -> bytes:
    """The bytes that SEAL saves of an object of its own."""
    with _Memory() as memory:
        item.save(memory.path)
        return memory.read()


@cache
def seal(planned: Planned) -> Seal:
    """SEAL with these parameters, set up once in a process."""
    return Seal(planned)


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
