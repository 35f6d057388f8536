"""A scorecard that nobody sees: each platform picks encrypted points for its people.

    who         sends          to             learns
    requester   PublicKey      all others     -                    once a job
    card owner  EncryptedCard  each platform  nothing              once a job, its own bins only
    platform    EncryptedPart  aggregator     nothing
    aggregator  EncryptedSum   requester      nothing
    requester   -              -              each person's total

Setting     : m >= 2 platforms, one of which may aggregate, one of which may own the card; the
              requester holds the only key; points lie in a public range, bins are public; private
              channels, honest-but-curious.
Safe against: any parties of whom none is the requester; the requester alone; the requester with
              the card's owner, who learn no more than the totals and the card say, but for a
              statistical distance of 2^-40 over a whole job.
Not hidden  : the number of bins and of people. The requester together with a platform reads the
              points of that platform's bins, together with the aggregator every platform's part.
              An owner who sees exact totals can choose points that spell out people's bins. A
              platform that lies can shift totals within the range.
Cost        : setup 2 rounds, a public key to each and one ciphertext for every bin; shard 2
              rounds, from each platform and the aggregator one ciphertext for every N people.
Source      : Fan and Vercauteren, eprint 2012/144, sections 3 and 4; flooding: Gentry, STOC 2009,
              section 7; re-randomised selection is the inner step of Kushilevitz and Ostrovsky's
              private retrieval, FOCS 1997.
Status      : experimental.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocols.core.cast import ANY
from protocols.core.cost import Declared
from protocols.core.errors import LocalMisuse
from protocols.core.party import Party, Role, role
from protocols.core.spec import Own, Phase, Setting, Spec
from protocols.encryption import bfv_sum, ciphertext_sum, encrypted_card, factory, keys
from protocols.encryption.backends.interface import Choices, Points
from protocols.encryption.backends.seal import KeyOwner
from protocols.encryption.params.exact import Checked, Wish, plan
from protocols.encryption.params.noise import Circuit
from protocols.encryption.poly.packing import Frame
from protocols.encryption.poly.residues import Ciphertexts, flooded, total

Bins: TypeAlias = tuple[int, ...]  # how many there are to pick from, for each characteristic

# The messages are those of `keys`, `encrypted_card` and `ciphertext_sum`. The arithmetic: --------


def looked_up(points: Points, choices: Choices, bins: Bins) -> NDArray[np.int64]:
    """The points of each person on one platform's part of the card, shape (people,)."""
    starts = np.cumsum((0, *bins[:-1]))[:, None]
    totals: NDArray[np.int64] = np.asarray(points, np.int64)[choices + starts].sum(axis=0)
    return totals


# The roles: who does what, in the order in which it happens; 1 to 3 are in `encrypted_card`. -----


@role()
async def platform(
    party: Party,
    choices: Choices,
    *,
    checked: Checked,
    material: bytes,
    bins: Bins,
    aggregator: str,
) -> None:
    """Give the points of my people, whose `choices` have shape (characteristics, people)."""
    # 4. Pick for each person, without knowing what; make it new, flood it, hand it in.
    part, frame = _part(party, choices, checked, material, bins)
    await ciphertext_sum.give(party, part, frame=frame, aggregator=aggregator)


@role()
async def aggregate(
    party: Party,
    people: int,
    *,
    checked: Checked,
    material: bytes,
    contributors: Sequence[str],
    requester: str,
    choices: Choices | None = None,
    bins: Bins = (),
) -> None:
    """Add up all parts; `choices` and `bins` are my own if I am one of the `contributors`."""
    if (choices is None) == (party.me in contributors):
        raise LocalMisuse("an aggregator brings choices if, and only if, it contributes")
    # 5. Add the parts, which need no more flooding, and pass on the sum.
    if choices is None:
        part, (_, frame, _) = None, encrypted_card.split(material, checked, party.session)
    else:
        part, frame = _part(party, choices, checked, material, bins)
    count = checked.ciphertexts_for(people)
    await ciphertext_sum.add(
        party, part, count, frame=frame, contributors=contributors, receiver=requester
    )


@role()
async def receive(
    party: Party,
    people: int,
    *,
    checked: Checked,
    material: bytes,
    contributors: Sequence[str],
    aggregator: str,
) -> NDArray[np.int64]:
    """The total of each person, shape (people,), exact."""
    # 6. Read the totals: the key is mine, and no part of a card comes my way.
    secret, key_id = keys.secret_in(material)
    summed = await ciphertext_sum.take(
        party, people, checked=checked, key_id=key_id, aggregator=aggregator
    )
    suspects = (*contributors, aggregator)
    return bfv_sum.read_totals(KeyOwner(checked, secret), summed, people, suspects)


