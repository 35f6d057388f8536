"""A transport between processes of one machine: connected sockets for each two parties."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from itertools import combinations
from typing import Final, Self

from protocols.core.abort import Abort
from protocols.core.body import Buffer, Malformed
from protocols.core.errors import LocalMisuse
from protocols.core.frame import PREFIX_BYTES, decode_frame, encode_frame, rest_bytes
from protocols.core.message import Envelope
from protocols.core.transport import NOBODY, Arrival, Closed, Inbox

READ_AHEAD_BYTES: Final = 32 << 20  # of one peer; then nothing more is read until some was taken
CLOSING_S: Final = 5.0  # for what was sent to leave


class PipeTransport:
    """See `Transport`. Takes over the sockets: one for each peer, connected to nobody else.

    A thread for each peer reads and one writes, so that two parties may send each other more than
    a pipe holds. A peer that sends what is no frame, or stops inside one, is cut off.
    """

    def __init__(self, me: str, pipes: Mapping[str, socket.socket]) -> None:
        self._me = me
        self._pipes = dict(pipes)
        self._inbox = Inbox(self._pipes, READ_AHEAD_BYTES)
        self._writers = {peer: _Writer(pipe) for peer, pipe in self._pipes.items()}
        self._readers = [
            threading.Thread(target=self._read, args=(peer, pipe), daemon=True)
            for peer, pipe in self._pipes.items()
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def me(self) -> str:
        """See `Transport.me`."""
        return self._me

    @property
    def peers(self) -> tuple[str, ...]:
        """See `Transport.peers`."""
        return tuple(self._pipes)

    def send(self, session: bytes, envelope: Envelope) -> None:
        """See `Transport.send`. Raises LocalMisuse for what no frame can hold."""
        if envelope.to not in self._writers:
            raise LocalMisuse(f"{self._me} has no connection to {envelope.to}")
        self._writers[envelope.to].put(encode_frame(session, envelope))

    def abort(self, session: bytes, abort: Abort) -> None:
        """See `Transport.abort`."""
        frame = encode_frame(session, abort)
        for writer in self._writers.values():
            writer.put(frame)

    def next(self, deadline: float, paused: Set[str] = NOBODY) -> Arrival | None:
        """See `Transport.next`."""
        return self._inbox.take(deadline, paused)

    def unsent(self) -> Mapping[str, int]:
        """See `Transport.unsent`."""
        sizes = {peer: writer.unsent_bytes for peer, writer in self._writers.items()}
        return {peer: size for peer, size in sizes.items() if size}

    def close_sending(self) -> None:
        """See `Transport.close_sending`."""
        for writer in self._writers.values():
            writer.end()

    def close(self) -> None:
        """See `Transport.close`: at most CLOSING_S for all peers together."""
        self.close_sending()
        until = time.monotonic() + CLOSING_S
        for writer in self._writers.values():
            writer.join(max(0.0, until - time.monotonic()))
        self._inbox.close()
        for pipe in self._pipes.values():
            with suppress(OSError):  # the peer may have gone first
                pipe.shutdown(socket.SHUT_RDWR)
        for reader in self._readers:
            reader.join()
        for pipe in self._pipes.values():
            pipe.close()

    def _read(self, peer: str, pipe: socket.socket) -> None:
        fault = ""
        try:
            while frame := _frame(pipe):
                session, message = decode_frame(frame)
                self._inbox.put(Arrival(peer, session, message), len(frame))
        except Malformed as error:
            fault = f"sent a bad frame: {error}"
            with suppress(OSError):
                pipe.shutdown(socket.SHUT_RD)
        except OSError:
            pass  # it died with something of ours unread
        self._inbox.put(Arrival(peer, b"", Closed(fault)))


class _Writer(threading.Thread):
    """Sends frames in order, as fast as the other side reads; frames behind a failure are lost."""

    def __init__(self, pipe: socket.socket) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._frames: deque[list[Buffer]] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self.unsent_bytes = 0
        self.start()

    def put(self, frame: list[Buffer]) -> None:
        with self._changed:
            if not self._ending:
                self._frames.append(frame)
                self.unsent_bytes += _size(frame)
                self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify()

    def run(self) -> None:
        with suppress(OSError):  # the peer is gone; that it is, its reader says
            while frame := self._next():
                for buffer in frame:
                    self._pipe.sendall(buffer)
                with self._changed:
                    self.unsent_bytes -= _size(frame)
            self._pipe.shutdown(socket.SHUT_WR)
        with self._changed:
            self._ending, self.unsent_bytes = True, 0
            self._frames.clear()

    def _next(self) -> list[Buffer]:
        """The next frame, or none if there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._ending)
            return self._frames.popleft() if self._frames else []


def pipes_between(names: Iterable[str]) -> dict[str, dict[str, socket.socket]]:
    """A pair of connected sockets for each two of `names`: by party, then by peer."""
    pipes: dict[str, dict[str, socket.socket]] = {name: {} for name in names}
    for one, other in combinations(pipes, 2):
        pipes[one][other], pipes[other][one] = socket.socketpair()
    return pipes


def _frame(pipe: socket.socket) -> memoryview | None:
    """The bytes of the next frame, read-only; None if the peer ended before it."""
    prefix = bytearray(PREFIX_BYTES)
    came = _fill(pipe, memoryview(prefix))
    if not came:
        return None
    frame = bytearray(PREFIX_BYTES + rest_bytes(memoryview(prefix)[:came]))
    frame[:PREFIX_BYTES] = prefix
    behind = memoryview(frame)[PREFIX_BYTES:]
    if _fill(pipe, behind) < len(behind):
        raise Malformed("a frame that is cut short")
    return memoryview(frame).toreadonly()


def _fill(pipe: socket.socket, room: memoryview) -> int:
    """How many bytes came before the peer ended, at most as many as there is room for."""
    filled = 0
    while filled < len(room) and (count := pipe.recv_into(room[filled:])):
        filled += count
    return filled


def _size(frame: list[Buffer]) -> int:
    return sum(len(buffer) for buffer in frame)
