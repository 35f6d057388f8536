"""A question: one row more of what a job left with its parties, opened by a session of its own.

The parties' folders of the run are where it is asked and where it is kept: what everybody saw of
it, what it cost, and that it was asked.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from privscore.errors import Refused
from privscore.job.course import Play, question_play
from privscore.job.greeting import Greeted
from privscore.job.party_job import PartyJob
from privscore.methods.result import Result
from privscore.runs.folder import RunFolder, open_run
from privscore.runs.reading import own_record
from privscore.runs.record import finish, write_party
from privscore.runs.view_file import save_view
from privscore.runtime.bookkeeping import add_cost
from protocols.core.local import Run, run_local


def can_ask(run: RunFolder) -> bool:
    """Whether the method of the run left anything that a question could open."""
    return "question" in run.method.phases(run.agreement)


def ask(run: RunFolder, row: int) -> tuple[RunFolder, dict[str, Result]]:
    """Open row `row` once more: the run with the question in it, and who got what.

    Raises Refused where nothing was left to open or not all folders are here, and ProtocolError for
    a session that failed; then the folders are as they were.
    """
    if not can_ask(run):
        raise Refused(
            f"{run.record.method} leaves nothing to be asked about",
            "Run by a method that answers questions.",
            file=run.path,
        )
    run.need_whole("a question")
    greeted = Greeted(
        bytes.fromhex(run.record.job),
        b"",
        {name: bytes.fromhex(key) for name, key in run.record.identities.items()},
    )
    number = sum(place.phase == "question" for place in run.places)
    with tempfile.TemporaryDirectory(prefix="privscore-") as scratch:
        jobs = {
            name: PartyJob(
                name,
                run.agreement,
                run.method,
                scratch=Path(scratch) / name,
                folder=run.folder(name),
                greeted=greeted,
            )
            for name in run.agreement.party_ids
        }
        plays = {
            name: question_play(job, run.record.people, number, row) for name, job in jobs.items()
        }
        played = run_local(
            {name: play.role for name, play in plays.items()},
            session=plays[run.agreement.requester].session,
            recording=run.record.recording,
        )
    _note(run, next(iter(plays.values())), played)
    results = {
        name: result for name, result in played.outputs.items() if isinstance(result, Result)
    }
    return open_run(run.path), results


def _note(run: RunFolder, play: Play, played: Run) -> None:
    """Put what everybody saw, and what it cost, into the parties' folders and records."""
    records = []
    for name in run.agreement.party_ids:
        record = own_record(run.folder(name))
        save_view(played.view(name), run.folder(name) / "view", play.name)
        costs = dict(record.costs)
        add_cost(costs, "question", played.costs[name])
        records.append(
            write_party(
                run.folder(name), msgspec.structs.replace(record, costs=costs), record.files
            )
        )
    finish(
        run.path,
        records,
        requester=run.record.requester,
        workers=run.record.workers,
        seconds=run.record.seconds,
        machine=run.record.machine,
        runtime=run.record.runtime,
    )
