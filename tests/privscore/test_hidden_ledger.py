"""Who learned what in a run with hidden points, and what a sheet shows of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hidden_points import CLEAR, METHOD, owners_copy, whole_run
from rich.console import Console
from saved_runs import copied, make_run, plant, reseal

from privscore.compare.coalitions import coalitions
from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.inspect.ledger import accounts, gather, ledger
from privscore.inspect.ledger.checks.value_scan import scan
from privscore.inspect.ledger.evidence import Evidence
from privscore.inspect.sheet import explain
from privscore.runs.folder import RunFolder, open_run
from privscore.runtime.local import run_job

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def owners() -> Consortium:
    return owners_copy()


@pytest.fixture(scope="module")
def run() -> RunFolder:
    return whole_run()


@pytest.fixture(scope="module")
def evidence(run: RunFolder) -> Evidence:
    return gather(run)


def sentences(evidence: Evidence, *members: str) -> tuple[str, dict[str, Any]]:
    """What these learned together, as text, and their line of the matrix."""
    standing = accounts(evidence, members).together
    assert standing is not None
    return " ".join(each.sentence for each in standing.learned), dict(standing.row)


def test_nothing_in_the_run_contradicts_its_ledger(run: RunFolder) -> None:
    written = ledger(run)
    assert not written.contradicted
    assert "points of its own bins" in written.leakage[METHOD.name]
    assert [check.made for check in written.checks] == [True, False, True]


def test_the_owner_of_the_card_learns_nothing_and_neither_does_a_platform(
    evidence: Evidence,
) -> None:
    for name in ("firm", "wallet", "bank", "market"):
        _, row = sentences(evidence, name)
        assert set(row) == {"nothing", "size"}, name
    text, row = sentences(evidence, "desk")
    assert "total" in row
    assert "points" not in row
    assert "hidden points" not in text


def test_a_platform_with_the_requester_reads_its_own_part_of_the_card(evidence: Evidence) -> None:
    text, row = sentences(evidence, "bank", "desk")
    assert "the hidden points of the card for the bins of bank" in text
    assert "wallet put into" not in text
    assert "points" not in row
    assert "minus the points of bank" in text
    text, row = sentences(evidence, "wallet", "desk")  # wallet adds up
    assert "the hidden points of the card for the bins of wallet" in text
    assert set(row["points"].of) == {"bank", "market"}


def test_only_who_knows_the_points_can_spell_a_total_out(evidence: Evidence) -> None:
    text, _ = sentences(evidence, "firm", "desk")
    assert "one by one" in text
    text, _ = sentences(evidence, "desk")
    assert "one by one" not in text
    text, _ = sentences(evidence, "firm", "bank")
    assert "hidden points" not in text


def test_the_baseline_shows_the_requester_the_hidden_points(
    owners: Consortium, tmp_path: Path
) -> None:
    run_job(owners, CLEAR, tmp_path / "clear")
    text, row = sentences(gather(open_run(tmp_path / "clear")), "desk")
    assert "the hidden points of the card, shown in the clear by firm" in text
    assert "columns" in row


def test_hidden_points_that_lie_in_a_view_contradict_the_ledger(tmp_path: Path) -> None:
    run = make_run(tmp_path, METHOD.name, edit=secret)
    points = open_run(run).card.numbers()
    plant(run, "desk", "EncryptedSum", points.astype(">f4").tobytes(), offset=129)
    hits = scan(gather(open_run(run)))
    (hit,) = [each for each in hits if each.target.rows == "points"]
    assert (hit.party, hit.sender, hit.people) == ("desk", "wallet", len(points))
    every = accounts(gather(open_run(run)), (), hits).parties
    desk = next(each for each in every if each.members == ("desk",))
    where = "big-endian in EncryptedSum from wallet to desk"
    told = f"{len(points)} points in a row, as 4-byte floats, {where}"
    assert any(told in each.sentence and each.how == "found" for each in desk.learned)


def secret(toy: str) -> str:
    """The toy consortium with a firm that hides its points."""
    hidden = '[scorecard]\nowner = "firm"\nhidden = ["points"]\npoints_range = [0, 150]\n'
    firm = '[[party]]\nid = "firm"\nroles = ["card"]\n\n[scorecard]\n'
    text = toy.replace("[scorecard]\n", firm.replace("[scorecard]\n", hidden))
    return text.replace('desk = "score"', 'desk = "total"')


def test_coalitions_are_those_of_the_parties_that_there_are(owners: Consortium) -> None:
    result = coalitions(METHOD, owners.agreement)
    assert result is not None
    assert (result.parties, result.any_of) == (5, 1)
    assert set(result.harmful) == {("wallet", "desk"), ("bank", "desk"), ("market", "desk")}
    public = replace(owners.agreement, scorecard=replace(owners.card, secret=None))  # type: ignore[type-var]
    result = coalitions(METHOD, public)
    assert result is not None
    assert result.harmful == (("wallet", "desk"),)


def test_a_sheet_says_that_the_points_are_hidden(run: RunFolder) -> None:
    sheet = explain(run, "p3")
    assert sheet.points_hidden_by == "firm"
    assert sheet.score is not None
    assert sheet.adds_up is None
    assert all(line.points is None and line.most is None for line in sheet.lines)
    assert [line.value for line in sheet.lines].count("unknown") == 1
    console = Console(width=100)
    with console.capture() as shown:
        console.print(sheet)
    assert "firm hides the points of this card" in shown.get()
    assert "at most" not in shown.get()


def test_a_run_whose_owners_points_were_changed_is_refused(run: RunFolder, tmp_path: Path) -> None:
    changed = copied(run.path, tmp_path)
    (changed / "firm" / "card.f8").write_bytes(b"\0" * 8)
    with pytest.raises(Refused, match="hash"):
        open_run(changed)
    reseal(changed)
    with pytest.raises(Refused, match="owner's points"):
        ledger(open_run(changed))
    (changed / "firm" / "card.f8").unlink()
    with pytest.raises(Refused, match=r"card\.f8 is missing"):
        open_run(changed)
