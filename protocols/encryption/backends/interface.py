"""What a role may hold: an encryptor, a selector or a key's owner, never all of them in one.

Two backends do the same behind it. `coefficient` puts people into coefficients and multiplies with
NumPy's transforms, from the role's own coins. `seal_slots` puts people into slots and lets
Microsoft SEAL encrypt and multiply; its randomness is its own, so what it made is recorded. Keys
are made and ciphertexts decrypted by SEAL in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocols.core.coins import Coins
from protocols.core.errors import LocalMisuse
from protocols.encryption.poly.residues import Ciphertexts

Points: TypeAlias = NDArray[np.integer[Any]]  # (people,)
Numbers: TypeAlias = NDArray[Any]  # (bins,) or (columns,): points, or a model's weights
# Which bin, from 0: (characteristics, people).
Choices: TypeAlias = NDArray[np.unsignedinteger[Any]]


class Source(Protocol):
    """Where randomness comes from, so that a run can be replayed; a `Party` is one."""

    @property
    def coins(self) -> Coins:
        """Draws of our own."""

    def recorded(self, label: str, make: Callable[[], bytes]) -> bytes:
        """What a library with draws of its own made; in replay, what it made then."""


class ConstantEncryptor(Protocol):
    """Holds the public key: can encrypt what is to be multiplied, and can read nothing."""

    def encrypt_constants(self, numbers: Numbers, source: Source, label: str) -> Ciphertexts:
        """One ciphertext for each number, made to be multiplied by a column of people's values.

        Raises LocalMisuse for numbers outside the planned range. `label` is used once a session.
        """

    def zeros(self, count: int, source: Source, label: str) -> Ciphertexts:
        """Fresh encryptions of nothing: added, they make a ciphertext a new one."""


class Encryptor(ConstantEncryptor, Protocol):
    """Can also encrypt people's numbers themselves."""

    def encrypt(self, points: Points, source: Source, label: str) -> Ciphertexts:
        """One number for each person, people side by side, as many ciphertexts as they need."""


class Selector(Protocol):
    """Holds a hidden card's ciphertexts: picks one for each person, and can read none."""

    def select(self, choices: Choices) -> Ciphertexts:
        """The sum over characteristics of the chosen points, for each person.

        It is not fit to be sent: its randomness is the card's, until a fresh zero and flooding
        are added. Raises LocalMisuse for a bin that the card does not have.
        """


def blocks(people: int, per_ciphertext: int) -> Sequence[slice]:
    """The slices of a people axis that share a ciphertext."""
    return [slice(start, start + per_ciphertext) for start in range(0, people, per_ciphertext)]


def refuse_unknown_bins(choices: Choices, bins: tuple[int, ...]) -> None:
    """Raise LocalMisuse unless each characteristic has one row of choices, all among its bins."""
    if choices.ndim != 2 or len(choices) != len(bins):
        raise LocalMisuse(f"choices of shape {choices.shape} for {len(bins)} characteristics")
    if choices.size and (choices.max(axis=1) >= np.array(bins)).any():
        raise LocalMisuse("a choice is not one of the card's bins: bin the column again")
