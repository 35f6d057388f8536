"""A card that spells: points 0, 1, 2, ... in one characteristic, 0, 6, 12, ... in the next.

Its owner sees nothing of the people. But whoever tells it exact totals tells it, in base six,
every bin of every person. So the owner must not be the requester, and points must lie in a range
that everybody knows, in which there is no room to spell.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.core.local import Run, run_local
from protocols.encryption import bfv_hidden_card, encrypted_card
from protocols.encryption.params.exact import Checked, Wish, plan
from protocols.encryption.params.noise import Circuit

BINS = (6,)  # every platform has one characteristic, of six bins
PLATFORMS = ("wallet", "market", "social", "dating", "rides", "telecom", "games")
SPELT = {name: 6**place * np.arange(6) for place, name in enumerate(PLATFORMS)}


def parameters(most: int) -> Checked:
    """What everybody has agreed on: points from 0 to `most`."""
    circuit = Circuit.select([BINS] * len(PLATFORMS))
    return plan(Wish(circuit=circuit, parties=len(PLATFORMS), least=0, most=most, openings=1))


def opened(checked: Checked, points: dict[str, NDArray[np.int64]]) -> Run:
    """The opening, with a card of these points."""
    roles: dict[str, Any] = {
        name: partial(encrypted_card.take, checked=checked, requester="desk", owner="firm", count=6)
        for name in PLATFORMS
    }
    roles["firm"] = partial(encrypted_card.write, numbers=points, checked=checked, requester="desk")
    roles["desk"] = partial(encrypted_card.make_key, checked=checked)
    return run_local(roles)


def scored(checked: Checked, opening: Run, choices: dict[str, NDArray[np.uint8]]) -> Run:
    """One shard under the card that the opening left with the platforms."""
    aggregator, *others = PLATFORMS
    people = choices[aggregator].shape[1]
    material = opening.outputs
    shared: dict[str, Any] = {"checked": checked, "bins": BINS}
    roles: dict[str, Any] = {
        name: partial(
            bfv_hidden_card.platform,
            choices=choices[name],
            material=material[name],
            aggregator=aggregator,
            **shared,
        )
        for name in others
    }
    roles[aggregator] = partial(
        bfv_hidden_card.aggregate,
        people=people,
        choices=choices[aggregator],
        material=material[aggregator],
        contributors=PLATFORMS,
        requester="desk",
        **shared,
    )
    roles["desk"] = partial(
        bfv_hidden_card.receive,
        people=people,
        checked=checked,
        material=material["desk"],
        contributors=PLATFORMS,
        aggregator=aggregator,
    )
    return run_local(roles)


def read_off(totals: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Everybody's bins, by platform, from totals alone."""
    return {name: totals // 6**place % 6 for place, name in enumerate(PLATFORMS)}


def characteristics_found(
    read: dict[str, NDArray[np.int64]], choices: dict[str, NDArray[np.uint8]]
) -> int:
    """For how many of the seven characteristics every person's bin is right."""
    return sum(bool((read[name] == choices[name][0]).all()) for name in PLATFORMS)
