"""Which parties may put together all that they saw and still learn no more than they may.

Worked out from what the protocols of a method declare; the conformance suite and the exact check
hold them to it.
"""

from __future__ import annotations

from itertools import combinations

import msgspec

from privscore.agreement import Agreement
from privscore.methods.base import Method

_MOST_PARTIES = 18  # every set of parties is looked at: 2^18 of them


class Coalitions(msgspec.Struct, frozen=True):
    """The largest number of parties of which any so many are harmless, and who is not."""

    parties: int
    any_of: int
    harmful: tuple[tuple[str, ...], ...]  # the smallest coalitions that learn more

    def __str__(self) -> str:
        if not self.harmful:
            return "every one"
        if len(self.harmful) > 1:
            return f"any {self.any_of} of {self.parties}"
        return f"any without {' + '.join(self.harmful[0])}"


def coalitions(method: Method, agreement: Agreement) -> Coalitions | None:
    """The harmless coalitions of a method under an agreement; None where nothing is declared."""
    platforms = agreement.data_parties
    if not method.private:
        alone = (agreement.requester,)
        return Coalitions(len(dict.fromkeys((*platforms, *alone))), 0, (alone,))
    size = len(platforms)
    if not method.protocols or any(size not in spec.sizes for spec in method.protocols):
        return None
    settings = [(spec, spec.setting(size, 1)) for spec in method.protocols]
    parties = max((setting.parties for _, setting in settings), key=len)
    if len(parties) > _MOST_PARTIES:
        return None
    ours = (*platforms, agreement.requester)
    names = dict(zip(parties, ours if len(ours) == len(parties) else parties, strict=True))
    for count in range(1, len(parties) + 1):
        harmful = [
            some
            for some in combinations(parties, count)
            if not all(
                spec.harmless(setting, frozenset(some) & frozenset(setting.parties))
                for spec, setting in settings
            )
        ]
        if harmful:
            named = tuple(tuple(names[each] for each in some) for some in harmful)
            return Coalitions(len(parties), count - 1, named)
    return Coalitions(len(parties), len(parties), ())
