"""People in slots: what SEAL encrypts, selects and weighs, one slot or half a slot for each person.

A slot multiplies by a slot. So a column of a card's bin, or of a model, is one plaintext, and a
point or a weight, the same in every slot, one ciphertext: the textbook way of doing it. For exact
totals `coefficient` does the same without slots; for approximate ones slots it must be.

Source: Smart and Vercauteren, eprint 2011/133 (batching); Cheon, Kim, Kim and Song, eprint
2016/421, section 3.2 (the canonical embedding).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from protocols.core.errors import LocalMisuse
from protocols.encryption.backends.interface import (
    Choices,
    Numbers,
    Points,
    Source,
    blocks,
    refuse_unknown_bins,
)
from protocols.encryption.backends.seal import Products, PublicEncryptor
from protocols.encryption.params.approximate import CheckedApproximate, Reals
from protocols.encryption.params.exact import Checked
from protocols.encryption.poly.residues import Ciphertexts, Residues


class SealEncryptor:
    """The `Encryptor` of this backend."""

    def __init__(self, checked: Checked, public_key: Residues) -> None:
        self._checked, self._seal = checked, PublicEncryptor(checked, public_key)

    def encrypt(self, points: Points, source: Source, label: str) -> Ciphertexts:
        """See `Encryptor.encrypt`."""
        people = self._checked.admit(points)
        shared = blocks(len(people), self._checked.people)
        return self._encrypt([people[block].tolist() for block in shared], source, label)

    def encrypt_constants(self, numbers: Numbers, source: Source, label: str) -> Ciphertexts:
        """See `ConstantEncryptor.encrypt_constants`: the number in every slot."""
        admitted = self._checked.admit(numbers).tolist()
        return self._encrypt(
            [[number] * self._checked.degree for number in admitted], source, label
        )

    def zeros(self, count: int, source: Source, label: str) -> Ciphertexts:
        """See `ConstantEncryptor.zeros`."""
        return self._encrypt([[0]] * count, source, label)

    def _encrypt(self, messages: Sequence[list[int]], source: Source, label: str) -> Ciphertexts:
        shape = (len(messages), 2, len(self._checked.data_primes), self._checked.degree)

        def make() -> bytes:
            made = np.empty(shape, "<u8")
            for residues, message in zip(made, messages, strict=True):
                residues[...] = self._seal.encrypt(message)
            return made.tobytes()

        return np.frombuffer(source.recorded(label, make), "<u8").reshape(shape)


class SealSelector:
    """The `Selector` of this backend: the card's ciphertexts, transformed once."""

    def __init__(self, checked: Checked, card: Ciphertexts, bins: tuple[int, ...]) -> None:
        if len(card) != sum(bins):
            raise LocalMisuse(f"a card of {len(card)} ciphertexts for {sum(bins)} bins")
        self._checked, self._bins, self._products = checked, bins, Products(checked, card)

    def select(self, choices: Choices) -> Ciphertexts:
        """See `Selector.select`. How long it takes tells which bins nobody is in."""
        refuse_unknown_bins(choices, self._bins)
        shared = blocks(choices.shape[1], self._checked.people)
        return self._products.sums([self._columns(choices[:, block]) for block in shared])

    def _columns(self, choices: Choices) -> Iterator[Any]:
        """A plaintext for each bin."""
        for row, bins in zip(choices, self._bins, strict=True):
            for number in range(bins):
                chosen = (row == number).astype(np.int64)
                yield self._products.seal.integers(chosen.tolist())


class Weigher:
    """Holds a model's encrypted weights: weighs columns with them, and can read none."""

    def __init__(self, checked: CheckedApproximate, weights: Ciphertexts) -> None:
        self._checked = checked
        self._products = Products(checked, weights, 2.0**checked.weight_scale_bits)

    def weigh(self, columns: Reals) -> Ciphertexts:
        """The weighted sum of columns of shape (columns, people), not yet fit to be sent.

        How long it takes tells which columns hold nothing but zeros.
        """
        admitted = self._checked.admit_columns(columns)
        shared = blocks(columns.shape[1], self._checked.people)
        return self._products.sums([self._columns(admitted[:, block]) for block in shared])

    def _columns(self, columns: Reals) -> Iterator[Any]:
        """A plaintext for each column: half of the people in real parts, half in imaginary ones."""
        half = self._checked.degree // 2
        scale = 2.0**self._checked.column_scale_bits
        for column in columns:
            slots = np.zeros(half, np.complex128)
            slots.real[: len(column[:half])] = column[:half]
            slots.imag[: len(column[half:])] = column[half:]
            yield self._products.seal.complexes(slots, scale)
