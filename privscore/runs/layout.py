"""Which files a run leaves in its folder, and in which sessions each party was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from privscore.consortium.agreement import Agreement
from privscore.job import CARD_FILE
from privscore.job.local_data import KNOWN_FILE, kept_files
from privscore.runs.record import RunRecord


class SessionPlace(NamedTuple):
    """Where in a job a session stands; not every method has a closing."""

    name: str  # of its file: greet, opening, shard-00000, ..., closing
    phase: str  # greet, opening, shard or closing
    shard: int  # 0 for a phase that has no shards


GREETING = SessionPlace("greet", "greet", 0)


def due_files(record: RunRecord, agreement: Agreement) -> Iterator[str]:
    """The names of all files that such a run leaves."""
    suffixes = (".json", ".bodies") if record.recording == "full" else (".json",)
    for party in agreement.party_ids:
        for place in places_of(record):
            yield from (f"{party}/view/{place.name}{suffix}" for suffix in suffixes)
    for party in dict.fromkeys((*agreement.data_parties, agreement.requester)):
        yield f"{party}/people.txt"
    for party in agreement.data_parties:
        kept = (KNOWN_FILE, *kept_files(agreement.scorecard, party))
        yield from (f"{party}/{name}" for name in kept)
    yield f"{agreement.requester}/scores.csv"
    if agreement.scorecard.secret is not None:
        yield card_file(agreement)


def card_file(agreement: Agreement) -> str:
    """Where hidden points are kept: with their owner."""
    return f"{agreement.holders('card')[0]}/{CARD_FILE}"


def places_of(record: RunRecord) -> Iterator[SessionPlace]:
    """The sessions of each party, in order."""
    yield GREETING
    yield SessionPlace("opening", "opening", 0)
    for shard in range(record.shards):
        yield SessionPlace(f"shard-{shard:05d}", "shard", shard)
    if any(name.endswith("/view/closing.json") for name in record.files):
        yield SessionPlace("closing", "closing", 0)
