"""The command line: exit codes, JSON, one error with its place and fix, nothing half-written."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from seeded_mistakes import write_sound

from privscore.cli import main
from protocols.core.errors import Missing, PeerFault, Stalled


def call(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    """The exit code of `privscore WORDS`, in this process."""
    monkeypatch.setattr(sys, "argv", ["privscore", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_sound(tmp_path)


def edited(file: Path, old: str, new: str) -> Path:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_fewer_people_than_the_policy_asks_for(
    sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(sound, "min_people = 50", "min_people = 5000")
    for words in (["check", sound], ["run", sound, "--out", sound.parent / "out"]):
        assert call(monkeypatch, *words) == 2
        printed = capsys.readouterr().err
        assert f"{sound}:" in printed
        assert "at least 5000" in printed
    assert not (sound.parent / "out").exists()


@pytest.mark.parametrize(
    ("text", "cause"),
    [("", "nobody"), ("ann\nann\n", "twice")],
    ids=["an_empty_list", "a_doubled_person"],
)
def test_a_bad_list_of_people(
    text: str,
    cause: str,
    sound: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    people = sound.parent / "people.txt"
    people.write_text(text)
    out = sound.parent / "out"
    assert call(monkeypatch, "run", sound, "--out", out, "--people", people) == 2
    assert "fix:" in capsys.readouterr().err
    assert not out.exists()


def test_a_list_of_people_that_is_not_there(
    sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", sound, "--out", sound.parent / "out", "--people", sound.parent / "nobody.txt"]
    assert call(monkeypatch, *words) == 2
    assert "nobody.txt" in capsys.readouterr().err


def test_a_method_that_does_not_exist_is_refused_with_a_suggestion(
    sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = sound.parent / "out"
    assert call(monkeypatch, "run", sound, "--out", out, "--method", "secretsum") == 2
    assert "Did you mean secret-sum?" in capsys.readouterr().err


def test_a_policy_that_opens_less_than_the_method_can_manage(
    sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(sound, '"score"', '"decision"')
    for words in (["check", sound], ["run", sound, "--out", sound.parent / "out"]):
        assert call(monkeypatch, *words) == 2
        assert "the policy allows decision" in capsys.readouterr().err


def test_an_output_folder_in_use_is_left_alone(
    sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = sound.parent / "out"
    out.mkdir()
    (out / "precious").write_text("kept")
    assert call(monkeypatch, "run", sound, "--out", out) == 2
    assert [path.name for path in out.iterdir()] == ["precious"]


@pytest.mark.parametrize(
    "failure",
    [
        PeerFault("wallet", "sent Share twice"),
        Stalled((Missing("desk", "PartialSum", 0, "rides"),)),
        BrokenProcessPool("a worker was killed"),
    ],
    ids=["a_peers_fault", "a_stall", "a_worker_killed"],
)
def test_a_run_that_fails_ends_with_3_and_leaves_nothing(
    failure: Exception,
    sound: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(task: object) -> None:
        raise failure

    monkeypatch.setattr("privscore.runtime.worker.play_shard", fail)

    def there() -> list[Path]:
        return sorted(path for path in sound.parent.rglob("*") if ".privscore" not in path.parts)

    before = there()
    assert call(monkeypatch, "run", sound, "--out", sound.parent / "out") == 3
    assert str(failure) in capsys.readouterr().err
    assert there() == before


@pytest.mark.slow
def test_a_run_through_a_real_process(sound: Path) -> None:
    out = sound.parent / "out"
    words = [sys.executable, "-m", "privscore", "run", str(sound), "--out", str(out), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    summary = json.loads(done.stdout)
    assert summary["method"] == "secret-sum"
    with (out / "desk" / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == summary["people"]
    assert list(rows[0]) == ["person", "score", "tier"]
    assert [path.name for path in sound.parent.glob(".*")] == [".privscore"]  # its journal


def test_an_unknown_command_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "nothing") == 2
    assert "nothing" in capsys.readouterr().err


@pytest.mark.slow
def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, privscore.cli\n"
        "from typer.testing import CliRunner\n"
        "result = CliRunner().invoke(privscore.cli.app, ['--help'])\n"
        "assert result.exit_code == 0, result.output\n"
        "heavy = {'numpy', 'duckdb', 'cryptography', 'msgspec', 'tenseal'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_schema_is_a_json_schema(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "schema") == 0
    assert "properties" in capsys.readouterr().out


def test_the_doctor_finds_this_machine_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "doctor", "--json") == 0
    assert json.loads(capsys.readouterr().out)["well"]


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["--scenario", "toi"], "Did you mean toy?"),
        (["--scenario", "credit"], "--data"),
        (["--scenario", "credit", "--data", "nowhere.csv"], "nowhere.csv"),
        (["--data", "x.csv"], "Leave --data away"),
    ],
    ids=["unknown_scenario", "data_left_out", "data_not_there", "data_not_wanted"],
)
def test_init_refuses(
    words: list[str],
    cause: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, "init", tmp_path / "new", *words) == 2
    assert cause in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
