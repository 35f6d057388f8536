"""Whether `plan` predicts what `run` measures: the credit data and a society, by every method."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from measure import CREDIT, credit_file, publish
from society import features

from privscore.runs.folder import open_run

PEOPLE = (100_000, 1_000_000)
TURNS = 3


def output_of(*command: str) -> Any:
    """What a command of `privscore` prints as JSON."""
    words = [sys.executable, "-m", "privscore", *command, "--json"]
    return json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)


def predicted_for(plan: dict[str, Any], method: str) -> dict[str, Any]:
    """What a plan says of a method that may run."""
    forecast = next(each for each in plan["methods"] if each["method"] == method)
    return dict(forecast["predicted"])


def sent(costs: dict[str, dict[str, Any]]) -> int:
    """Payload that all parties sent in a job."""
    return sum(each["sent_payload_bytes"] for phases in costs.values() for each in phases.values())


def main() -> None:
    rows: list[dict[str, str]] = []
    raw: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {f"society, {n:,} people": features(folder / f"{n}", n) for n in PEOPLE}
        if CREDIT.exists():
            files = {"credit data, 30,000 people": credit_file(folder / "credit"), **files}
        os.sync()  # or the disk is still busy with the society while others are timed
        for what, file in files.items():
            plans: list[dict[str, Any]] = []
            runs: dict[str, list[dict[str, Any]]] = {}
            for turn in range(TURNS):  # in turns, so that a slow minute meets both sides
                plans.append(output_of("plan", str(file)))
                able = [each["method"] for each in plans[0]["methods"] if each["predicted"]]
                for method in able:
                    out = folder / f"run-{len(raw)}-{method}-{turn}"
                    runs.setdefault(method, []).append(record(file, method, out))
            for method, measured in runs.items():
                expected = [predicted_for(plan, method) for plan in plans]
                rows.append({"data": what, "method": f"`{method}`", **beside(expected, measured)})
                print(rows[-1], file=sys.stderr)
                raw[f"{what}, {method}"] = {
                    "predicted": [each["seconds"] for each in expected],
                    "measured": [each["seconds"] for each in measured],
                }
    about = (
        "What `privscore plan` said beforehand, then what `privscore run` measured: medians of\n"
        f"{TURNS} plans and runs, in turns. Seconds are those of a job, from its first message to\n"
        "the answer."
    )
    publish("plan", "Predicted and measured", about, rows, raw)


def record(file: Path, method: str, out: Path) -> dict[str, Any]:
    """The record of one job."""
    output_of("run", str(file), "--method", method, "--out", str(out))
    return dict(msgspec.to_builtins(open_run(out).record))


def beside(plans: list[dict[str, Any]], runs: list[dict[str, Any]]) -> dict[str, str]:
    """Predicted and measured figures of a method; stops if one is off that has to be exact."""
    rounds = sum(plans[0]["rounds"].values())
    payload = sum(sum(by.values()) for by in plans[0]["payload_bytes"].values())
    for run in runs:
        costs = run["costs"]
        phases = {phase for by in costs.values() for phase in by}
        measured_rounds = sum(
            max(by[phase]["rounds"] for by in costs.values() if phase in by) for phase in phases
        )
        if (measured_rounds, sent(costs)) != (rounds, payload):
            raise SystemExit(
                f"rounds or payload are not as predicted: {measured_rounds}, {sent(costs)}"
            )
    predicted = statistics.median(sum(each["seconds"].values()) for each in plans)
    measured = statistics.median(sum(each["seconds"].values()) for each in runs)
    return {
        "rounds, both": str(rounds),
        "payload bytes, both": f"{payload:,}",
        "seconds predicted": f"{predicted:.2f}",
        "seconds measured": f"{measured:.2f}",
        "predicted / measured": f"{predicted / measured:.2f}",
    }


if __name__ == "__main__":
    main()
