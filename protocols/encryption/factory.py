"""From checked parameters to the backend that was planned, one capability at a time."""

from __future__ import annotations

import hashlib

import numpy as np

from protocols.core.errors import LocalMisuse
from protocols.encryption.backends.coefficient import (
    FourierEncryptor,
    FourierSelector,
    WeightEncryptor,
)
from protocols.encryption.backends.interface import ConstantEncryptor, Encryptor, Selector
from protocols.encryption.backends.seal_slots import SealEncryptor, SealSelector
from protocols.encryption.params.approximate import CheckedApproximate
from protocols.encryption.params.exact import Checked
from protocols.encryption.params.planning import Planned
from protocols.encryption.poly.packing import ID_BYTES, Frame
from protocols.encryption.poly.residues import Ciphertexts, Residues

_NO_KEY = bytes(ID_BYTES)  # the key that a public key itself travels under


def encryptor(checked: Checked, public_key: Residues) -> Encryptor:
    """Whoever has the public key can encrypt."""
    if checked.wish.backend == "seal":
        return SealEncryptor(checked, public_key)
    return FourierEncryptor(checked, public_key)


def constant_encryptor(planned: Planned, public_key: Residues) -> ConstantEncryptor:
    """Whoever has the public key can encrypt a card's points, or a model's weights."""
    if isinstance(planned, CheckedApproximate):
        return WeightEncryptor(planned, public_key)
    if isinstance(planned, Checked):
        return encryptor(planned, public_key)
    raise LocalMisuse(f"nobody encrypts constants under {type(planned).__name__}")


def selector(checked: Checked, card: Ciphertexts, bins: tuple[int, ...]) -> Selector:
    """Whoever has a hidden card's ciphertexts, `bins` for each characteristic, can select."""
    if checked.wish.backend == "seal":
        return SealSelector(checked, card, bins)
    return FourierSelector(checked, card, bins)


def key_frame(checked: Planned, session: bytes) -> Frame:
    """How a public key travels: like one ciphertext."""
    return Frame(checked.id, _NO_KEY, session, checked.degree, checked.key_primes)


def frame(checked: Planned, key_id: bytes, session: bytes) -> Frame:
    """How ciphertexts under the key with this id travel in this session."""
    return Frame(checked.id, key_id, session, checked.degree, checked.data_primes)


def key_id(public_key: Residues) -> bytes:
    """16 bytes that name a public key."""
    return hashlib.sha256(np.ascontiguousarray(public_key, "<u8").tobytes()).digest()[:ID_BYTES]
