"""CSV files as people have them, from `privscore run` to `scores.csv`: the same scores, or a no."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from privscore.cli import main

FILE = """\
schema  = "privscore/consortium@1"
name    = "csv"
purpose = "Read what people have."

[[party]]
id = "wallet"
roles = ["data"]
table = "wallet.csv"

[[party]]
id = "telecom"
roles = ["data"]
table = "telecom.csv"

[[party]]
id = "rides"
roles = ["data"]
table = "rides.csv"

[[party]]
id = "desk"
roles = ["requester"]

[scorecard]
base = 100

[[scorecard.characteristic]]
column = "wallet.late"
bins = [1, 3]
points = [50, 20, 0]
missing = 7

[[scorecard.characteristic]]
column = "telecom.months"
bins = [12]
points = [0, 30]
missing = 10

[[scorecard.characteristic]]
column = "rides.missed"
bins = [0.5]
points = [20, 0]
missing = 3

[policy]
reveal = { desk = "score" }
min_people = 3
"""
PLAIN = "person,late\nann,0\nbob,4\ncid,\n"
SCORES = {
    "ann": 100 + 50 + 30 + 3,  # unknown to the rides
    "bob": 100 + 0 + 10 + 3,  # unknown to the telecom; an empty field at the rides
    "cid": 100 + 7 + 0 + 20,  # an empty field at the wallet
}

# Each says the same as PLAIN.
SAME = {
    "plain": PLAIN.encode(),
    "a_byte_order_mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "a_byte_order_mark_before_a_quote": b'\xef\xbb\xbf"person","late"\nann,0\nbob,4\ncid,\n',
    "quotes": b'"person","late"\n"ann","0"\n"bob","4"\n"cid",""\n',
    "quotes_here_and_there": b'person,"late"\n"ann",0\nbob,"4"\ncid,\n',
    "semicolons": PLAIN.replace(",", ";").encode(),
    "semicolons_and_quotes": b'"person";"late"\n"ann";"0"\n"bob";4\n"cid";\n',
    "tabs": PLAIN.replace(",", "\t").encode(),
    "bars": PLAIN.replace(",", "|").encode(),
    "windows_line_ends": PLAIN.replace("\n", "\r\n").encode(),
    "no_last_line_end": PLAIN.rstrip().encode(),
    "columns_the_other_way_round": b"late,person\n0,ann\n4,bob\n,cid\n",
    "blanks_in_the_header": b"person , late\nann,0\nbob,4\ncid,\n",
    "a_column_with_separators_in_quotes": (
        b'person,remark,late\nann,"a, b; c",0\nbob,"say ""hi""",4\ncid,"two\nlines",\n'
    ),
    "numbers_as_others_write_them": b"person,late\nann,0.0\nbob,4e0\ncid,\n",
}


ODD = (
    *(
        "Ånn",
        "李雷",
        "Ольга",
        "🙂",
        "e\u0301",
        "\xe9",
        "o'ann",
        "=1+1",
        "007",
        "-1",
        "NULL",
        "person",
    ),
    *('an"n', '"', "a,n", "a;n", "a|n", "#ann", "ann\\", "%s", "\u200dann", "ann bob"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "consortium.toml").write_text(FILE, encoding="utf-8")
    write(tmp_path, "wallet", PLAIN)
    write(tmp_path, "telecom", "person,months\nann,30\ncid,7.5\n")
    write(tmp_path, "rides", "person,missed\nbob,\ncid,0.25\n")
    return tmp_path / "consortium.toml"


def write(folder: Path, platform: str, text: str) -> None:
    (folder / f"{platform}.csv").write_text(text, encoding="utf-8", newline="")


def run(file: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of `privscore run`, in this process."""
    out = file.parent / "run"
    monkeypatch.setattr(sys, "argv", ["privscore", "run", str(file), "--out", str(out), *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def scores(file: Path) -> dict[str, int]:
    path = file.parent / "run" / "desk" / "scores.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["person"]: int(row["score"]) for row in csv.DictReader(lines)}


@pytest.mark.slow
@pytest.mark.parametrize("body", SAME.values(), ids=SAME.keys())
def test_the_same_table_however_it_is_written(
    body: bytes, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "wallet.csv").write_bytes(body)
    assert run(file, monkeypatch) == 0
    assert scores(file) == SCORES


def test_ids_stay_what_they_are_from_the_tables_to_the_answer(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for platform, value in {"wallet": "0", "telecom": "30"}.items():
        path = file.parent / f"{platform}.csv"
        with path.open("a", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows([name, value] for name in ODD)
    assert run(file, monkeypatch) == 0
    assert scores(file) == {**SCORES, **dict.fromkeys(ODD, SCORES["ann"])}


def test_ids_that_look_alike_are_different_people(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file.parent, "wallet", "person,late\nann,0\nAnn,4\n7,0\n07,4\n")
    assert run(file, monkeypatch) == 0
    scored = scores(file)
    assert scored["ann"] == SCORES["ann"]
    assert (scored["Ann"], scored["7"], scored["07"]) == (113, 163, 113)


def test_a_list_of_people_with_a_byte_order_mark_and_windows_line_ends(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = file.parent / "people.txt"
    people.write_bytes(b"\xef\xbb\xbfcid\r\nzoe\r\nann\r\n")
    assert run(file, monkeypatch, "--people", str(people)) == 0
    # Nobody knows Zoe; the answer keeps the order of the list.
    assert list(scores(file).items()) == [("cid", 127), ("zoe", 120), ("ann", 183)]


REFUSED = {
    "utf_16": (PLAIN.encode("utf-16"), "not UTF-8"),
    "latin_1": ("person,late\nJürgen,7350917\nbob,4\ncid,\n".encode("latin-1"), "not UTF-8"),
    "empty": (b"", "empty"),
    "no_header": (b"ann,0\nbob,4\ncid,7350917\n", "names no column `person`"),
    "a_decimal_comma": (b"person;late\nann;7350917,5\nbob;4\ncid;\n", "text where numbers"),
    "thousands": (b'person,late\nann,"7,350,917"\nbob,4\ncid,\n', "text where numbers"),
    "a_word_for_unknown": (b"person,late\nann,n/a 7350917\nbob,4\ncid,\n", "text where"),
    "not_a_number": (b"person,late\nann,NaN\nbob,4\ncid,\n", "NaN or infinities"),
    "a_quote_without_end": (b'person,late\nann,"7350917\nbob,4\ncid,\n', "cannot be read"),
    "a_field_too_many": (b"person,late\nann,0,7350917\nbob,4\ncid,\n", "more or fewer fields"),
    "line_ends_of_two_kinds": (b"person,late\nann,7350917\ncid,\nbob,4\r\n", "cannot be read"),
    "an_empty_id": (b"person,late\nann,0\n,7350917\ncid,\n", "rows without an id"),
    "an_id_twice": (b"person,late\nann,0\nann,7350917\ncid,\n", "have a row already"),
    "an_id_of_two_lines": (b'person,late\n"a\nn",0\nbob,7350917\n', "control character"),
    "a_blank_behind_an_id": (b"person,late\nann ,0\nbob,7350917\n", "with a blank"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("body", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_table_that_would_be_misread_is_refused(
    body: bytes,
    says: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (file.parent / "wallet.csv").write_bytes(body)
    assert run(file, monkeypatch, "--json") == 2
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert says in error["cause"]
    assert "wallet" in error["cause"]
    assert error["file"] == str(file)
    assert "7350917" not in printed.out + printed.err
    assert not (file.parent / "run").exists()
