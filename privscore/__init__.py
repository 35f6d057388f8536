"""One score from many platforms that show nobody their data.

What is named here is for notebooks and scripts; each name is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from privscore.api import Answers, Explanation, PrivateScorer, load
    from privscore.card.scorecard import Characteristic, Scorecard, Tier
    from privscore.consortium import Consortium
    from privscore.errors import Refused
    from privscore.pmml import read_pmml, write_pmml

_PLACES = {
    "Answers": "api",
    "Characteristic": "card.scorecard",
    "Consortium": "consortium",
    "Explanation": "api",
    "PrivateScorer": "api",
    "Refused": "errors",
    "Scorecard": "card.scorecard",
    "Tier": "card.scorecard",
    "load": "api",
    "read_pmml": "pmml",
    "write_pmml": "pmml",
}

__all__ = [
    "Answers",
    "Characteristic",
    "Consortium",
    "Explanation",
    "PrivateScorer",
    "Refused",
    "Scorecard",
    "Tier",
    "load",
    "read_pmml",
    "write_pmml",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
