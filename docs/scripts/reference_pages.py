"""Write what the reference says of commands and names, from the commands and names themselves.

python docs/scripts/reference_pages.py

Between `<!-- made: NAME -->` and `<!-- /made -->` a page is made here; the rest is written by hand.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer
from typer.models import ArgumentInfo, ParameterInfo, ParamMeta
from typer.utils import get_params_from_function

import privscore
from privscore import consortium, scenarios
from privscore.cli import app
from privscore.compare.coalitions import coalitions
from privscore.methods import available

DOCS = Path(__file__).parents[1]

_PART = re.compile(r"(?s)(<!-- made: (\w+) -->\n).*?(\n?<!-- /made -->)")
_ORDER = ("load", "PrivateScorer", "Answers", "Explanation")  # what a reader needs first
_FIELD = re.compile(r"^    (\w+): ([^#=\n]*[^#=\n ]) *(?:=[^#\n]*)?(?:# (.*))?$", re.MULTILINE)
_WIDTH = 80
_TABLES = {  # of a consortium file, and how each begins there
    "ConsortiumShape": "The file",
    "PartyShape": "`[[party]]`",
    "ScorecardShape": "`[scorecard]`",
    "CharacteristicShape": "`[[scorecard.characteristic]]`",
    "OddsShape": "`[scorecard] odds`",
    "TierShape": "`[[tier]]`",
    "PolicyShape": "`[policy]`",
}


def pages() -> dict[Path, str]:
    """Path and text of every page that is made in part."""
    made = {}
    for path in [DOCS / "methods" / "index.md", *sorted((DOCS / "reference").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        if _PART.search(text):
            made[path] = _PART.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}\n{part[3]}", text)
    return made


def commands() -> str:
    """Every command: what it does, and a table of what it takes."""
    found = sorted(_leaves(app, "privscore"))
    return "\n".join(line for path, each in found for line in _command(path, each))


def names() -> str:
    """Everything that `privscore` exports, and what it says of itself."""
    others = [name for name in privscore.__all__ if name not in _ORDER]
    return "\n".join(line for name in (*_ORDER, *others) for line in _name(name))


def methods() -> str:
    """A table of every method, under the agreement of the toy consortium."""
    with tempfile.TemporaryDirectory() as name:
        toy = consortium.load(scenarios.write("toy", Path(name) / "toy")).agreement
    lines = [
        "\n| method | what it does | opens to the requester | can besides | harmless together "
        "| stands on |\n| --- | --- | --- | --- | --- | --- |"
    ]
    for each in available().values():
        can = "; ".join(sorted(one.value for one in each.can))
        found = coalitions(each, toy)
        specs = ", ".join(f"[{it.name}](../protocols/{it.name}.md)" for it in each.protocols)
        opens = each.opens(toy, toy.requester).word
        page = DOCS / "methods" / f"{each.name}.md"
        name = f"[{each.name}]({page.name})" if page.exists() else f"`{each.name}`"
        lines.append(
            f"| {name} | {each.summary} | {opens} | {can or '-'} | {found or '-'} "
            f"| {specs or 'no protocol: it hides nothing'} |"
        )
    return "\n".join(lines)


def keys() -> str:
    """Every key that a consortium file may have, by table, from the shape that it is held to."""
    tables = consortium.json_schema()["$defs"]
    return "\n".join(line for name in _TABLES for line in _table(_TABLES[name], tables[name]))


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "names": names,
    "methods": methods,
    "keys": keys,
}


# A command. ---------------------------------------------------------------------------------------


def _leaves(group: typer.Typer, path: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command by its words, and the function that it calls."""
    for command in group.registered_commands:
        assert command.callback
        yield f"{path} {command.name or command.callback.__name__}", command.callback
    for inner in group.registered_groups:
        assert inner.typer_instance
        name = f"{path} {inner.name}" if isinstance(inner.name, str) else path
        yield from _leaves(inner.typer_instance, name)


