"""What a scorer hands back beside plain arrays: answers with their people, and explanations.

Both offer an Arrow stream, so `pyarrow.table(answers)` or `polars.DataFrame(answers)` works where
the caller has such a library; none is needed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from privscore.consortium.agreement import Agreement
from privscore.database import plain_errors
from privscore.runs.record import RunRecord
from privscore.tables.sandbox import name as quoted


@dataclass(frozen=True)
class Answers:
    """What a job told the requester, by person, as far as its policy opens it."""

    people: NDArray[Any]  # ids, str, shape (people,)
    scores: NDArray[np.int64] | None  # shape (people,); None where the policy opens less
    tiers: NDArray[Any] | None  # str, shape (people,), "" below every tier; None as above
    probabilities: NDArray[np.float64] | None  # only of a card with odds; None as above
    record: RunRecord = field(repr=False)  # times, costs, versions: what `run.json` says

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """The columns `person`, `score`, `probability` and `tier` as an Arrow stream."""
        columns = {
            "person": self.people,
            "score": self.scores,
            "probability": self.probabilities,
            "tier": self.tiers,
        }
        return _stream({key: values for key, values in columns.items() if values is not None})


@dataclass(frozen=True)
class Explanation:
    """Everybody's points, line by line: where a score comes from.

    `points[i, k]` is what person i earns by line k, `most[k]` what anybody could earn there. Base
    and points add up to the score before it is rounded and cut to the card's range.
    """

    people: NDArray[Any]  # ids, str, shape (people,)
    names: tuple[str, ...]  # of the lines
    reasons: tuple[str, ...]
    contested: tuple[bool, ...]  # lines that ought not to count for anything, and are turned on
    base: int
    points: NDArray[Any]  # int32, or float64 where there are weights, shape (people, lines)
    most: NDArray[Any]  # as the points, shape (lines,)

    def top_reasons(self, count: int = 3) -> NDArray[Any]:
        """The reasons that cost most, first the worst: str, shape (people, count).

        Empty where fewer lines cost anything; of two that cost the same the card's first comes
        first.
        """
        lost = self.most - self.points
        worst = np.argsort(-lost, axis=1, kind="stable")[:, :count]
        reasons = np.array(self.reasons, object)[worst]
        reasons[np.take_along_axis(lost, worst, axis=1) == 0] = ""
        return reasons

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """`person`, and a column of points for each line, as an Arrow stream."""
        points = dict(zip(self.names, self.points.T, strict=True))
        return _stream({"person": self.people, **points})


def answers_of(out: Path, record: RunRecord, agreement: Agreement) -> Answers:
    """The answers in a run's folder."""
    path = out / agreement.requester / "scores.csv"
    kinds = {"person": "VARCHAR", "score": "BIGINT", "probability": "DOUBLE", "tier": "VARCHAR"}
    with path.open(encoding="utf-8") as file:
        present = file.readline().rstrip("\n").split(",")
    with plain_errors(), duckdb.connect() as connection:
        read = connection.execute(
            "FROM read_csv(?, header = true, auto_detect = false, delim = ',', quote = '\"', "
            "escape = '\"', columns = ?)",
            [str(path), {name: kinds[name] for name in present}],
        ).fetchnumpy()
    tiers = read.get("tier")
    return Answers(
        people=_texts(read["person"]),
        scores=np.asarray(read["score"], np.int64) if "score" in read else None,
        tiers=None if tiers is None else _texts(tiers),
        probabilities=np.asarray(read["probability"]) if "probability" in read else None,
        record=record,
    )


def _texts(column: NDArray[Any]) -> NDArray[Any]:
    return np.ma.filled(column, "").astype(object)


def _stream(columns: Mapping[str, NDArray[Any]]) -> Any:
    connection = duckdb.connect()
    connection.register("numbers", {f"c{k}": each for k, each in enumerate(columns.values())})
    named = ", ".join(f"c{k} AS {quoted(key)}" for k, key in enumerate(columns))
    return connection.sql(f"SELECT {named} FROM numbers").__arrow_c_stream__()
