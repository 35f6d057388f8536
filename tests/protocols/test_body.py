"""What a body is in bytes: one encoding, and nothing believed of a peer's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from message_with_every_field import LIKE, Note, joined, note

from protocols.core.body import ARRAY, BYTES, INT, STR, Body, Malformed, decode, encode

DTYPES = [f"<{kind}" for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8")]

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
        fields_back = decode(arrived)
        assert [field.code for field in fields_back] == codes
        back = [field.value() for field in fields_back]
        assert encode(codes, back).join() == body.join()
        for value, other in zip(values, back, strict=True):
            if isinstance(value, np.ndarray):
                assert (value.dtype, value.shape) == (other.dtype, other.shape)
                assert value.tobytes() == other.tobytes()
            else:
                assert value == other


@given(st.data())
def test_a_mutated_body_is_malformed_or_of_the_right_shape(data: st.DataObject) -> None:
    body = bytearray(joined(note()))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    arrived = bytes(body[:cut]) + data.draw(st.binary(max_size=4))
    try:
        came = Note.decode(Body((arrived,)), LIKE)
    except Malformed:
        return
    assert (came.value.dtype, came.value.shape, len(came.blob)) == (np.dtype("<u4"), (2,), 3)
    assert joined(came) == arrived, "two bodies would say the same"


@given(st.binary(max_size=80), st.booleans())
def test_random_bytes_are_malformed_or_of_some_shape(noise: bytes, header: bool) -> None:
    start = joined(note())[:4] if header else b""
    try:
        fields_back = decode(Body((start + noise,)))
        values = [field.value() for field in fields_back]
    except Malformed:
        return
    assert encode([field.code for field in fields_back], values).join() == start + noise


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
        ("a header that ends within its fields", b"\x08\x00p1\x05\x00\x00\x00"),
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
