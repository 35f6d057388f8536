"""Work on several cores: threads for a platform's own data, processes for shards.

DuckDB and NumPy let go of the interpreter while they read and sort large tables, so threads do for
those. A shard is many small steps of NumPy, and SEAL, which both hold it: hence processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from privscore.runs import machine

T = TypeVar("T")
R = TypeVar("R")

# Shards that are played here first, to estimate whether workers pay; the first loads libraries.
PROBE_SHARDS = 2
START_S = 0.5  # until new processes have begun; this one works meanwhile
_PAYS_S = 3.0  # of work: below that, 50 MB and more for each new process are too much


def in_threads(work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """The results of `work`, in order, with as many at a time as there are cores."""
    if len(items) < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(min(machine.cores(), len(items))) as pool:
        yield from pool.map(work, items)


def wanted(seconds: float) -> int:
    """How many processes so much work should have here; 1 for this one alone."""
    return machine.cores() if seconds > _PAYS_S else 1
