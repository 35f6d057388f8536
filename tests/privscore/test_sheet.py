"""A person's own sheet: what it shows, what it leaves out, and when it is refused."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from rich.console import Console
from saved_runs import copied, make_run, reseal
from toy_consortium import policy, toy

from privscore import scenarios
from privscore.cli import main
from privscore.consortium import load
from privscore.consortium.agreement import Agreement
from privscore.errors import Refused
from privscore.inspect.sheet import Sheet, explain
from privscore.methods import available
from privscore.runs.folder import RunFolder, open_run
from privscore.runtime.local import run_job

pytestmark = pytest.mark.slow

PLATFORMS = ("wallet", "marketplace", "social", "dating", "rides", "telecom", "games", "utility")
NOTHING = "gave nothing about you: no record of you, no value, or not with your consent"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return open_run(make_run(tmp_path_factory.mktemp("runs")))


def answers(run: RunFolder) -> dict[str, dict[str, str]]:
    """What the requester's file says, by person."""
    with (run.folder("desk") / "scores.csv").open(encoding="utf-8", newline="") as file:
        return {row["person"]: row for row in csv.DictReader(file)}


def tables(run: RunFolder) -> dict[str, dict[str, dict[str, str]]]:
    """Every platform's own table: platform -> person -> its row."""
    by_platform = {}
    for name in run.agreement.data_parties:
        path = run.path.parent / "toy" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            by_platform[name] = {row["person"]: row for row in csv.DictReader(file)}
    return by_platform


def text_of(sheet: Sheet) -> str:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(sheet)
    return captured.get()


@pytest.mark.parametrize("person", ["p000", "p001", "p117"])
def test_points_asked_from_the_platforms_add_up_to_the_score(person: str, run: RunFolder) -> None:
    sheet = explain(run, person)
    answer = answers(run)[person]
    assert sheet.score == int(answer["score"])
    assert sheet.base + sum(line.points or 0 for line in sheet.lines) == sheet.score
    assert sheet.adds_up
    assert sheet.tier is not None
    assert sheet.tier.name == answer["tier"]
    points = tables(run)
    for line in sheet.lines:
        known = points[line.platform].get(person)
        assert (line.value == "unknown") == (known is None)
    assert {line.reason for line in sheet.lines} == {
        each.reason for each in run.agreement.scorecard.characteristics
    }


def test_what_cost_most_comes_first(run: RunFolder) -> None:
    lost = [(line.most or 0) - (line.points or 0) for line in explain(run, "p001").lines]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > 0


def test_a_bin_is_told_in_words(run: RunFolder) -> None:
    bins = {line.column: line.value for line in explain(run, "p001").lines}
    row = tables(run)["telecom"]["p001"]
    assert 24 <= int(row["months"]) < 60
    assert bins["months"] == "24 to below 60"
    assert int(tables(run)["utility"]["p001"]["late_bills"]) >= 4
    assert bins["late_bills"] == "4 or more"
    first = next(p for p, row in tables(run)["rides"].items() if row["no_shows"] == "0")
    assert {x.column: x.value for x in explain(run, first).lines}["no_shows"] == "below 1"


def test_the_next_tier_says_how_many_points_are_lacking(run: RunFolder) -> None:
    sheet = explain(run, "p001")
    assert sheet.score is not None
    assert sheet.next is not None
    assert (sheet.next.name, sheet.next.grants) == ("half", "half the deposit")
    assert sheet.next.lacking == 600 - sheet.score
    best = max(answers(run), key=lambda person: int(answers(run)[person]["score"]))
    top = explain(run, best)
    assert top.tier is not None
    assert top.tier.name == "good"
    assert top.next is None


def test_a_platform_that_gave_nothing_is_named_without_saying_why(run: RunFolder) -> None:
    sheet = explain(run, "p001")
    strangers = {name for name, table in tables(run).items() if "p001" not in table}
    assert strangers
    for name in PLATFORMS:
        assert sheet.took_part[name] == (NOTHING if name in strangers else "took part")


def test_what_each_party_learned_about_this_person(run: RunFolder) -> None:
    sheet = explain(run, "p001")
    known_to = [name for name, table in tables(run).items() if "p001" in table]
    assert sheet.learned["wallet"] == ("that the job is about you",)
    which, total = sheet.learned["desk"]
    assert which == f"which platforms know you: {', '.join(known_to[:-1])} and {known_to[-1]}"
    assert total == "your total, and so score, tier and decision"


def test_somebody_whom_one_platform_knows_is_told_that_the_total_says_all(tmp_path: Path) -> None:
    scenarios.write("toy", tmp_path / "toy")
    with (tmp_path / "toy/games.csv").open("a", encoding="utf-8") as file:
        file.write("zoe,0\n")
    sheet = explain(open_run(make_run(tmp_path)), "zoe")
    assert any("your points at wallet, marketplace" in each for each in sheet.learned["desk"])
    assert sheet.took_part["games"] == "took part"
    assert list(sheet.took_part.values()).count(NOTHING) == 7


def test_under_the_central_database_the_sheet_says_that_everything_was_seen(tmp_path: Path) -> None:
    sheet = explain(open_run(make_run(tmp_path, "clear")), "p001")
    assert any("every value of yours" in each for each in sheet.learned["desk"])
    assert sheet.learned["wallet"] == ("that the job is about you",)


# Consent. -----------------------------------------------------------------------------------------


