"""Secure sum, one test for each sentence of its card."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.core.coins import SeededCoins
from protocols.core.errors import PeerFault
from protocols.core.exact import exact_check
from protocols.core.local import Network, Run, run_local
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Small, platforms, uniform_vectors
from protocols.sharing.secure_sum import SPEC, collect, ideal, platform, split

RING = Ring(32)


def play(
    vectors: dict[str, Vec],
    ring: Ring = RING,
    shuffle: int | None = None,
    keep_errors: bool = False,
) -> Run:
    people = len(next(iter(vectors.values())))
    roles = {
        name: partial(platform, vector=vector, ring=ring, collector="desk")
        for name, vector in vectors.items()
    }
    desk = partial(collect, people=people, ring=ring)
    network = Network(shuffle=shuffle)
    return run_local({**roles, "desk": desk}, network=network, keep_errors=keep_errors)


def example(size: int, people: int, ring: Ring = RING, seed: int = 0) -> dict[str, Vec]:
    setting = SPEC.setting(size, people, ring)
    return uniform_vectors(platforms(size), setting, np.random.default_rng(seed))


@settings(max_examples=30)
@given(st.integers(2, 16), st.integers(0, 40), st.sampled_from([8, 32, 64]), st.integers(0, 99))
def test_the_collector_learns_the_sum(size: int, people: int, bits: int, seed: int) -> None:
    ring = Ring(bits)
    vectors = example(size, people, ring, seed)
    run = play(vectors, ring, shuffle=seed)
    assert (run.outputs["desk"] == ideal(vectors, ring)).all()
    assert all(run.outputs[name] is None for name in vectors)


def test_signed_points_add_up() -> None:
    points = {"wallet": [-5, 7], "market": [2, -9], "social": [1, 1]}
    run = play({name: RING.encode(np.array(each)) for name, each in points.items()})
    assert RING.decode(run.outputs["desk"]).tolist() == [-2, -1]


def test_sums_wrap_as_the_ring_does() -> None:
    high = np.array([(1 << 32) - 1], "<u4")
    assert play({"wallet": high, "market": high + np.uint32(3)}).outputs["desk"].tolist() == [1]


@given(st.integers(1, 9), st.integers(0, 9))
def test_pieces_add_up_to_the_secret(parts: int, people: int) -> None:
    secret = np.arange(people, dtype="<u4")
    pieces = split(secret, parts, RING, SeededCoins())
    assert len(pieces) == parts
    assert (RING.total(pieces) == secret).all()
    assert not any(np.shares_memory(piece, secret) for piece in pieces)


def test_all_pieces_but_any_one_are_uniform() -> None:
    """In all 4 x 4 worlds of two coins, every pair of three pieces takes every value once."""
    ring = Ring(2)
    worlds = list(itertools.product(range(4), repeat=2))

    class Enumerated(SeededCoins):
        def __init__(self) -> None:
            super().__init__()
            self.drawn = iter(zip(*worlds, strict=True))

        def uniform(self, ring: Ring, shape: int | tuple[int, ...]) -> Vec:
            return np.array(next(self.drawn), ring.dtype)

    pieces = [
        ring.reduce(p) for p in split(ring.zeros(16) + ring.dtype.type(3), 3, ring, Enumerated())
    ]
    for left, right in itertools.combinations(pieces, 2):
        assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == worlds


def test_whoever_joins_hands_learns_only_the_sum() -> None:
    result = exact_check(SPEC, Small(3, Ring(2)))
    assert len(result.verdicts) == 14
    assert all(verdict.harmless and verdict.declared for verdict in result.verdicts)


def test_all_platforms_but_one_subtract_with_the_collector() -> None:
    """Not hidden: what the sum itself gives away."""
    vectors = example(3, 5)
    run = play(vectors)
    known = RING.total([vectors["wallet"], vectors["market"]])
    assert (run.outputs["desk"] - known == vectors["social"]).all()


@pytest.mark.parametrize("size", [2, 3, 8])
def test_two_rounds_and_m_times_m_times_n_elements(size: int) -> None:
    run = play(example(size, 10))
    assert run.rounds == 2
    assert run.payload_bytes == size * size * 10 * 4
    assert sum(cost.sent_messages for cost in run.costs.values()) == size * (size - 1) + size


def test_nothing_that_is_sent_is_an_input() -> None:
    vectors = example(3, 1000)
    sent = [
        seen.body.join()
        for view in play(vectors).views.values()
        for seen in view.messages
        if seen.body
    ]
    assert len(sent) == 9
    for vector in vectors.values():
        assert not any(vector[:16].tobytes() in body for body in sent)


def test_inputs_are_left_as_they_were() -> None:
    vectors = example(3, 10)
    before = {name: vector.copy() for name, vector in vectors.items()}
    play(vectors)
    assert all((vectors[name] == before[name]).all() for name in vectors)


def test_a_vector_for_fewer_people_names_its_platform() -> None:
    vectors = example(3, 10) | {"social": np.zeros(9, "<u4")}
    errors = play(vectors, keep_errors=True).errors
    for name in ("wallet", "market"):
        error = errors[name]
        assert isinstance(error, PeerFault)
        assert error.suspects == ("social",)
        assert "bad secure_sum/Share: value is uint32[9], want uint32[10]" in str(error)
