"""The planner: what it finds by itself, and everything that it refuses."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tenseal.sealapi as sealapi
from encryption_tools import SELECT, wish
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.core.errors import LocalMisuse, ProtocolError
from protocols.encryption.backends.seal import KeyOwner, new_material
from protocols.encryption.params.approximate import ApproximateWish, plan_approximate
from protocols.encryption.params.exact import Checked, plan
from protocols.encryption.params.noise import Circuit
from protocols.encryption.params.planning import NoParameters, first_that_fits
from protocols.encryption.poly import lattice

DEGREES = tuple(lattice.LARGEST_MODULUS_BITS)


def sizes(checked: Checked) -> list[int]:
    return [prime.bit_length() for prime in checked.primes]


@pytest.mark.parametrize("degree", DEGREES)
def test_the_table_is_seals(degree: int) -> None:
    default = sealapi.CoeffModulus.BFVDefault(degree, sealapi.SEC_LEVEL_TYPE.TC128)
    bits = sum(prime.bit_count() for prime in default)
    assert bits <= lattice.LARGEST_MODULUS_BITS[degree]
    assert (
        sealapi.CoeffModulus.MaxBitCount(degree, sealapi.SEC_LEVEL_TYPE.TC128)
        == (lattice.LARGEST_MODULUS_BITS[degree])
    )


PLANNED_SIZES = [
    (degree, bits)
    for degree in DEGREES
    for count in range(1, 10)
    if (bits := lattice.prime_sizes(degree, count))
]


@pytest.mark.parametrize(("degree", "bits"), PLANNED_SIZES)
def test_primes_are_those_that_seal_generates(degree: int, bits: tuple[int, ...]) -> None:
    generated = sealapi.CoeffModulus.Create(degree, list(bits))
    assert [prime.value() for prime in generated] == list(lattice.primes_of(degree, bits))


@given(st.integers(0, 1 << 20))
def test_primality_agrees_with_trial_division(number: int) -> None:
    divisors = range(2, math.isqrt(number) + 1)
    assert lattice.is_prime(number) == (number > 1 and all(number % each for each in divisors))


@pytest.mark.parametrize(("degree", "bits"), [(4096, 16), (8192, 17), (16384, 17)])
def test_the_smallest_special_prime_is_found(degree: int, bits: int) -> None:
    special = lattice.smallest_special_bits(degree)
    below = range(2 * degree + 1, 1 << (special - 1), 2 * degree)
    assert special == bits
    assert not any(lattice.is_prime(number) for number in below)


@pytest.mark.parametrize("backend", ["fourier", "seal"])
def test_a_sum_fits_the_smallest_ring_with_a_special_prime_of_16_bits(backend: Any) -> None:
    checked = plan(wish(backend=backend, openings=2048))
    assert (checked.degree, sizes(checked)) == (4096, [46, 47, 16])
    assert checked.ciphertext_bytes < 24 * 4096
    assert checked.prediction.hiding_bits >= 40


def test_a_hidden_card_in_slots_needs_the_next_ring_for_40_bits_of_flooding() -> None:
    checked = plan(wish(SELECT, backend="seal"))
    assert checked.degree == 8192
    assert checked.prediction.hiding_bits >= 40
    with pytest.raises(NoParameters, match=r"bits of flooding where 40\.0 are wanted"):
        plan(wish(SELECT, backend="seal", degree=4096))


def test_a_hidden_card_in_coefficients_keeps_40_bits_in_the_smallest_ring() -> None:
    checked = plan(wish(SELECT, openings=245))
    assert checked.degree == 4096
    assert checked.prediction.hiding_bits >= 40


def test_more_openings_need_a_larger_ring() -> None:
    assert plan(wish(SELECT, openings=1 << 20)).degree == 8192


def test_no_total_wraps_at_the_ends_of_the_range() -> None:
    for backend in ("fourier", "seal"):
        checked = plan(wish(backend=backend))
        low, high = checked.wish.total_range
        assert checked.plain_modulus > high - low
        assert (low, high) == (-160, 800)


def deepest(backend: Any) -> int:
    """The most multiplications, one after another, that any ring has room for."""
    levels = 0
    while True:
        try:
            plan(wish(Circuit(levels + 1, 6, 1, 8), backend=backend))
        except NoParameters:
            return levels
        levels += 1


def one_level_too_deep() -> Checked:
    return plan(wish(Circuit(deepest("seal") + 1, 6, 1, 8), backend="seal"))


def weighted(**changes: Any) -> ApproximateWish:
    """Eight platforms with a real column each, results right to a hundredth, unless changed."""
    given: dict[str, Any] = {"parties": 8, "openings": 16, "columns": 1, "altogether": 8}
    given |= {"column_limit": 1.0, "weight_limit": 4.0, "precision": 0.01}
    return ApproximateWish(**(given | changes))


# All twelve; tests/privscore/test_insecure_sets.py has the last one from a consortium file.
BAD_WISHES: dict[str, tuple[Callable[[], object], str]] = {
    "t too small": (lambda: plan(wish(plain_modulus=120)), "t=120 is too small for one platform"),
    "t that does not batch": (
        lambda: plan(wish(backend="seal", plain_modulus=8192)),
        "t=8192 does not batch at N=16384: it must be a prime",
    ),
    "one level too deep": (one_level_too_deep, "plan one multiplication fewer|let the planner"),
    "parties times points that wrap": (
        lambda: plan(wish(plain_modulus=512)),
        "totals of 8 parties wrap modulo t=512: it must be at least 961",
    ),
    "110 bits at N=4096": (
        lambda: plan(wish(degree=4096, prime_bits=(47, 47, 16))),
        "110 bits of primes at N=4096 .* at most 109 are safe",
    ),
    "N=2048": (lambda: plan(wish(degree=2048)), "N=2048 is not supported"),
    "no room for flooding": (
        lambda: plan(wish(SELECT, degree=4096, prime_bits=(36, 36, 37))),
        "bits of flooding where 40.0 are wanted",
    ),
    "points outside points_range": (
        lambda: plan(wish(SELECT)).admit(np.array([0, 101])),
        r"points outside points_range \[-20, 100\]",
    ),
    "a scale too high": (
        lambda: plan_approximate(weighted(scale_bits=430)),
        r"a scale of 2\^430 .* is too high for N=16384",
    ),
    "more people than slots": (
        lambda: plan(wish(people=4097, degree=4096)),
        "4097 people are more than the 4096 slots",
    ),
    "an unknown backend": (
        lambda: plan(wish(backend="openfhe")),
        "no backend 'openfhe': choose one of fourier, seal",
    ),
    "an insecure set outside tests": (
        lambda: plan(wish(parameter_set="insecure_1024")),
        "insecure_1024 is a toy for tests",
    ),
}


def test_there_are_twelve_bad_wishes() -> None:
    assert len(BAD_WISHES) == 12


# A caller's own mistakes; the other bad wishes are answered with `NoParameters`.
MISUSES = {
    "points outside points_range",
    "an unknown backend",
    "an insecure set outside tests",
}


@pytest.mark.parametrize("fault", BAD_WISHES)
def test_a_bad_wish_is_refused_with_what_to_change(fault: str) -> None:
    make, sentence = BAD_WISHES[fault]
    with pytest.raises(ProtocolError, match=sentence) as refusal:
        make()
    assert type(refusal.value) is (LocalMisuse if fault in MISUSES else NoParameters)


def test_a_mistake_inside_a_planner_is_not_taken_for_a_ring_that_does_not_fit() -> None:
    tried = []

    def mistaken(degree: int, primes: tuple[int, ...]) -> None:
        tried.append(degree)
        raise LocalMisuse("a bug of ours")

    with pytest.raises(LocalMisuse, match="a bug of ours"):
        first_that_fits(wish(), False, mistaken)
    assert len(tried) == 1
    assert not issubclass(NoParameters, LocalMisuse)


@given(
    parties=st.integers(1, 64),
    most=st.integers(0, 1 << 30),
    openings=st.integers(1, 1 << 24),
    plain_modulus=st.none() | st.integers(2, 1 << 33),
    prime_bits=st.none() | st.lists(st.integers(14, 60), max_size=6).map(tuple),
)
@settings(max_examples=60, deadline=None)
def test_a_wish_that_makes_sense_is_granted_or_answered_with_no_parameters(
    parties: int, prime_bits: tuple[int, ...] | None, **wanted: Any
) -> None:
    degree = None if prime_bits is None else 8192
    changes = {"parties": parties, "prime_bits": prime_bits, "degree": degree, **wanted}
    with contextlib.suppress(NoParameters):
        plan(wish(Circuit.add(parties), **changes))


def test_the_deepest_wish_that_fits_is_granted() -> None:
    levels = deepest("seal")
    assert levels > 1
    assert plan(wish(Circuit(levels, 6, 1, 8), backend="seal")).prediction.hiding_bits >= 40


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"most": 1 << 28}, "wrap beyond 31 bits"),
        ({"degree": 4096, "prime_bits": (47,)}, "a data prime and a special one"),
        ({"degree": 4096, "prime_bits": (48, 16)}, "at most 47 bits"),
        ({"degree": 4096, "prime_bits": (47, 15)}, "too few primes of 47, 15 bits suit N=4096"),
        ({"plain_modulus": 1 << 32}, "at most 31 bits"),
        ({"degree": 4096, "prime_bits": (47, 16)}, "bits of flooding where"),
    ],
)
def test_there_are_no_parameters_for_other_wishes(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NoParameters, match=sentence):
        plan(wish(**changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"parameter_set": "tiny"}, "no parameter set 'tiny'"),
        ({"parties": 0}, "needs parties and openings"),
        ({"least": 5, "most": 4}, "a range of points that is not empty"),
        ({"prime_bits": (46, 47, 16)}, "pin N too"),
    ],
)
def test_nonsense_is_a_misuse(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LocalMisuse, match=sentence):
        plan(wish(**changes))


def test_more_bins_than_the_transforms_add_up_exactly_are_refused() -> None:
    with pytest.raises(NoParameters, match="more than the Fourier backend adds up exactly"):
        plan(wish(Circuit.select([(255,) * 400] * 8), most=10, degree=16384))


def test_checked_parameters_come_from_the_planner_alone() -> None:
    checked = plan(wish())
    with pytest.raises(LocalMisuse, match="come from plan"):
        Checked(checked.wish, 4096, 2, checked.primes, checked.prediction, None)
    with pytest.raises((LocalMisuse, ValueError)):
        dataclasses.replace(checked, plain_modulus=2, _planner=None)


def test_a_copy_in_another_process_is_planned_again() -> None:
    checked = plan(wish())
    assert pickle.loads(pickle.dumps(checked)) == checked


def test_ten_more_bits_of_scale_make_a_release_a_thousand_times_finer() -> None:
    """What flooding costs is the scale's to bear; there is no free one."""
    costs = []
    for bits in (110, 120):
        checked = plan_approximate(weighted(scale_bits=bits, precision=2.0**50, openings=1000))
        costs.append(checked.error_bound - checked.grid / 2)
    assert costs[0] / costs[1] == pytest.approx(1024, rel=0.02)


def test_the_id_tells_parameters_apart() -> None:
    granted = [plan(each) for each in (wish(), wish(most=99), wish(SELECT), wish(backend="seal"))]
    assert len({checked.id for checked in granted}) == len(granted)
    assert plan(wish()).id == granted[0].id


def test_a_toy_set_works_in_tests() -> None:
    checked = plan(wish(parameter_set="insecure_1024", flooding_bits=10), allow_insecure=True)
    owner = KeyOwner(checked, new_material(checked))
    assert (checked.degree, owner.public_key().shape) == (1024, (2, 2, 1024))


def test_no_shipped_file_admits_a_toy_set() -> None:
    root = Path(lattice.__file__).parents[2]
    for package in ("protocols", "privscore"):
        for path in (root / package).rglob("*"):
            if path.suffix in (".py", ".toml"):
                text = path.read_text(encoding="utf-8")
                assert "allow_insecure=True" not in text, path
                assert "insecure_1024" not in text or path.name == "planning.py", path
