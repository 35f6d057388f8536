"""A secure sum by hand: three platforms, one desk, every message shown.

`run_local` plays all roles in this process, with the messages that servers would send.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from protocols import Ring, run_local
from protocols.core.party import Role
from protocols.sharing import secure_sum

RING = Ring(32)
POINTS = {
    "wallet": np.array([5, 0, 12], RING.dtype),  # shape (people,), elements of the ring
    "market": np.array([1, 2, 3], RING.dtype),
    "social": np.array([0, 9, 4], RING.dtype),
}


def main() -> None:
    """Add the points up, and show who was sent what."""
    roles: dict[str, Role[Any]] = {
        name: partial(secure_sum.platform, vector=points, ring=RING, collector="desk")
        for name, points in POINTS.items()
    }
    roles["desk"] = partial(secure_sum.collect, people=3, ring=RING)
    run = run_local(roles)

    print(run.flow())
    for name, cost in run.costs.items():
        print(f"{name} sent {cost.sent_payload_bytes} bytes and got {cost.received_payload_bytes}")
    print("the desk has the sum:", run.outputs["desk"].tolist())
    assert np.array_equal(run.outputs["desk"], RING.total(POINTS.values()))


if __name__ == "__main__":
    main()
