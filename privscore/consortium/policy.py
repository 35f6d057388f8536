"""What may be opened to a party: a scale, and the policy that says how far up each may see."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal, TypeAlias

Dropout: TypeAlias = Literal["abort", "neutral"]


class Fact(enum.IntEnum):
    """What a party may learn about the people of a job; each step contains all before it."""

    NOTHING = 0
    DECISION = 1  # one bit: in the tier that was asked for, or not
    TIER = 2
    SCORE = 3  # clipped
    TOTAL = 4  # unclipped
    POINTS = 5  # by platform
    COLUMNS = 6

    @classmethod
    def named(cls, word: str) -> Fact:
        """The fact that a file calls `word`; raises ValueError for a word that is none."""
        try:
            return _BY_WORD[word]
        except KeyError:
            raise ValueError(f"{word!r} is not one of {', '.join(_BY_WORD)}") from None

    @property
    def word(self) -> str:
        """How a file calls it."""
        return self.name.lower()


_BY_WORD = {fact.word: fact for fact in Fact}
FACT_WORDS = tuple(_BY_WORD)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the parties have agreed may come out of a job, and when it must not run at all."""

    reveal: tuple[tuple[str, Fact], ...]  # (party, the most it may learn), sorted by party
    min_people: int = 50
    accept_output_leak: bool = False
    dropout: Dropout = "abort"
    sheet: bool = True  # whether a person may ask for a sheet of its own

    def allowed(self, party: str) -> Fact:
        """The most that `party` may learn: NOTHING unless the file says more."""
        return dict(self.reveal).get(party, Fact.NOTHING)
