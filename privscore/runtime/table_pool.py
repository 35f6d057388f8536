"""The platforms' tables in one job of the memory runtime, each read once, beside the job's opening.

A table may be needed twice: for whom the platform knows, where no list of people is given, and for
their columns. In between it lies on the disk. While the requester takes the union of the first
lists, the tables behind them are still being read; each is whole and checked before its platform
says anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from privscore.consortium import Consortium
from privscore.job.party_job import PartyJob
from privscore.runs import machine
from privscore.runs.pool import in_threads
from privscore.tables import Table, open_table


class OpenTables:
    """Tables that are read already or being read, by party."""

    def __init__(self, consortium: Consortium) -> None:
        self._consortium = consortium
        self._pool = ThreadPoolExecutor(machine.cores())
        self._read: dict[str, Future[Table]] = {}

    def someone_knows(self, people: int) -> bool:
        """Whether any platform knows so many people or more; the first that does is enough.

        Raises Refused for a faulty table on the way.
        """
        platforms = self._consortium.agreement.data_parties
        return any(self._table(party).count >= people for party in platforms)

    def known(self, party: str) -> bytes:
        """Whom a platform knows, as a list of people; Refused for a faulty table."""
        return self._table(party).people()

    def take(self, party: str) -> Table:
        """The table of a platform, read now if it was not; the caller closes it."""
        if party in self._read:
            return self._read.pop(party).result()
        return open_table(self._consortium, party)

    def prepared(
        self, jobs: Mapping[str, PartyJob], people: int, materials: Mapping[str, bytes]
    ) -> Iterator[None]:
        """Every platform's own work, side by side, where a course does it alone; one at a time."""

        def prepare(party: str) -> None:
            jobs[party].prepare(people, materials[party])

        return in_threads(prepare, self._consortium.agreement.data_parties)

    def close(self) -> None:
        """Close what nobody took."""
        self._pool.shutdown(cancel_futures=True)
        for reading in self._read.values():
            if not reading.cancelled() and reading.exception() is None:
                reading.result().close()
        self._read.clear()

    def _table(self, party: str) -> Table:
        """The table of a platform; all of them are read from the first question on."""
        if not self._read:
            for name in self._consortium.agreement.data_parties:
                self._read[name] = self._pool.submit(open_table, self._consortium, name)
        return self._read[party].result()
