"""The exact check of a protocol, as a ledger tells it."""

from __future__ import annotations

from protocols.core.errors import LocalMisuse
from protocols.core.exact import IDEALS, exact_check
from protocols.core.spec import Spec


def small_ring(spec: Spec) -> tuple[bool, bool, str]:
    """Whether the exact check was made, whether it found a leak, and a sentence about it."""
    if not spec.exact:
        return False, False, f"{spec.name}: not made. {spec.why_not_exact}"
    cases, leaks = [], []
    for small in spec.exact:
        try:
            result = exact_check(spec, small)
        except LocalMisuse as error:
            return False, False, f"{spec.name}: not made. {error}"
        cases.append(
            f"{len(result.verdicts)} coalitions of {small.size} platforms over "
            f"{1 << small.ring.bits} elements"
        )
        leaks += [" + ".join(coalition) for coalition in result.leaks]
    tried = f"{spec.name}: {'; '.join(cases)}, all coins and inputs tried ({IDEALS})"
    if leaks:
        return True, True, f"{tried}: {', '.join(leaks)} learned more than they should"
    return True, False, f"{tried}: none learned more than its outputs say"
