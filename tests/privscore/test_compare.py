"""`compare`: the same people for every method, and no figure that a run did not give."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console
from toy_comparison import METHODS, comparison
from toy_consortium import toy
from typer.testing import CliRunner

from privscore import compare as comparing
from privscore.cli import app
from privscore.compare import compare, selected_methods, sized
from privscore.compare.coalitions import Coalitions, coalitions
from privscore.compare.comparison import Comparison, Measured
from privscore.errors import Refused
from privscore.job.people import everybody, first
from privscore.job.resized import SIZES, declared, resized
from privscore.methods import available, named
from privscore.runs.worker_processes import Watched, tree_bytes, watched
from privscore.runtime.local import run_job
from privscore.tables import count_people
from protocols.core.errors import Missing, Stalled

pytestmark = pytest.mark.slow


def ran(result: Comparison) -> dict[str, Measured]:
    return {row.method: row.measured for row in result.rows if row.measured is not None}


def here(work: Any, *options: Any) -> Watched[Any]:
    """`watched` without a process of its own, for tests that are not about processes."""
    return Watched(work(*options), 0)


def test_exact_methods_miss_no_score_and_move_nobody() -> None:
    assert list(ran(comparison())) == ["clear", *METHODS]
    for measured in ran(comparison()).values():
        assert (measured.largest_error_points, measured.tier_changes) == (0, 0)


@pytest.mark.parametrize(
    "words", [["--methods", "clear, secret-sum"], ["--methods", "clear", "--methods", "secret-sum"]]
)
def test_methods_are_named_with_commas_or_one_by_one(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def compare(_loaded: Any, methods: Any, **_options: Any) -> Comparison:
        asked.append(methods)
        return comparison()

    monkeypatch.setattr(comparing, "compare", compare)
    CliRunner().invoke(app, ["compare", str(toy(tmp_path).path), *words], catch_exceptions=False)
    assert asked == [["clear", "secret-sum"]]


def test_bytes_and_rounds_are_those_of_a_job_about_the_same_people(tmp_path: Path) -> None:
    loaded = toy(tmp_path)
    people = tmp_path / "people.txt"
    people.write_bytes(everybody(loaded))
    for method, measured in ran(comparison()).items():
        record = run_job(loaded, named(method), tmp_path / method, people=people)
        for party, costs in record.costs.items():
            sent = [cost.sent_payload_bytes + cost.sent_framing_bytes for cost in costs.values()]
            assert measured.traffic[party].sent_bytes == sum(sent), (method, party)
        for phase, rounds in measured.rounds.items():
            assert rounds == max(costs[phase].rounds for costs in record.costs.values())


def test_the_figures_of_a_row_fit_each_other() -> None:
    result = comparison()
    for measured in ran(result).values():
        sent = sum(each.sent_bytes for each in measured.traffic.values())
        assert sum(measured.sent_bytes_by_kind.values()) == sent
        assert sent == sum(each.received_bytes for each in measured.traffic.values())
        assert measured.sent_bytes_per_person == sent / result.people
        handled = [each.sent_bytes + each.received_bytes for each in measured.traffic.values()]
        assert measured.busiest_bytes_per_person == max(handled) / result.people
        assert measured.setup_s + measured.online_s == pytest.approx(sum(measured.seconds.values()))
    assert ran(result)["clear"].times_clear == 1


def test_every_method_there_is_is_compared_unless_some_are_named() -> None:
    assert [method.name for method in selected_methods(None)] == list(available())
    assert [method.name for method in selected_methods(["secret-sum"])] == ["clear", "secret-sum"]


def test_an_unknown_method_is_refused_with_a_suggestion() -> None:
    with pytest.raises(Refused, match="Did you mean secret-sum"):
        selected_methods(["secretsum"])


def test_people_takes_the_first_of_the_list(tmp_path: Path) -> None:
    loaded = toy(tmp_path)
    whole = everybody(loaded)
    assert first(loaded, whole, 60).split(b"\n") == whole.split(b"\n")[:60]
    assert first(loaded, whole, None) == whole
    result = comparison()
    assert {each.people for each in result.by_people} == {count_people(whole) // 4, result.people}


def test_more_people_than_there_are_is_refused(tmp_path: Path) -> None:
    loaded = toy(tmp_path)
    with pytest.raises(Refused, match="there are 200"):
        compare(loaded, people=201)


def test_fewer_people_than_the_policy_asks_for_is_refused_at_its_line(tmp_path: Path) -> None:
    loaded = toy(tmp_path)
    with pytest.raises(Refused, match="at least 50") as refused:
        compare(loaded, people=49)
    assert refused.value.line == loaded.line_of("policy", "min_people")


def test_a_refused_method_is_a_row_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "watched", here)
    result = compare(toy(tmp_path, reveal="tier"), ["secret-sum"])
    clear, refused = result.rows
    assert (clear.state, clear.why) == ("ran", "clear opens every column and satisfies no policy")
    assert clear.why in text(result, 100)
    assert (refused.state, refused.measured) == ("refused", None)
    assert re.search(r"^ secret-sum +- +- ", text(result, 100), re.MULTILINE)
    assert refused.why == "secret-sum opens the total to desk; the policy allows tier"
    assert "secret-sum may not run: secret-sum opens" in text(result, 100)


def test_a_method_whose_process_is_killed_is_a_row_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(work: Any, path: Path, method: str, *options: Any) -> Any:
        return (
            watched(os._exit, 1) if method == "secret-sum" else here(work, path, method, *options)
        )

    monkeypatch.setattr(comparing, "watched", killed)
    clear, failed = compare(toy(tmp_path), ["secret-sum"]).rows
    assert clear.state == "ran"
    assert (failed.state, failed.measured) == ("failed", None)
    assert "killed" in failed.why


def test_nothing_is_held_against_a_plaintext_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalled = Stalled((Missing("desk", "Share", 0, "wallet"),))

    def stall(work: Any, path: Path, method: str, *options: Any) -> Any:
        if method == "clear":
            raise stalled
        return here(work, path, method, *options)

    monkeypatch.setattr(comparing, "watched", stall)
    failed, other = compare(toy(tmp_path), ["secret-sum"]).rows
    assert (failed.state, failed.why) == ("failed", str(stalled))
    assert other.measured is not None
    assert (other.measured.largest_error_points, other.measured.times_clear) == (None, None)


def test_what_is_wrong_with_a_table_is_wrong_with_the_comparison(tmp_path: Path) -> None:
    loaded = toy(tmp_path)
    (tmp_path / "toy" / "wallet.csv").unlink()
    with pytest.raises(Refused, match=r"wallet"):
        compare(loaded, ["secret-sum"])


# Coalitions and other numbers of platforms. -------------------------------------------------------


def test_coalitions_come_from_what_the_protocols_declare(tmp_path: Path) -> None:
    agreement = toy(tmp_path).agreement
    assert coalitions(named("secret-sum"), agreement) == Coalitions(9, 9, ())
    assert coalitions(named("clear"), agreement) == Coalitions(9, 0, (("desk",),))
    assert str(coalitions(named("bfv-sum"), agreement)) == "any without wallet + desk"


def test_a_method_that_declares_no_protocol_claims_no_coalition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = named("secret-sum")
    monkeypatch.setattr(type(method), "protocols", ())
    assert coalitions(method, toy(tmp_path).agreement) is None


@pytest.mark.parametrize("size", SIZES)
def test_another_number_of_platforms_holds_the_same_card(size: int, tmp_path: Path) -> None:
    agreement = toy(tmp_path).agreement
    other = resized(agreement, size)
    assert len(other.data_parties) == size
    assert other.requester == agreement.requester
    assert other.scorecard.bounds() == agreement.scorecard.bounds()
    columns = sum(len(other.scorecard.columns_of(party)) for party in other.data_parties)
    assert columns == sum(len(agreement.scorecard.columns_of(p)) for p in agreement.data_parties)


def test_the_plot_of_platforms_meets_the_run_where_they_are_as_many(tmp_path: Path) -> None:
    loaded = toy(tmp_path)
    shown = [each for each in comparison().by_platforms if each.platforms == 8]
    record = run_job(loaded, named("masked-sum"), tmp_path / "run")
    declares = declared(named("masked-sum"), loaded.agreement, record.people)
    costs = [costs["shard"].sent_payload_bytes for costs in record.costs.values()]
    assert declares["shard"].total_bytes == sum(costs)
    whole = sum(phase.total_bytes for phase in declares.values())
    assert [e.payload_bytes_per_person for e in shown if e.method == "masked-sum"] == [whole / 200]


def test_every_size_that_a_method_can_is_shown(tmp_path: Path) -> None:
    sizes = list(sized(toy(tmp_path).agreement, [named("secret-sum")], 1000))
    assert [each.platforms for each in sizes] == list(SIZES)
    for each in sizes:  # m*m vectors of 4 bytes a person
        assert each.payload_bytes_per_person == 4 * each.platforms**2


# How it looks. ------------------------------------------------------------------------------------


def text(result: Comparison, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    console.print(result)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 100])
def test_the_table_fits_the_terminal_and_cuts_nothing_off(width: int) -> None:
    lines = text(comparison(), width).split("\n")
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines)
    assert sum("masked-sum" in line for line in lines) >= 2


def test_a_table_that_is_too_wide_comes_in_two() -> None:
    long = [
        msgspec.structs.replace(
            row,
            method=row.method.replace("secret-sum", "bfv-hidden-card"),
            measured=msgspec.structs.replace(
                row.measured,  # type: ignore[type-var]
                busiest="the-marketplace-of-all-of-us",
            ),
        )
        for row in comparison().rows
    ]
    shown = text(msgspec.structs.replace(comparison(), rows=tuple(long)), 100)
    assert "…" not in shown
    assert max(map(len, shown.split("\n"))) <= 100


def test_csv_says_what_json_says() -> None:
    result = comparison()
    told = json.loads(result.json())
    assert msgspec.json.decode(result.json(), type=Comparison) == result
    for line, row in zip(csv.DictReader(io.StringIO(result.csv())), told["rows"], strict=True):
        assert line["method"] == row["method"]
        assert float(line["online_s"]) == row["measured"]["online_s"]
        for party, traffic in row["measured"]["traffic"].items():
            assert int(line[f"traffic.{party}.sent_bytes"]) == traffic["sent_bytes"]
            assert line[f"learns.{party}"] == row["learns"].get(party, "nothing")


# Processes. ---------------------------------------------------------------------------------------

HELD_BYTES = 150 << 20


def hold() -> int:
    held = b"x" * HELD_BYTES
    time.sleep(0.3)
    return len(held)


@pytest.mark.skipif(not tree_bytes(os.getpid()), reason="this system does not tell memory")
def test_memory_of_work_in_its_own_process_is_seen() -> None:
    seen = watched(hold)
    assert seen.result == HELD_BYTES
    assert HELD_BYTES < seen.peak_bytes < 3 * HELD_BYTES


def test_what_the_work_raises_comes_out() -> None:
    with pytest.raises(Refused, match="there is no method"):
        watched(named, "nobody")
