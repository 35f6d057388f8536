"""Who came in time: the aggregator says so, and a platform believes it only within bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protocols.aggregation.graph import Places
from protocols.aggregation.plan import Flags, MaskingPlan
from protocols.core.errors import PeerFault, Stalled
from protocols.core.message import PUBLIC, Message


@dataclass(frozen=True, slots=True)
class Present(Message):
    """Who came in time."""

    carries = PUBLIC
    flags: Flags  # U_1, then U_2: uint8, shape (platforms,), 1 for who did


def enough(plan: MaskingPlan, present: Flags, around: Places) -> Flags:
    """The flags, if everybody present has enough around it to hold its seeds.

    Raises Stalled, naming who has not.
    """
    short = plan.named(present & (present[around].sum(axis=1) < plan.threshold))
    if short:
        raise Stalled((), f"fewer than {plan.threshold} came in time around {', '.join(short)}")
    return present


def check_present(plan: MaskingPlan, flags: Flags, before: Flags, me: int, around: Places) -> None:
    """Raise PeerFault, naming the aggregator, for flags that an honest one would not send.

    They name the platform at place `me` and none that was not there `before`, and they are enough
    in all and `around` me.
    """
    if flags.max() > 1 or not flags[me] or np.any(flags > before):
        raise PeerFault(plan.aggregator, "sent a list of platforms that cannot be")
    if flags.sum() < plan.quorum or flags[around].sum() < plan.threshold:
        raise PeerFault(plan.aggregator, "went on with fewer platforms than were agreed")
