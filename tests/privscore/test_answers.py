"""Results of every fact become a file, as far as the policy shows it, and are read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toy_consortium import EVERYBODY, toy

from privscore.card.scorecard import tier_index
from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.job.answers import read_answers, write_answers
from privscore.methods.result import Result

PEOPLE = EVERYBODY[:5]


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Agreement:
    return toy(tmp_path_factory.mktemp("toy")).agreement


def write(
    folder: Path,
    agreement: Agreement,
    fact: Fact,
    values: list[int],
    *,
    shows: Fact = Fact.COLUMNS,
    platforms: tuple[str, ...] | None = None,
) -> Path:
    """The file that such a result of the five `PEOPLE` becomes."""
    people, path = folder / "people.txt", folder / "scores.csv"
    people.write_text("".join(f"{name}\n" for name in PEOPLE), encoding="utf-8")
    included = agreement.data_parties if platforms is None else platforms
    write_answers(path, people, Result(fact, np.array(values), included), agreement, shows)
    return path


def test_a_decision_is_yes_or_no_and_read_as_one_bit(agreement: Agreement, tmp_path: Path) -> None:
    path = write(tmp_path, agreement, Fact.DECISION, [1, 0, 0, 1, 1])
    said = ["person,decision", "p000,yes", "p001,no", "p002,no", "p003,yes", "p004,yes"]
    assert path.read_text(encoding="utf-8").splitlines() == said
    answers = read_answers(path, agreement)
    assert {name: bits.tolist() for name, bits in answers.items()} == {"decision": [1, 0, 0, 1, 1]}


def test_a_tier_is_named_and_read_as_a_number_and_none_as_minus_one(
    agreement: Agreement, tmp_path: Path
) -> None:
    path = write(tmp_path, agreement, Fact.TIER, [0, 1, -1, 0, 1])
    first, second = (tier.name for tier in agreement.tiers[:2])
    tiers = [f"p000,{first}", f"p001,{second}", "p002,", f"p003,{first}", f"p004,{second}"]
    assert path.read_text(encoding="utf-8").splitlines() == ["person,tier", *tiers]
    answers = read_answers(path, agreement)
    assert {name: numbers.tolist() for name, numbers in answers.items()} == {
        "tier": [0, 1, -1, 0, 1]
    }


def test_a_score_that_a_method_opens_is_written_as_it_came(
    agreement: Agreement, tmp_path: Path
) -> None:
    """No base is added to it, and no platform that was lost is filled in."""
    low, high = agreement.scorecard.clip
    scores = [low, high, low + 1, high - 1, (low + high) // 2]
    lost = agreement.data_parties[:3]
    answers = read_answers(
        write(tmp_path, agreement, Fact.SCORE, scores, platforms=lost), agreement
    )
    assert set(answers) == {"score", "tier"}
    assert answers["score"].tolist() == scores
    assert answers["tier"].tolist() == tier_index(agreement.tiers, np.array(scores)).tolist()


def test_a_total_becomes_the_clipped_score_with_its_base(
    agreement: Agreement, tmp_path: Path
) -> None:
    lowest, highest = agreement.scorecard.bounds()
    totals = [lowest, highest, 0, lowest, highest]
    values = [total - agreement.scorecard.base if total else 0 for total in totals]
    low, high = agreement.scorecard.clip
    expected = [min(max(value + agreement.scorecard.base, low), high) for value in values]
    answers = read_answers(write(tmp_path, agreement, Fact.TOTAL, values), agreement)
    assert answers["score"].tolist() == expected


@pytest.mark.parametrize(
    ("fact", "shows", "columns"),
    [
        (Fact.TOTAL, Fact.TOTAL, ["score", "tier"]),
        (Fact.SCORE, Fact.SCORE, ["score", "tier"]),
        (Fact.SCORE, Fact.TIER, ["tier"]),
        (Fact.SCORE, Fact.DECISION, []),
        (Fact.TIER, Fact.SCORE, ["tier"]),
        (Fact.TIER, Fact.DECISION, []),
        (Fact.DECISION, Fact.SCORE, ["decision"]),
        (Fact.DECISION, Fact.NOTHING, []),
    ],
    ids=lambda value: value.word if isinstance(value, Fact) else "",
)
def test_no_column_goes_beyond_the_result_or_the_policy(
    agreement: Agreement, tmp_path: Path, fact: Fact, shows: Fact, columns: list[str]
) -> None:
    path = write(tmp_path, agreement, fact, [0, 1, 1, 0, 1], shows=shows)
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    assert [name for name in header.split(",") if name != "probability"] == ["person", *columns]
    assert [row.split(",")[0] for row in rows] == PEOPLE
    assert set(read_answers(path, agreement)) == set(columns)


def test_a_party_without_an_answer_reads_nothing(agreement: Agreement, tmp_path: Path) -> None:
    assert read_answers(tmp_path / "scores.csv", agreement) == {}
