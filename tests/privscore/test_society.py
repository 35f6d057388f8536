"""The society on the disk: whole or absent, the same from a seed, plausible, and scorable."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from privscore.consortium import load
from privscore.errors import Refused
from privscore.scorecard import Scorecard, Tier, tier_index
from privscore.society import (
    PLATFORMS,
    Society,
    features,
    generate,
    open_society,
    scenario,
)
from privscore.society.people import Recipe
from privscore.tables import open_table

PEOPLE = 66_000  # two blocks, so that two workers have something to share
SEED = 7
SHARES = {
    "credit history": 35,
    "fulfilment capacity": 25,
    "behaviour and preferences": 20,
    "relationships": 5,
    "identity": 15,
}


@pytest.fixture(scope="module")
def society(tmp_path_factory: pytest.TempPathFactory) -> Society:
    return generate(tmp_path_factory.mktemp("made") / "by-one", people=PEOPLE, seed=SEED, workers=1)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Society:
    return generate(tmp_path_factory.mktemp("pristine") / "small", people=500, seed=SEED)


@pytest.fixture
def small(pristine: Society, tmp_path: Path) -> Society:
    """500 people of one's own, to break."""
    return open_society(shutil.copytree(pristine.directory, tmp_path / "small"))


def ask(society: Society, query: str) -> dict[str, np.ndarray[Any, Any]]:
    with duckdb.connect(config={"file_search_path": str(society.directory)}) as connection:
        return dict(connection.sql(query).fetchnumpy())


def one(society: Society, query: str) -> Any:
    with duckdb.connect(config={"file_search_path": str(society.directory)}) as connection:
        return connection.sql(query).fetchall()[0]


def auc(score: np.ndarray[Any, Any], good: np.ndarray[Any, Any]) -> float:
    """How often a random good person scores above a random bad one, ties counting half."""
    bad_scores = np.sort(score[~good])
    below = bad_scores.searchsorted(score[good], side="left")
    not_above = bad_scores.searchsorted(score[good], side="right")
    return float((below + not_above).mean() / 2 / bad_scores.size)


