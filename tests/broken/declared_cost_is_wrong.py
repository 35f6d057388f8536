"""A declared cost that is wrong: the partial sums are left out of the formula.

The protocol itself is sound.
"""

from __future__ import annotations

from dataclasses import replace

from protocols.core.cost import Declared
from protocols.core.spec import Setting
from protocols.sharing import secure_sum

CAUGHT_BY = ("cost",)


def _cost(setting: Setting) -> Declared:
    payload_bytes = (setting.size - 1) * setting.people * setting.ring.item_bytes
    return Declared(rounds=2, payload_bytes=dict.fromkeys(setting.parties[:-1], payload_bytes))


SPEC = replace(
    secure_sum.SPEC,
    name="declared-cost-is-wrong",
    card=__doc__,
    cost=lambda setting: {"shard": _cost(setting)},
)
