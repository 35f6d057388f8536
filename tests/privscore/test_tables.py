"""A platform's table becomes columns in the order of a list, exactly and for nobody else."""

import csv
import io
import math
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from single_platform_consortium import PEOPLE, bank, column, consortium, same

from privscore import tables
from privscore.consortium import load
from privscore.errors import Refused
from privscore.tables import open_table, union_of

IDS = st.one_of(
    st.integers(-3, 12).map(str),
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=3),
)
NUMBERS = st.one_of(st.none(), st.integers(-(2**53), 2**53), st.floats(-1e15, 1e15))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(IDS, st.tuples(NUMBERS, NUMBERS), max_size=8),
    st.lists(IDS, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 5),
)
def test_a_csv_gives_each_person_on_the_list_the_value_that_was_written(
    rows: dict[str, tuple[float | None, float | None]],
    listed: list[str],
    separator: str,
    quoting: int,
    mark: str,
    line_end: str,
    block_people: int,
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=line_end)
    writer.writerow(["x", "pérson, who", "unused", "y"])
    for person, (x, y) in rows.items():
        writer.writerow([x, person, 'a\n"b"', y])
    people = "\n".join(listed).encode()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data.csv").write_bytes((mark + text.getvalue()).encode())
        with bank(folder, "data.csv", "y", "x", more='key = "pérson, who"') as table:
            blocks = list(table.columns(people, ["x", "y"], block_people=block_people))
            assert table.people() == union_of(["\n".join(rows).encode()])
            assert table.known(people).tolist() == [person in rows for person in listed]
    assert all(len(block["x"]) <= block_people for block in blocks)
    for position, name in enumerate(("x", "y")):
        read = [value for block in blocks for value in block[name]]
        known = [rows.get(person, (None, None))[position] for person in listed]
        assert same(read, [math.nan if value is None else value for value in known])