def _command(path: str, function: Callable[..., Any]) -> Iterator[str]:
    taken = get_params_from_function(function)
    needed = [_word(name, each) for name, each in taken.items() if each.default.default is ...]
    yield f"\n### {' '.join([path, *needed])}\n"
    yield inspect.getdoc(function) or ""
    if taken:
        yield "\n| argument or option | what it says | if not given |\n| --- | --- | --- |"
    for name, each in taken.items():
        yield f"| `{_word(name, each)}` | {each.default.help} | {_default(each.default)} |"


def _word(name: str, parameter: ParamMeta) -> str:
    """How a parameter is written on a command line."""
    said = parameter.default
    value = said.metavar or name.upper()
    if isinstance(said, ArgumentInfo):
        return value
    option = next(iter(said.param_decls or ()), f"--{name.replace('_', '-')}")
    return option if parameter.annotation is bool else f"{option} {value}"


def _default(said: ParameterInfo) -> str:
    if said.default is ...:
        return "needed"
    if isinstance(said.show_default, str):
        return said.show_default
    return f"`{said.default}`" if said.default else ""


# A table of a consortium file. --------------------------------------------------------------------


def _table(title: str, shape: dict[str, Any]) -> Iterator[str]:
    yield f"\n### {title}\n\n{inspect.cleandoc(shape['description'])}\n"
    yield "| key | type | if not given | what it says |\n| --- | --- | --- | --- |"
    for key, each in shape["properties"].items():
        given = f"`{json.dumps(each['default'])}`" if "default" in each else "nothing"
        absent = "needed" if key in shape.get("required", ()) else given
        yield f"| `{key}` | {_kind(each)} | {absent} | {each.get('description', '')} |"


def _kind(each: dict[str, Any]) -> str:
    """The type of a value, in words."""
    if "$ref" in each:
        return f"a table, {_TABLES[each['$ref'].rpartition('/')[2]]}"
    if "const" in each:
        return f"`{json.dumps(each['const'])}`"
    if "enum" in each:
        return "one of " + ", ".join(f"`{json.dumps(value)}`" for value in each["enum"])
    if "anyOf" in each:
        return " or ".join(_kind(one) for one in each["anyOf"])
    if each.get("type") == "array":
        return f"a list; each {_kind(each['items'])}"
    if each.get("type") == "object":
        return f"a table; each value {_kind(each['additionalProperties'])}"
    return str(each["type"])


# A name. ------------------------------------------------------------------------------------------


def _name(name: str) -> Iterator[str]:
    found = getattr(privscore, name)
    yield f"\n### {name}\n"
    if not dataclasses.is_dataclass(found):
        yield f"```text\n{name}{_signature(found)}\n```\n"
    yield inspect.getdoc(found) or ""
    if dataclasses.is_dataclass(found):
        yield "\n| field | type | |\n| --- | --- | --- |"
        for field, kind, comment in _FIELD.findall(inspect.getsource(found)):
            yield f"| `{field}` | `{kind.replace(' | ', ' or ')}` | {comment} |"
    for method, value in vars(found).items() if inspect.isclass(found) else ():
        if inspect.isfunction(value) and not method.startswith("_"):
            yield f"\n#### {name}.{method}\n\n```text\n{method}{_signature(value)}\n```\n"
            yield inspect.getdoc(value) or ""


def _signature(found: Any) -> str:
    words = []
    for each in inspect.signature(found).parameters.values():
        if each.name == "self":
            continue
        if each.kind is each.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        words.append(_parameter(each))
    returned = inspect.signature(found).return_annotation
    tail = "" if inspect.isclass(found) else f" -> {returned}"
    line = f"({', '.join(words)}){tail}"
    if len(line) <= _WIDTH:
        return line
    return "(\n" + "".join(f"    {word},\n" for word in words) + f"){tail}"


def _parameter(each: inspect.Parameter) -> str:
    stars = "**" if each.kind is each.VAR_KEYWORD else "*" * (each.kind is each.VAR_POSITIONAL)
    kind = "" if each.annotation is each.empty else f": {each.annotation}"
    return f"{stars}{each.name}{kind}" + (
        "" if each.default is each.empty else f" = {each.default!r}"
    )


def main() -> None:
    """Write all pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
