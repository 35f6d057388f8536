"""XML read without trust: a small tree of elements, each with the line it begins on.

Nothing outside the file is ever opened, and a document type is refused before anything in it is
looked at, so entities can neither reach out nor multiply.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from privscore.consortium.rules.bounds import EXACT
from privscore.errors import Refused

_MOST_BYTES = 16 << 20
_DEEPEST = 64
_SPACE = " "  # between an element's namespace and its name, as neither can hold one


@dataclass(slots=True)
class Element:
    """One element; text between elements is not kept, since no scorecard has any."""

    tag: str  # without its namespace, if that is the root's
    space: str  # its namespace
    attributes: dict[str, str]  # those without a namespace; others belong to other tools
    line: int
    path: Path
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Element]:
        """The children of one name, in order."""
        return (each for each in self.children if each.tag == tag)

    def one(self, tag: str) -> Element | None:
        """The only child of a name, None if there is none; raises Refused for a second one."""
        children = list(self.all(tag))
        if len(children) > 1:
            raise children[1].refused(f"there is a second {tag}", f"Keep one {tag}.")
        return children[0] if children else None

    def needed(self, tag: str) -> Element:
        """The only child of a name; raises Refused if it is missing."""
        child = self.one(tag)
        if child is None:
            raise self.refused(f"{self.tag} has no {tag}", f"Add the {tag} that PMML asks for.")
        return child

    def text(self, name: str) -> str:
        """The attribute of a name; raises Refused if it is missing."""
        if name not in self.attributes:
            raise self.refused(f"{self.tag} has no {name}", f"Add the {name} that PMML asks for.")
        return self.attributes[name]

    def number(self, name: str) -> float:
        """The attribute of a name as a finite number; raises Refused if it is none."""
        try:
            value = float(self.text(name))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.refused(
                f"{name} of {self.tag} is no number",
                "Let the platform turn each category into a number of its own, and name that.",
            )
        return value

    def whole(self, name: str) -> int:
        """The attribute of a name as a whole number below 2^53, however it is written."""
        value = self.number(name)
        if abs(value) >= EXACT or value != int(value):
            raise self.refused(
                f"{name} of {self.tag} is no whole number below 2^53",
                "Scale and round it: points here are whole, so that their sum is exact.",
            )
        return int(value)

    def refused(self, cause: str, fix: str) -> Refused:
        """A refusal that points at this element."""
        return Refused(cause, fix, file=self.path, line=self.line)


def parse(path: Path) -> Element:
    """The root of the XML in a file; raises Refused for whatever is not plain XML."""
    body = _read(path)
    parser = expat.ParserCreate(namespace_separator=_SPACE)
    parser.buffer_text = True
    above: list[Element] = []
    roots: list[Element] = []

    def refuse_type(*_declared: object) -> None:
        raise Refused(
            "the file declares a document type (DOCTYPE), in which entities could hide",
            "Take the DOCTYPE out: PMML needs none.",
            file=path,
            line=parser.CurrentLineNumber,
        )

    def start(name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(_SPACE)
        without_namespace = {key: value for key, value in attributes.items() if _SPACE not in key}
        at_home = not roots or space == roots[0].space
        element = Element(
            tag if at_home else name, space, without_namespace, parser.CurrentLineNumber, path
        )
        if len(above) >= _DEEPEST:
            raise element.refused("elements are nested too deeply", "Flatten them.")
        (above[-1].children if above else roots).append(element)
        above.append(element)

    parser.StartDoctypeDeclHandler = refuse_type
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: above.pop()
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the last two: an odd encoding
        what = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else error
        raise Refused(
            f"this is not XML: {what}",
            "Fix the line, or export the file again.",
            file=path,
            line=parser.CurrentLineNumber,
        ) from error
    return roots[0]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Refused(
            f"the file cannot be read: {error.strerror}", "Check the name.", file=path
        ) from error
    if len(body) > _MOST_BYTES:
        raise Refused(
            f"the file is larger than {_MOST_BYTES >> 20} MiB",
            "Leave statistics and verification records out of it.",
            file=path,
        )
    return body