def test_without_consent_a_person_is_unknown_to_that_platform(tmp_path: Path) -> None:
    scenarios.write("toy", tmp_path / "toy")
    table = tmp_path / "toy/telecom.csv"
    header, *rows = table.read_text(encoding="utf-8").split()
    chosen = next(row.partition(",")[0] for row in rows if int(row.partition(",")[2]) >= 60)
    lines = [f"{row},{'false' if row.startswith(chosen) else 'true'}" for row in rows]
    before = explain(open_run(make_run(tmp_path / "before")), chosen)
    table.write_text("\n".join([f"{header},consent", *lines]) + "\n", encoding="utf-8")
    after = explain(open_run(make_run(tmp_path)), chosen)
    assert before.took_part["telecom"] == "took part"
    assert after.took_part["telecom"] == NOTHING
    (line,) = [each for each in after.lines if each.platform == "telecom"]
    assert (line.value, line.points) == ("unknown", 30)  # what the card says for `missing`
    assert before.score is not None
    assert after.score == before.score - 90 + 30
    which, *_ = after.learned["desk"]
    assert "telecom" not in which  # nor is the requester told that telecom knows them
    assert {name: how for name, how in after.took_part.items() if name != "telecom"} == {
        name: how for name, how in before.took_part.items() if name != "telecom"
    }


# What the policy does not open. -------------------------------------------------------------------


def test_a_policy_that_gives_no_sheets_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_run(tmp_path, edit=policy(more="sheet = false"))
    monkeypatch.setattr(sys, "argv", ["privscore", "explain", str(made), "--person", "p001"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "gives nobody a sheet (`sheet = false`)" in capsys.readouterr().err


def test_whether_there_are_sheets_is_part_of_the_agreement(tmp_path: Path) -> None:
    with_sheets = toy(tmp_path / "with").agreement
    without = toy(tmp_path / "without", more="sheet = false").agreement
    assert (with_sheets.policy.sheet, without.policy.sheet) == (True, False)
    assert with_sheets.sha256 != without.sha256
    assert Agreement.decode(without.encode()) == without


@pytest.mark.parametrize("opens", ["tier", "decision"])
def test_a_sheet_shows_no_score_and_no_points_where_the_policy_opens_less(
    opens: str, tmp_path: Path
) -> None:
    made = make_run(tmp_path, "clear", edit=policy(reveal=opens))
    sheet = explain(open_run(made), "p001")
    assert sheet.score is None
    assert sheet.adds_up is None
    assert all(line.points is None and line.most is None for line in sheet.lines)
    assert (sheet.tier is not None) == (opens == "tier")
    text = text_of(sheet)
    assert f"the policy opens no more than the {opens} to desk" in text
    assert "475" not in text
    if sheet.next is not None:
        assert sheet.next.lacking is None
        assert "points more" not in text


# Other things that a sheet has to say. ------------------------------------------------------------


def test_contested_characteristics_are_named(tmp_path: Path) -> None:
    def contested(text: str) -> str:
        for reason in ("R05", "R08"):
            text = text.replace(f'reason  = "{reason}', f'contested = true\nreason  = "{reason}')
        return text.replace("[scorecard]", '[scorecard]\ncontested = ["reports"]', 1)

    sheet = explain(open_run(make_run(tmp_path, edit=contested)), "p001")
    assert (sheet.contested, sheet.off) == (("reports",), ("disputes",))
    text = text_of(sheet)
    assert "Contested, and used all the same: reports." in text
    assert "Contested, and not used: disputes." in text
    assert "(contested)" in text


def test_a_platform_that_was_lost_counts_as_unknown_on_every_sheet(tmp_path: Path) -> None:
    run = open_run(
        make_run(tmp_path, "masked-sum", edit=policy(dropout="neutral"), lost={"utility": 0})
    )
    sheet = explain(run, "p001")
    assert sheet.took_part["utility"] == "was lost in this run; everybody counts as unknown to it"
    (line,) = [each for each in sheet.lines if each.platform == "utility"]
    assert (line.value, line.points) == ("unknown", 45)
    assert sheet.adds_up


def test_points_that_do_not_add_up_are_pointed_out(run: RunFolder, tmp_path: Path) -> None:
    changed = copied(run.path, tmp_path)
    scores = changed / "desk/scores.csv"
    score = answers(run)["p001"]["score"]
    scores.write_text(scores.read_text().replace(f"p001,{score},", f"p001,{int(score) + 25},"))
    reseal(changed)
    sheet = explain(open_run(changed), "p001")
    assert sheet.adds_up is False
    assert "do not add up to this score: contest it" in text_of(sheet)


def test_a_stranger_is_refused_and_nobody_else_is_named(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["privscore", "explain", str(run.path), "--person", "p01"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert "the run is about nobody called 'p01'" in printed.err
    assert "p001" not in printed.err + printed.out


def test_a_sheet_as_json(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", str(run.path), "--person", "p001", "--json"]
    monkeypatch.setattr(sys, "argv", ["privscore", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    sheet = json.loads(capsys.readouterr().out)
    assert sheet["score"] == int(answers(run)["p001"]["score"])
    assert len(sheet["lines"]) == 9


def test_ids_with_odd_characters_have_sheets_too(tmp_path: Path) -> None:
    odd = 'Ö, "the" 1'
    scenarios.write("toy", tmp_path / "toy")
    with (tmp_path / "toy/games.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow([odd, 0])
    run_job(
        load(tmp_path / "toy/consortium.toml"), available()["secret-sum"], tmp_path / "secret-sum"
    )
    sheet = explain(open_run(tmp_path / "secret-sum"), odd)
    assert sheet.adds_up
    with pytest.raises(Refused, match="nobody called"):
        explain(open_run(tmp_path / "secret-sum"), "")
