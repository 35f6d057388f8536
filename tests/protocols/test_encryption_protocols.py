"""The two exact protocols: what each party gets, and what happens to those who do otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from encryption_tools import BINS, LEAST, MOST, wish
from numpy.typing import NDArray

from protocols.core.body import Body
from protocols.core.errors import LocalMisuse, PeerFault, Stalled
from protocols.core.local import Network, Run, run_local
from protocols.core.message import Envelope
from protocols.core.rehearsal import Rehearsal, rehearse
from protocols.core.session import replay
from protocols.core.spec import Spec
from protocols.encryption import adding, bfv_hidden_card, bfv_sum, card, keys, suite
from protocols.encryption.backend import KeyOwner
from protocols.encryption.noise import Circuit
from protocols.encryption.packing import Frame, pack
from protocols.encryption.parameters import Checked, plan
from protocols.encryption.residues import Ciphertexts

SPECS = [bfv_sum.SPEC, bfv_hidden_card.SPEC]
PLATFORMS = ("wallet", "market", "social")
PEOPLE = 9


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
    found = {}
    for seen in run.views[to].messages:
        if seen.name.rpartition("/")[2] == kind.__name__:
            assert seen.body is not None
            message = kind.decode(seen.body, keys.like(frame, 1))
            found[seen.sender] = keys.opened(seen.sender, message.header, message.words, frame, 1)
    return found


def sums_and_parts(
    spec: Spec, checked: Checked
) -> tuple[KeyOwner, Rehearsal, dict[str, Ciphertexts], dict[str, Ciphertexts]]:
    """A job of three platforms: its key, and what reached the requester and the aggregator."""
    setting = spec.setting(3, 5)
    job = rehearse(spec, setting, spec.inputs(setting, np.random.default_rng(1)))
    opening, shard = job.steps
    secret, key_id = keys.secret_in(opening.run.outputs["desk"])
    frame = suite.frame(checked, key_id, shard.run.views["desk"].session)
    sums = kept(shard.run, "desk", adding.Sum, frame)
    return KeyOwner(checked, secret), job, sums, kept(shard.run, "wallet", adding.Part, frame)


def test_the_sum_that_reaches_the_requester_is_flooded_to_the_brim() -> None:
    owner, _, sums, parts = sums_and_parts(bfv_sum.SPEC, bfv_sum._checked(3))
    assert owner.noise_budget_bits(sums["wallet"][0]) <= 2
    assert owner.noise_budget_bits(parts["social"][0]) > 60


def test_every_part_under_a_hidden_card_is_flooded_by_its_platform() -> None:
    checked = bfv_hidden_card._checked(3)
    owner, _, sums, parts = sums_and_parts(bfv_hidden_card.SPEC, checked)
    room = checked.prediction.room_bits - checked.prediction.flood_bits
    for part in parts.values():
        assert room - 2 < owner.noise_budget_bits(part[0]) < room + 1
    assert len(parts) == 2
    assert owner.noise_budget_bits(sums["wallet"][0]) <= 3


def test_a_part_under_a_hidden_card_shows_nothing_of_the_cards_ciphertexts() -> None:
    """Its c1 is not the sum of chosen c1s, from which the card's owner could read the choices."""
    checked = bfv_hidden_card._checked(3)
    _, job, _, parts = sums_and_parts(bfv_hidden_card.SPEC, checked)
    spec, setting = bfv_hidden_card.SPEC, bfv_hidden_card.SPEC.setting(3, 5)
    inputs = spec.inputs(setting, np.random.default_rng(1))
    bins = bfv_hidden_card._BINS
    _, frame, rest = card.split(job.steps[0].run.outputs["social"], checked, bytes(32))
    picker = suite.selector(checked, card.part_in(rest, frame, sum(bins)), bins)
    chosen = picker.select(inputs["social"])
    assert (chosen[0, 1] != parts["social"][0, 1]).mean() > 0.99


def test_not_hidden_from_requester_and_aggregator_together_is_every_part() -> None:
    for spec, checked in (
        (bfv_sum.SPEC, bfv_sum._checked(3)),
        (bfv_hidden_card.SPEC, bfv_hidden_card._checked(3)),
    ):
        owner, _, _, parts = sums_and_parts(spec, checked)
        setting = spec.setting(3, 5)
        inputs = spec.inputs(setting, np.random.default_rng(1))
        own = inputs["social"]
        if spec is bfv_hidden_card.SPEC:
            own = bfv_hidden_card.looked_up(inputs["firm"]["social"], own, bfv_hidden_card._BINS)
        assert (owner.decrypt(parts["social"], 5) == own).all()


def test_not_hidden_from_requester_and_platform_together_are_its_points_of_the_card() -> None:
    checked = bfv_hidden_card._checked(3)
    owner, job, _, _ = sums_and_parts(bfv_hidden_card.SPEC, checked)
    _, frame, rest = card.split(job.steps[0].run.outputs["social"], checked, bytes(32))
    mine = card.part_in(rest, frame, sum(bfv_hidden_card._BINS))
    points = owner.decrypt(mine, len(mine) * checked.people)[:: checked.people]
    setting = bfv_hidden_card.SPEC.setting(3, 5)
    inputs = bfv_hidden_card.SPEC.inputs(setting, np.random.default_rng(1))
    assert (points == inputs["firm"]["social"]).all()


# One run in the hands of the test: three platforms, the first of which aggregates. ----------------


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


def changed(name: str, change: Callable[[Envelope], Envelope | None]) -> Network:
    """A network that changes the messages of this class name."""
    return Network(
        tamper=lambda sent: change(sent) if sent.name.rpartition("/")[2] == name else sent
    )


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


