"""The protocol of weighted sums: who gets them, what a part shows, and who is suspected."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from approximate_sums import COLUMNS, wish

from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import run_local
from protocols.core.play_job import rehearse
from protocols.encryption import ciphertext_sum, ckks_weighted, encrypted_card, factory, keys
from protocols.encryption.backends.seal import ApproximateKeyOwner
from protocols.encryption.backends.seal_slots import Weigher
from protocols.encryption.params.approximate import CheckedApproximate, plan_approximate


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
    spec, plan = ckks_weighted.SPEC, ckks_weighted._example_scheme(3)
    setting = spec.setting(3, plan.people)
    inputs = dict(spec.inputs(setting, np.random.default_rng(1)))
    inputs["firm"] = {name: np.zeros(COLUMNS) for name in inputs["firm"]}
    opening, shard = rehearse(spec, setting, inputs).steps
    secret, key_id = keys.secret_in(opening.run.outputs["desk"])
    views = shard.run.views
    frame = factory.frame(plan, key_id, views["desk"].session)
    (body,) = [seen.body for seen in views["wallet"].messages if seen.sender == "social"]
    assert body is not None
    message = ciphertext_sum.EncryptedPart.decode(body, keys.like(frame, 1))
    part = keys.opened("social", message.header, message.words, frame, 1)

    got = ApproximateKeyOwner(plan, secret).unreleased(part, plan.people)
    noise = got._read(part).std() * plan.scale / np.sqrt(plan.degree / 2)
    assert np.log2(noise) == pytest.approx(plan.flood_bits - np.log2(3) / 2, abs=0.1)
    _, _, words = encrypted_card.split(opening.run.outputs["social"], plan, bytes(32))
    weighed = Weigher(plan, encrypted_card.part_in(words, frame, COLUMNS)).weigh(inputs["social"])
    assert (weighed[0, 1] != part[0, 1]).mean() > 0.99


def test_a_platform_that_lies_beyond_the_range_is_among_the_suspects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("wallet", "market", "social")
    plan = plan_approximate(wish(parties=3, columns=1, altogether=3))
    opening: dict[str, Any] = {
        name: partial(encrypted_card.take, checked=plan, requester="desk", owner="firm", count=1)
        for name in (*names, "broker")
    }
    opening["broker"] = partial(opening["broker"], count=0)
    weights = {name: np.array([4.0]) for name in names}
    opening["firm"] = partial(encrypted_card.write, numbers=weights, checked=plan, requester="desk")
    opening["desk"] = partial(encrypted_card.make_key, checked=plan)
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
