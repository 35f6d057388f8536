"""Shamir's sharing: any t shares give the secret, any t - 1 say nothing, a wrong one shows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from Crypto.Protocol.SecretSharing import Shamir, _Element
from hypothesis import given
from hypothesis import strategies as st

from protocols.aggregation.shamir import (
    FIELD,
    Inconsistent,
    PrimeField,
    coefficients,
    evaluate,
    reconstruct,
)
from protocols.core.coins import SeededCoins
from protocols.core.errors import LocalMisuse


def coins(seed: int = 0) -> SeededCoins:
    return SeededCoins(seed.to_bytes(8, "little"))


def seed_of_16_bytes() -> np.ndarray[Any, Any]:
    return FIELD.uniform(coins(1), (4,))


# The laws. ----------------------------------------------------------------------------------------


@given(
    parties=st.integers(2, 40), fraction=st.floats(0, 1), seed=st.integers(0, 999), data=st.data()
)
def test_any_threshold_of_shares_give_the_secret(
    parties: int, fraction: float, seed: int, data: st.DataObject
) -> None:
    threshold = 1 + int(fraction * (parties - 1))
    secret = FIELD.uniform(coins(seed), (2, 4))
    shares = evaluate(
        coefficients(secret, threshold, FIELD, coins(~seed & 0xFF)), range(1, parties + 1), FIELD
    )
    holders = data.draw(st.permutations(range(parties)))[
        : data.draw(st.integers(threshold, parties))
    ]
    recovered = reconstruct(shares[holders], [holder + 1 for holder in holders], threshold, FIELD)
    assert np.array_equal(recovered, secret)


@pytest.mark.parametrize(("p", "threshold"), [(5, 2), (5, 3), (7, 3)])
def test_fewer_shares_than_the_threshold_are_uniform_whatever_the_secret(
    p: int, threshold: int
) -> None:
    """All polynomials of a small field: every value of any t - 1 shares comes equally often."""
    field = PrimeField(p)
    drawn = np.array([*itertools.product(range(p), repeat=threshold - 1)], np.uint32).T
    for secret in range(p):
        polynomials = np.concatenate([np.full_like(drawn[:1], secret), drawn])
        shares = evaluate(polynomials, range(1, p), field)
        for held in itertools.combinations(range(p - 1), threshold - 1):
            _, counts = np.unique(shares[list(held)], axis=1, return_counts=True)
            assert counts.tolist() == [1] * p ** (threshold - 1)


def test_one_share_more_than_that_decides() -> None:
    field = PrimeField(5)
    drawn = np.array([range(5)], np.uint32)
    pairs = set()
    for secret in range(5):
        shares = evaluate(np.concatenate([np.full_like(drawn, secret), drawn]), (1, 2), field)
        pairs |= {(*pair, secret) for pair in shares.T.tolist()}
    assert len({pair[:2] for pair in pairs}) == len(pairs) == 25


def test_a_polynomial_draws_zeros_too() -> None:
    drawn = coefficients(np.zeros(4_000, np.uint32), 2, PrimeField(5), coins())[1]
    counts = np.bincount(drawn, minlength=5)
    assert counts.min() > 700  # 800 expected; 5.6 standard deviations away


def test_two_sharings_of_one_secret_differ() -> None:
    secret, dice = seed_of_16_bytes(), coins()
    first, second = (evaluate(coefficients(secret, 3, FIELD, dice), (1,), FIELD) for _ in "ab")
    assert not np.array_equal(first, second)


# Others' arithmetic. ------------------------------------------------------------------------------


def lagrange_at_zero(
    shares: Sequence[tuple[Any, Any]],
    multiply: Callable[[Any, Any], Any],
    minus: Callable[[Any, Any], Any],
    inverse: Callable[[Any], Any],
    zero: Any,
) -> Any:
    """The textbook's formula, over whatever field its operations are of."""
    total = zero
    for place, share in shares:
        term = share
        for other, _ in shares:
            if other != place:
                term = multiply(term, multiply(minus(zero, other), inverse(minus(place, other))))
        total = minus(total, minus(zero, term))
    return total


@pytest.mark.parametrize("held", [(0, 1, 2), (4, 2, 0), (1, 3, 4)])
def test_the_textbook_formula_agrees_with_pycryptodome_and_with_us(held: tuple[int, ...]) -> None:
    """pycryptodome works over GF(2^128), so one formula over both fields stands between us."""
    secret = seed_of_16_bytes()
    library_shares = [
        (_Element(place), _Element(share)) for place, share in Shamir.split(3, 5, secret.tobytes())
    ]
    recovered = lagrange_at_zero(
        [library_shares[holder] for holder in held],
        lambda a, b: a * b,
        lambda a, b: a + b,
        lambda a: a.inverse(),
        _Element(0),
    )
    assert recovered.encode() == secret.tobytes()
    assert (
        Shamir.combine([(h + 1, library_shares[h][1].encode()) for h in held]) == secret.tobytes()
    )

    shares = evaluate(coefficients(secret, 3, FIELD, coins()), range(1, 6), FIELD)
    for limb in range(4):
        recovered = lagrange_at_zero(
            [(holder + 1, int(shares[holder, limb])) for holder in held],
            lambda a, b: a * b % FIELD.p,
            lambda a, b: (a - b) % FIELD.p,
            lambda a: pow(a, -1, FIELD.p),
            0,
        )
        assert recovered == secret[limb]


def test_power_is_pythons() -> None:
    base = np.array([0, 1, 2, 65_537, FIELD.p - 1], np.uint64)
    for exponent in (1, 2, 7, FIELD.p - 2):
        assert FIELD.power(base, exponent).tolist() == [
            pow(int(each), exponent, FIELD.p) for each in base
        ]


# What is refused. ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", range(6))
def test_a_wrong_share_does_not_fit_the_spare_ones(wrong: int) -> None:
    shares = evaluate(coefficients(seed_of_16_bytes(), 5, FIELD, coins()), range(1, 7), FIELD)
    shares[wrong, 2] ^= 1
    with pytest.raises(Inconsistent, match="6 shares are on no polynomial of degree 4"):
        reconstruct(shares, range(1, 7), 5, FIELD)


@pytest.mark.parametrize("places", [(0, 1), (1, 1), (1, 5), (-1, 2)])
def test_a_place_that_hands_out_the_secret_or_a_share_twice_is_refused(
    places: tuple[int, int],
) -> None:
    field, polynomials = PrimeField(5), np.ones((2, 1), np.uint32)
    with pytest.raises(LocalMisuse, match="different numbers from 1 to 4"):
        evaluate(polynomials, places, field)
    with pytest.raises(LocalMisuse, match="different numbers from 1 to 4"):
        reconstruct(np.ones((2, 1), np.uint32), places, 2, field)


def test_too_few_shares_are_refused() -> None:
    with pytest.raises(LocalMisuse, match="1 shares of the 2"):
        reconstruct(np.ones((1, 4), np.uint32), [1], 2, FIELD)


@pytest.mark.parametrize("p", [0, 1, 4, 9, 561, 2_047, 65_535, 2**32 - 1, 2**32 + 15])
def test_a_modulus_that_is_no_prime_of_32_bits_is_refused(p: int) -> None:
    with pytest.raises(LocalMisuse, match="not a prime"):
        PrimeField(p)


def test_every_small_prime_is_taken() -> None:
    for p in range(2, 500):
        prime = all(p % divisor for divisor in range(2, p))
        if prime:
            PrimeField(p)
        else:
            with pytest.raises(LocalMisuse):
                PrimeField(p)
