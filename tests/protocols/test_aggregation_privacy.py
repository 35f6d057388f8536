"""What nobody sees: the exact check bites where a mask is missing, and secrets stay put."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from aggregation_jobs import DESK, RING, Job, plan_of, silent, vectors

from protocols.aggregation import masked_input
from protocols.aggregation.masked_input import combine
from protocols.aggregation.material import AggregatorMaterial, PlatformMaterial
from protocols.aggregation.share_distribution import hash_shares
from protocols.aggregation.spec import SPEC
from protocols.aggregation.unmasking import OpenedShares
from protocols.core.coins import Coins
from protocols.core.errors import LocalMisuse
from protocols.core.exact import exact_check
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Small

SMALL = Small(3, Ring(1))


def leaving_out(self_masks: bool) -> Any:
    """Let every platform leave its own mask out, or else all that it shares with others."""

    def less(
        vectors: Sequence[Vec], *, add: Sequence[Coins], subtract: Sequence[Coins], ring: Ring
    ) -> Vec:
        if self_masks:
            return combine(vectors, add=add[1:], subtract=subtract, ring=ring)
        return combine(vectors, add=add[:1], subtract=(), ring=ring)

    return patch.object(masked_input, "combine", less)


# The exact check is tight. ------------------------------------------------------------------------


@pytest.mark.parametrize("late", ["", "market"])
def test_no_coalition_learns_more_than_its_outputs(late: str) -> None:
    result = exact_check(SPEC, SMALL, late=late)
    assert all(verdict.harmless for verdict in result.verdicts)


def test_without_shared_masks_the_aggregator_learns_every_vector() -> None:
    with leaving_out(self_masks=False):
        assert (DESK,) in exact_check(SPEC, SMALL).leaks


def test_without_its_own_mask_whoever_is_late_lies_open() -> None:
    """Its mask key has been opened by then; in time, nothing shows."""
    with leaving_out(self_masks=True):
        assert (DESK,) in exact_check(SPEC, SMALL, late="market").leaks


# Secrets. -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened() -> Job:
    job = Job(plan_of(4, 3))
    job.open()
    return job


def test_material_neither_prints_nor_pickles(opened: Job) -> None:
    material = PlatformMaterial.unpack(opened.materials[opened.plan.platforms[0]])
    assert repr(material) == (
        "PlatformMaterial(setup_session: 32 bytes, present: uint8[4], self_seed: 16 bytes, "
        "pair_seeds: uint8[4, 32], shares: uint32[4, 2, 4], salts: uint8[4, 2, 16])"
    )
    with pytest.raises(LocalMisuse, match="does not pickle"):
        pickle.dumps(material)
    assert material != PlatformMaterial.unpack(material.pack())


def test_material_survives_packing(opened: Job) -> None:
    for name, packed in opened.materials.items():
        kind = AggregatorMaterial if name == DESK else PlatformMaterial
        assert kind.unpack(packed).pack() == packed


@pytest.mark.parametrize("wrong", [b"", b"rubbish", b"\0" * 64])
def test_material_that_is_none_is_refused(wrong: bytes) -> None:
    with pytest.raises(LocalMisuse, match="not the PlatformMaterial of a setup"):
        PlatformMaterial.unpack(wrong)


def test_one_partys_material_is_not_anothers(opened: Job) -> None:
    with pytest.raises(LocalMisuse, match="not the PlatformMaterial"):
        PlatformMaterial.unpack(opened.materials[DESK])


def test_a_platforms_seed_is_in_no_message_and_in_no_other_material(opened: Job) -> None:
    job = Job(opened.plan, "another job")
    run = job.open()
    bodies = [m.body.join() for view in run.views.values() for m in view.messages if m.body]
    assert bodies
    for name in job.plan.platforms:
        seed = PlatformMaterial.unpack(job.materials[name]).self_seed
        assert not any(seed in body for body in bodies)
        assert [other for other in job.materials if seed in job.materials[other]] == [name]


def test_the_salt_hides_a_share_that_could_be_guessed() -> None:
    """Without it, two equal shares would have equal hashes, and few values could be tried."""
    share = np.ones((2, 4), np.uint32)
    salts = [np.full((2, 16), salt, np.uint8) for salt in (1, 2)]
    first, second = (hash_shares(b"session", 0, 1, share, salt) for salt in salts)
    assert not np.array_equal(first, second)


# What is masked, and what may follow from it. -----------------------------------------------------


def test_a_masked_vector_is_uniform_over_a_shard(opened: Job) -> None:
    """Zeros, masked: every byte value comes as often as another."""
    people = 40_000
    zeros = dict.fromkeys(opened.plan.platforms, np.zeros(people, RING.dtype))
    kept = opened.shard(7, zeros).outputs[DESK]
    for vector in kept.vectors.values():
        counts = np.bincount(vector.view(np.uint8), minlength=256)
        expected = 4 * people / 256
        assert ((counts - expected) ** 2 / expected).sum() < 400  # 255 expected, 23 spread


def test_no_two_shards_have_the_same_masks(opened: Job) -> None:
    zeros = dict.fromkeys(opened.plan.platforms, np.zeros(10, RING.dtype))
    first, second = (opened.shard(number, zeros).outputs[DESK] for number in (1, 2))
    for name in opened.plan.platforms:
        assert not np.array_equal(first.vectors[name], second.vectors[name])


def test_a_lost_platforms_own_mask_stays_closed(opened: Job) -> None:
    """Of each platform one kind of shares is sent, by everybody the same."""
    plan, given = opened.plan, vectors(opened.plan, 5)
    lost = plan.platforms[1]
    job = Job(plan, "a job with a loss")
    job.open()
    kept = job.shard(0, given, silent([lost], "MaskedVector")).outputs[DESK]
    run = job.close([kept])
    blank = OpenedShares.blank(plan.held)
    like = {"shares": blank.shares, "salts": blank.salts}
    sent = [
        OpenedShares.decode(seen.envelope(DESK).body, like).salts.any(axis=2).tolist()
        for seen in run.views[DESK].messages
        if seen.name.endswith("OpenedShares")
    ]
    kinds = [[name == lost, name != lost] for name in plan.platforms]
    assert sent == [kinds] * (plan.size - 1)
