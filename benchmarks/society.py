"""How fast whole jobs are: the society's features from Parquet, by every method, beside plain code.

python benchmarks/society.py                     10,000 to 1,000,000 people
python benchmarks/society.py --people 10000000   one size, printed and not written to the page
    ... --methods clear secret-sum               of these methods only
"""

from __future__ import annotations

import argparse
import dataclasses
import filecmp
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from measure import HERE, Watched, able, publish, timed, two_cores, watch

from privscore import society

SIZES = (10_000, 100_000, 200_000, 1_000_000)
TURNS = 3
PLAIN = "plain script"


@dataclass(slots=True)
class Runs:
    """All jobs of one method: wall-clock seconds of each, and the peak memory of one more."""

    seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0


def features(folder: Path, people: int) -> Path:
    """The consortium file of a society whose platforms have run their SQL already."""
    society.generate(folder, people=people, workers=two_cores())
    society.features(folder)
    return society.scenario(folder, ready=True)


def made(folder: Path, people: int) -> tuple[Path, dict[str, str], Watched]:
    """Make a society by its command, watched; its consortium file and its row of the table."""
    words = ["society", str(folder), "--people", str(people)]
    seen = watch([sys.executable, "-m", "privscore", *words])
    society.features(folder)
    events = society.open_society(folder).events
    row = {
        "people": f"{people:,}",
        "method": f"making the society: {events:,} events",
        "seconds": f"{seen.seconds:.2f}",
        "times the plain script": "",
        "MB, all processes": f"{seen.peak_bytes / 1e6:,.0f}",
    }
    return society.scenario(folder, ready=True), row, seen


def job(file: Path, method: str, out: Path) -> list[str]:
    """The command of one whole job in a cold process, or of the plain script on the same files."""
    if method == PLAIN:
        out.mkdir()
        return [sys.executable, str(HERE / "plain.py"), str(file), str(out / "scores.csv")]
    command = ["run", str(file), "--method", method, "--out", str(out)]
    return [sys.executable, "-m", "privscore", *command]


def measure(file: Path, folder: Path, turns: int, methods: Sequence[str]) -> dict[str, Runs]:
    """Their jobs, in turns; stops if one gives other scores than the plain script."""
    runs = {name: Runs() for name in (PLAIN, *methods)}
    plain = folder / "plain" / "scores.csv"
    for turn in range(turns + 1):
        for name, measured in runs.items():
            out = folder / ("plain" if name == PLAIN and turn == 0 else "run")
            if turn == 0:  # all files are read once, and memory is looked at
                measured.peak_bytes = watch(job(file, name, out)).peak_bytes
            else:
                measured.seconds.append(timed(job(file, name, out)))
            scores = out / "scores.csv" if name == PLAIN else out / "desk" / "scores.csv"
            if not filecmp.cmp(scores, plain, shallow=False):
                raise SystemExit(f"{name} gives other scores than the plain script")
            shutil.rmtree(folder / "run", ignore_errors=True)
    shutil.rmtree(plain.parent)
    return runs


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--people", type=int, help="one size only, printed and not published")
    wanted.add_argument("--turns", type=int, default=TURNS, help="runs of each method")
    wanted.add_argument("--methods", nargs="+", help="these methods only, with --people")
    asked = wanted.parse_args()
    only, turns = asked.people, asked.turns
    sizes = SIZES if only is None else (only,)
    raw: dict[str, object] = {}
    rows = []
    for people in sizes:
        with tempfile.TemporaryDirectory() as name:
            file, row, seen = made(Path(name) / "society", people)
            rows.append(row)
            raw[f"{people} society"] = dataclasses.asdict(seen)
            print(row, file=sys.stderr)
            methods = able(file) if only is None or not asked.methods else asked.methods
            runs = measure(file, Path(name), turns, methods)
        plain = statistics.median(runs[PLAIN].seconds)
        for method, measured in runs.items():
            times, middle = measured.seconds, statistics.median(measured.seconds)
            rows.append(
                {
                    "people": f"{people:,}",
                    "method": method if method == PLAIN else f"`{method}`",
                    "seconds": f"{middle:.2f} ({min(times):.2f} to {max(times):.2f})",
                    "times the plain script": f"{middle / plain:.2f}",
                    "MB, all processes": f"{measured.peak_bytes / 1e6:,.0f}",
                }
            )
            print(rows[-1], file=sys.stderr)
            raw[f"{people} {method}"] = dataclasses.asdict(measured)
    about = (
        "Whole jobs over per-person features in Parquet, cold process to scores file: whom each\n"
        "platform knows, their union, every platform's columns, points, the protocol with all\n"
        "parties on one machine, and the answer. The plain script does the same reads by DuckDB\n"
        "and the same look-ups by NumPy, in one process and with no privacy; every job gave its\n"
        f"scores. Medians of {turns} runs, in turns, with the least and the most. Memory is the\n"
        "proportional set size summed over all processes of a job, in a run of its own."
    )
    if only is None:
        publish("society", "Speed of whole jobs", about, rows, raw)


if __name__ == "__main__":
    main()
