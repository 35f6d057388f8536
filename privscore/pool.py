"""Worker processes: how many, and how they are started.

Processes rather than threads: NumPy on blocks of this size and SEAL both hold the interpreter.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from privscore import machine

_WORKER_PAYS_PEOPLE = 200_000  # below this, starting processes takes longer than they save


def wanted(people: int) -> int:
    """How many workers a job about so many people should have here; 1 for none of their own."""
    return machine.cores() if people >= _WORKER_PAYS_PEOPLE else 1


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor | None]:
    """Worker processes, or None where one process does it all."""
    if workers <= 1:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield pool
