"""How fast whole jobs are: the society's features from Parquet, by every method, beside plain code.

python docs/speed/society.py                     10,000, 100,000 and 1,000,000 people
python docs/speed/society.py --people 10000000   one size, printed and not written to the page
"""

from __future__ import annotations

import argparse
import dataclasses
import filecmp
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from measure import HERE, Watched, able, publish, two_cores, watch

from privscore import society

SIZES = (10_000, 100_000, 1_000_000)
TURNS = 3
PLAIN = "plain script"


def features(folder: Path, people: int) -> Path:
    """The consortium file of a society whose platforms have run their SQL already."""
    society.generate(folder, people=people, workers=two_cores())
    society.features(folder)
    return society.scenario(folder, ready=True)


def job(file: Path, method: str, out: Path) -> Watched:
    """One whole job in a cold process, or the plain script over the same files."""
    if method == PLAIN:
        out.mkdir()
        return watch([sys.executable, str(HERE / "plain.py"), str(file), str(out / "scores.csv")])
    command = ["run", str(file), "--method", method, "--out", str(out)]
    return watch([sys.executable, "-m", "privscore", *command])


def measure(file: Path, folder: Path, turns: int) -> dict[str, list[Watched]]:
    """Every method's jobs, in turns; stops if one gives other scores than the plain script."""
    runs: dict[str, list[Watched]] = {name: [] for name in (PLAIN, *able(file))}
    plain = folder / "plain" / "scores.csv"
    for turn in range(turns):
        for name, seen in runs.items():
            out = folder / ("plain" if name == PLAIN and turn == 0 else "run")
            seen.append(job(file, name, out))
            scores = out / "scores.csv" if name == PLAIN else out / "desk" / "scores.csv"
            if not filecmp.cmp(scores, plain, shallow=False):
                print(f"{name} gives other scores than the plain script", file=sys.stderr)
            shutil.rmtree(folder / "run", ignore_errors=True)
    shutil.rmtree(plain.parent)
    return runs


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--people", type=int, help="one size only, printed and not published")
    wanted.add_argument("--turns", type=int, default=TURNS, help="runs of each method")
    one, turns = wanted.parse_args().people, wanted.parse_args().turns
    raw: dict[str, object] = {}
    rows = []
    for people in (one,) if one else SIZES:
        with tempfile.TemporaryDirectory() as name:
            file = features(Path(name) / "society", people)
            runs = measure(file, Path(name), turns)
        middle = {each: statistics.median(it.seconds for it in seen) for each, seen in runs.items()}
        for method, seen in runs.items():
            times = [it.seconds for it in seen]
            rows.append(
                {
                    "people": f"{people:,}",
                    "method": method,
                    "seconds": f"{middle[method]:.2f} ({min(times):.2f} to {max(times):.2f})",
                    "times the plain script": f"{middle[method] / middle[PLAIN]:.2f}",
                    "MB, all processes": f"{max(it.peak_bytes for it in seen) / 1e6:,.0f}",
                }
            )
            print(rows[-1], file=sys.stderr)
            raw[f"{people} {method}"] = [dataclasses.asdict(it) for it in seen]
    about = (
        "Whole jobs over per-person features in Parquet, cold process to scores file: whom each\n"
        "platform knows, their union, every platform's columns, points, the protocol with all\n"
        "parties on one machine, and the answer. The plain script does the same reads by DuckDB\n"
        "and the same look-ups by NumPy, in one process and with no privacy. Medians of\n"
        f"{turns} runs, in turns, with the least and the most; memory is the proportional set\n"
        "size summed over all processes of a job."
    )
    if one is None:
        publish("society", "Speed of whole jobs", about, rows, raw)


if __name__ == "__main__":
    main()
