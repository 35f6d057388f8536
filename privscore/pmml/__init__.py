"""Scorecards in PMML 4.4, in and out.

    elements.py     XML without entities, each element with its line
    known.py        what of PMML has a meaning here
    predicates.py   where a predicate's truth can change, and what it is
    fields.py       a model's fields as our columns
    attributes.py   attributes as bins and points
    reading.py      a file as a card
    writing.py      a card as a file

Points, reasons, missing values, bins, base and clip go both ways; so do sums and maxima of columns,
ranges and the mark `contested`. Tiers, odds, parties and policy have no place in PMML; a weight is
refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from privscore.card.scorecard import Scorecard
from privscore.files import write_new
from privscore.pmml.reading import Imported, imported
from privscore.pmml.writing import pmml_text

__all__ = ["Imported", "imported", "pmml_text", "read_pmml", "write_pmml"]


def read_pmml(path: str | Path, platforms: Mapping[str, str] | None = None) -> Scorecard:
    """The card in a PMML 4.4 file; raises Refused for one that it cannot be read from exactly.

    `platforms` says who holds a field whose name is not `platform.column`: field -> platform.
    """
    return imported(Path(path), platforms).card


def write_pmml(card: Scorecard, path: str | Path, name: str = "scorecard") -> None:
    """Write a card as PMML 4.4 into a new file; raises Refused if it is there or cannot be made."""
    write_new(Path(path), pmml_text(card, name))
