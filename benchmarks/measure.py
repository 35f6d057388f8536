"""What the benchmarks share: watching a whole process tree, and writing page and raw figures."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privscore import consortium
from privscore.methods import available
from privscore.methods.rules import objections
from privscore.runs import machine
from privscore.runs.worker_processes import LOOK_EVERY_S, tree_bytes

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PAGES = ROOT / "docs" / "speed"  # pages and raw figures
LOOKS = 3  # runs in which memory is watched
CREDIT = ROOT / "../shared/data/credit/UCI_Credit_Card.csv"


@dataclass(frozen=True, slots=True)
class Watched:
    """A command that has ended: wall-clock seconds, and the peak memory of all its processes."""

    seconds: float
    peak_bytes: int


def watch(command: Sequence[str], cwd: Path | None = None) -> Watched:
    """Run a command to its end; memory is the proportional set size summed over its processes.

    To look at a process holds it up, so seconds that are to be published come from `timed`.
    """
    clock = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, tree_bytes(process.pid))
        time.sleep(LOOK_EVERY_S)
    _refuse_failure(process)
    return Watched(time.perf_counter() - clock, peak)


def most_of(commands: Iterable[Sequence[str]]) -> Watched:
    """Run commands that do the same: median seconds, and the largest peak of all.

    A look takes as long as a short job's peak may last, so one run may miss it.
    """
    seen = [watch(command) for command in commands]
    seconds = statistics.median(each.seconds for each in seen)
    return Watched(seconds, max(each.peak_bytes for each in seen))


def timed(command: Sequence[str]) -> float:
    """Run a command to its end, looking away; wall-clock seconds."""
    clock = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.wait()
    _refuse_failure(process)
    return time.perf_counter() - clock


def _refuse_failure(process: subprocess.Popen[bytes]) -> None:
    if process.returncode:
        raise SystemExit(f"{process.args!r} ended with {process.returncode}")


def credit_file(folder: Path) -> Path:
    """The consortium file of the credit data, which must be there."""
    make = [sys.executable, "-m", "privscore", "init", str(folder)]
    watch([*make, "--scenario", "credit", "--data", str(CREDIT)])
    return folder / "consortium.toml"


def able(file: Path) -> list[str]:
    """The methods that may run, the plaintext first."""
    agreement = consortium.load(file).agreement
    return [
        method.name
        for method in available().values()
        if not method.private or not objections(method, agreement)
    ]


def median_of(runs: int, once: Callable[[], float]) -> tuple[float, float, float]:
    """The least, the median and the most of several runs."""
    figures = sorted(once() for _ in range(runs))
    return figures[0], statistics.median(figures), figures[-1]


def publish(name: str, title: str, about: str, rows: list[dict[str, str]], raw: Any) -> None:
    """Print the table; write it to `name.md` and everything measured to `name.json`."""
    here = machine.machine()
    head = list(rows[0])
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(row[column] for column in head) for row in rows]
    table = "\n".join(f"| {line} |" for line in lines)
    script = name.replace("-", "_")
    page = (
        f"# {title}\n\n{about}\n\n{table}\n\n"
        f"Made by `python benchmarks/{script}.py`; raw figures in [{name}.json]({name}.json).\n"
        f"Machine: {here['processor']}, {here['cores']} cores, {here['memory_gib']} GiB, "
        f"{here['system']}, {here['python']}.\n"
    )
    print(page)
    (PAGES / f"{name}.md").write_text(page, encoding="utf-8")
    figures = {"machine": here, "versions": machine.versions(), "rows": rows, "raw": raw}
    (PAGES / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def two_cores() -> int:
    """How many workers the scripts use: two, or one where there is no second core."""
    return min(2, len(os.sched_getaffinity(0)))
