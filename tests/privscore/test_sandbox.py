"""A table's SQL reads the files of its folder, and does nothing else whatever it tries."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from privscore.tables import sandbox
from privscore.tables.sandbox import DataFault, Sandbox
from privscore.tables.source import open_source

WRITE = "COPY (SELECT 1) TO '{folder}/stolen.csv'"
WITHIN_WITH = f"WITH x AS ({WRITE}) SELECT * FROM x"


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """What a SELECT gives in a sandbox that may read `folder`."""
    with Sandbox(folder) as box, open_source(box, sql, "person", folder) as source:
        return box.run(f"SELECT * FROM {source.sql}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.csv").write_text("person,x\np1,1\n")
    (tmp_path / "own" / "away").symlink_to(tmp_path)
    (tmp_path / "other.csv").write_text("person,x\np1,2\n")
    with duckdb.connect(str(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE t AS SELECT 1 AS x")
    return tmp_path / "own"


def test_duckdb_itself_would_write_the_file(folder: Path) -> None:
    """The two tricks are real: both are one statement of the type SELECT, and write a file."""
    sql = WITHIN_WITH.format(folder=folder)
    with duckdb.connect() as db:
        try:
            kinds = [statement.type.name for statement in db.extract_statements(sql)]
        except duckdb.ParserException:
            pytest.skip("this DuckDB has no COPY within WITH")
        assert kinds == ["SELECT"]
        db.execute(sql)
        assert (folder / "stolen.csv").exists()
        (folder / "stolen.csv").unlink()
        parsed = db.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()[0][0]
        db.execute("SELECT * FROM json_execute_serialized_sql(?)", [parsed])
        assert (folder / "stolen.csv").exists()


def serialized(sql: str) -> str:
    """A call that runs SQL which was parsed before."""
    with duckdb.connect() as db:
        parsed = db.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()[0][0]
    return "SELECT * FROM json_execute_serialized_sql('" + parsed.replace("'", "''") + "')"


WRITING = [
    WRITE,
    WITHIN_WITH,
    "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x",
    "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
    "SELECT * FROM (WITH x AS (COPY (SELECT 1) TO '{folder}/stolen.csv') SELECT * FROM x)",
    f"SELECT * FROM query('{WITHIN_WITH.replace(chr(39), chr(39) * 2)}')",
    "SELECT 1; COPY (SELECT 1) TO '{folder}/stolen.csv'",
    "SELECT 1) TO '{folder}/stolen.csv'; --",
    "EXPORT DATABASE '{folder}/stolen'",
    "ATTACH '{folder}/stolen.db'",
    "CREATE TABLE stolen AS SELECT 1",
    "CREATE MACRO f() AS TABLE SELECT 1",
    "SELECT * FROM enable_logging('QueryLog', storage = 'file')",
    "SELECT * FROM enable_profiling(save_location = '{folder}/stolen.json')",
    "CALL force_checkpoint()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "RESET lock_configuration",
    "PRAGMA enable_profiling",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE p AS SELECT 1",
]


@pytest.mark.parametrize("sql", WRITING)
def test_sql_that_does_more_than_read_is_refused_and_leaves_no_trace(
    sql: str, folder: Path
) -> None:
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(DataFault):
        rows(folder, sql.replace("{folder}", str(folder)))
    assert sorted(folder.parent.rglob("*")) == before


def test_sql_that_was_parsed_before_is_refused(folder: Path) -> None:
    sql = serialized(WITHIN_WITH.format(folder=folder))
    with pytest.raises(DataFault, match="json_execute_serialized_sql"):
        rows(folder, sql)
    with pytest.raises(DataFault, match="json_execute_serialized_sql"):
        rows(
            folder,
            sql.replace("json_execute", 'system.main."JSON_execute').replace("_sql('", "_sql\"('"),
        )
    assert not (folder / "stolen.csv").exists()


@pytest.mark.parametrize(
    "path",
    [
        "../other.csv",
        "away/other.csv",
        "{folder}/../other.csv",
        "/etc/passwd",
        "/proc/self/environ",
        "../other.db",
        "https://example.invalid/a.csv",
        "s3://bucket/a.parquet",
        "~/a.csv",
    ],
)
def test_files_outside_the_folder_cannot_be_read(path: str, folder: Path) -> None:
    path = path.replace("{folder}", str(folder))
    for sql in (f"SELECT * FROM '{path}'", f"SELECT * FROM read_csv('{path}')"):
        with pytest.raises(DataFault, match=r"outside its folder|fails"):
            rows(folder, sql)
    with pytest.raises(DataFault):
        rows(folder, f"SELECT * FROM glob('{path}*')")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM 'a.csv'",
        "SELECT * FROM './a.csv';",
        "FROM 'a.csv' -- all of it",
        "SELECT * /* ; */ FROM read_csv('{folder}/a.csv') ; ; -- é;",
        "WITH é AS (SELECT * FROM 'a.csv') SELECT * FROM é",
        "SELECT person, x FROM (VALUES ('p1', 1)) AS t(person, x) WHERE person <> ';--'",
        "SELECT 'p1', unnest([1])",
    ],
)
def test_a_select_reads_its_own_folder(sql: str, folder: Path) -> None:
    before = Path.cwd()
    assert rows(folder, sql.replace("{folder}", str(folder))) == [("p1", 1)]
    assert Path.cwd() == before


def test_no_variable_of_the_program_is_a_table(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "secret", {"x": np.arange(3)}, raising=False)
    with duckdb.connect() as db:
        secret = sandbox.secret  # type: ignore[attr-defined]
        assert db.execute("SELECT sum(x) FROM secret").fetchall() == [(3,)], secret
    with pytest.raises(DataFault, match="secret"):
        rows(folder, "SELECT * FROM secret")


def test_each_wall_stands_alone(folder: Path) -> None:
    """A SELECT that writes is refused before it is bound, and settings cannot be changed at all."""
    with Sandbox(folder) as box:
        with pytest.raises(DataFault, match="COPY within WITH"):
            box.one_select(WITHIN_WITH.format(folder=folder))
        for sql in ("SET threads = 1", "SET enable_external_access = true", "LOAD httpfs"):
            with pytest.raises(DataFault):
                box.run(sql)
        with pytest.raises(DataFault, match="outside"):
            box.run(f"SELECT * FROM '{folder}/../other.csv'")


def test_the_end_deletes_all_that_was_spilled() -> None:
    with Sandbox() as box:
        (box.scratch / "people.txt").write_text("p1")
    assert not box.scratch.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(word AS INTEGER) FROM (VALUES ('se' || 'cret')) AS t(word)",
        "SELECT error('se' || 'cret')",
        "SELECT strptime('se' || 'cret', '%Y')",
        "SELECT * FROM read_csv('b.csv', columns = {'x': 'INTEGER'}, header = false)",
    ],
)
def test_a_failure_does_not_quote_the_data(sql: str, folder: Path) -> None:
    (folder / "b.csv").write_text("1\nsecret\n")
    with pytest.raises(DataFault) as caught:
        rows(folder, sql)
    assert "secret" not in caught.value.cause + caught.value.fix
    assert caught.value.__suppress_context__
