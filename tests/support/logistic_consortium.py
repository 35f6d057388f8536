"""A consortium whose card is a logistic model with its odds, and runs of it."""

from __future__ import annotations

import csv
import functools
import tempfile
from pathlib import Path

from privscore.consortium import Consortium, load
from privscore.methods import named
from privscore.runtime.local import run_job

PEOPLE = 60
_KEPT = tempfile.TemporaryDirectory()  # until the process ends
LOGISTIC = """\
schema  = "privscore/consortium@1"
name    = "logistic"
purpose = "Try a logistic model out."

[[party]]
id    = "wallet"
roles = ["data"]
table = "wallet.csv"

[[party]]
id    = "bank"
roles = ["data"]
table = "bank.csv"

[[party]]
id    = "market"
roles = ["data"]
table = "market.csv"

[[party]]
id    = "firm"
roles = ["card"]

[[party]]
id    = "desk"
roles = ["requester"]

[scorecard]
base = 501
clip = [400, 600]
odds = { score = 500, good_to_bad = 3.5, double = 40 }

[[scorecard.characteristic]]
name    = "age"
column  = "wallet.age"
weight  = 0.75
range   = [18, 99]
missing = 31.5

[[scorecard.characteristic]]
name    = "late"
column  = "bank.late"
bins    = [1]
points  = [0, -70]
missing = -10

[[scorecard.characteristic]]
name   = "use"
column = "bank.use"
weight = -90.125
range  = [0, 1]

[[scorecard.characteristic]]
name   = "orders"
column = "market.orders"
weight = 2
range  = [0, 20]

[[tier]]
name   = "fair"
from   = 480
grants = "half"

[policy]
reveal     = { desk = "total" }
min_people = 50
"""
HIDING = LOGISTIC.replace(
    "[scorecard]", '[scorecard]\nowner = "firm"\nhidden = ["points"]\npoints_range = [-100, 100]'
)


def value(person: int, column: str) -> float | None:
    """What the tables say; a tenth and more of it is unknown."""
    if person % 9 == 0 or (column == "age" and person % 4 == 1):
        return None
    return {
        "age": 18 + (person * 7) % 82,
        "late": person % 3,
        "use": (person * 37 % 101) / 100,
        "orders": person % 21,
    }[column]


def loaded(folder: Path, text: str = LOGISTIC) -> Consortium:
    columns = {"wallet": ["age"], "bank": ["late", "use"], "market": ["orders"]}
    for name, names in columns.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["person", *names])
            for person in range(PEOPLE):
                values = [value(person, each) for each in names]
                writer.writerow(
                    [f"p{person:02d}", *("" if each is None else each for each in values)]
                )
    file = folder / "consortium.toml"
    file.write_text(text)
    return load(file)


def by_hand(person: int) -> float:
    """A total by the standard library alone."""
    total = 501.0
    for column, weight, missing in (("age", 0.75, 31.5), ("use", -90.125, 0), ("orders", 2, 0)):
        x = value(person, column)
        total += missing if x is None else weight * x
    late = value(person, "late")
    return total + (-10 if late is None else -70 if late >= 1 else 0)


class Made:
    """The consortium, with its weights hidden and not, and a run of each by two methods."""

    def __init__(self, folder: Path) -> None:
        self.runs: dict[str, Path] = {}
        for name, text in (("open", LOGISTIC), ("hidden", HIDING)):
            (folder / name).mkdir()
            consortium = loaded(folder / name, text)
            for method in ("clear", "ckks-weighted"):
                self.runs[f"{method}, {name}"] = out = folder / name / method
                run_job(consortium, named(method), out)

    def scores(self, run: str) -> list[dict[str, str]]:
        with (self.runs[run] / "desk" / "scores.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@functools.cache
def logistic_runs() -> Made:
    return Made(Path(_KEPT.name))
