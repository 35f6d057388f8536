"""A secret model over ciphertexts: real weights that nobody sees, real columns that nobody sends.

    who          sends          to             learns
    requester    PublicKey      all others     -                      once a job
    model owner  EncryptedCard  each platform  nothing                once a job, its own weights
    platform     EncryptedPart  aggregator     nothing
    aggregator   EncryptedSum   requester      nothing
    requester    -              -              each person's weighted sum, as `release` lets it out

Setting     : m >= 2 platforms, one of which may aggregate, one of which may own the model; the
              requester holds the only key; weights and columns lie within public limits; private
              channels, honest-but-curious. An intercept is the weight of a column of ones.
Safe against: any parties of whom none is the requester; the requester alone; the requester with
              the model's owner, who learn no more than the results and the weights say. Released
              results may be published: they say nothing of the key. Both but for a statistical
              distance of 2^-40 over a whole job.
Not hidden  : the number of columns and of people; how long a platform works says which of its
              columns are zero for all. The requester together with a platform reads that
              platform's weights, together with the aggregator every platform's part. An owner who
              sees exact results can choose weights that spell out columns. A platform that lies
              can shift results within the range.
Cost        : setup 2 rounds, a public key to each and one ciphertext for every column; shard 2
              rounds, from each platform and the aggregator one ciphertext for every N people.
Source      : Cheon, Kim, Kim and Song, eprint 2016/421; Li and Micciancio, eprint 2020/1533.
Status      : experimental.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from protocols.core.body import Malformed
from protocols.core.cast import ANY
from protocols.core.cost import Declared
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.party import Party, Role, role
from protocols.core.spec import Own, Phase, Setting, Spec
from protocols.encryption import ciphertext_sum, encrypted_card, factory, keys
from protocols.encryption.backends.seal import ApproximateKeyOwner
from protocols.encryption.backends.seal_slots import Weigher
from protocols.encryption.params.approximate import (
    ApproximateWish,
    CheckedApproximate,
    Reals,
    plan_approximate,
)
from protocols.encryption.poly.packing import Frame
from protocols.encryption.poly.residues import Ciphertexts, flooded, total
from protocols.encryption.release import release

# The messages are those of `keys`, `encrypted_card` and `ciphertext_sum`. The arithmetic: --------


def ideal(weights: Mapping[str, Reals], columns: Mapping[str, Reals]) -> Reals:
    """The weighted sums that a trusted third party would return, shape (people,)."""
    parts = [weights[name] @ columns[name] for name in columns]
    sums: Reals = np.sum(parts, axis=0)
    return sums


# The roles: who does what, in the order in which it happens; 1 to 3: `encrypted_card`. ------------


@role()
async def platform(
    party: Party, columns: Reals, *, checked: CheckedApproximate, material: bytes, aggregator: str
) -> None:
    """Give my people's weighted `columns`, shape (columns, people), to the sum."""
    # 4. Weigh my columns, without knowing by what; make it new, flood it, hand it in.
    part, frame = _part(party, columns, checked, material)
    await ciphertext_sum.give(party, part, frame=frame, aggregator=aggregator)


@role()
async def aggregate(
    party: Party,
    people: int,
    *,
    checked: CheckedApproximate,
    material: bytes,
    contributors: Sequence[str],
    requester: str,
    columns: Reals | None = None,
) -> None:
    """Add up all parts; `columns` are my own if I am one of the `contributors`."""
    if (columns is None) == (party.me in contributors):
        raise LocalMisuse("an aggregator brings columns if, and only if, it contributes")
    # 5. Add the parts, which need no more flooding, and pass on the sum.
    if columns is None:
        part, (_, frame, _) = None, encrypted_card.split(material, checked, party.session)
    else:
        part, frame = _part(party, columns, checked, material)
    count = checked.ciphertexts_for(people)
    await ciphertext_sum.add(
        party, part, count, frame=frame, contributors=contributors, receiver=requester
    )


