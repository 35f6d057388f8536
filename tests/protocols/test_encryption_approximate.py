"""Weighted sums: the bound that is stated first, and the release that nothing goes around."""

from __future__ import annotations

import ast
import copy
import functools
import math
import pickle
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from encryption_tools import Alone

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import run_local
from protocols.core.rehearsal import rehearse
from protocols.encryption import (
    adding,
    approximation,
    card,
    ckks_weighted,
    keys,
    residues,
    suite,
)
from protocols.encryption.approximation import (
    ApproximateWish,
    CheckedApproximate,
    Reals,
    plan_approximate,
)
from protocols.encryption.backend import ApproximateKeyOwner, new_material
from protocols.encryption.fourier import WeightEncryptor
from protocols.encryption.release import Unreleased, ledger_line, release
from protocols.encryption.residues import Ciphertexts
from protocols.encryption.slots import Weigher

PARTIES, COLUMNS = 8, 2
PACKAGE = Path(approximation.__file__).parent


def wish(**changes: Any) -> ApproximateWish:
    """Eight platforms with two columns each, results right to a hundredth, unless changed."""
    given: dict[str, Any] = {
        "parties": PARTIES,
        "openings": 16,
        "columns": COLUMNS,
        "altogether": PARTIES * COLUMNS,
        "column_limit": 1.0,
        "weight_limit": 4.0,
        "precision": 0.01,
    }
    return ApproximateWish(**(given | changes))


@functools.cache
def checked() -> CheckedApproximate:
    return plan_approximate(wish())


@functools.cache
def owner() -> ApproximateKeyOwner:
    return ApproximateKeyOwner(checked(), new_material(checked()))


@functools.cache
def encryptor() -> WeightEncryptor:
    return WeightEncryptor(checked(), owner().public_key())


def summed(weights: Reals, columns: Reals) -> Ciphertexts:
    """The sum as the key's owner gets it; weights (parties, columns), columns (..., people)."""
    source, planned, parts = Alone(), checked(), []
    for number, (own, theirs) in enumerate(zip(weights, columns, strict=True)):
        given = encryptor().encrypt_constants(own, source, f"weights {number}")
        weighed = Weigher(planned, given).weigh(theirs)
        zeros = encryptor().zeros(len(weighed), source, f"zeros {number}")
        fresh = residues.total([weighed, zeros], planned.data_primes)
        coins = source.coins.fork(f"flood {number}")
        parts.append(residues.flooded(fresh, planned.flood_bits, planned.data_primes, coins))
    return residues.total(parts, planned.data_primes)


def unreleased(weights: Reals, columns: Reals) -> Unreleased:
    return owner().unreleased(summed(weights, columns), columns.shape[-1])


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
    each = 1 + np.log2(plan.degree) + np.log2(plan.wish.openings)
    assert plan.release_bits + 2 - each - plan.noise_bits >= 40
    assert plan.noise_bits > plan.flood_bits


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"scale_bits": 430}, r"a scale of 2\^430 .* is too high for N=16384"),
        ({"precision": 1e-13}, "could be off by .* coarser precision"),
        ({"scale_bits": 60}, "could be off by"),
        ({"precision": 0.0}, "a precision above zero"),
        ({"weight_limit": 0.0}, "limits and a precision above zero"),
        ({"column_limit": float("inf")}, "limits and a precision above zero"),
        ({"columns": 0}, "needs columns"),
        ({"backend": "seal"}, "leave the backend out"),
        ({"parameter_set": "insecure_1024"}, "is a toy for tests"),
        ({"people": 9000, "degree": 8192}, "9000 people are more than the 8192 slots"),
        ({"degree": 4096}, "could be off by"),
    ],
)
def test_a_bad_wish_is_refused_with_what_to_change(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LocalMisuse, match=sentence):
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


# The release. -------------------------------------------------------------------------------------


def some() -> Unreleased:
    return unreleased(np.ones((PARTIES, COLUMNS)), np.full((PARTIES, COLUMNS, 5), 0.3))


def test_released_results_are_on_the_grid() -> None:
    steps = release(some(), checked(), Alone()) / checked().grid
    assert (steps == np.round(steps)).all()


def test_what_is_rounded_differs_from_release_to_release() -> None:
    got, plan = some(), checked()
    first, second = (
        got._read(
            residues.flooded(
                got._ciphertexts, plan.release_bits, plan.data_primes, Alone(seed).coins
            )
        )
        for seed in (b"1", b"2")
    )
    assert (first != second).all()


def test_a_result_is_released_once() -> None:
    got = some()
    release(got, checked(), Alone())
    with pytest.raises(LocalMisuse, match="was released before"):
        release(got, checked(), Alone())


