"""The order of a job: what a course yields, and a setup that outlives its job within its bound."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_consortium import toy

from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.job.course import JOB_PHASES, Outcome, Play, course
from privscore.job.earlier_setup import Setup
from privscore.job.party_job import PartyJob
from privscore.methods import named
from privscore.methods.base import Method
from privscore.runtime.lockstep import Courses
from privscore.runtime.table_pool import OpenTables
from protocols.core.errors import ProtocolError
from protocols.core.local import run_local


@pytest.fixture
def consortium(tmp_path: Path) -> Consortium:
    return toy(tmp_path / "toy")


def play(
    consortium: Consortium,
    method: Method,
    folder: Path,
    setups: Mapping[str, Setup] | None = None,
) -> tuple[dict[str, Outcome], list[Play]]:
    """A whole job of all parties; what it came to, and the requester's sessions in order."""
    agreement = consortium.agreement
    with closing(OpenTables(consortium)) as tables:
        jobs = {
            name: PartyJob(
                name,
                agreement,
                method,
                scratch=folder / "scratch" / name,
                folder=folder / "run" / name,
                known=partial(tables.known, name) if name in agreement.data_parties else None,
                table=partial(tables.take, name) if name in agreement.data_parties else None,
                card=consortium.card_of(name),
                shard_people=100,
                earlier_setup=setups[name] if setups else None,
            )
            for name in agreement.party_ids
        }
        courses = Courses(
            {name: course(job) for name, job in jobs.items()}, first=agreement.requester
        )
        sessions: list[Play] = []
        while plays := courses.plays:
            results: dict[str, tuple[Any, ...]] = dict.fromkeys(plays, ())
            for number, session in enumerate(plays[agreement.requester]):
                sessions.append(session)
                run = run_local(
                    {name: parts[number].role for name, parts in plays.items()},
                    session=session.session,
                    once=lambda name: jobs[name].spent,
                )
                results = {name: (*results[name], output) for name, output in run.outputs.items()}
            courses.resume(results)
    return courses.outcomes, sessions


@pytest.mark.parametrize(
    ("method", "phases"),
    [
        ("secret-sum", ["greet", "people", "shard", "shard"]),
        ("bfv-sum", ["greet", "people", "setup", "shard", "shard"]),
        ("masked-sum", ["greet", "people", "setup", "shard", "shard", "closing"]),
    ],
)
def test_a_course_yields_the_phases_in_their_order(
    consortium: Consortium, tmp_path: Path, method: str, phases: list[str]
) -> None:
    outcomes, sessions = play(consortium, named(method), tmp_path)
    assert [session.phase for session in sessions] == phases
    assert phases == sorted(phases, key=lambda phase: JOB_PHASES.index(phase))  # type: ignore[arg-type]
    assert len({session.session for session in sessions}) == len(sessions)
    assert len({session.name for session in sessions}) == len(sessions)
    assert {name for name, outcome in outcomes.items() if outcome.result} == {"desk"}


def totals(outcomes: Mapping[str, Outcome]) -> Any:
    result = outcomes["desk"].result
    assert result is not None
    return result.values


def test_a_key_serves_a_second_job_and_its_sessions_are_others(
    consortium: Consortium, tmp_path: Path
) -> None:
    method = named("bfv-sum")
    first, _ = play(consortium, method, tmp_path / "first")
    setups = {name: outcome.setup for name, outcome in first.items()}
    second, sessions = play(consortium, method, tmp_path / "second", setups)
    assert [session.phase for session in sessions] == ["greet", "people", "shard", "shard"]
    assert np.array_equal(totals(first), totals(second))
    assert second["desk"].setup.used == 2 * first["desk"].setup.used > 0


def test_parties_with_different_setups_do_not_get_through_a_session(
    consortium: Consortium, tmp_path: Path
) -> None:
    method = named("bfv-sum")
    first, _ = play(consortium, method, tmp_path / "first")
    other, _ = play(consortium, method, tmp_path / "other")
    setups = {name: outcome.setup for name, outcome in first.items()}
    with pytest.raises((ProtocolError, RuntimeError)):
        play(consortium, method, tmp_path / "mixed", {**setups, "wallet": other["wallet"].setup})


def test_a_setup_beyond_its_bound_is_refused(consortium: Consortium, tmp_path: Path) -> None:
    method = named("bfv-sum")
    first, _ = play(consortium, method, tmp_path / "first")
    bound = method.setup_bound(consortium.agreement)
    setups = {name: replace(outcome.setup, used=bound) for name, outcome in first.items()}
    with pytest.raises(Refused, match="has served all that it may"):
        play(consortium, method, tmp_path / "second", setups)


def test_masks_serve_one_job_alone(consortium: Consortium, tmp_path: Path) -> None:
    method = named("masked-sum")
    first, _ = play(consortium, method, tmp_path / "first")
    setups = {name: replace(outcome.setup, used=1) for name, outcome in first.items()}
    with pytest.raises(Refused, match="serves one job alone"):
        play(consortium, method, tmp_path / "second", setups)
