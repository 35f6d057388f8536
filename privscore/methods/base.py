"""What every way of scoring has in common, the unprotected baseline included.

A method says for every party the most that it opens to it, and what it can do that a file may
need. It runs if both are within the policy: two comparisons of sets, no more.
"""

from __future__ import annotations

import enum
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Column, Scorecard
from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from protocols.core.cost import Declared
from protocols.core.party import Role
from protocols.core.ring import Ring
from protocols.core.spec import Spec

Points: TypeAlias = NDArray[np.int32]  # shape (people,)
Totals: TypeAlias = NDArray[np.int64]  # shape (people,), the sum of all points, base left out
Bins: TypeAlias = NDArray[np.uint16]  # shape (characteristics, people), see Characteristic.bin
Kept: TypeAlias = NDArray[Any]  # what a shard leaves with a party until the closing, by people
Needs: TypeAlias = Literal["points", "columns", "bins"]


class Capability(enum.Enum):
    """What a consortium file may need of a method beyond adding points up."""

    TOTALS = "characteristics that combine columns of several platforms"
    DROPOUT = 'platforms that drop out (dropout = "neutral")'
    REAL_WEIGHTS = "real weights"
    HIDE_POINTS = 'points that only their owner knows (hidden = ["points"])'


@dataclass(frozen=True, slots=True)
class Answer:
    """What the requester has at the end: everybody's points, and which platforms are in them."""

    totals: Totals
    platforms: tuple[str, ...]


def no_journal(_: tuple[str, ...]) -> None:
    """Default: keep no record of this answer (tests, comparisons)."""


@dataclass(frozen=True, slots=True)
class RoleContext:
    """What the roles of one party may know of a job, besides its own data.

    The agreement's card lacks hidden points. `card` has them: it is there for the card's owner
    alone, and in the opening alone, which hands on what the shards need as material.
    """

    me: str
    agreement: Agreement
    people: int  # in this shard; in the whole job for the opening and the closing
    material: bytes = b""  # what the opening left with this party
    card: Scorecard | None = field(default=None, repr=False)  # with all points, at its owner
    # Called with the platforms in the answer before any result leaves; raises to refuse.
    commit_answer: Callable[[tuple[str, ...]], None] = no_journal

    @property
    def is_platform(self) -> bool:
        """Whether this party holds data."""
        return self.me in self.agreement.data_parties

    @property
    def is_requester(self) -> bool:
        """Whether this party gets the answer."""
        return self.me == self.agreement.requester


@dataclass(frozen=True, slots=True)
class LocalData:
    """One platform's own data for the people of one shard; never leaves its process but in roles.

    `points` is there for methods that need points, `columns` (bare name -> float64, NaN where
    unknown) for those that need columns, `bins` (uint16, a row for each characteristic that the
    platform can score alone) for those that need bins.
    """

    points: Points | None = None
    columns: Mapping[str, Column] | None = None
    bins: Bins | None = None


class Method(ABC):
    """A way to compute the score: which protocol, who plays which role, what is opened to whom."""

    name: ClassVar[str]
    summary: ClassVar[str]
    needs: ClassVar[Needs] = "points"
    can: ClassVar[frozenset[Capability]] = frozenset()
    protocols: ClassVar[tuple[Spec, ...]] = ()  # whose cards, checks and leakage are this method's
    private: ClassVar[bool] = True  # False: satisfies no policy, runs only when asked for by name

    @property
    def may_lose(self) -> bool:
        """Whether who is in the answer is known in the closing only."""
        return Capability.DROPOUT in self.can

    def batch(self, agreement: Agreement) -> int:
        """How many people share a ciphertext: a shard's time grows by whole batches of them."""
        return 1

    @abstractmethod
    def opens(self, agreement: Agreement, party: str) -> Fact:
        """The most that `party` learns about the people."""

    def unfit(self, agreement: Agreement) -> list[str]:
        """What else stands in the way under this agreement: a sentence each."""
        return []

    def error_bound(self, agreement: Agreement) -> float:
        """How far a total can be off, in points, before it is rounded to whole ones; 0: exact."""
        return 0.0

    def released(self, agreement: Agreement, people: int) -> str:
        """What the ledger says of the release of approximate results; empty where none are."""
        return ""

    def opening(self, context: RoleContext) -> Role[bytes] | None:
        """The party's part once per job; leaves its material. None: nothing to prepare."""
        return None

    @abstractmethod
    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """The party's part in one shard; what it returns is kept for the closing.

        None: the party has no part in it.
        """

    def closing(self, context: RoleContext, kept: Kept | None) -> Role[Answer | None] | None:
        """The party's part at the end. None: what the requester kept are the totals of all.

        Where platforms may have been lost, everybody that knows the people calls
        `context.commit_answer` with those that were not, before anything of an answer leaves.
        """
        return None

    @abstractmethod
    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """The declared cost of its own part by phase: opening, shard (of `people`), closing."""


