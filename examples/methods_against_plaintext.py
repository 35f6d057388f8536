"""Private methods against the plaintext, on the toy: same scores, and what each costs."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from privscore import load
from privscore.job.answers import read_answers
from privscore.methods import named
from privscore.runtime.local import run_job
from privscore.scenarios import write

METHODS = ("clear", "secret-sum", "masked-sum", "bfv-sum")


def main() -> None:
    """Score everybody by each method and hold the scores against those of `clear`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        consortium = load(write("toy", folder / "toy"))
        scores = {}
        print("method      rounds  bytes sent  largest error")
        for method in METHODS:
            record = run_job(consortium, named(method), folder / method, remember=False)
            answers = folder / method / record.requester / "scores.csv"
            scores[method] = read_answers(answers, consortium.agreement)["score"]
            error = int(np.abs(scores[method] - scores["clear"]).max())
            phases = [cost for costs in record.costs.values() for cost in costs.values()]
            sent_bytes = sum(cost.sent_payload_bytes for cost in phases)
            rounds = {
                phase: max(costs[phase].rounds for costs in record.costs.values())
                for phase in record.costs[record.requester]
            }
            print(f"{method:11} {sum(rounds.values()):6}  {sent_bytes:10,}  {error:13}")
            assert error == 0, f"{method} is not exact"


if __name__ == "__main__":
    main()
