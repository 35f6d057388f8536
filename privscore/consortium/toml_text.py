"""An agreement as the text of a consortium file, for what was made by no hand: an imported card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from privscore.consortium.agreement import Agreement

_ORDER = (  # of a line's keys, as people write them
    *("name", "column", "columns", "combine", "reason", "range"),
    *("weight", "bins", "points", "missing", "contested"),
)


def consortium_text(agreement: Agreement, comment: str) -> str:
    """A consortium file in which every platform's table is `PLATFORM.csv`, under a comment."""
    shape: dict[str, Any] = msgspec.json.decode(agreement.encode())
    return "\n".join(_lines(shape, comment)) + "\n"


def _lines(shape: dict[str, Any], comment: str) -> Iterator[str]:
    yield from (f"# {line}" for line in comment.splitlines())
    yield ""
    yield from _pairs({key: shape[key] for key in ("schema", "name", "purpose")})
    for party in shape["party"]:
        yield from ("", "[[party]]")
        yield from _pairs(party)
        if "data" in party["roles"]:
            yield from _pairs({"table": f"{party['id']}.csv"})
    card = shape["scorecard"]
    yield from ("", "[scorecard]")
    yield from _pairs({key: card[key] for key in card if key != "characteristic"})
    for line in card["characteristic"]:
        yield from ("", "[[scorecard.characteristic]]")
        yield from _pairs({key: line[key] for key in _ORDER if line.get(key, False) is not False})
    for tier in shape["tier"]:
        yield from ("", "[[tier]]")
        yield from _pairs(tier)
    yield from ("", "[policy]")
    yield from _pairs(shape["policy"])


def _pairs(table: dict[str, Any]) -> Iterator[str]:
    return (f"{key} = {_value(value)}" for key, value in table.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{_value(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    # JSON writes texts and numbers as TOML does, but for one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
