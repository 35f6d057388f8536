"""Keys: who signs, who agrees on a secret with whom, and what is derived from it.

Long-term identity keys (Ed25519) come with the agreement; all others (X25519) live for one job.
Whatever is signed, hashed or derived is bound to its purpose and to the session, so that nothing
from one job, or from a job under another agreement, is worth anything in another.

Source: RFC 8032 (Ed25519), RFC 7748 (X25519), RFC 5869 (HKDF), NIST SP 800-38D (AES-GCM).
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocols.core.errors import LocalMisuse

KEY_BYTES = 32  # of every public key, and of every secret that is agreed on
SIGNATURE_BYTES = 64
TAG_BYTES = 16  # what sealing adds

_NONCE = bytes(12)  # a sealing key is used once


class Forged(ValueError):
    """A signature, a sealed box or a public key that is not what it says; nothing more is told."""


def bound(purpose: str, session: bytes, *parts: bytes) -> bytes:
    """`parts` for one purpose in one session; no two different lists give the same bytes."""
    every = (b"privscore/aggregation", purpose.encode(), session, *parts)
    return b"".join(len(part).to_bytes(4, "little") + part for part in every)


def sign(identity: Ed25519PrivateKey, statement: bytes) -> bytes:
    """A signature of 64 bytes."""
    return identity.sign(statement)


def check_signature(identity: bytes, signature: bytes, statement: bytes) -> None:
    """Raise Forged unless the owner of the public key `identity` signed `statement`."""
    try:
        Ed25519PublicKey.from_public_bytes(identity).verify(signature, statement)
    except InvalidSignature as error:
        raise Forged("a signature does not hold") from error


def public_identity(identity: Ed25519PrivateKey) -> bytes:
    """The public half, 32 bytes, as the agreement has it."""
    return identity.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def derive(secret: bytes, info: bytes, size: int = KEY_BYTES) -> bytes:
    """`size` bytes from a secret, for what `info` says."""
    return HKDF(SHA256(), size, salt=None, info=info).derive(secret)


class KeyPair:
    """An X25519 key for one job. Its private half neither prints nor pickles."""

    __slots__ = ("_private", "public")

    def __init__(self, private: bytes) -> None:
        self._private = X25519PrivateKey.from_private_bytes(private)
        self.public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def __repr__(self) -> str:
        return f"KeyPair(public={self.public.hex()[:16]}...)"

    def __reduce__(self) -> tuple[object, ...]:
        raise LocalMisuse("a key pair does not pickle")

    def agree(self, peer: bytes, info: bytes) -> bytes:
        """The 32 bytes that the owner of the public key `peer` finds too.

        Raises Forged for a key of low order, with which anybody could find them.
        """
        try:
            shared = self._private.exchange(X25519PublicKey.from_public_bytes(peer))
        except ValueError as error:
            raise Forged("a public key has low order") from error
        return derive(shared, info)


def seal(key: bytes, content: bytes, beside: bytes) -> bytes:
    """`content` for whoever has `key`, tied to what lies `beside` it. For one use of the key."""
    return AESGCM(key).encrypt(_NONCE, content, beside)


def unseal(key: bytes, sealed: bytes, beside: bytes) -> bytes:
    """What was sealed; raises Forged if it, or what lies beside it, was changed."""
    try:
        return AESGCM(key).decrypt(_NONCE, sealed, beside)
    except InvalidTag as error:
        raise Forged("a sealed message does not open") from error
