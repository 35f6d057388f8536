"""A society to score: made-up people, what eight platforms know of them, and what became of them.

    people.py   who lives there: traits that nobody sees, and which platforms know whom
    events.py   what happens to them in a year, platform by platform, and who defaults after it
    graph.py    who is a friend of whom
    write.py    all of it as Parquet, there whole or not at all
    sample.py   the sample consortium over these files, and its features

A society's folder holds one folder per platform, `truth` with what no platform knows, and
`society.json` with the seed and every file. The same people, seed and library versions make the
same files, however many workers write them.
"""

from __future__ import annotations

import concurrent.futures
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from privscore.errors import Refused
from privscore.files import new_folder
from privscore.runs.worker_processes import Workers
from privscore.society.events import Table, badly_late, defaults, tables_of
from privscore.society.graph import friends_of, seated
from privscore.society.people import PLATFORMS, People, Recipe, people_of
from privscore.society.sample import features, scenario
from privscore.society.write import (
    SCHEMA,
    Manifest,
    PartFile,
    read_manifest,
    write_manifest,
    write_parts,
)

__all__ = ["PLATFORMS", "Society", "features", "generate", "open_society", "scenario"]

_WORKERS_RANGE = (1, 64)
_NO_EVENTS = ("accounts", "friends", "people")


@dataclass(frozen=True, slots=True)
class Society:
    """A whole society on the disk."""

    directory: Path
    manifest: Manifest

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has, by its name 'platform/table'."""
        count: Counter[str] = Counter()
        for part in self.manifest.files:
            count[part.table] += part.rows
        return dict(count)

    @property
    def events(self) -> int:
        """How many raw events the platforms have seen, accounts and friendships not counted."""
        return sum(
            rows for name, rows in self.rows.items() if name.rpartition("/")[2] not in _NO_EVENTS
        )

    @property
    def bytes(self) -> int:
        """The size of all its files."""
        return sum(part.bytes for part in self.manifest.files)

    def files(self, table: str) -> str:
        """All parts of a table such as 'truth/people', as a pattern that DuckDB reads."""
        return str(self.directory / table / "*.parquet")


def generate(
    directory: Path | str,
    *,
    people: int,
    seed: int = 1,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Society:
    """Make a society of `people` in `directory`, which must not exist yet or be empty.

    `progress` is told after each step how many of how many are done. Memory grows with `workers`,
    hardly with `people`. With more than one worker and more than 65,536 people it starts processes,
    so a script calls it under `if __name__ == "__main__":`. Raises Refused for a parameter out of
    range, a folder in use, and a disk that does not take it all; then nothing is left of it.
    """
    recipe = Recipe(people, seed)
    if not _WORKERS_RANGE[0] <= workers <= _WORKERS_RANGE[1]:
        raise Refused(
            "the number of workers is out of range",
            f"Choose one from {_WORKERS_RANGE[0]} to {_WORKERS_RANGE[1]}.",
        )
    directory = Path(directory).absolute()
    with new_folder(directory) as folder:
        steps = 1 + recipe.blocks
        files: list[PartFile] = []
        for done, parts in enumerate(_steps(recipe, folder, workers), start=1):
            files += parts
            if progress is not None:
                progress(done, steps)
        files.sort(key=lambda part: part.path)
        versions = {"duckdb": duckdb.__version__, "numpy": np.__version__}
        write_manifest(folder, Manifest(SCHEMA, people, seed, versions, files))
    return open_society(directory)


def open_society(directory: Path | str) -> Society:
    """The society in a folder; raises Refused unless all of it is there."""
    directory = Path(directory).absolute()
    return Society(directory, read_manifest(directory))


def _steps(recipe: Recipe, folder: Path, workers: int) -> Iterator[list[PartFile]]:
    """What each step has written, in the order in which they end."""
    if workers == 1 or recipe.blocks == 1:
        yield _write_friends(recipe, folder)
        for block in range(recipe.blocks):
            yield _write_block(recipe, folder, block)
        return
    with Workers(workers) as pool:
        # The friends take longest, so they go first.
        running = [pool.submit(_write_friends, recipe, folder)]
        running += [pool.submit(_write_block, recipe, folder, at) for at in range(recipe.blocks)]
        try:
            for step in concurrent.futures.as_completed(running):
                yield step.result()
        except BrokenProcessPool as error:
            raise Refused(
                "a worker was killed, most often for want of memory", "Use fewer workers."
            ) from error


def _write_block(recipe: Recipe, folder: Path, block: int) -> list[PartFile]:
    people = people_of(recipe, block)
    tables = tables_of(recipe, block, people)
    late = badly_late(people, tables)
    defaulted = defaults(recipe, block, people, late)
    tables["truth/people"] = _truth(people) | {"badly_late": late, "defaulted": defaulted}
    return write_parts(folder, block, tables)


def _write_friends(recipe: Recipe, folder: Path) -> list[PartFile]:
    ring = seated(recipe)
    return [
        part
        for block in range(ring.blocks)
        for part in write_parts(folder, block, {"social/friends": friends_of(recipe, ring, block)})
    ]


def _truth(people: People) -> Table:
    """What no platform knows, one row per person."""
    return {
        "person": np.arange(people.first, people.first + len(people), dtype=np.int32),
        "thin_file": people.thin_file,
        **{platform: people.knows[:, at] for at, platform in enumerate(PLATFORMS)},
        "neighbourhood": people.neighbourhood,
        "age": people.age,
        "reliability": people.reliability,
        "income": people.income,
        "sociability": people.sociability,
        "playfulness": people.playfulness,
        "setback_day": people.setback_day,
    }
