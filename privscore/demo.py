"""The demonstration: a small society scored by every method, and an honest word about it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType

from privscore import consortium, scenarios
from privscore.compare import compare
from privscore.comparison import Comparison

HONEST = (
    "The scores are the same bit for bit, and under every method but `clear` no platform has shown "
    "its data to anyone. That is all that cryptography does here: it makes the central database "
    "unnecessary. It does not make the card fair, keep the score voluntary, or stop all parties "
    "from acting together."
)
NEXT = ("privscore init DIR", "privscore run DIR/consortium.toml --out DIR/run")


class Demonstration(msgspec.Struct, frozen=True):
    """The comparison, and what to keep in mind and to do next."""

    comparison: Comparison
    honest: str
    next: tuple[str, ...]

    def __rich__(self) -> RenderableType:
        return Group(
            self.comparison, "", self.honest, "", "next:", *(f"  {line}" for line in self.next)
        )


def demonstrate() -> Demonstration:
    """Write the toy consortium, run every method on it, and hold the answers side by side."""
    with tempfile.TemporaryDirectory(prefix="privscore-") as folder:
        path = scenarios.write("toy", Path(folder) / "toy")
        return Demonstration(compare(consortium.load(path)), HONEST, NEXT)
