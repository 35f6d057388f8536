"""A run's folder, opened again; nothing in it is believed before it has been checked.

It must be whole (every file that such a run leaves), of this version, and as it was left: every
party's record has the hash that `run.json` says, every file the one that its party's record says,
the agreement has its own, and every view belongs to this job. Each fault is one `Refused`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from privscore import methods
from privscore.card.scorecard import Earned, Scorecard
from privscore.consortium.agreement import Agreement
from privscore.consortium.toml_lines import nearest
from privscore.errors import Refused
from privscore.job.ids import job_id, session_id
from privscore.job.local_data import KNOWN_FILE, kept_files
from privscore.methods.base import Method
from privscore.runs.layout import GREETING, SessionPlace, card_file, due_files, places_of
from privscore.runs.reading import (
    agreement_in,
    broken,
    incomplete,
    party_record,
    run_record,
)
from privscore.runs.record import PARTY_FILE, RunRecord
from privscore.runs.view_file import load_view
from protocols.core.body import decode
from protocols.core.view import Seen, View


class SavedSession(NamedTuple):
    """One party's session of a run, as it was recorded."""

    place: SessionPlace
    view: View


@dataclass(frozen=True)
class RunFolder:
    """A run that has passed every check of this page, but for its views: `sessions` checks those.

    `record` is what its records say together, `agreement` what the parties had agreed. `parties`
    are those whose folders are there: all of them, or the one whose own folder was opened.
    """

    path: Path
    record: RunRecord
    agreement: Agreement
    parties: tuple[str, ...]

    @cached_property
    def method(self) -> Method:
        """The method of the run; raises Refused for one that is not known here."""
        return methods.known(self.record.method)

    @cached_property
    def places(self) -> tuple[SessionPlace, ...]:
        """The sessions of each party, in order."""
        return tuple(places_of(self.record, self.method.phases(self.agreement)))

    def party(self, name: str) -> str:
        """`name`, if it is a party of this run; raises Refused, with a suggestion, if not."""
        known = self.parties
        if name not in known:
            raise Refused(
                f"no party of this run is called {name!r}",
                f"Name one of {', '.join(known)}.{nearest(name, known)}",
                file=self.path,
            )
        return name

    def only_party(self) -> str:
        """The one party whose folder was opened; raises Refused where there are several."""
        if len(self.parties) != 1:
            raise Refused(
                "the run has several parties",
                f"Say whom you mean by --party: {', '.join(self.parties)}.",
                file=self.path,
            )
        return self.parties[0]

    def folder(self, party: str) -> Path:
        """The sub-folder with what one party has."""
        return self.path / party if self.is_whole else self.path

    @property
    def is_whole(self) -> bool:
        """Whether all parties' folders are there, not one party's alone."""
        return self.parties == self.agreement.party_ids

    def need_whole(self, page: str) -> None:
        """Raise Refused if only one party's folder is there; `page` is what needs all of them."""
        if not self.is_whole:
            raise Refused(
                f"this is the folder of {self.parties[0]} alone: {page} needs all parties' folders",
                "Name the folder that `privscore run --out` made.",
                file=self.path,
            )

    def _file(self, name: str) -> Path:
        """A file, by its name in the folder of the whole run."""
        return self.path / name if self.is_whole else self.path / name.partition("/")[2]

    def need_bodies(self, content: str) -> None:
        """Raise Refused if only an outline was recorded; `content` is what is looked for."""
        if self.record.recording == "outline":
            raise Refused(
                f"this recording is an outline: it does not hold {content}",
                "Run again about at most 10,000 people (`--people FILE`): then all is recorded.",
                file=self.path,
            )

    def sessions(self, party: str) -> tuple[SavedSession, ...]:
        """All that a party saw, in order; raises Refused for a view that is not of this job."""
        return tuple(SavedSession(place, _view(self, party, place)) for place in self.places)

    def people(self, party: str) -> list[str]:
        """Whom the job is about, in its order, as this party was told; empty if it was not."""
        path = self.folder(party) / "people.txt"
        if f"{party}/people.txt" not in self.record.files:
            return []
        people = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        if len(people) != self.record.people:
            raise broken(self.path, f"{party}/people.txt does not list everybody once")
        return people

    @cached_property
    def card(self) -> Scorecard:
        """The card with all its points; hidden ones are in their owner's folder alone."""
        if (card := self.agreement.scorecard).secret is None:
            return card
        try:
            return card.with_numbers(np.fromfile(self._file(card_file(self.agreement)), np.float64))
        except ValueError as error:
            raise broken(self.path, "the owner's points are not those of the card") from error

    def known(self, platform: str) -> NDArray[np.bool_]:
        """Whom a platform knows, shape (people,); raises Refused for a file that does not say."""
        known = np.fromfile(self.folder(platform) / KNOWN_FILE, np.uint8)
        if known.shape != (self.record.people,) or (known > 1).any():
            raise broken(self.path, f"{platform}/{KNOWN_FILE} does not say of everybody yes or no")
        return known.astype(np.bool_)

    def values(self, platform: str) -> tuple[NDArray[Any], ...]:
        """What a platform kept of each of its characteristics, by person, shape (people,).

        The bin as `Characteristic.bin` numbers it, uint16; of a weighted line the value, float64,
        NaN where unknown. Raises Refused for bins that the card does not have, and for values
        beyond a line's range.
        """
        card, values = self.agreement.scorecard, []
        lines = card.scored_locally_by(platform)
        for name, line in zip(kept_files(card, platform), lines, strict=True):
            path = self.folder(platform) / name
            kept: NDArray[Any] = np.fromfile(path, np.float64 if line.weighted else np.uint16)
            low, high = (line.range or (0, 0)) if line.weighted else (0, line.missing_bin)
            known = kept[~np.isnan(kept)]
            if kept.shape != (self.record.people,) or ((known < low) | (known > high)).any():
                raise broken(self.path, f"{platform}/{name} does not hold one bin for everybody")
            values.append(kept)
        return tuple(values)

    def bins(self, platform: str) -> tuple[NDArray[np.uint16], ...]:
        """Into which bin of each of a platform's characteristics everybody fell, shape (people,).

        As `Characteristic.bin` numbers them; raises Refused as `values` does.
        """
        characteristics = self.agreement.scorecard.scored_locally_by(platform)
        return tuple(
            line.bin(kept) if line.weighted else kept
            for line, kept in zip(characteristics, self.values(platform), strict=True)
        )

    def earned(self, platform: str) -> tuple[Earned, ...]:
        """What each of a platform's characteristics adds, shape (people,)."""
        return tuple(
            line.score(kept) if line.weighted else line.earned(kept)
            for line, kept in zip(
                self.card.scored_locally_by(platform), self.values(platform), strict=True
            )
        )

    def points(self, platform: str) -> Earned:
        """What a platform adds to everybody's total by itself, shape (people,)."""
        total: Earned = np.zeros(self.record.people, np.int32 if self.card.is_whole else np.float64)
        for each in self.earned(platform):
            total += each
        return total


