"""What the requester got out of a run, worked out again from what it saw."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.files import put_whole
from privscore.job import Opened, PartyJob, shards
from privscore.job.answers import completed, read_answers
from privscore.methods.base import Answer, Totals
from privscore.runs.folder import RunFolder, SavedSession
from protocols.core.errors import ProtocolError, Stalled
from protocols.core.session import replay

_OUTLINE = "the views are an outline,"
_SHORT = Stalled((), "it waits for more than it saw")


class Output(NamedTuple):
    """The requester's answer."""

    fact: Fact  # the most that the method opens, but for what came as a message in the clear
    totals: Totals | None  # the card's base left out, shape (people,), if they are known
    how: str  # where the totals come from, or why there are none


def output_of(run: RunFolder, sessions: tuple[SavedSession, ...]) -> Output:
    """The answer that `sessions`, the requester's own, gave it.

    Its roles are functions of its view, so a full recording gives the totals by replay. Of an
    outline they are the scores, if the card cannot leave the clip, or else what the platforms'
    folders add up to.
    """
    agreement = run.agreement
    fact = min(run.method.opens(agreement, agreement.requester), Fact.TOTAL)
    if fact < Fact.TOTAL:
        return Output(fact, None, f"the method opens the {fact.word} and no more")
    if run.record.recording == "full":
        return _replayed(run, sessions, fact)
    low, high = agreement.scorecard.bounds()
    clip = agreement.scorecard.clip
    if (
        clip[0] <= low
        and high <= clip[1]
        and agreement.policy.allowed(agreement.requester) >= (Fact.SCORE)
    ):
        scores = read_answers(_scores_of(run), agreement)["score"]
        return Output(
            fact, scores - agreement.scorecard.base, "from its scores, which nothing clips"
        )
    return _added_up(run, fact)


def _added_up(run: RunFolder, fact: Fact) -> Output:
    """The totals that an exact method must have given, held against the answer of this run."""
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
    scores = read_answers(_scores_of(run), agreement)["score"]  # whoever may learn totals has them
    if not np.array_equal(card.clipped(totals + card.base), scores):
        return Output(fact, None, f"{_OUTLINE} and the folders do not add up to its scores")
    return Output(fact, totals, "by adding up what the folders of the platforms hold")


def _scores_of(run: RunFolder) -> Path:
    return run.folder(run.agreement.requester) / "scores.csv"


def _replayed(run: RunFolder, sessions: tuple[SavedSession, ...], fact: Fact) -> Output:
    agreement, me = run.agreement, run.agreement.requester
    holds_data = me in agreement.data_parties
    if holds_data and run.method.needs == "columns":
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
        )
        try:
            totals = _play_again(job, sessions, run.record.shard_people)
        except ProtocolError as error:
            return Output(fact, None, f"its role does not get through what it saw: {error}")
        except Refused as refusal:
            return Output(fact, None, f"played again, its role refuses: {refusal.cause}")
    return Output(fact, totals, "by playing its role again on what it saw")


def _stage(run: RunFolder, me: str, scratch: Path) -> None:
    """Lay out what the role reads of its own data."""
    if run.method.needs == "points":
        put_whole(run.points(me), scratch / "points.i4")
        return
    (scratch / me).mkdir()
    for k, index in enumerate(run.bins(me)):
        put_whole(index, scratch / me / f"bins-{k}.u2")


def _play_again(job: PartyJob, sessions: tuple[SavedSession, ...], shard_people: int) -> Totals:
    """The requester's roles over its own view, from the opening to the totals."""
    views = {place.name: view for place, view in sessions}
    opened: Opened | None = replay(job.opening(), views["opening"])[0]
    if opened is None:
        raise _SHORT
    cut = shards(opened.people, shard_people)
    for shard in cut:
        if (role := job.shard(shard, opened.material)) is not None:
            job.keep(shard, replay(role, views[f"shard-{shard.number:05d}"])[0])
    closing = job.closing(opened, len(cut))
    if closing is not None:
        answer = replay(closing, views["closing"])[0]
    else:
        kept = job.kept(len(cut))
        answer = None if kept is None else Answer(kept, job.agreement.data_parties)
    if answer is None:
        raise _SHORT
    return completed(answer, job.agreement)
