"""Run folders and consortium files of before (`tests/vectors/old/`) are still read, and still run.

A run folder that today's code cannot read is refused in words that say why: then it stands in
`REFUSED` with a part of them, every command has to say so, and the facts of its ledger are asked of
a run that today's code makes of the same consortium file.
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
from privscore.consortium import load
from privscore.methods import named
from privscore.runtime.local import run_job

pytestmark = pytest.mark.slow

OLD = Path(__file__).resolve().parents[1] / "vectors" / "old"
FILES = sorted(path.stem for path in (OLD / "checks").glob("*.json"))
RUNS = {  # run folder -> consortium file, method, platforms lost, recording
    "secret-sum": ("toy-consortium", "secret-sum", {}, "full"),
    "masked-sum": ("toy-three", "masked-sum", {}, "full"),
    "masked-sum-lost": ("toy-neutral", "masked-sum", {"rides": 0}, "full"),
    "bfv-sum": ("toy-three", "bfv-sum", {}, "full"),
    "hidden-outline": ("hidden-owner", "bfv-hidden-card", {}, "outline"),
}
# Files were renamed since, and with them the messages that the views name.
REFUSED = dict.fromkeys(RUNS, "another version")  # run folder -> part of the cause that is given
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
PEOPLE = ("p000", "p007", "p199")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each old run folder, or today's run of the same file where the old one is refused."""
    paths = {}
    for run, (name, method, lost, recording) in RUNS.items():
        paths[run] = OLD / "runs" / run
        if run in REFUSED:
            folder = tmp_path_factory.mktemp(run)
            paths[run] = folder / "run"
            consortium = load(file_of(name, folder))
            run_job(consortium, named(method), paths[run], lost=lost, recording=recording)
    return paths


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code of a command, and the JSON that it prints."""
    sys.argv = ["privscore", *words, "--json"]
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, json.loads(capsys.readouterr().out)


def read(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What a command says that has to end well."""
    code, said = printed(capsys, *words)
    assert code == 0, said.get("error", said.get("checks"))
    return said


def kept(folder: str, name: str) -> dict[str, Any]:
    return json.loads((OLD / folder / f"{name}.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def file_of(name: str, folder: Path) -> Path:
    """The consortium file of this name in a copy of its folder: a run leaves journals beside it."""
    directory, _, stem = name.partition("-")
    return Path(shutil.copytree(OLD / "consortia" / directory, folder / "of"), f"{stem}.toml")


PUBLIC = "public message"


def facts(ledger: dict[str, Any]) -> dict[str, Any]:
    """A ledger without its sentences, which may be worded anew, and without public messages.

    These changed since: keys of platforms are shown in the greeting, by everybody to everybody. And
    what a message shows has a name now, where it was a sentence.
    """
    names = ("name", "purpose", "method", "satisfies_policy", "people", "people_from", "platforms")
    return {
        **{name: ledger[name] for name in (*names, "recording", "contested", "off")},
        "saw": {
            party["members"][0]: [kind for kind in party["saw"] if kind["kind"] != PUBLIC]
            for party in ledger["parties"]
        },
        "rows": {party["members"][0]: party["row"] for party in ledger["parties"]},
        "learned": {
            party["members"][0]: [
                {key: value for key, value in line.items() if key not in ("sentence", "what")}
                for line in party["learned"]
            ]
            for party in ledger["parties"]
        },
        "checks": [(check["made"], check["contradicts"]) for check in ledger["checks"]],
    }


def test_every_old_run_is_here() -> None:
    assert {path.name for path in (OLD / "runs").iterdir()} == set(RUNS)
    assert {path.stem for path in (OLD / "ledgers").iterdir()} == set(RUNS)


@pytest.mark.parametrize("run", RUNS)
def test_the_ledger_has_the_facts_of_then(
    run: str, folders: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert facts(read(capsys, "ledger", str(folders[run]))) == facts(kept("ledgers", run))


@pytest.mark.parametrize("run", RUNS)
def test_every_partys_view_has_all_its_messages(
    run: str, folders: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["view", str(folders[run]), "--party"]
    for party in read(capsys, "ledger", str(folders[run]))["parties"]:
        name = party["members"][0]
        lines = read(capsys, *words, name)["lines"]
        numbers = [line["number"] for line in lines if not line["expired"]]
        assert len(numbers) == sum(kind["messages"] for kind in party["saw"])
    code, said = printed(capsys, *words, name, "--message", str(numbers[-1]))
    if RUNS[run][3] == "outline":
        assert code == 2
        assert "outline" in said["error"]["cause"]
    else:
        assert code == 0
        assert said["fields"]


@pytest.mark.parametrize("run", RUNS)
def test_sheets_add_up_to_the_scores(
    run: str, folders: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with (OLD / "runs" / run / "desk" / "scores.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["person"]: int(row["score"]) for row in csv.DictReader(file)}
    for person in PEOPLE:
        sheet = read(capsys, "explain", str(folders[run]), "--person", person)
        assert sheet["score"] == scores[person]
        points = [line["points"] for line in sheet["lines"]]
        if sheet["points_hidden_by"]:
            assert not any(points)
        else:
            assert sheet["adds_up"] is True
            assert sheet["base"] + sum(points) == scores[person]
        assert ("lost" in sheet["took_part"].get("rides", "")) == ("rides" in RUNS[run][2])


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
