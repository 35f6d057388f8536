"""Ready consortia: a TOML file each, and for some the means to make or find their data."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from privscore.errors import Refused
from privscore.runtime.run_folder import new_folder
from privscore.scenarios import toy

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Scenario:
    """One ready consortium. `make` writes its data; without it the user names a data file."""

    name: str
    about: str
    make: Callable[[Path], None] | None = None

    @property
    def text(self) -> str:
        """Its TOML, with `{data}` where a path belongs."""
        return (_HERE / f"{self.name}.toml").read_text(encoding="utf-8")


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("toy", "eight platforms, 200 made-up people, one CSV each", toy.make),
        Scenario("credit", "the UCI credit data (30,000 people) dealt to eight platforms"),
    )
}


def write(name: str, directory: Path, data: Path | None = None) -> Path:
    """Write a scenario into a new folder and return the path of its consortium file.

    Raises Refused for an unknown name, a missing data file, or a folder that is not empty.
    """
    if name not in SCENARIOS:
        close = difflib.get_close_matches(name, SCENARIOS, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise Refused(f"there is no scenario {name!r}", f"{hint}There are {', '.join(SCENARIOS)}.")
    scenario = SCENARIOS[name]
    if (scenario.make is None) != (data is not None):
        raise Refused(
            f"the scenario {name} {'needs' if data is None else 'brings its own'} data",
            "Name its file with --data." if data is None else "Leave --data away.",
        )
    if data is not None and not data.is_file():
        raise Refused(f"there is no file {data}", "Name the CSV with --data.")
    with new_folder(directory) as folder:
        text = scenario.text
        if data is not None:
            text = text.replace("{data}", str(data.resolve()).replace("'", "''"))
        (folder / "consortium.toml").write_text(text, encoding="utf-8")
        if scenario.make is not None:
            scenario.make(folder)
    return directory / "consortium.toml"
