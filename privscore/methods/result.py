"""What comes out of a job for one party, of every kind that a policy can open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from privscore.consortium.policy import Fact


@dataclass(frozen=True, slots=True)
class Result:
    """What one party has at the end: one value for each person, in the order of the job's list.

    `fact` says what the values are: for DECISION 1 or 0; for TIER the number of the tier, -1 below
    them all; for SCORE the clipped score; for TOTAL the sum of all points, base left out, in which
    nobody has yet counted the platforms that were lost. Integers, shape (people,). `platforms` are
    those whose points are in it.
    """

    fact: Fact
    values: NDArray[Any]
    platforms: tuple[str, ...]
