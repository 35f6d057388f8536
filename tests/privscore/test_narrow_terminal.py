"""Pages on narrow terminals: more tables, shorter bars; no column and no figure is lost."""

from __future__ import annotations

import functools
import io
import itertools
from collections.abc import Iterable

import msgspec
import pytest
from ledger_runs import PLATFORMS, toy_run
from rich.console import Console
from rich.table import Table
from toy_comparison import comparison

from privscore.compare.comparison import COLUMNS, Comparison
from privscore.inspect.ledger import Ledger, accounts, gather, ledger
from privscore.inspect.ledger.account import FACTS
from privscore.inspect.message import message_page
from privscore.inspect.view import view_page
from privscore.plan.predicted import Forecast, MethodForecast, Predicted
from privscore.runs.folder import open_run
from privscore.text.histogram import Histogram, SideBySide
from privscore.text.wide_table import InParts

pytestmark = pytest.mark.slow

WIDTHS = (60, 62, 66, 80, 100)
CUT = "…"


def lines_of(what: object, width: int) -> list[str]:
    """A page as `privscore` prints it on so many columns."""
    file = io.StringIO()
    Console(file=file, width=width, highlight=False).print(what, crop=False)
    return file.getvalue().splitlines()


def joined(parts: Iterable[list[str]]) -> list[str]:
    """The cells of the same line in every part."""
    return [*itertools.chain(*parts)]


@functools.cache
def toy_ledger() -> Ledger:
    return ledger(open_run(toy_run()), ("wallet", "desk"))


def planned() -> Forecast:
    """Figures as wide as those of a job about a million people."""
    predicted = Predicted(
        rounds={"people": 3, "setup": 1, "shard": 3},
        payload_bytes={"shard": dict.fromkeys(PLATFORMS, 67_954_123_456)},
        seconds={
            "people": 0.5,
            "setup": 0.33,
            "tables": 1.0,
            "shards": 12_345.6,
            "closing": 1.25,
        },
        workers=16,
        peak_bytes=123_456_000_000,
    )
    return Forecast(
        name="toy",
        file="toy.toml",
        agreement_sha256="",
        people=1_000_000,
        people_from="list",
        list_bytes=8_999_999,
        methods=(MethodForecast(method="bfv-hidden-card", objections=(), predicted=predicted),),
        machine={},
        versions={},
    )


def with_long_names() -> Comparison:
    """The toy's comparison, with figures and names as they come with the society."""
    first, *unchanged = comparison().rows
    assert first.measured is not None
    measured = msgspec.structs.replace(
        first.measured, busiest="marketplace", busiest_bytes_per_person=58_467.0
    )
    row = msgspec.structs.replace(first, method="bfv-hidden-card", measured=measured)
    return msgspec.structs.replace(comparison(), rows=(row, *unchanged))


# The mechanism. -----------------------------------------------------------------------------------


def sheet(columns: int, rows: int = 2) -> Table:
    table = Table(box=None)
    table.add_column("name")
    for number in range(columns):
        table.add_column(f"figure{number}", justify="right")
    for row in range(rows):
        table.add_row(f"row{row}", *(f"{row},{number:06}" for number in range(columns)))
    return table


@pytest.mark.parametrize("columns", [1, 2, 5, 9])
@pytest.mark.parametrize("width", [12, 20, 31, 60, 200])
def test_every_cell_is_there_once_whole_and_in_its_row(columns: int, width: int) -> None:
    lines = lines_of(InParts(sheet(columns)), width)
    for row in range(2):
        cells = [line.split()[1:] for line in lines if line.split()[0] == f"row{row}"]
        assert joined(cells) == [f"{row},{number:06}" for number in range(columns)]
    titles = [line.split()[1:] for line in lines if line.split()[0] == "name"]
    assert joined(titles) == [f"figure{number}" for number in range(columns)]


