"""Envelopes and aborts as bytes, for a wire. Everything has a bound; the rest is Malformed.

    prefix   2 bytes  magic "pw"
             1 byte   version 1
             1 byte   kind: 1 envelope, 2 abort
             4 bytes  length of the head
             4 bytes  length of the body                                  (0 for an abort)
    head     32 bytes id of the session, then for an envelope
             4 + 4    number, depth
             3 texts  sender, to, name
             or for an abort
             1 byte   cause
             2 texts  sender, failed
             2 bytes  how many suspects, a text each
             2 bytes  how many missing messages, for each 3 texts (who, name, sender) and 4 bytes
             1 text   words
             and zeros, until prefix and head are a multiple of 8 bytes long
    body     the body of the message as it is

A text is 2 bytes of length and UTF-8 without control characters. Integers are little-endian and
unsigned. There is one encoding for what a frame says.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from protocols.core.abort import MAX_LISTED, MAX_WORDS_BYTES, Abort
from protocols.core.body import MAX_BODY_BYTES, Body, Buffer, Malformed
from protocols.core.errors import Cause, LocalMisuse, Missing
from protocols.core.message import MAX_DEPTH, MAX_NAME_BYTES, MAX_NUMBER, Envelope

SESSION_BYTES: Final = 32
MAX_HEAD_BYTES: Final = 1 << 20

_PREFIX = struct.Struct("<2sBBII")
_MAGIC, _VERSION = b"pw", 1
_ENVELOPE, _ABORT = 1, 2
_SHORT = struct.Struct("<H")
_LONG = struct.Struct("<I")

PREFIX_BYTES: Final = _PREFIX.size


class Framed(NamedTuple):
    """What a frame says, and of which session."""

    session: bytes
    message: Envelope | Abort


def encode_frame(session: bytes, message: Envelope | Abort) -> list[Buffer]:
    """A frame as buffers to be sent one behind the other; those of a body are not copied.

    Raises LocalMisuse for what no frame can say.
    """
    try:
        return _encode(session, message)
    except Malformed as error:
        raise LocalMisuse(f"this cannot be sent: {error}") from error


def rest_bytes(prefix: Buffer) -> int:
    """How many bytes follow the first PREFIX_BYTES of a frame; raises Malformed."""
    head, body = _lengths(prefix)
    return head + body


def decode_frame(frame: Buffer) -> Framed:
    """What a whole frame says; its body stays where it lies. Raises Malformed."""
    view = memoryview(frame)
    head_bytes, body_bytes = _lengths(view[:PREFIX_BYTES])
    start = PREFIX_BYTES + head_bytes
    if len(view) != start + body_bytes:
        raise Malformed("a frame that is not as long as it says")
    head = _Head(bytes(view[PREFIX_BYTES:start]))
    session = head.take(SESSION_BYTES)
    if view[3] == _ABORT:
        framed = Framed(session, _abort(head))
    else:
        number, depth = head.integer(MAX_NUMBER), head.integer(MAX_DEPTH, low=1)
        sender, to, name = (head.text() for _ in range(3))
        body = Body((view[start:],))
        framed = Framed(session, Envelope(sender, to, name, number, depth, body))
    head.refuse_rest()
    return framed


def _encode(session: bytes, message: Envelope | Abort) -> list[Buffer]:
    if len(session) != SESSION_BYTES:
        raise Malformed(f"the id of a session has {SESSION_BYTES} bytes")
    if isinstance(message, Abort):
        kind, body, head = _ABORT, Body((b"",)), _abort_head(message)
    else:
        kind, body = _ENVELOPE, message.body
        if len(body) > MAX_BODY_BYTES:
            raise Malformed(f"a message of more than {MAX_BODY_BYTES} bytes")
        head = [
            _integer(message.number, MAX_NUMBER),
            _integer(message.depth, MAX_DEPTH, low=1),
            *(_text(name) for name in (message.sender, message.to, message.name)),
        ]
    joined = session + b"".join(head)
    joined += bytes(-(PREFIX_BYTES + len(joined)) % 8)
    prefix = _PREFIX.pack(_MAGIC, _VERSION, kind, len(joined), len(body))
    return [prefix + joined, *(buffer for buffer in body.buffers if len(buffer))]


def _lengths(prefix: Buffer) -> tuple[int, int]:
    if len(prefix) != PREFIX_BYTES:
        raise Malformed("a frame that is cut short")
    magic, version, kind, head, body = _PREFIX.unpack(prefix)
    if magic != _MAGIC or version != _VERSION or kind not in (_ENVELOPE, _ABORT):
        raise Malformed("not a frame of this version")
    if head > MAX_HEAD_BYTES or body > (MAX_BODY_BYTES if kind == _ENVELOPE else 0):
        raise Malformed("a frame that is too large")
    return head, body


def _abort_head(abort: Abort) -> list[bytes]:
    head = [bytes([abort.cause]), _text(abort.sender), _text(abort.failed)]
    head += [_count(len(abort.suspects)), *(_text(name) for name in abort.suspects)]
    head.append(_count(len(abort.missing)))
    for missing in abort.missing:
        head += [_text(name) for name in (missing.who, missing.name, missing.sender)]
        head.append(_integer(missing.number, MAX_NUMBER))
    return [*head, _text(abort.words, MAX_WORDS_BYTES)]


def _abort(head: _Head) -> Abort:
    (number,) = head.take(1)
    try:
        cause = Cause(number)
    except ValueError as error:
        raise Malformed("an abort of unknown cause") from error
    sender, failed = head.text(), head.text()
    suspects = tuple(head.text() for _ in range(head.count()))
    missing = []
    for _ in range(head.count()):
        who, name, awaited = (head.text() for _ in range(3))
        missing.append(Missing(who, name, head.integer(MAX_NUMBER), awaited))
    words = head.text(MAX_WORDS_BYTES)
    return Abort(sender, failed, cause, suspects, tuple(missing), words)


def _text(text: str, most: int = MAX_NAME_BYTES) -> bytes:
    encoded = text.encode(errors="replace")
    if not 1 <= len(encoded) <= most or not text.isprintable():
        raise Malformed(f"a text that is empty, over {most} bytes long or not printable")
    return _SHORT.pack(len(encoded)) + encoded


def _integer(number: int, most: int, *, low: int = 0) -> bytes:
    if not low <= number <= most:
        raise Malformed(f"a number or depth that is not from {low} to {most}")
    return _LONG.pack(number)


def _count(number: int) -> bytes:
    if number > MAX_LISTED:
        raise Malformed(f"a list of more than {MAX_LISTED}")
    return _SHORT.pack(number)


class _Head:
    """The head of a frame, read from its beginning."""

    def __init__(self, head: bytes) -> None:
        self._head, self._offset = head, 0

    def take(self, size: int) -> bytes:
        taken = self._head[self._offset : self._offset + size]
        if len(taken) != size:
            raise Malformed("a head that is cut short")
        self._offset += size
        return taken

    def text(self, most: int = MAX_NAME_BYTES) -> str:
        (size,) = _SHORT.unpack(self.take(_SHORT.size))
        try:
            text = self.take(size).decode()
        except UnicodeDecodeError as error:
            raise Malformed("a text that is not UTF-8") from error
        _text(text, most)
        return text

    def integer(self, most: int, *, low: int = 0) -> int:
        (number,) = _LONG.unpack(self.take(_LONG.size))
        _integer(number, most, low=low)
        return int(number)

    def count(self) -> int:
        (number,) = _SHORT.unpack(self.take(_SHORT.size))
        _count(number)
        return int(number)

    def refuse_rest(self) -> None:
        """The rest must be zeros, and no more of them than are needed."""
        used, length = PREFIX_BYTES + self._offset, PREFIX_BYTES + len(self._head)
        if length != -(-used // 8) * 8 or any(self._head[self._offset :]):
            raise Malformed("a head that is not canonical")
