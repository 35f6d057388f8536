"""Shards in several processes: the same answers, whoever plays them, and an end where one fails."""

import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from privscore import scenarios
from privscore.consortium import load
from privscore.methods.clear import METHOD as CLEAR
from privscore.methods.secret_sum import METHOD as SECRET_SUM
from privscore.runtime import local, worker
from protocols.core.cost import Cost
from protocols.core.errors import PeerFault

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("shard_people", "workers"), [(7, 1), (200, 1), (64, 2), (65_536, 1)])
def test_shards_and_workers_change_nothing(shard_people: int, workers: int, tmp_path: Path) -> None:
    consortium = load(scenarios.write("toy", tmp_path / "toy"))
    for name, method in (("clear", CLEAR), ("secret-sum", SECRET_SUM)):
        local.run_job(
            consortium, method, tmp_path / name, shard_people=shard_people, workers=workers
        )
    answers = [
        (tmp_path / name / "desk" / "scores.csv").read_bytes() for name in ("clear", "secret-sum")
    ]
    assert answers[0] == answers[1]
    assert answers[0].count(b"\n") == 1 + 200


def test_of_two_workers_one_is_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    consortium = load(scenarios.write("toy", tmp_path / "toy"))
    original, here = worker.play_shard, []

    @functools.wraps(original)  # a worker finds the original under its name
    def seen(task: worker.ShardTask) -> dict[str, Cost]:
        here.append(task.shard.number)
        return original(task)

    monkeypatch.setattr(worker, "play_shard", seen)
    record = local.run_job(consortium, SECRET_SUM, tmp_path / "run", shard_people=25, workers=2)
    assert (record.shards, record.workers) == (8, 2)
    assert 0 < len(here) < record.shards


def test_after_a_shard_that_failed_no_other_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    consortium = load(scenarios.write("toy", tmp_path / "toy"))
    begun = []

    def fail(task: worker.ShardTask) -> dict[str, Cost]:
        begun.append(task.shard.number)
        raise PeerFault("wallet", "sent Share twice")

    monkeypatch.setattr(worker, "play_shard", fail)
    monkeypatch.setattr(worker, "Workers", lambda _count: ThreadPoolExecutor(1))
    with pytest.raises(PeerFault):
        local.run_job(consortium, SECRET_SUM, tmp_path / "run", shard_people=1, workers=2)
    assert len(begun) < 100  # of 200