# Parameters, and how it comes onto the disk. -----------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"people": 99}, "100 to 10000000"),
        ({"people": 10_000_001}, "100 to 10000000"),
        ({"people": -5}, "100 to 10000000"),
        ({"people": 500, "seed": -1}, "0 to 4294967295"),
        ({"people": 500, "seed": 1 << 32}, "0 to 4294967295"),
        ({"people": 500, "workers": 0}, "1 to 64"),
        ({"people": 500, "workers": 65}, "1 to 64"),
    ],
)
def test_parameter_out_of_range_is_refused_with_the_range(
    wrong: dict[str, int], named: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refusal:
        generate(tmp_path / "society", **wrong)  # type: ignore[arg-type]
    assert named in refusal.value.mend
    assert list(tmp_path.iterdir()) == []


def test_two_workers_write_the_same_files_as_one(society: Society, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    twin = generate(
        tmp_path / "by-two",
        people=PEOPLE,
        seed=SEED,
        workers=2,
        progress=lambda done, steps: told.append((done, steps)),
    )
    assert twin.manifest == society.manifest
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_blocks_and_labels_share_no_random_numbers() -> None:
    recipe = Recipe(people=PEOPLE, seed=SEED)
    draws = [
        recipe.random(label, number).random(8).tolist()
        for label in ("people", *PLATFORMS)
        for number in range(3)
    ]
    assert len({value for draw in draws for value in draw}) == 8 * len(draws)


def test_another_seed_makes_another_society(small: Society, tmp_path: Path) -> None:
    other = generate(tmp_path / "other", people=500, seed=SEED + 1)
    mine = {part.path: part.sha256 for part in small.manifest.files}
    theirs = {part.path: part.sha256 for part in other.manifest.files}
    assert mine.keys() == theirs.keys()
    assert all(mine[path] != theirs[path] for path in mine)


def test_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="only Unix limits the size of a process's files")
    script = f"""
import resource
from privscore.errors import Refused
from privscore.society import generate
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # the disk takes 20 kB of each file
try:
    generate({str(tmp_path / "society")!r}, people=5_000, workers=1)
except Refused as refusal:
    print("refused", refusal.mend)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.startswith("refused Make room"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_interrupted_generation_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupt(done: int, steps: int) -> None:
        assert any(tmp_path.iterdir())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "society", people=500, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_killed_worker_leaves_nothing_behind(tmp_path: Path) -> None:
    def kill(done: int, steps: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(Refused, match="worker process was killed"):
        generate(tmp_path / "society", people=PEOPLE, progress=kill)
    assert list(tmp_path.iterdir()) == []


def test_folder_in_use_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(Refused, match="is there already"):
        generate(tmp_path, people=500)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_folder_without_manifest_is_no_society(small: Society) -> None:
    (small.directory / "society.json").unlink()
    with pytest.raises(Refused, match=r"lacks society\.json"):
        open_society(small.directory)


def test_part_cut_short_is_refused_by_name(small: Society) -> None:
    part = small.directory / "telecom" / "bills" / "part-0000.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(Refused, match="cut short") as refusal:
        open_society(small.directory)
    assert refusal.value.file == str(part)


def test_missing_part_is_refused_by_name(small: Society) -> None:
    part = small.directory / "social" / "friends" / "part-0000.parquet"
    part.unlink()
    with pytest.raises(Refused, match="missing") as refusal:
        open_society(small.directory)
    assert refusal.value.file == str(part)


@pytest.mark.parametrize(
    ("written", "replaced", "cause"),
    [
        ("society@1", "society@2", "another version"),
        ('"people": 500', '"people": "many"', "does not describe"),
        ('"seed"', '"speed"', "does not describe"),
        ("{", "", "does not describe"),
    ],
)
def test_strange_manifest_is_refused(
    small: Society, written: str, replaced: str, cause: str
) -> None:
    manifest = small.directory / "society.json"
    text = manifest.read_text()
    assert written in text
    manifest.write_text(text.replace(written, replaced, 1))
    with pytest.raises(Refused, match=cause) as refusal:
        open_society(small.directory)
    assert refusal.value.file == str(manifest)


# What is in it. ----------------------------------------------------------------------------------


def test_manifest_counts_the_rows_that_are_there(society: Society) -> None:
    for table, rows in society.rows.items():
        assert one(society, f"SELECT count(*) FROM '{table}/*.parquet'") == (rows,)
    assert society.rows["truth/people"] == PEOPLE
    assert society.events >= 30 * PEOPLE  # 30 million for 1,000,000 people


def test_ids_are_numbered_through(society: Society) -> None:
    ids = ask(society, "SELECT person FROM 'truth/people/*.parquet' ORDER BY person")["person"]
    assert ids.tolist() == [f"p{number:07d}" for number in range(PEOPLE)]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_platform_knows_whom_the_truth_says(society: Society, platform: str) -> None:
    truth = f"SELECT person FROM 'truth/people/*.parquet' WHERE {platform}"
    accounts = f"SELECT person FROM '{platform}/accounts/*.parquet'"
    assert one(society, f"SELECT count(*) FROM ({truth} EXCEPT ALL {accounts})") == (0,)
    assert one(society, f"SELECT count(*) FROM ({accounts} EXCEPT ALL {truth})") == (0,)
    for table in society.rows:
        if table.startswith(f"{platform}/"):
            strangers = f"SELECT person FROM '{table}/*.parquet' EXCEPT {accounts}"
            assert one(society, f"SELECT count(*) FROM ({strangers})") == (0,)


def test_thin_file_is_one_or_two_platforms(society: Society) -> None:
    known_by = " + ".join(f"{platform}::INTEGER" for platform in PLATFORMS)
    numbers = ask(
        society,
        f"SELECT DISTINCT thin_file, {known_by} AS known_by FROM 'truth/people/*.parquet'",
    )
    found = set(zip(numbers["thin_file"].tolist(), numbers["known_by"].tolist(), strict=True))
    assert found == {(number <= 2, number) for number in range(1, 9)}
    (share,) = one(society, "SELECT avg(thin_file::INTEGER) FROM 'truth/people/*.parquet'")
    assert 0.1 < share < 0.25


def test_events_fall_into_the_year_and_accounts_before_it(society: Society) -> None:
    for table in society.rows:
        columns = one(society, f"SELECT list(name) FROM parquet_schema('{table}/*.parquet')")[0]
        if "day" in columns:
            span = one(society, f"SELECT min(day)::TEXT, max(day)::TEXT FROM '{table}/*.parquet'")
            assert "2016-07-01" <= span[0] <= span[1] <= "2017-06-30"
        if "since" in columns:
            (last,) = one(society, f"SELECT max(since)::TEXT FROM '{table}/*.parquet'")
            assert last < "2016-07-01"


def test_default_follows_the_traits_and_the_late_payments(society: Society) -> None:
    rate, reliability, income, late, thin = one(
        society,
        """SELECT avg(defaulted::INTEGER), corr(defaulted::INTEGER, reliability),
                  corr(defaulted::INTEGER, income), corr(defaulted::INTEGER, badly_late),
                  avg(defaulted::INTEGER) FILTER (WHERE thin_file)
           FROM 'truth/people/*.parquet'""",
    )
    assert 0.05 < rate < 0.13
    assert reliability < -0.2
    assert income < -0.15
    assert late > 0.3
    assert thin < 0.2  # most people of whom little is known are as good as anybody


def test_setback_makes_people_pay_later(society: Society) -> None:
    before, after = one(
        society,
        """SELECT avg(days_late) FILTER (WHERE day < setback_day),
                  avg(days_late) FILTER (WHERE day >= setback_day)
           FROM 'wallet/payments/*.parquet' JOIN 'truth/people/*.parquet' USING (person)""",
    )
    assert after > 2 * before


def test_friends_are_alike_where_they_live_alike(society: Society) -> None:
    reliability, income, age = one(
        society,
        """SELECT corr(one.reliability, other.reliability), corr(one.income, other.income),
                  corr(one.age, other.age)
           FROM 'social/friends/*.parquet' AS friends
           JOIN 'truth/people/*.parquet' AS one ON one.person = friends.person
           JOIN 'truth/people/*.parquet' AS other ON other.person = friends.friend""",
    )
    assert 0.25 < reliability < 0.5
    assert 0.1 < income < 0.4
    assert abs(age) < 0.03  # age plays no part in where one lives


def test_friendships_are_between_two_members_and_written_once(society: Society) -> None:
    twice, self_made, strangers = one(
        society,
        """SELECT count(*) - count(DISTINCT [least(person, friend), greatest(person, friend)]),
                  count(*) FILTER (WHERE person = friend),
                  count(*) FILTER (WHERE friend NOT IN
                                   (SELECT person FROM 'social/accounts/*.parquet'))
           FROM 'social/friends/*.parquet'""",
    )
    assert (twice, self_made, strangers) == (0, 0, 0)


# The sample consortium. --------------------------------------------------------------------------


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
    found: dict[str, int] = {}
    for each in card.characteristics:
        dimension = each.name.partition(":")[0]
        points = (*each.points, each.missing)
        found[dimension] = found.get(dimension, 0) + max(points) - min(points)
    return found


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


@pytest.fixture(scope="module")
def with_features(society: Society) -> Society:
    features(society.directory)
    return society


def test_dimensions_have_their_shares_of_the_points(small: Society) -> None:
    contested = [each.name for each in card_of(scenario(small.directory))[0].off]
    card, _ = card_of(scenario(small.directory), *contested)
    total = sum(spans(card).values())
    assert {name: 100 * span / total for name, span in spans(card).items()} == SHARES
    assert card.bounds() == card.clip == (350, 950)


def test_contested_lines_are_off_unless_named(small: Society) -> None:
    card, tiers = card_of(scenario(small.directory))
    assert [each.columns for each in card.off] == [
        ("marketplace.alcohol_percent",),
        ("games.hours_month",),
        ("social.reported_percent",),
        ("social.friends_reported_percent",),
    ]
    assert card.bounds() == (390, 910)
    assert [tier.from_ for tier in tiers] == [600, 650, 700, 750]
    assert all(card.of(platform) for platform in PLATFORMS)  # nobody is there for nothing


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
    on, _ = card_of(path, *(each.name for each in off.off))
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
            (expected,), (found,) = (table.columns(people, names) for table in (events, rows))
        for name in names:
            np.testing.assert_array_equal(found[name], expected[name])
            assert np.isfinite(found[name]).any()


def test_ready_scenario_reads_features_and_is_the_same_agreement(small: Society) -> None:
    raw, ready = load(scenario(small.directory)), load(scenario(small.directory, ready=True))
    assert ready.agreement == raw.agreement
    tables = {party: private.table for party, private in ready.private.items() if private.table}
    assert tables == {platform: f"{platform}/features.parquet" for platform in PLATFORMS}
