"""A run's folder: one sub-folder per party with only what that party has, and `run.json`.

    run.json               agreement, method, versions, machine, times, costs by party and phase
    PARTY/view/*.json      what it saw, one file a session (and *.bodies, if recorded in full)
    PARTY/people.txt       whom the job is about, for the parties that know it
    PLATFORM/known.u1      whom it knows
    PLATFORM/bins-K.u2     into which bin of its K-th characteristic everybody fell
    PLATFORM/value-K.f8    everybody's value, where its K-th characteristic has a weight
    OWNER/card.f8          the points and weights that the card's owner hides
    REQUESTER/scores.csv   the answer, as far as the policy opens it

It is written under another name and renamed when it is whole, so there is never half a run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from privscore.job.journal.answered import Difference
from privscore.runs.pool import in_threads
from protocols.core.cost import Cost
from protocols.core.view import Recording

SCHEMA = "privscore/run@3"


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`run.json`: everything about a run that is nobody's data."""

    schema: str = SCHEMA
    name: str
    method: str
    satisfies_policy: bool
    job: str  # hexadecimal
    agreement_sha256: str
    agreement: dict[str, Any]
    requester: str
    platforms: tuple[str, ...]  # whose points are in the scores
    people: int
    people_from: str  # "list" or "union"
    shards: int
    shard_people: int
    workers: int
    recording: Recording
    started: str  # UTC, ISO 8601
    seconds: dict[str, float]  # by phase, wall clock
    costs: dict[str, dict[str, Cost]]  # party -> phase -> cost
    versions: dict[str, str]
    machine: dict[str, str | int | float]
    files: dict[str, str]  # path in the folder -> SHA-256
    differences: tuple[Difference, ...] = ()  # to earlier answers, where the policy accepts that


def files_in(folder: Path) -> list[str]:
    """The paths of all files there, within it, in order."""
    return sorted(
        each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()
    )


def hashes(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The SHA-256 of these files in a folder, in hexadecimal, by path."""
    return dict(zip(names, in_threads(_sha256, [folder / name for name in names]), strict=True))


def finish(folder: Path, record: RunRecord) -> RunRecord:
    """Write `run.json` with the hash of every other file that it lacks; return it as written."""
    rest = [name for name in files_in(folder) if name not in record.files]
    files = dict(sorted({**record.files, **hashes(folder, rest)}.items()))
    whole = msgspec.structs.replace(record, files=files)
    text = msgspec.json.format(msgspec.json.encode(whole), indent=1)
    (folder / "run.json").write_bytes(text + b"\n")
    return whole


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
