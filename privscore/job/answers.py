"""A party's answer: its result becomes scores, tiers or decisions, as far as the policy goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import tier_index
from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.database import plain_errors
from privscore.errors import Refused
from privscore.methods.context import Totals
from privscore.methods.result import Result

# Ids hold no control characters, so this one cannot be in them: a line is one id, as it stands.
_NO_DELIMITER = "\x01"
_BLOCK_PEOPLE = 1 << 16
_BUFFER_BYTES = 4 << 20  # by default DuckDB takes eight times as much to read a list


def completed(result: Result, agreement: Agreement) -> Totals:
    """Everybody's points, base left out, with `missing` for all lines of a platform that was lost.

    Raises Refused if fewer than three platforms are left, or for a total that the card cannot give.
    """
    left = [name for name in agreement.data_parties if name in result.platforms]
    if len(left) < min(3, len(agreement.data_parties)) and not agreement.policy.accept_output_leak:
        raise Refused(
            f"{len(left)} platforms are left: their sum would tell each the other's part",
            "Run again when three are there, or accept it by accept_output_leak = true.",
        )
    lost = [name for name in agreement.data_parties if name not in result.platforms]
    card = agreement.scorecard
    # Whole, since no method bears both weights and losses.
    lines = [line for name in lost for line in card.scored_locally_by(name)]
    missing = int(sum(line.possible_points[-1] for line in lines))
    totals = result.values + missing if missing else result.values
    low, high = card.bounds()
    if totals.size and not low <= totals.min() + card.base <= totals.max() + card.base <= high:
        raise Refused(
            "a total lies outside the range of the card",
            "Run again: a platform sent points that the card cannot give.",
        )
    return totals


def write_answers(
    path: Path, people: Path, result: Result, agreement: Agreement, shows: Fact
) -> None:
    """Write what a result says as CSV, as far as `shows` goes: `person`, and what there is of
    `score`, `probability`, `tier` and `decision`.

    `people` is a file with one id a line, in the order of the result. Someone below every tier has
    an empty one. A probability, of a good outcome, is there where the card says what its scores
    stand for. Raises what `completed` does.
    """
    card, values = agreement.scorecard, result.values
    answer: dict[str, NDArray[Any]] = {}
    if result.fact >= Fact.SCORE:
        scores, tiers = _scores_and_tiers(result, agreement)
        answer = {"score": scores, "tier_number": tiers}
    elif result.fact == Fact.TIER:
        answer = {"tier_number": values.astype(np.int32)}
    elif result.fact == Fact.DECISION:
        answer = {"decision_bit": values.astype(np.uint8)}
    columns = ["person"]
    if "score" in answer and shows >= Fact.SCORE:
        columns.append("score")
        if card.odds is not None:
            answer["odds"] = card.odds.probability(answer["score"])
            columns.append("CAST(odds AS DECIMAL(7, 6)) AS probability")
    with_tier = "tier_number" in answer and shows >= Fact.TIER
    if with_tier:
        columns.append("list_extract(?, tier_number + 1) AS tier")
    if "decision_bit" in answer and shows >= Fact.DECISION:
        columns.append("CASE WHEN decision_bit = 1 THEN 'yes' ELSE 'no' END AS decision")
    with plain_errors(), duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("answer", answer)
        connection.execute(
            f"""COPY (
                SELECT {", ".join(columns)}
                FROM read_csv(?, columns = {{'person': 'VARCHAR'}}, header = false,
                              delim = ?, quote = '', escape = '', auto_detect = false,
                              buffer_size = {_BUFFER_BYTES})
                POSITIONAL JOIN answer
            ) TO '{_quoted(path)}' (HEADER)""",
            ([[tier.name for tier in agreement.tiers]] if with_tier else [])
            + [str(people), _NO_DELIMITER],
        )


def _scores_and_tiers(
    result: Result, agreement: Agreement
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """The scores of a result that opens them, and the numbers of their tiers, shape (people,)."""
    card = agreement.scorecard
    is_total = result.fact > Fact.SCORE
    values = completed(result, agreement) if is_total else result.values
    narrow = max(map(abs, card.clip)) < 1 << 31
    scores: NDArray[Any] = np.empty(len(values), np.int32 if narrow else np.int64)
    tiers = np.empty(len(values), np.int32)
    for start in range(0, len(values), _BLOCK_PEOPLE):  # or what comes in between would be most
        block = slice(start, start + _BLOCK_PEOPLE)
        scores[block] = card.clipped(values[block] + card.base) if is_total else values[block]
        tiers[block] = tier_index(agreement.tiers, scores[block])
    return scores, tiers


def read_answers(path: Path, agreement: Agreement) -> dict[str, NDArray[np.int64]]:
    """What `scores.csv` says, in its order: `score`; `tier` by number, -1 for none; `decision`.

    What the policy did not open is not there; nothing is, where the party got no answer.
    """
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as file:
        there = file.readline().rstrip("\n").split(",")
    columns = {
        "score": "score",
        "tier": "coalesce(list_position($tiers, tier), 0) - 1 AS tier",
        "decision": "CASE WHEN decision = 'yes' THEN 1 ELSE 0 END AS decision",
    }
    wanted = ", ".join(text for name, text in columns.items() if name in there)
    if not wanted:
        return {}
    values: dict[str, object] = {"path": str(path)}
    if "tier" in there:
        values["tiers"] = [tier.name for tier in agreement.tiers]
    with plain_errors(), duckdb.connect(":memory:", config={"threads": 1}) as connection:
        read = connection.execute(
            f"SELECT {wanted} FROM read_csv($path, header = true, all_varchar = true)",
            values,
        ).fetchnumpy()
    return {name: np.asarray(column, np.int64) for name, column in read.items()}


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
