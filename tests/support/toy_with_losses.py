"""The toy consortium where it bears losses, and everybody in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from privscore.consortium import Consortium, load
from privscore.scenarios import write

EVERYBODY = [f"p{number:03d}" for number in range(200)]


def neutral(*lines: str) -> Callable[[str], str]:
    """What makes a file bear losses, and puts more lines into its policy."""
    return lambda text: text.replace(
        "[policy]", "\n".join(["[policy]", 'dropout = "neutral"', *lines])
    )


def toy(folder: Path) -> Consortium:
    """The toy consortium in a new folder, bearing losses."""
    path = write("toy", folder / "toy")
    path.write_text(neutral()(path.read_text()))
    return load(path)
