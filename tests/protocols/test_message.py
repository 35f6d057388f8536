"""What a message is in bytes: one encoding, nothing copied, and nothing believed of a peer's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from protocols.core.body import ARRAY, BYTES, INT, STR, Body, Malformed, decode, encode
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import run_local
from protocols.core.message import ANY_SHAPE, PUBLIC, SHARE, Carries, Message, ciphertext, opened
from protocols.core.party import Party, role
from protocols.core.ring import Vec

DTYPES = [f"<{kind}" for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8")]


@dataclass(frozen=True, slots=True)
class Note(Message):
    """One field of every kind."""

    carries = PUBLIC
    number: int
    text: str
    blob: bytes
    value: Vec


LIKE = {"blob": 3, "value": np.zeros(2, "<u4")}


def note(value: Any = None, **changed: Any) -> Note:
    value = np.array([7, 8], "<u4") if value is None else value
    return Note(**{"number": -1, "text": "é", "blob": b"abc", "value": value, **changed})


def joined(message: Message) -> bytes:
    return message.encode().join()


# One encoding. ------------------------------------------------------------------------------------

FIELDS = st.lists(
    st.one_of(
        st.tuples(st.just(INT), st.integers(-(1 << 63), (1 << 63) - 1)),
        st.tuples(st.just(STR), st.text(max_size=20)),
        st.tuples(st.just(BYTES), st.binary(max_size=20)),
        st.tuples(
            st.just(ARRAY),
            st.sampled_from(DTYPES).flatmap(
                lambda dtype: arrays.arrays(
                    dtype, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
                )
            ),
        ),
    ),
    max_size=5,
)


@given(FIELDS)
def test_every_body_comes_back_joined_and_split(fields: list[tuple[int, Any]]) -> None:
    codes, values = [code for code, _ in fields], [value for _, value in fields]
    body = encode(codes, values)
    whole = Body((body.join(),))
    assert (whole.framing_bytes, whole.payload_bytes) == (body.framing_bytes, body.payload_bytes)
    assert whole.sha256 == body.sha256
    for arrived in (body, whole):
        found = decode(arrived)
        assert [field.code for field in found] == codes
        back = [field.value() for field in found]
        assert encode(codes, back).join() == body.join()
        for one, other in zip(values, back, strict=True):
            if isinstance(one, np.ndarray):
                assert (one.dtype, one.shape) == (other.dtype, other.shape)
                assert one.tobytes() == other.tobytes()
            else:
                assert one == other


@given(st.data())
def test_a_mutated_body_is_malformed_or_of_the_right_shape(data: st.DataObject) -> None:
    body = bytearray(joined(note()))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    arrived = bytes(body[:cut]) + data.draw(st.binary(max_size=4))
    try:
        found = Note.decode(Body((arrived,)), LIKE)
    except Malformed:
        return
    assert (found.value.dtype, found.value.shape, len(found.blob)) == (np.dtype("<u4"), (2,), 3)
    assert joined(found) == arrived, "two bodies would say the same"


@given(st.binary(max_size=80), st.booleans())
def test_random_bytes_are_malformed_or_of_some_shape(noise: bytes, header: bool) -> None:
    start = joined(note())[:4] if header else b""
    try:
        found = decode(Body((start + noise,)))
        values = [field.value() for field in found]
    except Malformed:
        return
    assert encode([field.code for field in found], values).join() == start + noise


def test_the_layout_is_the_documented_one() -> None:
    assert joined(note()).hex(" ", 1) == (
        "28 00 70 31 04 "  # 40 bytes of header, magic, four fields
        "00 "  # an int
        "01 02 00 00 00 00 00 00 00 "  # text of two bytes
        "02 03 00 00 00 00 00 00 00 "  # three bytes
        "03 02 01 02 00 00 00 00 00 00 00 "  # an array: uint32, one dimension of 2
        "00 00 00 00 00 "
        "ff ff ff ff ff ff ff ff c3 a9 61 62 63 07 00 00 00 08 00 00 00"
    )


def test_payload_is_what_the_fields_hold_and_framing_the_rest() -> None:
    body = note().encode()
    assert (body.payload_bytes, body.framing_bytes) == (8 + 2 + 3 + 8, 40)
    assert len(body) == len(body.join())


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ("nothing at all", b""),
        ("half a length", b"\x08"),
        ("shorter than its header says", b"\x28\x00p1\x04"),
        ("another magic", b"\x08\x00p2\x00\x00\x00\x00"),
        ("padding that is not zero", b"\x08\x00p1\x00\x00\x00\x01"),
        ("a header longer than it must be", b"\x10\x00p1" + bytes(12)),
        ("a field of unknown type", b"\x08\x00p1\x01\x09\x00\x00"),
        ("an unknown dtype", b"\x08\x00p1\x01\x03\x63\x00"),
        ("five dimensions", b"\x30\x00p1\x01\x03\x00\x05" + bytes(40)),
        ("a field too few", b"\x08\x00p1\x02\x00\x00\x00" + bytes(8)),
        ("payload left over", b"\x08\x00p1\x01\x00\x00\x00" + bytes(9)),
        ("payload cut short", b"\x08\x00p1\x01\x00\x00\x00" + bytes(7)),
    ],
)
def test_malformed(fault: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        decode(Body((body,)))


def test_an_impossible_shape_is_malformed() -> None:
    dims = (1 << 63).to_bytes(8, "little") + bytes(8)
    (field,) = decode(Body((b"\x18\x00p1\x01\x03\x00\x02" + dims,)))
    with pytest.raises(Malformed, match="impossible shape"):
        field.value()


def test_text_that_is_not_utf8_is_malformed() -> None:
    (field,) = decode(Body((b"\x10\x00p1\x01\x01\x01" + bytes(9) + b"\xff",)))
    with pytest.raises(Malformed, match="UTF-8"):
        field.value()


# What a receiver says that it expects. ------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("wrong shape", {"value": np.zeros(3, "<u4")}),
        ("one dimension more", {"value": np.zeros((2, 1), "<u4")}),
        ("wrong dtype", {"value": np.zeros(2, "<u8")}),
        ("signed", {"value": np.zeros(2, "<i4")}),
        ("wrong length", {"blob": b"abcd"}),
    ],
)
def test_not_what_was_expected(fault: str, changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="want"):
        Note.decode(note(**changed).encode(), LIKE)


def test_fields_of_another_type_are_malformed() -> None:
    with pytest.raises(Malformed, match="not the fields of Note"):
        Note.decode(encode([INT], [1]), LIKE)


def test_a_receiver_must_say_what_it_expects() -> None:
    for like in (
        None,
        {},
        {"blob": 3},
        {"blob": np.zeros(3), "value": 2},
        {"value": LIKE["value"]},
    ):
        with pytest.raises(LocalMisuse, match="must look like"):
            Note.decode(note().encode(), like)


def test_any_shape_takes_any_shape() -> None:
    like = {"blob": ANY_SHAPE, "value": ANY_SHAPE}
    assert Note.decode(note(np.zeros((3, 3), "<i2"), blob=b"").encode(), like).value.shape == (3, 3)


# What may be sent. --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"value": np.zeros(2, ">u4")},
        {"value": np.zeros(2, bool)},
        {"value": np.zeros(2, object)},
        {"value": np.zeros((1, 1, 1, 1, 1), "<u4")},
        {"value": [1, 2]},
        {"number": 1 << 63},
        {"number": 1.5},
        {"text": b"abc"},
        {"blob": "abc"},
        {"blob": bytearray(3)},
    ],
    ids=str,
)
def test_what_is_not_sent(changed: dict[str, Any]) -> None:
    with pytest.raises(LocalMisuse):
        note(**changed).encode()


def test_a_message_holds_no_other_types() -> None:
    @dataclass(frozen=True, slots=True)
    class Odd(Message):
        carries = PUBLIC
        values: list  # type: ignore[type-arg]

    with pytest.raises(LocalMisuse, match="a message holds no"):
        Odd([1]).encode()


def test_what_a_message_carries_prints_for_the_ledger() -> None:
    assert [str(c) for c in (PUBLIC, SHARE, ciphertext("desk"), opened("the total"))] == [
        "public",
        "share",
        "ciphertext (desk)",
        "opened (the total)",
    ]
    assert Note.carries == Carries("public")


# Nothing is copied, and nothing changes on the way. -----------------------------------------------


@role()
async def give(party: Party, value: Vec) -> None:
    party.send("b", note(value))


@role(Note)
async def take(party: Party, like: Vec) -> Vec:
    return (await party.receive("a", Note, {"blob": 3, "value": like})).value


def passed_on(value: Vec) -> Vec:
    run = run_local({"a": lambda p: give(p, value), "b": lambda p: take(p, value)})
    received: Vec = run.outputs["b"]
    return received


def test_a_message_sent_is_not_copied_once() -> None:
    value = np.arange(1000, dtype="<u4")
    assert np.shares_memory(passed_on(value), value)


def test_a_part_of_an_array_is_not_copied_either() -> None:
    whole = np.arange(1000, dtype="<u4")
    assert np.shares_memory(passed_on(whole[10:20]), whole)


def test_columns_that_lie_apart_arrive_as_they_are() -> None:
    table = np.arange(20, dtype="<u4").reshape(4, 5)
    assert (passed_on(table[:, 1]) == table[:, 1]).all()


def test_an_array_is_read_only_once_it_is_sent() -> None:
    whole = np.arange(10, dtype="<u4")
    received = passed_on(whole[2:5])
    for array in (whole, received):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        received.flags.writeable = True


def test_memory_that_others_can_write_to_is_copied() -> None:
    memory = bytearray(8)
    received = passed_on(np.frombuffer(memory, "<u4"))
    memory[0] = 1
    assert not received.any()


def test_what_came_over_a_wire_is_read_only_too() -> None:
    arrived = memoryview(bytearray(joined(note())))
    value = Note.decode(Body((arrived,)), LIKE).value
    with pytest.raises(ValueError, match="read-only"):
        value[0] = 1


def test_a_peers_bad_body_names_the_peer() -> None:
    with pytest.raises(PeerFault, match="bad test_message/Note: value is uint32") as caught:
        run_local(
            {
                "a": lambda p: give(p, np.zeros(3, "<u4")),
                "b": lambda p: take(p, np.zeros(2, "<u4")),
            }
        )
    assert caught.value.suspects == ("a",)
