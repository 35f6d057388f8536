"""Many methods on the same people, each in a process of its own: what privacy costs and buys."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from privscore.compare.coalitions import coalitions
from privscore.compare.comparison import Comparison, Measured, Row, Sample, Sized, Traffic
from privscore.consortium import Consortium, load
from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.job.answers import read_answers
from privscore.job.people import everybody, first, head
from privscore.job.resized import SIZES, declared, resized
from privscore.methods import available, named, reference
from privscore.methods.base import Method
from privscore.methods.rules import misfits, objections, stated_error
from privscore.runs import machine
from privscore.runs.record import RunRecord
from privscore.runs.worker_processes import watched
from privscore.runtime.local import run_job
from privscore.runtime.synthetic_tables import LostTables
from privscore.tables import count_people
from privscore.text.progress import Progress
from protocols.core.cost import Cost
from protocols.core.errors import LocalMisuse, ProtocolError

Answers: TypeAlias = Mapping[str, NDArray[np.int64]]

BASELINE = "clear"
_FEWER = (16, 4)  # the sizes of `by_people` beside the whole: a sixteenth and a quarter
_SETUP = ("people", "setup", "tables")


@dataclass(frozen=True, slots=True)
class Finished:
    """One job that is over: its record, the answers it gave, and the memory it took."""

    record: RunRecord
    answers: Answers
    peak_bytes: int

    @property
    def setup_s(self) -> float:
        """Opening and local aggregation."""
        return sum(self.record.seconds[phase] for phase in _SETUP)

    @property
    def online_s(self) -> float:
        """Everything from the first shard to the answer."""
        return self.seconds - self.setup_s

    @property
    def seconds(self) -> float:
        """From the first message to the answer."""
        return sum(self.record.seconds.values())


@dataclass(frozen=True, slots=True)
class NotRun:
    """Why a method may not run, or how it failed; `error` is what it raised, if it began."""

    state: Literal["refused", "failed"]
    why: str
    error: Exception | None = None


def selected_methods(names: Sequence[str] | None) -> list[Method]:
    """The methods of these names, all by default; the plaintext is always among them.

    Raises Refused, with a suggestion, for a name that is no method's.
    """
    if names is None:
        return list(available().values())
    methods = [named(name) for name in (BASELINE, *names)]
    return list({method.name: method for method in methods}.values())


def compare(
    consortium: Consortium,
    methods: Sequence[str] | None = None,
    *,
    people: int | None = None,
    by_people: bool = False,
    lost: Mapping[str, int] | None = None,
    progress: Progress = lambda _phase, _done, _of: None,
) -> Comparison:
    """Run every method on the same people and compare the answers with the plaintext's.

    `people` takes the first so many of the list; `by_people` also measures a sixteenth and a
    quarter of them. `lost` platforms fall silent from the shard of that number on, and the
    plaintext is worked out without them. A method that may not run, or fails, is a row that says
    why. Raises Refused for what no method could run on.
    """
    agreement = consortium.agreement
    chosen = selected_methods(methods)
    listed = first(consortium, everybody(consortium), people)
    count = count_people(listed)
    least = max(agreement.policy.min_people, 1)
    sizes = [size for size in (count // part for part in _FEWER) if by_people and size >= least]
    rows, samples = [], []
    with tempfile.TemporaryDirectory(prefix="privscore-") as name:
        folder = Path(name)
        lists = {size: folder / f"people-{size}.txt" for size in (*sizes, count)}
        for size, path in lists.items():
            path.write_bytes(head(listed, size) + b"\n")
        baseline: Finished | None = None
        for done, method in enumerate(chosen):
            progress("methods", done, len(chosen))
            job = run_isolated(consortium, method, lists[count], folder, lost)
            if not method.private:
                if isinstance(job, NotRun) and isinstance(job.error, Refused):
                    raise job.error  # what is wrong with the file is wrong for every method
                baseline = job if isinstance(job, Finished) else None
            rows.append(_row(agreement, method, job, baseline))
            if isinstance(job, Finished):
                smaller = [
                    run_isolated(consortium, method, lists[size], folder, lost) for size in sizes
                ]
                jobs = (*smaller, job)
                samples += [_sample(method, each) for each in jobs if isinstance(each, Finished)]
        progress("methods", len(chosen), len(chosen))
    return Comparison(
        name=agreement.name,
        purpose=agreement.purpose,
        agreement_sha256=agreement.sha256.hex(),
        requester=agreement.requester,
        requesters=agreement.requesters,
        platforms=agreement.data_parties,
        people=count,
        lost=tuple(lost or ()),
        rows=tuple(rows),
        by_people=tuple(samples) if by_people else (),
        by_platforms=tuple(sized(agreement, chosen, count)),
        machine=machine.machine(),
        versions=machine.versions(),
    )


def run_isolated(
    consortium: Consortium,
    method: Method,
    people: Path,
    folder: Path,
    lost: Mapping[str, int] | None = None,
) -> Finished | NotRun:
    """One job in a process of its own, which leaves nothing behind, or why there was none."""
    agreement = consortium.agreement
    reasons = objections(method, agreement) if method.private else []
    if reasons:
        return NotRun("refused", "; ".join(reasons))
    out = folder / "run"
    try:
        seen = watched(_run, consortium.path, reference(method), out, people, dict(lost or {}))
        answers = read_answers(out / seen.result.requester / "scores.csv", agreement)
        return Finished(seen.result, answers, seen.peak_bytes)
    except Refused as refusal:
        return NotRun("refused", refusal.cause, refusal)
    except LocalMisuse:
        raise
    except ProtocolError as error:
        return NotRun("failed", str(error), error)
    except BrokenProcessPool as error:
        return NotRun("failed", "its process was killed, most often for want of memory", error)
    finally:
        shutil.rmtree(out, ignore_errors=True)


def _run(path: Path, method: str, out: Path, people: Path, lost: dict[str, int]) -> RunRecord:
    consortium, chosen = load(path), named(method)
    if chosen.private:
        return run_job(consortium, chosen, out, people=people, lost=lost, remember=False)
    tables = LostTables(consortium, lost)
    return run_job(consortium, chosen, out, people=people, tables=tables, remember=False)


def sized(agreement: Agreement, methods: Sequence[Method], people: int) -> Iterator[Sized]:
    """What each method declares for the same card in the hands of 3 to 16 platforms."""
    for method in methods:
        for size in SIZES:
            other = resized(agreement, size)
            if not method.unfit(other) and not misfits(method, other):
                cost = declared(method, other, people).values()
                sent = sum(phase.total_bytes for phase in cost)
                rounds = sum(phase.rounds for phase in cost)
                yield Sized(method.name, size, sent / people, rounds)


def _row(
    agreement: Agreement, method: Method, job: Finished | NotRun, baseline: Finished | None
) -> Row:
    facts = {party: method.opens(agreement, party) for party in agreement.party_ids}
    not_run = job if isinstance(job, NotRun) else None
    return Row(
        method=method.name,
        summary=method.summary,
        state=not_run.state if not_run else "ran",
        why=not_run.why if not_run else "; ".join(objections(method, agreement)),
        measured=_measured(job, baseline) if isinstance(job, Finished) else None,
        learns={party: fact.word for party, fact in facts.items() if fact > Fact.NOTHING},
        coalitions=coalitions(method, agreement),
        not_hidden=tuple(spec.leakage for spec in method.protocols),
        error_bound_points=0.0 if not_run else method.error_bound(agreement),
        stated_error_points=0 if not_run else stated_error(method, agreement),
    )


def _measured(job: Finished, baseline: Finished | None) -> Measured:
    """The figures of a job, against the plaintext's if there are any."""
    record = job.record
    parties = {party: _whole(costs) for party, costs in record.costs.items()}
    traffic = {
        party: Traffic(
            cost.sent_payload_bytes + cost.sent_framing_bytes,
            cost.received_payload_bytes + cost.received_framing_bytes,
        )
        for party, cost in parties.items()
    }
    everything = _whole(parties)
    handled = {party: each.sent_bytes + each.received_bytes for party, each in traffic.items()}
    busiest = max(handled, key=lambda party: handled[party])
    phases = dict.fromkeys(phase for costs in record.costs.values() for phase in costs)
    scores, tiers = (_difference(job, baseline, column) for column in ("score", "tier"))
    return Measured(
        largest_error_points=None if scores is None else int(np.abs(scores).max()),
        tier_changes=None if tiers is None else int(np.count_nonzero(tiers)),
        seconds=record.seconds,
        setup_s=job.setup_s,
        online_s=job.online_s,
        times_clear=job.seconds / baseline.seconds if baseline else None,
        rounds={
            phase: max(costs[phase].rounds for costs in record.costs.values() if phase in costs)
            for phase in phases
        },
        traffic=traffic,
        sent_bytes_by_kind={
            **everything.sent_payload_by_kind,
            "framing": everything.sent_framing_bytes,
        },
        sent_bytes_per_person=sum(each.sent_bytes for each in traffic.values()) / record.people,
        busiest=busiest,
        busiest_bytes_per_person=handled[busiest] / record.people,
        peak_bytes=job.peak_bytes,
    )


def _whole(costs: Mapping[str, Cost]) -> Cost:
    whole = Cost()
    for cost in costs.values():
        whole = whole.then(cost)
    return whole


def _difference(job: Finished, baseline: Finished | None, column: str) -> NDArray[np.int64] | None:
    """By how much everybody's answer differs; None where one of the two has no such answer."""
    if baseline is None or column not in job.answers:
        return None
    return job.answers[column] - baseline.answers[column]


def _sample(method: Method, job: Finished) -> Sample:
    return Sample(method.name, job.record.people, job.setup_s, job.online_s, job.peak_bytes)
