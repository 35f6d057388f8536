"""The platforms' tables in one job of the memory runtime, each read once.

A table may be needed twice: for whom the platform knows, where no list of people is given, and for
their columns. In between it lies on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from privscore.consortium import Consortium
from privscore.job import PartyJob
from privscore.runtime.pool import in_threads
from privscore.tables import Table, open_table


class OpenTables:
    """Tables that are read already, by party."""

    def __init__(self, consortium: Consortium) -> None:
        self._consortium = consortium
        self._open: dict[str, Table] = {}

    def read(self, parties: Sequence[str]) -> int:
        """Read these parties' tables, side by side; how many people the largest one knows.

        Raises Refused for the first faulty one.
        """
        for _ in in_threads(self._read, [each for each in parties if each not in self._open]):
            pass
        return max(self._open[party].count for party in parties)

    def known(self, party: str) -> bytes:
        """Whom a platform knows, as a list of people."""
        self.read([party])
        return self._open[party].people()

    def take(self, party: str) -> Table:
        """The table of a platform, read now if it was not; the caller closes it."""
        return self._open.pop(party, None) or open_table(self._consortium, party)

    def aggregated(self, jobs: Mapping[str, PartyJob]) -> Iterator[None]:
        """Every platform's table becomes what its part of a job needs; yields after each."""

        def aggregate(party: str) -> None:
            with self.take(party) as table:
                jobs[party].aggregate_locally(table)

        return in_threads(aggregate, self._consortium.agreement.data_parties)

    def close(self) -> None:
        """Close what nobody took."""
        for table in self._open.values():
            table.close()
        self._open.clear()

    def _read(self, party: str) -> None:
        self._open[party] = open_table(self._consortium, party)