def open_run(path: Path) -> RunFolder:
    """Open the folder that a run left at `path`, or one party's own folder of it.

    Raises Refused for whatever is wrong with it.
    """
    alone = not (path / "run.json").exists() and (path / PARTY_FILE).exists()
    record, parties = party_record(path) if alone else run_record(path)
    agreement = _agreement(path, record)
    due = tuple(party for party in agreement.party_ids if party in parties or not alone)
    if set(parties) != set(due):
        raise broken(path, "its records are not those of the parties of the agreement")
    run = RunFolder(path, record, agreement, due)
    rows = record.people * run.method.rows_per_person
    if record.shards != -(-rows // record.shard_people):
        raise broken(path, "people and shards do not fit each other")
    _check_files(run)
    if record.recording == "full" and run.is_whole:
        _check_job(run)
    return run


def _agreement(path: Path, record: RunRecord) -> Agreement:
    file = path / ("run.json" if (path / "run.json").exists() else PARTY_FILE)
    agreement = agreement_in(file, record)
    said = (record.agreement_sha256, record.requester, record.name)
    if said != (agreement.sha256.hex(), agreement.requester, agreement.name):
        raise broken(file, "the agreement does not have the hash or the names beside it")
    return agreement


def _check_files(run: RunFolder) -> None:
    """Every file that is due is there, no other one, and all of them have their hashes."""
    listed = run.record.files
    for name in due_files(run.record, run.agreement, run.method, run.parties):
        if name not in listed:
            raise incomplete(run.path, name)
    inside = "" if run.is_whole else f"{run.parties[0]}/"
    paths = [each for each in sorted(run.path.rglob("*")) if each.is_symlink() or not each.is_dir()]
    present = {inside + each.relative_to(run.path).as_posix(): each for each in paths}
    present.pop("run.json", None)
    for name in listed:
        if name not in present:
            raise incomplete(run.path, name)
    for name, path in present.items():
        if name not in listed or path.is_symlink():
            raise broken(run.path, f"{name} is not a file that the run left")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != listed[name]:
                record = f"{name.partition('/')[0]}/{PARTY_FILE}"
                raise broken(run.path, f"{name} does not have the hash that {record} says")


def _view(run: RunFolder, party: str, place: SessionPlace) -> View:
    """The view of one session, if it is of this job and fits the bodies beside it."""
    path = f"{party}/view/{place.name}.json"
    try:
        view = load_view(run.folder(party) / "view" / f"{place.name}.json")
    except (msgspec.MsgspecError, ValueError, OSError) as error:
        raise broken(run.path, f"{path} is not a view") from error
    job = run.agreement.sha256 if place == GREETING else bytes.fromhex(run.record.job)
    due = (party, run.agreement.party_ids, session_id(job, place.phase, place.number))
    if (view.me, view.circle, view.session) != due:
        raise broken(run.path, f"{path} is not of this job")
    if view.recording != run.record.recording or not all(map(_fits, view.messages)):
        raise broken(run.path, f"{path} does not fit the bodies beside it")
    return view


def _fits(seen: Seen) -> bool:
    """Whether the body has the size and the hash that were recorded, where there is one."""
    return seen.body is None or (
        len(seen.body) == seen.payload_bytes + seen.framing_bytes
        and seen.body.sha256 == seen.sha256
    )


def _check_job(run: RunFolder) -> None:
    """The job's id comes from the agreement, the method and the nonces that everybody saw."""
    nonces: dict[str, bytes] = {}
    for party in run.agreement.party_ids[:2]:  # the other one sees the nonce that is a party's own
        nonces |= dict(_nonces(run, _view(run, party, GREETING)))
    everybody = set(nonces) == set(run.agreement.party_ids)
    if not everybody or run.record.job != job_id(run.agreement, run.record.method, nonces).hex():
        raise broken(run.path, "the job is not of this agreement, method and nonces")


def _nonces(run: RunFolder, view: View) -> Iterator[tuple[str, bytes]]:
    for seen in view.messages:
        try:
            nonce, _ = decode(seen.envelope(view.me).body)
        except ValueError as error:  # Malformed is one; so is any other number of fields
            raise broken(run.path, f"{view.me} was greeted with something else") from error
        yield seen.sender, bytes(nonce.buffer)
