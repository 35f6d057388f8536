"""The two exact protocols: what each party gets, and what its messages hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from protocols.core.local import Run
from protocols.core.play_job import Rehearsal, rehearse
from protocols.core.session import replay
from protocols.core.spec import Spec
from protocols.encryption import (
    bfv_hidden_card,
    bfv_sum,
    ciphertext_sum,
    encrypted_card,
    factory,
    keys,
)
from protocols.encryption.backends.seal import KeyOwner
from protocols.encryption.params.exact import Checked
from protocols.encryption.poly.packing import Frame
from protocols.encryption.poly.residues import Ciphertexts

SPECS = [bfv_sum.SPEC, bfv_hidden_card.SPEC]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize(("size", "people"), [(2, 1), (8, 4097)])
def test_the_requester_gets_the_ideal_totals_and_nobody_else_a_thing(
    spec: Spec, size: int, people: int
) -> None:
    setting = spec.setting(size, people)
    inputs = spec.inputs(setting, np.random.default_rng(size))
    run = rehearse(spec, setting, inputs, shards=2)
    for outputs in run.outputs:
        assert list(outputs) == ["desk"]
        assert (outputs["desk"] == spec.ideal(setting, inputs)["desk"]).all()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_payload_and_rounds_are_those_declared(spec: Spec) -> None:
    setting = spec.setting(4, 4097)
    run = rehearse(spec, setting, spec.inputs(setting, np.random.default_rng(1)))
    for step in run.steps:
        declared = spec.declared(setting)[step.phase]
        sent = {name: cost.sent_payload_bytes for name, cost in step.run.costs.items()}
        assert {name: size for name, size in sent.items() if size} == declared.payload_bytes
        assert step.run.rounds == declared.rounds


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_view_replays_to_the_same_messages(spec: Spec) -> None:
    setting = spec.setting(3, 5)
    run = rehearse(spec, setting, spec.inputs(setting, np.random.default_rng(1)))
    for step in run.steps:
        for name, role in step.roles.items():
            result, sent = replay(role, step.run.views[name])
            received = [
                seen
                for other, view in step.run.views.items()
                for seen in view.messages
                if seen.sender == name
            ]
            assert np.array_equal(result, step.run.outputs[name])  # type: ignore[arg-type]
            assert {each.body.sha256 for each in sent} == {seen.sha256 for seen in received}


# What is in the messages, with the key that only the test may use on all of them. -----------------


def kept(run: Run, to: str, kind: Any, frame: Frame) -> dict[str, Ciphertexts]:
    """The ciphertexts of every message of this kind that a party got, by sender."""
    parts = {}
    for seen in run.views[to].messages:
        if seen.name.rpartition("/")[2] == kind.__name__:
            assert seen.body is not None
            message = kind.decode(seen.body, keys.like(frame, 1))
            parts[seen.sender] = keys.opened(seen.sender, message.header, message.words, frame, 1)
    return parts


def sums_and_parts(
    spec: Spec, checked: Checked
) -> tuple[KeyOwner, Rehearsal, dict[str, Ciphertexts], dict[str, Ciphertexts]]:
    """A job of three platforms: its key, and what reached the requester and the aggregator."""
    setting = spec.setting(3, 5)
    job = rehearse(spec, setting, spec.inputs(setting, np.random.default_rng(1)))
    opening, shard = job.steps
    secret, key_id = keys.secret_in(opening.run.outputs["desk"])
    frame = factory.frame(checked, key_id, shard.run.views["desk"].session)
    sums = kept(shard.run, "desk", ciphertext_sum.EncryptedSum, frame)
    return (
        KeyOwner(checked, secret),
        job,
        sums,
        kept(shard.run, "wallet", ciphertext_sum.EncryptedPart, frame),
    )


def test_the_sum_that_reaches_the_requester_is_flooded_to_the_brim() -> None:
    owner, _, sums, parts = sums_and_parts(bfv_sum.SPEC, bfv_sum._example_scheme(3))
    assert owner.noise_budget_bits(sums["wallet"][0]) <= 2
    assert owner.noise_budget_bits(parts["social"][0]) > 60


def test_every_part_under_a_hidden_card_is_flooded_by_its_platform() -> None:
    checked = bfv_hidden_card._example_scheme(3)
    owner, _, sums, parts = sums_and_parts(bfv_hidden_card.SPEC, checked)
    room = checked.prediction.room_bits - checked.prediction.flood_bits
    for part in parts.values():
        assert room - 2 < owner.noise_budget_bits(part[0]) < room + 1
    assert len(parts) == 2
    assert owner.noise_budget_bits(sums["wallet"][0]) <= 3


def test_a_part_under_a_hidden_card_shows_nothing_of_the_cards_ciphertexts() -> None:
    """Its c1 is not the sum of chosen c1s, from which the card's owner could read the choices."""
    checked = bfv_hidden_card._example_scheme(3)
    _, job, _, parts = sums_and_parts(bfv_hidden_card.SPEC, checked)
    spec, setting = bfv_hidden_card.SPEC, bfv_hidden_card.SPEC.setting(3, 5)
    inputs = spec.inputs(setting, np.random.default_rng(1))
    bins = bfv_hidden_card._BINS
    _, frame, words = encrypted_card.split(job.steps[0].run.outputs["social"], checked, bytes(32))
    picker = factory.selector(checked, encrypted_card.part_in(words, frame, sum(bins)), bins)
    chosen = picker.select(inputs["social"])
    assert (chosen[0, 1] != parts["social"][0, 1]).mean() > 0.99


def test_not_hidden_from_requester_and_aggregator_together_is_every_part() -> None:
    for spec, checked in (
        (bfv_sum.SPEC, bfv_sum._example_scheme(3)),
        (bfv_hidden_card.SPEC, bfv_hidden_card._example_scheme(3)),
    ):
        owner, _, _, parts = sums_and_parts(spec, checked)
        setting = spec.setting(3, 5)
        inputs = spec.inputs(setting, np.random.default_rng(1))
        points = inputs["social"]
        if spec is bfv_hidden_card.SPEC:
            points = bfv_hidden_card.looked_up(
                inputs["firm"]["social"], points, bfv_hidden_card._BINS
            )
        assert (owner.decrypt(parts["social"], 5) == points).all()


def test_not_hidden_from_requester_and_platform_together_are_its_points_of_the_card() -> None:
    checked = bfv_hidden_card._example_scheme(3)
    owner, job, _, _ = sums_and_parts(bfv_hidden_card.SPEC, checked)
    _, frame, words = encrypted_card.split(job.steps[0].run.outputs["social"], checked, bytes(32))
    card_part = encrypted_card.part_in(words, frame, sum(bfv_hidden_card._BINS))
    points = owner.decrypt(card_part, len(card_part) * checked.people)[:: checked.people]
    setting = bfv_hidden_card.SPEC.setting(3, 5)
    inputs = bfv_hidden_card.SPEC.inputs(setting, np.random.default_rng(1))
    assert (points == inputs["firm"]["social"]).all()
