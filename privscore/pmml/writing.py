"""A card of ours as a PMML 4.4 `Scorecard`, which `imported` reads back as the same card."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import pairwise

from privscore.card.scorecard import Characteristic, Scorecard
from privscore.errors import Refused
from privscore.pmml.reading import SPACE
from privscore.runs.machine import versions

_SCORE = "score"  # the target; no column is called so, as every column's name has a point
_REASONS = 3
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def pmml_text(card: Scorecard, name: str) -> str:
    """The PMML of the active lines; disabled ones are not in it.

    Raises Refused for a name or a reason with a character that XML cannot hold, and for a weight.
    """
    for characteristic in card.characteristics:
        if characteristic.weighted:
            raise Refused(
                f"{characteristic.name} has a weight, which PMML's scorecards cannot say exactly",
                "Export a card whose lines all have bins and points.",
            )
        if characteristic.points is None:
            raise Refused(
                f"the points of {characteristic.name} are hidden, and a PMML file would hold them",
                "Export the card from its owner's copy of the consortium file.",
            )
    return "\n".join(_lines(card, name)) + "\n"


def _lines(card: Scorecard, name: str) -> Iterator[str]:
    columns = list(dict.fromkeys(c for each in card.characteristics for c in each.columns))
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<PMML xmlns="{SPACE}" version="4.4">'
    version = versions().get("privscore", "")
    yield f"  <Header>{_tag('Application', name='privscore', version=version)}</Header>"
    yield f'  <DataDictionary numberOfFields="{len(columns) + 1}">'
    for column in columns:
        yield from _data_field(column, card)
    yield f"    {_tag('DataField', name=_SCORE, optype='continuous', dataType='integer')}"
    yield "  </DataDictionary>"
    yield (
        f'  <Scorecard modelName={_quoted(name)} functionName="regression" '
        f'initialScore="{card.base}" useReasonCodes="true" reasonCodeAlgorithm="pointsBelow" '
        'baselineMethod="max">'
    )
    yield "    <MiningSchema>"
    for column in columns:
        yield f"      {_tag('MiningField', name=column)}"
    yield f"      {_tag('MiningField', name=_SCORE, usageType='target')}"
    yield "    </MiningSchema>"
    yield from _output()
    low, high = card.clip
    target = _tag("Target", field=_SCORE, min=str(low), max=str(high))
    yield f"    <Targets>{target}</Targets>"
    yield from _transformations(card)
    yield "    <Characteristics>"
    for characteristic in card.characteristics:
        yield from _characteristic(characteristic)
    yield "    </Characteristics>"
    yield "  </Scorecard>"
    yield "</PMML>"


def _data_field(column: str, card: Scorecard) -> Iterator[str]:
    ranges = [each.range for each in card.characteristics if column in each.columns and each.range]
    inside = ""
    if ranges:
        low, high = max(low for low, _ in ranges), min(high for _, high in ranges)
        ends = {"leftMargin": str(low), "rightMargin": str(high)}
        inside = _tag("Interval", closure="closedClosed", **ends)
    yield f"    {_tag('DataField', inside, name=column, optype='continuous', dataType='double')}"


def _output() -> Iterator[str]:
    yield "    <Output>"
    answer = {"optype": "continuous", "dataType": "integer", "feature": "predictedValue"}
    yield f"      {_tag('OutputField', name='answer', **answer)}"
    for rank in range(1, _REASONS + 1):
        reason = {"optype": "categorical", "dataType": "string", "feature": "reasonCode"}
        yield f"      {_tag('OutputField', name=f'reason {rank}', **reason, rank=str(rank))}"
    yield "    </Output>"


def _transformations(card: Scorecard) -> Iterator[str]:
    if not card.combined:
        return
    yield "    <LocalTransformations>"
    for characteristic in card.combined:
        references = "".join(_tag("FieldRef", field=column) for column in characteristic.columns)
        apply = _tag("Apply", references, function=str(characteristic.combine))
        kind = {"optype": "continuous", "dataType": "double"}
        yield f"      {_tag('DerivedField', apply, name=_field(characteristic), **kind)}"
    yield "    </LocalTransformations>"


def _characteristic(characteristic: Characteristic) -> Iterator[str]:
    *points, missing = characteristic.possible_points
    field = _field(characteristic)
    yield (
        f"      <Characteristic name={_quoted(characteristic.name)} "
        f"reasonCode={_quoted(characteristic.reason)} "
        f'baselineScore="{max(characteristic.possible_points)}">'
    )
    if characteristic.contested:
        mark = _tag("Extension", extender="privscore", name="contested", value="true")
        yield f"        {mark}"
    yield _attribute(missing, _simple(field, "isMissing"))
    if not characteristic.bins:
        yield _attribute(points[0], _simple(field, "isNotMissing"))
    else:
        yield _attribute(points[0], _simple(field, "lessThan", characteristic.bins[0]))
        for (low, high), given in zip(pairwise(characteristic.bins), points[1:], strict=False):
            inside = _simple(field, "greaterOrEqual", low) + _simple(field, "lessThan", high)
            yield _attribute(given, _tag("CompoundPredicate", inside, booleanOperator="and"))
        yield _attribute(points[-1], _simple(field, "greaterOrEqual", characteristic.bins[-1]))
    yield "      </Characteristic>"


def _field(characteristic: Characteristic) -> str:
    """The field that a characteristic looks at; of several columns, a derived one."""
    if characteristic.combine is None:
        return characteristic.columns[0]
    return f"{characteristic.combine}({', '.join(characteristic.columns)})"


def _attribute(points: float, predicate: str) -> str:
    return f"        {_tag('Attribute', predicate, partialScore=str(points))}"


def _simple(field: str, operator: str, value: float | int | None = None) -> str:
    compared = {} if value is None else {"value": repr(value)}
    return _tag("SimplePredicate", field=field, operator=operator, **compared)


def _tag(tag: str, inside: str = "", **attributes: str) -> str:
    written = " ".join(f"{key}={_quoted(value)}" for key, value in attributes.items())
    return f"<{tag} {written}>{inside}</{tag}>" if inside else f"<{tag} {written}/>"


def _quoted(text: str) -> str:
    """A value of an attribute, in quotes."""
    if _NOT_XML.search(text):
        raise Refused(
            "a name or a reason holds a control character, which XML cannot say", "Take it out."
        )
    safe = html.escape(text, quote=False).replace('"', "&quot;")
    # A reader turns the plain ones into blanks.
    for character in "\t\n\r":
        safe = safe.replace(character, f"&#{ord(character)};")
    return f'"{safe}"'
