"""A salted commitment to hidden points, and an auditor's signature over it.

Whoever has the points and the salt can show that they are those of the commitment; who has the
commitment alone learns nothing of them. It is over names, columns and bins too: points mean
nothing without them.
"""

from __future__ import annotations

import hashlib
import secrets

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privscore.card.scorecard import Scorecard

SALT_BYTES = 32
_POINTS, _APPROVED = b"privscore/points@1\0", b"privscore/approved-points@1\0"


def new_salt() -> str:
    """32 fresh random bytes, in hexadecimal."""
    return secrets.token_hex(SALT_BYTES)


def commitment(card: Scorecard, salt: str) -> str:
    """SHA-256 over the salt and all points and weights, in hexadecimal, in any order of lines.

    Disabled lines are in it too. Raises ValueError for a card without points.
    """
    lines = sorted(
        (line.name, line.columns, "weight" if line.weighted else line.bins, line.numbers)
        for line in (*card.characteristics, *card.disabled)
    )
    return hashlib.sha256(_POINTS + bytes.fromhex(salt) + msgspec.json.encode(lines)).hexdigest()


def approve(key: Ed25519PrivateKey, committed: str) -> str:
    """An auditor's signature over a commitment, in hexadecimal."""
    return key.sign(_APPROVED + bytes.fromhex(committed)).hex()


def approves(public_key: str, committed: str, signature: str) -> bool:
    """Whether the signature is over this commitment, by the holder of this key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), _APPROVED + bytes.fromhex(committed))
    except (InvalidSignature, ValueError):
        return False
    return True
