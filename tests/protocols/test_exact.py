"""The exact check: silent where nothing leaks, loud where something does, and no more than that."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocols.core import exact
from protocols.core.errors import LocalMisuse
from protocols.core.exact import IDEALS, exact_check
from protocols.core.message import MASKED, PUBLIC, Carries, Message, opened
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting, Small, Spec, find_specs, load_spec
from protocols.sharing import secure_sum

TESTS = Path(__file__).resolve().parents[1]
PLATFORMS = ("wallet", "market", "social")


def broken(name: str) -> Spec:
    return load_spec(TESTS / "broken" / f"{name}.py")


def learns_more(spec: Spec, small: Small, late: str = "") -> set[tuple[str, ...]]:
    """Every coalition that learns more than its outputs, declared harmless or not."""
    result = exact_check(spec, small, late=late)
    return {verdict.coalition for verdict in result.verdicts if not verdict.harmless}


# Secure sum, and the check is tight. --------------------------------------------------------------


@pytest.mark.parametrize(
    "small", [Small(2, Ring(3)), Small(3, Ring(2)), Small(4, Ring(1))], ids=str
)
def test_secure_sum_tells_no_coalition_more_than_the_sum(small: Small) -> None:
    result = exact_check(secure_sum.SPEC, small)
    parties = small.size + 1
    assert len(result.verdicts) == 2**parties - 2
    assert result.worlds == (1 << small.ring.bits) ** (small.size * (small.size - 1))
    assert result.inputs == (1 << small.ring.bits) ** small.size
    assert all(verdict.harmless for verdict in result.verdicts)


def test_a_variant_that_is_safe_against_one_fails_for_two() -> None:
    leaks = learns_more(broken("safe_against_one_only"), Small(3, Ring(2)))
    assert not leaks & {(name,) for name in PLATFORMS}
    assert leaks >= set(itertools.combinations(PLATFORMS, 2))


def test_only_what_was_declared_harmless_is_a_leak() -> None:
    spec = broken("safe_against_one_only")
    honest = replace(spec, harmless=lambda setting, names: len(names) == 1)
    assert exact_check(spec, Small(3, Ring(2))).leaks
    result = exact_check(honest, Small(3, Ring(2)))
    assert result.leaks == ()
    assert not all(verdict.harmless for verdict in result.verdicts)


def test_every_result_says_what_was_taken_as_ideal() -> None:
    text = str(exact_check(secure_sum.SPEC, Small(2, Ring(2))))
    assert IDEALS in text
    assert "streams from seeds and key agreements" in IDEALS
    assert "wallet + desk: learns only its outputs" in text


# Seeds and late messages. -------------------------------------------------------------------------


def test_masks_from_seeds_hide_from_whoever_has_no_seed() -> None:
    spec = load_spec(TESTS / "samples" / "pairwise_masks.py")
    assert learns_more(spec, Small(3, Ring(2))) == set()


def test_whoever_holds_a_seed_knows_its_stream() -> None:
    """The first platform is also shown the seed of the other two, and does nothing with it."""
    spec = load_spec(TESTS / "samples" / "pairwise_masks.py")
    agree = spec.setup
    assert agree is not None

    def opening(setting: Setting, me: str, private: Own) -> Role[Any] | None:
        usual = agree(setting, me, private)
        if usual is None:
            return None
        send_on, take = _gossip(setting)

        async def play(party: Party) -> bytes:
            material: bytes = await usual(party)
            if me == setting.parties[1]:
                await send_on(party, material[16:])
            return material + (await take(party) if me == setting.parties[0] else b"")

        return play

    leaks = learns_more(replace(spec, opening=opening), Small(3, Ring(2)))
    assert leaks == {("wallet", "desk")}


@dataclass(frozen=True, slots=True)
class Gossip(Message):
    """Somebody else's seed."""

    carries = PUBLIC
    seed: bytes


def _gossip(setting: Setting) -> tuple[Any, Any]:
    @role()
    async def send_on(party: Party, seed: bytes) -> None:
        party.send(setting.parties[0], Gossip(seed))

    @role(Gossip)
    async def take(party: Party) -> bytes:
        return (await party.receive(setting.parties[1], Gossip, {"seed": 16})).seed

    return send_on, take


def test_a_mask_opened_for_the_late_shows_only_when_somebody_is_late() -> None:
    spec, small = broken("mask_opened_for_the_late"), Small(3, Ring(2))
    assert learns_more(spec, small) == set()
    assert ("desk",) in learns_more(spec, small, late="market")


def test_a_masked_sum_hides_the_late() -> None:
    spec = find_specs()["masked-sum"]
    result = exact_check(spec, Small(3, Ring(1)), late="market")
    assert result.leaks == ()
    assert any(verdict.declared for verdict in result.verdicts)


# What it cannot see through, it refuses. ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plain(Message):
    """What one test sends."""

    carries = MASKED
    value: Vec


