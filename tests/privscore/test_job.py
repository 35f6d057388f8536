"""Whole jobs: what `secret-sum` gives is what `clear` gives, bit for bit, however it is cut."""

from __future__ import annotations

import csv
import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from toy_consortium import toy

from privscore import scenarios
from privscore.consortium import load
from privscore.errors import Refused
from privscore.job import admission
from privscore.job.party_job import PartyJob
from privscore.methods import available, bfv_sum
from privscore.methods.clear import METHOD as CLEAR
from privscore.methods.rules import objections
from privscore.methods.secret_sum import METHOD as SECRET_SUM
from privscore.runtime import local
from protocols.core.errors import Stalled

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CREDIT = ROOT.parent / "shared" / "data" / "credit" / "UCI_Credit_Card.csv"


def scores(folder: Path) -> dict[str, int]:
    with (folder / "desk" / "scores.csv").open(encoding="utf-8", newline="") as file:
        return {row["person"]: int(row["score"]) for row in csv.DictReader(file)}


# What a run leaves. -------------------------------------------------------------------------------


def test_a_partys_folder_holds_only_what_that_party_has(tmp_path: Path) -> None:
    consortium = load(scenarios.write("toy", tmp_path / "toy"))
    record = local.run_job(consortium, SECRET_SUM, tmp_path / "run")
    for party in consortium.agreement.party_ids:
        names = {path.name for path in (tmp_path / "run" / party).iterdir()}
        bins = {
            f"bins-{k}.u2"
            for k in range(len(consortium.agreement.scorecard.scored_locally_by(party)))
        }
        if party == "desk":
            assert names == {"party.json", "people.txt", "scores.csv", "view"}
        else:
            assert names == {"party.json", "people.txt", "known.u1", "view"} | bins
    for party in consortium.agreement.party_ids:
        file = tmp_path / "run" / party / "party.json"
        written = json.loads(file.read_text(encoding="utf-8"))
        assert written["agreement_sha256"] == consortium.agreement.sha256.hex()
        assert set(written["costs"]) == {"greet", "people", "shard"}
        assert not [name for name in written["files"] if not (file.parent / name).is_file()]
    assert record.agreement_sha256 == consortium.agreement.sha256.hex()
    join = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert set(join["parties"]) == set(record.costs) == set(consortium.agreement.party_ids)
    assert {"processor", "cores", "python"} <= set(join["machine"])


def test_nothing_private_is_in_the_agreement_or_the_record(tmp_path: Path) -> None:
    consortium = load(scenarios.write("toy", tmp_path / "toy"))
    local.run_job(consortium, SECRET_SUM, tmp_path / "run")
    records = [tmp_path / "run" / "run.json", *(tmp_path / "run").glob("*/party.json")]
    assert len(records) == 1 + len(consortium.agreement.party_ids)
    for written in (record.read_text(encoding="utf-8") for record in records):
        for private in consortium.private.values():
            if private.table is not None:
                assert private.table not in written


