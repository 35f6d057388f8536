"""The fields of a PMML model: which of our columns each one is, and what it does to values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from privscore.pmml.elements import Element
from privscore.pmml.known import check_known


@dataclass(frozen=True, slots=True)
class PmmlField:
    """One field that a characteristic looks at."""

    columns: dict[str, Any]  # the keys of a characteristic that say which columns it looks at
    is_whole: bool  # holds whole numbers only
    replacement: float | None  # what stands for a missing value, None for nothing


class Fields:
    """The fields of a model, by name; each is checked when it is asked for.

    So a field that no characteristic looks at may be of any kind.
    """

    def __init__(
        self,
        data: Mapping[str, Element],
        mining: Mapping[str, Element],
        derived: Mapping[str, Element],
        platforms: Mapping[str, str],
    ) -> None:
        self._data, self._mining, self._derived = data, mining, derived
        self._platforms = platforms

    def named(self, name: str, asks: Element) -> PmmlField:
        """The field of this name; `asks` is the element that a refusal points at if it is none."""
        if name in self._derived:
            return self._combined(self._derived[name])
        data, mining = self._looked_up(name, asks)
        return PmmlField(
            {"column": self._column(name, asks), **_range(data, mining)},
            data.text("dataType") == "integer",
            _replacement(mining),
        )

    def _combined(self, derived: Element) -> PmmlField:
        check_known(derived)
        apply = derived.needed("Apply")
        check_known(apply)
        columns, ranges = [], []
        for reference in apply.all("FieldRef"):
            check_known(reference)
            name = reference.text("field")
            data, mining = self._looked_up(name, reference)
            if _replacement(mining) is not None:
                raise mining.refused(
                    f"`{name}` is combined, and its missing values are replaced",
                    "Take missingValueReplacement out: what is missing counts as nothing.",
                )
            columns.append(self._column(name, reference))
            ranges.append(_range(data, mining))
        if any(each != ranges[0] for each in ranges):
            raise derived.refused(
                "the fields that are combined have different intervals", "Give all the same one."
            )
        shared = ranges[0] if ranges else {}
        return PmmlField(
            {"columns": columns, "combine": apply.text("function"), **shared},
            derived.text("dataType") == "integer",
            None,
        )

    def _looked_up(self, name: str, asks: Element) -> tuple[Element, Element]:
        if name not in self._data:
            raise asks.refused(f"there is no DataField `{name}`", "Declare it.")
        if name not in self._mining:
            raise asks.refused(f"there is no MiningField `{name}`", "Name it in the MiningSchema.")
        data, mining = self._data[name], self._mining[name]
        check_known(data)
        check_known(mining)
        data.text("optype")
        return data, mining

    def _column(self, name: str, asks: Element) -> str:
        if name in self._platforms:
            return f"{self._platforms[name]}.{name}"
        if "." not in name:
            raise asks.refused(
                f"nobody says which platform holds `{name}`",
                f"Say it: --platform {name}=PLATFORM, or call the field PLATFORM.{name}.",
            )
        return name


def fields_of_model(root: Element, model: Element, platforms: Mapping[str, str]) -> Fields:
    """The fields that the characteristics of a model may look at."""
    dictionary, schema = root.needed("DataDictionary"), model.needed("MiningSchema")
    transformed = [root.one("TransformationDictionary"), model.one("LocalTransformations")]
    present = [each for each in transformed if each is not None]
    for each in (dictionary, schema, *present):
        check_known(each)
    derived = [each for place in present for each in place.all("DerivedField")]
    return Fields(
        _by_name(list(dictionary.all("DataField"))),
        _by_name(list(schema.all("MiningField"))),
        _by_name(derived),
        platforms,
    )


def _by_name(elements: list[Element]) -> dict[str, Element]:
    by_name: dict[str, Element] = {}
    for element in elements:
        name = element.text("name")
        if name in by_name:
            raise element.refused(f"there is a second {element.tag} `{name}`", "Keep one of them.")
        by_name[name] = element
    return by_name


def _range(data: Element, mining: Element) -> dict[str, list[int]]:
    """What values must lie within: we refuse one outside, as PMML calls it invalid."""
    interval = data.one("Interval")
    if interval is None:
        return {}
    check_known(interval)
    interval.text("closure")
    treatment = mining.attributes.get("invalidValueTreatment", "returnInvalid")
    if treatment != "returnInvalid":
        raise mining.refused(
            f"values outside the Interval are taken {treatment}, which is not known here",
            "Take invalidValueTreatment or the Interval out.",
        )
    return {"range": [interval.whole("leftMargin"), interval.whole("rightMargin")]}


def _replacement(mining: Element) -> float | None:
    if "missingValueReplacement" not in mining.attributes:
        return None
    return mining.number("missingValueReplacement")
