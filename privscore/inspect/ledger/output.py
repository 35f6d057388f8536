"""What the requester got out of a run, worked out again from what it saw."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.files import put_whole
from privscore.job.answers import completed, read_answers
from privscore.job.course import Outcome, course
from privscore.job.party_job import PartyJob
from privscore.methods.context import Totals
from privscore.methods.result import Result
from privscore.runs.folder import RunFolder, SavedSession
from protocols.core.errors import ProtocolError, Stalled
from protocols.core.session import replay

_OUTLINE = "the views are an outline,"
_SHORT = Stalled((), "it waits for more than it saw")
_RETURNS = ("greet", "people")  # phases in which everybody's role returns something


class Output(NamedTuple):
    """What one requester got."""

    fact: Fact  # the most that the method opens, but for what came as a message in the clear
    totals: Totals | None  # the card's base left out, shape (people,), if they are known
    how: str  # where the totals come from, or why there are none


def output_of(run: RunFolder, sessions: tuple[SavedSession, ...], me: str) -> Output:
    """The answer that `sessions`, those of the requester `me`, gave it.

    Its roles are functions of its view, so a full recording gives the totals by replay. Of an
    outline they are the scores, if the card cannot leave the clip, or else what the platforms'
    folders add up to.
    """
    agreement = run.agreement
    fact = min(run.method.opens(agreement, me), Fact.TOTAL)
    if fact < Fact.TOTAL:
        return Output(fact, None, f"the method opens the {fact.word} and no more")
    if run.record.recording == "full":
        return _replayed(run, sessions, me, fact)
    low, high = agreement.scorecard.bounds()
    clip = agreement.scorecard.clip
    if clip[0] <= low and high <= clip[1] and agreement.policy.allowed(me) >= Fact.SCORE:
        scores = read_answers(_scores_of(run, me), agreement)["score"]
        return Output(
            fact, scores - agreement.scorecard.base, "from its scores, which nothing clips"
        )
    return _added_up(run, me, fact)


def _added_up(run: RunFolder, me: str, fact: Fact) -> Output:
    """The totals that an exact method must have given, held against the answer of this run."""
    if not run.is_whole:
        return Output(fact, None, f"{_OUTLINE} and the other parties' folders are not here")
    agreement, card = run.agreement, run.card
    if run.method.error_bound(agreement):
        return Output(fact, None, f"{_OUTLINE} and no folder holds totals that are approximate")
    if card.combined:
        return Output(
            fact, None, f"{_OUTLINE} and no folder holds the points of what the card combines"
        )
    totals = np.zeros(run.record.people, np.int64)
    for name in agreement.data_parties:
        if name in run.record.platforms:
            totals += run.points(name)
        else:  # lost: all of its lines count as missing
            totals += int(sum(each.possible_points[-1] for each in card.scored_locally_by(name)))
    # whoever may learn totals has a column of scores
    scores = read_answers(_scores_of(run, me), agreement)["score"]
    if not np.array_equal(card.clipped(totals + card.base), scores):
        return Output(fact, None, f"{_OUTLINE} and the folders do not add up to its scores")
    return Output(fact, totals, "by adding up what the folders of the platforms hold")


def _scores_of(run: RunFolder, me: str) -> Path:
    return run.folder(me) / "scores.csv"


def _replayed(run: RunFolder, sessions: tuple[SavedSession, ...], me: str, fact: Fact) -> Output:
    agreement = run.agreement
    holds_data = me in agreement.data_parties
    if holds_data and "columns" in run.method.needs:
        return Output(fact, None, "its own columns were not kept, so its role cannot be replayed")
    everybody = "\n".join(run.people(me)).encode()
    with tempfile.TemporaryDirectory(prefix="privscore-") as folder:
        scratch = Path(folder)
        if holds_data:
            _stage(run, me, scratch)
        job = PartyJob(
            me,
            agreement,
            run.method,
            scratch=scratch,
            folder=scratch / me,
            known=(lambda: everybody) if holds_data else None,
            listed=everybody if run.record.people_from == "list" else None,
            card=run.card if me in agreement.holders("card") else None,
            identity=None,  # no run's folder holds a key that the agreement names
            shard_people=run.record.shard_people,
        )
        try:
            result = live_again(job, sessions)
            if result is None:
                raise _SHORT
            totals = completed(result, agreement)
        except ProtocolError as error:
            return Output(fact, None, f"its role does not get through what it saw: {error}")
        except Refused as refusal:
            return Output(fact, None, f"played again, its role refuses: {refusal.cause}")
    return Output(fact, totals, "by playing its role again on what it saw")


def _stage(run: RunFolder, me: str, scratch: Path) -> None:
    """Lay out what the role reads of its own data."""
    if "points" in run.method.needs:
        put_whole(run.points(me), scratch / "points.i4")
    if "bins" in run.method.needs:
        (scratch / me).mkdir(exist_ok=True)
        for number, index in enumerate(run.bins(me)):
            put_whole(index, scratch / me / f"bins-{number}.u2")


def live_again(job: PartyJob, sessions: tuple[SavedSession, ...]) -> Result | None:
    """A party's course over its own views: its result, if it has one; raises ProtocolError."""
    views = {place.name: view for place, view in sessions}
    steps = course(job)
    plays = next(steps)
    while True:
        if any(play.name not in views for play in plays):
            raise _SHORT
        outputs = tuple(replay(play.role, views[play.name])[0] for play in plays)
        if plays[0].phase != "shard" and outputs == (None,) and plays[0].phase in _RETURNS:
            raise _SHORT
        try:
            plays = steps.send(outputs)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome.result
