"""Weighted sums: what is granted to a wish, and the bound that is stated first."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from approximate_sums import COLUMNS, PARTIES, checked, encryptor, unreleased, wish
from encryption_tools import Alone

from protocols.core.errors import LocalMisuse, ProtocolError
from protocols.encryption.backends.seal_slots import Weigher
from protocols.encryption.params.approximate import CheckedApproximate, plan_approximate
from protocols.encryption.poly import residues
from protocols.encryption.release import release

# The plan. ----------------------------------------------------------------------------------------


def test_a_finer_precision_costs_more_and_is_kept() -> None:
    granted = [plan_approximate(wish(precision=10.0**-digits)) for digits in range(1, 9)]
    for plan in granted:
        assert plan.error_bound <= plan.wish.precision
        assert plan.grid <= plan.wish.precision / 4
    sizes = [plan.ciphertext_bytes for plan in granted]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_both_floodings_hide_forty_bits_over_a_whole_job() -> None:
    """-log2 of N * openings * E|e| / 2^(B+1), for what each flooding has to hide."""
    plan = checked()
    hidden_bits = 1 + np.log2(plan.degree) + np.log2(plan.wish.openings)
    assert plan.release_bits + 2 - hidden_bits - plan.noise_bits >= 40
    assert plan.noise_bits > plan.flood_bits


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"scale_bits": 430}, r"a scale of 2\^430 .* is too high for N=16384"),
        ({"precision": 1e-13}, "could be off by .* coarser precision"),
        ({"scale_bits": 60}, "could be off by"),
        ({"precision": 0.0}, "a precision above zero"),
        ({"weight_limit": 0.0}, "limits and a precision above zero"),
        ({"column_limit": float("inf")}, "narrower limits"),
        ({"columns": 0}, "needs columns"),
        ({"backend": "seal"}, "leave the backend out"),
        ({"parameter_set": "insecure_1024"}, "is a toy for tests"),
        ({"people": 9000, "degree": 8192}, "9000 people are more than the 8192 slots"),
        ({"degree": 4096}, "could be off by"),
    ],
)
def test_a_bad_wish_is_refused_with_what_to_change(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        plan_approximate(wish(**changes))


def test_checked_parameters_come_from_the_planner_alone() -> None:
    plan = checked()
    assert pickle.loads(pickle.dumps(plan)) == plan
    with pytest.raises(LocalMisuse, match="come from plan_approximate"):
        CheckedApproximate(plan.wish, 8192, plan.primes, 1, 1, 1, 1, 1.0, 1.0, 1.0, None)


def test_the_id_tells_parameters_apart() -> None:
    others = [plan_approximate(wish(precision=0.001)), plan_approximate(wish(openings=4000))]
    assert len({checked().id, *(plan.id for plan in others)}) == 3


# The bound. ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "people"),
    [
        *(("any", people) for people in (1, 4096, 8193)),
        *((kind, 8192) for kind in ("all at the limit", "limits by turns", "zero weights")),
    ],
)
def test_a_released_result_is_within_the_stated_bound(inputs: str, people: int) -> None:
    dice = np.random.default_rng(1)
    weights = dice.uniform(-4, 4, (PARTIES, COLUMNS))
    columns = dice.uniform(-1, 1, (PARTIES, COLUMNS, people))
    if inputs == "all at the limit":
        weights[...], columns[...] = 4, 1
    elif inputs == "limits by turns":
        weights[...], columns[...] = -4, np.where(np.arange(people) % 2, 1, -1)
    elif inputs == "zero weights":
        weights[...] = 0
    released = release(unreleased(weights, columns), checked(), Alone())
    expected = np.einsum("pc,pcn->n", weights, columns)
    assert released.shape == (people,)
    assert np.abs(released - expected).max() <= checked().error_bound


def test_predicted_noise_is_what_is_measured() -> None:
    """With zero weights a result is noise and nothing else, before and after its flooding."""
    plan = checked()
    zeros = np.zeros((PARTIES, COLUMNS))
    columns = np.random.default_rng(2).uniform(-1, 1, (PARTIES, COLUMNS, plan.degree))
    got = unreleased(zeros, columns)
    flooded = residues.flooded(got._ciphertexts, plan.release_bits, plan.data_primes, Alone().coins)
    for ciphertexts, bits in (
        (got._ciphertexts, plan.noise_bits),
        (flooded, plan.release_bits - np.log2(3) / 2),
    ):
        # The real part of a slot adds up N coefficients, half of whose variance it sees.
        noise = got._read(ciphertexts).std() * plan.scale / np.sqrt(plan.degree / 2)
        assert np.log2(noise) == pytest.approx(bits, abs=0.1)


@pytest.mark.parametrize("value", [1.01, -1.01, float("nan"), float("inf")])
def test_a_column_beyond_its_limit_is_not_weighed(value: float) -> None:
    weigher = Weigher(checked(), encryptor().encrypt_constants(np.ones(1), Alone(), "one"))
    with pytest.raises(LocalMisuse, match="a column holds a value beyond 1"):
        weigher.weigh(np.array([[0.5, value]]))


def test_a_weight_beyond_its_limit_is_not_encrypted() -> None:
    with pytest.raises(LocalMisuse, match="a weight holds a value beyond 4"):
        encryptor().encrypt_constants(np.array([1.0, 4.5]), Alone(), "heavy")


def test_columns_too_small_to_show_are_nothing() -> None:
    tiny = np.full((PARTIES, COLUMNS, 3), 1e-30)
    released = release(unreleased(np.ones((PARTIES, COLUMNS)), tiny), checked(), Alone())
    assert np.abs(released).max() <= checked().error_bound
