"""What a PMML file may hold and a card of ours cannot say: a change each to bare_names.xml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Its name, the passages that make it, and what the refusal must say."""

    name: str
    changes: tuple[tuple[str, str], ...]
    says: str


def fault(name: str, old: str, new: str, says: str) -> Fault:
    return Fault(name, ((old, new),), says)


FIELD = '<DataField name="late" optype="continuous" dataType="double"/>'
MINING = '<MiningField name="late"/>'
BELOW_1 = '<SimplePredicate field="late" operator="lessThan" value="1"/>'
FROM_1 = BELOW_1.replace("lessThan", "greaterOrEqual")
OTHERS_BELOW_1 = BELOW_1.replace("late", "missed")
MEANS_MISSING = '<Value value="-9" property="missing"/></DataField>'
SUM_OF_ONE = '<Apply function="sum"><FieldRef field="missed"/></Apply>'
TO_REST = '<Attribute partialScore="20"><True/></Attribute>'
RIGHT = 'rightMargin="9"'
START = "<Characteristics>"


def mined(name: str, new: str, says: str) -> Fault:
    """`late` with another attribute in the MiningSchema."""
    return fault(name, MINING, f'<MiningField name="late" {new}/>', says)


def field(name: str, new: str, says: str) -> Fault:
    """`late` declared in another way."""
    return fault(name, FIELD, f'<DataField name="late" {new}', says)


def before(name: str, new: str, says: str) -> Fault:
    """Something more in front of the characteristics."""
    return fault(name, START, new + START, says)


def derived(name: str, inside: str, says: str) -> Fault:
    """`late` as a derived field."""
    opening = '<DerivedField name="late" optype="continuous" dataType="double">'
    new = f"<LocalTransformations>{opening}{inside}</DerivedField></LocalTransformations>"
    return before(name, new, says)


def interval(closure: str, more: str = "") -> str:
    ends = f'<Interval closure="{closure}" leftMargin="0" {more}/>'
    return f'optype="continuous" dataType="double">{ends}</DataField>'


FAULTS = (
    fault("another_version", 'version="4.4"', 'version="4.2"', "not PMML 4.4"),
    fault("another_model", "<Scorecard", "<TreeModel/><Scorecard", "TreeModel"),
    fault("a_second_scorecard", "</PMML>", "<Scorecard/></PMML>", "second Scorecard"),
    fault("not_scorable", "<Scorecard", '<Scorecard isScorable="false"', "isScorable"),
    fault("a_classification", '"regression"', '"classification"', "functionName"),
    fault("a_base_with_a_fraction", '"100"', '"100.25"', "initialScore"),
    fault("points_with_a_fraction", '"50"', '"50.5"', "no whole number"),
    fault("points_without_end", '"50"', '"1e999999999"', "no number"),
    fault("points_that_wrap", '"50"', '"4294967296"', "wrap around"),
    fault("no_points", 'partialScore="50"', "", "has no partialScore"),
    fault("points_by_a_formula", BELOW_1, f"{BELOW_1}<ComplexPartialScore/>", "ComplexPartial"),
    fault("a_category", BELOW_1, BELOW_1.replace('"1"', '"red"'), "no number"),
    fault("a_set_of_values", BELOW_1, '<SimpleSetPredicate field="late"/>', "SimpleSetPredicate"),
    fault("an_unknown_operator", BELOW_1, BELOW_1.replace("lessThan", "near"), "near"),
    fault("an_empty_compound", BELOW_1, '<CompoundPredicate booleanOperator="or"/>', "nothing"),
    fault("two_fields", TO_REST, TO_REST.replace("<True/>", OTHERS_BELOW_1), "looks at 2 fields"),
    fault("no_field", BELOW_1, "<True/>", "looks at 0 fields"),
    fault("no_attribute_for_some_values", TO_REST, "", "values from 1 on"),
    fault(
        "no_attribute_for_the_unknown", TO_REST, TO_REST.replace("<True/>", FROM_1), "missing value"
    ),
    fault("no_predicate", "<True/></Attribute>", "</Attribute>", "has 0 predicates"),
    fault(
        "a_code_for_one_attribute",
        'partialScore="20"',
        'partialScore="20" reasonCode="R7"',
        "reason code of its own",
    ),
    fault("an_undeclared_field", FIELD, "", "DataField `late`"),
    fault("a_field_declared_twice", FIELD, FIELD + FIELD, "second DataField"),
    fault("a_field_not_in_the_schema", MINING, "", "MiningField `late`"),
    mined("a_target_as_a_field", 'usageType="target"', "usageType"),
    mined("extreme_values", 'outliers="asExtremeValues"', "outliers"),
    mined("missing_is_invalid", 'missingValueTreatment="returnInvalid"', "missingValueTreatment"),
    field("a_field_of_texts", 'optype="continuous" dataType="string"/>', 'dataType="string"'),
    field("narrow_floats", 'optype="continuous" dataType="float"/>', 'dataType="float"'),
    field("a_field_of_categories", 'optype="categorical" dataType="integer"/>', "categorical"),
    field(
        "a_value_that_means_missing",
        f'optype="continuous" dataType="double">{MEANS_MISSING}',
        "Value",
    ),
    field("an_open_interval", interval("openOpen", RIGHT), "openOpen"),
    field("an_interval_with_one_end", interval("closedClosed"), "rightMargin"),
    Fault(
        "an_interval_that_is_not_kept",
        (
            (FIELD, '<DataField name="late" ' + interval("closedClosed", RIGHT)),
            (MINING, '<MiningField name="late" invalidValueTreatment="asIs"/>'),
        ),
        "taken asIs",
    ),
    before("a_rescaled_target", '<Targets><Target rescaleFactor="2"/></Targets>', "rescaleFactor"),
    before(
        "a_target_with_values", "<Targets><Target><TargetValue/></Target></Targets>", "TargetValue"
    ),
    before("two_targets", "<Targets><Target/><Target/></Targets>", "second Target"),
    derived("a_formula_of_fields", '<Apply function="log10"/>', "log10"),
    derived("another_expression", "<Discretize/>", "Discretize"),
    derived("a_sum_of_one_platforms_fields", SUM_OF_ONE, "fewer than two platforms"),
    fault("two_lines_of_one_name", 'name="contract"', 'name="payments"', "two characteristics"),
    fault("somebody_elses_namespace", START, '<Characteristics xmlns="urn:other">', "urn:other"),
    fault("cut_off", "</PMML>", "", "not XML"),
)
