"""What a protocol's Spec promises the parties of one agreement, and its exact check."""

from __future__ import annotations

from dataclasses import replace

from privscore.agreement import Agreement
from privscore.methods.base import contributors
from protocols.core.errors import LocalMisuse
from protocols.core.exact import IDEALS, exact_check
from protocols.core.spec import Spec


def harmless(spec: Spec, agreement: Agreement, members: frozenset[str]) -> bool:
    """Whether these together are promised to learn no more than their outputs.

    A Spec names its parties by their place: the aggregator first where there is one, the requester
    last. True also for a protocol whose parties are others than those, since it speaks of nobody
    here.
    """
    order = dict.fromkeys((*agreement.holders("aggregator"), *contributors(agreement)))
    order.pop(agreement.requester, None)
    parties = (*order, agreement.requester)
    if len(order) not in spec.sizes:
        return True
    setting = spec.setting(len(order), people=1)
    if len(setting.parties) != len(parties):
        return True
    return spec.harmless(replace(setting, parties=parties), members & set(parties))


def small_ring(spec: Spec) -> tuple[bool, bool, str]:
    """Whether the exact check was made, whether it found a leak, and a sentence about it."""
    if not spec.exact:
        return False, False, f"{spec.name}: not made. {spec.why_not_exact}"
    cases, leaks = [], []
    for small in spec.exact:
        try:
            found = exact_check(spec, small)
        except LocalMisuse as error:
            return False, False, f"{spec.name}: not made. {error}"
        cases.append(
            f"{len(found.verdicts)} coalitions of {small.size} platforms over "
            f"{1 << small.ring.bits} elements"
        )
        leaks += [" + ".join(coalition) for coalition in found.leaks]
    tried = f"{spec.name}: {'; '.join(cases)}, all coins and inputs tried ({IDEALS})"
    if leaks:
        return True, True, f"{tried}: {', '.join(leaks)} learned more than they should"
    return True, False, f"{tried}: none learned more than its outputs say"
