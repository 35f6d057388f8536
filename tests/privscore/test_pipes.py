"""Pipes between parties: more than they hold, bad frames, and processes that end in the middle."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest
from over_transports import in_threads

from privscore.runtime import pipes as pipes_module
from privscore.runtime.pipes import PipeTransport, pipes_between
from protocols.core.abort import Abort
from protocols.core.body import ARRAY, INT, MAX_BODY_BYTES, encode
from protocols.core.errors import LocalMisuse, PeerFault, Stalled
from protocols.core.frame import encode_frame
from protocols.core.link import Link
from protocols.core.message import SHARE, Envelope, Message
from protocols.core.party import Party, role
from protocols.core.ring import Ring, Vec
from protocols.core.session import Session
from protocols.core.transport import Arrival, Closed
from protocols.core.wire import OnceInMemory
from protocols.sharing import secure_sum

pytestmark = pytest.mark.slow

SESSION = b"1" * 32
RING = Ring(32)
SOON_S = 30.0  # for what comes at once, on a busy machine


@dataclass(frozen=True, slots=True)
class Block(Message):
    """Many bytes."""

    carries = SHARE
    value: Vec


@contextmanager
def connected(*names: str) -> Iterator[dict[str, PipeTransport]]:
    pipes = pipes_between(names)
    transports = {name: PipeTransport(name, pipes[name]) for name in names}
    try:
        yield transports
    finally:
        for transport in transports.values():
            transport.close()


def envelope(number: int = 0, size: int = 0, to: str = "b") -> Envelope:
    body = encode([INT, ARRAY], [number, np.zeros(size, "u1")])
    return Envelope("a" if to == "b" else "b", to, "Word", number, 1, body)


def arrival(transport: PipeTransport, wait_s: float = SOON_S) -> Arrival:
    came = transport.next(time.monotonic() + wait_s)
    assert came is not None
    return came


# Frames. ------------------------------------------------------------------------------------------


def test_what_is_sent_arrives_in_order_with_who_sent_it() -> None:
    with connected("a", "b") as by_name:
        for number in range(100):
            by_name["a"].send(SESSION, envelope(number, number))
        for number in range(100):
            peer, session, message = arrival(by_name["b"])
            assert (peer, session) == ("a", SESSION)
            assert isinstance(message, Envelope)
            assert message.number == number
            assert message.body.join() == envelope(number, number).body.join()


def test_an_abort_reaches_everybody() -> None:
    with connected("a", "b", "c") as by_name:
        by_name["a"].abort(SESSION, Abort.refusal("a"))
        for name in "bc":
            assert arrival(by_name[name]) == ("a", SESSION, Abort.refusal("a"))


def test_both_ends_may_send_more_than_a_pipe_holds() -> None:
    """32 MiB each way in one session, and nobody reads before it has sent all."""

    @role(Block)
    async def swap(party: Party) -> int:
        (peer,) = party.others
        block = np.arange(1 << 20, dtype="<u4")
        for _ in range(8):
            party.send(peer, Block(block))
        total = 0
        for _ in range(8):
            total += int((await party.receive(peer, Block, like=block)).value[-1])
        return total

    results = {}

    def play(name: str, transport: PipeTransport) -> None:
        session = Session(name, ("a", "b"), swap, session=SESSION, once=OnceInMemory())
        results[name] = Link(transport, deadline_s=SOON_S).drive(session)

    with connected("a", "b") as by_name:
        assert in_threads({name: partial(play, name, by_name[name]) for name in by_name}) == {}
    assert results == dict.fromkeys("ab", 8 * ((1 << 20) - 1))


def test_a_peer_that_does_not_read_takes_no_more_than_a_little_memory_of_the_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is lost: the rest waits with the sender, who can tell how much that is."""
    monkeypatch.setattr(pipes_module, "READ_AHEAD_BYTES", 1 << 20)
    with connected("a", "b") as by_name:
        for number in range(8):
            by_name["a"].send(SESSION, envelope(number, 1 << 20))
        time.sleep(0.2)
        assert by_name["a"].unsent()["b"] >= 4 << 20
        for number in range(8):
            message = arrival(by_name["b"]).message
            assert isinstance(message, Envelope)
            assert message.number == number
        assert by_name["b"].unsent() == {}


def test_what_no_frame_can_hold_is_refused_where_it_is_sent() -> None:
    with connected("a", "b") as by_name, pytest.raises(LocalMisuse, match="cannot be sent"):
        by_name["a"].send(SESSION, envelope(0, MAX_BODY_BYTES))


def test_a_message_to_somebody_who_is_no_peer() -> None:
    with connected("a", "b") as by_name, pytest.raises(LocalMisuse, match="a has no connection"):
        by_name["a"].send(SESSION, envelope(to="c"))


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"x" * 100, "not a frame of this version"),
        (b"".join(encode_frame(SESSION, envelope()))[:-1], "a frame that is cut short"),
        (b"pw\1\1", "a frame that is cut short"),
        (b"pw\1\1" + bytes([255] * 8), "too large"),
    ],
)
def test_a_peer_that_sends_no_frame_is_cut_off(sent: bytes, why: str) -> None:
    near, far = socket.socketpair()
    with far, PipeTransport("b", {"a": near}) as transport:
        far.sendall(b"".join(encode_frame(SESSION, envelope())) + sent)
        far.shutdown(socket.SHUT_WR)
        assert isinstance(arrival(transport).message, Envelope), "what came before it is taken"
        closed = arrival(transport).message
        assert isinstance(closed, Closed)
        assert why in closed.fault