def sending(what: Any, carries: Carries = MASKED) -> Spec:
    """A protocol in which the first of two platforms sends the desk something of its vector."""
    kind = dataclass(frozen=True, slots=True)(
        type("Kind", (Message,), {"__annotations__": {"value": Vec}, "carries": carries})
    )

    @role(kind)
    async def collect(party: Party, like: Vec) -> None:
        await party.receive("wallet", kind, {"value": like})

    @role()
    async def platform(party: Party, vector: Vec, ring: Ring) -> None:
        if party.me == "wallet":
            party.send("desk", kind(what(party, vector, ring)))

    def shard(setting: Setting, me: str, private: Own) -> Role[Any]:
        if me == "desk":
            return partial(collect, like="any shape")
        return partial(platform, vector=private.data, ring=setting.ring)

    return replace(secure_sum.SPEC, shard=shard, ideal=lambda setting, inputs: {})


def padded(party: Party, vector: Vec, ring: Ring) -> Vec:
    return vector + party.coins.uniform(ring, vector.shape)


SMALL = Small(2, Ring(2))


def test_a_pad_hides() -> None:
    assert learns_more(sending(padded), SMALL) == set()


def test_a_pad_of_half_the_ring_does_not() -> None:
    def half(party: Party, vector: Vec, ring: Ring) -> Vec:
        return vector + party.coins.uniform(Ring(1), vector.shape)

    assert ("desk",) in learns_more(sending(half), SMALL)


def test_a_pad_for_all_people_alike_does_not() -> None:
    def once(party: Party, vector: Vec, ring: Ring) -> Vec:
        return vector + party.coins.uniform(ring, 1)

    assert ("desk",) in learns_more(sending(once), SMALL)


def test_a_sum_over_people_does_not() -> None:
    def total(party: Party, vector: Vec, ring: Ring) -> Vec:
        padded(party, vector, ring)  # so that there is more than one world
        return vector.sum(keepdims=True, dtype=ring.dtype)

    assert ("desk",) in learns_more(sending(total), SMALL)


def test_what_lies_above_the_bits_of_a_public_number_counts() -> None:
    """Shares are elements, of any representative; of what is public or opened every bit is seen."""

    def high(party: Party, vector: Vec, ring: Ring) -> Vec:
        return padded(party, vector, ring) % 4 + vector * ring.dtype.type(4)

    assert learns_more(sending(high), SMALL) == set()
    for carries in (PUBLIC, opened("too much")):
        assert ("desk",) in learns_more(sending(high, carries), SMALL)


MIXED = {
    "the person before": lambda pad: np.roll(pad, 1),
    "the other end": lambda pad: pad + pad[::-1],
    "everybody": lambda pad: pad + pad.sum(dtype=pad.dtype),
    "the sum of the pads": lambda pad: pad.sum(keepdims=True, dtype=pad.dtype),
}


@pytest.mark.parametrize("how", MIXED)
def test_people_that_mix_are_refused(how: str) -> None:
    def mix(party: Party, vector: Vec, ring: Ring) -> Vec:
        return MIXED[how](party.coins.uniform(ring, vector.shape))

    with pytest.raises(LocalMisuse, match="mixes people in what desk sees"):
        exact_check(sending(mix), SMALL)


def test_too_many_worlds_are_refused() -> None:
    with pytest.raises(LocalMisuse, match="too many to try them all"):
        exact_check(secure_sum.SPEC, Small(3, Ring(4)))


def test_inputs_that_are_no_arrays_are_refused() -> None:
    spec = replace(secure_sum.SPEC, inputs=lambda setting, dice: {"wallet": 1})
    with pytest.raises(LocalMisuse, match="only inputs that are arrays"):
        exact_check(spec, SMALL)


def test_some_values_may_stand_for_all() -> None:
    result = exact_check(secure_sum.SPEC, Small(2, Ring(8), (0, 1, 255)))
    assert (result.inputs, result.worlds) == (9, 1 << 16)
    assert result.leaks == ()


# How views are compared. --------------------------------------------------------------------------


@pytest.mark.parametrize("bound", [2, 1 << 8, 1 << 40, 1 << 62])
def test_rows_are_told_apart_however_wide_they_are(bound: int) -> None:
    """Numbers that do not fit into one word beside each other go into several."""
    rows = np.random.default_rng(0).integers(0, bound, (50, 5))
    shuffled = np.random.default_rng(1).permutation(rows)

    def packed(table: Any) -> Any:
        return exact._sorted_rows([(column, bound) for column in table.T], len(table))

    assert np.array_equal(packed(rows), packed(shuffled))
    for row, column in itertools.product((0, 49), range(5)):
        changed = rows.copy()
        changed[row, column] = (changed[row, column] + 1) % bound
        assert not np.array_equal(packed(rows), packed(changed))


def test_inputs_and_outputs_are_the_same_if_and_only_if_their_bytes_are() -> None:
    ring = Ring(3)
    values: list[Any] = [
        None,
        1,
        "1",
        np.array([1], "u1"),
        np.array([1, 2], "u1"),
        np.array([[1, 2]], "u1"),
        np.array([1], "<u4"),
        [np.array([1], "u1")],
        [np.array([1], "u1"), np.array([2], "u1")],
        [[np.array([1], "u1")], np.array([2], "u1")],
        {"a": np.array([1], "u1")},
        {"b": np.array([1], "u1")},
        {"a": [np.array([1], "u1")]},
    ]
    assert len({exact._plain(value, ring) for value in values}) == len(values)
    first, wrapped = np.array([1], "u1"), np.array([9], "u1")
    assert exact._plain({"a": (first, 1)}, ring) == exact._plain({"a": [wrapped, 1]}, ring)