def _part(
    party: Party, choices: Choices, checked: Checked, material: bytes, bins: Bins
) -> tuple[Ciphertexts, Frame]:
    """One platform's part: selected, made new, flooded."""
    key, frame, card_words = encrypted_card.split(material, checked, party.session)
    card = encrypted_card.part_in(card_words, frame, sum(bins))
    selected = factory.selector(checked, card, bins).select(choices)
    zeros = factory.encryptor(checked, key).zeros(len(selected), party, "zeros")
    bits, coins = checked.prediction.flood_bits, party.coins.fork("flood")
    fresh = total([selected, zeros], checked.data_primes)
    return flooded(fresh, bits, checked.data_primes, coins), frame


# What the checks, the docs and the ledger are told. -----------------------------------------------

_LEAST, _MOST = -20, 100  # the example's points
_BINS = (3, 2)  # ... and each platform's bins


@dataclass(frozen=True, slots=True)
class HiddenCardParameters:
    """What everybody knows: the scheme, and how many bins each line of each platform has."""

    checked: Checked
    bins: Mapping[str, Bins]


@cache
def _example_scheme(size: int) -> Checked:
    circuit = Circuit.select([_BINS] * size)
    return plan(Wish(circuit=circuit, parties=size, least=_LEAST, most=_MOST, openings=16))


def _parameters(setting: Setting) -> HiddenCardParameters:
    parameters = setting.parameters
    if isinstance(parameters, HiddenCardParameters):
        return parameters
    bins = dict.fromkeys(setting.holders("platform"), _BINS)
    return HiddenCardParameters(_example_scheme(setting.size), bins)


def _inputs(setting: Setting, dice: np.random.Generator) -> dict[str, Any]:
    contributors = setting.holders("platform")
    highs = np.array(_BINS)[:, None]
    inputs: dict[str, Any] = {
        name: dice.integers(0, highs, (len(_BINS), setting.people), np.uint8)
        for name in contributors
    }
    points = {name: dice.integers(_LEAST, _MOST + 1, sum(_BINS)) for name in contributors}
    return inputs | {setting.holder("card"): points}


def _ideal(setting: Setting, inputs: Mapping[str, Any]) -> dict[str, NDArray[np.int64]]:
    card = inputs[setting.holder("card")]
    parts = [looked_up(points, inputs[name], _BINS) for name, points in card.items()]
    return {setting.holder("requester"): np.sum(parts, axis=0)}


def _setup(setting: Setting, me: str, private: Own) -> Role[Any]:
    parameters = _parameters(setting)
    count = sum(parameters.bins.get(me, ()))
    return encrypted_card.setup_role(setting, me, private, checked=parameters.checked, count=count)


def _shard(setting: Setting, me: str, private: Own) -> Role[Any] | None:
    contributors, parameters = setting.holders("platform"), _parameters(setting)
    aggregator, requester = setting.holder("aggregator"), setting.holder("requester")
    checked, bins = parameters.checked, parameters.bins.get(me)
    if me == requester:
        return partial(
            receive,
            people=setting.people,
            checked=checked,
            material=private.material,
            contributors=contributors,
            aggregator=aggregator,
        )
    if me == aggregator:
        return partial(
            aggregate,
            people=setting.people,
            checked=checked,
            material=private.material,
            contributors=contributors,
            requester=requester,
            choices=private.data,
            bins=bins or (),
        )
    if bins is None:
        return None
    return partial(
        platform,
        choices=private.data,
        checked=checked,
        material=private.material,
        bins=bins,
        aggregator=aggregator,
    )


def _cost(setting: Setting) -> dict[Phase, Declared]:
    parameters = _parameters(setting)
    counts = {name: sum(bins) for name, bins in parameters.bins.items()}
    return encrypted_card.cost(setting, parameters.checked, counts)


SPEC = Spec(
    name="bfv-hidden-card",
    card=__doc__,
    places={"platform": ANY, "aggregator": 1, "card": 1, "requester": 1},
    cast=encrypted_card.cast_with_owner,
    keys=ciphertext_sum.result_key,
    inputs=_inputs,
    ideal=_ideal,
    setup=_setup,
    shard=_shard,
    cost=_cost,
    harmless=encrypted_card.harmless,
    exposes=encrypted_card.exposes,
    leakage="The number of people, platforms and bins, who takes part, who owns key and card. A "
    "platform together with the key's owner reads the points of its own bins. An owner of the card "
    "who sees exact totals can choose points that spell out people's bins.",
    why_not_exact="Its coins are thousands of errors for each ciphertext: too many to try.",
)
