"""Histograms for a terminal: how often which value occurs, as bars of text."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.table import Table

ROWS = 12
_BAR_CELLS = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Histogram(msgspec.Struct, frozen=True):
    """Bars from the lowest value up; `starts[k]` is where bar k begins, `counts[k]` its height."""

    title: str
    starts: tuple[float, ...]
    counts: tuple[int, ...]

    def __rich__(self) -> Table:
        table = Table(title=self.title, title_justify="left", title_style="", box=None)
        table.add_column("from", justify="right", style="dim", header_style="dim")
        table.add_column("", width=_BAR_CELLS)
        table.add_column("how many", justify="right", header_style="dim")
        most = max(self.counts)
        for start, count in zip(self.starts, self.counts, strict=True):
            table.add_row(_number(start), bar(count / most), f"{count:,}")
        return table


def histogram(title: str, values: NDArray[Any]) -> Histogram:
    """The values of an array, of any shape but not empty, in at most `ROWS` bars; NaN is left out.

    Few different values get a bar each. Unsigned integers of many values are set against the
    whole range of their dtype, since that is what the elements of a ring are spread over.
    """
    flat = values[~np.isnan(values)].ravel() if values.dtype.kind == "f" else values.ravel()
    found, counts = np.unique(flat, return_counts=True)
    if len(found) <= ROWS:
        return Histogram(title, tuple(map(float, found)), tuple(map(int, counts)))
    whole = np.iinfo(flat.dtype) if flat.dtype.kind == "u" else None
    low, high = (0, whole.max + 1) if whole else (found[0], found[-1])
    counts, edges = np.histogram(flat.astype(np.float64), ROWS, (float(low), float(high)))
    return Histogram(title, tuple(map(float, edges[:-1])), tuple(map(int, counts)))


def bar(share: float) -> str:
    """A bar of text, for a share of the longest one."""
    eighths = round(share * _BAR_CELLS * 8)
    if share and not eighths:
        eighths = 1  # one person among many is still to be seen
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
