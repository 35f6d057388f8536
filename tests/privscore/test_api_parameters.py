"""What the scorer's parameters may be: `n_jobs` as scikit-learn has it, and a card."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from privscore.api import PrivateScorer
from privscore.errors import Refused
from privscore.runs import machine

CARD = {
    "base": 100,
    "characteristic": [
        {"name": name, "column": f"{name}.x", "bins": [1], "points": [5, 0], "missing": 1}
        for name in ("wallet", "telecom", "rides")
    ],
}
X = {name: {"x": np.arange(3)} for name in ("wallet", "telecom", "rides")}


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """How many processes each job was asked to use; nothing is played, on four cores."""
    asked: list[Any] = []

    def run_job(*_args: object, workers: object, **_more: object) -> None:
        asked.append(workers)
        raise Refused("not played", "Look at `workers`.")

    monkeypatch.setattr("privscore.api.run_job", run_job)
    monkeypatch.setattr(machine, "cores", lambda: 4)
    return asked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_jobs", "processes"),
    [(1, 1), (3, 3), (np.int64(2), 2), (None, 1), (-1, 4), (-2, 3), (-4, 1), (-9, 1)],
)
def test_n_jobs_means_what_it_means_in_scikit_learn(
    n_jobs: Any, processes: int, workers: list[Any]
) -> None:
    scorer = PrivateScorer(CARD, min_people=3, n_jobs=n_jobs).fit(X)
    with pytest.raises(Refused, match="not played"):
        scorer.score_samples(X)
    assert workers == [processes]
    assert type(workers[0]) is int
    assert scorer.n_jobs is n_jobs


@pytest.mark.slow
def test_a_job_on_all_cores_gives_the_same_scores() -> None:
    scores = [PrivateScorer(CARD, min_people=3, n_jobs=n).fit(X).score_samples(X) for n in (1, -1)]
    assert scores[0].tolist() == scores[1].tolist() == [115, 100, 100]


@pytest.mark.parametrize("n_jobs", [0, 1.5, "2", True])
def test_what_is_no_number_of_processes_is_refused(n_jobs: Any) -> None:
    with pytest.raises(Refused, match="`n_jobs` is no number of workers"):
        PrivateScorer(CARD, min_people=3, n_jobs=n_jobs).fit(X)


@pytest.mark.parametrize("card", [None, "consortium.toml", 7, [CARD]])
def test_what_is_no_card_is_refused(card: Any) -> None:
    with pytest.raises(Refused, match="no consortium, no scorecard and no mapping") as caught:
        PrivateScorer(card).fit(X)
    assert "`load`" in caught.value.fix