def test_a_bad_frame_is_its_senders_fault() -> None:
    near, far = socket.socketpair()
    with far, PipeTransport("b", {"a": near}) as transport:
        far.sendall(b"x" * 100)
        with pytest.raises(PeerFault, match="a: sent a bad frame"):
            Link(transport).finish(deadline_s=SOON_S)


# Ends. --------------------------------------------------------------------------------------------


def test_what_was_sent_before_the_end_still_arrives() -> None:
    with connected("a", "b") as by_name:
        by_name["a"].send(SESSION, envelope(0, 1 << 20))
        by_name["a"].close()
        by_name["a"].send(SESSION, envelope(1))
        assert isinstance(arrival(by_name["b"]).message, Envelope)
        assert arrival(by_name["b"]).message == Closed()
        assert by_name["b"].next(time.monotonic() + 0.05) is None
        by_name["b"].send(SESSION, envelope(to="a"))  # to somebody who is gone: lost
        assert by_name["b"].peers == ("a",)
        assert by_name["b"].me == "b"


def test_an_end_does_not_wait_for_a_peer_that_reads_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipes_module, "CLOSING_S", 0.1)
    near, far = socket.socketpair()
    with far:
        transport = PipeTransport("a", {"b": near})
        for number in range(8):
            transport.send(SESSION, envelope(number, 1 << 20))
        before = time.monotonic()
        transport.close()
        assert time.monotonic() - before < SOON_S


# Processes. ---------------------------------------------------------------------------------------

PLATFORMS = ("wallet", "market", "social")
NAMES = (*PLATFORMS, "desk")
VECTORS = {name: np.arange(5, dtype="<u4") + 10 * place for place, name in enumerate(PLATFORMS)}
SESSIONS = 20


@role()
async def end_here(party: Party) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def party_process(
    name: str, pipes: dict[str, socket.socket], report: Connection, dies_in: int | None
) -> None:
    """One party, alone in its process: many sums, one after the other."""
    part: Any = partial(secure_sum.collect, people=5, ring=RING)
    if name != "desk":
        part = partial(secure_sum.platform, vector=VECTORS[name], ring=RING, collector="desk")
    totals: list[int] = []
    try:
        with PipeTransport(name, pipes) as transport:
            link = Link(transport, deadline_s=60)
            for number in range(SESSIONS):
                session: Session[Any] = Session(
                    name,
                    NAMES,
                    end_here if number == dies_in else part,
                    session=number.to_bytes(32, "big"),
                    once=OnceInMemory(),
                )
                result = link.drive(session)
                if name == "desk":
                    totals.append(int(result.sum()))
            left = link.finish(deadline_s=60)
        report.send((totals, left))
    except Stalled as error:
        report.send(("stalled", error.silent, str(error)))
    except BaseException as error:
        report.send((type(error).__name__, getattr(error, "suspects", ()), str(error)))


def play_processes(dies: str = "", dies_in: int = 0) -> dict[str, Any]:
    """What every party's process reports; nothing of one that was killed."""
    context = multiprocessing.get_context("spawn")
    pipes = pipes_between(NAMES)
    reports, processes = {}, []
    for name in NAMES:
        reports[name], writer = context.Pipe(duplex=False)
        given = (name, pipes[name], writer, dies_in if name == dies else None)
        processes.append(context.Process(target=party_process, args=given))
        processes[-1].start()
        writer.close()
    for by_peer in pipes.values():
        for pipe in by_peer.values():
            pipe.close()  # or nobody would notice the end of a process
    told = {}
    for name, report in reports.items():
        assert report.poll(120), f"{name} neither reports nor ends"
        try:
            told[name] = report.recv()
        except EOFError:
            told[name] = None
    for process in processes:
        process.join(60)
    return told


def test_a_process_for_each_party() -> None:
    total = int(secure_sum.ideal(VECTORS, RING).sum())
    told = play_processes()
    assert told == dict.fromkeys(PLATFORMS, ([], ())) | {"desk": ([total] * SESSIONS, ())}


def test_a_process_that_is_killed_ends_the_others_at_once_and_is_named() -> None:
    before = time.monotonic()
    told = play_processes(dies="wallet", dies_in=7)
    assert told.pop("wallet") is None
    for name, (kind, suspects, words) in told.items():
        assert (name, suspects) == (name, ("wallet",)), words
        # It may have died within a frame, which ends the connection too.
        ends = {"stalled": "the connection to wallet has ended", "PeerFault": "cut short"}
        assert ends[kind] in words
    assert time.monotonic() - before < 55, "nobody waited until a deadline"
