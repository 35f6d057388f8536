"""Who may ask for scores by hidden points, and which methods can give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hidden_points import CLEAR, LEAK, METHOD, of, owners_copy
from mistakes_in_hidden_card import AUDITED, FIRM, HIDDEN
from sound_consortium import SOUND

from privscore.compare import compare
from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.job.resized import resized
from privscore.methods import available
from privscore.methods.base import Capability
from privscore.methods.rules import objections
from privscore.runs.worker_processes import Watched
from privscore.runtime.local import run_job


@pytest.fixture(scope="module")
def owners() -> Consortium:
    return owners_copy()


@pytest.mark.slow
def test_an_owner_may_ask_where_the_leak_is_accepted_or_an_auditor_signed(tmp_path: Path) -> None:
    asks = HIDDEN.replace(FIRM, "").replace('owner = "firm"', 'owner = "desk"')
    with pytest.raises(Refused, match="spell out"):
        of(tmp_path / "1", asks)
    for number, text in enumerate((asks.replace("min_people = 50", LEAK), AUDITED)):
        consortium = of(tmp_path / f"ok-{number}", text)
        assert consortium.agreement.holders("card") == ("desk",)
        assert objections(METHOD, consortium.agreement) == []
        scores = []
        for method in (CLEAR, METHOD):
            out = tmp_path / f"{method.name}-{number}"
            run_job(consortium, method, out)
            scores.append((out / "desk" / "scores.csv").read_bytes())
        assert scores[0] == scores[1]


@pytest.mark.parametrize(
    "name", [n for n, each in available().items() if Capability.HIDE_POINTS not in each.can]
)
def test_methods_that_need_points_refuse_and_name_the_one_that_does_not(
    name: str, owners: Consortium, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="points that only their owner knows") as refused:
        run_job(owners, available()[name], tmp_path / "run")
    assert METHOD.name in refused.value.fix
    assert not (tmp_path / "run").exists()


def test_bounds_are_what_the_public_range_says(owners: Consortium) -> None:
    public, whole = owners.agreement.scorecard, owners.card
    assert whole is not None
    assert public.bounds() == whole.bounds() == (350, 350 + 3 * 250)
    assert public.points_range("wallet") == whole.points_range("wallet") == (0, 250)
    assert resized(owners.agreement, 5).holders("card") == ("firm",)


def test_a_policy_of_scores_counts_with_the_public_range(tmp_path: Path) -> None:
    narrow = of(tmp_path / "narrow", HIDDEN.replace("1100]", "1099]"))
    (why,) = objections(METHOD, narrow.agreement)
    assert "points_range" in why
    assert "1100" in why
    assert objections(METHOD, of(tmp_path / "wide").agreement) == []


def test_a_requester_may_not_hold_data_and_the_key_to_its_own_bins(tmp_path: Path) -> None:
    text = HIDDEN.replace('"market"\nroles = ["data"]', '"market"\nroles = ["data", "requester"]')
    text = text.replace('[[party]]\nid    = "desk"\nroles = ["requester"]\n', "")
    text = text.replace('desk = "score"', 'market = "score"').replace("min_people = 50", LEAK)
    consortium = of(tmp_path / "x", text)
    (why,) = objections(METHOD, consortium.agreement)
    assert "requester without data" in why
    public = SOUND.replace('"market"\nroles = ["data"]', '"market"\nroles = ["data", "requester"]')
    public = public.replace('[[party]]\nid    = "desk"\nroles = ["requester"]\n', "")
    public = public.replace('desk = "score"', 'market = "score"').replace("min_people = 50", LEAK)
    scores = []
    for method in (CLEAR, METHOD):
        run_job(of(tmp_path / method.name, public), method, tmp_path / f"run-{method.name}")
        scores.append((tmp_path / f"run-{method.name}" / "market" / "scores.csv").read_bytes())
    assert scores[0] == scores[1]


@pytest.mark.slow
def test_compare_shows_the_baseline_the_method_and_why_the_others_may_not(
    owners: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(work: Any, *arguments: Any) -> Watched[Any]:
        return Watched(work(*arguments), 0)

    monkeypatch.setattr("privscore.compare.watched", here)
    rows = {row.method: row for row in compare(owners).rows}
    measured = rows[METHOD.name].measured
    assert measured is not None
    assert (measured.largest_error_points, measured.tier_changes) == (0, 0)
    assert rows["clear"].measured is not None
    assert rows["secret-sum"].state == "refused"
    assert "points of its own bins" in " ".join(rows[METHOD.name].not_hidden)
    assert "spell out" in " ".join(rows[METHOD.name].not_hidden)
