"""Tables of figures in a terminal of any width: in as many parts as they need, and none is cut."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table

_UNBOUNDED = 1000  # columns of a terminal on which a table is as wide as it likes


@dataclass(frozen=True, slots=True)
class InParts:
    """A table, one below the other in parts of nearly as many columns; the first is in each.

    As few parts as fit. Where even one column beside the first is too wide, it runs over the edge
    of the terminal rather than lose a figure.
    """

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        others = len(self.table.columns) - 1
        for parts in range(1, others + 1):
            cut = [_part(self.table, numbers) for numbers in _slices(others, parts)]
            widths = [natural_width(part, console, options) for part in cut]
            if max(widths) <= options.max_width or parts == others:
                for number, (part, width) in enumerate(zip(cut, widths, strict=True)):
                    if number and not part.show_edge:
                        yield ""
                    part.width = width
                    yield part
                return


def _slices(count: int, parts: int) -> Iterator[Sequence[int]]:
    """The numbers from 1 to `count` in a row of slices; the first ones are the longer ones."""
    start = 1
    for part in range(parts):
        size = count // parts + (part < count % parts)
        yield range(start, start + size)
        start += size


def _part(table: Table, numbers: Sequence[int]) -> Table:
    """The first column and those of `numbers`, with the table's own rows."""
    part = copy.copy(table)
    columns = [table.columns[number] for number in (0, *numbers)]
    part.columns = [
        replace(column, no_wrap=True, _index=index) for index, column in enumerate(columns)
    ]
    return part


def natural_width(table: Table, console: Console, options: ConsoleOptions) -> int:
    """How wide a table is if nothing in it is cut or wrapped."""
    return console.measure(table, options=options.update(width=_UNBOUNDED)).maximum
