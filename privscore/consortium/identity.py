"""A party's identity: the file with its Ed25519 private key, read if nobody else can read it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privscore.errors import Refused

_MOST_BYTES = 4096  # a key in PEM has some 120
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WHAT = "an Ed25519 private key: PEM without a password, or 64 hexadecimal digits"

RefuseKey = Callable[[str, str], Refused]


def identity_in(path: Path, refuse: RefuseKey) -> bytes:
    """The 32-byte seed of the key in a file.

    Raises what `refuse` makes of a file that cannot be read, that others than its owner can read
    (where the system tells), or that holds no such key.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            body = file.read(_MOST_BYTES + 1) if stat.S_ISREG(mode) else b""
    except OSError as error:
        raise refuse(
            f"the identity `{path.name}` cannot be read: {error.strerror}",
            "Name the file with the party's own key; `privscore identity FILE --new` makes one.",
        ) from error
    if os.name == "posix" and mode & _OTHERS:
        raise refuse(
            f"others than its owner can read or change the identity `{path.name}`",
            f"Run `chmod 600 {path.name}`; if somebody may have read it, make a new key.",
        )
    seed = _seed(body)
    if seed is None:
        raise refuse(f"the identity `{path.name}` is not {_WHAT}", "Name the file with such a key.")
    return seed


def public_half(seed: bytes) -> bytes:
    """The Ed25519 public key of a 32-byte seed, 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _seed(body: bytes) -> bytes | None:
    if len(body) > _MOST_BYTES:
        return None
    if re.fullmatch(rb"[0-9A-Fa-f]{64}", body.strip()):
        return bytes.fromhex(body.strip().decode())
    try:
        key = serialization.load_pem_private_key(body, password=None)
    except (ValueError, TypeError):  # TypeError: it has a password
        return None
    return key.private_bytes_raw() if isinstance(key, Ed25519PrivateKey) else None
