"""When a method may run under an agreement: two comparisons of sets, and whether parties fit."""

from __future__ import annotations

import math

from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.methods.base import Capability, Method


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
    return policy_objections(method, agreement) or misfits(method, agreement)


def policy_objections(method: Method, agreement: Agreement) -> list[str]:
    """The same without places: what another policy or card would put right."""
    if not method.private:
        return [f"{method.name} opens every column and satisfies no policy"]
    reasons = [
        f"{method.name} cannot do what the file needs: {need.value}"
        for need in sorted(required(agreement) - method.can, key=lambda need: need.name)
    ]
    for party in agreement.party_ids:
        opens = max(method.opens(agreement, party), method.opens_by_question(agreement, party))
        allowed = agreement.policy.allowed(party)
        if opens > allowed and not _total_is_score(agreement, opens, allowed):
            reasons.append(
                f"{method.name} opens the {opens.word} to {party}; the policy allows {allowed.word}"
                + _why_more(agreement, opens, allowed)
            )
    return reasons + method.unfit(agreement)


def misfits(method: Method, agreement: Agreement) -> list[str]:
    """Where the parties of the agreement do not fit into the places of its protocols."""
    cast = method.cast(agreement)
    problems = ((spec.name, spec.misfit(cast)) for spec in method.protocols)
    return [f"{method.name}: {name} {problem}" for name, problem in problems if problem]


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
