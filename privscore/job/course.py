"""The order of a job, once: what one party plays, from the first greeting to its result.

A role may await only messages; a job may yield only sessions. A runtime takes what `course` yields,
plays it with the other parties' parts of the same name, and sends back what the role returned:

    memory      all courses in step, everybody's part in one `run_local`
    processes   one course, its sessions over a transport
    a reading   one course, its sessions lived again from the views that were saved

Shards are yielded together, since each may be played anywhere and in any order; what their roles
return is with the party already, on its disk.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from privscore.job.earlier_setup import Setup
from privscore.job.greeting import Greeted
from privscore.job.ids import session_id
from privscore.job.party_job import PartyJob
from privscore.job.shards import Shard, shards
from privscore.methods.result import Result
from protocols.core.party import Party, Role

JobPhase: TypeAlias = Literal["greet", "people", "setup", "shard", "closing", "question"]
JOB_PHASES: Final[tuple[JobPhase, ...]] = (
    "greet",
    "people",
    "setup",
    "shard",
    "closing",
    "question",
)


@dataclass(frozen=True, slots=True)
class Play:
    """One session that a party plays: its name, unique in the job, its id, and the party's role."""

    name: str
    phase: JobPhase
    session: bytes
    role: Role[Any]
    shard: Shard | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a course comes to: for how many people, and the party's own result, if it has one."""

    people: int
    shards: int
    platforms: tuple[str, ...]  # whose points are in the answer, as far as this party was told
    result: Result | None
    setup: Setup  # for another job, where the method allows that


Course: TypeAlias = Generator[tuple[Play, ...], tuple[Any, ...], Outcome]


async def idle(_: Party) -> None:
    """The part of a party that has none in a phase that others play."""


def course(job: PartyJob) -> Course:
    """All sessions of one party's job, in order; those of one tuple may be played side by side.

    What it is sent are the roles' results, in the order of the tuple. Between sessions the party
    does its own work, on its own data alone.
    """
    agreement, method = job.agreement, job.method
    phases = method.phases(agreement)

    greet = Play("greet", "greet", session_id(agreement.sha256, "greet"), job.greet())
    (greeted,) = yield (greet,)
    assert isinstance(greeted, Greeted), "a greeting returns what was greeted"
    (people,) = yield (Play("people", "people", session_id(greeted.job, "people"), job.people()),)

    setup = Setup(b"", b"", 0)
    if job.earlier_setup is not None:
        setup = job.earlier_setup.for_another_job(method, agreement, people)
    elif "setup" in phases:
        session, role = session_id(greeted.job, "setup"), job.setup(people) or idle
        (kept,) = yield (Play("setup", "setup", session, role),)
        setup = Setup(session, kept or b"", method.setup_use(agreement, people))
    material = setup.material
    job.prepare(people, material)
    job.record_answer_early()

    pieces = shards(people * method.rows_per_person, job.shard_people)
    yield tuple(shard_play(job, shard, material) for shard in pieces)

    if "closing" in phases:
        last = job.closing(people, material, len(pieces)) or idle
        (result,) = yield (Play("closing", "closing", job.session_id("closing"), last),)
    else:
        result = job.result(people, material, len(pieces))
    job.finish(people, material, len(pieces), result)
    return Outcome(people, len(pieces), job.included, result, setup)


def shard_play(job: PartyJob, shard: Shard, material: bytes) -> Play:
    """A party's part in one shard; its data are read when it begins, its piece is put away."""

    async def play(party: Party) -> None:
        role = job.shard(shard, material)
        if role is not None:
            job.keep(shard, await role(party))

    return Play(shard.name, "shard", job.session_id("shard", shard.number), play, shard)


def question_play(job: PartyJob, people: int, number: int, row: int) -> Play:
    """A party's part in question `number`, which opens what was left of row `row`."""
    session = job.session_id("question", number)
    return Play(question_name(number), "question", session, job.question(people, row) or idle)


def question_name(number: int) -> str:
    """How the session of a question is called."""
    return f"question-{number:05d}"
