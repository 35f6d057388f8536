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
    functions = sorted(_leaves(app, "privscore"))
    return "\n".join(line for path, function in functions for line in _command(path, function))


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
    for method in available().values():
        can = "; ".join(sorted(ability.value for ability in method.can))
        harmless = coalitions(method, toy)
        specs = ", ".join(f"[{s.name}](../protocols/{s.name}.md)" for s in method.protocols)
        opens = method.opens(toy, toy.requester).word
        page = DOCS / "methods" / f"{method.name}.md"
        name = f"[{method.name}]({page.name})" if page.exists() else f"`{method.name}`"
        lines.append(
            f"| {name} | {method.summary} | {opens} | {can or '-'} | {harmless or '-'} "
            f"| {specs or 'no protocol: it hides nothing'} |"
        )
    return "\n".join(lines)


def keys() -> str:
    """Every key that a consortium file may have, by table, from the shape that it is held to."""
    tables = consortium.json_schema()["$defs"]
    return "\n".join(line for name in _TABLES for line in _table(_TABLES[name], tables[name]))


def own_keys() -> str:
    """Every key that a party's own file may have."""
    return "\n".join(_table("The own file", consortium.own_json_schema()["$defs"]["OwnShape"]))


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "names": names,
    "methods": methods,
    "keys": keys,
    "own_keys": own_keys,
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
    parameters = get_params_from_function(function)
    needed = [_word(name, each) for name, each in parameters.items() if each.default.default is ...]
    yield f"\n### {' '.join([path, *needed])}\n"
    yield inspect.getdoc(function) or ""
    if parameters:
        yield "\n| argument or option | what it says | if not given |\n| --- | --- | --- |"
    for name, parameter in parameters.items():
        default = parameter.default
        yield f"| `{_word(name, parameter)}` | {default.help} | {_default(default)} |"


def _word(name: str, parameter: ParamMeta) -> str:
    """How a parameter is written on a command line."""
    info = parameter.default
    value = info.metavar or name.upper()
    if isinstance(info, ArgumentInfo):
        return value
    option = next(iter(info.param_decls or ()), f"--{name.replace('_', '-')}")
    return option if parameter.annotation is bool else f"{option} {value}"


def _default(info: ParameterInfo) -> str:
    if info.default is ...:
        return "needed"
    if isinstance(info.show_default, str):
        return info.show_default
    return f"`{info.default}`" if info.default else ""


# A table of a consortium file. --------------------------------------------------------------------


def _table(title: str, shape: dict[str, Any]) -> Iterator[str]:
    yield f"\n### {title}\n\n{inspect.cleandoc(shape['description'])}\n"
    yield "| key | type | if not given | what it says |\n| --- | --- | --- | --- |"
    for key, schema in shape["properties"].items():
        default = f"`{json.dumps(schema['default'])}`" if "default" in schema else "nothing"
        absent = "needed" if key in shape.get("required", ()) else default
        yield f"| `{key}` | {_kind(schema)} | {absent} | {schema.get('description', '')} |"


def _kind(schema: dict[str, Any]) -> str:
    """The type of a value, in words."""
    if "$ref" in schema:
        return f"a table, {_TABLES[schema['$ref'].rpartition('/')[2]]}"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in schema["anyOf"])
    if schema.get("type") == "array":
        return f"a list; each {_kind(schema['items'])}"
    if schema.get("type") == "object":
        return f"a table; each value {_kind(schema['additionalProperties'])}"
    return str(schema["type"])


# A name. ------------------------------------------------------------------------------------------


def _name(name: str) -> Iterator[str]:
    exported = getattr(privscore, name)
    yield f"\n### {name}\n"
    if not dataclasses.is_dataclass(exported):
        yield f"```text\n{name}{_signature(exported)}\n```\n"
    yield inspect.getdoc(exported) or ""
    if dataclasses.is_dataclass(exported):
        yield "\n| field | type | |\n| --- | --- | --- |"
        for field, kind, comment in _FIELD.findall(inspect.getsource(exported)):
            yield f"| `{field}` | `{kind.replace(' | ', ' or ')}` | {comment} |"
    members = vars(exported).items() if inspect.isclass(exported) else ()
    for method, value in members:
        if inspect.isfunction(value) and not method.startswith("_"):
            yield f"\n#### {name}.{method}\n\n```text\n{method}{_signature(value)}\n```\n"
            yield inspect.getdoc(value) or ""


def _signature(exported: Any) -> str:
    signature = inspect.signature(exported)
    words = []
    for parameter in signature.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        words.append(_parameter(parameter))
    tail = "" if inspect.isclass(exported) else f" -> {signature.return_annotation}"
    line = f"({', '.join(words)}){tail}"
    if len(line) <= _WIDTH:
        return line
    return "(\n" + "".join(f"    {word},\n" for word in words) + f"){tail}"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_KEYWORD: "**", parameter.VAR_POSITIONAL: "*"}.get(parameter.kind, "")
    kind = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{stars}{parameter.name}{kind}{default}"


def main() -> None:
    """Write all pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
