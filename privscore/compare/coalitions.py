"""Which parties may put together all that they saw and still learn no more than they may.

Worked out from what the protocols of a method declare; the conformance suite and the exact check
hold them to it.
"""

from __future__ import annotations

from itertools import combinations

import msgspec

from privscore.consortium.agreement import Agreement
from privscore.methods.base import Method
from privscore.methods.coalitions import harmless, parties_of, promised

_NAMED = 3  # parties that are harmful alone; of more it is said how many there are
_MOST_PARTIES = 18  # every set of parties is looked at: 2^18 of them


class Coalitions(msgspec.Struct, frozen=True):
    """The largest number of parties of which any so many are harmless, and who is not."""

    parties: int
    any_of: int
    harmful: tuple[tuple[str, ...], ...]  # the smallest coalitions that learn more

    def __str__(self) -> str:
        if not self.harmful:
            return "every one"
        if self.any_of == 0 and len(self.harmful) <= _NAMED:
            return f"any without {' or '.join(name for (name,) in self.harmful)}"
        if len(self.harmful) > 1:
            return f"any {self.any_of} of {self.parties}"
        return f"any without {' + '.join(self.harmful[0])}"


def coalitions(method: Method, agreement: Agreement) -> Coalitions | None:
    """The harmless coalitions of a method under an agreement; None where nothing is declared."""
    platforms = agreement.data_parties
    if not method.private:
        alone = tuple((name,) for name in agreement.requesters)
        return Coalitions(len({*platforms, *agreement.requesters}), 0, alone)
    specs = method.protocols
    if not specs or any(promised(method, spec, agreement) is None for spec in specs):
        return None
    named = (name for spec in specs for name in parties_of(method, spec, agreement))
    parties = tuple(dict.fromkeys((*platforms, *named)))
    if len(parties) > _MOST_PARTIES:
        return None
    for count in range(1, len(parties) + 1):
        harmful = tuple(
            members
            for members in combinations(parties, count)
            if not all(harmless(method, spec, agreement, frozenset(members)) for spec in specs)
        )
        if harmful:
            return Coalitions(len(parties), count - 1, harmful)
    return Coalitions(len(parties), len(parties), ())
