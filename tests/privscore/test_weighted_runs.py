"""What is made of a run by weights: sheets, ledgers and views, whoever owns them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from logistic_consortium import PEOPLE, Made, logistic_runs
from saved_runs import copied, reseal

from privscore.errors import Refused
from privscore.inspect.ledger import accounts, gather, ledger
from privscore.inspect.message import message_page
from privscore.inspect.sheet import explain
from privscore.runs.folder import open_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made() -> Made:
    return logistic_runs()


def test_a_sheet_shows_values_and_real_points_that_add_up(made: Made) -> None:
    sheet = explain(open_run(made.runs["ckks-weighted, open"]), "p02")
    assert sheet.adds_up is True
    (row,) = [each for each in made.scores("ckks-weighted, open") if each["person"] == "p02"]
    assert sheet.probability == pytest.approx(float(row["probability"]), abs=1e-6)
    lines = {each.column: (each.value, each.points, each.most) for each in sheet.lines}
    assert lines["age"] == ("32", 24.0, 74.25)
    assert lines["use"] == ("0.74", pytest.approx(-66.6925), 0)
    assert lines["late"] == ("1 or more", -70, 0)
    unknown = explain(open_run(made.runs["ckks-weighted, open"]), "p01")
    assert ("unknown", 31.5) in [(each.value, each.points) for each in unknown.lines]


def test_a_sheet_under_hidden_weights_shows_what_was_found_alone(made: Made) -> None:
    sheet = explain(open_run(made.runs["ckks-weighted, hidden"]), "p02")
    assert sheet.points_hidden_by == "firm"
    assert {each.points for each in sheet.lines} == {None}
    assert "32" in [each.value for each in sheet.lines]


def changed(run: Path, what: Callable[[np.ndarray[Any, Any]], None]) -> None:
    path = run / "wallet" / "value-0.f8"
    values = np.fromfile(path, np.float64)
    what(values)
    values.tofile(path)


def test_a_value_beyond_its_range_is_no_value_of_the_run(made: Made, tmp_path: Path) -> None:
    run = copied(made.runs["clear, open"], tmp_path)
    changed(run, lambda values: values.__setitem__(2, 100.0))
    reseal(run)
    with pytest.raises(Refused, match=r"wallet/value-0\.f8"):
        open_run(run).points("wallet")


@pytest.mark.parametrize("who", ["open", "hidden"])
def test_real_points_follow_by_subtraction_to_within_the_rounding(who: str, made: Made) -> None:
    run = open_run(made.runs[f"ckks-weighted, {who}"])
    together = accounts(gather(run), ("bank", "market", "desk")).together
    assert together is not None
    told = " ".join(each.sentence for each in together.learned)
    assert "results released under flooding" in told
    assert "the points of wallet, by subtraction" in told
    assert "equal to within 0.5" in told
    assert f"for {PEOPLE} of {PEOPLE} people" in told


def test_the_ledger_of_hidden_weights_is_not_contradicted(made: Made) -> None:
    page = ledger(open_run(made.runs["ckks-weighted, hidden"]))
    assert not page.contradicted
    for standing in page.parties:
        if standing.members != ("desk",):
            assert not any(each.fact in ("points", "total") for each in standing.learned)


def test_a_view_shows_real_points_beside_what_hides_them(made: Made) -> None:
    run = open_run(made.runs["ckks-weighted, open"])
    pages = [message_page(run, "wallet", number) for number in range(1, 12)]
    hidden = [page.hidden.values for page in pages if page.hidden is not None]
    assert run.points("bank").tolist() in hidden


def test_the_owners_weights_lie_with_the_owner_alone(made: Made) -> None:
    run = made.runs["ckks-weighted, hidden"]
    with_card = [path.parent.name for path in run.rglob("card.f8")]
    assert with_card == ["firm"]
    assert open_run(run).card.characteristics[0].weight == 0.75
    assert "0.75" not in json.dumps(
        json.loads((run / "desk" / "party.json").read_text())["agreement"]
    )
