"""A refusal of rows says where the first of them is: in a CSV, in a Parquet file, in a list."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from single_platform_consortium import bank, consortium
from sound_consortium import WITH_ACROSS, write_sound

from privscore.consortium import load
from privscore.errors import Refused
from privscore.tables import open_table, read_people

# The blank line is no row, and the quoted line end is none either: the fault begins in line 6.
HEAD = 'person,x,note\n\nann,1,"a\nb"\nbob,2,\n'
TEXT_FAULTS = {
    "text": ("cid,ten,\ndan,eleven,\n", "rows: 2, first in line 6 of data.csv"),
    "infinity": ("cid,inf,\n", "rows: 1, first in line 6 of data.csv"),
    "beyond_2_53": ("cid,9007199254740993,\n", "rows: 1, first in line 6 of data.csv"),
    "no_id": (",3,\n", "without an id: 1, first in line 6 of data.csv"),
    "a_blank": ("cid ,3,\ndan ,3,\n", "with a blank: 2, first in line 6 of data.csv"),
    "control": ("c\x07d,3,\n", "control character: 1, first in line 6 of data.csv"),
    "long": (f"{'c' * 1001},3,\n", "ids longer than 1000 bytes: 1, first in line 6 of data.csv"),
    "again": ("ann,3,\nbob,3,\n", "have a row already: 2, first in line 6 of data.csv"),
}


def refusal(folder: Path, table: str, more: str = "") -> Refused:
    with pytest.raises(Refused) as caught:
        bank(folder, table, "x", more=more)
    return caught.value


@pytest.mark.parametrize(("rows", "said"), TEXT_FAULTS.values(), ids=TEXT_FAULTS)
def test_a_csv_tells_the_line(rows: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(HEAD + rows)
    assert refusal(tmp_path, "data.csv").cause.endswith(said)


def test_rows_without_consent_are_counted_as_lines_but_are_no_fault(tmp_path: Path) -> None:
    lines = ["person,x,consent", "ann,many,false", "bob,1,true", "cid,ten,true"]
    (tmp_path / "data.csv").write_text("\n".join(lines))
    assert refusal(tmp_path, "data.csv").cause.endswith("rows: 1, first in line 4 of data.csv")


def test_a_table_with_one_column_keeps_its_empty_lines(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person\nann\n\nbob\n")
    with pytest.raises(Refused, match=r"without an id: 1, first in line 3 of data\.csv"):
        read_people(tmp_path / "data.csv")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("('ann', 1e0), ('bob', 'inf'), ('cid', 'nan')", "rows: 2, first in row 2 of data.parquet"),
        ("('ann', 1e0), ('bob', 2), ('ann', 3)", "already: 1, first in row 3 of data.parquet"),
        ("('ann', 1e0), ('bob', 2), (NULL, 3)", "an id: 1, first in row 3 of data.parquet"),
    ],
    ids=["infinity", "again", "no_id"],
)
def test_a_parquet_file_tells_the_row(rows: str, said: str, tmp_path: Path) -> None:
    with duckdb.connect() as db:
        file = tmp_path / "data.parquet"
        db.execute(f"COPY (FROM (VALUES {rows}) AS t(person, x)) TO '{file}'")
    assert refusal(tmp_path, "data.parquet").cause.endswith(said)


def test_a_value_outside_the_range_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x\nann,5\nbob,6\n")
    file = consortium(tmp_path, "data.csv", "x").path
    file.write_text(file.read_text().replace("bins =", "range = [0, 5]\nbins ="))
    with pytest.raises(Refused, match=r"range from 0 to 5 of .*, first in line 3 of data\.csv"):
        open_table(load(file), "bank")


def test_a_fraction_in_a_column_that_is_combined(tmp_path: Path) -> None:
    file = write_sound(tmp_path, WITH_ACROSS)
    table = tmp_path / "wallet.csv"
    table.write_text(table.read_text().replace("p3,3,300\n", "p3,3,1.5\n"))
    with pytest.raises(
        Refused, match=r"not whole numbers; rows: 1, first in line 5 of wallet\.csv"
    ):
        open_table(load(file), "wallet")


def test_sql_has_no_lines_to_tell(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x\nann,1\nann,2\n")
    assert refusal(tmp_path, "SELECT * FROM 'data.csv'").cause.endswith("already: 1")


@pytest.mark.parametrize(
    ("name", "body", "said", "fix"),
    [
        ("list.txt", "", "is empty", "Write one id a line."),
        ("list.txt", "\n", "is empty", "Write one id a line."),
        (
            "list.txt",
            "\ufeffann\r\n\r\nbob\r\nann\r\nbob\r\n",
            "on the list already: 2, first in line 4 of list.txt",
            "Name everybody once.",
        ),
        (
            "list.txt",
            "ann\nbob\n\ncid \n",
            "blank: 1, first in line 4 of list.txt",
            "Trim the ids.",
        ),
        (
            "list.csv",
            "age,person\n3,ann\n\n4,bob\n5,bob\n",
            "on the list already: 1, first in line 5 of list.csv",
            "Name everybody once.",
        ),
    ],
)
def test_a_list_is_told_in_its_own_words(
    name: str, body: str, said: str, fix: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(body.encode())
    with pytest.raises(Refused) as caught:
        read_people(tmp_path / name)
    assert caught.value.cause.endswith(said)
    assert caught.value.fix == fix


def test_a_fault_far_down_a_long_file(tmp_path: Path) -> None:
    rows = [f"p{n},{n}" for n in range(200_000)]
    rows[150_000] = "p150000,many"
    (tmp_path / "data.csv").write_text("\n".join(["person,x", *rows]))
    assert refusal(tmp_path, "data.csv").cause.endswith("rows: 1, first in line 150002 of data.csv")
    (tmp_path / "list.txt").write_text("\n".join([*map(str, range(200_000)), "77"]))
    with pytest.raises(Refused, match=r"already: 1, first in line 200001 of list\.txt"):
        read_people(tmp_path / "list.txt")
