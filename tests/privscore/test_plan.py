"""`plan`: exact in rounds and bytes before anything runs; `run` prints it beside its figures."""

from __future__ import annotations

import functools
import io
import re
import sys
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from toy_consortium import toy

from privscore.cli import main
from privscore.consortium import Consortium, load
from privscore.job import people_list
from privscore.job.people import everybody, head
from privscore.job.resized import declared
from privscore.methods import available, named
from privscore.methods.rules import objections
from privscore.plan import plan, predict
from privscore.plan.predicted import Forecast, Predicted, keep, recall
from privscore.plan.rehearse import Rehearsed, rehearse
from privscore.plan.table_times import TableTimes, read_tables
from privscore.runs.record import RunRecord
from privscore.runs.worker_processes import Watched
from privscore.runtime.bookkeeping import STEPS
from privscore.runtime.local import run_job

pytestmark = pytest.mark.slow

METHODS = [*available()]


everybody_in = functools.cache(lambda path: everybody(load(path)))


@functools.cache
def facts_of(path: Path, people: int | None) -> TableTimes:
    """The same for every method, so tables are read once."""
    return read_tables(path, "secret-sum", people)


def foretold(loaded: Consortium, method: str, people: int | None) -> Predicted:
    """What `plan` predicts, worked out without processes of its own."""
    facts = facts_of(loaded.path, people)
    played = rehearse(loaded.path, method, facts.people, 0.0)
    return predict(loaded.agreement, named(method), Watched(facts, 0), Watched(played, 0))


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """One toy consortium for the tests that only read it."""
    return toy(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def record(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    """One job on it by secret-sum."""
    return run_job(consortium, named("secret-sum"), tmp_path_factory.mktemp("one") / "run")


def assert_foretold(expected: Predicted, record: RunRecord) -> None:
    measured: dict[str, dict[str, int]] = {}
    for party, costs in record.costs.items():
        for phase, cost in costs.items():
            if cost.sent_payload_bytes:
                measured.setdefault(phase, {})[party] = cost.sent_payload_bytes
    assert {
        phase: {party: count for party, count in sent.items() if count}
        for phase, sent in expected.payload_bytes.items()
    } == measured
    assert {phase: count for phase, count in expected.rounds.items() if count} == {
        phase: max(costs[phase].rounds for costs in record.costs.values()) for phase in measured
    }
    assert set(expected.seconds) == set(record.seconds)
    assert expected.workers == record.workers


@pytest.mark.parametrize("people", [None, 77], ids=["union", "list"])
@pytest.mark.parametrize("method", METHODS)
def test_rounds_and_payload_are_exact(
    method: str, people: int | None, consortium: Consortium, tmp_path: Path
) -> None:
    if named(method).private and objections(named(method), consortium.agreement):
        pytest.skip(f"{method} may not run on the toy consortium")
    expected = foretold(consortium, method, people)
    listed = None
    if people is not None:
        listed = tmp_path / "people.txt"
        listed.write_bytes(head(everybody_in(consortium.path), people))
    assert_foretold(expected, run_job(consortium, named(method), tmp_path / "run", people=listed))


def test_the_list_of_a_requester_with_data_is_exact(tmp_path: Path) -> None:
    file = toy(tmp_path).path
    text = file.read_text(encoding="utf-8")
    text = text.replace(
        'id    = "wallet"\nroles = ["data"]', 'id    = "wallet"\nroles = ["data", "requester"]'
    )
    text = text.replace('[[party]]\nid    = "desk"\nroles = ["requester"]\n', "")
    text = text.replace('{ desk = "score" }', '{ wallet = "score" }\naccept_output_leak = true')
    file.write_text(text, encoding="utf-8")
    loaded = load(file)
    assert loaded.agreement.requester == "wallet"
    expected = foretold(loaded, "secret-sum", None)
    assert_foretold(expected, run_job(loaded, named("secret-sum"), tmp_path / "run"))


@pytest.mark.parametrize("method", ["clear", "secret-sum", "bfv-sum", "masked-sum"])
def test_the_declared_cost_of_a_job_is_that_of_all_its_shards(method: str, tmp_path: Path) -> None:
    loaded = toy(tmp_path)
    record = run_job(loaded, named(method), tmp_path / "run", shard_people=64)
    assert record.shards == 4
    cost = declared(named(method), loaded.agreement, record.people, 64)["shard"]
    sent = {party: costs["shard"].sent_payload_bytes for party, costs in record.costs.items()}
    assert cost.payload_bytes == {party: count for party, count in sent.items() if count}


def test_the_list_costs_its_bytes_for_everybody_who_is_told(tmp_path: Path) -> None:
    agreement = toy(tmp_path).agreement
    small, large = (people_list.declared(agreement, size, None) for size in (1000, 1001))
    assert large.total_bytes - small.total_bytes == len(agreement.data_parties)
    assert small.rounds == 1


# Seconds. -----------------------------------------------------------------------------------------


def seconds(shards: float) -> dict[str, float]:
    return dict.fromkeys(STEPS, shards)


def test_seconds_lie_on_the_line_through_two_jobs() -> None:
    played = Rehearsed((1000, 3000), (seconds(1.0), seconds(2.0)), {})
    assert played.predicted("shards", 1000) == pytest.approx(1.0)
    assert played.predicted("shards", 3000) == pytest.approx(2.0)
    assert played.predicted("shards", 9000) == pytest.approx(5.0)


def test_a_part_of_a_batch_takes_as_long_as_a_whole_one() -> None:
    played = Rehearsed((1000, 1900), (seconds(1.0), seconds(2.0)), {}, 1000)
    assert played.predicted("shards", 2000) == pytest.approx(2.0)
    assert played.predicted("shards", 2001) == played.predicted("shards", 3000)
    assert played.predicted("answer", 2001) < played.predicted("answer", 3000)


def test_a_rehearsal_fills_whole_ciphertexts(tmp_path: Path) -> None:
    path = toy(tmp_path).path
    batch = named("bfv-sum").batch(load(path).agreement)
    played = rehearse(path, "bfv-sum", 9 * batch, 0.0)
    assert (played.batch, played.people) == (batch, (batch, 8 * batch))


def test_more_people_never_take_less_and_nothing_takes_less_than_no_time() -> None:
    noisy = Rehearsed((1000, 3000), (seconds(2.0), seconds(1.0)), {})
    assert noisy.predicted("shards", 9000) == 2.0
    steep = Rehearsed((1000, 3000), (seconds(0.0), seconds(3.0)), {})
    assert steep.predicted("shards", 6000) == pytest.approx(6.0)  # and not 7.5
    assert steep.predicted("shards", 10) == 0.0


def test_a_rehearsal_plays_two_sizes_however_small_its_budget(tmp_path: Path) -> None:
    fewer, more = rehearse(toy(tmp_path).path, "secret-sum", 900, 0.0).people
    assert (fewer, more) == (113, 900)


def test_a_rehearsal_goes_as_far_as_its_budget(tmp_path: Path) -> None:
    assert rehearse(toy(tmp_path).path, "secret-sum", 20_000, 60.0).people == (2048, 20_000)


def test_a_rehearsal_reads_nobodys_table(tmp_path: Path) -> None:
    loaded = toy(tmp_path)
    for table in loaded.path.parent.glob("*.csv"):
        table.unlink()
    assert rehearse(loaded.path, "clear", 100, 0.0).rounds == {"greet": 1, "people": 1, "shard": 1}


# The whole plan, and what becomes of it. ----------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_run_prints_what_was_predicted_beside_what_it_measured(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = toy(tmp_path)
    forecast = plan(loaded, methods=["secret-sum"])
    assert [each.method for each in forecast.methods] == ["clear", "secret-sum"]
    assert keep(forecast)

    def ran(name: str) -> str:
        words = ["run", loaded.path, "--out", tmp_path / name, "--method", "secret-sum"]
        monkeypatch.setattr(sys, "argv", ["privscore", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        return " ".join(capsys.readouterr().out.split())

    expected = forecast.methods[1].predicted
    assert expected is not None
    payload = f"{expected.total_payload_bytes:,} B"
    rounds = sum(expected.rounds.values())
    says = f"predicted, then measured: rounds {rounds}, {rounds}; payload {payload}, {payload};"
    said = ran("planned")
    assert says in said
    foreseen = f"{expected.peak_bytes / 1e6:,.0f}"
    assert re.search(rf" s; memory {foreseen} MB, [1-9]\d* MB", said)
    for kept in cache.rglob("*.json"):
        kept.unlink()
    assert "predicted" not in ran("unplanned")


def made(record: RunRecord, **changed: object) -> Forecast:
    """A plan for such a job, and what differs from it."""
    fields: dict[str, object] = {
        "name": record.name,
        "agreement_sha256": record.agreement_sha256,
        "file": "/consortium.toml",
        "people": record.people,
        "people_from": record.people_from,
        "list_bytes": 999,
        "methods": (),
        "machine": record.machine,
        "versions": record.versions,
    }
    return msgspec.convert(fields | changed, Forecast)


@pytest.mark.parametrize(
    "changed",
    [
        {"file": "/society/consortium.toml"},
        {"list_bytes": 998},
        {"people_from": "list"},
        {"agreement_sha256": "0" * 64},
        {"machine": {"processor": "another"}},
        {"versions": {"privscore": "0.0.0"}},
        {"schema": "privscore/plan@1"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_plan_for_another_job_or_machine_is_not_recalled(
    changed: dict[str, object], record: RunRecord, cache: Path
) -> None:
    expected = {
        "rounds": {}, "payload_bytes": {}, "seconds": {}, "workers": 1, "peak_bytes": 0,
    }  # fmt: skip
    methods = [{"method": "secret-sum", "objections": [], "predicted": expected}]
    assert keep(made(record, methods=methods))
    assert recall(record, Path("/consortium.toml"), 999) is not None
    for kept in cache.rglob("*.json"):
        kept.unlink()
    assert keep(made(record, methods=methods, **changed))
    assert recall(record, Path("/consortium.toml"), 999) is None


def test_a_cache_that_takes_nothing_stops_no_plan(record: RunRecord, cache: Path) -> None:
    cache.write_text("a file where a folder should be")
    assert not keep(made(record))
    assert recall(record, Path("/consortium.toml"), 999) is None


def test_a_method_that_may_not_run_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = toy(tmp_path, reveal="tier")
    monkeypatch.setattr(
        "privscore.plan.in_fresh_process", lambda work, *given: Watched(work(*given), 0)
    )
    forecast = plan(loaded, methods=["secret-sum"])
    clear, refused = forecast.methods
    assert clear.predicted is not None
    assert refused.predicted is None
    assert refused.objections == tuple(objections(named("secret-sum"), loaded.agreement))
    console = Console(width=80, file=io.StringIO(), highlight=False)
    console.print(forecast)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue()
    assert "secret-sum opens the total to desk; the policy allows tier" in lines
    assert "…" not in lines
