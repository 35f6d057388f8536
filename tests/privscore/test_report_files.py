"""The reports of `compare` replace earlier reports, and nothing else that lies there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from toy_comparison import comparison

from privscore import scenarios
from privscore.cli import main
from privscore.compare import html_report, report_files
from privscore.errors import Refused

FILES = {
    "the_consortium_file": "consortium.toml",
    "a_table": "wallet.csv",
    "the_people_list": "people.txt",
    "data_that_only_sql_reads": "debts.json",
    "a_page_of_somebody_else": "page.html",
}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    file = scenarios.write("toy", tmp_path / "toy")
    (file.parent / "people.txt").write_text("".join(f"p{n:03d}\n" for n in range(120)))
    (file.parent / "debts.json").write_text('[{"person": "p001"}]')
    (file.parent / "page.html").write_text("<!DOCTYPE html><title>what it costs</title>")
    text = file.read_text().replace('["requester"]', '["requester"]\npeople = "people.txt"')
    file.write_text(text)
    return file


@pytest.mark.parametrize("option", ["--csv", "--html"])
@pytest.mark.parametrize("name", FILES.values(), ids=FILES)
def test_what_is_no_report_is_left_alone(
    option: str,
    name: str,
    toy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def played(*_words: object, **_more: object) -> None:
        raise AssertionError("a method was played")

    monkeypatch.setattr("privscore.compare.compare", played)
    place = toy.parent / name
    before = place.read_bytes()
    monkeypatch.setattr(sys, "argv", ["privscore", "compare", str(toy), option, str(place)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"{place}: the file is there already" in said
    assert "fix: Name a new file" in said
    assert place.read_bytes() == before


def test_a_link_to_a_table_is_left_alone(toy: Path) -> None:
    link = toy.parent / "report.csv"
    link.symlink_to(toy.parent / "wallet.csv")
    with pytest.raises(Refused, match="there already"):
        report_files.checked(link)


@pytest.mark.slow
def test_new_files_empty_ones_and_earlier_reports_may_be_written(tmp_path: Path) -> None:
    csv, html, empty = (tmp_path / name for name in ("a.csv", "a.html", "empty"))
    assert report_files.checked(csv, html) == [csv, html]
    assert report_files.checked(None, None) == []
    csv.write_text(comparison().csv(), encoding="utf-8")
    html.write_text(html_report.page(comparison()), encoding="utf-8")
    empty.touch()
    assert report_files.checked(csv, html) == [csv, html]
    assert report_files.checked(empty) == [empty]


def test_two_reports_in_one_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="one file"):
        report_files.checked(tmp_path / "report", tmp_path / "." / "report")
