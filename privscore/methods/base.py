"""What every way of scoring has in common, the unprotected baseline included.

A method casts the parties of an agreement into the places of its protocol, and brings what the
protocol's roles need: parameters, and a party's own data. Who plays which role stands in the
protocol's Spec, once. `rules` says when a method may run.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.context import Kept, LocalData, Need, Points, RoleContext
from privscore.methods.result import Result
from protocols.core.cast import Cast
from protocols.core.cost import Declared
from protocols.core.party import Party, Role
from protocols.core.ring import Ring
from protocols.core.spec import Own, Phase, Setting, Spec


class Capability(enum.Enum):
    """What a consortium file may need of a method beyond adding points up."""

    TOTALS = "characteristics that combine columns of several platforms"
    DROPOUT = 'platforms that drop out (dropout = "neutral")'
    REAL_WEIGHTS = "real weights"
    HIDE_POINTS = 'points that only their owner knows (hidden = ["points"])'


class Method(ABC):
    """A way to compute the score: which protocol, who stands where, what is opened to whom.

    A subclass whose roles are those of a Spec names it as the first of `protocols`, and says in
    `cast`, `parameters`, `own_data` and `keep` how the two fit. One with roles of its own overrides
    `setup`, `shard`, `closing` or `question`, and `phases`.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    needs: ClassVar[frozenset[Need]] = frozenset({"points"})
    can: ClassVar[frozenset[Capability]] = frozenset()
    protocols: ClassVar[tuple[Spec, ...]] = ()  # whose cards, checks and leakage are this method's
    private: ClassVar[bool] = True  # False: satisfies no policy, runs only when asked for by name
    rows_per_person: ClassVar[int] = 1  # values that the shards handle for each person

    @abstractmethod
    def opens(self, agreement: Agreement, party: str) -> Fact:
        """The most that `party` learns about the people."""

    def opens_by_question(self, agreement: Agreement, party: str) -> Fact:
        """The most that `party` learns about the one person whom a question is about."""
        return Fact.NOTHING

    @property
    def may_lose(self) -> bool:
        """Whether who is in the answer is known in the closing only."""
        return Capability.DROPOUT in self.can

    def batch(self, agreement: Agreement) -> int:
        """How many people share a ciphertext: a shard's time grows by whole batches of them."""
        return 1

    def unfit(self, agreement: Agreement) -> list[str]:
        """What else stands in the way under this agreement: a sentence each."""
        return []

    def admit(self, agreement: Agreement, people: int) -> None:  # noqa: B027  most take any job
        """Refuse a job about so many people; called once they are known, before any setup."""

    def setup_bound(self, agreement: Agreement) -> int:
        """How much use one setup can bear over several jobs; 0: it serves one job alone."""
        return 0

    def setup_use(self, agreement: Agreement, people: int) -> int:
        """How much of that a job about so many people uses."""
        return 0

    def error_bound(self, agreement: Agreement) -> float:
        """How far a total can be off, in points, before it is rounded to whole ones; 0: exact."""
        return 0.0

    def released(self, agreement: Agreement, people: int) -> str:
        """What the ledger says of the release of approximate results; empty where none are."""
        return ""

    def cast(self, agreement: Agreement) -> Cast:
        """Who stands in which place of the protocol."""
        return {"platform": contributors(agreement), "requester": agreement.requesters}

    def ring(self, agreement: Agreement) -> Ring:
        """The ring that the protocol works in."""
        return points_ring(agreement)

    def parameters(self, agreement: Agreement, identities: Mapping[str, bytes]) -> Any:
        """What the Spec's roles need to know beyond who, how many and the ring."""
        return None

    def setting(
        self, agreement: Agreement, people: int, identities: Mapping[str, bytes] | None = None
    ) -> Setting:
        """The protocol's setting under this agreement; LocalMisuse where the parties do not fit."""
        return self.protocols[0].cast_as(
            self.cast(agreement),
            people,
            self.ring(agreement),
            self.parameters(agreement, identities or {}),
        )

    def setup_data(self, context: RoleContext) -> Any:
        """What this party brings to the setup."""
        return None

    def own_data(self, context: RoleContext, data: LocalData) -> Any:
        """What this party brings to a shard: its points as elements of the ring."""
        if data.points is None or context.me not in self.cast(context.agreement)["platform"]:
            return None
        return data.points.astype(self.ring(context.agreement).dtype)

    def keep(self, context: RoleContext, data: LocalData, output: Any) -> Kept | None:
        """What stays of a shard's output until the closing. A requester adds its own points."""
        if output is None or not context.is_requester:
            return None
        at_home = 0 if data.points is None else data.points
        return self.ring(context.agreement).decode(output) + at_home

    def rearrange(self, material: bytes, points: Points, known: NDArray[np.bool_]) -> Points:
        """A platform's points as the shards handle them, shape (rows_per_person * people,)."""
        return points

    def phases(self, agreement: Agreement) -> tuple[Phase, ...]:
        """The phases in which anybody plays a role, in order."""
        return tuple(phase for phase, _ in self.protocols[0].phases())

    def setup(self, context: RoleContext) -> Role[bytes] | None:
        """The party's part once per job; leaves its material. None: nothing to prepare."""
        private = Own(data=self.setup_data(context), identity=context.identity)
        return self._play("setup", context, private)

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """The party's part in one shard; what it returns is kept for the closing.

        None: the party has no part in it.
        """
        private = Own(self.own_data(context, data), context.material, identity=context.identity)
        role = self._play("shard", context, private)
        if role is None:
            return None

        async def play(party: Party) -> Kept | None:
            return self.keep(context, data, await role(party))

        return play

    def closing(self, context: RoleContext, pieces: Sequence[Kept]) -> Role[Result | None] | None:
        """The party's part at the end; `pieces` are what it kept of each shard.

        Where platforms may have been lost, everybody that knows the people calls
        `context.commit_answer` with those that were not, before anything of an answer leaves.
        """
        included = context.agreement.data_parties

        def commit(platforms: tuple[str, ...]) -> None:
            nonlocal included
            context.commit_answer(platforms)
            included = platforms

        private = Own(None, context.material, tuple(pieces), context.identity, commit)
        role = self._play("closing", context, private)
        if role is None:
            return None

        async def play(party: Party) -> Result | None:
            output = await role(party)
            if output is None:
                return None
            ring = self.ring(context.agreement)
            return Result(Fact.TOTAL, ring.decode(np.concatenate(output)), included)

        return play

    def result(self, context: RoleContext, pieces: Sequence[Kept]) -> Result | None:
        """What a party has at the end of a job without a closing: a requester's totals."""
        if not context.is_requester or not pieces:
            return None
        totals = np.concatenate(pieces)
        return Result(Fact.TOTAL, totals.astype(np.int64), context.agreement.data_parties)

    def leaves(self, agreement: Agreement, party: str) -> tuple[str, ...]:
        """The names of the arrays that stay in this party's folder behind the job."""
        return ()

    def leave(self, context: RoleContext, pieces: Sequence[Kept]) -> Mapping[str, NDArray[Any]]:
        """These arrays, by name: shares of answers that nobody has opened; here what was kept."""
        names = self.leaves(context.agreement, context.me)
        return {name: np.concatenate(pieces) for name in names}

    def question(
        self, context: RoleContext, left: Mapping[str, NDArray[Any]], row: int
    ) -> Role[Result | None] | None:
        """The party's part in opening one row more, for the person in it; `left` is what stayed."""
        return None

    @abstractmethod
    def cost(self, agreement: Agreement, people: int) -> Mapping[Phase, Declared]:
        """The declared cost of its own part by phase: setup, shard (of `people`), closing."""

    def _play(self, phase: Phase, context: RoleContext, private: Own) -> Role[Any] | None:
        """The Spec's role for this party, among those who take part."""
        setting = self.setting(context.agreement, context.people, context.identities)
        if context.me not in setting.parties:
            return None
        role = self.protocols[0].role(phase, setting, context.me, private)
        return None if role is None else within(setting.parties, role)


class SpecMethod(Method):
    """A method whose cost is what its protocol declares, in its own setting."""

    def cost(self, agreement: Agreement, people: int) -> Mapping[Phase, Declared]:
        """See `Method.cost`."""
        return self.protocols[0].declared(self.setting(agreement, people))


def contributors(agreement: Agreement) -> tuple[str, ...]:
    """The platforms that give points to a sum: a requester with data adds its own at home."""
    return tuple(name for name in agreement.data_parties if name not in agreement.requesters)


def within(circle: Sequence[str], role: Role[Any]) -> Role[Any]:
    """The role inside the circle of those who take part."""
    return lambda party: role(party.among(circle))


def points_ring(agreement: Agreement) -> Ring:
    """The smallest ring in which no sum of this card's points can wrap."""
    low, high = agreement.scorecard.bounds()
    base = agreement.scorecard.base
    return Ring.holding(low - base, high - base)
