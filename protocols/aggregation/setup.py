"""The setup, once per job: keys are shown, seeds are shared out.

    1  platform    shows two signed keys: one to seal with, one to make masks with
    2  aggregator  passes the keys of those who came on to their neighbours
    3  platform    cuts the seed of its mask key and the seed of its own mask into shares, one for
                   each neighbour, sealed and with a signed hash
    4  aggregator  passes them on
    5  platform    opens its shares, and knows now with whom it makes masks

Platforms speak with the aggregator alone. What it passes on is signed or sealed end to end; it
decides only who is late. Rows of a message stand for the receiver's neighbourhood in the agreed
order, zero for who is not in, so that sizes say nothing.

Source: Bonawitz et al., CCS 2017 (eprint 2017/281), figure 4, rounds 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocols.aggregation.keys import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    Forged,
    bound,
    check_signature,
    sign,
)
from protocols.aggregation.material import AggregatorMaterial, PlatformMaterial
from protocols.aggregation.participants import Present, check_present, enough
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.share_distribution import (
    KINDS,
    LIMBS,
    MASKING,
    SALT_BYTES,
    SELF_MASK,
    Deal,
    Dealer,
    Octets,
)
from protocols.core.errors import PeerFault
from protocols.core.message import PUBLIC, Like, Message
from protocols.core.party import Party, role


@dataclass(frozen=True, slots=True)
class Keys(Message):
    """A platform's two public keys for this job, signed with the key of its identity."""

    carries = PUBLIC
    keys: Octets  # c_u^PK to seal with, s_u^PK to make masks with: shape (2, KEY_BYTES)
    signature: bytes  # sigma_u: SIGNATURE_BYTES


@dataclass(frozen=True, slots=True)
class KeysAround(Message):
    """The keys of those in the receiver's neighbourhood, as they were shown."""

    carries = PUBLIC
    keys: Octets  # c_v^PK and s_v^PK of each neighbour v: shape (held, 2, KEY_BYTES)
    signatures: Octets  # sigma_v: shape (held, SIGNATURE_BYTES)


# The arithmetic: plain functions, no messages. ----------------------------------------------------


def check_keys(
    plan: MaskingPlan, session: bytes, name: str, keys: Octets, signature: bytes
) -> None:
    """Raise Forged unless `name` has signed these keys for this session."""
    check_signature(plan.identities[name], signature, _statement(session, name, keys))


def _statement(session: bytes, name: str, keys: Octets) -> bytes:
    return bound("keys", session, name.encode(), keys.tobytes())


# The roles: who does what, in the order in which it happens. --------------------------------------


@role(Present, KeysAround, Deal)
async def platform(party: Party, plan: MaskingPlan, identity: Ed25519PrivateKey) -> bytes:
    """A platform's part: its packed `PlatformMaterial`."""
    held = plan.held
    # 1. Show the two keys that I have for this job, signed.
    dealer = Dealer(party.me, plan, party.session, identity, party.coins)
    shown = dealer.shown
    party.send(
        plan.aggregator, Keys(shown, sign(identity, _statement(party.session, party.me, shown)))
    )

    # 3. Share my two seeds out among those of my neighbours who came on, once I know their keys.
    everybody = plan.flags(plan.platforms)
    came = (await party.receive(plan.aggregator, Present, like=everybody)).flags
    check_present(plan, came, everybody, dealer.place, dealer.around)
    blank_keys = np.zeros((held, 2, KEY_BYTES), np.uint8)
    blank = Deal.blank(held)
    like = {"keys": blank_keys, "signatures": blank.signatures}
    known = await party.receive(plan.aggregator, KeysAround, like=like)
    rows = np.flatnonzero(came[dealer.around]).tolist()
    for row in rows:
        name = plan.platforms[dealer.around[row]]
        try:
            check_keys(plan, party.session, name, known.keys[row], known.signatures[row].tobytes())
        except Forged as error:
            raise PeerFault(plan.aggregator, f"passed on keys of {name}: {error}") from error
    party.send(plan.aggregator, dealer.deal(known.keys, rows, party.coins))

    # 5. Open the shares that I hold, and agree with every neighbour on the mask that we share.
    present = (await party.receive(plan.aggregator, Present, like=everybody)).flags
    check_present(plan, present, came, dealer.place, dealer.around)
    dealt = await party.receive(plan.aggregator, Deal, like=blank.arrays)
    pair_seeds = np.zeros((held, KEY_BYTES), np.uint8)
    shares = np.zeros((held, KINDS, LIMBS), np.uint32)
    salts = np.zeros((held, KINDS, SALT_BYTES), np.uint8)
    for row in np.flatnonzero(present[dealer.around]).tolist():
        shares[row], salts[row] = dealer.take(known.keys, row, dealt)
        if dealer.around[row] != dealer.place:
            pair_seeds[row] = np.frombuffer(dealer.pair_seed(known.keys, row), np.uint8)
    self_seed = dealer.seeds[SELF_MASK].tobytes()
    return PlatformMaterial(party.session, present, self_seed, pair_seeds, shares, salts).pack()


@role(Keys, Deal)
async def aggregator(party: Party, plan: MaskingPlan) -> bytes:
    """The aggregator's part: its packed `AggregatorMaterial`."""
    # 2. Take the keys of whoever comes in time, and pass them on to their neighbours.
    around = plan.around(party.session)
    keys = np.zeros((plan.size, 2, KEY_BYTES), np.uint8)
    signatures = np.zeros((plan.size, SIGNATURE_BYTES), np.uint8)
    like: dict[str, Like] = {"keys": keys[0], "signature": SIGNATURE_BYTES}
    came = await party.gather(Keys, of=plan.platforms, need=plan.quorum, like=like)
    for name, shown in came.items():
        try:
            check_keys(plan, party.session, name, shown.keys, shown.signature)
        except Forged as error:
            raise PeerFault(name, f"showed keys: {error}") from error
        keys[plan.place[name]] = shown.keys
        signatures[plan.place[name]] = np.frombuffer(shown.signature, np.uint8)
    present = enough(plan, plan.flags(came), around)
    for name in came:
        neighbours = around[plan.place[name]]
        party.send(name, Present(present))
        party.send(name, KeysAround(keys[neighbours], signatures[neighbours]))

    # 4. Take the shares of whoever deals in time, and pass to each what it is to hold.
    blank = Deal.blank(plan.held).arrays
    deals = await party.gather(Deal, of=came, need=plan.quorum, like=blank)
    table = Deal.blank(plan.size, plan.held)
    for name, deal in deals.items():
        for whole, part in zip(table.arrays.values(), deal.arrays.values(), strict=True):
            whole[plan.place[name]] = part
    present = enough(plan, plan.flags(deals), around)
    for name in deals:
        neighbours = around[plan.place[name]]
        rows = np.argmax(around[neighbours] == plan.place[name], axis=1)  # the receiver's in each
        party.send(name, Present(present))
        party.send(name, Deal(*(whole[neighbours, rows] for whole in table.arrays.values())))
    mask_keys = keys[:, MASKING].copy()
    kept = AggregatorMaterial(party.session, present, mask_keys, table.hashes, table.signatures)
    return kept.pack()
