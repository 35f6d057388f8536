"""The laws of a scorecard: bins, points, sums across platforms, clips and tiers."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privscore.card.scorecard import Characteristic, Scorecard, Tier, tier_index

CUTS = st.lists(st.integers(-100, 100).map(lambda n: n / 4), max_size=40, unique=True).map(sorted)
VALUES = st.lists(
    st.one_of(st.just(math.nan), st.integers(-120, 120).map(lambda n: n / 4)), max_size=30
)
POINTS = st.integers(-1000, 1000)


def characteristic(
    columns: tuple[str, ...] = ("wallet.late",),
    bins: tuple[float | int, ...] = (1, 3),
    points: tuple[int, ...] = (30, 20, 10),
    missing: int = 5,
    combine: str | None = None,
) -> Characteristic:
    return Characteristic(
        name="+".join(columns),
        columns=columns,
        reason="R01",
        bins=bins,
        points=points,
        missing=missing,
        combine=combine,  # type: ignore[arg-type]
        range=None,
        contested=False,
    )


@st.composite
def characteristics(draw: st.DrawFn, columns: tuple[str, ...] = ("wallet.late",)) -> Characteristic:
    bins = tuple(draw(CUTS))
    points = tuple(draw(st.lists(POINTS, min_size=len(bins) + 1, max_size=len(bins) + 1)))
    return characteristic(columns, bins, points, draw(POINTS))


def points_by_hand(line: Characteristic, value: float) -> int:
    """The definition, for one value: points[k] when bins[k-1] <= x < bins[k]."""
    if math.isnan(value):
        return line.missing
    edges = [-math.inf, *line.bins, math.inf]
    return next(p for k, p in enumerate(line.points) if edges[k] <= value < edges[k + 1])


@given(characteristics(), VALUES)
def test_points_are_those_of_the_bin_that_holds_the_value(
    line: Characteristic, values: list[float]
) -> None:
    column = np.array(values, np.float64)
    points = line.score(column)
    assert points.dtype == np.int32
    assert points.tolist() == [points_by_hand(line, value) for value in values]
    assert line.earned(line.bin(column)).tolist() == points.tolist()


def test_a_value_on_a_cut_belongs_above_it_whether_bins_are_few_or_many() -> None:
    for count in (1, 24, 25, 300):
        line = characteristic(bins=tuple(range(count)), points=tuple(range(count + 1)))
        cuts = np.arange(count, dtype=np.float64)
        assert line.bin(cuts).tolist() == list(range(1, count + 1))
        assert line.bin(np.nextafter(cuts, -np.inf)).tolist() == list(range(count))


def test_every_nan_is_unknown_whatever_its_bits() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000001], np.uint64)
    for count in (2, 30):
        line = characteristic(bins=tuple(range(count)), points=(1,) * (count + 1), missing=9)
        assert line.bin(odd.view(np.float64)).tolist() == [count + 1] * 3
        assert line.score(odd.view(np.float64)).tolist() == [9] * 3


def test_a_characteristic_without_bins_tells_known_from_unknown() -> None:
    line = characteristic(bins=(), points=(7,), missing=-1)
    assert line.score(np.array([3.5, np.nan, -1e300])).tolist() == [7, -1, 7]


def known(values: tuple[float, ...]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


WHOLE = st.one_of(st.just(math.nan), st.integers(-(2**50), 2**50).map(float))


@given(st.lists(st.tuples(WHOLE, WHOLE, WHOLE), max_size=20))
def test_a_sum_counts_who_does_not_know_as_zero(rows: list[tuple[float, ...]]) -> None:
    line = characteristic(("a.x", "b.x", "c.x"), combine="sum")
    columns = [np.array([row[k] for row in rows], np.float64) for k in range(3)]
    before = [column.copy() for column in columns]
    by_hand = [float(sum(known(row))) if known(row) else math.nan for row in rows]
    np.testing.assert_array_equal(line.combined(columns), np.array(by_hand))
    np.testing.assert_array_equal(columns, before)


@given(st.lists(st.tuples(WHOLE, WHOLE, WHOLE), max_size=20))
def test_a_maximum_counts_who_does_not_know_as_lowest(rows: list[tuple[float, ...]]) -> None:
    line = characteristic(("a.x", "b.x", "c.x"), combine="max")
    columns = [np.array([row[k] for row in rows], np.float64) for k in range(3)]
    by_hand = [max(known(row), default=math.nan) for row in rows]
    np.testing.assert_array_equal(line.combined(columns), np.array(by_hand))


def test_a_single_column_is_not_combined() -> None:
    with pytest.raises(ValueError, match="nothing to combine"):
        characteristic().combined([np.zeros(1)])


@pytest.mark.slow
@given(st.data())
def test_what_the_platforms_add_up_alone_is_the_total(data: st.DataObject) -> None:
    platforms = ("bank", "wallet", "market")
    names = [f"{data.draw(st.sampled_from(platforms))}.c{k}" for k in range(6)]
    lines = tuple(data.draw(characteristics((name,))) for name in names)
    card = Scorecard(base=data.draw(POINTS), clip=(300, 950), characteristics=lines)
    rows = data.draw(st.lists(st.tuples(*[WHOLE] * 6), max_size=8))
    columns = {name: np.array([row[k] for row in rows]) for k, name in enumerate(names)}
    total = np.full(len(rows), card.base, np.int64)
    for platform in platforms:
        local = {n.partition(".")[2]: c for n, c in columns.items() if n.startswith(platform)}
        points = card.local_points(platform, local, people=len(rows))
        assert points.dtype == np.int32
        total += points
    by_hand = [
        card.base + sum(points_by_hand(line, x) for line, x in zip(lines, row, strict=True))
        for row in rows
    ]
    assert total.tolist() == by_hand
    low, high = card.bounds()
    assert all(low <= each <= high for each in by_hand)


def test_bounds_are_reached_and_count_missing() -> None:
    lines = (characteristic(missing=-3), characteristic(("bank.debt",), missing=50))
    card = Scorecard(base=100, clip=(0, 1000), characteristics=lines)
    assert card.bounds() == (100 - 3 + 10, 100 + 30 + 50)


def test_columns_of_a_platform_are_named_once_and_in_file_order() -> None:
    lines = (
        characteristic(("wallet.late",)),
        characteristic(("bank.debt", "wallet.credit.line"), combine="sum"),
        characteristic(("bank.debt",)),
        characteristic(("wallet.age",)),
    )
    card = Scorecard(base=0, clip=(0, 1), characteristics=lines)
    assert card.columns_of("wallet") == ("late", "credit.line", "age")
    assert card.columns_of("bank") == ("debt",)
    assert card.columns_of("wall") == ()
    assert card.scored_locally_by("wallet") == (lines[0], lines[3])
    assert card.combined == (lines[1],)
    assert lines[1].platforms == ("bank", "wallet")


def test_a_platform_without_characteristics_adds_zeros() -> None:
    card = Scorecard(base=0, clip=(0, 1), characteristics=(characteristic(),))
    assert card.local_points("market", {}, people=3).tolist() == [0, 0, 0]
    assert card.local_points("market", {}).shape == (0,)


def test_what_is_off_scores_nothing() -> None:
    off = replace(characteristic(("wallet.friends",), points=(900, 900, 900)), contested=True)
    card = Scorecard(base=0, clip=(0, 99), characteristics=(characteristic(),), disabled=(off,))
    assert card.bounds() == (5, 30)
    assert card.columns_of("wallet") == ("late",)
    assert card.local_points("wallet", {"late": np.array([0.0])}).tolist() == [30]


def test_scores_are_totals_cut_to_the_clip() -> None:
    card = Scorecard(base=0, clip=(350, 950), characteristics=(characteristic(),))
    scores = card.clipped(np.array([-(2**31), 349, 350, 700, 950, 951, 2**31 - 1], np.int64))
    assert scores.dtype == np.int64
    assert scores.tolist() == [350, 350, 350, 700, 950, 950, 950]


@given(
    st.lists(st.integers(-50, 50), max_size=5, unique=True).map(sorted),
    st.lists(st.integers(-60, 60), max_size=20),
)
def test_a_tier_reaches_up_to_where_the_next_begins(starts: list[int], scores: list[int]) -> None:
    tiers = [Tier(str(start), start, "") for start in starts]
    by_hand = [max((k for k, start in enumerate(starts) if start <= s), default=-1) for s in scores]
    assert tier_index(tiers, np.array(scores, np.int64)).tolist() == by_hand
