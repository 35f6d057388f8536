"""What of PMML has a meaning here, element by element; everything else is refused by its name."""

from __future__ import annotations

from typing import TypeAlias

from privscore.pmml.elements import Element

# An attribute with the values that it may have; none listed: any.
_Attributes: TypeAlias = dict[str, tuple[str, ...]]

_PREDICATES = ("SimplePredicate", "CompoundPredicate", "True", "False")

# element -> its attributes, and the elements that may stand in it; an Extension may everywhere
_KNOWN: dict[str, tuple[_Attributes, tuple[str, ...]]] = {
    "PMML": (
        {"version": ()},
        ("Header", "MiningBuildTask", "DataDictionary", "TransformationDictionary", "Scorecard"),
    ),
    "DataDictionary": ({"numberOfFields": ()}, ("DataField",)),
    "DataField": (
        {
            "name": (),
            "displayName": (),
            "optype": ("continuous",),
            "dataType": ("integer", "double"),
            "isCyclic": ("0",),
        },
        ("Interval",),
    ),
    "Interval": ({"closure": ("closedClosed",), "leftMargin": (), "rightMargin": ()}, ()),
    "TransformationDictionary": ({}, ("DerivedField",)),
    "LocalTransformations": ({}, ("DerivedField",)),
    "DerivedField": (
        {
            "name": (),
            "displayName": (),
            "optype": ("continuous",),
            "dataType": ("integer", "double"),
        },
        ("Apply",),
    ),
    "Apply": ({"function": ("sum", "max")}, ("FieldRef",)),
    "FieldRef": ({"field": ()}, ()),
    "Scorecard": (
        {
            "modelName": (),
            "functionName": ("regression",),
            "algorithmName": (),
            "initialScore": (),
            "isScorable": ("true", "1"),
            "useReasonCodes": (),  # these four only order the reasons
            "reasonCodeAlgorithm": (),
            "baselineScore": (),
            "baselineMethod": (),
        },
        (
            *("MiningSchema", "Output", "ModelStats", "ModelExplanation", "Targets"),
            *("LocalTransformations", "Characteristics", "ModelVerification"),
        ),
    ),
    "MiningSchema": ({}, ("MiningField",)),
    "MiningField": (
        {
            "name": (),
            "usageType": ("active",),
            "importance": (),
            "optype": ("continuous",),
            "outliers": ("asIs",),
            "missingValueReplacement": (),
            # How the replacement was found; only the last one would do something.
            "missingValueTreatment": ("asIs", "asMean", "asMode", "asMedian", "asValue"),
            "invalidValueTreatment": ("returnInvalid", "asIs", "asMissing"),
        },
        (),
    ),
    "Targets": ({}, ("Target",)),
    "Target": ({"field": (), "optype": ("continuous",), "min": (), "max": ()}, ()),
    "Characteristics": ({}, ("Characteristic",)),
    "Characteristic": ({"name": (), "reasonCode": (), "baselineScore": ()}, ("Attribute",)),
    "Attribute": ({"reasonCode": (), "partialScore": ()}, _PREDICATES),
    "SimplePredicate": (
        {
            "field": (),
            "operator": (
                *("equal", "notEqual", "lessThan", "lessOrEqual", "greaterThan"),
                *("greaterOrEqual", "isMissing", "isNotMissing"),
            ),
            "value": (),
        },
        (),
    ),
    "CompoundPredicate": ({"booleanOperator": ("and", "or", "xor", "surrogate")}, _PREDICATES),
    "True": ({}, ()),
    "False": ({}, ()),
}
_FIX = "Take it out if no score depends on it; otherwise write the card without it."


def check_known(element: Element) -> None:
    """Raise Refused, naming it, for an attribute, a value or a child that has no meaning here."""
    attributes, children = _KNOWN[element.tag]
    for name, value in element.attributes.items():
        if name not in attributes:
            raise element.refused(
                f"{element.tag} has the attribute `{name}`, which is not known here", _FIX
            )
        if attributes[name] and value not in attributes[name]:
            raise element.refused(
                f'{element.tag} says {name}="{value}", which is not known here; known: '
                + ", ".join(attributes[name]),
                _FIX,
            )
    for child in element.children:
        if child.tag not in (*children, "Extension"):
            raise child.refused(f"{element.tag} holds a {child.tag}, which is not known here", _FIX)
