"""Tables without those of some platforms: what a score is where everybody is unknown to these."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Column
from privscore.consortium import Consortium
from privscore.runtime.table_pool import OpenTables
from privscore.tables import Table
from privscore.tables.id_index import count_people
from privscore.tables.people import BLOCK_PEOPLE, blocks_of


class LostTables(OpenTables):
    """The tables of a consortium, but for the lost platforms, which know nobody."""

    def __init__(self, consortium: Consortium, lost: Collection[str]) -> None:
        super().__init__(consortium)
        self._lost = frozenset(lost)

    def known(self, party: str) -> bytes:
        """See `OpenTables.known`."""
        return b"" if party in self._lost else super().known(party)

    def take(self, party: str) -> Table:
        """See `OpenTables.take`."""
        return EmptyTable() if party in self._lost else super().take(party)


class EmptyTable(Table):
    """A table without rows."""

    def __init__(self) -> None:
        """Nothing is opened."""

    def close(self) -> None:
        """Nothing was opened."""

    def known_columns(
        self, people: bytes, names: Sequence[str], *, block_people: int = BLOCK_PEOPLE
    ) -> Iterator[tuple[NDArray[np.bool_], dict[str, Column]]]:
        """See `Table.known_columns`: everybody and every value is unknown."""
        for block in blocks_of(people, block_people):
            count = count_people(block)
            yield np.zeros(count, np.bool_), {name: np.full(count, np.nan) for name in names}