def contributors(agreement: Agreement) -> tuple[str, ...]:
    """The platforms that give points to a sum: a requester with data adds its own at home."""
    return tuple(name for name in agreement.data_parties if name != agreement.requester)


def within(circle: Sequence[str], role: Role[Any]) -> Role[Any]:
    """The role inside the circle of those who take part."""
    return lambda party: role(party.among(circle))


def points_ring(agreement: Agreement) -> Ring:
    """The smallest ring in which no sum of this card's points can wrap."""
    low, high = agreement.scorecard.bounds()
    base = agreement.scorecard.base
    return Ring.holding(low - base, high - base)


def stated_error(method: Method, agreement: Agreement) -> int:
    """By how many whole points a score can be off at most: 0 where whole totals stay within 1/2."""
    bound = method.error_bound(agreement)
    exact = bound < 0.5 and agreement.scorecard.is_whole
    return 0 if exact or bound == 0 else math.floor(bound + 1)


def error_text(bound: float, stated: int) -> str:
    """How far a method can be off, in words; empty for an exact one."""
    if not bound:
        return ""
    return f"a total can be off by {bound:.2g} before it is rounded, a score by {stated}"


def required(agreement: Agreement) -> frozenset[Capability]:
    """What this file needs of a method."""
    needs = set()
    if agreement.scorecard.combined:
        needs.add(Capability.TOTALS)
    if not agreement.scorecard.is_whole:
        needs.add(Capability.REAL_WEIGHTS)
    if agreement.scorecard.secret is not None:
        needs.add(Capability.HIDE_POINTS)
    if agreement.policy.dropout == "neutral":
        needs.add(Capability.DROPOUT)
    return frozenset(needs)


def objections(method: Method, agreement: Agreement) -> list[str]:
    """Why this method may not run under this agreement: one sentence each, none if it may."""
    if not method.private:
        return [f"{method.name} opens every column and satisfies no policy"]
    found = [
        f"{method.name} cannot do what the file needs: {need.value}"
        for need in sorted(required(agreement) - method.can, key=lambda need: need.name)
    ]
    for party in agreement.party_ids:
        opens, allowed = method.opens(agreement, party), agreement.policy.allowed(party)
        if opens > allowed and not _total_is_score(agreement, opens, allowed):
            found.append(
                f"{method.name} opens the {opens.word} to {party}; the policy allows {allowed.word}"
                + _why_more(agreement, opens, allowed)
            )
    return found + method.unfit(agreement)


def _why_more(agreement: Agreement, opens: Fact, allowed: Fact) -> str:
    """What a wider clip would fix, where the public range of hidden points is in the way."""
    if agreement.scorecard.secret is None or (opens, allowed) != (Fact.TOTAL, Fact.SCORE):
        return ""
    low, high = agreement.scorecard.bounds()
    return f", and by `points_range` totals go from {low} to {high}, beyond the clip"


def _total_is_score(agreement: Agreement, opens: Fact, allowed: Fact) -> bool:
    """Whether the total says no more than the score: it is whole, and cannot leave the clip."""
    low, high = agreement.scorecard.bounds()
    clip = agreement.scorecard.clip
    if not agreement.scorecard.is_whole:
        return False  # a total that is not rounded yet says more
    return (opens, allowed) == (Fact.TOTAL, Fact.SCORE) and clip[0] <= low and high <= clip[1]
