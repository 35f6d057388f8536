"""Which files a run leaves in its folder, and in which sessions each party was."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.job.course import question_name
from privscore.job.local_data import KNOWN_FILE, combined_files, kept_files
from privscore.job.party_job import ANSWER_FILE, CARD_FILE, LEFT_FOLDER
from privscore.methods.base import Method
from privscore.runs.record import PARTY_FILE, RunRecord


class SessionPlace(NamedTuple):
    """Where in a job a session stands; not every method has a setup or a closing."""

    name: str  # of its file: greet, people, setup, shard-00000, ..., closing, question-00000, ...
    phase: str  # greet, people, setup, shard, closing or question
    number: int  # of the shard or the question; 0 for other phases


GREETING = SessionPlace("greet", "greet", 0)


def due_files(
    record: RunRecord, agreement: Agreement, method: Method, parties: Sequence[str]
) -> Iterator[str]:
    """The names of all files that such a run leaves with these parties."""
    suffixes = (".json", ".bodies") if record.recording == "full" else (".json",)
    for party in parties:
        yield f"{party}/{PARTY_FILE}"
        for place in places_of(record, method.phases(agreement)):
            yield from (f"{party}/view/{place.name}{suffix}" for suffix in suffixes)
        if party in agreement.data_parties or party in agreement.requesters:
            yield f"{party}/people.txt"
        if party in agreement.data_parties:
            card = agreement.scorecard
            kept = (KNOWN_FILE, *kept_files(card, party), *combined_files(card, party))
            yield from (f"{party}/{name}" for name in kept)
        if party in agreement.requesters and method.opens(agreement, party) > Fact.NOTHING:
            yield f"{party}/{ANSWER_FILE}"
        for name in method.leaves(agreement, party):
            yield f"{party}/{LEFT_FOLDER}/{name}.npy"
    if agreement.scorecard.secret is not None and agreement.holders("card")[0] in parties:
        yield card_file(agreement)


def card_file(agreement: Agreement) -> str:
    """Where hidden points are kept: with their owner."""
    return f"{agreement.holders('card')[0]}/{CARD_FILE}"


def places_of(record: RunRecord, phases: Collection[str]) -> Iterator[SessionPlace]:
    """The sessions of each party, in order; `phases` are those of the method."""
    views = {name.rpartition("/")[2] for name in record.files if "/view/" in name}
    yield GREETING
    yield SessionPlace("people", "people", 0)
    if "setup" in phases:
        yield SessionPlace("setup", "setup", 0)
    for shard in range(record.shards):
        yield SessionPlace(f"shard-{shard:05d}", "shard", shard)
    if "closing" in phases:
        yield SessionPlace("closing", "closing", 0)
    number = 0
    while f"{question_name(number)}.json" in views:
        yield SessionPlace(question_name(number), "question", number)
        number += 1
