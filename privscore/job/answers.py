"""The requester's answer: totals become scores and tiers, as far as the policy opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import tier_index
from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.methods.base import Answer, Totals

# Ids hold no control characters, so this one cannot be in them: a line is one id, as it stands.
_NO_DELIMITER = "\x01"
_BLOCK_PEOPLE = 1 << 16
_BUFFER_BYTES = 4 << 20  # by default DuckDB takes eight times as much to read a list


def completed(answer: Answer, agreement: Agreement) -> Totals:
    """Everybody's points, base left out, with `missing` for all lines of a platform that was lost.

    Raises Refused if fewer than three platforms are left, or for a total that the card cannot give.
    """
    left = [name for name in agreement.data_parties if name in answer.platforms]
    if len(left) < min(3, len(agreement.data_parties)) and not agreement.policy.accept_output_leak:
        raise Refused(
            f"{len(left)} platforms are left: their sum would tell each the other's part",
            "Run again when three are there, or accept it by accept_output_leak = true.",
        )
    lost = [name for name in agreement.data_parties if name not in answer.platforms]
    card = agreement.scorecard
    # Whole, since no method bears both weights and losses.
    missing = int(
        sum(each.possible_points[-1] for name in lost for each in card.scored_locally_by(name))
    )
    totals = answer.totals + missing if missing else answer.totals
    low, high = card.bounds()
    if totals.size and not low <= totals.min() + card.base <= totals.max() + card.base <= high:
        raise Refused(
            "a total lies outside the range of the card",
            "Run again: a platform sent points that the card cannot give.",
        )
    return totals


def write_scores(
    path: Path, people: Path, totals: Totals, agreement: Agreement, shows: Fact
) -> None:
    """Write `person`, `score`, `probability` and `tier` as CSV, as far as `shows` goes.

    `people` is a file with one id a line, `totals` the sums of everybody's points in its order,
    int64, shape (people,). Someone below every tier has an empty one. A probability, of
    a good outcome, is there where the card says what its scores stand for.
    """
    card = agreement.scorecard
    narrow = max(map(abs, card.clip)) < 1 << 31
    scores: NDArray[Any] = np.empty(len(totals), np.int32 if narrow else np.int64)
    tiers = np.empty(len(totals), np.int32)
    for start in range(0, len(totals), _BLOCK_PEOPLE):  # or what comes in between would be most
        block = slice(start, start + _BLOCK_PEOPLE)
        scores[block] = card.clipped(totals[block] + card.base)
        tiers[block] = tier_index(agreement.tiers, scores[block])
    answer: dict[str, NDArray[Any]] = {"score": scores, "tier_number": tiers}
    columns = ["person"]
    if shows >= Fact.SCORE:
        columns.append("score")
        if card.odds is not None:
            answer["odds"] = card.odds.probability(scores)
            columns.append("CAST(odds AS DECIMAL(7, 6)) AS probability")
    if shows >= Fact.TIER:
        columns.append("list_extract(?, tier_number + 1) AS tier")
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("answer", answer)
        connection.execute(
            f"""COPY (
                SELECT {", ".join(columns)}
                FROM read_csv(?, columns = {{'person': 'VARCHAR'}}, header = false,
                              delim = ?, quote = '', escape = '', auto_detect = false,
                              buffer_size = {_BUFFER_BYTES})
                POSITIONAL JOIN answer
            ) TO '{_quoted(path)}' (HEADER)""",
            ([[tier.name for tier in agreement.tiers]] if shows >= Fact.TIER else [])
            + [str(people), _NO_DELIMITER],
        )


def read_answers(path: Path, agreement: Agreement) -> dict[str, NDArray[np.int64]]:
    """What `scores.csv` says, in its order: `score`, and `tier` by number, -1 for none.

    What the policy did not open is not there.
    """
    with path.open(encoding="utf-8") as file:
        there = file.readline().rstrip("\n").split(",")
    columns = {"score": "score", "tier": "coalesce(list_position($tiers, tier), 0) - 1 AS tier"}
    wanted = ", ".join(text for name, text in columns.items() if name in there)
    if not wanted:
        return {}
    values: dict[str, object] = {"path": str(path)}
    if "tier" in there:
        values["tiers"] = [tier.name for tier in agreement.tiers]
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        read = connection.execute(
            f"SELECT {wanted} FROM read_csv($path, header = true, all_varchar = true)",
            values,
        ).fetchnumpy()
    return {name: np.asarray(column, np.int64) for name, column in read.items()}


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
