"""Worker processes: fresh ones for work, and one whose memory is watched from outside."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

from privscore.runs import machine

T = TypeVar("T")

LOOK_EVERY_S = 0.02
_PAUSE_TIMES = 5  # as long as a look took, which holds the watched process up


class Workers(ProcessPoolExecutor):
    """Processes that share nothing with this one: started afresh, not forked.

    Ctrl-C goes to this process alone, which then ends them and their work. After an error no
    further work is started.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count, mp_context=multiprocessing.get_context("spawn"))

    def submit(self, work: Callable[..., T], /, *given: Any, **named: Any) -> Future[T]:
        """As any executor's; it may start a process."""
        with without_interrupts():
            return super().submit(work, *given, **named)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None and not issubclass(kind, Exception):
            for child in multiprocessing.active_children():
                child.kill()
        self.shutdown(cancel_futures=kind is not None)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """A process that is started in here never gets a Ctrl-C, which a terminal sends to all."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True, slots=True)
class Watched(Generic[T]):
    """What the work returned; peak bytes are 0 where the system does not tell."""

    result: T
    peak_bytes: int


def watched(work: Callable[..., T], *arguments: object) -> Watched[T]:
    """Do `work`, a function of a module, in a fresh process; memory is that of all below it too.

    Raises what the work raises, and BrokenProcessPool if its process was killed.
    """
    with Workers(1) as pool:
        pid = pool.submit(os.getpid).result()
        peak = 0
        future = pool.submit(work, *arguments)
        while not future.done():
            clock = time.perf_counter()
            peak = max(peak, tree_bytes(pid))
            wait([future], timeout=_pause_s(time.perf_counter() - clock))
        return Watched(future.result(), peak)


def in_fresh_process(work: Callable[..., T], *arguments: object) -> Watched[T]:
    """Do `work`, a function of a module, in a fresh process; memory as a run counts its own.

    Raises as `watched` does.
    """
    with Workers(1) as pool:
        return pool.submit(_counted, work, *arguments).result()


def _counted(work: Callable[..., T], *arguments: object) -> Watched[T]:
    result = work(*arguments)
    return Watched(result, machine.peak_bytes(1))


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
            match = re.search(r"^Pss:\s+(\d+) kB", (folder / "smaps_rollup").read_text(), re.M)
        except OSError:
            continue  # it has ended since it was listed, or this system keeps no such files
        total += int(match[1]) << 10 if match else 0
    return total
