"""A made-up society on the disk, with the sample consortium over it: what `society` does."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType

from privscore import society
from privscore.runs import machine
from privscore.text.progress import Progress

_MOST_WORKERS = 4  # each holds a block of people in memory


class SocietySummary(msgspec.Struct, frozen=True, kw_only=True):
    """What was made, and what to do with it."""

    directory: str
    people: int
    seed: int
    events: int
    bytes: int
    consortium: str
    next: tuple[str, ...]

    def __rich__(self) -> RenderableType:
        return Group(
            f"{self.directory}: {self.people:,} people, of whom eight platforms have seen "
            f"{self.events:,} events in a year; {self.bytes / 1e6:,.0f} MB; seed {self.seed}",
            "next:",
            *(f"  {line}" for line in self.next),
        )


def make_society(
    directory: Path,
    *,
    people: int,
    seed: int = 1,
    features: bool = False,
    progress: Progress = lambda _phase, _done, _of: None,
) -> SocietySummary:
    """Make a society and put the sample consortium into its folder.

    With `features` each platform's SQL runs once, here, and the consortium reads what it wrote.
    Raises Refused as `society.generate` does.
    """
    workers = min(_MOST_WORKERS, machine.cores())
    made = society.generate(
        directory,
        people=people,
        seed=seed,
        workers=workers,
        progress=lambda done, of: progress("society", done, of),
    )
    try:
        if features:
            progress("features", 0, 1)
            society.features(directory)
            progress("features", 1, 1)
        # As the user wrote it, so that the lines below can be typed from where he stands.
        file = directory / society.scenario(directory, ready=features).name
    except BaseException:  # all in the folder is ours: `generate` takes no other
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return SocietySummary(
        directory=str(directory),
        people=people,
        seed=seed,
        events=made.events,
        bytes=made.bytes,
        consortium=str(file),
        next=(f"privscore check {file}", f"privscore compare {file} --html report.html"),
    )
