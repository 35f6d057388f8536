"""Exact totals over ciphertexts: an aggregator without a key adds up what it cannot read.

    who         sends          to          learns
    requester   PublicKey      all others  -                    once a job
    platform    EncryptedPart  aggregator  nothing
    aggregator  EncryptedSum   requester   nothing
    requester   -              -           each person's total

Setting     : m >= 2 platforms, one of which may aggregate; the requester holds the only key; all
              points lie in a public range; private channels, honest-but-curious.
Safe against: any parties of whom none is the requester, or the requester with any platforms but
              the aggregator (it learns no more than the total and their own points say, but for
              a statistical distance of 2^-40 over a whole job).
Not hidden  : the number of people and of platforms; from requester and aggregator together:
              anything. A platform that lies can shift totals within the range.
Cost        : setup 1 round, a public key to each; shard 2 rounds, from each platform and from
              the aggregator one ciphertext for every N people (186 bits a person at N=4096).
Source      : Fan and Vercauteren, eprint 2012/144, sections 3 and 4; flooding: Gentry, STOC 2009,
              section 7.
Status      : experimental.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.core.body import Malformed
from protocols.core.cast import ANY
from protocols.core.cost import Declared
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.party import Party, Role, role
from protocols.core.spec import Own, Phase, Setting, Spec, platforms
from protocols.encryption import ciphertext_sum, factory, keys
from protocols.encryption.backends.interface import Points
from protocols.encryption.backends.seal import KeyOwner
from protocols.encryption.params.exact import Checked, Wish, plan
from protocols.encryption.params.noise import Circuit
from protocols.encryption.poly.residues import Ciphertexts, flooded

# The messages are those of `keys` and `ciphertext_sum`. The arithmetic: --------------------------


def ideal(points: Mapping[str, Points]) -> NDArray[np.int64]:
    """What a trusted third party would return."""
    totals: NDArray[np.int64] = np.sum(list(points.values()), axis=0, dtype=np.int64)
    return totals


def read_totals(
    owner: KeyOwner, summed: Ciphertexts, people: int, suspects: Sequence[str]
) -> NDArray[np.int64]:
    """The totals in a sum, shape (people,); PeerFault if one of them cannot be: somebody lied."""
    try:
        return owner.decrypt(summed, people)
    except Malformed as error:
        raise PeerFault(tuple(dict.fromkeys(suspects)), f"made up {error}") from error


# The roles: who does what, in the order in which it happens. --------------------------------------


@role()
async def platform(
    party: Party, points: Points, *, checked: Checked, material: bytes, aggregator: str
) -> None:
    """Give `points`, shape (people,), to the totals that the requester learns."""
    # 1. Encrypt my points for the requester, and give them to somebody who cannot read them.
    key = keys.public_key_in(material, checked)
    encrypted = factory.encryptor(checked, key).encrypt(points, party, "points")
    frame = factory.frame(checked, factory.key_id(key), party.session)
    await ciphertext_sum.give(party, encrypted, frame=frame, aggregator=aggregator)


@role()
async def aggregate(
    party: Party,
    people: int,
    *,
    checked: Checked,
    material: bytes,
    contributors: Sequence[str],
    requester: str,
    points: Points | None = None,
) -> None:
    """Add up the points of all `contributors`; `points` are my own if I am one of them."""
    if (points is None) == (party.me in contributors):
        raise LocalMisuse("an aggregator brings points if, and only if, it contributes")
    key = keys.public_key_in(material, checked)
    frame = factory.frame(checked, factory.key_id(key), party.session)
    encryptor, count = factory.encryptor(checked, key), checked.ciphertexts_for(people)

    # 2. Flood what the noise could tell, over my own points or over nothing, freshly encrypted.
    if points is None:
        part = encryptor.zeros(count, party, "zeros")
    else:
        part = encryptor.encrypt(points, party, "points")
    bits = checked.prediction.flood_bits
    part = flooded(part, bits, checked.data_primes, party.coins.fork("flood"))

    # 3. Add what the others send, and pass it on.
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
    # 4. Read the totals: the key is mine.
    secret, key_id = keys.secret_in(material)
    summed = await ciphertext_sum.take(
        party, people, checked=checked, key_id=key_id, aggregator=aggregator
    )
    suspects = (*contributors, aggregator)
    return read_totals(KeyOwner(checked, secret), summed, people, suspects)


# What the checks, the docs and the ledger are told. -----------------------------------------------

_LEAST, _MOST = -20, 100  # the example's points


@cache
def _example_scheme(size: int) -> Checked:
    return plan(
        Wish(circuit=Circuit.add(size), parties=size, least=_LEAST, most=_MOST, openings=16)
    )


def _checked(setting: Setting) -> Checked:
    parameters = setting.parameters
    return parameters if isinstance(parameters, Checked) else _example_scheme(setting.size)


def cast_with_aggregator(size: int) -> dict[str, tuple[str, ...]]:
    """The example: the first platform adds up, a desk without data asks."""
    names = platforms(size)
    return {"platform": names, "aggregator": names[:1], "requester": ("desk",)}


def _points(setting: Setting, dice: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    names = setting.holders("platform")
    return {name: dice.integers(_LEAST, _MOST + 1, setting.people) for name in names}


def _setup(setting: Setting, me: str, _: Own) -> Role[Any]:
    requester, checked = setting.holder("requester"), _checked(setting)
    if me == requester:
        return partial(keys.hand_out, checked=checked)
    return partial(keys.take, checked=checked, owner=requester)


def _shard(setting: Setting, me: str, private: Own) -> Role[Any]:
    contributors, checked = setting.holders("platform"), _checked(setting)
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
            points=private.data,
        )
    return partial(
        platform,
        points=private.data,
        checked=checked,
        material=private.material,
        aggregator=aggregator,
    )


def _cost(setting: Setting) -> dict[Phase, Declared]:
    checked = _checked(setting)
    return {
        "setup": keys.declared(
            checked, owner=setting.holder("requester"), everybody=setting.parties
        ),
        "shard": ciphertext_sum.declared(checked, setting),
    }


def _harmless(setting: Setting, coalition: frozenset[str]) -> bool:
    key_and_sum = {setting.holder("aggregator"), setting.holder("requester")}
    honest = set(setting.holders("platform")) - coalition
    return not (key_and_sum <= coalition and len(honest) > 1)


SPEC = Spec(
    name="bfv-sum",
    card=__doc__,
    places={"platform": ANY, "aggregator": 1, "requester": 1},
    cast=cast_with_aggregator,
    keys=ciphertext_sum.result_key,
    inputs=_points,
    ideal=lambda setting, inputs: {setting.holder("requester"): ideal(inputs)},
    setup=_setup,
    shard=_shard,
    cost=_cost,
    harmless=_harmless,
    leakage="The number of people and of platforms, who takes part, and who owns the key.",
    why_not_exact="Its coins are thousands of errors for each ciphertext: too many to try.",
)
