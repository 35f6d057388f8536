"""What the roles of one party are given: who it is in the job, and its own data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Column, Scorecard
from privscore.consortium import Agreement

Points: TypeAlias = NDArray[np.int32]  # shape (people,)
Totals: TypeAlias = NDArray[np.int64]  # shape (people,), the sum of all points, base left out
Bins: TypeAlias = NDArray[np.uint16]  # shape (characteristics, people), see Characteristic.bin
Kept: TypeAlias = NDArray[Any]  # what a shard leaves with a party until the closing, by people
Need: TypeAlias = Literal["points", "columns", "bins", "combined"]


def no_journal(_: tuple[str, ...]) -> None:
    """Default: keep no record of this answer (tests, comparisons)."""


@dataclass(frozen=True, slots=True)
class RoleContext:
    """What the roles of one party may know of a job, besides its own data.

    The agreement's card lacks hidden points. `card` has them: it is there for the card's owner
    alone, and in the setup alone, which hands on what the shards need as material.
    """

    me: str
    agreement: Agreement
    people: int  # in this shard; in the whole job for the setup and the closing
    material: bytes = b""  # what the setup left with this party
    card: Scorecard | None = field(default=None, repr=False)  # with all points, at its owner
    identity: bytes = field(default=b"", repr=False)  # the seed of this party's Ed25519 key
    identities: Mapping[str, bytes] = field(default_factory=dict)  # everybody's public halves
    # Called with the platforms in the answer before any result leaves; raises to refuse.
    commit_answer: Callable[[tuple[str, ...]], None] = no_journal

    @property
    def is_platform(self) -> bool:
        """Whether this party holds data."""
        return self.me in self.agreement.data_parties

    @property
    def is_requester(self) -> bool:
        """Whether this party gets an answer."""
        return self.me in self.agreement.requesters


@dataclass(frozen=True, slots=True)
class CombinedColumn:
    """A platform's part of a characteristic over several platforms, shape (people,) both."""

    values: NDArray[np.int64]  # 0 where the value is unknown
    known: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LocalData:
    """One platform's own data for the people of one shard; never leaves its process but in roles.

    What the method `needs` is there: `points`; `columns` (bare name -> float64, NaN where unknown);
    `bins` (uint16, a row for each characteristic that the platform can score alone); `combined`
    (bare name -> integers and who is known, for characteristics over several platforms).
    """

    points: Points | None = None
    columns: Mapping[str, Column] | None = None
    bins: Bins | None = None
    combined: Mapping[str, CombinedColumn] | None = None
