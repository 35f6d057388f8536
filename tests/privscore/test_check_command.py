"""`check` says whom of a list the platforms know, and warns of what a run would take as it is."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from privscore import scenarios
from privscore.cli import main

pytestmark = pytest.mark.slow

PEOPLE = 120


def checked(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[str, dict[str, Any]]:
    """What `check` prints, as text and as JSON."""
    monkeypatch.setenv("COLUMNS", "100")
    printed = []
    for more in ([], ["--json"]):
        monkeypatch.setattr(sys, "argv", ["privscore", "check", str(file), *more])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        printed.append(capsys.readouterr().out)
    return printed[0], json.loads(printed[1])


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return scenarios.write("toy", tmp_path / "toy")


def with_ids(toy: Path, *ids: str) -> Path:
    """The toy consortium, whose desk asks about its first 120 people behind these."""
    fillers = [f"p{number:03d}" for number in range(PEOPLE - len(ids))]
    (toy.parent / "people.txt").write_text("\n".join([*ids, *fillers]))
    asks = '["requester"]'
    toy.write_text(toy.read_text().replace(asks, f'{asks}\npeople = "people.txt"'))
    return toy


def known_to(toy: Path, platform: str, ids: set[str]) -> int:
    rows = (toy.parent / f"{platform}.csv").read_text().splitlines()[1:]
    return len({row.partition(",")[0] for row in rows} & ids)


def test_check_counts_whom_of_the_list_each_platform_knows(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, result = checked(with_ids(toy), monkeypatch, capsys)
    ids = {f"p{number:03d}" for number in range(PEOPLE)}
    assert list(result["known_on_list"]) == list(result["known"])
    for platform, count in result["known_on_list"].items():
        assert count == known_to(toy, platform, ids)
    assert result["known_on_list"]["wallet"] < result["known"]["wallet"] < 200
    assert (result["unknown_on_list"], result["warnings"]) == (0, [])
    assert "of the 120 on the list" in text
    row = next(line for line in text.splitlines() if "wallet" in line)
    assert str(result["known"]["wallet"]) in row
    assert str(result["known_on_list"]["wallet"]) in row
    assert "warning" not in text


def test_without_a_list_nothing_is_said_of_one(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, result = checked(toy, monkeypatch, capsys)
    assert (result["known_on_list"], result["unknown_on_list"], result["warnings"]) == ({}, 0, [])
    assert "on the list" not in text


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["id"], "no platform knows 1 of the 120 on the list: `id`;"),
        (
            ["id", "# [bold]all", '"p000"'],
            'no platform knows 3 of the 120 on the list: `id`, `# [bold]all` and `"p000"`;',
        ),
        (
            ["q1", "q2", "q3", "q4"],
            "no platform knows 4 of the 120 on the list, beginning with `q1`, `q2` and `q3`;",
        ),
    ],
    ids=["a_heading", "a_comment_and_quotes", "strangers"],
)
def test_who_is_known_to_no_platform_is_counted_and_the_first_three_are_named(
    ids: list[str],
    said: str,
    toy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text, result = checked(with_ids(toy, *ids), monkeypatch, capsys)
    assert result["unknown_on_list"] == len(ids)
    (warning,) = result["warnings"]
    assert warning.startswith(said)
    assert f"warning: {said}" in " ".join(text.split())


@pytest.mark.parametrize("table", ["person,disputes\n", "person,disputes,consent\np001,3,false\n"])
def test_a_platform_that_knows_nobody_is_told(
    table: str, toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (toy.parent / "games.csv").write_text(table)
    text, result = checked(toy, monkeypatch, capsys)
    (warning,) = result["warnings"]
    assert warning.startswith("games knows nobody")
    assert "warning: games knows nobody" in text


def test_a_run_tells_nothing_of_it(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = toy.parent / "run"
    words = ["privscore", "run", str(with_ids(toy, "id")), "--out", str(out), "--json"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit):
        main()
    records = [out / "run.json", *out.glob("*/party.json")]
    assert len(records) > 2
    for said in (capsys.readouterr().out, *(record.read_text() for record in records)):
        assert "on_list" not in said
        assert "warning" not in said


def test_how_far_an_approximate_method_can_be_off_is_a_sentence_of_its_own(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, result = checked(toy, monkeypatch, capsys)
    assert result["errors"]["ckks-weighted"].startswith("a total can be off by ")
    assert "ckks-weighted may run; a total can be off by " in text
