"""One comparison on the toy consortium, made once for all tests that look at it."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from toy_consortium import toy

from privscore.compare import compare
from privscore.compare.comparison import Comparison

METHODS = ("secret-sum", "masked-sum")


@functools.cache
def comparison() -> Comparison:
    """`clear` and two exact methods, on a quarter of the people and on all 200."""
    with tempfile.TemporaryDirectory() as folder:
        return compare(toy(Path(folder)), METHODS, by_people=True)
