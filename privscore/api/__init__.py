"""Scores in a notebook, in scikit-learn's shape: `PrivateScorer(card).fit(X).score_samples(X)`.

Every answer is a whole job of all parties in this process, by the same roles and messages as
`privscore run`. So whoever calls this holds everybody's data: it is for trying out and measuring,
and keeps no journal of answers.
"""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from privscore import consortium as consortium_file
from privscore.api.frames import stage
from privscore.api.results import Answers, Explanation, answers_of
from privscore.card.scorecard import Column, Scorecard, Tier
from privscore.consortium import Consortium, PrivatePart
from privscore.consortium.agreement import Agreement
from privscore.consortium.bare_card import agreement_of
from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.job.admission import own_list, refuse_method, whole_card
from privscore.job.people import everybody, known_by
from privscore.job.people_list import refuse_few
from privscore.methods import named
from privscore.runs import machine
from privscore.runtime.local import run_job
from privscore.tables import count_people, open_table, union_of

__all__ = ["Answers", "Explanation", "PrivateScorer", "load"]

Card: TypeAlias = Consortium | Scorecard | Mapping[str, Any]
Frames: TypeAlias = Mapping[str, Any]  # platform -> its columns, see privscore/api/frames.py


def load(path: str | Path, me: str | None = None) -> Consortium:
    """Read and check a consortium file, or a party's own; raises Refused for whatever is wrong.

    With `me` it is the world of that party alone, and holds nothing that is private to others.
    """
    return consortium_file.load(Path(path), me)


class PrivateScorer:
    """Scores people by one method, over the columns of all platforms of a card.

    `card` is a consortium, a scorecard, or a mapping in the shape of a file's [scorecard]. With a
    consortium, parties, tiers and policy are its own. With a bare card the platforms are those that
    it names, somebody without data asks, and `tiers` (name -> lowest score), `reveal` (by default
    "score") and `min_people` (by default 50) say the rest. `n_jobs` is how many workers
    play shards: -1 for one on every core, -2 for one less, None for one.

    Nothing is learned from data: the points are the card's. `fit` checks that card, policy, method
    and data fit each other.

    After `fit`: `agreement_`, `platforms_`, `feature_names_in_` ("platform.column"),
    `n_features_in_`, `classes_` (the tiers, ascending).
    """

    def __init__(
        self,
        card: Card,
        method: str = "secret-sum",
        *,
        tiers: Mapping[str, int] | None = None,
        reveal: str | None = None,
        min_people: int | None = None,
        n_jobs: int | None = 1,
    ) -> None:
        self.card = card
        self.method = method
        self.tiers = tiers
        self.reveal = reveal
        self.min_people = min_people
        self.n_jobs = n_jobs

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters of the constructor, by name; nothing in them has parameters of its own."""
        return {name: getattr(self, name) for name in _parameters()}

    def set_params(self, **params: Any) -> PrivateScorer:
        """Set parameters of the constructor; raises ValueError for a name that is none."""
        for name, value in params.items():
            if name not in _parameters():
                raise ValueError(f"{name!r} is not one of {', '.join(_parameters())}")
            setattr(self, name, value)
        return self

    def fit(self, X: Frames | None = None, y: object = None) -> PrivateScorer:  # noqa: N803
        """Check everything that a job would refuse; `y` is not looked at.

        `X` holds every platform's columns (None: the consortium's own tables). Raises Refused for
        a card, a policy, a method or data that do not fit.
        """
        self._workers()
        self._fitted = self._consortium()
        agreement = self._fitted.agreement
        with self._without_place():
            refuse_method(self._fitted, named(self.method))
        self.agreement_ = agreement
        self.platforms_ = agreement.data_parties
        columns = [c for each in agreement.scorecard.characteristics for c in each.columns]
        self.feature_names_in_ = np.array(list(dict.fromkeys(columns)), object)
        self.n_features_in_ = len(self.feature_names_in_)
        self.classes_ = np.array([tier.name for tier in agreement.tiers], object)
        if X is not None or isinstance(self.card, Consortium):
            with self._job_over(X) as job:
                known = known_by(job.consortium)  # every table is read, list or no list
                listed = own_list(job.consortium, job.people)
                refuse_few(
                    agreement, count_people(union_of(known.values()) if listed is None else listed)
                )
        return self

    def score_samples(self, X: Frames | None = None) -> NDArray[np.int64]:  # noqa: N803
        """Everybody's score by a whole private job: int64, shape (people,).

        In the order of the rows; where the frames have ids, in that of `answer(X).people`. Raises
        Refused as `fit` does, and where the policy opens less than the score.
        """
        scores = self.answer(X).scores
        if scores is None:
            raise self._not_opened(Fact.SCORE)
        return scores

    def predict(self, X: Frames | None = None) -> NDArray[Any]:  # noqa: N803
        """Everybody's tier by a whole private job: str, shape (people,), "" below every tier.

        Order and refusals are those of `score_samples`.
        """
        tiers = self.answer(X).tiers
        if tiers is None:
            raise self._not_opened(Fact.TIER)
        return tiers

    def answer(self, X: Frames | None = None, *, out: Path | str | None = None) -> Answers:  # noqa: N803
        """People, scores, tiers and the record of one job.

        `out` keeps the run's folder, for `privscore view`, `ledger` and `explain`.
        """
        with self._job_over(X) as job, tempfile.TemporaryDirectory(prefix="privscore-") as scratch:
            folder = Path(scratch) / "run" if out is None else Path(out)
            record = run_job(
                job.consortium,
                named(self.method),
                folder,
                people=job.people,
                workers=self._workers(),
                recording="outline" if out is None else None,
                remember=False,
            )
            return answers_of(folder, record, job.consortium.agreement)

    def explain(self, X: Frames | None = None) -> Explanation:  # noqa: N803
        """Everybody's points line by line, looked up where the columns are: here.

        No method tells a requester as much; a person asks the platforms (`privscore explain`).
        Raises Refused as `fit` does, and where the policy gives nobody a sheet.
        """
        with self._job_over(X) as job:
            agreement = job.consortium.agreement
            if not agreement.policy.sheet:
                raise Refused(
                    f"the policy of {agreement.name} gives nobody a sheet (`sheet = false`)",
                    "Agree on another policy.",
                )
            listed = everybody(job.consortium) if job.people is None else job.people.read_bytes()
            return _explained(job.consortium, listed)

    def _workers(self) -> int:
        """How many workers `n_jobs` asks for; raises Refused for what is no number of any."""
        jobs = 1 if self.n_jobs is None else self.n_jobs
        if isinstance(jobs, bool) or not isinstance(jobs, Integral) or jobs == 0:
            raise Refused(
                "`n_jobs` is no number of workers",
                "Give 1 or more, -1 for one on every core, or None for one.",
            )
        return int(jobs) if jobs > 0 else max(machine.cores() + 1 + int(jobs), 1)

    def _consortium(self) -> Consortium:
        """The consortium that the card is, or that is made around it."""
        if isinstance(self.card, Consortium):
            for name in ("tiers", "reveal", "min_people"):
                if getattr(self, name) is not None:
                    raise Refused(
                        f"`{name}` is given beside a consortium, which says it itself",
                        "Leave it away, or change the consortium's file.",
                    )
            return self.card
        if not isinstance(self.card, Scorecard | Mapping):
            raise Refused(
                "the card is no consortium, no scorecard and no mapping",
                "Give what `load` returns for a consortium file, or a [scorecard] as a mapping.",
            )
        agreement = agreement_of(
            self.card,
            _refuse,
            tiers=[Tier(name, start, "") for name, start in (self.tiers or {}).items()],
            reveal=Fact.SCORE.word if self.reveal is None else self.reveal,
            min_people=50 if self.min_people is None else self.min_people,
        )
        private = {party: PrivatePart(None, "person", None, None) for party in agreement.party_ids}
        card = agreement.scorecard
        titles = tuple(each.name for each in (*card.characteristics, *card.disabled))
        return Consortium(agreement, private, Path("scorecard"), {}, titles)

    @contextmanager
    def _job_over(self, frames: Frames | None) -> Iterator[_Job]:
        """The consortium with its tables where the data are."""
        if not hasattr(self, "agreement_"):
            raise Refused("the scorer is not fitted", "Call fit first, with data of this shape.")
        consortium = self._fitted
        if frames is None and not isinstance(self.card, Consortium):
            raise Refused("a bare card has no data", "Give X: {platform: {column: array}}.")
        with tempfile.TemporaryDirectory(prefix="privscore-") as folder, self._without_place():
            if frames is None:
                yield _Job(consortium, None)
            else:
                yield _with_frames(consortium, frames, Path(folder).resolve())

    @contextmanager
    def _without_place(self) -> Iterator[None]:
        """Refusals point at the consortium's file, if there is one to fix."""
        try:
            yield
        except Refused as refusal:
            if isinstance(self.card, Consortium):
                raise
            raise Refused(refusal.cause, refusal.fix) from None

    def _not_opened(self, wanted: Fact) -> Refused:
        agreement: Agreement = self.agreement_
        opens = agreement.policy.allowed(agreement.requester)
        return Refused(
            f"the policy opens the {opens.word} to {agreement.requester}, not the {wanted.word}",
            "Ask for less, or agree on another policy.",
        )