@pytest.mark.parametrize("name", ["Part", "Sum"])
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
    lost = changed("Part", lambda sent: None if sent.sender == "social" else sent)
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


# The hidden card. ---------------------------------------------------------------------------------


def hidden_roles(
    checked: Checked, points: dict[str, NDArray[np.int64]], owner: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Opening and shard of three platforms, `owner` being one of them or the firm."""
    everybody = dict.fromkeys((*PLATFORMS, owner))
    opening: dict[str, Any] = {
        name: partial(card.take, checked=checked, requester="desk", owner=owner, count=sum(BINS))
        for name in everybody
    }
    opening[owner] = partial(card.write, numbers=points, checked=checked, requester="desk")
    opening["desk"] = partial(card.make_key, checked=checked)
    dice = np.random.default_rng(6)
    choices = {
        name: dice.integers(0, 6, (len(BINS), PEOPLE)).astype(np.uint8) for name in PLATFORMS
    }
    return opening, choices


def played(
    checked: Checked,
    choices: dict[str, Any],
    material: dict[str, bytes],
    aggregator: str = "wallet",
) -> Run:
    contributors = PLATFORMS
    common: dict[str, Any] = {"checked": checked}
    roles: dict[str, Any] = {
        name: partial(
            bfv_hidden_card.platform,
            choices=choices[name],
            material=material[name],
            bins=BINS,
            aggregator=aggregator,
            **common,
        )
        for name in PLATFORMS
    }
    common |= {"people": PEOPLE, "contributors": contributors}
    roles[aggregator] = partial(
        bfv_hidden_card.aggregate,
        choices=choices.get(aggregator),
        material=material[aggregator],
        bins=BINS if aggregator in choices else (),
        requester="desk",
        **common,
    )
    roles["desk"] = partial(
        bfv_hidden_card.receive, material=material["desk"], aggregator=aggregator, **common
    )
    return run_local(roles)


def hidden(backend: str) -> tuple[Checked, dict[str, NDArray[np.int64]]]:
    checked = plan(wish(Circuit.select([BINS] * 3), parties=3, backend=backend))
    dice = np.random.default_rng(5)
    return checked, {name: dice.integers(LEAST, MOST + 1, sum(BINS)) for name in PLATFORMS}


@pytest.mark.parametrize(
    ("backend", "owner"), [("fourier", "firm"), ("fourier", "market"), ("seal", "market")]
)
def test_a_card_is_applied_whoever_owns_it(backend: str, owner: str) -> None:
    checked, points = hidden(backend)
    opening, choices = hidden_roles(checked, points, owner)
    run = played(checked, choices, run_local(opening).outputs)
    expected = sum(
        bfv_hidden_card.looked_up(points[name], choices[name], BINS) for name in PLATFORMS
    )
    assert (run.outputs["desk"] == expected).all()


def test_a_broker_may_add_up_parts_without_one_of_its_own() -> None:
    checked, points = hidden("fourier")
    opening, choices = hidden_roles(checked, points, "firm")
    opening["broker"] = partial(card.take, checked=checked, requester="desk", owner="firm", count=0)
    material = run_local(opening).outputs
    run = played(checked, choices, material, aggregator="broker")
    assert run.outputs["desk"].shape == (PEOPLE,)
    broken = partial(
        bfv_hidden_card.aggregate,
        people=PEOPLE,
        checked=checked,
        material=material["broker"],
        contributors=PLATFORMS,
        requester="desk",
    )
    with pytest.raises(LocalMisuse, match="brings choices if, and only if"):
        run_local({"wallet": broken, "desk": partial(keys.hand_out, checked=checked)})


def test_a_large_card_goes_in_numbered_messages() -> None:
    bins = (6,) * 32
    checked = plan(wish(Circuit.select([bins] * 3), parties=3))
    points = {"wallet": np.arange(sum(bins)) % MOST}
    opening: dict[str, Any] = {
        "wallet": partial(
            card.take, checked=checked, requester="desk", owner="firm", count=sum(bins)
        ),
        "firm": partial(card.write, numbers=points, checked=checked, requester="desk"),
        "desk": partial(card.make_key, checked=checked),
    }
    run = run_local(opening, recording="outline")
    numbers = [seen.number for seen in run.views["wallet"].messages if seen.name.endswith("/Card")]
    assert numbers == [0, 1]
    declared = card.declared(
        checked, {"wallet": sum(bins)}, owner="firm", requester="desk", everybody=tuple(opening)
    )
    assert run.costs["firm"].sent_payload_bytes == declared.payload_bytes["firm"]


def test_an_owner_cannot_hand_out_points_outside_the_public_range() -> None:
    checked, points = hidden("fourier")
    opening, _ = hidden_roles(checked, points | {"wallet": np.full(24, MOST + 1)}, "firm")
    with pytest.raises(LocalMisuse, match="points outside points_range"):
        run_local(opening)


def test_a_card_packed_for_another_key_is_refused() -> None:
    checked, points = hidden("fourier")
    opening, _ = hidden_roles(checked, points, "firm")
    foreign = suite.frame(checked, b"another key....."[:16], bytes(32))
    zeros = np.zeros((sum(BINS), 2, 2, 4096), np.uint64)
    swapped = changed(
        "Card", lambda sent: replace(sent, body=card.Card(*pack(zeros, foreign)).encode())
    )
    with pytest.raises(PeerFault, match="firm: sent ciphertexts under another key"):
        run_local(opening, network=swapped)
