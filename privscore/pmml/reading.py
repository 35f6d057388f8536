"""A PMML 4.4 `Scorecard` becomes a card of ours: exactly, or not at all.

What a score depends on and we do not have is refused by name. What no score depends on is left out,
and named too: `Imported.left_out`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privscore.card.scorecard import Scorecard
from privscore.consortium.bare_card import agreement_of
from privscore.consortium.toml_lines import nearest
from privscore.errors import Refused
from privscore.pmml.attributes import characteristic_of
from privscore.pmml.elements import Element, parse
from privscore.pmml.fields import Fields, fields_of_model
from privscore.pmml.known import check_known

SPACE = "http://www.dmg.org/PMML-4_4"
# What may stand in a file and changes no score.
_BESIDE = ("Output", "ModelStats", "ModelExplanation", "ModelVerification", "MiningBuildTask")


@dataclass(frozen=True)
class Imported:
    """A card, what its file called it, and the constructs that no score depends on."""

    card: Scorecard
    name: str
    left_out: tuple[str, ...]


def imported(path: Path, platforms: Mapping[str, str] | None = None) -> Imported:
    """The card in a PMML file. `platforms` says who holds a field that is not `platform.column`.

    Raises Refused, at the line of the file, for what is no PMML 4.4 scorecard, breaks a rule of our
    cards, or holds what they cannot say.
    """
    root = parse(path)
    if root.tag != "PMML" or root.space != SPACE or not _is_4_4(root):
        raise root.refused(
            "this is not PMML 4.4", f'Its root should be <PMML xmlns="{SPACE}" version="4.4">.'
        )
    check_known(root)
    model = root.needed("Scorecard")
    check_known(model)
    model.text("functionName")
    result = _card(model, fields_of_model(root, model, platforms or {}), root)
    _check_named(root.needed("DataDictionary"), platforms or {})
    return result


def _check_named(dictionary: Element, platforms: Mapping[str, str]) -> None:
    """Raises Refused for a platform that is named for no field of the model."""
    fields = [each.text("name") for each in dictionary.all("DataField")]
    for name in platforms:
        if name not in fields:
            raise dictionary.refused(
                f"a platform is named for `{name}`, which is no field of the model",
                f"The fields are {', '.join(fields)}.{nearest(name, fields)}",
            )


def _is_4_4(root: Element) -> bool:
    return root.attributes.get("version", "").split(".")[:2] == ["4", "4"]


def _card(model: Element, fields: Fields, root: Element) -> Imported:
    block = model.needed("Characteristics")
    check_known(block)
    lines = list(block.all("Characteristic"))
    shapes = [characteristic_of(line, fields) for line in lines]
    card: dict[str, Any] = {
        "base": model.whole("initialScore") if "initialScore" in model.attributes else 0,
        "characteristic": shapes,
        # PMML has no disabled lines: to leave one out would change the score.
        "contested": [shape["name"] for shape in shapes if shape["contested"]],
    }
    ends = [[*shape["points"], shape["missing"]] for shape in shapes]
    reach = card["base"] + sum(map(min, ends)), card["base"] + sum(map(max, ends))
    clip = _clip(model, reach)
    if clip is not None:
        card["clip"] = clip

    def refuse(cause: str, fix: str, *keys: str | int) -> Refused:
        index = keys[2] if len(keys) > 2 else None
        return (lines[index] if isinstance(index, int) else model).refused(cause, fix)

    # How many platforms there are matters to a consortium, not to a card.
    agreement = agreement_of(card, refuse, accept_output_leak=True)
    name = model.attributes.get("modelName", "").strip() or root.path.stem
    return Imported(agreement.scorecard, name, _left_out(root))


def _clip(model: Element, reach: tuple[int, int]) -> list[int] | None:
    """`min` and `max` of the model's target: where the score is cut off."""
    targets = model.one("Targets")
    if targets is None:
        return None
    target = targets.needed("Target")
    check_known(targets)
    check_known(target)
    low = target.whole("min") if "min" in target.attributes else reach[0]
    high = target.whole("max") if "max" in target.attributes else reach[1]
    return [low, high]


def _left_out(root: Element) -> tuple[str, ...]:
    left_out: dict[str, None] = {}
    todo = [root]
    while todo:
        element = todo.pop()
        if element.tag in _BESIDE:
            left_out[element.tag] = None
        elif element.tag == "Extension" and element.attributes.get("extender") != "privscore":
            left_out["Extension"] = None
        else:
            todo += element.children
        if "baselineScore" in element.attributes:
            left_out["baselineScore"] = None
    return tuple(sorted(left_out))
