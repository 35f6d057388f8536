"""Scores by weights: those of a plain loop, to within the stated error, by the method that can."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from logistic_consortium import LOGISTIC, PEOPLE, Made, by_hand, loaded, logistic_runs

from privscore.api import PrivateScorer
from privscore.commands.check import check
from privscore.compare import compare
from privscore.compare.comparison import stated_text
from privscore.consortium.agreement import Agreement
from privscore.errors import Refused
from privscore.job.admission import refuse_method
from privscore.methods import available, named
from privscore.methods.rules import objections, stated_error
from privscore.plan import plan
from privscore.runs.worker_processes import Watched

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made() -> Made:
    return logistic_runs()


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Agreement:
    return loaded(tmp_path_factory.mktemp("agreement")).agreement


@pytest.mark.parametrize("who", ["open", "hidden"])
def test_the_plaintext_gives_the_scores_of_a_plain_loop(who: str, made: Made) -> None:
    rows = made.scores(f"clear, {who}")
    assert len(rows) == PEOPLE
    for row in rows:
        total = round(by_hand(int(row["person"][1:])))
        assert int(row["score"]) == min(max(total, 400), 600)


@pytest.mark.parametrize("who", ["open", "hidden"])
def test_ckks_weighted_is_within_its_stated_error(
    who: str, made: Made, agreement: Agreement
) -> None:
    pairs = zip(made.scores(f"clear, {who}"), made.scores(f"ckks-weighted, {who}"), strict=True)
    missed = [abs(int(one["score"]) - int(other["score"])) for one, other in pairs]
    assert max(missed) <= stated_error(named("ckks-weighted"), agreement) == 1


def test_other_methods_are_refused_and_those_that_could_are_named(tmp_path: Path) -> None:
    consortium = loaded(tmp_path)
    for method in available().values():
        if method.private and method.name != "ckks-weighted":
            with pytest.raises(Refused, match="real weights") as caught:
                refuse_method(consortium, method)
            assert "methods that could: ckks-weighted)" in caught.value.fix


def test_a_real_total_says_more_than_a_score(tmp_path: Path) -> None:
    text = LOGISTIC.replace('"total"', '"score"').replace("clip = [400, 600]\n", "")
    (objection,) = objections(
        named("ckks-weighted"), loaded(tmp_path, text.replace("480", "500")).agreement
    )
    assert objection == "ckks-weighted opens the total to desk; the policy allows score"


def test_comparison_and_plan_say_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("compare.watched", "plan.in_fresh_process"):  # without processes of their own
        monkeypatch.setattr(f"privscore.{place}", lambda work, *rest: Watched(work(*rest), 0))
    consortium = loaded(tmp_path)
    result = compare(consortium, ["ckks-weighted"])
    row = result.rows[1]
    assert row.measured is not None
    assert row.measured.largest_error_points is not None
    assert row.measured.largest_error_points <= row.stated_error_points == 1
    assert 0 < row.error_bound_points < 0.02
    checked = check(consortium)
    assert [*checked.errors] == ["ckks-weighted"]
    assert "a score by 1" in checked.errors["ckks-weighted"]
    assert stated_text(row).startswith("ckks-weighted states totals off by at most 0.0")
    planned = {each.method: each for each in plan(consortium, methods=["ckks-weighted"]).methods}
    assert planned["ckks-weighted"].error_bound_points == row.error_bound_points
    assert planned["clear"].error_bound_points == 0
    assert str(planned["ckks-weighted"]).endswith("before it is rounded, a score by 1")


def test_a_scorer_explains_real_points_and_gives_probabilities(tmp_path: Path) -> None:
    consortium = loaded(tmp_path)
    scorer = PrivateScorer(consortium, "ckks-weighted").fit()
    answers = scorer.answer()
    assert answers.scores is not None
    assert answers.probabilities is not None
    odds = consortium.agreement.scorecard.odds
    assert odds is not None
    assert answers.probabilities == pytest.approx(odds.probability(answers.scores), abs=1e-6)
    told = scorer.explain()
    whole = 501 + told.points.sum(axis=1)
    assert np.abs(np.clip(np.rint(whole), 400, 600) - answers.scores).max() <= 1
    assert told.most.tolist() == [74.25, 0, 0, 40]
