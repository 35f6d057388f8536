"""Work in a process of its own, whose memory is watched from outside."""

from __future__ import annotations

import multiprocessing
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

LOOK_EVERY_S = 0.02
_PAUSE_TIMES = 5  # as long as a look took, which holds the watched process up


@dataclass(frozen=True, slots=True)
class Watched(Generic[T]):
    """What the work returned; peak bytes are 0 where the system does not tell."""

    result: T
    peak_bytes: int


def watched(work: Callable[..., T], *arguments: object) -> Watched[T]:
    """Do `work`, a function of a module, in a fresh process; memory is that of all below it too.

    Raises what the work raises, and BrokenProcessPool if its process was killed.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pid = pool.submit(os.getpid).result()
        peak = 0
        future = pool.submit(work, *arguments)
        while not future.done():
            clock = time.perf_counter()
            peak = max(peak, tree_bytes(pid))
            wait([future], timeout=_pause_s(time.perf_counter() - clock))
        return Watched(future.result(), peak)


def _pause_s(look_s: float) -> float:
    """How long to wait between two looks at a process if one takes `look_s`."""
    return max(LOOK_EVERY_S, _PAUSE_TIMES * look_s)


def tree_bytes(root: int) -> int:
    """Proportional set size of a process and all below it; 0 where the system does not tell."""
    total, todo = 0, [root]
    while todo:
        folder = Path(f"/proc/{todo.pop()}")
        try:
            for thread in (folder / "task").iterdir():
                todo += map(int, (thread / "children").read_text().split())
            found = re.search(r"^Pss:\s+(\d+) kB", (folder / "smaps_rollup").read_text(), re.M)
        except OSError:
            continue  # it has ended since it was listed, or this system keeps no such files
        total += int(found[1]) << 10 if found else 0
    return total
