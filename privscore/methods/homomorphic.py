"""What the methods over ciphertexts share: planned parameters, and who may not be one party."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from privscore.card.scorecard import Scorecard
from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.methods.base import SpecMethod, contributors
from privscore.methods.context import Kept, LocalData, RoleContext
from protocols.core.cast import Cast
from protocols.core.errors import LocalMisuse
from protocols.encryption.params.planning import NoParameters, Planned


class KeyOfOne(SpecMethod):
    """People lie in ciphertexts under the requester's key, which another party adds up."""

    @abstractmethod
    def planned(self, agreement: Agreement) -> Planned:
        """Parameters that suit this card; NoParameters if there are none."""

    def roles_unfit(self, agreement: Agreement) -> list[str]:
        """Who else may not be one party, or is missing: a sentence each."""
        return []

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """The requester learns the unclipped total, nobody else anything."""
        return Fact.TOTAL if party in agreement.requesters else Fact.NOTHING

    def unfit(self, agreement: Agreement) -> list[str]:
        """Key and sum may not meet in one hand; the card must leave room for its parameters."""
        problems = self.roles_unfit(agreement)
        if aggregator_of(agreement) in agreement.requesters:
            problems.append(
                f"{self.name} needs an aggregator apart from the requester, whose key would open "
                "every platform's points"
            )
        if problems:
            return problems
        try:
            self.planned(agreement)
        except NoParameters as error:
            return [f"{self.name} has no parameters for this card: {error}"]
        return []

    def givers(self, agreement: Agreement) -> tuple[str, ...]:
        """The platforms that give points."""
        return contributors(agreement)

    def cast(self, agreement: Agreement) -> Cast:
        """Who gives points, adds them up, reads the sum, and owns the card where that needs one."""
        parties = {
            "platform": self.givers(agreement),
            "aggregator": (aggregator_of(agreement),),
            "card": agreement.holders("card"),
            "requester": agreement.requesters,
        }
        places = self.protocols[0].places
        return {place: names for place, names in parties.items() if place in places}

    def parameters(self, agreement: Agreement, identities: Mapping[str, bytes]) -> Any:
        """The planned ones."""
        return self.planned(agreement)

    def batch(self, agreement: Agreement) -> int:
        """The people in one ciphertext."""
        return self.planned(agreement).people

    def setup_bound(self, agreement: Agreement) -> int:
        """As many ciphertexts as the flooding was planned for, over all jobs under one key."""
        return self.planned(agreement).asked.openings

    def setup_use(self, agreement: Agreement, people: int) -> int:
        """The ciphertexts that such a job opens."""
        return self.planned(agreement).ciphertexts_for(people)

    def admit(self, agreement: Agreement, people: int) -> None:
        """Refused where a job would open more ciphertexts than the flooding was planned for."""
        planned = self.planned(agreement)
        most = planned.asked.openings  # shards fill theirs, but for the last
        if planned.ciphertexts_for(people) > most:
            enough = f"{most * planned.people:,} people"
            raise Refused(
                f"{self.name} hides what it should for {enough} and no more",
                "Ask about fewer people at a time: each job makes a key of its own.",
            )

    def keep(self, context: RoleContext, data: LocalData, output: Any) -> Kept | None:
        """The totals, and what the requester adds at home."""
        if output is None or not context.is_requester:
            return None
        totals: Kept = output + self.points_at_home(context, data)
        return totals

    def points_at_home(self, context: RoleContext, data: LocalData) -> Any:
        """What a requester with data adds by itself, shape (people,), or 0."""
        return 0 if data.points is None else data.points


def card_at_owner(context: RoleContext) -> Scorecard:
    """The card with all its points, at its owner; LocalMisuse if the owner was not given it."""
    if context.card is None:
        raise LocalMisuse(f"{context.me} owns the card and does not have it")
    return context.card


def aggregator_of(agreement: Agreement) -> str:
    """Who adds ciphertexts up."""
    return agreement.holders("aggregator")[0]
