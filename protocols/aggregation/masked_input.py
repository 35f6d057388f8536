"""A shard: every platform sends its vector under its masks, and the aggregator keeps them.

    6  platform    adds its masks to its vector and sends it; once for each shard
    7  aggregator  takes whoever comes in time

Where nobody may be lost, the aggregator keeps one running masked sum a person. Where somebody may,
it keeps the masked vectors one by one until the closing: a platform that is lost in a later shard
is out of the earlier ones too, and what it sent there, under a mask that stays closed, can only be
left out as it came.

A mask is a stream of ring elements: one that only the platform's own seed gives, and for each
neighbour one that both can make. The earlier of the two in the agreed order adds it, the later one
subtracts it, so that it cancels in the sum. A mask is the key stream of a hash of its seed and of
the shard's session id: none is ever used twice.

Source: Bonawitz et al., CCS 2017 (eprint 2017/281), figure 4, round 2; masks per shard are ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocols.aggregation.material import AggregatorMaterial, PlatformMaterial
from protocols.aggregation.plan import MaskingPlan
from protocols.core.body import ARRAY, BYTES, Body, decode, encode
from protocols.core.coins import Coins
from protocols.core.errors import LocalMisuse
from protocols.core.message import MASKED, Message
from protocols.core.party import Party, role
from protocols.core.ring import Ring, Vec

BLOCK_PEOPLE = 1 << 16  # one block at a time stays in the processor's cache


@dataclass(frozen=True, slots=True)
class MaskedVector(Message):
    """A platform's vector and its masks; uniform to whoever lacks one of them."""

    carries = MASKED
    value: Vec  # y_u: shape (people,), elements of the ring


class MaskedShard(NamedTuple):
    """What the aggregator keeps of a shard: its session id, who came, and with what.

    `kept` has one vector for each who came, shape (people,), or a single one: their sum.
    """

    session: bytes
    names: tuple[str, ...]
    kept: Sequence[Vec]

    def rows_of(self, names: Collection[str]) -> list[Vec]:
        """Vectors that add up to the sum of these names' vectors, shape (people,) each.

        Raises LocalMisuse where only the sum of others was kept.
        """
        if len(self.kept) == 1:
            if {*names} != {*self.names}:
                raise LocalMisuse("of this shard only the sum over all who came was kept")
            return [self.kept[0]]
        return [row for name, row in zip(self.names, self.kept, strict=True) if name in names]

    @property
    def vectors(self) -> Mapping[str, Vec]:
        """The masked vectors by name, shape (people,) each; LocalMisuse where only a sum is."""
        return {name: self.rows_of([name])[0] for name in self.names}

    def pack(self, plan: MaskingPlan) -> NDArray[np.uint8]:
        """The same as octets; those of several shards may be laid end to end."""
        places = np.array([plan.place[name] for name in self.names], np.int64)
        body = encode((BYTES, ARRAY, ARRAY), (self.session, np.stack(self.kept), places)).join()
        return np.frombuffer(len(body).to_bytes(8, "little") + body, np.uint8)

    @classmethod
    def unpack_all(cls, packed: NDArray[np.uint8], plan: MaskingPlan) -> list[MaskedShard]:
        """Every shard in octets that were laid end to end, in order; nothing is copied."""
        shards, remaining = [], packed.data
        while len(remaining):
            end = 8 + int.from_bytes(remaining[:8], "little")
            fields = decode(Body((remaining[8:end],)))
            session, kept, places = (field.value() for field in fields)
            shards.append(cls(session, tuple(plan.platforms[place] for place in places), [*kept]))
            remaining = remaining[end:]
        return shards


# The arithmetic: plain functions, no messages. ----------------------------------------------------


def combine(
    vectors: Sequence[Vec], *, add: Sequence[Coins], subtract: Sequence[Coins], ring: Ring
) -> Vec:
    """The sum of one or more vectors and of the masks to add, less those to subtract.

    Shape (people,), reduced, in fresh memory.
    """
    first, *others = vectors
    total = np.empty(first.shape, ring.dtype)
    for start in range(0, len(first), BLOCK_PEOPLE):
        block = slice(start, start + BLOCK_PEOPLE)
        part = total[block]
        part[:] = first[block]
        for vector in others:
            part += vector[block]
        for stream in add:
            stream.add_to(part, ring)
        for stream in subtract:
            stream.take_from(part, ring)
    return ring.reduce(total)


# The roles: who does what, in the order in which it happens. --------------------------------------


@role()
async def platform(
    party: Party, vector: Vec, plan: MaskingPlan, material: bytes, *, ring: Ring
) -> None:
    """Give `vector`, shape (people,), to the sum; refuses to do so twice in one session."""
    if vector.dtype != ring.dtype or vector.ndim != 1:
        raise LocalMisuse(f"one vector of {ring.dtype} is added up, not {vector.dtype}")
    kept = PlatformMaterial.unpack(material)
    # 6. Add my own mask, and with every neighbour the one that we share: the earlier of us adds
    #    it, the later one subtracts it. Under the same masks a second vector would show how the
    #    two differ, so nothing leaves before that is ruled out.
    party.once("masked")
    add: list[Coins] = [party.stream(kept.self_seed)]
    subtract: list[Coins] = []
    place = plan.place[party.me]
    for row, neighbour in enumerate(plan.around(kept.setup_session)[place]):
        if neighbour == place or not kept.present[neighbour]:
            continue
        mask = party.stream(kept.pair_seeds[row].tobytes())
        if place < neighbour:
            add.append(mask)
        else:
            subtract.append(mask)
    masked = combine([vector], add=add, subtract=subtract, ring=ring)
    party.send(plan.aggregator, MaskedVector(masked))


@role(MaskedVector)
async def aggregator(
    party: Party, people: int, plan: MaskingPlan, material: bytes, *, ring: Ring
) -> MaskedShard:
    """The masked vectors of whoever came in time; raises Stalled if they are fewer than agreed."""
    # 7. Take what comes. Who is missing here is missing in the sum, whatever else it sends. If
    #    nobody may be missing, all that I shall need is the sum.
    dealers = plan.named(AggregatorMaterial.unpack(material).present)
    like = ring.zeros(people)
    came = await party.gather(MaskedVector, of=dealers, need=plan.quorum, like=like)
    vectors = [message.value for message in came.values()]
    if plan.quorum == plan.size:
        vectors = [combine(vectors, add=(), subtract=(), ring=ring)]
    return MaskedShard(party.session, tuple(came), vectors)