@pytest.mark.parametrize("reveal", ["tier", "score"])
def test_the_answer_goes_as_far_as_the_policy_opens_it(
    reveal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privscore.runtime.local.refuse_method", lambda *_: None)
    local.run_job(toy(tmp_path, reveal=reveal), SECRET_SUM, tmp_path / "run")
    head = (tmp_path / "run" / "desk" / "scores.csv").read_text().splitlines()[0]
    assert head == {"tier": "person,tier", "score": "person,score,tier"}[reveal]


def test_a_requester_with_data_is_served_where_the_file_accepts_it(tmp_path: Path) -> None:
    path = scenarios.write("toy", tmp_path / "toy")
    text = path.read_text().replace(
        'id    = "wallet"\nroles = ["data"]', 'id    = "wallet"\nroles = ["data", "requester"]'
    )
    text = text.replace('[[party]]\nid    = "desk"\nroles = ["requester"]\n', "")
    text = text.replace('desk = "score"', 'wallet = "score"').replace(
        "[policy]", "[policy]\naccept_output_leak = true"
    )
    path.write_text(text)
    answers = []
    for method in (CLEAR, SECRET_SUM):
        local.run_job(load(path), method, tmp_path / method.name)
        answers.append((tmp_path / method.name / "wallet" / "scores.csv").read_bytes())
    assert answers[0] == answers[1]


def test_a_list_of_people_is_answered_in_its_order(tmp_path: Path) -> None:
    consortium = load(scenarios.write("toy", tmp_path / "toy"))
    listed = [f"p{n:03d}" for n in range(120, 60, -1)] + ["nobody-knows-her"]
    (tmp_path / "list.txt").write_text("\n".join(listed) + "\n")
    record = local.run_job(consortium, SECRET_SUM, tmp_path / "run", people=tmp_path / "list.txt")
    got = scores(tmp_path / "run")
    assert list(got) == listed
    assert record.people_from == "list"
    card = consortium.agreement.scorecard
    assert got["nobody-knows-her"] == card.base + sum(c.missing for c in card.characteristics)


def test_relative_paths_hold_though_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does while a table is read, and other threads are at work then."""
    scenarios.write("toy", tmp_path / "toy")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    consortium = load(Path("toy/consortium.toml"))

    def leave(phase: str, done: int, of: int) -> None:
        os.chdir(tmp_path / "elsewhere")

    local.run_job(consortium, SECRET_SUM, Path("run"), progress=leave)
    assert len(scores(tmp_path / "run")) == 200
    os.chdir(tmp_path / "elsewhere")
    local.run_job(consortium, SECRET_SUM, tmp_path / "again")
    assert not [*(tmp_path / "elsewhere").iterdir()]


def test_no_two_jobs_share_an_id(tmp_path: Path) -> None:
    consortium = load(scenarios.write("toy", tmp_path / "toy"))
    jobs = {local.run_job(consortium, CLEAR, tmp_path / str(k)).job for k in range(2)}
    assert len(jobs) == 2


# The main job on real data. -----------------------------------------------------------------------


@pytest.mark.parametrize("method", available().values(), ids=lambda method: method.name)
def test_the_credit_scores_equal_a_plain_scripts(method: Any, tmp_path: Path) -> None:
    if not CREDIT.exists():
        pytest.skip(f"{os.path.relpath(CREDIT, ROOT)} is not there: it does not ship")
    path = scenarios.write("credit", tmp_path / "credit", CREDIT)
    consortium = load(path)
    if method.private and objections(method, consortium.agreement):
        pytest.skip(f"{method.name} may not run under this policy")
    local.run_job(consortium, method, tmp_path / "run")
    got = scores(tmp_path / "run")
    assert got == plain_credit_scores(path)
    assert (sum(got.values()), min(got.values()), max(got.values())) == (18_723_833, 398, 705)


def plain_credit_scores(path: Path) -> dict[str, int]:
    """The scores by the standard library alone, from the CSV and the card in the file."""
    import bisect
    import tomllib

    card = tomllib.loads(path.read_text(encoding="utf-8"))["scorecard"]
    wanted = {}
    with CREDIT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            total = card["base"]
            for each in card["characteristic"]:
                value = float(row[each["column"].partition(".")[2]])
                total += each["points"][bisect.bisect_right(each["bins"], value)]
            wanted[row["ID"]] = total
    return wanted


# Platforms that are lost on the way. --------------------------------------------------------------


@pytest.mark.parametrize("first_silent_shard", [0, 1, 3])
def test_a_platform_lost_in_any_shard_counts_as_missing_for_everybody(
    first_silent_shard: int, tmp_path: Path
) -> None:
    consortium = toy(tmp_path, dropout="neutral")
    people = tmp_path / "people.txt"
    people.write_text("\n".join(f"p{n:03d}" for n in range(200)) + "\n")
    record = local.run_job(
        consortium,
        available()["masked-sum"],
        tmp_path / "lost",
        people=people,
        shard_people=50,
        lost={"rides": first_silent_shard},
    )
    names = consortium.agreement.data_parties
    assert record.platforms == tuple(name for name in names if name != "rides")
    (tmp_path / "toy" / "rides.csv").write_text("person,no_shows\nnobody,0\n")
    local.run_job(load(consortium.path), CLEAR, tmp_path / "clear", people=people)
    assert scores(tmp_path / "lost") == scores(tmp_path / "clear")


def test_a_platform_that_is_lost_ends_the_job_where_the_policy_says_abort(tmp_path: Path) -> None:
    consortium = load(scenarios.write("toy", tmp_path / "toy"))
    for method in (SECRET_SUM, available()["masked-sum"]):
        with pytest.raises(Stalled, match="rides"):
            local.run_job(consortium, method, tmp_path / "run", lost={"rides": 0})
        assert not (tmp_path / "run").exists()


def test_a_drill_of_somebody_who_is_no_platform_is_refused(tmp_path: Path) -> None:
    consortium = load(scenarios.write("toy", tmp_path / "toy"))
    assert admission.drill(consortium, ["rides@2", "games"]) == {"rides": 2, "games": 0}
    for word in ("desk", "rides@soon", ""):
        with pytest.raises(Refused, match="no platform that could be lost"):
            admission.drill(consortium, [word])


@pytest.mark.parametrize("name", ["bfv-sum", "bfv-hidden-card"])
def test_more_people_than_the_flooding_was_planned_for_are_refused(
    name: str, tmp_path: Path
) -> None:
    method = available()[name]
    agreement = load(scenarios.write("toy", tmp_path / "toy")).agreement
    most = bfv_sum.OPENINGS * import_module(type(method).__module__).parameters(agreement).people
    job = PartyJob("desk", agreement, method, scratch=tmp_path / "scratch", folder=tmp_path)
    assert job.setup(most) is not None
    with pytest.raises(Refused, match="fewer people at a time"):
        job.setup(most + 1)


def test_scores_beyond_32_bits_are_written_as_they_are(tmp_path: Path) -> None:
    """A clip may lie where no card's points can reach."""
    path = scenarios.write("toy", tmp_path / "toy")
    low = 1 << 40
    text = path.read_text().replace("[350, 950]", f"[{low}, {2 * low}]")
    path.write_text(text[: text.index("[[tier]]")] + text[text.index("[policy]") :])
    local.run_job(load(path), CLEAR, tmp_path / "run")
    assert {*scores(tmp_path / "run").values()} == {low}
