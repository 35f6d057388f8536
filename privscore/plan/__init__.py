"""Before anything runs: which methods may, and what each would cost on this machine.

Payload bytes come from the declared formulas, rounds and seconds from jobs on made-up people, the
time of tables from reading them. Nothing is computed together, so nobody learns anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from privscore.compare import selected_methods
from privscore.consortium import Consortium
from privscore.consortium.agreement import Agreement
from privscore.job import greeting, people_list
from privscore.job.resized import declared
from privscore.job.shards import shards
from privscore.methods import reference
from privscore.methods.base import Method
from privscore.methods.rules import objections, stated_error
from privscore.plan.predicted import Forecast, MethodForecast, Predicted
from privscore.plan.rehearse import Rehearsed, rehearse
from privscore.plan.table_times import TableTimes, read_tables
from privscore.runs import machine
from privscore.runs.pool import PROBE_SHARDS, START_S, wanted
from privscore.runs.worker_processes import Watched, in_fresh_process
from privscore.text.progress import Progress

MEASURE_S = 3.0  # of rehearsing, for all methods together


def plan(
    consortium: Consortium,
    *,
    people: int | None = None,
    methods: Sequence[str] | None = None,
    progress: Progress = lambda _phase, _done, _of: None,
) -> Forecast:
    """What every method would cost for everybody on the list, or for the first `people` of it.

    Raises Refused for what every method would refuse.
    """
    agreement = consortium.agreement
    chosen = selected_methods(methods)
    allowed = [each for each in chosen if not (each.private and objections(each, agreement))]
    steps = 1 + len(allowed)
    progress("plan", 0, steps)
    tables = in_fresh_process(read_tables, consortium.path, reference(allowed[-1]), people)
    listed = tables.result.known_bytes is None
    predictions = {}
    for done, method in enumerate(allowed, 1):
        progress("plan", done, steps)
        budget_s = MEASURE_S / len(allowed)
        played = in_fresh_process(
            rehearse, consortium.path, reference(method), tables.result.people, budget_s
        )
        predictions[method.name] = predict(agreement, method, tables, played)
    progress("plan", steps, steps)
    return Forecast(
        name=agreement.name,
        agreement_sha256=agreement.sha256.hex(),
        file=str(consortium.path.resolve()),
        people=tables.result.people,
        list_bytes=tables.result.list_bytes,
        people_from="list" if listed else "union",
        methods=tuple(
            _forecast(agreement, method, predictions.get(method.name)) for method in chosen
        ),
        machine=machine.machine(),
        versions=machine.versions(),
    )


def _forecast(agreement: Agreement, method: Method, predicted: Predicted | None) -> MethodForecast:
    return MethodForecast(
        method=method.name,
        objections=tuple(objections(method, agreement)),
        predicted=predicted,
        error_bound_points=method.error_bound(agreement) if predicted else 0.0,
        stated_error_points=stated_error(method, agreement) if predicted else 0,
    )


def predict(
    agreement: Agreement, method: Method, tables: Watched[TableTimes], played: Watched[Rehearsed]
) -> Predicted:
    """One method's cost, from its formulas, its rehearsal and the reading of the tables."""
    facts, rehearsed = tables.result, played.result
    people = facts.people
    costs = declared(method, agreement, people)
    list_cost = people_list.declared(agreement, facts.list_bytes, facts.known_bytes)
    listed_rounds = people_list.declared(agreement, facts.list_bytes, None).rounds
    greeted = greeting.declared(agreement)
    shards_s = [rehearsed.predicted("shards", shard.people) for shard in shards(people)]
    probe_s, later_s = sum(shards_s[:PROBE_SHARDS]), sum(shards_s[PROBE_SHARDS:])
    workers = wanted(later_s)
    peak = max(tables.peak_bytes, played.peak_bytes)
    return Predicted(
        rounds={
            **rehearsed.rounds,
            "people": rehearsed.rounds["people"] + list_cost.rounds - listed_rounds,
        },
        payload_bytes={
            "greet": greeted.payload_bytes,
            "people": list_cost.payload_bytes,
            **{
                name: cost.payload_bytes for name, cost in costs.items() if name in rehearsed.rounds
            },
        },
        seconds={
            "people": facts.known_s + rehearsed.predicted("people", people),
            "setup": rehearsed.predicted("setup", people),
            "tables": facts.tables_s,
            "shards": probe_s + (later_s + (workers - 1) * START_S) / workers,
            "closing": rehearsed.predicted("closing", people),
            "answer": rehearsed.predicted("answer", people),
        },
        workers=workers,
        peak_bytes=peak + (workers - 1) * played.peak_bytes,
    )
