"""The scorer of a whole consortium: its own tables or arrays, and what its file says holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sound_consortium import PEOPLE, write_sound

import privscore
from privscore import Consortium, PrivateScorer, Refused

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return privscore.load(write_sound(tmp_path_factory.mktemp("sound")))


def test_a_consortium_brings_its_own_tables(consortium: Consortium, tmp_path: Path) -> None:
    made = PrivateScorer(consortium).fit()
    answers = made.answer(out=tmp_path / "run")
    plain = made.set_params(method="clear").score_samples()
    assert answers.scores is not None
    assert answers.scores.tolist() == plain.tolist()
    assert len(answers.people) == PEOPLE
    why = made.explain()
    assert why.people.tolist() == answers.people.tolist()
    assert np.clip(why.base + why.points.sum(axis=1), 300, 950).tolist() == plain.tolist()
    assert (tmp_path / "run" / "run.json").exists()


def test_arrays_stand_in_for_the_tables_of_a_consortium(consortium: Consortium) -> None:
    frames = {
        "wallet": {"late_90d": np.zeros(50)},
        "bank": {"debt": np.full(50, 500)},
        "market": {"bought": np.arange(50)},
    }
    scores = PrivateScorer(consortium).fit(frames).score_samples(frames)
    assert scores.tolist() == [620] * 10 + [645] * 40


def test_what_a_consortium_says_itself_is_not_said_again(consortium: Consortium) -> None:
    with pytest.raises(Refused, match="`tiers` is given beside a consortium"):
        PrivateScorer(consortium, tiers={"good": 600}).fit()


def test_a_policy_without_sheets_explains_nothing(tmp_path: Path) -> None:
    file = write_sound(tmp_path)
    text = file.read_text().replace("[policy]", "[policy]\nsheet = false")
    file.write_text(text)
    made = PrivateScorer(privscore.load(file)).fit()
    with pytest.raises(Refused, match="sheet = false"):
        made.explain()


def test_a_policy_of_tiers_gives_no_scores(consortium: Consortium, tmp_path: Path) -> None:
    run = PrivateScorer(consortium).fit().answer(out=tmp_path / "run")
    closed = tmp_path / "run" / "desk" / "scores.csv"
    closed.write_text("person,tier\np1,good\np2,\n")
    answers = privscore.api.answers_of(tmp_path / "run", run.record, consortium.agreement)
    assert answers.scores is None
    assert answers.tiers is not None
    assert answers.tiers.tolist() == ["good", ""]
