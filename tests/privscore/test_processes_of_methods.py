"""All six methods, a process for each party: on the toy, and on the credit data."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from toy_consortium import toy

from privscore.consortium import load
from privscore.inspect.ledger import accounts, gather
from privscore.methods import available
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job
from privscore.runtime.processes import run_job_in_processes
from privscore.scenarios import write

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CREDIT = ROOT / "../shared/data/credit/UCI_Credit_Card.csv"
METHODS = list(available())


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_the_scores_of_one_process(method: str, tmp_path: Path) -> None:
    consortium = toy(tmp_path)
    run_job_in_processes(consortium, available()[method], tmp_path / "apart", shard_people=64)
    run_job(consortium, available()["clear"], tmp_path / "clear")
    files = [tmp_path / run / "desk" / "scores.csv" for run in ("apart", "clear")]
    assert files[0].read_bytes() == files[1].read_bytes()
    accounts(gather(open_run(tmp_path / "apart")))


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_on_the_credit_data_every_method_gives_the_plain_scores(
    method: str, tmp_path: Path
) -> None:
    if not CREDIT.exists():
        pytest.skip(f"{CREDIT} is not there")
    consortium = load(write("credit", tmp_path / "credit", CREDIT))
    record = run_job_in_processes(consortium, available()[method], tmp_path / "apart")
    assert (record.people, record.recording) == (30_000, "outline")
    before = json.loads((ROOT / "tests/vectors/old/scores.json").read_text("utf-8"))
    plain = next(entry for entry in before["data"] if entry["name"] == "credit")["sha256"]["clear"]
    scores = (tmp_path / "apart" / "desk" / "scores.csv").read_bytes()
    assert hashlib.sha256(scores).hexdigest() == plain
