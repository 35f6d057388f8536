"""Worker processes: how many, and how they are started.

Processes rather than threads: NumPy on blocks of this size and SEAL both hold the interpreter.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from privscore import machine

_PAYS_PEOPLE = 150_000  # three shards: fewer are played before new processes have begun


def wanted(people: int) -> int:
    """How many workers a job about so many people should have here; 1 for none of their own."""
    return machine.cores() if people >= _PAYS_PEOPLE else 1


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor | None]:
    """Worker processes that begin at once, beside what the caller does first; None for one.

    They share nothing with this process: they are started afresh, not forked.
    """
    if workers <= 1:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        pool.submit(_begin)
        yield pool


def _begin() -> None:
    """Import what a shard needs."""
    import privscore.worker  # noqa: F401
