"""Run folders and consortium files of before (`tests/vectors/old/`) are still read, and still run.

A run folder that today's code cannot read is refused in words that say why: then it stands in
`REFUSED` with a part of them, and every command has to say so.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from privscore.cli import main

OLD = Path(__file__).resolve().parents[1] / "vectors" / "old"
RUNS = sorted(path.name for path in (OLD / "runs").iterdir())
FILES = sorted(path.stem for path in (OLD / "checks").glob("*.json"))
REFUSED: dict[str, str] = {}  # name of a run folder -> part of the cause that is given
READABLE = [name for name in RUNS if name not in REFUSED]
# Every method that a file allows, but of the toy only what costs little.
PLAYED = [
    ("toy-consortium", "clear"),
    ("toy-consortium", "secret-sum"),
    ("toy-neutral", "masked-sum"),
    ("toy-three", "bfv-sum"),
    ("hidden-owner", "clear"),
    ("hidden-owner", "bfv-hidden-card"),
    ("weights-consortium", "clear"),
    ("weights-consortium", "ckks-weighted"),
]
LOST = {"masked-sum-lost": "rides"}
PEOPLE = ("p000", "p007", "p199")


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code of a command, and the JSON that it prints."""
    sys.argv = ["privscore", *words, "--json"]
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, json.loads(capsys.readouterr().out)


def read(capsys: pytest.CaptureFixture[str], command: str, run: str, *words: str) -> dict[str, Any]:
    """What a command says of an old run folder."""
    code, said = printed(capsys, command, str(OLD / "runs" / run), *words)
    assert code == 0, said.get("error", said.get("checks"))
    return said


def kept(folder: str, name: str) -> dict[str, Any]:
    return json.loads((OLD / folder / f"{name}.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def file_of(name: str, folder: Path) -> Path:
    """The consortium file of this name in a copy of its folder: a run leaves journals beside it."""
    directory, _, stem = name.partition("-")
    return Path(shutil.copytree(OLD / "consortia" / directory, folder / "of"), f"{stem}.toml")


def facts(ledger: dict[str, Any]) -> dict[str, Any]:
    """A ledger without its sentences, which may be worded anew."""
    names = ("name", "purpose", "method", "satisfies_policy", "people", "people_from", "platforms")
    return {
        **{name: ledger[name] for name in (*names, "recording", "contested", "off")},
        "saw": {party["members"][0]: party["saw"] for party in ledger["parties"]},
        "rows": {party["members"][0]: party["row"] for party in ledger["parties"]},
        "learned": {
            party["members"][0]: [
                {key: value for key, value in line.items() if key != "sentence"}
                for line in party["learned"]
            ]
            for party in ledger["parties"]
        },
        "checks": [(check["made"], check["contradicts"]) for check in ledger["checks"]],
    }


@pytest.mark.parametrize("run", READABLE)
def test_the_ledger_of_an_old_run_has_the_facts_of_then(
    run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert facts(read(capsys, "ledger", run)) == facts(kept("ledgers", run))


@pytest.mark.parametrize("run", READABLE)
def test_every_partys_view_of_an_old_run_has_all_its_messages(
    run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    record = json.loads((OLD / "runs" / run / "run.json").read_text(encoding="utf-8"))
    for party, phases in record["costs"].items():
        lines = read(capsys, "view", run, "--party", party)["lines"]
        received = sum(cost["received_messages"] for cost in phases.values())
        assert sum(not line["expired"] for line in lines) == received
    last = [line["number"] for line in lines if not line["expired"]][-1]
    words = ["--party", party, "--message", str(last)]
    code, said = printed(capsys, "view", str(OLD / "runs" / run), *words)
    if record["recording"] == "outline":
        assert code == 2
        assert "outline" in said["error"]["cause"]
    else:
        assert code == 0
        assert said["fields"]


@pytest.mark.parametrize("run", READABLE)
def test_the_sheets_of_an_old_run_add_up_to_its_scores(
    run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (OLD / "runs" / run / "desk" / "scores.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["person"]: int(row["score"]) for row in csv.DictReader(file)}
    for person in PEOPLE:
        sheet = read(capsys, "explain", run, "--person", person)
        assert sheet["score"] == scores[person]
        points = [line["points"] for line in sheet["lines"]]
        if sheet["points_hidden_by"]:
            assert not any(points)
        else:
            assert sheet["adds_up"] is True
            assert sheet["base"] + sum(points) == scores[person]
        assert ("lost" in sheet["took_part"].get("rides", "")) == (LOST.get(run) == "rides")


@pytest.mark.parametrize("run", REFUSED)
@pytest.mark.parametrize(
    "command", [("ledger",), ("view", "--party", "desk"), ("explain", "--person", "p000")]
)
def test_an_old_run_that_cannot_be_read_is_refused_in_words(
    run: str, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    name, *words = command
    code, said = printed(capsys, name, str(OLD / "runs" / run), *words)
    assert code == 2
    assert REFUSED[run] in said["error"]["cause"]


@pytest.mark.parametrize("name", FILES)
def test_an_old_consortium_file_is_the_same_agreement_and_allows_the_same_methods(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = printed(capsys, "check", str(file_of(name, tmp_path)))
    expected = kept("checks", name)
    assert code == 0
    assert said["agreement_sha256"] == expected["agreement_sha256"]
    for key in ("name", "people", "known", "score_range", "off"):
        assert said[key] == expected[key]
    for method, objections in expected["methods"].items():
        assert len(said["methods"][method]) == len(objections)


@pytest.mark.parametrize(("name", "method"), PLAYED)
def test_an_old_consortium_file_runs_and_gives_the_scores_of_then(
    name: str, method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "run",
        str(file_of(name, tmp_path)),
        "--method",
        method,
        "--out",
        str(tmp_path / "run"),
    ]
    code, said = printed(capsys, *words)
    assert code == 0, said
    scores = (tmp_path / "run" / "desk" / "scores.csv").read_bytes()
    assert scores == (OLD / "scores" / f"{name}.csv").read_bytes()


def test_everybodys_old_copy_without_the_points_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", str(file_of("hidden-everybody", tmp_path)), "--method", "bfv-hidden-card"]
    code, said = printed(capsys, *words, "--out", str(tmp_path / "run"))
    assert code == 2
    assert "firm" in said["error"]["cause"] + said["error"].get("fix", said["error"].get("mend"))
    assert not (tmp_path / "run").exists()