@role()
async def receive(
    party: Party,
    people: int,
    *,
    checked: CheckedApproximate,
    material: bytes,
    contributors: Sequence[str],
    aggregator: str,
) -> Reals:
    """The released sum of each person, shape (people,), off by at most `checked.error_bound`."""
    # 6. The key is mine; what I read with it is fit to be shown once it is released.
    secret, key_id = keys.secret_in(material)
    summed = await ciphertext_sum.take(
        party, people, checked=checked, key_id=key_id, aggregator=aggregator
    )
    unreleased = ApproximateKeyOwner(checked, secret).unreleased(summed, people)
    try:
        return release(unreleased, checked, party)
    except Malformed as error:
        suspects = tuple(dict.fromkeys((*contributors, aggregator)))
        raise PeerFault(suspects, f"made up {error}") from error


def _part(
    party: Party, columns: Reals, checked: CheckedApproximate, material: bytes
) -> tuple[Ciphertexts, Frame]:
    """One platform's part: weighed, made new, flooded."""
    key, frame, card_words = encrypted_card.split(material, checked, party.session)
    weights = encrypted_card.part_in(card_words, frame, len(columns))
    weighed = Weigher(checked, weights).weigh(columns)
    zeros = factory.constant_encryptor(checked, key).zeros(len(weighed), party, "zeros")
    fresh = total([weighed, zeros], checked.data_primes)
    return flooded(fresh, checked.flood_bits, checked.data_primes, party.coins.fork("flood")), frame


# What the checks, the docs and the ledger are told. -----------------------------------------------

_COLUMNS, _WEIGHTS = 1.0, 4.0  # the example's limits
_COUNT, _PRECISION = 2, 0.01  # ... columns of each platform, and what a result may be off


@dataclass(frozen=True, slots=True)
class WeightedParameters:
    """What everybody knows: the scheme, and how many numbers of the model each platform gets."""

    checked: CheckedApproximate
    counts: Mapping[str, int]


@cache
def _example_scheme(size: int) -> CheckedApproximate:
    return plan_approximate(
        ApproximateWish(
            parties=size,
            openings=16,
            columns=_COUNT,
            altogether=size * _COUNT,
            column_limit=_COLUMNS,
            weight_limit=_WEIGHTS,
            precision=_PRECISION,
        )
    )


def _parameters(setting: Setting) -> WeightedParameters:
    parameters = setting.parameters
    if isinstance(parameters, WeightedParameters):
        return parameters
    counts = dict.fromkeys(setting.holders("platform"), _COUNT)
    return WeightedParameters(_example_scheme(setting.size), counts)


def _inputs(setting: Setting, dice: np.random.Generator) -> dict[str, Any]:
    contributors, shape = setting.holders("platform"), (_COUNT, setting.people)
    inputs: dict[str, Any] = {
        name: dice.uniform(-_COLUMNS, _COLUMNS, shape) for name in contributors
    }
    model = {name: dice.uniform(-_WEIGHTS, _WEIGHTS, _COUNT) for name in contributors}
    return inputs | {setting.holder("card"): model}


def _ideal(setting: Setting, inputs: Mapping[str, Any]) -> dict[str, Reals]:
    columns = {name: inputs[name] for name in setting.holders("platform")}
    return {setting.holder("requester"): ideal(inputs[setting.holder("card")], columns)}


def _setup(setting: Setting, me: str, private: Own) -> Role[Any]:
    parameters = _parameters(setting)
    count = parameters.counts.get(me, 0)
    return encrypted_card.setup_role(setting, me, private, checked=parameters.checked, count=count)


def _shard(setting: Setting, me: str, private: Own) -> Role[Any] | None:
    contributors, checked = setting.holders("platform"), _parameters(setting).checked
    aggregator, requester = setting.holder("aggregator"), setting.holder("requester")
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
            columns=private.data,
        )
    if me not in contributors:
        return None
    return partial(
        platform,
        columns=private.data,
        checked=checked,
        material=private.material,
        aggregator=aggregator,
    )


def _cost(setting: Setting) -> dict[Phase, Declared]:
    parameters = _parameters(setting)
    return encrypted_card.cost(setting, parameters.checked, parameters.counts)


SPEC = Spec(
    name="ckks-weighted",
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
    leakage="The number of people, platforms and columns, who takes part, who owns key and model. "
    "A platform together with the key's owner reads the weights of its own columns. An owner of "
    "the model who sees results can choose weights that spell out people's columns.",
    tolerance=_PRECISION,
    why_not_exact="Its coins are thousands of errors for each ciphertext: too many to try.",
)
