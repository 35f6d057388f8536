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

import functools
import hashlib
import math
import struct
from collections.abc import Sequence
from copy import copy
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from protocols.core.errors import LocalMisuse

MAX_BODY_BYTES = 16 << 20
INT, STR, BYTES, ARRAY = range(4)

Buffer: TypeAlias = bytes | memoryview
Kind: TypeAlias = tuple[int, "np.dtype[Any] | None", tuple[int, ...]]  # code, dtype, shape

_MAGIC = b"p1"
_DTYPES = tuple(
    np.dtype(f"<{sort}{size}")
    for sort, sizes in (("u", "1248"), ("i", "1248"), ("f", "48"))
    for size in sizes
)
_CODE_OF = {dtype: code for code, dtype in enumerate(_DTYPES)}
_MAX_DIMS = 4
_INT = struct.Struct("<q")


class Malformed(ValueError):
    """A body that is not the canonical encoding of the expected type; the party names the peer."""


class Body:
    """The bytes of one message, as a header and the buffers behind it; not copied, not joined."""

    __slots__ = ("_digest", "buffers", "framing_bytes", "payload_bytes")

    def __init__(self, buffers: tuple[Buffer, ...]) -> None:
        self.buffers = buffers
        sizes = [*map(len, buffers)]
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

    def outline(self) -> Body:
        """Hash and sizes only; who else holds this body keeps its bytes."""
        kept = copy(self)
        kept._digest, kept.buffers = self.sha256, ()
        return kept

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


class Field(NamedTuple):
    """One field as its header describes it, and where its bytes lie."""

    code: int
    dtype: np.dtype[Any] | None
    shape: tuple[int, ...]
    buffer: memoryview

    def value(self) -> Any:
        """The int, str, bytes or read-only array."""
        if self.code == INT:
            return _INT.unpack(self.buffer)[0]
        if self.code == STR:
            try:
                return bytes(self.buffer).decode()
            except UnicodeDecodeError as error:
                raise Malformed("text that is not UTF-8") from error
        if self.code == BYTES:
            whole = self.buffer.obj  # in memory the sender's own bytes, which nobody can change
            if isinstance(whole, bytes) and len(whole) == len(self.buffer):
                return whole
            return bytes(self.buffer)
        try:
            array = np.frombuffer(self.buffer, self.dtype).reshape(self.shape)
        except ValueError as error:
            raise Malformed("an array of impossible shape") from error
        array.flags.writeable = False
        return array


def encode(codes: Sequence[int], values: Sequence[Any]) -> Body:
    """Values and what each of them is, as a body; arrays are locked where they lie, not copied.

    Raises LocalMisuse for a value that is not what its code says, or is of a kind that is not sent.
    """
    kinds: list[Kind] = []
    buffers: list[Buffer] = []
    for code, value in zip(codes, values, strict=True):
        if code == ARRAY and isinstance(value, np.ndarray):
            kinds.append((code, value.dtype, value.shape))
            buffers.append(_locked(value).reshape(-1).data.cast("B") if value.size else b"")
        elif code == INT and isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
            kinds.append((code, None, ()))
            buffers.append(_INT.pack(value))
        elif code == (STR if isinstance(value, str) else BYTES if type(value) is bytes else None):
            buffers.append(value.encode() if code == STR else value)
            kinds.append((code, None, (len(buffers[-1]),)))
        else:
            raise LocalMisuse(f"a {type(value).__name__} where the message says otherwise")
    return Body((_header(tuple(kinds)), *buffers))


def decode(body: Body) -> list[Field]:
    """The fields of a body; raises Malformed where header and payload do not fit each other."""
    header, payload = body.parts()
    try:
        kinds = _kinds(header)
    except (struct.error, IndexError) as error:
        raise Malformed("the header is cut short") from error
    sizes = _sizes(kinds)
    if len(body.buffers) == 1:
        payload = _split(payload[0], sizes)
    if [*map(len, payload)] != sizes:
        raise Malformed("the payload is not as long as the header says")
    return [Field(*kind, buffer) for kind, buffer in zip(kinds, payload, strict=True)]


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
    copied = array.copy()
    copied.flags.writeable = False
    return copied


@functools.lru_cache(1024)  # most messages of a run look like the one before
def _header(kinds: tuple[Kind, ...]) -> bytes:
    head = bytearray(_MAGIC + bytes([len(kinds)]))
    for code, dtype, shape in kinds:
        head.append(code)
        if code == ARRAY:
            if dtype not in _CODE_OF or len(shape) > _MAX_DIMS:
                raise LocalMisuse(f"an array of {dtype}, {len(shape)} dimensions is not sent")
            head += bytes([_CODE_OF[dtype], len(shape)])
        head += struct.pack(f"<{len(shape)}Q", *shape)
    size = -(-(len(head) + 2) // 8) * 8
    return struct.pack("<H", size) + bytes(head) + bytes(size - 2 - len(head))


@functools.lru_cache(1024)
def _kinds(header: bytes) -> tuple[Kind, ...]:
    if header[2:4] != _MAGIC:
        raise Malformed("not a message")
    offset = 5
    kinds: list[Kind] = []
    for _ in range(header[4]):
        code, dtype, dims = header[offset], None, 0  # type: int, np.dtype[Any] | None, int
        offset += 1
        if code == ARRAY:
            if header[offset] >= len(_DTYPES) or header[offset + 1] > _MAX_DIMS:
                raise Malformed("an array of a kind that is not sent")
            dtype, dims = _DTYPES[header[offset]], header[offset + 1]
            offset += 2
        elif code in (STR, BYTES):
            dims = 1
        elif code != INT:
            raise Malformed("a field of unknown type")
        kinds.append((code, dtype, struct.unpack_from(f"<{dims}Q", header, offset)))
        offset += 8 * dims
    if len(header) != -(-offset // 8) * 8 or any(header[offset:]):
        raise Malformed("the header is not canonical")
    return tuple(kinds)


@functools.lru_cache(1024)
def _sizes(kinds: tuple[Kind, ...]) -> list[int]:
    """Payload bytes of each field; the list is shared, so it is only to be read."""
    return [
        _INT.size if code == INT else math.prod(shape) * (dtype.itemsize if dtype else 1)
        for code, dtype, shape in kinds
    ]


def _split(joined: memoryview, sizes: Sequence[int]) -> list[memoryview]:
    """Runs of the given sizes, and one more with whatever is left over."""
    runs, offset = [], 0
    for size in sizes:
        runs.append(joined[offset : offset + size])
        offset += size
    return runs if offset >= len(joined) else [*runs, joined[offset:]]
