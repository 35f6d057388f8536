"""One comparison on the toy consortium, made once for all tests that look at it."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from privscore import consortium, scenarios
from privscore.compare import compare
from privscore.compare.comparison import Comparison

METHODS = ("secret-sum", "masked-sum")


def toy(folder: Path, **edits: str) -> consortium.Consortium:
    """The toy consortium in a new folder; `tier="..."` writes another fact for the requester."""
    file = scenarios.write("toy", folder / "toy")
    if edits:
        text = file.read_text(encoding="utf-8")
        changed = text.replace('desk = "score"', f'desk = "{edits["reveal"]}"')
        assert changed != text
        file.write_text(changed, encoding="utf-8")
    return consortium.load(file)


@functools.cache
def comparison() -> Comparison:
    """`clear` and two exact methods, on a quarter of the people and on all 200."""
    with tempfile.TemporaryDirectory() as folder:
        return compare(toy(Path(folder)), METHODS, by_people=True)
