"""How SEAL 4 lays out a saved object: read what SEAL wrote, frame what SEAL is to load.

Only blobs that were framed here, around residues that were checked, are ever loaded; only blobs
that SEAL itself has just written are ever read. SEAL compresses what it saves and accepts what is
not compressed, so reading needs Zstandard and writing needs nothing.

    16 bytes  header: magic, its own size, version, compression, size of everything
    body      parameters id, NTT form, size, N, primes, scale, correction factor, then an array
              with a header of its own: its length, and the residues, polynomial by polynomial

Source: Microsoft SEAL 4.1, `native/src/seal/serialization.h` (header) and
`ciphertext.cpp` (`save_members`); checked against TenSEAL's SEAL by loading.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from protocols.core.errors import LocalMisuse

_HEADER = struct.Struct("<HBBBBHQ")
_MAGIC: Final = 0xA15E
_BODY = struct.Struct("<4QBQQQdQ")
_COUNT = struct.Struct("<Q")
_UNCOMPRESSED, _ZSTANDARD = 0, 2


@dataclass(frozen=True, slots=True)
class Layout:
    """What a blob says about its residues, apart from the residues."""

    parms_id: tuple[int, int, int, int]
    ntt: bool
    scale: float = 1.0


def version_of(blob: bytes) -> tuple[int, int]:
    """Major and minor version that a SEAL wrote into its blob; it loads no other."""
    _, _, major, minor, *_ = _HEADER.unpack_from(blob)
    return major, minor


def frame(residues: NDArray[np.uint64], layout: Layout, version: tuple[int, int]) -> bytes:
    """Residues of shape (2, primes, N) as the blob of a ciphertext or public key."""
    size, primes, degree = residues.shape
    words = np.ascontiguousarray(residues, "<u8")
    array = _header(_HEADER.size + _COUNT.size + words.nbytes, version)
    array += _COUNT.pack(words.size) + words.tobytes()
    body = _BODY.pack(*layout.parms_id, layout.ntt, size, degree, primes, layout.scale, 1)
    return _header(_HEADER.size + len(body) + len(array), version) + body + array


def residues_of(blob: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint64]:
    """The residues in a ciphertext or public key that our own SEAL has just saved.

    `shape` is (size, primes, N) as planned; raises LocalMisuse where the blob differs, which
    would mean a SEAL of another format.
    """
    size, primes, degree = shape
    words = size * primes * degree
    body = _body(blob, _BODY.size + _HEADER.size + _COUNT.size + 8 * words)
    *_, found_size, found_degree, found_primes, _, _ = _BODY.unpack_from(body)
    if (found_size, found_primes, found_degree) != shape:
        raise LocalMisuse("this SEAL saves ciphertexts in a format that is not known here")
    return np.frombuffer(body, "<u8", words, len(body) - 8 * words).reshape(shape)


def coefficients_of(blob: bytes, degree: int) -> NDArray[np.uint64]:
    """The N coefficients of a plaintext that our own SEAL has just saved, shape (N,)."""
    prefix = 4 * 8 + 8 + 8 + _HEADER.size + _COUNT.size
    body = _body(blob, prefix + 8 * degree)
    count = (len(body) - prefix) // 8
    coefficients = np.zeros(degree, np.uint64)
    coefficients[:count] = np.frombuffer(body, "<u8", count, prefix)
    return coefficients


def _header(size: int, version: tuple[int, int]) -> bytes:
    return _HEADER.pack(_MAGIC, _HEADER.size, *version, _UNCOMPRESSED, 0, size)


def _body(blob: bytes, most_bytes: int) -> bytes:
    magic, _, _, _, compression, _, size = _HEADER.unpack_from(blob)
    if magic != _MAGIC or size != len(blob) or compression not in (_UNCOMPRESSED, _ZSTANDARD):
        raise LocalMisuse("this SEAL saves objects in a format that is not known here")
    if compression == _UNCOMPRESSED:
        return blob[_HEADER.size :]
    reader = zstandard.ZstdDecompressor().stream_reader(blob[_HEADER.size :])
    return reader.read(most_bytes)
