"""A dealer's word on the shares it deals: a salted hash of each, signed for its holder.

From Shamir shares alone nobody can tell who lied. With these, a share that is not the one dealt
names who sent it on, and shares that were dealt wrongly name the dealer. The salt keeps a hash
from telling a share of a small field.
"""

from __future__ import annotations

import hashlib
import struct

import numpy as np
from numpy.typing import NDArray

from protocols.aggregation.keys import bound
from protocols.aggregation.shamir import Elements

LIMBS = 4  # field elements of a seed, 4 bytes each
SALT_BYTES = 16
HASH_BYTES = 32
KINDS = 2
MASK_KEY, SELF_MASK = range(KINDS)  # the seed of a platform's mask key, and that of its own mask

Octets = NDArray[np.uint8]


def hash_share(
    session: bytes, dealer: int, holder: int, kind: int, share: Elements, salt: Octets
) -> bytes:
    """32 bytes for one share, shape (LIMBS,), under one salt, shape (SALT_BYTES,)."""
    head = b"privscore/aggregation/share\0" + session + struct.pack("<3I", dealer, holder, kind)
    return hashlib.sha256(head + salt.tobytes() + share.astype("<u4").tobytes()).digest()


def hash_shares(
    session: bytes, dealer: int, holder: int, shares: Elements, salts: Octets
) -> Octets:
    """The hashes of both shares of one holder, shape (KINDS, HASH_BYTES)."""
    hashes = [
        hash_share(session, dealer, holder, kind, shares[kind], salts[kind])
        for kind in range(KINDS)
    ]
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(KINDS, HASH_BYTES)


def statement(session: bytes, dealer: str, holder: str, hashes: Octets) -> bytes:
    """What a dealer signs for one holder; `hashes` has shape (KINDS, HASH_BYTES)."""
    return bound("dealt", session, dealer.encode(), holder.encode(), hashes.tobytes())
