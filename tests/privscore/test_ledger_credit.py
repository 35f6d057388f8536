"""The ledgers of two runs about the credit data, 30,000 people each."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger_runs import ANSWER, alone, sentences, together

from privscore import scenarios
from privscore.consortium import load
from privscore.methods import available
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CREDIT = ROOT / "../shared/data/credit/UCI_Credit_Card.csv"


@pytest.fixture(scope="module")
def credit(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The credit run by two methods, 30,000 people each."""
    if not CREDIT.exists():
        pytest.skip(f"{CREDIT} is not there")
    folder = tmp_path_factory.mktemp("credit")
    consortium = load(scenarios.write("credit", folder / "credit", CREDIT))
    for name in ("secret-sum", "clear"):
        run_job(consortium, available()[name], folder / name)
    return {name: folder / name for name in ("secret-sum", "clear")}


def test_on_the_credit_data_the_ledgers_differ_in_points_and_columns_of_the_requester(
    credit: dict[str, Path],
) -> None:
    private, central = alone(credit["secret-sum"]), alone(credit["clear"])
    platforms = open_run(credit["clear"]).agreement.data_parties
    assert len(platforms) == 8
    for name in platforms:
        assert private[name].row == central[name].row
        assert list(private[name].row) == ["nothing", "size"]
    assert list(private["desk"].row) == ANSWER
    assert list(central["desk"].row) == [*ANSWER, "points", "columns"]
    assert central["desk"].row["columns"].of == platforms
    assert central["desk"].row["columns"].people == 30_000
    assert "every column that the card looks at" not in sentences(private["desk"])


def test_on_the_credit_data_seven_platforms_and_the_requester_learn_the_eighths_points(
    credit: dict[str, Path],
) -> None:
    *seven, eighth = open_run(credit["secret-sum"]).agreement.data_parties
    account = together(credit["secret-sum"], *seven, "desk")
    assert account.row["points"].of == (eighth,)
    assert account.row["points"].how == "follows"
    assert "for 30,000 of 30,000 people" in sentences(account)
    assert "points" not in together(credit["secret-sum"], *seven).row
