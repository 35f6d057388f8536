"""The people of a job, cut into runs that one session handles."""

from __future__ import annotations

from dataclasses import dataclass

SHARD_PEOPLE = 65_536


@dataclass(frozen=True, slots=True)
class Shard:
    """A run of people that one session handles: number, first person, how many."""

    number: int
    start: int
    people: int

    @property
    def name(self) -> str:
        """How its session's files are called."""
        return f"shard-{self.number:05d}"


def shards(people: int, size: int = SHARD_PEOPLE) -> list[Shard]:
    """The people of a job, cut into shards of at most `size`."""
    return [
        Shard(number, start, min(size, people - start))
        for number, start in enumerate(range(0, people, size))
    ]
