"""A PMML `Characteristic` becomes bins and points.

PMML takes the first attribute whose predicate is true. All predicates look at one field, so their
truth can change only at the numbers that they name: these are the cuts, and asking at every cut,
below the first one and for a missing value finds all points.
"""

from __future__ import annotations

import math
from typing import Any

from privscore.pmml.elements import Element
from privscore.pmml.fields import Fields
from privscore.pmml.known import check_known
from privscore.pmml.predicates import check_predicate, cuts_of, fields_of, holds


def characteristic_of(line: Element, fields: Fields) -> dict[str, Any]:
    """A line of a card in the shape of a consortium file; raises Refused for what it cannot say."""
    check_known(line)
    attributes = list(line.all("Attribute"))
    predicates = [_predicate(each) for each in attributes]
    looked_at = sorted({name for each in predicates for name in fields_of(each)})
    if len(looked_at) != 1:
        raise line.refused(
            f"the characteristic looks at {len(looked_at)} fields",
            "Let all its predicates look at one field; a DerivedField may be a sum or a maximum.",
        )
    field = fields.named(looked_at[0], line)
    cuts = sorted({cut for each in predicates for cut in cuts_of(each, whole=field.is_whole)})
    points = []
    for start in (-math.inf, *cuts):
        earned = _first(attributes, predicates, start)
        if earned is None:
            raise line.refused(
                f"no attribute is for values from {start:g} on",
                "Add one: every value must earn points, if only 0.",
            )
        points.append(earned)
    missing = _first(attributes, predicates, field.replacement)
    if missing is None:
        raise line.refused(
            "no attribute is for a missing value",
            "Add one with the operator isMissing: not every platform knows everybody.",
        )
    name = line.attributes.get("name", "").strip() or looked_at[0]
    return {
        "name": name,
        **field.columns,
        "reason": _reason(line, attributes) or name,
        "bins": cuts,
        "points": points,
        "missing": missing,
        "contested": any(map(_says_contested, line.all("Extension"))),
    }


def _predicate(attribute: Element) -> Element:
    check_known(attribute)
    attribute.whole("partialScore")
    predicates = [each for each in attribute.children if each.tag != "Extension"]
    if len(predicates) != 1:
        raise attribute.refused(
            f"the attribute has {len(predicates)} predicates", "Give it one; join several into one."
        )
    check_predicate(predicates[0])
    return predicates[0]


def _first(attributes: list[Element], predicates: list[Element], x: float | None) -> int | None:
    """The points of the first attribute that is true at `x`; None for none."""
    for attribute, predicate in zip(attributes, predicates, strict=True):
        if holds(predicate, x):
            return attribute.whole("partialScore")
    return None


def _reason(line: Element, attributes: list[Element]) -> str:
    reason = line.attributes.get("reasonCode", "").strip()
    for attribute in attributes:
        code = attribute.attributes.get("reasonCode", "").strip() or reason
        if reason and code != reason:
            raise attribute.refused(
                "an attribute has a reason code of its own",
                "Give the whole characteristic one code: here a reason belongs to a line.",
            )
        reason = code
    return reason


def _says_contested(extension: Element) -> bool:
    attributes = extension.attributes
    return (attributes.get("extender"), attributes.get("name"), attributes.get("value")) == (
        "privscore",
        "contested",
        "true",
    )