def test_ids_are_texts_and_keep_their_zeros(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x\n007,1\n7,2\n1e3,3\n7.0,4\n")
    with bank(tmp_path, "data.csv") as table:
        assert table.people() == b"7\n007\n1e3\n7.0"
        assert column(table, b"7\n007\n7.0\n1000") == pytest.approx(
            [2, 1, 4, math.nan], nan_ok=True
        )


def test_whole_numbers_as_ids_are_the_same_people_as_in_text(tmp_path: Path) -> None:
    with bank(tmp_path, "SELECT (9 + n)::HUGEINT AS person, n AS x FROM range(3) AS t(n)") as table:
        assert table.people() == b"9\n10\n11"
        assert column(table, b"11\n9") == [2, 0]


def test_columns_that_no_characteristic_looks_at_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x,diary\np1,1,dear diary\n")
    assert same(column(bank(tmp_path, "data.csv"), PEOPLE), [1, math.nan, math.nan])


def test_a_platform_without_characteristics_still_knows_its_people(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person\np1\np3\n")
    text = consortium(tmp_path, "data.csv", "x").path.read_text()
    other = text.replace(
        'id = "bank"', 'id = "bank"\nroles = ["data"]\ntable = "data.csv"\n[[party]]\nid = "b"'
    )
    (tmp_path / "two.toml").write_text(other.replace('"bank.x"', '"b.x"'))
    with open_table(load(tmp_path / "two.toml"), "bank") as table:
        assert table.known(PEOPLE).tolist() == [True, False, True]
        assert list(table.columns(PEOPLE, [], block_people=2)) == [{}, {}]


def test_a_table_of_nobody_knows_nobody(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x\n")
    with bank(tmp_path, "data.csv") as table:
        assert table.people() == b""
        assert list(table.columns(b"", ["x"])) == []
        assert same(column(table, PEOPLE), [math.nan] * 3)


def test_a_list_may_name_somebody_twice(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x\np1,5\n")
    assert same(column(bank(tmp_path, "data.csv"), b"p1\np2\np1"), [5, math.nan, 5])


def test_one_table_answers_for_several_lists(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x\np1,5\np2,6\n")
    with bank(tmp_path, "data.csv") as table:
        for people, wanted in ((b"p1", [5]), (b"p2\np1", [6, 5]), (b"p2\np1", [6, 5])):
            assert [*next(table.columns(people, ["x"]))["x"]] == wanted
        with pytest.raises(ValueError, match="list of people"):
            table.known(b"p1\n\np2")


def test_a_long_list_keeps_its_order(tmp_path: Path) -> None:
    sql = "SELECT n AS person, n AS x, -n AS y FROM range(400000) AS t(n) WHERE n % 3 > 0"
    ids = np.random.default_rng(2).permutation(400_000)
    people = "\n".join(ids.astype(str)).encode()
    wanted = np.where(ids % 3 > 0, ids, np.nan)
    with bank(tmp_path, sql, "x", "y") as table:
        blocks = list(table.columns(people, ["y", "x"], block_people=150_000))
    assert [len(block["x"]) for block in blocks] == [150_000, 150_000, 100_000]
    np.testing.assert_array_equal(np.concatenate([block["x"] for block in blocks]), wanted)
    np.testing.assert_array_equal(np.concatenate([block["y"] for block in blocks]), -wanted)


def test_paths_are_relative_to_the_file_or_to_data_dir(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "data.csv").write_text("person,x\np1,1\n")
    (tmp_path / "vault" / "data.csv").write_text("person,x\np1,2\n")
    before = Path.cwd()
    for table in ("data.csv", "SELECT * FROM 'data.csv'", str(tmp_path / "data.csv")):
        assert column(bank(tmp_path, table), b"p1") == [1]
    confined = 'data_dir = "vault"'
    for table in ("data.csv", "SELECT * FROM 'data.csv'", str(tmp_path / "vault" / "data.csv")):
        assert column(bank(tmp_path, table, more=confined), b"p1") == [2]
    for table in ("../data.csv", "FROM '../data.csv'", str(tmp_path / "data.csv")):
        with pytest.raises(Refused, match="outside"):
            bank(tmp_path, table, more=confined)
    assert Path.cwd() == before


def test_names_of_files_are_names_and_no_patterns(tmp_path: Path) -> None:
    (tmp_path / "it's mine.csv").write_text("person,x\np1,1\n")
    assert column(bank(tmp_path, "it's mine.csv"), b"p1") == [1]
    with pytest.raises(Refused, match="no name of one file"):
        bank(tmp_path, "*.csv")


def test_columns_with_quotes_in_their_names_are_found(tmp_path: Path) -> None:
    sql = """SELECT 'p1' AS "per""son", 4 AS "x""; --" """
    table = bank(tmp_path, sql, 'x\\"; --', more="key = 'per\"son'")
    assert column(table, b"p1", 'x"; --') == [4]


def test_a_refused_table_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    (tmp_path / "data.csv").write_text("person,x\np1,inf\n")
    with pytest.raises(Refused):
        bank(tmp_path, "data.csv")
    assert list(scratch.iterdir()) == []
    (tmp_path / "data.csv").write_text("person,x\np1,1\n")
    with bank(tmp_path, "data.csv"):
        assert len(list(scratch.iterdir())) == 1
    assert list(scratch.iterdir()) == []


def test_who_holds_no_data_has_no_table(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="desk has no table"):
        open_table(consortium(tmp_path, "data.csv"), "desk")


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(more: int, people: int) -> None:
        with duckdb.connect() as connection:
            rows = connection.sql(
                f"SELECT 'p' || range AS person, range + {more} AS x FROM range({people})"
            )
            rows.write_parquet(str(tmp_path / "data.parquet"))

    write(0, 3)
    assert column(bank(tmp_path, "data.parquet"), b"p2\np7") == pytest.approx(
        [2, math.nan], nan_ok=True
    )
    read = tables.read_values
    for more, people in ((1, 3), (0, 9)):

        def while_another_writes(*given: Any, more: int = more, people: int = people) -> Any:
            write(more, people)
            return read(*given)

        monkeypatch.setattr(tables, "read_values", while_another_writes)
        with pytest.raises(Refused, match="changed while it was read"):
            bank(tmp_path, "data.parquet")


def test_a_file_in_any_order_gives_the_same_columns(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        rows = connection.sql("SELECT 'p' || range AS person, range AS x FROM range(3000)")
        rows.order("hash(person)").write_parquet(str(tmp_path / "data.parquet"))
    people = "\n".join(f"p{n}" for n in range(3001)).encode()
    with bank(tmp_path, "data.parquet") as table:
        assert table.count == 3000
        assert same(column(table, people), [*range(3000), math.nan])
