"""Residues, transforms and draws, against integers of Python's own."""

from __future__ import annotations

import numpy as np
import pytest
from encryption_tools import Alone
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.encryption.poly import residues, spectrum
from protocols.encryption.poly.lattice import (
    ERROR_VARIANCE,
    LARGEST_MODULUS_BITS,
    prime_sizes,
    primes_of,
)
from protocols.encryption.poly.residues import Integers, Residues

SMALL_RING = 64
SMALL_PRIMES = primes_of(4096, (46, 47))
RINGS = [(4096, 2), (8192, 3), (8192, 5), (16384, 3)]


def primes_for(degree: int, count: int) -> tuple[int, ...]:
    sizes = prime_sizes(degree, count)
    assert sizes is not None
    return primes_of(degree, sizes)[:-1]


def schoolbook(large: list[int], small: list[int], prime: int) -> list[int]:
    """The product modulo X^N + 1 and a prime, as it is taught."""
    degree = len(large)
    result = [0] * degree
    for i, left in enumerate(large):
        for j, right in enumerate(small):
            sign = 1 if i + j < degree else -1
            result[(i + j) % degree] += sign * left * right
    return [value % prime for value in result]


def product(large: Residues, small: Integers, primes: tuple[int, ...]) -> Residues:
    spectra = spectrum.of_residues(large, primes) * spectrum.of_small(small)
    return residues.reduced(spectrum.to_integers(spectra, primes), primes)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["any", "zero", "largest", "middle"]))
def test_a_product_is_the_schoolbooks(seed: int, kind: str) -> None:
    dice = np.random.default_rng(seed)
    large = np.stack([dice.integers(0, prime, SMALL_RING, np.uint64) for prime in SMALL_PRIMES])
    if kind != "any":
        fixed = {"zero": 0, "largest": -1, "middle": 0.5}[kind]
        large[...] = [[int(fixed * p) if fixed >= 0 else p - 1] for p in SMALL_PRIMES]
    small = dice.integers(-1, 2, SMALL_RING)
    rows = product(large, small, SMALL_PRIMES)
    for row, prime, got in zip(large, SMALL_PRIMES, rows, strict=True):
        assert got.tolist() == schoolbook(row.tolist(), small.tolist(), prime)


@pytest.mark.parametrize(("degree", "count"), RINGS)
def test_the_worst_product_of_a_large_ring_is_exact(degree: int, count: int) -> None:
    primes = primes_for(degree, count)
    large = np.stack([np.full(degree, p // 2, np.uint64) for p in primes])
    ones = np.ones(degree, np.int64)
    rows = product(large, ones, primes)
    # (1 + X + ...) ^ 2 has coefficient j + 1 - (N - 1 - j) at j.
    factors = 2 * np.arange(1, degree + 1) - degree
    for row, prime in zip(rows, primes, strict=True):
        assert row.tolist() == [int(f) * (prime // 2) % prime for f in factors]


@pytest.mark.parametrize(("degree", "count"), RINGS)
def test_the_measured_error_is_far_within_the_bound(degree: int, count: int) -> None:
    primes = primes_for(degree, count)
    dice = np.random.default_rng(7)
    large = np.stack([dice.integers(0, p, degree, np.uint64) for p in primes])
    small = dice.integers(0, 2, degree)
    values = spectrum.of_residues(large, primes) * spectrum.of_small(small)
    np.fft.ifft(values, axis=-1, out=values)
    values *= np.exp(-1j * np.pi * np.arange(degree // 2) / degree)
    error = np.abs(values.real - np.rint(values.real)).max()
    assert 0 < error < spectrum.error_bound(degree, degree**0.5) < spectrum.MOST_ERROR


def test_the_error_bound_grows_with_what_is_added_up() -> None:
    assert spectrum.error_bound(4096, 200.0) == pytest.approx(2 * spectrum.error_bound(4096, 100.0))
    assert spectrum.error_bound(4096, 2.0**20) > spectrum.MOST_ERROR


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=5), st.integers(-50, 50))
def test_reduction_covers_its_whole_range(multiples: list[int], offset: int) -> None:
    values = [
        [min(max(each * prime + offset, -prime), 3 * prime - 1) for each in multiples]
        for prime in SMALL_PRIMES
    ]
    reduced = residues.reduced(np.array(values, np.int64), SMALL_PRIMES)
    expected = [[value % p for value in row] for row, p in zip(values, SMALL_PRIMES, strict=True)]
    assert reduced.tolist() == expected


@given(
    st.lists(st.integers(-(2**47) + 1, 2**47 - 1), min_size=1, max_size=8),
    st.tuples(st.integers(0, 2**47), st.integers(0, 2**47)),
)
def test_a_product_by_a_constant_is_right_and_small(
    values: list[int], factors: tuple[int, int]
) -> None:
    products = residues.times(np.array(values, np.int64), factors, SMALL_PRIMES)
    for row, prime, factor in zip(products.tolist(), SMALL_PRIMES, factors, strict=True):
        assert [each % prime for each in row] == [value * factor % prime for value in values]
        assert max(abs(each) for each in row) < 0.6 * prime


@given(st.integers(1, 200), st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_flooding_is_one_integer_within_its_bounds(bits: int, seed: int) -> None:
    primes = primes_of(16384, (47,) * 8)
    drawn = residues.flood(128, bits, primes, Alone(seed.to_bytes(8, "little")).coins)
    modulus = 1
    for prime in primes:
        modulus *= prime
    for column in drawn.T.tolist():
        value = sum(
            residue * pow(modulus // p, -1, p) * (modulus // p)
            for residue, p in zip(column, primes, strict=True)
        )
        centred = (value + modulus // 2) % modulus - modulus // 2
        assert -(1 << bits) <= centred < 1 << bits


@pytest.mark.parametrize("bits", [1, 31, 32, 33, 45])
def test_flooding_reaches_both_ends_evenly(bits: int) -> None:
    (prime,) = primes_of(4096, (47,))
    drawn = residues.flood(1 << 15, bits, (prime,), Alone().coins)[0].astype(np.int64)
    centred = np.where(drawn > prime // 2, drawn - prime, drawn) / 2.0**bits
    shares, _ = np.histogram(centred, bins=4, range=(-1, 1))
    assert shares.min() > 0.95 * len(drawn) / 4


def test_draws_have_the_variance_that_the_predictions_use() -> None:
    coins = Alone().coins
    ternary = residues.ternary(1 << 16, coins)
    errors = residues.errors((1 << 16,), coins)
    assert set(ternary.tolist()) == {-1, 0, 1}
    assert ternary.var() == pytest.approx(2 / 3, rel=0.02)
    assert abs(errors).max() <= 21
    assert errors.var() == pytest.approx(ERROR_VARIANCE, rel=0.03)
    assert abs(errors.mean()) < 0.1


def test_every_ring_of_the_table_has_primes_for_the_transforms() -> None:
    for degree in LARGEST_MODULUS_BITS:
        assert prime_sizes(degree, 1) is not None
