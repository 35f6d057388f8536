"""A frame comes back as it was; whatever else comes in is Malformed, and nothing worse."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.core.abort import MAX_LISTED, MAX_WORDS_BYTES, Abort
from protocols.core.body import ARRAY, INT, MAX_BODY_BYTES, Body, Malformed, decode, encode
from protocols.core.errors import Cause, LocalMisuse, Missing
from protocols.core.frame import (
    MAX_HEAD_BYTES,
    PREFIX_BYTES,
    decode_frame,
    encode_frame,
    rest_bytes,
)
from protocols.core.message import MAX_DEPTH, MAX_NAME_BYTES, MAX_NUMBER, Envelope

SESSION = bytes(range(32))
ARRAYS = encode([INT, ARRAY], [7, np.arange(6, dtype="<u4")])
ENVELOPE = Envelope("wallet", "desk", "secure_sum/PartialSum", 3, 2, ARRAYS)
ABORT = Abort(
    "wallet",
    "market",
    Cause.STALLED,
    ("rides", "social"),
    (Missing("wallet", "secure_sum/Share", 1, "rides"),),
    "wallet waits for secure_sum/Share #1 from rides",
)

printable = st.characters(codec="utf-8").filter(str.isprintable)
names = st.text(printable, min_size=1, max_size=MAX_NAME_BYTES // 4)
numbers = st.integers(0, MAX_NUMBER)
envelopes = st.builds(
    Envelope,
    names,
    names,
    names,
    numbers,
    st.integers(1, MAX_DEPTH),
    st.binary(max_size=50).map(lambda body: Body((body,))),
)
aborts = st.builds(
    Abort,
    names,
    names,
    st.sampled_from(Cause),
    st.lists(names, max_size=3).map(tuple),
    st.lists(st.builds(Missing, names, names, numbers, names), max_size=3).map(tuple),
    st.text(printable, min_size=1, max_size=MAX_WORDS_BYTES // 4),
)


def joined(message: Any, session: bytes = SESSION) -> bytes:
    return b"".join(encode_frame(session, message))


@given(st.binary(min_size=32, max_size=32), st.one_of(envelopes, aborts))
def test_every_frame_comes_back(session: bytes, message: Envelope | Abort) -> None:
    frame = joined(message, session)
    assert rest_bytes(frame[:PREFIX_BYTES]) == len(frame) - PREFIX_BYTES
    back = decode_frame(frame)
    assert back.session == session
    assert joined(back.message, session) == frame
    if isinstance(message, Abort):
        assert back.message == message
    else:
        assert isinstance(back.message, Envelope)
        assert back.message.key == message.key
        assert back.message.body.join() == message.body.join()


def test_the_buffers_of_a_body_are_not_copied() -> None:
    values = np.arange(1 << 10, dtype="<u8")
    body = encode([ARRAY], [values])
    buffers = encode_frame(SESSION, replace(ENVELOPE, body=body))
    assert buffers[1] is body.buffers[0]
    assert buffers[2] is body.buffers[1]
    assert np.shares_memory(np.frombuffer(buffers[2], "<u8"), values)


def test_a_body_that_came_in_lies_in_its_frame_and_on_eight_bytes() -> None:
    frame = np.frombuffer(joined(ENVELOPE), "u1")
    message = decode_frame(frame.data).message
    assert isinstance(message, Envelope)
    array = decode(message.body)[1].value()
    assert array.tolist() == [0, 1, 2, 3, 4, 5]
    assert np.shares_memory(array, frame)
    assert (len(frame) - len(ARRAYS)) % 8 == 0


@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_mutants_are_malformed_or_valid(seed: int) -> None:
    """Whatever still counts as a frame is one: it is encoded to the very same bytes."""
    dice = random.Random(seed)
    malformed = 0
    for _ in range(1_000):
        mutant = mutated(joined(dice.choice((ENVELOPE, ABORT))), dice)
        try:
            whole = rest_bytes(mutant[:PREFIX_BYTES])
            back = decode_frame(mutant)
        except Malformed:
            malformed += 1
            continue
        assert whole == len(mutant) - PREFIX_BYTES
        assert joined(back.message, back.session) == mutant
    assert 0 < malformed < 1_000


def mutated(frame: bytes, dice: random.Random) -> bytes:
    offset, size = dice.randrange(len(frame)), dice.choice((1, 2, 8, 100))
    kind = dice.choice(("flip", "set", "cut", "double", "end", "longer"))
    if kind == "flip":
        return (
            frame[:offset] + bytes([frame[offset] ^ 1 << dice.randrange(8)]) + frame[offset + 1 :]
        )
    if kind == "set":
        return frame[:offset] + dice.randbytes(size) + frame[offset + size :]
    if kind == "cut":
        return frame[:offset] + frame[offset + size :]
    if kind == "double":
        return frame[: offset + size] + frame[offset:]
    return frame[:offset] if kind == "end" else frame + dice.randbytes(size)


LONG = "n" * (MAX_NAME_BYTES + 1)


@pytest.mark.parametrize(
    "message",
    [
        replace(ENVELOPE, name=LONG),
        replace(ENVELOPE, sender=""),
        replace(ENVELOPE, sender="two\nlines"),
        replace(ENVELOPE, to="\udc80"),
        replace(ENVELOPE, depth=0),
        replace(ENVELOPE, depth=MAX_DEPTH + 1),
        replace(ENVELOPE, number=-1),
        replace(ENVELOPE, number=MAX_NUMBER + 1),
        replace(ENVELOPE, body=Body((bytes(MAX_BODY_BYTES + 1),))),
        replace(ABORT, words="w" * (MAX_WORDS_BYTES + 1)),
        replace(ABORT, suspects=("rides",) * (MAX_LISTED + 1)),
        replace(ABORT, missing=(Missing("a", "b", -1, "c"),)),
    ],
)
def test_what_no_frame_can_say_is_our_own_fault(message: Envelope | Abort) -> None:
    with pytest.raises(LocalMisuse, match="this cannot be sent"):
        encode_frame(SESSION, message)


def test_a_session_id_of_another_length() -> None:
    with pytest.raises(LocalMisuse, match="32 bytes"):
        encode_frame(b"short", ENVELOPE)


# Each is a place in a good frame, what stands there instead, and what is said. Names and numbers
# begin behind the prefix and the id; `wallet` is the first text of both frames.
_START = PREFIX_BYTES + 32


@pytest.mark.parametrize(
    ("message", "offset", "instead", "why"),
    [
        (ENVELOPE, 0, b"xx", "not a frame of this version"),
        (ENVELOPE, 2, b"\2", "not a frame of this version"),
        (ENVELOPE, 3, b"\3", "not a frame of this version"),
        (ENVELOPE, 4, (MAX_HEAD_BYTES + 1).to_bytes(4, "little"), "too large"),
        (ENVELOPE, 8, (MAX_BODY_BYTES + 1).to_bytes(4, "little"), "too large"),
        (ABORT, 8, (1).to_bytes(4, "little"), "too large"),
        (ENVELOPE, 8, (1).to_bytes(4, "little"), "not as long as it says"),
        (ENVELOPE, _START, b"\xff\xff\xff\xff", "number or depth"),
        (ENVELOPE, _START + 4, bytes(4), "number or depth"),
        (ENVELOPE, _START + 8, (201).to_bytes(2, "little"), "cut short"),
        (ENVELOPE, _START + 8, (0).to_bytes(2, "little"), "empty"),
        (ENVELOPE, _START + 10, b"\xff", "not UTF-8"),
        (ENVELOPE, _START + 10, b"\n", "not printable"),
        (ABORT, _START, b"\0", "unknown cause"),
        (ABORT, _START + 1 + 8 + 8, b"\xff\xff", "a list of more than"),
    ],
)
def test_a_frame_with_one_fault(
    message: Envelope | Abort, offset: int, instead: bytes, why: str
) -> None:
    good = joined(message)
    with pytest.raises(Malformed, match=why):
        decode_frame(good[:offset] + instead + good[offset + len(instead) :])


def test_zeros_behind_a_head_are_as_few_as_can_be() -> None:
    good = joined(replace(ENVELOPE, body=Body((b"",))))
    head = len(good) - PREFIX_BYTES
    more = good[:4] + (head + 8).to_bytes(4, "little") + good[8:] + bytes(8)
    with pytest.raises(Malformed, match="not canonical"):
        decode_frame(more)
    with pytest.raises(Malformed, match="not canonical"):
        decode_frame(good[:-1] + b"\1")


def test_a_prefix_that_is_cut_short() -> None:
    with pytest.raises(Malformed, match="cut short"):
        rest_bytes(joined(ENVELOPE)[: PREFIX_BYTES - 1])
