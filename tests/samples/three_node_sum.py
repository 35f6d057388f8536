"""A method over `three_nodes`: the nodes are who computes, and all who ask get the total."""

from __future__ import annotations

from pathlib import Path

from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import SpecMethod, contributors
from protocols.core.cast import Cast
from protocols.core.spec import load_spec

SPEC = load_spec(Path(__file__).parent / "three_nodes.py")


class ThreeNodeSum(SpecMethod):
    """Points shared with three nodes, opened to whoever asks."""

    name = "three-node-sum"
    summary = "points shared with three nodes; for tests"
    protocols = (SPEC,)

    def opens(self, agreement: Agreement, party: str) -> Fact:
        """The unclipped total, to whoever asks."""
        return Fact.TOTAL if party in agreement.requesters else Fact.NOTHING

    def cast(self, agreement: Agreement) -> Cast:
        """Platforms, the parties that compute, and who asks."""
        return {
            "platform": contributors(agreement),
            "node": agreement.holders("compute"),
            "requester": agreement.requesters,
        }


METHOD = ThreeNodeSum()
