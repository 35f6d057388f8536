"""Statistics over everybody: the right counts, no small cell, and nobody's own sum with a name."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from toy_consortium import toy

from privscore.card.scorecard import Characteristic, Scorecard, Tier
from privscore.cli import main
from privscore.errors import Refused
from privscore.job import people_list
from privscore.job.answers import read_answers
from privscore.methods import available
from privscore.methods.result import Result
from privscore.runtime import local, worker
from privscore.runtime.local import run_job
from privscore.stats import METHOD, Statistics, statistics
from privscore.stats.cells import coverage_cells, joined, score_cells, score_range, tier_cells
from privscore.stats.shuffled_sum import shuffled
from privscore.tables import open_table
from protocols.core.local import run_local

pytestmark = pytest.mark.slow

LEAST = 7


class Seen:
    """One job of statistics, with every message that anybody was sent in it."""

    def __init__(self, folder: Path) -> None:
        self.consortium = toy(folder, min_people=LEAST)
        self.runs: list[Any] = []

        def kept(roles: Any, **options: Any) -> Any:
            full = {**options, "recording": "full", "drop_bodies": False}
            self.runs.append(run_local(roles, **full))
            return self.runs[-1]

        with pytest.MonkeyPatch.context() as patch:
            for module in (local, worker):
                patch.setattr(module, "run_local", kept)
            self.found = statistics(self.consortium)
        run_job(self.consortium, available()["clear"], folder / "clear")
        agreement = self.consortium.agreement
        self.answers = read_answers(folder / "clear/desk/scores.csv", agreement)
        self.listed = (folder / "clear/desk/people.txt").read_bytes().rstrip(b"\n")
        self.known = np.zeros(self.found.people, np.int64)
        for name in agreement.data_parties:
            with open_table(self.consortium, name) as table:
                self.known += table.known(self.listed)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return Seen(tmp_path_factory.mktemp("stats"))


# The counts. --------------------------------------------------------------------------------------


def test_scores_and_tiers_are_those_that_clear_counts(seen: Seen) -> None:
    for cells, values in ((seen.found.scores, "score"), (seen.found.tiers, "tier")):
        answers = seen.answers[values]
        assert [cell.people for cell in cells] == [
            int(((answers >= cell.low) & (answers <= cell.high)).sum()) for cell in cells
        ]
        assert len(cells) > 1


def test_coverage_is_how_many_platforms_know_a_person(seen: Seen) -> None:
    counts = Counter(seen.known.tolist())
    assert [cell.people for cell in seen.found.coverage] == [
        sum(counts[k] for k in range(cell.low, cell.high + 1)) for cell in seen.found.coverage
    ]
    assert len(seen.found.coverage) > 1


def test_every_histogram_is_about_everybody_and_no_cell_about_few(seen: Seen) -> None:
    for cells in (seen.found.scores, seen.found.tiers, seen.found.coverage):
        assert sum(cell.people for cell in cells) == seen.found.people == 200
        assert min(cell.people for cell in cells) >= LEAST
        assert all(a.high < b.low for a, b in pairwise(cells))


# Who sees what. -----------------------------------------------------------------------------------


def test_the_requester_finds_every_sum_once_and_in_another_order(seen: Seen) -> None:
    (result,) = [
        run.outputs["desk"] for run in seen.runs if isinstance(run.outputs["desk"], Result)
    ]
    base = seen.consortium.agreement.scorecard.base
    points, known = result.values[:200] + base, result.values[200:]
    assert np.array_equal(
        np.sort(points), np.sort(seen.answers["score"])
    )  # nothing is clipped here
    assert np.array_equal(np.sort(known), np.sort(seen.known))
    assert (points == seen.answers["score"]).mean() < 0.2
    assert (known == seen.known).mean() < 0.5  # nine values: some places agree by chance


def test_the_order_of_one_column_says_nothing_about_that_of_another() -> None:
    column = np.arange(1_000, dtype=np.int32)
    orders = shuffled(b"a seed", [column, column])
    first, other = orders[:1_000], orders[1_000:]
    assert np.array_equal(np.sort(first), column)
    assert np.array_equal(np.sort(other), column)
    assert (first == other).sum() < 20
    assert (first == column).sum() < 20


def test_an_order_is_everybodys_and_another_in_another_job() -> None:
    column = np.arange(100, dtype=np.int32)
    assert np.array_equal(shuffled(b"a seed", [column]), shuffled(b"a seed", [column]))
    assert not np.array_equal(shuffled(b"a seed", [column]), shuffled(b"another", [column]))


def test_the_seed_of_the_order_never_goes_to_the_requester(seen: Seen) -> None:
    to = {
        name: [m for run in seen.runs for m in run.views[name].messages if "ShuffleSeed" in m.name]
        for name in seen.consortium.agreement.party_ids
    }
    assert to.pop("desk") == []
    assert all(len(messages) == 7 for messages in to.values())
    bodies = [m.body.join() for run in seen.runs for m in run.views["desk"].messages if m.body]
    parts = [m.body.join()[-32:] for m in to["wallet"]]
    assert bodies
    assert not any(part in body for part in parts for body in bodies)


def test_what_is_sent_is_what_is_declared(seen: Seen) -> None:
    agreement, (_, told, setup, *shards, closed) = seen.consortium.agreement, seen.runs
    known = {}
    for name in agreement.data_parties:
        with open_table(seen.consortium, name) as table:
            known[name] = len(table.people())
    declared = {
        "people": people_list.declared(agreement, len(seen.listed), known),
        **METHOD.cost(agreement, 400),
    }
    phases = ["people", "setup", *(["shard"] * len(shards)), "closing"]
    for run, phase in zip([told, setup, *shards, closed], phases, strict=True):
        sent = {name: cost.sent_payload_bytes for name, cost in run.costs.items()}
        assert {name: size for name, size in sent.items() if size} == declared[phase].payload_bytes


# What is joined, whatever the values. -------------------------------------------------------------

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=12)


@given(counts=COUNTS, least=st.integers(1, 20))
def test_cells_are_joined_until_each_holds_enough(counts: list[int], least: int) -> None:
    ranges = joined(counts, least)
    assert [at for low, high in ranges for at in range(low, high + 1)] == [*range(len(counts))]
    held = [sum(counts[low : high + 1]) for low, high in ranges]
    assert min(held) >= least or len(held) == 1


@given(
    scores=st.lists(st.integers(0, 300), min_size=5, max_size=60),
    cuts=st.sets(st.integers(-20, 320), max_size=4),
    least=st.integers(1, 5),
)
def test_tiers_are_whole_cells_of_scores_so_their_difference_is_no_small_cell(
    scores: list[int], cuts: set[int], least: int
) -> None:
    line = Characteristic("c", ("a.c",), "", (1,), (0, 300), 0, None, None, False)
    card = Scorecard(0, (0, 300), (line,))
    tiers = [Tier(f"t{cut}", cut, "") for cut in sorted(cuts)]
    values = np.array(scores)
    fine, coarse = (score_cells(card, tiers, values, least), tier_cells(tiers, values, least))
    assert sum(cell.people for cell in fine) == len(scores)
    assert min(cell.people for cell in fine) >= least
    assert (fine[0].low, fine[-1].high) == score_range(card)
    starts = {cell.low for cell in fine}
    assert {tiers[cell.low].from_ for cell in coarse[1:]} <= starts
    assert all(a.high + 1 == b.low for a, b in pairwise(fine))


def test_nobody_known_to_all_platforms_is_not_told_apart() -> None:
    cells = coverage_cells(np.array([0, 2, 2, 2, 3, 3]), 4, 2)
    assert [(cell.label, cell.people) for cell in cells] == [("0 to 2", 4), ("3 to 4", 2)]


# The command. -------------------------------------------------------------------------------------


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["privscore", "stats", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_page_shows_what_json_says(seen: Seen) -> None:
    told = json.loads(msgspec.json.encode(seen.found))
    console = Console(width=100, file=io.StringIO(), highlight=False)
    console.print(seen.found)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    for cell in (*told["scores"], *told["tiers"], *told["coverage"]):
        assert f"{cell['label']} " in text
        assert f"{cell['people']:,}" in text
    assert all(what[:60] in text for what in told["learned"].values())


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"reveal": "tier"}, "opens the total to desk; the policy allows tier"),
        ({"min_people": 201}, "the policy asks for at least 201"),
    ],
)
def test_a_policy_that_opens_less_or_asks_for_more_people_is_kept(
    changed: dict[str, Any], why: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=why):
        statistics(toy(tmp_path, **changed))


def test_statistics_without_one_person_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The difference of two histograms would be that person's."""
    path = str(toy(tmp_path).path)
    listed = tmp_path / "few.txt"
    listed.write_text("\n".join(f"p{number:03d}" for number in range(199)))
    assert call(monkeypatch, path, "--json") == 0
    assert set(json.loads(capsys.readouterr().out)) == set(Statistics.__struct_fields__)
    assert call(monkeypatch, path, "--people", str(listed)) == 2
    assert "1 person adds" in capsys.readouterr().err
