"""What can be learned in a run, as sentences and as a line of the party x fact matrix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import msgspec

from privscore.consortium.policy import FACT_WORDS, Fact
from privscore.text.words import listed

How: TypeAlias = Literal["message", "output", "key", "protocol", "follows", "found", "own data"]
HowIf: TypeAlias = How | Literal["not_checked"]

SIZE: Final = "size"
FACTS: Final = (FACT_WORDS[0], SIZE, *FACT_WORDS[1:])  # the columns of the matrix


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was learned about people, as a sentence and in the words of the scale."""

    sentence: str
    how: How
    fact: str = ""  # one of FACTS, or empty for what is on no scale
    of: tuple[str, ...] = ()  # whose values; empty: everybody's answer
    people: int  # about how many
    what: str = ""  # of a value in the clear: what its message says it is


class NotChecked(msgspec.Struct, frozen=True):
    """Points that might follow one by one, where nobody could look for it, and why not."""

    of: tuple[str, ...]  # the platforms
    why: str

    @property
    def sentence(self) -> str:
        """As a line of the page."""
        return (
            f"not looked for: for whom the sum of the points of {listed(self.of)} can come about "
            f"in one way only, since {self.why}"
        )


class Cell(msgspec.Struct, frozen=True):
    """One entry of the matrix: how it was learned, whose values, and about how many people.

    `not_checked` is what might have been learned by a deduction that could not be looked for.
    """

    how: HowIf
    of: tuple[str, ...]
    people: int


Row: TypeAlias = dict[str, Cell]


def row(facts: Iterable[Learned], people: int, not_checked: Iterable[NotChecked] = ()) -> Row:
    """A line of the matrix from all that was learned; a step of the scale contains those below.

    `nothing` stands where no step of the scale was learned, whatever else was; a deduction that
    was not looked for, where nothing else says the same.
    """
    cells: Row = {}
    for learned in facts:
        if not learned.fact:
            continue
        cell = cells.get(learned.fact, Cell(learned.how, (), 0))
        of = tuple(dict.fromkeys((*cell.of, *learned.of)))
        cells[learned.fact] = Cell(cell.how, of, max(cell.people, learned.people))
    columns = cells.get(Fact.COLUMNS.word)
    if columns is not None and Fact.POINTS.word not in cells:
        how: HowIf = "own data" if columns.how == "own data" else "follows"
        cells[Fact.POINTS.word] = Cell(how, columns.of, columns.people)
    for unchecked in not_checked:
        cells.setdefault(Fact.POINTS.word, Cell("not_checked", unchecked.of, 0))
    for step in (Fact.SCORE, Fact.TIER, Fact.DECISION):
        above = cells.get(Fact(step + 1).word)
        if above is not None and step.word not in cells:
            cells[step.word] = above
    if not cells.keys() - {SIZE}:
        cells[Fact.NOTHING.word] = Cell("message", (), people)
    return {fact: cells[fact] for fact in FACTS if fact in cells}


def values_of(facts: Iterable[Learned], *words: str) -> set[str]:
    """The platforms of which these steps are known for everybody that the facts speak of."""
    return {name for each in facts if each.fact in words for name in each.of}


def answer_of(facts: Iterable[Learned]) -> Fact:
    """How much of everybody's answer is known."""
    steps = [Fact.named(each.fact) for each in facts if each.fact in FACT_WORDS and not each.of]
    return max(steps, default=Fact.NOTHING)
