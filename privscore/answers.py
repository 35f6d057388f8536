"""The requester's answer: totals become scores and tiers, as far as the policy opens them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from privscore.agreement import Agreement
from privscore.methods.base import Totals
from privscore.policy import Fact
from privscore.scorecard import tier_index

# Ids hold no control characters, so this one cannot be in them: a line is one id, as it stands.
_NO_DELIMITER = "\x01"


def write_scores(
    path: Path, people: Path, totals: Totals, agreement: Agreement, shows: Fact
) -> None:
    """Write `person`, `score` and `tier` as CSV, as far as `shows` goes.

    `people` is a file with one id a line, `totals` the sums of everybody's points in its order,
    int64, shape (people,). Someone below every tier has an empty one.
    """
    card = agreement.scorecard
    scores = card.clipped(totals + card.base)
    answer = {"score": scores, "tier_number": tier_index(agreement.tiers, scores)}
    columns = ["person"]
    if shows >= Fact.SCORE:
        columns.append("score")
    if shows >= Fact.TIER:
        columns.append("list_extract(?, tier_number + 1) AS tier")
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET threads = 1")
        connection.register("answer", answer)
        connection.execute(
            f"""COPY (  -- nothing but our own words and a path of our own making
                SELECT {", ".join(columns)}
                FROM read_csv(?, columns = {{'person': 'VARCHAR'}}, header = false,
                              delim = ?, quote = '', escape = '', auto_detect = false)
                POSITIONAL JOIN answer
            ) TO '{_quoted(path)}' (HEADER)""",
            ([[tier.name for tier in agreement.tiers]] if shows >= Fact.TIER else [])
            + [str(people), _NO_DELIMITER],
        )


def read_answers(path: Path, agreement: Agreement) -> dict[str, NDArray[np.int64]]:
    """What `scores.csv` says, in its order: `score`, and `tier` by number, -1 for none."""
    names = [tier.name for tier in agreement.tiers]
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET threads = 1")
        read = connection.execute(
            """SELECT score, coalesce(list_position(?, tier), 0) - 1 AS tier
               FROM read_csv(?, header = true, all_varchar = true)""",
            [names, str(path)],
        ).fetchnumpy()
    return {name: np.asarray(values, np.int64) for name, values in read.items()}


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
