"""A lying aggregator gets nothing, and is named; each lie works where its guard is left out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from aggregation_jobs import DESK, opened_by

from protocols.core.errors import LocalMisuse, PeerFault

sys.path.append(str(Path(__file__).resolve().parents[1] / "broken"))

import aggregation_unmasked_per_shard
from aggregation_attacks import (
    ATTACKS,
    Outcome,
    asks_twice,
    replays_an_old_round,
)

BY_NAME = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
Attack = Callable[[bool], Outcome]


REPETITIONS = (asks_twice, replays_an_old_round)


@BY_NAME
def test_every_honest_platform_refuses_and_nothing_is_unmasked(attack: Attack) -> None:
    outcome = attack(True)
    assert not outcome.won
    for run in outcome.runs:
        assert set(run.views) - {DESK} <= set(run.errors)
        assert not opened_by(run)


@BY_NAME
def test_the_culprit_is_named_where_the_evidence_proves_it(attack: Attack) -> None:
    """A repetition may be our own runtime's mistake, so it is refused as ours."""
    for run in attack(True).runs:
        lied_to = [name for name, view in run.views.items() if view.messages and name != DESK]
        for name in set(run.views) - {DESK} if attack in REPETITIONS else lied_to:
            error = run.errors[name]
            if attack in REPETITIONS:
                assert isinstance(error, LocalMisuse)
            else:
                assert isinstance(error, PeerFault)
                assert error.suspects == (DESK,)


@BY_NAME
def test_without_its_guard_the_lie_works(attack: Attack) -> None:
    assert attack(False).won


def test_unmasked_per_shard_under_the_keys_of_the_job_a_vector_lies_open() -> None:
    """The wrong design, without any lie: alive in the first shard, lost in the second."""
    wanted, recovered = aggregation_unmasked_per_shard.recovered(guarded=False)
    assert recovered is not None
    assert np.array_equal(recovered, wanted)


def test_a_job_is_closed_once_whatever_the_session_is_called() -> None:
    _, recovered = aggregation_unmasked_per_shard.recovered(guarded=True)
    assert recovered is None
