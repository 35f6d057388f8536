"""The records of a run's folder, read and checked: of this version, in their shape, and joined."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from privscore.consortium.agreement import Agreement
from privscore.errors import Refused
from privscore.runs.record import (
    PARTY_FILE,
    PARTY_SCHEMA,
    SCHEMA,
    JoinRecord,
    PartyRecord,
    RunRecord,
    joined,
)

R = TypeVar("R", bound=msgspec.Struct)

_AGAIN = "Take the folder as the run left it, or run again."


def run_record(path: Path) -> tuple[RunRecord, tuple[str, ...]]:
    """What the records in the folder of a whole run say together, and whose they are.

    Raises Refused for a folder that is none, of another version, or whose records do not fit.
    """
    file = path / "run.json"
    join = _read(file, JoinRecord, SCHEMA)
    parties = []
    for name, sha256 in join.parties.items():
        own_file = path / name / PARTY_FILE
        if not own_file.is_file():
            raise incomplete(path, f"{name}/{PARTY_FILE}")
        if hashlib.sha256(own_file.read_bytes()).hexdigest() != sha256:
            raise broken(path, f"{name}/{PARTY_FILE} does not have the hash that run.json says")
        record = _read(own_file, PartyRecord, PARTY_SCHEMA)
        if record.party != name:
            raise broken(path, f"{name}/{PARTY_FILE} is of another party")
        parties.append(record)
    if join.requester not in join.parties:
        raise broken(file, "the requester has no record")
    first = next(party for party in parties if party.party == join.requester)
    for record in parties:
        if _shared(record) != _shared(first):
            raise broken(path, f"the records of {record.party} and {first.party} differ")
    _check_shards(file, first)
    return joined(join, parties), tuple(join.parties)


def party_record(path: Path) -> tuple[RunRecord, tuple[str, ...]]:
    """What one party's own record says of its run, and whose it is; raises Refused."""
    file = path / PARTY_FILE
    record = _read(file, PartyRecord, PARTY_SCHEMA)
    _check_shards(file, record)
    join = JoinRecord(
        requester=record.party,
        workers=1,
        seconds={},
        machine={},
        parties={record.party: hashlib.sha256(file.read_bytes()).hexdigest()},
    )
    whole = joined(join, [record])
    agreement = agreement_in(file, whole)
    return msgspec.structs.replace(whole, requester=agreement.requester), (record.party,)


def agreement_in(file: Path, record: RunRecord) -> Agreement:
    """The agreement in a record of `file`; raises Refused for one that breaks a rule."""
    try:
        return Agreement.decode(msgspec.json.encode(record.agreement, order="sorted"))
    except Refused as refusal:
        raise broken(file, refusal.cause) from refusal


def own_record(folder: Path) -> PartyRecord:
    """The record in one party's folder; raises Refused."""
    return _read(folder / PARTY_FILE, PartyRecord, PARTY_SCHEMA)


def broken(place: Path, what: str) -> Refused:
    """A refusal of a run that is not as it was left."""
    return Refused(f"the run was changed after it was made: {what}", _AGAIN, file=place)


def incomplete(place: Path, name: str) -> Refused:
    """A refusal of a run that lacks a file."""
    return Refused(f"the run is not whole: {name} is missing", _AGAIN, file=place)


class _Version(msgspec.Struct):
    """The one key that every version has."""

    schema: str


def _read(file: Path, kind: type[R], schema: str) -> R:
    """A record of this version and in its shape."""
    try:
        body = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refused(
            "this is no run, or not a whole one: run.json is missing",
            "Name the folder that `privscore run --out` made.",
            file=file.parent,
        ) from error
    except OSError as error:
        raise Refused(
            f"{file.name} cannot be read: {error.strerror}", "Check its permissions.", file=file
        ) from error
    try:
        version = msgspec.json.decode(body, type=_Version).schema
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refused(f"{file.name} is not what a run leaves", _AGAIN, file=file) from error
    if version != schema:
        raise Refused(
            "the run was made by another version of privscore: its `schema` is not known here",
            f"Run again, or read it with the version that made it. This one reads {schema}.",
            file=file,
        )
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Refused(f"{file.name} is not what a run leaves", _AGAIN, file=file) from error


def _check_shards(file: Path, record: PartyRecord) -> None:
    try:
        bytes.fromhex(record.job)
    except ValueError as error:
        raise Refused(f"{file.name} is not what a run leaves", _AGAIN, file=file) from error
    if record.people < 1 or record.shard_people < 1 or record.shards < 1:
        raise broken(file, "people and shards do not fit each other")


def _shared(record: PartyRecord) -> tuple[Any, ...]:
    """What the records of one run say alike."""
    return (
        *(record.job, record.agreement_sha256, record.agreement, record.method),
        *(record.people, record.people_from, record.shards, record.shard_people),
        *(record.recording, record.identities),
    )
