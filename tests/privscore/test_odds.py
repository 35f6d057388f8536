"""Odds: the probability that a score stands for, where a score is shown."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from logistic_consortium import LOGISTIC, Made, loaded, logistic_runs

from privscore.card.odds import Odds
from privscore.methods import named
from privscore.runtime.local import run_job


@pytest.fixture(scope="module")
def made() -> Made:
    return logistic_runs()


def test_so_many_points_double_the_odds() -> None:
    odds = Odds(500, 3.5, 40)
    probability = odds.probability(np.array([500, 540, 580, 460]))
    assert probability / (1 - probability) == pytest.approx([3.5, 7, 14, 1.75])
    steep = Odds(0, 1, 1e-9).probability(np.array([-(10**9), 0, 10**9]))
    assert steep.tolist() == [0, 0.5, 1]


@pytest.mark.slow
@pytest.mark.parametrize("run", ["clear, open", "ckks-weighted, hidden"])
def test_a_probability_is_computed_from_the_opened_score(run: str, made: Made) -> None:
    for row in made.scores(run):
        log_odds = math.log(3.5) + (int(row["score"]) - 500) * math.log(2) / 40
        assert float(row["probability"]) == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=1e-6)
        assert list(row) == ["person", "score", "probability", "tier"]


def test_no_probability_is_shown_where_no_score_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    consortium = loaded(tmp_path, LOGISTIC.replace('"total"', '"tier"'))
    monkeypatch.setattr("privscore.runtime.local.refuse_method", lambda *_: None)
    run_job(consortium, named("ckks-weighted"), tmp_path / "run")
    assert (tmp_path / "run" / "desk" / "scores.csv").read_text().splitlines()[0] == "person,tier"
