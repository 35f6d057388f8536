"""What TOML or JSON holds becomes a file of a known shape, or is refused in that file's words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, Protocol, TypeVar

import msgspec
from msgspec import Struct

from privscore.consortium.toml_lines import nearest
from privscore.errors import Refused

S = TypeVar("S", bound=Struct)


class Refuse(Protocol):
    """Makes a refusal for the place in a file where `keys` stand, if there is a file."""

    def __call__(self, cause: str, fix: str, *keys: str | int) -> Refused: ...


@dataclass(frozen=True)
class FileKind(Generic[S]):
    """A kind of file: its `schema`, the shape of the whole, and what stands in it by key.

    `tables` are the shapes of its tables, the whole under ""; `headers` how each begins in TOML;
    `words` what a key may be that takes a word of a list.
    """

    schema: str
    shape: type[S]
    tables: Mapping[str, type[Struct]]
    headers: Mapping[str, str]
    words: Mapping[str, Sequence[str]]

    def convert(self, data: dict[str, Any], refuse: Refuse) -> S:
        """The data in this shape; raises what `refuse` makes of the first fault."""
        version = data.get("schema")
        if version != self.schema:
            fault = (
                "says no `schema`" if version is None else "has a `schema` that is not known here"
            )
            raise refuse(
                f"the file {fault}",
                f'Write `schema = "{self.schema}"` as its first line.',
                "schema",
            )
        try:
            return msgspec.convert(data, self.shape)
        except msgspec.ValidationError as error:
            _report(self, str(error), refuse)


_TYPES = {
    "int": "a whole number",
    "float": "a number with a decimal point",
    "int | float": "a number",
    "str": "a text in quotes",
    "bool": "true or false",
    "array": "a list in [ ]",
    "object": "a table",
}


def _report(kind: FileKind[S], fault: str, refuse: Refuse) -> NoReturn:
    """Say in a file's own words what msgspec found; it names the place as `$.party[2].roles[0]`."""
    what, _, place = fault.rpartition(" - at `$") if " - at `$" in fault else (fault, "", "")
    keys: list[str | int] = [
        int(index) if index else name for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", place)
    ]
    table = next((key for key in reversed(keys) if isinstance(key, str)), "")
    header = kind.headers.get(table, "the file")
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        known = [field.encode_name for field in msgspec.structs.fields(kind.tables[table])]
        raise refuse(
            f"{header} has no key `{match[1]}`",
            f"Take it out, or use one of {', '.join(known)}.{nearest(match[1], known)}",
            *keys,
            match[1],
        )
    if match := re.fullmatch(r"Object missing required field `(.*)`", what):
        lacking = kind.headers.get(match[1])
        raise refuse(
            f"{header} lacks {lacking or f'the key `{match[1]}`'}",
            f"Add {f'a {lacking} table' if lacking else f'`{match[1]} = ...`'}.",
            *keys,
        )
    if match := re.fullmatch(r"Invalid enum value '(.*)'", what, re.DOTALL):
        words = kind.words[table]
        raise refuse(
            f"`{match[1]}` is no word for `{table}`",
            f"Use one of {', '.join(words)}.{nearest(match[1], words)}",
            *keys,
        )
    wanted, given = (_TYPES.get(word, f"a {word}") for word in re.findall(r"`(.*?)`", what))
    inside = "" if keys[-1] == table else "an element of "
    raise refuse(
        f"{inside}`{table}` should be {wanted}, but is {given}",
        f"Write {header if table in kind.headers else wanted}.",
        *keys,
    )