@dataclass(frozen=True, slots=True)
class _Job:
    consortium: Consortium
    people: Path | None  # a list, where the rows say who is who


def _with_frames(consortium: Consortium, frames: Frames, folder: Path) -> _Job:
    keys = {name: consortium.private_of(name).key for name in consortium.agreement.party_ids}
    staged = stage(frames, consortium.agreement, keys, folder)
    private = dict(consortium.private)
    for party, file in staged.files.items():
        private[party] = replace(private[party], table=str(file), data_dir=None)
    return _Job(replace(consortium, private=private), staged.people)


def _explained(consortium: Consortium, listed: bytes) -> Explanation:
    card = whole_card(consortium)
    columns: dict[str, Column] = {}
    for platform in consortium.agreement.data_parties:
        names = card.columns_of(platform)
        with open_table(consortium, platform) as table:
            blocks = list(table.columns(listed, names))
        for name in names:
            columns[f"{platform}.{name}"] = np.concatenate([block[name] for block in blocks])
    points = [
        line.score(line.combined([columns[c] for c in line.columns]))
        if line.combine
        else line.score(columns[line.columns[0]])
        for line in card.characteristics
    ]
    most = [max(each.possible_points) for each in card.characteristics]
    return Explanation(
        people=np.array(listed.decode().split("\n"), object),
        names=tuple(each.name for each in card.characteristics),
        reasons=tuple(each.reason for each in card.characteristics),
        contested=tuple(each.contested for each in card.characteristics),
        base=card.base,
        points=np.stack(points, axis=1),
        most=np.array(most, np.int32 if card.is_whole else np.float64),
    )


def _parameters() -> tuple[str, ...]:
    return tuple(inspect.signature(PrivateScorer).parameters)


def _refuse(cause: str, fix: str, *_keys: str | int) -> Refused:
    return Refused(cause, fix)
