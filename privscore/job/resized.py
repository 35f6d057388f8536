"""The same card in more or fewer hands: what a consortium would cost with 3 or 16 platforms."""

from __future__ import annotations

import dataclasses

from privscore.consortium.agreement import Agreement, PartyInfo
from privscore.job.shards import SHARD_PEOPLE, shards
from privscore.methods.base import Method
from protocols.core.cost import Declared
from protocols.core.spec import platforms

SIZES = range(3, 17)


def resized(agreement: Agreement, size: int) -> Agreement:
    """The agreement with `size` platforms, to which the card's columns are dealt round.

    Parties with other roles keep them. With as many platforms as it has it stays as it is.
    """
    if size == len(agreement.data_parties):
        return agreement
    data = [party for party in agreement.parties if "data" in party.roles]
    owner = agreement.scorecard.owner
    data.sort(key=lambda party: party.roles == ("data",) and party.id != owner)  # others: needed
    taken = set(agreement.party_ids)
    fresh = [name for name in platforms(size + len(taken)) if name not in taken]
    data += [PartyInfo(name, ("data",)) for name in fresh]
    others = [party for party in agreement.parties if "data" not in party.roles]
    card = agreement.scorecard
    columns = dict.fromkeys(name for each in card.characteristics for name in each.columns)
    dealt = {
        name: f"{data[at % size].id}.{name.replace('.', '_')}" for at, name in enumerate(columns)
    }
    return dataclasses.replace(
        agreement,
        parties=(*data[:size], *others),
        scorecard=dataclasses.replace(
            card,
            characteristics=tuple(
                dataclasses.replace(line, columns=tuple(dealt[name] for name in line.columns))
                for line in card.characteristics
            ),
        ),
    )


def declared(
    method: Method, agreement: Agreement, people: int, shard_people: int = SHARD_PEOPLE
) -> dict[str, Declared]:
    """What a method declares for a whole job by phase, all shards together in `shard`."""
    whole = method.cost(agreement, people)
    others: dict[str, Declared] = {name: cost for name, cost in whole.items() if name != "shard"}
    sent: dict[str, int] = {}
    rounds = 0
    sizes = [shard.people for shard in shards(people, shard_people)]
    for size in dict.fromkeys(sizes):
        cost = method.cost(agreement, size)["shard"]
        rounds = max(rounds, cost.rounds)
        for name, count in cost.payload_bytes.items():
            sent[name] = sent.get(name, 0) + count * sizes.count(size)
    return {**others, "shard": Declared(rounds, sent)}
