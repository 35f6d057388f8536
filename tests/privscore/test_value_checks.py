"""What a platform's values may be, what they become, and what consent has to do with it."""

import math
from pathlib import Path

import duckdb
import numpy as np
import pytest
from single_platform_consortium import PEOPLE, bank, column, consortium, same

from privscore.consortium import load
from privscore.errors import Refused
from privscore.tables import open_table


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("NULL::INTEGER", math.nan),
        ("true", 1.0),
        ("false", 0.0),
        ("(-128)::TINYINT", -128.0),
        ("255::UTINYINT", 255.0),
        ("9007199254740992::BIGINT", 2.0**53),
        ("(-9007199254740992)::HUGEINT", -(2.0**53)),
        ("9007199254740992::UHUGEINT", 2.0**53),
        ("0.1::FLOAT", float(np.float32(0.1))),
        ("1e300::DOUBLE", 1e300),
        ("-0.0::DOUBLE", 0.0),
        ("0.1::DECIMAL(38, 30)", 0.1),
        ("1234567890123.456789::DECIMAL(38, 20)", 1234567890123.456789),
        ("8.59003397805154112775::DECIMAL(38, 20)", 8.59003397805154112775),
        ("1.700139153710457447780978319842::DECIMAL(38, 30)", 1.700139153710457447780978319842),
        ("9007199254740992::DECIMAL(38, 2)", 2.0**53),
    ],
)
def test_every_type_of_number_becomes_the_float64_that_equals_it(
    sql: str, value: float, tmp_path: Path
) -> None:
    read = column(bank(tmp_path, f"SELECT 'p2' AS person, {sql} AS x"), PEOPLE)
    assert same(read, [math.nan, value, math.nan])


@pytest.mark.parametrize(
    "sql",
    [
        "9007199254740993::BIGINT",
        "(-9223372036854775808)::BIGINT",
        "170141183460469231731687303715884105727::HUGEINT",
        "340282366920938463463374607431768211455::UHUGEINT",
        "18446744073709551615::UBIGINT",
        "9007199254740993.5::DECIMAL(38, 2)",
        "'nan'::FLOAT",
        "'-inf'::DOUBLE",
        "'1'",
        "DATE '2020-01-01'",
        "[1]",
        "INTERVAL 1 DAY",
        "NULL",
    ],
)
def test_what_no_float64_equals_is_refused(sql: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="column `x`") as caught:
        bank(tmp_path, f"SELECT 'p2' AS person, {sql} AS x")
    assert caught.value.line == 8


@pytest.mark.parametrize("word", ["9007199254740993", "-9007199254740993", "1e16", "1e400", "NaN"])
def test_what_no_float64_equals_is_refused_in_csv_too(word: str, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(f"person,x\np1,1\np2,{word}\n")
    with pytest.raises(Refused, match="column `x`"):
        bank(tmp_path, "data.csv")


@pytest.mark.parametrize("word", ["x", "1,5", "NA", "0x10", "2020-01-01", "1 000", "-", "true"])
def test_text_among_the_numbers_of_a_csv_is_refused(word: str, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(f'person;x\np1;1\np2;"{word}"\n')
    with pytest.raises(Refused, match="column `x` has text"):
        bank(tmp_path, "data.csv")


def test_the_words_true_and_false_in_a_csv_are_one_and_zero(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x\np1,true\np2,\np3,False\n")
    assert same(column(bank(tmp_path, "data.csv"), PEOPLE), [1.0, math.nan, 0.0])


def test_a_column_that_nobody_has_a_value_in_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x\np1,\np2,\n")
    assert same(column(bank(tmp_path, "data.csv"), PEOPLE), [math.nan] * 3)


def test_a_parquet_file_and_a_csv_of_the_same_data_give_the_same_columns(tmp_path: Path) -> None:
    data = "SELECT 'p' || n AS person, nullif(n / 3, 2) AS x, n > 5 AS y, n::DECIMAL(9, 2) / 7 AS z"
    with duckdb.connect() as db:
        for name in ("a.csv", "a.parquet"):
            db.execute(f"COPY ({data} FROM range(20) AS t(n)) TO '{tmp_path}/{name}'")
    people = b"p3\np19\np6\nq\np0"
    tables = []
    for source in ("a.csv", "a.parquet", "SELECT * FROM 'a.csv'", "FROM 'a.parquet'"):
        with bank(tmp_path, source, "x", "y", "z") as table:
            tables.append(np.array([next(table.columns(people, [name]))[name] for name in "xyz"]))
    for other in tables[1:]:
        np.testing.assert_array_equal(tables[0], other)


def test_without_consent_a_person_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x,Consent\np1,1,true\np2,2,false\np3,3,\n")
    with bank(tmp_path, "data.csv") as table:
        assert table.people() == b"p1"
        assert table.known(PEOPLE).tolist() == [True, False, False]
        assert same(column(table, PEOPLE), [1, math.nan, math.nan])
    sql = "SELECT 'p' || n AS person, n AS x, [true, false, NULL][n] AS consent"
    assert same(
        column(bank(tmp_path, f"{sql} FROM range(1, 4) AS t(n)"), PEOPLE), [1, *[math.nan] * 2]
    )


def test_values_without_consent_are_not_even_checked_but_rows_are_counted(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x,consent\np1,1,true\np2,inf,false\n")
    assert same(column(bank(tmp_path, "data.csv"), PEOPLE), [1, math.nan, math.nan])
    (tmp_path / "data.csv").write_text("person,x,consent\np1,1,true\np1,2,false\n")
    with pytest.raises(Refused, match="already: 1"):
        bank(tmp_path, "data.csv")


@pytest.mark.parametrize("sql", ["1", "'true'", "NULL"])
def test_consent_of_another_type_is_refused(sql: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="consent"):
        bank(tmp_path, f"SELECT 'p1' AS person, 1 AS x, {sql} AS consent")


def test_consent_can_be_scored_as_well(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,consent\np1,true\np2,false\n")
    assert same(
        column(bank(tmp_path, "data.csv", "consent"), PEOPLE, "consent"), [1, *[math.nan] * 2]
    )


def test_a_range_is_checked_at_both_ends(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("person,x\np1,-2\np2,7\n")
    text = consortium(tmp_path, "data.csv").path.read_text()
    for bounds, fits in (("[-2, 7]", True), ("[-1, 7]", False), ("[-2, 6]", False)):
        (tmp_path / "b.toml").write_text(text.replace("bins =", f"range = {bounds}\nbins ="))
        if fits:
            open_table(load(tmp_path / "b.toml"), "bank").close()
            continue
        with pytest.raises(Refused, match="outside the range") as caught:
            open_table(load(tmp_path / "b.toml"), "bank")
        assert caught.value.line == text.splitlines().index("bins = [1]") + 1


@pytest.mark.parametrize("kept", [0, 1_000_000])
def test_a_row_without_an_id_and_an_id_over_two_lines_are_no_two_people(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of ids would be as long as the table, whichever way it is read."""
    monkeypatch.setattr("privscore.tables.people._ROWS_JOINED", kept)
    with duckdb.connect() as db:
        db.execute(
            "COPY (SELECT unnest(['p1' || chr(10) || 'p2', NULL]) AS person, 1 AS x) "
            f"TO '{tmp_path}/a.parquet'"
        )
    with pytest.raises(Refused, match="rows without an id: 1"):
        column(bank(tmp_path, "a.parquet"), PEOPLE)
