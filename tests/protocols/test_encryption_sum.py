"""A sum under encryption: the same by either backend, and refused from who does otherwise."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from encryption_tools import LEAST, MOST, wish
from numpy.typing import NDArray
from three_platforms import PEOPLE, PLATFORMS, changed

from protocols.core.body import Body
from protocols.core.errors import LocalMisuse, PeerFault, Stalled
from protocols.core.local import run_local
from protocols.core.message import Envelope
from protocols.core.session import replay
from protocols.encryption import bfv_sum, keys
from protocols.encryption.params.exact import Checked, plan
from protocols.encryption.params.noise import Circuit


def opened_sum(checked: Checked) -> dict[str, bytes]:
    """Everybody's material for a sum."""
    roles: dict[str, Any] = dict.fromkeys(
        PLATFORMS, partial(keys.take, checked=checked, owner="desk")
    )
    roles["desk"] = partial(keys.hand_out, checked=checked)
    return run_local(roles).outputs


def sum_roles(
    checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> dict[str, Any]:
    together: dict[str, Any] = {"checked": checked, "contributors": PLATFORMS}
    roles: dict[str, Any] = {
        name: partial(
            bfv_sum.platform,
            points=points[name],
            checked=checked,
            material=material[name],
            aggregator="wallet",
        )
        for name in PLATFORMS[1:]
    }
    roles["wallet"] = partial(
        bfv_sum.aggregate,
        people=PEOPLE,
        points=points["wallet"],
        material=material["wallet"],
        requester="desk",
        **together,
    )
    roles["desk"] = partial(
        bfv_sum.receive, people=PEOPLE, material=material["desk"], aggregator="wallet", **together
    )
    return roles


@pytest.fixture(scope="module", params=["fourier", "seal"])
def checked(request: pytest.FixtureRequest) -> Checked:
    return plan(wish(Circuit.add(3), parties=3, backend=request.param))


@pytest.fixture(scope="module")
def material(checked: Checked) -> dict[str, bytes]:
    return opened_sum(checked)


@pytest.fixture
def points() -> dict[str, NDArray[np.int64]]:
    dice = np.random.default_rng(1)
    return {name: dice.integers(LEAST, MOST + 1, PEOPLE) for name in PLATFORMS}


def test_both_backends_run_the_same_protocol(
    checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> None:
    run = run_local(sum_roles(checked, material, points))
    assert (run.outputs["desk"] == bfv_sum.ideal(points)).all()


def test_views_replay_whoever_encrypts(
    checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> None:
    """From the role's coins, or from what SEAL's own randomness made and `recorded` kept."""
    roles = sum_roles(checked, material, points)
    run = run_local(roles)
    assert bool(run.views["market"].recorded) == (checked.wish.backend == "seal")
    for name, role in roles.items():
        result, sent = replay(role, run.views[name])
        assert np.array_equal(result, run.outputs[name])  # type: ignore[arg-type]
        came = {
            seen.sha256
            for view in run.views.values()
            for seen in view.messages
            if seen.sender == name
        }
        assert {each.body.sha256 for each in sent} == came


def test_an_aggregator_of_its_own_adds_nothing(checked: Checked) -> None:
    material = opened_sum(checked)
    points = {name: np.full(PEOPLE, MOST) for name in PLATFORMS}
    roles = sum_roles(checked, material, points)
    roles["broker"] = partial(
        bfv_sum.aggregate,
        people=PEOPLE,
        checked=checked,
        material=material["wallet"],
        contributors=PLATFORMS,
        requester="desk",
    )
    for name in PLATFORMS:
        roles[name] = partial(
            bfv_sum.platform,
            points=points[name],
            checked=checked,
            material=material[name],
            aggregator="broker",
        )
    roles["desk"] = partial(
        bfv_sum.receive,
        people=PEOPLE,
        checked=checked,
        material=material["desk"],
        contributors=PLATFORMS,
        aggregator="broker",
    )
    assert (run_local(roles).outputs["desk"] == 3 * MOST).all()


def test_an_aggregator_that_contributes_brings_points(
    checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> None:
    roles = sum_roles(checked, material, points)
    roles["wallet"] = partial(roles["wallet"], points=None)
    with pytest.raises(LocalMisuse, match="brings points if, and only if"):
        run_local(roles)


@pytest.mark.parametrize("name", ["EncryptedPart", "EncryptedSum"])
def test_a_message_of_another_session_is_refused(
    name: str, checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> None:
    roles = sum_roles(checked, material, points)
    elsewhere: dict[tuple[str, str], Body] = {}

    def keep(envelope: Envelope) -> Envelope:
        elsewhere[envelope.sender, envelope.name] = envelope.body
        return envelope

    run_local(roles, session=b"1" * 32, network=changed(name, keep))
    swapped = changed(name, lambda sent: replace(sent, body=elsewhere[sent.sender, sent.name]))
    with pytest.raises(PeerFault, match="of another session") as caught:
        run_local(roles, session=b"2" * 32, network=swapped)
    assert caught.value.suspects[0] in PLATFORMS


def test_points_under_another_key_are_refused(
    checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> None:
    mixed = material | {"social": opened_sum(checked)["social"]}
    with pytest.raises(PeerFault, match="social: sent ciphertexts under another key"):
        run_local(sum_roles(checked, mixed, points))


def test_points_under_other_parameters_are_refused(
    checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> None:
    other = plan(replace(checked.wish, most=MOST + 1))
    roles = sum_roles(checked, material, points)
    roles["market"] = partial(roles["market"], checked=other)
    with pytest.raises(PeerFault, match="market: sent ciphertexts under other parameters"):
        run_local(roles)


def test_points_of_too_many_people_are_refused(
    checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> None:
    more = points | {"market": np.zeros(checked.people + 1, np.int64)}
    with pytest.raises(PeerFault, match=r"market: sent a bad .*words is"):
        run_local(sum_roles(checked, material, more))


def test_a_lost_part_leaves_everybody_named_and_nobody_waiting_for_ever(
    checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> None:
    roles = sum_roles(checked, material, points)
    lost = changed("EncryptedPart", lambda sent: None if sent.sender == "social" else sent)
    with pytest.raises(Stalled, match=r"wallet waits for .*Part #0 from social"):
        run_local(roles, network=lost)


def test_a_platform_that_lies_beyond_the_range_is_among_the_suspects(
    checked: Checked,
    material: dict[str, bytes],
    points: dict[str, NDArray[np.int64]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Checked, "admit", lambda _, values: values)  # the liar's own library
    lying = points | {"wallet": np.full(PEOPLE, MOST), "market": np.full(PEOPLE, 3 * MOST)}
    with pytest.raises(PeerFault, match="made up a total outside the range") as caught:
        run_local(sum_roles(checked, material, lying))
    assert set(caught.value.suspects) == set(PLATFORMS)


def test_a_liar_within_the_range_shifts_the_total_as_the_card_says(
    checked: Checked, material: dict[str, bytes], points: dict[str, NDArray[np.int64]]
) -> None:
    lying = points | {"market": np.full(PEOPLE, LEAST)}
    run = run_local(sum_roles(checked, material, lying))
    assert (run.outputs["desk"] == bfv_sum.ideal(lying)).all()