def test_a_release_floods_before_it_reads() -> None:
    """What reaches the key is the ciphertext plus integers that fill the planned range."""
    plan, read = checked(), []
    nothing = np.zeros((1, 2, len(plan.data_primes), plan.degree), np.uint64)
    got = Unreleased(nothing, lambda given: read.append(given) or np.zeros(1))  # type: ignore[func-returns-value]
    release(got, plan, Alone())
    (given,) = read
    assert not given[0, 1].any()
    modulus = math.prod(plan.data_primes)
    weights = [modulus // p * pow(modulus // p, -1, p) for p in plan.data_primes]
    for column in given[0, 0, :, :100].T.tolist():
        whole = sum(w * residue for w, residue in zip(weights, column, strict=True)) % modulus
        assert 2 ** (plan.release_bits - 20) < min(whole, modulus - whole) <= 2**plan.release_bits


def test_a_result_that_cannot_be_is_not_released() -> None:
    beyond = summed(np.full((PARTIES, COLUMNS), 4.0), np.ones((PARTIES, COLUMNS, 5)))
    twice = residues.total([beyond, beyond], checked().data_primes)
    with pytest.raises(Malformed, match="outside the range that weights and columns allow"):
        release(owner().unreleased(twice, 5), checked(), Alone())


def test_nothing_but_the_release_opens_a_result() -> None:
    got = some()
    assert repr(got) == "Unreleased(1 ciphertexts)"
    for take in (float, list, len, np.asarray(0.0).__add__, lambda each: each[0]):
        with pytest.raises(TypeError):
            take(got)
    for leave in (pickle.dumps, copy.copy):
        with pytest.raises(LocalMisuse, match="release it first"):
            leave(got)


def test_no_other_file_reads_past_the_release() -> None:
    """What an `Unreleased` holds is used in release.py, and nothing else can make a number."""
    for path in PACKAGE.glob("*.py"):
        names = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
        }
        assert path.name == "release.py" or not names & {"_read", "_ciphertexts", "_spent"}
    public = [name for name in dir(ApproximateKeyOwner) if not name.startswith("_")]
    assert public == ["public_key", "unreleased"]


def test_the_ledger_is_told_what_was_released() -> None:
    line = ledger_line(checked(), 5)
    assert line.startswith("5 results released under flooding of ")
    assert f"off by at most {checked().error_bound:.2g}" in line


def test_an_owner_counts_its_ciphertexts() -> None:
    with pytest.raises(LocalMisuse, match="1 ciphertexts for 9000 people"):
        owner().unreleased(summed(np.ones((1, 1)), np.ones((1, 1, 5))), 9000)


# The protocol. ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "people"), [(2, 1), (8, 8193)])
def test_the_requester_gets_the_sums_and_nobody_else_a_thing(size: int, people: int) -> None:
    spec = ckks_weighted.SPEC
    setting = spec.setting(size, people)
    inputs = spec.inputs(setting, np.random.default_rng(size))
    run = rehearse(spec, setting, inputs)
    (outputs,) = run.outputs
    error = outputs.pop("desk") - spec.ideal(setting, inputs)["desk"]
    assert np.abs(error).max() <= spec.tolerance
    assert not outputs


def test_a_platforms_part_is_made_new_and_flooded() -> None:
    """Under a model of zeros a part is noise alone; its c1 is not the one that weighing left."""
    spec, plan = ckks_weighted.SPEC, ckks_weighted._checked(3)
    setting = spec.setting(3, plan.people)
    inputs = dict(spec.inputs(setting, np.random.default_rng(1)))
    inputs["firm"] = {name: np.zeros(COLUMNS) for name in inputs["firm"]}
    opening, shard = rehearse(spec, setting, inputs).steps
    secret, key_id = keys.secret_in(opening.run.outputs["desk"])
    views = shard.run.views
    frame = suite.frame(plan, key_id, views["desk"].session)
    (body,) = [seen.body for seen in views["wallet"].messages if seen.sender == "social"]
    assert body is not None
    message = adding.Part.decode(body, keys.like(frame, 1))
    part = keys.opened("social", message.header, message.words, frame, 1)

    got = ApproximateKeyOwner(plan, secret).unreleased(part, plan.people)
    noise = got._read(part).std() * plan.scale / np.sqrt(plan.degree / 2)
    assert np.log2(noise) == pytest.approx(plan.flood_bits - np.log2(3) / 2, abs=0.1)
    _, _, rest = card.split(opening.run.outputs["social"], plan, bytes(32))
    weighed = Weigher(plan, card.part_in(rest, frame, COLUMNS)).weigh(inputs["social"])
    assert (weighed[0, 1] != part[0, 1]).mean() > 0.99


def test_a_platform_that_lies_beyond_the_range_is_among_the_suspects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("wallet", "market", "social")
    plan = plan_approximate(wish(parties=3, columns=1, altogether=3))
    opening: dict[str, Any] = {
        name: partial(card.take, checked=plan, requester="desk", owner="firm", count=1)
        for name in (*names, "broker")
    }
    opening["broker"] = partial(opening["broker"], count=0)
    weights = {name: np.array([4.0]) for name in names}
    opening["firm"] = partial(card.write, numbers=weights, checked=plan, requester="desk")
    opening["desk"] = partial(card.make_key, checked=plan)
    material = run_local(opening).outputs
    monkeypatch.setattr(CheckedApproximate, "admit_columns", lambda _, values: values)
    columns = {"wallet": np.ones((1, 4)), "market": np.full((1, 4), 9.0), "social": np.ones((1, 4))}
    together: dict[str, Any] = {"checked": plan, "contributors": names, "people": 4}
    roles: dict[str, Any] = {
        name: partial(
            ckks_weighted.platform,
            columns=columns[name],
            checked=plan,
            material=material[name],
            aggregator="broker",
        )
        for name in names
    }
    roles["broker"] = partial(
        ckks_weighted.aggregate, material=material["broker"], requester="desk", **together
    )
    roles["desk"] = partial(
        ckks_weighted.receive, material=material["desk"], aggregator="broker", **together
    )
    with pytest.raises(PeerFault, match="made up a result outside the range") as caught:
        run_local(roles)
    assert set(caught.value.suspects) == {*names, "broker"}
    with pytest.raises(LocalMisuse, match="brings columns if, and only if"):
        run_local(roles | {"broker": partial(roles["broker"], columns=np.ones((1, 4)))})
