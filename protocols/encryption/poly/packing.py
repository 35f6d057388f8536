"""Ciphertexts as bytes of a fixed length, and the header that is checked before anything else.

A residue travels in as many bits as its prime has, whatever was encrypted: for each prime all low
16-bit words, then those above them, then the bits that are left, sixteen residues' together.
Nothing is compressed, so a size tells how many ciphertexts there are and no more.

    header   4 bytes  magic "phe1"
             16 bytes parameters id      what both sides planned; hash of the checked parameters
             16 bytes key id             hash of the public key
             32 bytes session id
             4 bytes  count              ciphertexts behind the header
             8 bytes  length             of the words, in bytes
             32 bytes SHA-256            of all of the above and the words
    words    <u2, shape (count, W), W = N / 8 for each bit of a prime: both polynomials of each

A hash is no signature: it finds what was damaged or mixed up on the way. Who sends is the
channel's to prove, and a lying sender is bounded by the range check after decryption.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse
from protocols.encryption.poly.residues import Ciphertexts

Words: TypeAlias = NDArray[np.uint16]  # (count, W), see above

ID_BYTES: Final = 16
_FIELDS = struct.Struct(f"<4s{ID_BYTES}s{ID_BYTES}s32sIQ")
_MAGIC = b"phe1"
HEADER_BYTES: Final = _FIELDS.size + 32
_WORD_BITS: Final = 16


@dataclass(frozen=True, slots=True)
class Frame:
    """What the receiver knows before a byte arrives; every header is compared with it."""

    parameters_id: bytes
    key_id: bytes
    session: bytes
    degree: int
    primes: tuple[int, ...]  # without the special prime

    def shape(self, count: int) -> tuple[int, int]:
        """The shape of the words of `count` ciphertexts."""
        return (count, ciphertext_bytes(self.degree, self.primes) // 2)

    def like(self, count: int) -> Words:
        """An array without memory of its own that looks like the words of `count` ciphertexts."""
        return np.broadcast_to(np.zeros((), "<u2"), self.shape(count))


def ciphertext_bytes(degree: int, primes: tuple[int, ...]) -> int:
    """The payload bytes of one packed ciphertext over these primes, without the header."""
    return 2 * degree * sum(prime.bit_length() for prime in primes) // 8


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
    for place, (whole, left) in enumerate(_parts(words, frame)):
        residues, bits = ciphertexts[:, :, place], _WORD_BITS * whole.shape[1]
        for ciphertext_residues, planes in zip(residues, whole, strict=True):
            for number, plane in enumerate(planes):
                word = ciphertext_residues >> np.uint64(_WORD_BITS * number)
                np.copyto(plane, word, casting="unsafe")
        _squeeze((residues >> np.uint64(bits)).astype("<u2"), left)
    return words


def from_words(words: Words, frame: Frame) -> Ciphertexts:
    """The ciphertexts in words of the frame's shape; Malformed if a residue is out of range."""
    ciphertexts = np.empty((len(words), 2, len(frame.primes), frame.degree), np.uint64)
    for place, (whole, left) in enumerate(_parts(words, frame)):
        residues = ciphertexts[:, :, place]
        residues[...] = _spread(left, frame.degree)
        for ciphertext_residues, planes in zip(residues, whole, strict=True):
            for plane in planes[::-1]:
                ciphertext_residues <<= np.uint64(_WORD_BITS)
                ciphertext_residues |= plane
        if (residues >= np.uint64(frame.primes[place])).any():
            raise Malformed("a residue that is not below its prime")
    return ciphertexts


def _parts(words: Words, frame: Frame) -> Iterator[tuple[Words, Words]]:
    """Where each prime's residues lie: their whole words, and the bits that are left above those.

    Views of the words, of shape (count, whole words, 2, N) and (count, 2, bits left, N / 16).
    """
    start, count, degree = 0, len(words), frame.degree
    for prime in frame.primes:
        whole, left = divmod(prime.bit_length(), _WORD_BITS)
        middle = start + whole * 2 * degree
        end = middle + left * 2 * degree // _WORD_BITS
        yield (
            words[:, start:middle].reshape(count, whole, 2, degree),
            words[:, middle:end].reshape(count, 2, left, degree // _WORD_BITS),
        )
        start = end


def _squeeze(values: Words, into: Words) -> None:
    """Put values of b bits, shape (count, 2, N), into the b words that sixteen of them need.

    The first b of sixteen keep their place; bit i of each of the others goes on top of word i.
    """
    count, polynomials, bits, columns = into.shape
    sixteen = values.reshape(count, polynomials, _WORD_BITS, columns)
    into[...] = sixteen[:, :, :bits]
    for top in range(bits, _WORD_BITS):
        for i in range(bits):
            bit = (sixteen[:, :, top] >> np.uint16(i)) & np.uint16(1)
            into[:, :, i] |= bit << np.uint16(top)


def _spread(packed: Words, degree: int) -> Words:
    """What `_squeeze` put there, shape (count, 2, N)."""
    count, polynomials, bits, columns = packed.shape
    sixteen = np.zeros((count, polynomials, _WORD_BITS, columns), "<u2")
    sixteen[:, :, :bits] = packed & np.uint16((1 << bits) - 1)
    for top in range(bits, _WORD_BITS):
        for i in range(bits):
            bit = (packed[:, :, i] >> np.uint16(top)) & np.uint16(1)
            sixteen[:, :, top] |= bit << np.uint16(i)
    return sixteen.reshape(count, polynomials, degree)


def _fields(frame: Frame, count: int) -> bytes:
    length = count * ciphertext_bytes(frame.degree, frame.primes)
    return _FIELDS.pack(_MAGIC, frame.parameters_id, frame.key_id, frame.session, count, length)


def _digest(fields: bytes, words: Words) -> bytes:
    digest = hashlib.sha256(fields)
    digest.update(np.ascontiguousarray(words).reshape(-1).data.cast("B"))
    return digest.digest()
