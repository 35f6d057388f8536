"""A run's folder: one sub-folder per party with only what that party has, and `run.json`.

    run.json                  which parties' records belong together, machine, seconds by step
    PARTY/party.json          agreement, method, versions, what it cost this party, its files
    PARTY/view/*.json         what it saw, one file a session (and *.bodies, if recorded in full)
    PARTY/people.txt          whom the job is about, for the parties that know it
    PARTY/left/*.npy          shares of answers that nobody has opened, where a method leaves some
    PLATFORM/known.u1         whom it knows
    PLATFORM/bins-K.u2        into which bin of its K-th characteristic everybody fell
    PLATFORM/value-K.f8       everybody's value, where its K-th characteristic has a weight
    PLATFORM/combined-K.f8    everybody's value in its K-th column that is combined with others
    OWNER/card.f8             the points and weights that the card's owner hides
    REQUESTER/scores.csv      the answer, as far as the policy opens it

A party's folder opens by itself: its record names its own files and nobody else's. The whole is
written under another name and renamed at the end, so there is never half a run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from privscore.job.journal.answered import Difference
from privscore.job.people_list import PeopleFrom
from privscore.runs.pool import in_threads
from protocols.core.cost import Cost
from protocols.core.view import Recording

SCHEMA = "privscore/run@3"
PARTY_SCHEMA = "privscore/party@1"
PARTY_FILE = "party.json"

Runtime: TypeAlias = Literal["memory", "processes"]  # all parties in one process, or one each


class PartyRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`party.json`: everything about one party's part in a run that is nobody's data."""

    schema: str = PARTY_SCHEMA
    party: str
    name: str
    method: str
    satisfies_policy: bool
    job: str  # hexadecimal
    agreement_sha256: str
    agreement: dict[str, Any]
    platforms: tuple[str, ...]  # whose points are in the answer, as far as it was told
    people: int
    people_from: PeopleFrom
    shards: int
    shard_people: int
    recording: Recording
    started: str  # UTC, ISO 8601
    identities: dict[str, str]  # everybody's Ed25519 public keys in this job, hexadecimal
    costs: dict[str, Cost]  # by phase
    versions: dict[str, str]
    files: dict[str, str]  # path in its folder -> SHA-256
    differences: tuple[Difference, ...] = ()  # to earlier answers, where the policy accepts that


class JoinRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`run.json`: which parties' records are one run, and what only their machine knows."""

    schema: str = SCHEMA
    requester: str
    workers: int
    seconds: dict[str, float]  # by step, wall clock
    machine: dict[str, str | int | float]
    parties: dict[str, str]  # party -> SHA-256 of its party.json
    runtime: Runtime = "memory"


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run as a whole: what `run.json` and all parties' records say together."""

    name: str
    method: str
    satisfies_policy: bool
    job: str  # hexadecimal
    agreement_sha256: str
    agreement: dict[str, Any]
    requester: str
    platforms: tuple[str, ...]  # whose points are in the scores
    people: int
    people_from: PeopleFrom
    shards: int
    shard_people: int
    workers: int
    recording: Recording
    started: str  # UTC, ISO 8601
    identities: dict[str, str]
    seconds: dict[str, float]  # by step, wall clock
    costs: dict[str, dict[str, Cost]]  # party -> phase -> cost
    versions: dict[str, str]
    machine: dict[str, str | int | float]
    files: dict[str, str]  # path in the run's folder -> SHA-256
    differences: tuple[Difference, ...] = ()
    runtime: Runtime = "memory"


def joined(join: JoinRecord, parties: Sequence[PartyRecord]) -> RunRecord:
    """The run that these records are of; the requester's word goes for what all of them say."""
    asker = next(party for party in parties if party.party == join.requester)
    files = {
        f"{party.party}/{name}": value
        for party in parties
        for name, value in {**party.files, PARTY_FILE: join.parties[party.party]}.items()
    }
    return RunRecord(
        name=asker.name,
        method=asker.method,
        satisfies_policy=asker.satisfies_policy,
        job=asker.job,
        agreement_sha256=asker.agreement_sha256,
        agreement=asker.agreement,
        requester=join.requester,
        platforms=asker.platforms,
        people=asker.people,
        people_from=asker.people_from,
        shards=asker.shards,
        shard_people=asker.shard_people,
        workers=join.workers,
        recording=asker.recording,
        started=asker.started,
        identities=asker.identities,
        seconds=join.seconds,
        costs={party.party: party.costs for party in parties},
        versions=asker.versions,
        machine=join.machine,
        files=dict(sorted(files.items())),
        differences=asker.differences,
        runtime=join.runtime,
    )


def files_in(folder: Path) -> list[str]:
    """The paths of all files there, within it, in order."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def hashes(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The SHA-256 of these files in a folder, in hexadecimal, by path."""
    return dict(zip(names, in_threads(_sha256, [folder / name for name in names]), strict=True))


def write_party(
    folder: Path, record: PartyRecord, hashed: Mapping[str, str] | None = None
) -> PartyRecord:
    """Write `party.json` with the hash of every other file; `hashed` are known already."""
    known = hashed or {}
    paths = [name for name in files_in(folder) if name != PARTY_FILE]
    not_hashed = [name for name in paths if name not in known]
    files = {**{name: known[name] for name in paths if name in known}, **hashes(folder, not_hashed)}
    whole = msgspec.structs.replace(record, files=dict(sorted(files.items())))
    _write(folder / PARTY_FILE, whole)
    return whole


def finish(
    folder: Path,
    parties: Sequence[PartyRecord],
    *,
    requester: str,
    workers: int,
    seconds: Mapping[str, float],
    machine: Mapping[str, str | int | float],
    runtime: Runtime = "memory",
) -> RunRecord:
    """Write the `run.json` that joins the parties' records; return the run as a whole."""
    join = JoinRecord(
        requester=requester,
        workers=workers,
        seconds=dict(seconds),
        machine=dict(machine),
        parties={party.party: _sha256(folder / party.party / PARTY_FILE) for party in parties},
        runtime=runtime,
    )
    _write(folder / "run.json", join)
    return joined(join, parties)


def _write(path: Path, record: msgspec.Struct) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
