"""A protocol of one's own in one file: a sum passed from hand to hand, behind the desk's mask.

    desk        Running (n)  to the first platform  learns the sum
    platform i  Running (n)  to the next, or desk   learns nothing (uniform)

Safe against: any one party. Cost: m + 1 rounds, (m + 1) * n elements. Status: experimental.
"""

from dataclasses import dataclass
from functools import partial

from protocols import MASKED, Declared, Message, Party, Ring, Small, Spec, conform, role
from protocols.core.ring import Vec
from protocols.core.spec import uniform_vectors


@dataclass(frozen=True, slots=True)
class Running(Message):
    """The mask and all vectors so far, added up."""

    carries = MASKED
    value: Vec  # shape (n,)


@role(Running)
async def platform(party: Party, vector: Vec) -> None:
    """Add my vector to what comes from the one before me, and hand it on."""
    place = party.circle.index(party.me)
    running = await party.receive(party.circle[place - 1], Running, like=vector)
    party.send(party.circle[place + 1], Running(running.value + vector))


@role(Running)
async def desk(party: Party, people: int, ring: Ring) -> Vec:
    """Send a mask round that nobody else knows, and take it away at the end."""
    mask = party.coins.uniform(ring, people)
    party.send(party.circle[0], Running(mask))
    return (await party.receive(party.circle[-2], Running, like=mask)).value - mask


SPEC = Spec(
    name="pass-the-sum",
    card=__doc__,
    places={"platform": range(2, 17), "requester": 1},
    inputs=lambda setting, dice: uniform_vectors(setting.holders("platform"), setting, dice),
    ideal=lambda setting, inputs: {"desk": setting.ring.total(inputs.values())},
    shard=lambda setting, me, own: (
        partial(desk, people=setting.people, ring=setting.ring)
        if me == setting.holder("requester")
        else partial(platform, vector=own.data)
    ),
    cost=lambda setting: {
        "shard": Declared(
            setting.size + 1,
            dict.fromkeys(setting.parties, setting.people * setting.ring.item_bytes),
        )
    },
    harmless=lambda _, coalition: len(coalition) == 1,
    leakage="The number of people and of platforms, and who takes part.",
    exact=(Small(3, Ring(2)),),
)

if __name__ == "__main__":
    for check, faults in conform(SPEC).items():
        print(f"{check}: {'; '.join(faults) or 'passed'}")
        assert not faults
