"""A message kept from the view: partial sums lie on a board in memory, and only a note is sent.

The view of the collector does not hold what it has seen, so no ledger would show it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from protocols.core.cost import Declared
from protocols.core.message import PUBLIC, Message
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring, Vec
from protocols.core.spec import Own, Setting
from protocols.sharing import secure_sum
from protocols.sharing.secure_sum import Share, split

CAUGHT_BY = ("replay",)


_BOARD: dict[str, Vec] = {}


@dataclass(frozen=True, slots=True)
class Note(Message):
    """There is something on the board."""

    carries = PUBLIC


@role(Share)
async def platform(party: Party, vector: Vec, *, ring: Ring, collector: str) -> None:
    """Put the partial sum on the board."""
    platforms = [name for name in party.circle if name != collector]
    peers = [name for name in platforms if name != party.me]
    held, *pieces = split(vector, len(platforms), ring, party.coins)
    for peer, piece in zip(peers, pieces, strict=True):
        party.send(peer, Share(piece))
    for share in (await party.receive_all(Share, of=peers, like=vector)).values():
        held += share.value
    _BOARD[party.me] = held
    party.send(collector, Note())


@role(Note)
async def collect(party: Party, people: int, *, ring: Ring) -> Vec:
    """Add up what lies on the board."""
    await party.receive_all(Note)
    return ring.total([ring.zeros(people), *(_BOARD[name] for name in party.others)])


def _cost(setting: Setting) -> Declared:
    payload_bytes = (setting.size - 1) * setting.people * setting.ring.item_bytes
    return Declared(rounds=2, payload_bytes=dict.fromkeys(setting.parties[:-1], payload_bytes))


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    *_, collector = setting.parties
    if me == collector:
        return partial(collect, people=setting.people, ring=setting.ring)
    return partial(platform, vector=private.data, ring=setting.ring, collector=collector)


SPEC = replace(
    secure_sum.SPEC,
    name="message-kept-from-the-view",
    card=__doc__,
    shard=_shard,
    cost=lambda setting: {"shard": _cost(setting)},
)
