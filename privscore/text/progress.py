"""How far long work has come: a bar for each phase on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

Progress: TypeAlias = Callable[[str, int, int], None]  # phase, done, of how many


@contextmanager
def progress_bars(*, quiet: bool) -> Iterator[Progress]:
    """A bar for each phase on standard error; nothing where that is not a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _phase, _done, _of: None
        return
    from rich import progress as bar  # which takes its time to load, and mostly for nothing
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        bar.TextColumn("{task.description:>8}"),
        bar.BarColumn(),
        bar.MofNCompleteColumn(),
        bar.TimeElapsedColumn(),
    )
    with bar.Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(phase: str, done: int, of: int) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=of)
            bars.update(tasks[phase], completed=done)

        yield report
