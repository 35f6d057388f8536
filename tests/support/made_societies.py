"""Two societies, made once for all tests that look at them, and how to ask one."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from privscore.society import Society, generate, open_society

PEOPLE = 66_000  # two blocks, so that two workers have something to share
SEED = 7
_KEPT = tempfile.TemporaryDirectory()  # until the process ends


@functools.cache
def big_society() -> Society:
    """Two blocks of people, to read; features may be added, which no table of it contains."""
    return generate(Path(_KEPT.name, "big"), people=PEOPLE, seed=SEED, workers=1)


@functools.cache
def _pristine() -> Society:
    return generate(Path(_KEPT.name, "small"), people=500, seed=SEED)


def small_society(folder: Path) -> Society:
    """500 people of one's own, to break."""
    return open_society(shutil.copytree(_pristine().directory, folder / "small"))


def ask(society: Society, query: str) -> dict[str, np.ndarray[Any, Any]]:
    with duckdb.connect(config={"file_search_path": str(society.directory)}) as connection:
        return dict(connection.sql(query).fetchnumpy())


def one(society: Society, query: str) -> Any:
    with duckdb.connect(config={"file_search_path": str(society.directory)}) as connection:
        return connection.sql(query).fetchall()[0]
