"""Ready consortia: a TOML file each, and for some the means to make or find their data."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from privscore.errors import Refused
from privscore.files import new_folder
from privscore.scenarios import toy
from privscore.tables.sandbox import DataFault, Sandbox, text
from privscore.text.words import listed

_HERE = Path(__file__).parent
_SHOWN = 3  # columns that a refusal names


@dataclass(frozen=True, slots=True)
class Scenario:
    """One ready consortium. `make` writes its data; without it the user names a data file."""

    name: str
    about: str
    make: Callable[[Path], None] | None = None
    find: str = ""  # where the data file comes from, as a fix begins

    @property
    def text(self) -> str:
        """Its TOML, with `{data}` where a path belongs."""
        return (_HERE / f"{self.name}.toml").read_text(encoding="utf-8")

    @property
    def columns(self) -> tuple[str, ...]:
        """What the data file must have: every platform's ids, and what the card looks at."""
        file = tomllib.loads(self.text)
        keys = [party["key"] for party in file["party"] if "key" in party]
        lines = file["scorecard"]["characteristic"]
        return tuple(dict.fromkeys([*keys, *(line["column"].split(".")[1] for line in lines)]))


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("toy", "eight platforms, 200 made-up people, one CSV each", toy.make),
        Scenario(
            "credit",
            "the UCI credit data (30,000 people) dealt to eight platforms",
            find="Take `Default of Credit Card Clients` from "
            "https://archive.ics.uci.edu/dataset/350, save it as CSV with the columns' names in "
            "the first line",
        ),
    )
}


def write(name: str, directory: Path, data: Path | None = None) -> Path:
    """Write a scenario into a new folder and return the path of its consortium file.

    Raises Refused for an unknown name, a data file that is missing or has not the scenario's
    columns, or a folder that is not empty.
    """
    if name not in SCENARIOS:
        close = difflib.get_close_matches(name, SCENARIOS, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise Refused(f"there is no scenario {name!r}", f"{hint}There are {', '.join(SCENARIOS)}.")
    scenario = SCENARIOS[name]
    if scenario.make is None:
        _check_data(scenario, data)
    elif data is not None:
        raise Refused(f"the scenario {name} brings its own data", "Leave --data away.")
    with new_folder(directory) as folder:
        body = scenario.text
        if data is not None:
            body = body.replace("{data}", str(data.resolve()).replace("'", "''"))
        (folder / "consortium.toml").write_text(body, encoding="utf-8")
        if scenario.make is not None:
            scenario.make(folder)
    return directory / "consortium.toml"


def _check_data(scenario: Scenario, data: Path | None) -> None:
    """Raises Refused unless there is a data file with all columns that the scenario names."""
    if data is None:
        raise Refused(
            f"the scenario {scenario.name} needs a data file, which does not ship with it",
            f"{scenario.find}, and name the file with --data.",
        )
    if not data.is_file():
        raise Refused(f"there is no file {data}", "Name the CSV with --data.")
    try:
        with Sandbox(data.resolve().parent) as box:  # as each platform's SQL will read it
            columns = box.run(f"DESCRIBE FROM {text(str(data.resolve()))}")
    except DataFault:
        columns = []
    present = {row[0] for row in columns}
    lacking = [each for each in scenario.columns if each not in present]
    if lacking:
        shown = lacking if len(lacking) <= _SHOWN else [*lacking[:_SHOWN], "others"]
        raise Refused(
            f"the file has no columns {listed(shown)}, which the scenario {scenario.name} needs",
            f"{scenario.find}, and name that file.",
            file=data,
        )
