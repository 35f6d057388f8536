"""The sample consortium on a society: its card, its features, and how well the score separates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_societies import PEOPLE, ask, big_society, one, small_society

from privscore.card.scorecard import Scorecard, Tier, tier_index
from privscore.consortium import load
from privscore.errors import Refused
from privscore.society import PLATFORMS, Society, features, scenario
from privscore.tables import open_table

pytestmark = pytest.mark.slow

SHARES = {
    "credit history": 35,
    "fulfilment capacity": 25,
    "behaviour and preferences": 20,
    "relationships": 5,
    "identity": 15,
}


@pytest.fixture(scope="module")
def society() -> Society:
    return big_society()


@pytest.fixture
def small(tmp_path: Path) -> Society:
    return small_society(tmp_path)


@pytest.fixture(scope="module")
def with_features(society: Society) -> Society:
    features(society.directory)
    return society


def auc(score: np.ndarray[Any, Any], good: np.ndarray[Any, Any]) -> float:
    """How often a random good person scores above a random bad one, ties counting half."""
    bad_scores = np.sort(score[~good])
    below = bad_scores.searchsorted(score[good], side="left")
    not_above = bad_scores.searchsorted(score[good], side="right")
    return float((below + not_above).mean() / 2 / bad_scores.size)


def card_of(path: Path, *turned_on: str) -> tuple[Scorecard, tuple[Tier, ...]]:
    text = path.read_text()
    assert "contested = []" in text
    names = ", ".join(f'"{name}"' for name in turned_on)
    edited = path.with_name("edited.toml")
    edited.write_text(text.replace("contested = []", f"contested = [{names}]"))
    agreement = load(edited).agreement
    return agreement.scorecard, agreement.tiers


def spans(card: Scorecard) -> dict[str, int]:
    """The span of points of each dimension, the part of a name before its colon."""
    by_dimension: dict[str, int] = {}
    for line in card.characteristics:
        dimension = line.name.partition(":")[0]
        points = (*line.points, line.missing)
        by_dimension[dimension] = by_dimension.get(dimension, 0) + max(points) - min(points)
    return by_dimension


def scores_of(society: Society, card: Scorecard) -> np.ndarray[Any, Any]:
    """The plaintext score of everybody, in the order of their numbers."""
    totals = np.full(PEOPLE, card.base, np.int64)
    for platform in PLATFORMS:
        known = ask(
            society,
            f"""SELECT known.* EXCLUDE (person) FROM 'truth/people/*.parquet' AS truth
                LEFT JOIN '{platform}/features.parquet' AS known USING (person)
                ORDER BY truth.person""",
        )
        columns = {
            name: np.ma.filled(values.astype(np.float64), np.nan) for name, values in known.items()
        }
        totals += card.local_points(platform, columns)
    return card.clipped(totals)


def test_dimensions_have_their_shares_of_the_points(small: Society) -> None:
    contested = [each.name for each in card_of(scenario(small.directory))[0].disabled]
    card, _ = card_of(scenario(small.directory), *contested)
    total = sum(spans(card).values())
    assert {name: 100 * span / total for name, span in spans(card).items()} == SHARES
    assert card.bounds() == card.clip == (350, 950)


def test_contested_lines_are_off_unless_named(small: Society) -> None:
    card, tiers = card_of(scenario(small.directory))
    assert [each.columns for each in card.disabled] == [
        ("marketplace.alcohol_percent",),
        ("games.hours_month",),
        ("social.reported_percent",),
        ("social.friends_reported_percent",),
    ]
    assert card.bounds() == (390, 910)
    assert [tier.from_ for tier in tiers] == [600, 650, 700, 750]
    assert all(
        card.scored_locally_by(platform) for platform in PLATFORMS
    )  # nobody is there for nothing


def test_score_separates_and_every_tier_has_people(with_features: Society) -> None:
    truth = ask(
        with_features,
        "SELECT defaulted, thin_file FROM 'truth/people/*.parquet' ORDER BY person",
    )
    card, tiers = card_of(scenario(with_features.directory))
    scores = scores_of(with_features, card)
    assert auc(scores, ~truth["defaulted"]) > 0.75

    tier = tier_index(tiers, scores)
    sizes = np.bincount(tier + 1, minlength=5) / PEOPLE
    assert sizes.min() > 0.05
    rates = [truth["defaulted"][tier == index].mean() for index in range(-1, 4)]
    assert rates == sorted(rates, reverse=True)

    # A thin file keeps most people out, although most of them would pay back.
    assert (tier[truth["thin_file"]] == -1).mean() > 0.5


def test_contested_lines_make_the_score_no_better(with_features: Society) -> None:
    good = ~ask(with_features, "SELECT defaulted FROM 'truth/people/*.parquet' ORDER BY person")[
        "defaulted"
    ]
    path = scenario(with_features.directory)
    off, _ = card_of(path)
    on, _ = card_of(path, *(each.name for each in off.disabled))
    scores = {card: scores_of(with_features, card) for card in (off, on)}
    assert (scores[on] != scores[off]).mean() > 0.5
    assert auc(scores[on], good) < auc(scores[off], good)


def test_features_have_one_row_for_everybody_a_platform_knows(with_features: Society) -> None:
    for platform in PLATFORMS:
        rows, people = one(
            with_features,
            f"SELECT count(*), count(DISTINCT person) FROM '{platform}/features.parquet'",
        )
        assert rows == people == with_features.rows[f"{platform}/accounts"]


def test_features_of_half_a_society_are_refused(small: Society) -> None:
    (small.directory / "games" / "accounts" / "part-0000.parquet").unlink()
    with pytest.raises(Refused, match="missing"):
        features(small.directory)
    assert not list(small.directory.glob("*/features.parquet"))


def test_scenario_keeps_a_file_that_was_edited(small: Society) -> None:
    path = scenario(small.directory)
    path.write_text("# mine\n")
    assert scenario(small.directory).read_text() == "# mine\n"


def test_raw_events_and_ready_features_give_the_same_columns(small: Society) -> None:
    features(small.directory)
    raw, ready = (load(scenario(small.directory, ready=ready)) for ready in (False, True))
    for platform in PLATFORMS:
        names = raw.agreement.scorecard.columns_of(platform)
        with open_table(raw, platform) as events, open_table(ready, platform) as rows:
            people = events.people()
            assert people == rows.people()
            (expected,), (given,) = (table.columns(people, names) for table in (events, rows))
        for name in names:
            np.testing.assert_array_equal(given[name], expected[name])
            assert np.isfinite(given[name]).any()


def test_ready_scenario_reads_features_and_is_the_same_agreement(small: Society) -> None:
    raw, ready = load(scenario(small.directory)), load(scenario(small.directory, ready=True))
    assert ready.agreement == raw.agreement
    tables = {party: private.table for party, private in ready.private.items() if private.table}
    assert tables == {platform: f"{platform}/features.parquet" for platform in PLATFORMS}
