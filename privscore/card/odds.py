"""What scores stand for: a scale on which so many points double the odds of a good outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Odds:
    """What scores stand for: `good_to_bad` to one at `score`, twice that every `double` points."""

    score: float
    good_to_bad: float
    double: float

    def probability(self, scores: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """How probable a good outcome is at these scores: float64 from 0 to 1, same shape."""
        log_odds = math.log(self.good_to_bad) + (scores - self.score) * (math.log(2) / self.double)
        less = np.exp(-np.abs(log_odds))  # of a number that is not above 0: it cannot overflow
        probability: NDArray[np.float64] = np.where(log_odds < 0, less, 1.0) / (1 + less)
        return probability
