"""What everybody agrees on before a job: who adds up, who takes part, how many are needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from protocols.aggregation import graph
from protocols.aggregation.graph import Places
from protocols.aggregation.keys import KEY_BYTES
from protocols.core.errors import LocalMisuse

Flags = NDArray[np.uint8]  # one number for each platform, in the agreed order


@dataclass(frozen=True)
class MaskingPlan:
    """The public, agreed side of a job.

    `identities` holds every platform's Ed25519 public key, in the agreed order: a platform's place
    in it, from 1, is where its shares are taken. `quorum` platforms must sign the set of survivors,
    which holds at least as many; `threshold` shares open a seed; `degree` neighbours hold them.
    """

    aggregator: str
    identities: Mapping[str, bytes]
    quorum: int
    threshold: int
    degree: int

    @classmethod
    def bearing(
        cls, aggregator: str, identities: Mapping[str, bytes], *, lost: int, colluders: int
    ) -> MaskingPlan:
        """The plan that bears `lost` drop-outs and `colluders` who side with the aggregator.

        Raises LocalMisuse, with the inequality, where no plan does.
        """
        parties = len(identities)
        quorum = graph.choose_threshold(parties, lost=lost, colluders=colluders)
        neighbourhood = graph.size(parties, lost=lost, colluders=colluders)
        return cls(aggregator, identities, quorum, neighbourhood.threshold, neighbourhood.degree)

    def __post_init__(self) -> None:
        object.__setattr__(self, "identities", MappingProxyType(dict(self.identities)))
        if self.aggregator in self.identities:
            raise LocalMisuse(f"{self.aggregator} adds up, so it brings no data of its own")
        for name, identity in self.identities.items():
            if len(identity) != KEY_BYTES:
                raise LocalMisuse(f"the identity key of {name} has {len(identity)} bytes, not 32")

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """Who brings data, in the agreed order."""
        return tuple(self.identities)

    @property
    def size(self) -> int:
        """How many platforms there are."""
        return len(self.platforms)

    @property
    def held(self) -> int:
        """How many platforms each shares its seeds with, itself included."""
        return self.degree + 1

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where each platform stands in the agreed order, from 0."""
        return {name: place for place, name in enumerate(self.platforms)}

    def around(self, session: bytes) -> Places:
        """Everybody's neighbourhood in the job that `session` opens, itself included.

        Shape (platforms, degree + 1), places in the agreed order.
        """
        return graph.places(self.platforms, self.degree, session)

    def flags(self, names: Iterable[str]) -> Flags:
        """1 for each of `names`, 0 for the others, shape (platforms,)."""
        flags = np.zeros(self.size, np.uint8)
        flags[[self.place[name] for name in names]] = 1
        return flags

    def named(self, flags: NDArray[np.generic]) -> tuple[str, ...]:
        """Whose flag is not 0."""
        return tuple(self.platforms[place] for place in np.flatnonzero(flags))
