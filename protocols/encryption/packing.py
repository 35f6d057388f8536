"""Ciphertexts as bytes of a fixed length, and the header that is checked before anything else.

A ciphertext travels as the three 16-bit words of every residue, all low words first, then all
middle ones, then all high ones: 12 bytes for each coefficient and prime, whatever was encrypted.
Nothing is compressed, so a size tells how many ciphertexts there are and no more.

    header   4 bytes  magic "phe1"
             16 bytes parameters id      what both sides planned; hash of the checked parameters
             16 bytes key id             hash of the public key
             32 bytes session id
             4 bytes  count              ciphertexts behind the header
             8 bytes  length             of the words, in bytes
             32 bytes SHA-256            of all of the above and the words
    words    <u2, shape (count, 3, 2 * primes, N): c0's residues by prime, then c1's

A hash is no signature: it finds what was damaged or mixed up on the way. Who sends is the
channel's to prove, and a lying sender is bounded by the range check after decryption.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse
from protocols.encryption.residues import Ciphertexts, column

Words: TypeAlias = NDArray[np.uint16]  # (count, 3, 2 * primes, N)

ID_BYTES: Final = 16
_FIELDS = struct.Struct(f"<4s{ID_BYTES}s{ID_BYTES}s32sIQ")
_MAGIC = b"phe1"
HEADER_BYTES: Final = _FIELDS.size + 32
WORDS_PER_RESIDUE: Final = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """What the receiver knows before a byte arrives; every header is compared with it."""

    parameters_id: bytes
    key_id: bytes
    session: bytes
    degree: int
    primes: tuple[int, ...]  # without the special prime

    def shape(self, count: int) -> tuple[int, int, int, int]:
        """The shape of the words of `count` ciphertexts."""
        return (count, WORDS_PER_RESIDUE, 2 * len(self.primes), self.degree)

    def like(self, count: int) -> Words:
        """An array without memory of its own that looks like the words of `count` ciphertexts."""
        return np.broadcast_to(np.zeros((), "<u2"), self.shape(count))


def ciphertext_bytes(degree: int, primes: int) -> int:
    """The payload bytes of one packed ciphertext with so many data primes, without the header."""
    return 2 * WORDS_PER_RESIDUE * 2 * primes * degree


def pack(ciphertexts: Ciphertexts, frame: Frame) -> tuple[bytes, Words]:
    """Header and words of ciphertexts; raises LocalMisuse if they are not of the frame's shape."""
    words = to_words(ciphertexts, frame)
    fields = _fields(frame, len(words))
    return fields + _digest(fields, words), words


def unpack(header: bytes, words: Words, frame: Frame, count: int) -> Ciphertexts:
    """The ciphertexts behind a header, after every check; raises Malformed with the first failure.

    `count` is what the receiver expects: no number in the header decides how much is read.
    """
    if len(header) != HEADER_BYTES:
        raise Malformed(f"a ciphertext header of {len(header)} bytes, want {HEADER_BYTES}")
    if words.dtype != np.dtype("<u2") or words.shape != frame.shape(count):
        raise Malformed(f"ciphertext words of shape {words.shape}, want {frame.shape(count)}")
    magic, parameters_id, key_id, session, claimed, length = _FIELDS.unpack_from(header)
    if magic != _MAGIC:
        raise Malformed("not ciphertexts of this format")
    if parameters_id != frame.parameters_id:
        raise Malformed("ciphertexts under other parameters")
    if key_id != frame.key_id:
        raise Malformed("ciphertexts under another key")
    if session != frame.session:
        raise Malformed("ciphertexts of another session")
    if claimed != count or length != words.nbytes:
        raise Malformed("ciphertexts in another number than agreed")
    if not hmac.compare_digest(header[_FIELDS.size :], _digest(header[: _FIELDS.size], words)):
        raise Malformed("ciphertexts that were damaged on the way")
    return from_words(words, frame)


def to_words(ciphertexts: Ciphertexts, frame: Frame) -> Words:
    """The words of ciphertexts; raises LocalMisuse if they are not of the frame's shape."""
    count = len(ciphertexts)
    if ciphertexts.shape != (count, 2, len(frame.primes), frame.degree):
        raise LocalMisuse(f"ciphertexts of shape {ciphertexts.shape} do not fit these parameters")
    words = np.empty(frame.shape(count), "<u2")
    for planes, ciphertext in zip(words, ciphertexts, strict=True):
        rows = ciphertext.reshape(planes.shape[1:])
        for place, plane in enumerate(planes):
            np.copyto(plane, rows >> np.uint64(16 * place), casting="unsafe")
    return words


def from_words(words: Words, frame: Frame) -> Ciphertexts:
    """The ciphertexts in words of the frame's shape; Malformed if a residue is out of range."""
    ciphertexts = np.empty((len(words), 2, len(frame.primes), frame.degree), np.uint64)
    modulus = column(frame.primes).view(np.uint64)
    for ciphertext, planes in zip(ciphertexts, words, strict=True):
        rows = ciphertext.reshape(planes.shape[1:])
        rows[...] = planes[-1]
        for plane in planes[-2::-1]:
            rows <<= np.uint64(16)
            rows |= plane
        if (ciphertext >= modulus).any():
            raise Malformed("a residue that is not below its prime")
    return ciphertexts


def _fields(frame: Frame, count: int) -> bytes:
    length = count * ciphertext_bytes(frame.degree, len(frame.primes))
    return _FIELDS.pack(_MAGIC, frame.parameters_id, frame.key_id, frame.session, count, length)


def _digest(fields: bytes, words: Words) -> bytes:
    digest = hashlib.sha256(fields)
    digest.update(np.ascontiguousarray(words).reshape(-1).data.cast("B"))
    return digest.digest()
