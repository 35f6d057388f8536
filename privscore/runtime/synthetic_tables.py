"""Tables other than the consortium's own: made up for a rehearsal, or without the lost platforms.

A rehearsal is played on made-up tables, so that it opens nothing. Without those of lost platforms
the score is what it is where everybody is unknown to these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Column
from privscore.consortium import Consortium
from privscore.consortium.agreement import Agreement
from privscore.runtime.table_pool import OpenTables
from privscore.tables import Table
from privscore.tables.id_index import count_people
from privscore.tables.people import BLOCK_PEOPLE, blocks_of


class MadeUpTables(OpenTables):
    """Every platform knows the same made-up people and has made-up values about them."""

    def __init__(self, consortium: Consortium, people: int) -> None:
        super().__init__(consortium)
        self._agreement = consortium.agreement
        self._people = made_up_list(people)

    def someone_knows(self, people: int) -> bool:
        """See `OpenTables.someone_knows`; there is nothing to read."""
        return count_people(self._people) >= people

    def known(self, party: str) -> bytes:
        """See `OpenTables.known`."""
        return self._people

    def take(self, party: str) -> Table:
        """See `OpenTables.take`."""
        return MadeUpTable(self._agreement, party, self._people.count(b"\n") + 1)


class MadeUpTable(Table):
    """Values that fall into every bin of the card, and some that are missing."""

    def __init__(self, agreement: Agreement, party: str, people: int) -> None:
        self._pools = {
            name: _values(agreement, f"{party}.{name}")
            for name in agreement.scorecard.columns_of(party)
        }
        self._known = people

    def close(self) -> None:
        """Nothing was opened."""

    def known_columns(
        self, people: bytes, names: Sequence[str], *, block_people: int = BLOCK_PEOPLE
    ) -> Iterator[tuple[NDArray[np.bool_], dict[str, Column]]]:
        """See `Table.known_columns`; the values are random, whoever is on the list."""
        dice = np.random.default_rng(0)
        for start in range(0, self._known, block_people):
            size = min(block_people, self._known - start)
            values = {name: dice.choice(self._pools[name], size) for name in names}
            yield np.ones(size, np.bool_), values


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


def made_up_card(consortium: Consortium) -> Consortium:
    """The consortium with made-up numbers where they are hidden: least points, weights of 0."""
    card, owner = consortium.agreement.scorecard, consortium.owner
    if card.secret is None or owner is None:
        return consortium
    least = float(card.secret.least)
    lines = (*card.characteristics, *card.disabled)
    made_up = [
        [0.0, least] if each.weighted else [least] * (each.missing_bin + 1) for each in lines
    ]
    whole = card.with_numbers(np.concatenate(made_up))
    private = replace(consortium.private_of(owner), card=whole)
    return replace(consortium, private=consortium.private | {owner: private})


def made_up_list(people: int) -> bytes:
    """So many ids, one a line."""
    return b"\n".join(b"made-up-%d" % number for number in range(people))


def _values(agreement: Agreement, column: str) -> NDArray[np.float64]:
    """One value for each bin of every characteristic that looks at a column, and an unknown one."""
    values = [np.nan]
    for characteristic in agreement.scorecard.characteristics:
        if column in characteristic.columns:
            bins, ends = characteristic.bins, characteristic.range
            cuts = (bins[0] - 1, *bins) if bins else ends or (0,)
            values += [float(cut if ends is None else np.clip(cut, *ends)) for cut in cuts]
    return np.array(values)
