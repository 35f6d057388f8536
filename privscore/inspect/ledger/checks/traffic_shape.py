"""Do sizes, names and order of messages tell anything? The same job, about made-up data.

The agreement, the method and the list of people are those of the run; every value, and who knows
whom, is made up, and so are keys that the agreement names: no run holds their private halves. What
each party saw of the two jobs, but for the messages themselves, must agree.
"""

from __future__ import annotations

import csv
import math
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Characteristic
from privscore.consortium import Consortium, PrivatePart
from privscore.consortium.agreement import Agreement
from privscore.inspect.ledger.evidence import Evidence
from privscore.job.people_list import KnownPeople
from privscore.runs.folder import SavedSession, open_run
from privscore.runtime.local import run_job
from privscore.runtime.synthetic_tables import made_up_card
from protocols.core.view import Expired, Seen, View

MOST_PEOPLE = 200_000
_SEED = 2017
_UNKNOWN = 0.1  # of the values, and half of the people are strangers to all platforms but one


def differences(evidence: Evidence) -> list[str]:
    """The sessions by which a party can tell the run from one about made-up data."""
    run = evidence.run
    with tempfile.TemporaryDirectory(prefix="privscore-") as folder:
        people = run.people(run.agreement.requester)
        consortium = _made_up(_without_keys(run.agreement), people, Path(folder))
        listed = Path(folder) / "people.txt"
        listed.write_bytes((run.folder(run.agreement.requester) / "people.txt").read_bytes())
        run_job(
            consortium,
            run.method,
            Path(folder) / "run",
            people=listed if run.record.people_from == "list" else None,
            workers=1,
            recording="outline",
            shard_people=run.record.shard_people,
            remember=False,
        )
        other = open_run(Path(folder) / "run")
        return [
            f"{party}, {place.name}"
            for party, sessions in evidence.sessions.items()
            for (place, view), (_, made_up) in _pairs(sessions, other.sessions(party))
            if _outline(view) != _outline(made_up)
        ]


def _pairs(
    real: tuple[SavedSession, ...], made_up: tuple[SavedSession, ...]
) -> Iterator[tuple[SavedSession, SavedSession]]:
    """The sessions of both jobs, one by one; nobody asked a question about made-up data."""
    jobs = [session for session in real if session.place.phase != "question"]
    yield from zip(jobs, made_up, strict=True)


def _outline(view: View) -> tuple[tuple[tuple[str, str, int, int, int], ...], int]:
    """What shows of a view, and how often time was up; a platform's own list has its own size."""
    kept = tuple(
        event
        for event in view.events
        if isinstance(event, Seen) and event.carries != KnownPeople.carries
    )
    return replace(view, events=kept).outline(), sum(isinstance(e, Expired) for e in view.events)


def _without_keys(agreement: Agreement) -> Agreement:
    """The same agreement, but that parties make keys for the job."""
    keys = agreement.public_keys
    return replace(
        agreement,
        parties=tuple(
            replace(party, public_key="") if party.id in keys else party
            for party in agreement.parties
        ),
    )


def _made_up(agreement: Agreement, people: list[str], folder: Path) -> Consortium:
    """The same agreement over tables of made-up values in `folder`."""
    dice = np.random.default_rng(_SEED)
    private = {}
    for number, party in enumerate(agreement.party_ids):
        table = f"{number}.csv" if party in agreement.data_parties else None
        private[party] = PrivatePart(table, "person", None, None)
        if table is None:
            continue
        knows = dice.random(len(people)) < (1 if party == agreement.data_parties[0] else 0.5)
        names = agreement.scorecard.columns_of(party)
        columns = [_values(agreement, f"{party}.{name}", len(people), dice) for name in names]
        with (folder / table).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["person", *names])
            rows = zip(people, *columns, strict=True)
            writer.writerows(row for row, known in zip(rows, knows, strict=True) if known)
    titles = tuple(each.name for each in agreement.scorecard.characteristics)
    return made_up_card(Consortium(agreement, private, folder / "consortium.toml", {}, titles))


def _values(
    agreement: Agreement, column: str, people: int, dice: np.random.Generator
) -> NDArray[np.str_]:
    """Whole numbers from all bins of the first characteristic over this column, some missing."""
    characteristics = agreement.scorecard.characteristics
    first = next(each for each in characteristics if column in each.columns)
    values = dice.choice(_one_in_each_bin(first), people).astype(np.str_)
    values[dice.random(people) < _UNKNOWN] = ""
    return values


def _one_in_each_bin(characteristic: Characteristic) -> list[int]:
    """A whole number at the foot of every bin, and one below them all, within the range."""
    feet = [math.ceil(cut) for cut in characteristic.bins]
    low, high = characteristic.range or (-(1 << 53), 1 << 53)
    if characteristic.weighted:
        return [low, high]
    below = feet[0] - 1 if feet else -1
    return [min(max(value, low), high) for value in (below, *feet)]
