"""`ckks-weighted`: within the bound that it states, for every card that it takes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from weighted_cards import (
    MIXED,
    PEOPLE,
    PLATFORMS,
    agreed,
    binned,
    data_for,
    played,
    weighted,
)

from privscore.card.scorecard import Column
from privscore.consortium import load
from privscore.consortium.agreement import Agreement, PartyInfo
from privscore.errors import Refused
from privscore.methods import ckks_weighted
from privscore.methods.ckks_weighted import METHOD, OPENINGS, columns_of, parameters
from privscore.methods.clear import total_points
from privscore.methods.rules import stated_error
from privscore.runtime.local import run_job
from privscore.scenarios import write
from protocols.core.errors import LocalMisuse, PeerFault, Stalled
from protocols.encryption.params.approximate import (
    ApproximateWish,
    CheckedApproximate,
    plan_approximate,
)

pytestmark = pytest.mark.slow


def in_clear(agreement: Agreement, data: Mapping[str, Mapping[str, Column]]) -> NDArray[np.int64]:
    columns = {f"{name}.{column}": each for name in data for column, each in data[name].items()}
    return total_points(agreement, columns, len(next(iter(columns.values()))))


def error(agreement: Agreement, data: Mapping[str, Mapping[str, Column]]) -> int:
    got = played(agreement, data).outputs[agreement.requester]
    assert got.dtype == np.int64
    return int(np.abs(got - in_clear(agreement, data)).max())


# Within the bound. --------------------------------------------------------------------------------


@st.composite
def cards(draw: st.DrawFn) -> Agreement:
    lines = []
    for number in range(draw(st.integers(1, 4))):
        column = f"{PLATFORMS[number % 3]}.c{number}"
        if draw(st.booleans()):
            low = draw(st.integers(-100, 100))
            ends = [low, low + draw(st.integers(0, 1000))]
            weight = draw(st.floats(-20, 20, allow_subnormal=False))
            lines.append(weighted(column, weight, ends, draw(st.floats(-100, 100))))
        else:
            bins = sorted(draw(st.sets(st.integers(-9, 9), max_size=3)))
            points = draw(
                st.lists(st.integers(-300, 300), min_size=len(bins) + 1, max_size=len(bins) + 1)
            )
            lines.append(binned(column, list(bins), points, draw(st.integers(-50, 50))))
    lines += [binned(f"{name}.also", [], [0], 0) for name in PLATFORMS[len(lines) :]]
    return agreed(*lines, base=draw(st.integers(-999, 999)))


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(cards(), st.integers(0, 2**32), st.booleans())
def test_every_card_is_scored_within_the_stated_error(
    agreement: Agreement, seed: int, at_the_ends: bool
) -> None:
    data = data_for(agreement, np.random.default_rng(seed), PEOPLE, at_the_ends=at_the_ends)
    assert METHOD.unfit(agreement) == []
    stated = stated_error(METHOD, agreement)
    assert stated == (0 if agreement.scorecard.is_whole else 1)
    assert error(agreement, data) <= stated


@pytest.mark.parametrize("end", ["lowest", "highest", "unknown"])
def test_everybody_at_the_ends_of_all_ranges_is_within_the_stated_error(end: str) -> None:
    """The largest results that there are, all of one sign."""
    steep = [weighted(f"{name}.c", 1000.5, [-40, 40], 40_000.25) for name in PLATFORMS]
    agreement = agreed(*steep)
    value = {"lowest": -40.0, "highest": 40.0, "unknown": math.nan}[end]
    data = {name: {"c": np.full(PEOPLE, value)} for name in PLATFORMS}
    assert error(agreement, data) <= stated_error(METHOD, agreement) == 1


def test_before_rounding_a_total_is_off_by_no_more_than_was_planned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agreement = agreed(*MIXED)
    data = data_for(agreement, np.random.default_rng(1), PEOPLE)
    card = type(agreement.scorecard)
    monkeypatch.setattr(card, "rounded", lambda _, totals: totals)
    got = played(agreement, data).outputs["requester"]
    missed = np.abs(got - in_clear(agreement, data)).max()
    assert 0 < missed <= METHOD.error_bound(agreement) < 0.02


def test_a_card_of_whole_points_is_scored_without_error() -> None:
    agreement = agreed(MIXED[0], MIXED[3], binned("bank.x", [2], [5, 6], 1))
    assert METHOD.error_bound(agreement) < 0.5
    assert stated_error(METHOD, agreement) == 0
    assert error(agreement, data_for(agreement, np.random.default_rng(2), PEOPLE)) == 0


def test_a_column_is_never_beyond_its_limit() -> None:
    agreement = agreed(*MIXED)
    data = data_for(agreement, np.random.default_rng(3), PEOPLE, at_the_ends=True)
    for name in PLATFORMS:
        columns = columns_of(agreement.scorecard, name, data[name], PEOPLE)
        assert np.abs(columns).max() <= 1
        assert len(columns) == {"wallet": 6, "bank": 2, "market": 2}[name]


# What may not run. --------------------------------------------------------------------------------


def with_roles(agreement: Agreement, **roles: tuple[Any, ...]) -> Agreement:
    parties = tuple(
        PartyInfo(each.id, (*each.roles, *roles.get(each.id, ()))) for each in agreement.parties
    )
    return dataclasses.replace(agreement, parties=parties)


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        ({"bank": ("aggregator",)}, "an owner of the card apart from"),
        ({"requester": ("aggregator",)}, "an aggregator apart from the requester"),
    ],
)
def test_key_card_and_sum_are_in_three_hands(
    roles: dict[str, tuple[Any, ...]], sentence: str
) -> None:
    (objection,) = METHOD.unfit(with_roles(agreed(*MIXED), **roles))
    assert sentence in objection


def test_a_card_over_the_requesters_data_alone_has_nothing_to_encrypt() -> None:
    lines = [binned(f"{name}.c", [], [0], 0) for name in PLATFORMS]
    plain = agreed(*lines)
    roles: dict[str, tuple[Any, ...]] = {
        **dict.fromkeys(PLATFORMS, ("compute",)),
        "market": ("data", "requester"),
        "wallet": ("data", "aggregator"),
        "bank": ("card",),
    }
    card = dataclasses.replace(
        plain.scorecard, characteristics=plain.scorecard.characteristics[-1:]
    )
    parties = tuple(PartyInfo(name, held) for name, held in roles.items())
    agreement = dataclasses.replace(plain, parties=parties, scorecard=card)
    (objection,) = METHOD.unfit(agreement)
    assert "needs a platform that scores a line" in objection


def test_a_precision_that_no_ciphertext_can_hold_is_refused_with_what_to_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ckks_weighted, "PRECISIONS", (1e-60,))
    (objection,) = METHOD.unfit(
        agreed(*MIXED, base=-1)
    )  # another card: parameters are kept by card
    assert "has no parameters for this card" in objection
    assert "coarser precision" in objection


def test_a_bug_in_the_planner_is_not_told_as_no_parameters_for_this_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def mistaken(wish: object) -> None:
        raise LocalMisuse("a bug of ours")

    monkeypatch.setattr(ckks_weighted, "plan_approximate", mistaken)
    with pytest.raises(LocalMisuse, match="a bug of ours"):
        METHOD.unfit(agreed(*MIXED, base=-2))  # another card: parameters are kept by card


def test_a_bug_in_the_planner_does_not_make_a_precision_coarser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def mistaken(wish: ApproximateWish) -> CheckedApproximate:
        if wish.precision < ckks_weighted.REAL_PRECISION:
            raise LocalMisuse("a bug of ours")
        return plan_approximate(wish)

    monkeypatch.setattr(ckks_weighted, "plan_approximate", mistaken)
    with pytest.raises(LocalMisuse, match="a bug of ours"):
        parameters(agreed(*MIXED, base=-3))


def test_more_people_than_the_key_can_bear_are_refused() -> None:
    agreement = agreed(*MIXED)
    most = OPENINGS * parameters(agreement).people
    METHOD.admit(agreement, most)
    with pytest.raises(Refused, match="fewer people at a time"):
        METHOD.admit(agreement, most + 1)


def test_the_requesters_own_data_are_added_at_home() -> None:
    plain = agreed(*MIXED, weighted("desk.income", 0.5, [0, 100], 1.5))
    parties = (*(p for p in plain.parties if p.id != "requester" and p.id != "desk"),)
    agreement = dataclasses.replace(
        plain,
        parties=(*parties, PartyInfo("desk", ("data", "requester"))),
        policy=dataclasses.replace(plain.policy, accept_output_leak=True),
    )
    assert METHOD.unfit(agreement) == []
    assert error(agreement, data_for(agreement, np.random.default_rng(5), PEOPLE)) <= 1


def test_a_platform_whose_part_leaves_the_range_of_the_card_is_among_the_suspects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within what the key's parameters allow, beyond what this card can give."""
    agreement = agreed(*(binned(f"{name}.c", [0], [1, 50], 0) for name in PLATFORMS))
    data = {name: {"c": np.ones(PEOPLE)} for name in PLATFORMS}
    monkeypatch.setattr(
        ckks_weighted, "columns_of", lambda card, name, columns, people: np.ones((3, people))
    )
    with pytest.raises(PeerFault, match="outside the range of the card") as caught:
        played(agreement, data)
    assert set(caught.value.suspects) == set(PLATFORMS)


def test_a_platform_that_is_lost_ends_the_job(tmp_path: Path) -> None:
    consortium = load(write("toy", tmp_path / "toy"))
    with pytest.raises(Stalled, match="rides"):
        run_job(consortium, METHOD, tmp_path / "run", lost={"rides": 0})
    assert not (tmp_path / "run").exists()
