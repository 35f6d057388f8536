"""The toy consortium's data: 200 made-up people, whom eight platforms know in part."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

PEOPLE = 200
_SEED = 2017

Draw: TypeAlias = Callable[[np.random.Generator, NDArray[np.float64]], NDArray[np.int64]]


def _falling(most: int) -> Draw:
    """Counts that fall with reliability, such as late payments."""
    return lambda rng, care: rng.binomial(most, 0.6 * (1 - care))


def _rising(most: int) -> Draw:
    """Counts that rise with reliability, such as months of membership."""
    return lambda rng, care: rng.binomial(most, 0.2 + 0.7 * care)


# platform -> the share of people it knows, and its columns
TABLES: dict[str, tuple[float, dict[str, Draw]]] = {
    "wallet": (0.95, {"late_90d": _falling(8), "balance": _rising(5_000)}),
    "marketplace": (0.8, {"returns": _falling(12)}),
    "social": (0.7, {"years": _rising(12)}),
    "dating": (0.3, {"reports": _falling(4)}),
    "rides": (0.6, {"no_shows": _falling(6)}),
    "telecom": (0.9, {"months": _rising(120)}),
    "games": (0.5, {"disputes": _falling(5)}),
    "utility": (0.85, {"late_bills": _falling(10)}),
}


def make(directory: Path) -> None:
    """Write one CSV per platform into `directory`: always the same people."""
    rng = np.random.default_rng(_SEED)
    care = rng.beta(3, 2, PEOPLE)  # how reliable each person is, from 0 to 1
    ids = [f"p{number:03d}" for number in range(PEOPLE)]
    for platform, (share, columns) in TABLES.items():
        knows = rng.random(PEOPLE) < share
        values = {name: draw(rng, care).tolist() for name, draw in columns.items()}
        with (directory / f"{platform}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["person", *columns])
            writer.writerows(
                row
                for row, known in zip(zip(ids, *values.values(), strict=True), knows, strict=True)
                if known
            )
