"""`init` names its scenarios, and takes no data file that the scenario could not use."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from privscore import scenarios
from privscore.cli import main
from privscore.consortium import load
from privscore.errors import Refused
from privscore.tables import open_table

COLUMNS = scenarios.SCENARIOS["credit"].columns


def table(path: Path, columns: tuple[str, ...]) -> Path:
    """A CSV of three people with these columns."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *([n] * len(columns) for n in range(3))])
    return path


def test_the_help_names_every_scenario(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["privscore", "init", "--help"])
    with pytest.raises(SystemExit):
        main()
    said = " ".join(capsys.readouterr().out.split())
    assert f"Which ready consortium to write: {' or '.join(scenarios.SCENARIOS)}." in said


def test_the_columns_are_those_that_the_platforms_read() -> None:
    assert COLUMNS[:2] == ("ID", "LIMIT_BAL")
    assert len(COLUMNS) == 14
    assert all(each in scenarios.SCENARIOS["credit"].text for each in COLUMNS)


def test_a_file_with_the_columns_is_taken_and_can_be_read(tmp_path: Path) -> None:
    data = table(tmp_path / "it's.csv", ("SEX", *COLUMNS))
    loaded = load(scenarios.write("credit", tmp_path / "credit", data))
    for party in loaded.agreement.data_parties:
        with open_table(loaded, party) as opened:
            assert opened.count == 3


def test_data_that_are_not_there_are_described(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="credit needs a data file, which does not ship") as caught:
        scenarios.write("credit", tmp_path / "credit")
    for word in ("Default of Credit Card Clients", "https://archive.ics.uci.edu", "CSV", "--data"):
        assert word in caught.value.fix


@pytest.mark.parametrize(
    ("name", "body", "lacks"),
    [
        ("toy.csv", "person,late\np1,3\n", "ID, LIMIT_BAL, PAY_0 and others"),
        ("notes.toml", "a = 1\n", "ID, LIMIT_BAL, PAY_0 and others"),
        ("empty.csv", "", "ID, LIMIT_BAL, PAY_0 and others"),
        ("small.csv", f"{','.join(COLUMNS).lower()}\n{'1,' * 13}1\n", "ID, LIMIT_BAL"),
    ],
)
def test_a_file_without_the_columns_is_refused(
    name: str, body: str, lacks: str, tmp_path: Path
) -> None:
    data = tmp_path / name
    data.write_text(body)
    with pytest.raises(Refused, match=f"the file has no columns {lacks}") as caught:
        scenarios.write("credit", tmp_path / "credit", data)
    assert caught.value.file == str(data)
    assert "https://archive.ics.uci.edu" in caught.value.fix
    assert not (tmp_path / "credit").exists()


def test_a_column_that_is_misspelt_is_named(tmp_path: Path) -> None:
    data = table(tmp_path / "data.csv", (*COLUMNS[:-1], "PAY_AMT_6"))
    with pytest.raises(Refused, match="has no columns PAY_AMT6, which"):
        scenarios.write("credit", tmp_path / "credit", data)
