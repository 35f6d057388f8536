"""What a job is measured against: a plain script over the same files, and no privacy whatever.

    python benchmarks/plain.py CONSORTIUM OUT.csv

The same reads by DuckDB (whom each platform knows, their union, every platform's columns in the
order of the union) and the same look-ups by NumPy; the scores are those of a job.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import duckdb
import numpy as np


def main(file: Path, out: Path) -> None:
    consortium = tomllib.loads(file.read_text(encoding="utf-8"))
    tables = {each["id"]: each["table"] for each in consortium["party"] if "table" in each}
    card = consortium["scorecard"]
    lines = [
        line
        for line in card["characteristic"]
        if not line.get("contested") or line["name"] in card["contested"]
    ]
    with duckdb.connect(config={"file_search_path": str(file.parent)}) as connection:
        known = " UNION ALL ".join(f"SELECT person FROM '{each}'" for each in tables.values())
        connection.execute(
            f"""CREATE TABLE everybody AS
                SELECT person, row_number() OVER (ORDER BY person) - 1 AS n
                FROM (SELECT DISTINCT person FROM ({known}))"""
        )
        (people,) = connection.execute("SELECT count(*) FROM everybody").fetchone() or (0,)
        total = np.full(people, card["base"], np.int64)
        for platform, table in tables.items():
            scored = [line for line in lines if line["column"].partition(".")[0] == platform]
            names = [line["column"].partition(".")[2] for line in scored]
            read = connection.execute(
                f"SELECT n, {', '.join(names)} FROM '{table}' JOIN everybody USING (person)"
            ).fetchnumpy()
            for name, line in zip(names, scored, strict=True):
                total += points(read["n"], read[name], line, people)
        scores = np.clip(total, *card["clip"])
        answer = {"n": np.arange(people), "score": scores, "tier": tier(consortium, scores)}
        connection.register("answer", answer)
        connection.execute(
            f"""COPY (SELECT person, score, nullif(tier, '') AS tier
                      FROM everybody JOIN answer USING (n) ORDER BY n)
                TO '{out}' (HEADER)"""
        )


def points(rows: Any, values: Any, line: dict[str, Any], people: int) -> Any:
    """Everybody's points for one line of the card; `missing` for who is not in `rows`."""
    column = np.full(people, np.nan)
    column[rows] = np.ma.filled(values.astype(np.float64), np.nan)
    bins = np.searchsorted(line["bins"], column, side="right")  # the last one for NaN
    return np.where(np.isnan(column), line.get("missing", 0), np.array(line["points"])[bins])


def tier(consortium: dict[str, Any], scores: Any) -> Any:
    """The name of everybody's tier, empty below them all."""
    tiers = consortium["tier"]
    names = np.array(["", *(each["name"] for each in tiers)], object)
    return names[np.searchsorted([each["from"] for each in tiers], scores, side="right")]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