@pytest.mark.parametrize("width", range(20, 120, 7))
def test_parts_are_as_few_as_fit_and_of_nearly_equal_size(width: int) -> None:
    lines = lines_of(InParts(sheet(9, rows=1)), width)
    sizes = [len(line.split()) - 1 for line in lines if line.startswith(" name")]
    assert max(sizes) - min(sizes) <= 1
    assert all(len(line) <= width for line in lines)
    if len(sizes) > 1:  # one part less would have been too wide
        longer = -(-9 // (len(sizes) - 1))
        (head, _) = lines_of(InParts(sheet(longer, rows=1)), 1000)
        assert len(head) > width


# The pages. ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_the_matrix_of_a_ledger_keeps_every_column(width: int) -> None:
    lines = lines_of(toy_ledger(), width)
    heads = [line.split()[1:] for line in lines if line.split()[:1] == ["party"]]
    assert joined(heads) == [*FACTS]
    assert all(len(line) <= width for line in lines)
    text = "\n".join(lines)
    for standing in (toy_ledger().parties[-1], toy_ledger().together):
        assert standing is not None
        assert f"◐ {standing.row['points'].people} people" in text
    assert CUT not in text


def test_the_matrix_of_a_ledger_is_whole_on_80_columns() -> None:
    lines = lines_of(toy_ledger(), 80)
    assert sum(line.split()[:1] == ["party"] for line in lines) == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_two_platforms_in_a_cell_are_both_named(width: int) -> None:
    others = (*(name for name in PLATFORMS if name not in ("games", "utility")), "desk")
    account = accounts(gather(open_run(toy_run())), others)
    page = msgspec.structs.replace(toy_ledger(), parties=account.parties, together=account.together)
    lines = lines_of(page, width)
    (position,) = (position for position, line in enumerate(lines) if "◐ games and" in line)
    assert lines[position].startswith("together ")
    assert lines[position + 1].strip() == "utility"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_plan_cuts_no_figure(width: int) -> None:
    lines = lines_of(planned(), width)
    words = " ".join(lines).split()
    for figure in ("7", "543,633.0", "1.83", "12,347", "12,349", "123,456", "16"):
        assert figure in words, figure
    assert CUT not in "".join(lines)
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_comparison_cuts_no_figure(width: int) -> None:
    result = with_long_names()
    lines = lines_of(result, width)
    text = " ".join(" ".join(lines).split())
    for row in result.rows:
        assert row.measured is not None
        for column in COLUMNS:
            assert column.text(row.measured) in text
    assert CUT not in text
    assert all(len(line) <= width for line in lines)


# Histograms. --------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_a_message_keeps_headings_and_labels_of_its_histograms(width: int) -> None:
    run = open_run(toy_run())
    number = next(each.number for each in view_page(run, "wallet").lines if each.name == "Share")
    page = message_page(run, "wallet", number)
    lines = lines_of(page, width)
    text = "\n".join(lines)
    assert text.count("how many") == text.count("from  ") == 2
    for histogram in page.histograms:
        for start, count in zip(histogram.starts, histogram.counts, strict=True):
            assert f"{start:,.0f}" in text
            assert f"{count:,}" in text
    assert text.count(CUT) == 1  # of the people who are not shown
    assert "█" in text
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize(("width", "beside"), [(100, True), (80, True), (60, False)])
def test_bars_get_shorter_before_histograms_go_below_each_other(width: int, beside: bool) -> None:
    wide = Histogram("seen", tuple(1.5e18 * k for k in range(12)), (9,) * 12)
    lines = lines_of(SideBySide((wide, Histogram("hidden", (0.0, 1.0), (1, 99)))), width)
    assert any("seen" in line and "hidden" in line for line in lines) is beside
    assert "16,500,000,000,000,000,000" in " ".join(lines).split()
    longest = max(line.count("█") for line in lines)
    assert longest <= 48
    assert all(len(line) <= width for line in lines)
