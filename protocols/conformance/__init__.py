"""The conformance suite: what every protocol is held to, from its Spec alone.

    problems = conform(load_spec(Path("my_protocol.py")))

gives for each check, by name, the sentences that say what is wrong; none where all is well. A
check never trusts the protocol: whatever it raises is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from protocols.conformance import correctness, errors, faults, privacy
from protocols.conformance.harness import FULL, QUICK, Effort
from protocols.core.spec import Spec

Check: TypeAlias = Callable[[Spec, Effort], Iterator[str]]

CHECKS: dict[str, Check] = {
    "ideal": correctness.equals_ideal,
    "any order": correctness.in_any_order,
    "cost": correctness.costs_what_it_declares,
    "replay": correctness.is_a_function_of_its_view,
    "sent is sent": correctness.sends_what_stays,
    "lost message": faults.lost_message,
    **faults.BY_NAME,
    "errors": errors.say_no_values,
    "outline": privacy.outline_depends_on_no_value,
    "fresh coins": privacy.draws_fresh_coins,
    "exact": privacy.passes_the_exact_check,
}

__all__ = ["CHECKS", "FULL", "QUICK", "Check", "Effort", "conform"]


def conform(
    spec: Spec, effort: Effort = FULL, checks: Iterable[str] = tuple(CHECKS)
) -> dict[str, tuple[str, ...]]:
    """What each of these checks finds wrong with a protocol, by the check's name."""
    return {name: tuple(CHECKS[name](spec, effort)) for name in checks}
