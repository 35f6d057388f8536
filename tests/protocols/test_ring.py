"""The rings Z_2^bits: sums wrap, signed integers come back, and what does not fit is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from protocols.core.errors import LocalMisuse
from protocols.core.ring import Ring

BITS = st.integers(1, 64)


@st.composite
def rings_and_values(draw: st.DrawFn) -> tuple[Ring, list[int]]:
    bits = draw(BITS)
    half = 1 << (bits - 1)
    return Ring(bits), draw(st.lists(st.integers(-half, half - 1), min_size=1, max_size=9))


@given(rings_and_values())
def test_decode_undoes_encode(drawn: tuple[Ring, list[int]]) -> None:
    ring, values = drawn
    assert ring.decode(ring.encode(np.array(values, np.int64))).tolist() == values


@given(rings_and_values())
def test_a_total_is_the_sum_modulo_the_ring(drawn: tuple[Ring, list[int]]) -> None:
    ring, values = drawn
    vectors = [ring.encode(np.array([value], np.int64)) for value in values]
    total = ring.reduce(ring.total(vectors))
    assert int(total[0]) == sum(values) % (1 << ring.bits)


@given(BITS, st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 64) - 1))
def test_any_representative_adds_and_multiplies_right(bits: int, x: int, y: int) -> None:
    ring = Ring(bits)
    mask = (1 << 8 * ring.item_bytes) - 1
    a, b = (np.array([value & mask], ring.dtype) for value in (x, y))
    modulus = 1 << bits
    assert int(ring.reduce(a + b)[0]) == (x + y) % modulus
    assert int(ring.reduce(a * b)[0]) == (x * y) % modulus


@pytest.mark.parametrize(
    ("bits", "dtype"),
    [(1, "u1"), (8, "u1"), (9, "<u2"), (16, "<u2"), (17, "<u4"), (32, "<u4"), (33, "<u8")],
)
def test_an_element_has_the_smallest_dtype(bits: int, dtype: str) -> None:
    assert Ring(bits).dtype == np.dtype(dtype)
    assert Ring(bits).item_bytes == np.dtype(dtype).itemsize


@pytest.mark.parametrize("bits", [0, -1, 65])
def test_no_ring_of_other_sizes(bits: int) -> None:
    with pytest.raises(LocalMisuse, match="1 to 64 bits"):
        Ring(bits)


@pytest.mark.parametrize(
    ("low", "high", "bits"),
    [
        (0, 0, 32),
        (0, (1 << 31) - 1, 32),
        (0, 1 << 31, 64),
        (-(1 << 31) + 1, 0, 32),
        (-(1 << 31), 0, 64),
        (0, (1 << 63) - 1, 64),
    ],
)
def test_the_smaller_ring_in_which_nothing_wraps(low: int, high: int, bits: int) -> None:
    assert Ring.holding(low, high).bits == bits


def test_a_range_that_could_wrap_everywhere_is_refused() -> None:
    with pytest.raises(LocalMisuse, match="could wrap"):
        Ring.holding(0, 1 << 63)


@pytest.mark.parametrize("value", [1 << 31, -(1 << 31) - 1])
def test_a_value_that_does_not_fit_is_refused_unsaid(value: int) -> None:
    with pytest.raises(LocalMisuse, match="outside the signed range of 32 bits") as caught:
        Ring(32).encode(np.array([0, value]))
    assert str(abs(value)) not in str(caught.value)


@pytest.mark.parametrize("values", [np.array([1.0]), np.array([True]), np.array(["1"])])
def test_only_integers_are_elements(values: NDArray[np.generic]) -> None:
    with pytest.raises(LocalMisuse, match="holds integers"):
        Ring(32).encode(values)


def test_nobody_is_an_empty_vector() -> None:
    ring = Ring(32)
    assert ring.encode(np.array([], np.int64)).shape == ring.zeros(0).shape == (0,)


def test_a_total_is_fresh_memory() -> None:
    first = Ring(32).zeros(2)
    assert not np.shares_memory(Ring(32).total([first]), first)
