"""What the methods over ciphertexts share: planned parameters, and who may not be one party."""

from __future__ import annotations

from abc import abstractmethod

from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.methods.base import Method
from protocols.encryption.params.planning import NoParameters, Planned


class Encrypted(Method):
    """People lie in ciphertexts under the requester's key, which another party adds up."""

    @abstractmethod
    def planned(self, agreement: Agreement) -> Planned:
        """Parameters that suit this card; NoParameters if there are none."""

    def roles_unfit(self, agreement: Agreement) -> list[str]:
        """Who else may not be one party, or is missing: a sentence each."""
        return []

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """The requester learns the unclipped total, nobody else anything."""
        return Fact.TOTAL if party == agreement.requester else Fact.NOTHING

    def unfit(self, agreement: Agreement) -> list[str]:
        """Key and sum may not meet in one hand; the card must leave room for its parameters."""
        found = self.roles_unfit(agreement)
        if aggregator_of(agreement) == agreement.requester:
            found.append(
                f"{self.name} needs an aggregator apart from the requester, whose key would open "
                "every platform's points"
            )
        if found:
            return found
        try:
            self.planned(agreement)
        except NoParameters as error:
            return [f"{self.name} has no parameters for this card: {error}"]
        return []

    def batch(self, agreement: Agreement) -> int:
        """The people in one ciphertext."""
        return self.planned(agreement).people

    def refuse_too_many(self, agreement: Agreement, people: int) -> None:
        """Refused where a job would open more ciphertexts than the flooding was planned for."""
        planned = self.planned(agreement)
        most = planned.asked.openings  # shards fill theirs, but for the last
        if planned.ciphertexts_for(people) > most:
            enough = f"{most * planned.people:,} people"
            raise Refused(
                f"{self.name} hides what it should for {enough} and no more",
                "Ask about fewer people at a time: each job makes a key of its own.",
            )


def aggregator_of(agreement: Agreement) -> str:
    """Who adds ciphertexts up."""
    return agreement.holders("aggregator")[0]
