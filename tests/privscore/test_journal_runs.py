"""Journals of whole runs: where they are kept, and how a second run is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from saved_runs import make_run
from toy_consortium import EVERYBODY, policy, toy

from privscore.cli import main
from privscore.consortium import load
from privscore.errors import Refused
from privscore.inspect.ledger import accounts, gather
from privscore.methods import available
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job
from privscore.scenarios import write
from protocols.core.errors import PeerFault

pytestmark = pytest.mark.slow

MASKED = available()["masked-sum"]
SECRET = available()["secret-sum"]


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["privscore", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_second_run_without_one_platform_is_refused_with_the_line_of_the_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toy(tmp_path, dropout="neutral").path
    words = ["run", str(path), "--method", "masked-sum", "--json", "--out"]
    assert call(monkeypatch, *words, str(tmp_path / "first")) == 0
    assert call(monkeypatch, *words, str(tmp_path / "again")) == 0
    job = json.loads((tmp_path / "first/desk/party.json").read_text())["job"]
    capsys.readouterr()
    assert call(monkeypatch, *words, str(tmp_path / "second"), "--lose", "rides") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert path.read_text().splitlines()[error["line"] - 1] == "[policy]"
    assert f"(job {job[:8]})" in error["cause"]
    assert "this one lacks rides" in error["cause"]
    assert "accept_output_leak = true" in error["fix"]
    assert not (tmp_path / "second").exists()


def test_a_platform_refuses_by_itself_a_requester_who_forgot(tmp_path: Path) -> None:
    """Only one party's journal is left, and it is not the requester's."""
    consortium = toy(tmp_path, dropout="neutral")
    run_job(consortium, MASKED, tmp_path / "first")
    journal = consortium.path.parent / ".privscore" / "journal"
    for folder in journal.iterdir():
        if folder.name != "utility":
            folder.rename(tmp_path / folder.name)
    with pytest.raises(PeerFault, match="asks again: the answer of") as refused:
        run_job(consortium, MASKED, tmp_path / "second", lost={"rides": 0})
    assert refused.value.suspects == ("desk",)
    assert not (tmp_path / "second").exists()


def test_methods_without_losses_note_their_answer_before_the_first_shard(tmp_path: Path) -> None:
    """A list that differs by one is nothing to them; another answer about the same people is."""
    path = write("toy", tmp_path / "toy")
    people = tmp_path / "people.txt"
    people.write_text("\n".join(EVERYBODY[1:]))
    run_job(load(path), SECRET, tmp_path / "first")
    run_job(load(path), SECRET, tmp_path / "second", people=people)
    path.write_text(policy(dropout="neutral")(path.read_text()))
    consortium = load(path)
    with pytest.raises(Refused, match="their difference would open the points of rides") as refused:
        run_job(consortium, MASKED, tmp_path / "third", lost={"rides": 0})
    assert refused.value.file == str(consortium.path)


def test_a_job_that_is_refused_for_its_tables_leaves_no_journal(tmp_path: Path) -> None:
    path = write("toy", tmp_path / "toy")
    people = tmp_path / "people.txt"
    people.write_text("\n".join(EVERYBODY))
    with (path.parent / "games.csv").open("a") as file:
        file.write("p000,nan\n")
    with pytest.raises(Refused):
        run_job(load(path), SECRET, tmp_path / "run", people=people)
    assert not (path.parent / ".privscore").exists()


def test_a_journal_is_in_the_users_state_where_none_can_be_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("os.access", lambda *_: False)
    path = write("toy", tmp_path / "toy")
    run_job(load(path), SECRET, tmp_path / "run")
    assert not (path.parent / ".privscore").exists()
    (place,) = (tmp_path / "state" / "privscore").iterdir()
    assert len([*(place / "journal").iterdir()]) == 9


def test_the_plaintext_keeps_no_journal(tmp_path: Path) -> None:
    path = write("toy", tmp_path / "toy")
    run_job(load(path), available()["clear"], tmp_path / "run")
    assert not (path.parent / ".privscore").exists()


def test_where_it_is_accepted_the_ledger_says_whose_points_the_difference_opens(
    tmp_path: Path,
) -> None:
    people = tmp_path / "people.txt"
    people.write_text("\n".join(EVERYBODY[1:]))
    make_run(tmp_path, "masked-sum", edit=policy(dropout="neutral"))
    (tmp_path / "masked-sum").rename(tmp_path / "first")
    leaking = policy(dropout="neutral", more="accept_output_leak = true")

    def edit(text: str) -> str:
        return leaking(text.replace('[policy]\ndropout = "neutral"', "[policy]"))

    made = make_run(tmp_path, "masked-sum", edit=edit, lost={"rides": 0}, people=people)
    by_party = {each.members[0]: each for each in accounts(gather(open_run(made))).parties}
    desk = [each.sentence for each in by_party["desk"].learned]
    assert any(
        each.startswith("the points of rides, for 199 people: the answer of") for each in desk
    )
    assert any(each.startswith("what 1 person alone added to any statistics") for each in desk)
    assert "rides" in by_party["desk"].row["points"].of
    assert not any("the answer of" in each.sentence for each in by_party["wallet"].learned)
