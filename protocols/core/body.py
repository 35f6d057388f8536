"""How a message lies in memory and on a wire: one small header, then the fields as they are.

    header   2 bytes  length of the header, a multiple of 8
             2 bytes  magic "p1"
             1 byte   number of fields, then for each field
             1 byte   code: 0 int, 1 str, 2 bytes, 3 array
             8 bytes  length in bytes                                 (str, bytes)
             1 + 1 bytes dtype and number of dimensions, 8 each dim   (array)
             zeros up to the length
    payload  the fields, one after the other; an int is 8 bytes, signed

There is one encoding for what a message says, so two bodies say the same if they hash the same.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from protocols.core.errors import LocalMisuse

MAX_BODY_BYTES = 16 << 20
INT, STR, BYTES, ARRAY = range(4)

Buffer: TypeAlias = bytes | memoryview

_MAGIC = b"p1"
_DTYPES = tuple(
    np.dtype(f"<{sort}{size}")
    for sort, sizes in (("u", "1248"), ("i", "1248"), ("f", "48"))
    for size in sizes
)
_CODE_OF = {dtype: code for code, dtype in enumerate(_DTYPES)}
_MAX_DIMS = 4


class Malformed(ValueError):
    """A body that is not the canonical encoding of the expected type; the party names the peer."""


class Body:
    """The bytes of one message, as a header and the buffers behind it; not copied, not joined."""

    __slots__ = ("_digest", "buffers", "framing_bytes", "payload_bytes")

    def __init__(self, buffers: tuple[Buffer, ...]) -> None:
        self.buffers = buffers
        sizes = [len(buffer) for buffer in buffers]
        if len(buffers) == 1:  # joined: the header says where it ends
            header = int.from_bytes(bytes(buffers[0][:2]), "little")
            sizes = [min(header, sizes[0]), max(sizes[0] - header, 0)]
        self.framing_bytes = sizes[0]
        self.payload_bytes = sum(sizes[1:])
        self._digest: bytes | None = None

    def __len__(self) -> int:
        return self.framing_bytes + self.payload_bytes

    def __repr__(self) -> str:
        return f"Body({self.framing_bytes} + {self.payload_bytes} bytes)"

    @property
    def sha256(self) -> bytes:
        """The hash of all bytes, worked out once."""
        if self._digest is None:
            digest = hashlib.sha256()
            for buffer in self.buffers:
                digest.update(buffer)
            self._digest = digest.digest()
        return self._digest

    def join(self) -> bytes:
        """One run of bytes, as a wire needs it."""
        return b"".join(self.buffers)

    def parts(self) -> tuple[bytes, list[memoryview]]:
        """The header and the payload behind it; the payload is not split if it came joined."""
        first = memoryview(self.buffers[0])
        if len(self.buffers) > 1:
            return bytes(first), [memoryview(buffer) for buffer in self.buffers[1:]]
        if len(first) < 2 or not 2 <= int.from_bytes(first[:2], "little") <= len(first):
            raise Malformed("shorter than its header says")
        size = int.from_bytes(first[:2], "little")
        return bytes(first[:size]), [first[size:]]


@dataclass(frozen=True, slots=True)
class Field:
    """One field as its header describes it, and where its bytes lie."""

    code: int
    dtype: np.dtype[Any] | None
    shape: tuple[int, ...]
    buffer: memoryview

    def value(self) -> Any:
        """The int, str, bytes or read-only array."""
        if self.code == INT:
            return struct.unpack("<q", self.buffer)[0]
        if self.code == STR:
            try:
                return bytes(self.buffer).decode()
            except UnicodeDecodeError as error:
                raise Malformed("text that is not UTF-8") from error
        if self.code == BYTES:
            return bytes(self.buffer)
        array = np.frombuffer(self.buffer, self.dtype).reshape(self.shape)
        array.flags.writeable = False
        return array


def encode(values: Sequence[tuple[int, Any]]) -> Body:
    """Pairs of code and value as a body; arrays are locked where they lie, not copied."""
    head = bytearray(_MAGIC + bytes([len(values)]))
    buffers: list[Buffer] = []
    for code, value in values:
        head.append(code)
        if code == INT:
            buffers.append(struct.pack("<q", value))
        elif code == ARRAY:
            dtype = _CODE_OF.get(value.dtype)
            if dtype is None or value.ndim > _MAX_DIMS:
                raise LocalMisuse(f"an array of {value.dtype}, {value.ndim} dimensions is not sent")
            head += struct.pack(f"<BB{value.ndim}Q", dtype, value.ndim, *value.shape)
            buffers.append(_locked(value).reshape(-1).data.cast("B") if value.size else b"")
        else:
            buffers.append(value.encode() if code == STR else value)
            head += struct.pack("<Q", len(buffers[-1]))
    size = -(-(len(head) + 2) // 8) * 8
    header = struct.pack("<H", size) + bytes(head) + bytes(size - 2 - len(head))
    return Body((header, *buffers))


def decode(body: Body) -> list[Field]:
    """The fields of a body; raises Malformed where header and payload do not fit each other."""
    header, payload = body.parts()
    try:
        described = _described(header)
    except (struct.error, IndexError) as error:
        raise Malformed("the header is cut short") from error
    sizes = [_size(*each) for each in described]
    if len(body.buffers) == 1:
        payload = _split(payload[0], sizes)
    if [len(buffer) for buffer in payload] != sizes:
        raise Malformed("the payload is not as long as the header says")
    return [
        Field(*each, memoryview(buffer)) for each, buffer in zip(described, payload, strict=True)
    ]


def _locked(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array where nobody can write to it any more: locked with all it views, or copied."""
    if not array.flags.c_contiguous:
        array = np.ascontiguousarray(array)
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner.flags.writeable = False
        owner = owner.base
    if owner is None or memoryview(owner).readonly:
        return array
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _described(header: bytes) -> list[tuple[int, np.dtype[Any] | None, tuple[int, ...]]]:
    if header[2:4] != _MAGIC:
        raise Malformed("not a message")
    at = 5
    described: list[tuple[int, np.dtype[Any] | None, tuple[int, ...]]] = []
    for _ in range(header[4]):
        code, dtype, shape = header[at], None, ()  # type: int, np.dtype[Any] | None, tuple[int, ...]
        at += 1
        if code == ARRAY:
            if header[at] >= len(_DTYPES) or header[at + 1] > _MAX_DIMS:
                raise Malformed("an array of a kind that is not sent")
            dtype, dims = _DTYPES[header[at]], header[at + 1]
            shape = struct.unpack_from(f"<{dims}Q", header, at + 2)
            at += 2 + 8 * dims
        elif code in (STR, BYTES):
            shape = struct.unpack_from("<Q", header, at)
            at += 8
        elif code != INT:
            raise Malformed("a field of unknown type")
        described.append((code, dtype, shape))
    if len(header) != -(-at // 8) * 8 or any(header[at:]):
        raise Malformed("the header is not canonical")
    return described


def _size(code: int, dtype: np.dtype[Any] | None, shape: tuple[int, ...]) -> int:
    size = 8 if code == INT else 1
    for dim in shape:
        size *= dim
    return size * (dtype.itemsize if dtype is not None else 1)


def _split(joined: memoryview, sizes: Sequence[int]) -> list[memoryview]:
    """Runs of the given sizes, and one more with whatever is left over."""
    runs, at = [], 0
    for size in sizes:
        runs.append(joined[at : at + size])
        at += size
    return runs if at >= len(joined) else [*runs, joined[at:]]
