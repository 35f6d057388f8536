"""The release of weighted sums: nothing goes around it, and nothing leaves it bare."""

from __future__ import annotations

import ast
import copy
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from approximate_sums import COLUMNS, PARTIES, checked, owner, summed, unreleased
from encryption_tools import Alone

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse
from protocols.encryption.backends.seal import ApproximateKeyOwner
from protocols.encryption.params import approximate
from protocols.encryption.poly import residues
from protocols.encryption.release import Unreleased, ledger_line, release

PACKAGE = Path(approximate.__file__).parent


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
