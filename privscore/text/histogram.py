"""Histograms for a terminal: how often which value occurs, as bars of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table

from privscore.text.wide_table import natural_width

ROWS = 12
_BAR_CELLS = 24
_LEAST_CELLS = 6  # of a bar that still shows something
_GAP = 4  # columns between two histograms
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Histogram(msgspec.Struct, frozen=True):
    """Bars from the lowest value up; `starts[k]` is where bar k begins, `counts[k]` its height."""

    title: str
    starts: tuple[float, ...]
    counts: tuple[int, ...]

    def table(self, cells: int) -> Table:
        """The bars without their title, the longest one of so many cells."""
        table = Table(box=None, pad_edge=False)
        table.add_column("from", justify="right", style="dim", header_style="dim", no_wrap=True)
        table.add_column("", width=cells)
        table.add_column("how many", justify="right", header_style="dim", no_wrap=True)
        most = max(self.counts)
        for start, count in zip(self.starts, self.counts, strict=True):
            table.add_row(_number(start), bar(count / most, cells), f"{count:,}")
        return table


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Histograms beside each other; where that leaves too little for bars, one below the other."""

    histograms: tuple[Histogram, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        labels = [natural_width(each.table(1), console, options) - 1 for each in self.histograms]
        gaps = _GAP * (len(labels) - 1)
        cells = (options.max_width - gaps - sum(labels)) // len(labels)
        if cells >= _LEAST_CELLS:
            cells = min(cells, _BAR_CELLS)
            row = Table.grid(padding=(0, _GAP), pad_edge=False)
            for width in labels:
                row.add_column(width=width + cells)  # or a long title would take from another's
            row.add_row(*(histogram.title for histogram in self.histograms))
            row.add_row(*(histogram.table(cells) for histogram in self.histograms))
            yield row
            return
        for histogram, width in zip(self.histograms, labels, strict=True):
            yield histogram.title
            yield histogram.table(max(1, min(options.max_width - width, _BAR_CELLS)))


def histogram(title: str, values: NDArray[Any]) -> Histogram:
    """The values of an array, of any shape but not empty, in at most `ROWS` bars; NaN is left out.

    Few different values get a bar each. Unsigned integers of many values are set against the
    whole range of their dtype, since that is what the elements of a ring are spread over.
    """
    flat = values[~np.isnan(values)].ravel() if values.dtype.kind == "f" else values.ravel()
    distinct, counts = np.unique(flat, return_counts=True)
    if len(distinct) <= ROWS:
        return Histogram(title, tuple(map(float, distinct)), tuple(map(int, counts)))
    whole = np.iinfo(flat.dtype) if flat.dtype.kind == "u" else None
    low, high = (0, whole.max + 1) if whole else (distinct[0], distinct[-1])
    counts, edges = np.histogram(flat.astype(np.float64), ROWS, (float(low), float(high)))
    return Histogram(title, tuple(map(float, edges[:-1])), tuple(map(int, counts)))


def bar(share: float, cells: int = _BAR_CELLS) -> str:
    """A bar of text, for a share of the longest one, which has so many cells."""
    eighths = round(share * cells * 8)
    if share and not eighths:
        eighths = 1  # one person among many is still to be seen
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
