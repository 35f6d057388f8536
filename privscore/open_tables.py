"""The platforms' tables in one job of the memory runtime: read once if small, twice if large.

A table is needed twice where no list of people is given: for whom the platform knows, and for
their columns. A small one stays open in between, which saves reading a CSV again; a large one is
closed, so that eight of them never lie in memory side by side, and is read again.
"""

from __future__ import annotations

from privscore.consortium import Consortium
from privscore.tables import Table, count_people, open_table

_SMALL_PEOPLE = 100_000


class OpenTables:
    """Tables that are read already, by party."""

    def __init__(self, consortium: Consortium) -> None:
        self._consortium = consortium
        self._open: dict[str, Table] = {}

    def known(self, party: str) -> bytes:
        """Whom a platform knows, as a list of people."""
        table = open_table(self._consortium, party)
        people = table.people()
        if count_people(people) <= _SMALL_PEOPLE:
            self._open[party] = table
        else:
            table.close()
        return people

    def take(self, party: str) -> Table:
        """The table of a platform, read again if it was large; the caller closes it."""
        return self._open.pop(party, None) or open_table(self._consortium, party)

    def close(self) -> None:
        """Close what nobody took."""
        for table in self._open.values():
            table.close()
        self._open.clear()
