"""Predicates of one field: where their truth can change, and whether they hold at a value.

As PMML defines them: true, false, or unknown where the value is missing. The truth of a predicate
is the same all over a stretch between two cuts, so it is enough to ask at where each one begins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from privscore.pmml.elements import Element
from privscore.pmml.known import check_known

Truth: TypeAlias = bool | None  # None: unknown
Value: TypeAlias = float | None  # None: missing

_MISSING = ("isMissing", "isNotMissing")


def check_predicate(predicate: Element) -> None:
    """Raise Refused for a predicate that has no meaning here, down to its last part."""
    check_known(predicate)
    if predicate.tag == "SimplePredicate":
        predicate.text("field")
        if predicate.text("operator") not in _MISSING:
            predicate.number("value")
    elif predicate.tag == "CompoundPredicate":
        predicate.text("booleanOperator")
        if not any(_parts(predicate)):
            raise predicate.refused("CompoundPredicate joins nothing", "Put predicates into it.")
    for part in _parts(predicate):
        check_predicate(part)


def fields_of(predicate: Element) -> Iterator[str]:
    """The fields that a predicate looks at."""
    if predicate.tag == "SimplePredicate":
        yield predicate.text("field")
    for part in _parts(predicate):
        yield from fields_of(part)


def cuts_of(predicate: Element, *, whole: bool) -> Iterator[float]:
    """Where the truth of a predicate can change; `whole` if the field holds only whole numbers."""
    if predicate.tag == "SimplePredicate" and predicate.text("operator") not in _MISSING:
        operator = predicate.text("operator")
        value = predicate.number("value")
        if operator not in ("lessOrEqual", "greaterThan"):
            yield value
        if operator not in ("lessThan", "greaterOrEqual"):
            yield _above(value, whole=whole)
    for part in _parts(predicate):
        yield from cuts_of(part, whole=whole)


def holds(predicate: Element, x: Value) -> Truth:
    """The truth of a predicate where its field is `x`."""
    if predicate.tag == "SimplePredicate":
        return _simple(predicate, x)
    if predicate.tag == "CompoundPredicate":
        truths = [holds(part, x) for part in _parts(predicate)]
        return _joined(predicate.text("booleanOperator"), truths)
    return predicate.tag == "True"


def _simple(predicate: Element, x: Value) -> Truth:
    operator = predicate.text("operator")
    if operator in _MISSING:
        return (x is None) == (operator == "isMissing")
    if x is None:
        return None
    value = predicate.number("value")
    return {
        "equal": x == value,
        "notEqual": x != value,
        "lessThan": x < value,
        "lessOrEqual": x <= value,
        "greaterThan": x > value,
        "greaterOrEqual": x >= value,
    }[operator]


def _joined(join: str, truths: list[Truth]) -> Truth:
    if join == "surrogate":  # the first that is known
        return next((truth for truth in truths if truth is not None), None)
    if join == "xor":
        return None if None in truths else sum(map(bool, truths)) % 2 == 1
    decides = join == "or"
    if decides in truths:
        return decides
    return None if None in truths else not decides


def _parts(predicate: Element) -> Iterable[Element]:
    return (part for part in predicate.children if part.tag != "Extension")


def _above(value: float, *, whole: bool) -> float:
    """The smallest value that a field can have above `value`."""
    return float(math.floor(value) + 1) if whole else math.nextafter(value, math.inf)
