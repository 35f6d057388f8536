"""How a platform shares its two seeds out, and takes what others share with it.

Each holder gets one share of the seed of the dealer's mask key and one of the dealer's own mask,
sealed under a key that only the two can agree on, and the dealer's signature on their hashes. The
dealer is a holder of its own: that share travels like the others.

From Shamir shares alone nobody can tell who lied. With a salted, signed hash of each, a share that
is not the one dealt names who sent it on, and shares that were dealt wrongly name the dealer. The
salt keeps a hash from telling a share of a small field.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from protocols.aggregation.keys import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    TAG_BYTES,
    Forged,
    KeyPair,
    bound,
    check_signature,
    derive,
    seal,
    sign,
    unseal,
)
from protocols.aggregation.plan import MaskingPlan
from protocols.aggregation.shamir import FIELD, Elements, coefficients, evaluate
from protocols.core.coins import Coins
from protocols.core.errors import PeerFault
from protocols.core.message import Message, ciphertext

LIMBS = 4  # field elements of a seed, 4 bytes each
SALT_BYTES = 16
HASH_BYTES = 32
KINDS = 2
MASK_KEY, SELF_MASK = range(KINDS)  # the seed of a platform's mask key, and that of its own mask

Octets: TypeAlias = NDArray[np.uint8]

SEALING, MASKING = range(2)  # the two keys that a platform shows
HOLDERS_KEY = "share holder's key"  # a share is sealed for the platform that holds it
SHARES_BYTES = KINDS * LIMBS * 4
SEALED_BYTES = SHARES_BYTES + KINDS * SALT_BYTES + TAG_BYTES


# A dealer's word on the shares that it deals. -----------------------------------------------------


def hash_share(
    session: bytes, dealer: int, holder: int, kind: int, share: Elements, salt: Octets
) -> bytes:
    """32 bytes for one share, shape (LIMBS,), under one salt, shape (SALT_BYTES,)."""
    head = b"privscore/aggregation/share\0" + session + struct.pack("<3I", dealer, holder, kind)
    return hashlib.sha256(head + salt.tobytes() + share.astype("<u4").tobytes()).digest()


def hash_shares(
    session: bytes, dealer: int, holder: int, shares: Elements, salts: Octets
) -> Octets:
    """The hashes of both shares of one holder, shape (KINDS, HASH_BYTES)."""
    hashes = [
        hash_share(session, dealer, holder, kind, shares[kind], salts[kind])
        for kind in range(KINDS)
    ]
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(KINDS, HASH_BYTES)


def statement(session: bytes, dealer: str, holder: str, hashes: Octets) -> bytes:
    """What a dealer signs for one holder; `hashes` has shape (KINDS, HASH_BYTES)."""
    return bound("dealt", session, dealer.encode(), holder.encode(), hashes.tobytes())


# Keys and seeds. ----------------------------------------------------------------------------------


def mask_key(seed: Elements, session: bytes, owner: str) -> KeyPair:
    """The key that `owner` makes its pairwise masks with, from its seed, shape (LIMBS,)."""
    return KeyPair(derive(seed.tobytes(), bound("mask key", session, owner.encode())))


def pair_seed(key: KeyPair, peer_key: bytes, session: bytes, pair: tuple[str, str]) -> bytes:
    """The seed of the mask that two platforms share, named in the agreed order; 32 bytes.

    Raises Forged for a key that no platform may show.
    """
    return key.agree(peer_key, bound("pair", session, *(name.encode() for name in pair)))


@contextmanager
def blaming(owner: str) -> Iterator[None]:
    """Turn Forged into PeerFault: the owner has signed that this is its key."""
    try:
        yield
    except Forged as error:
        raise PeerFault(owner, f"showed a bad key: {error}") from error


@dataclass(frozen=True, slots=True)
class Deal(Message):
    """Shares on their way to one neighbourhood, or from one to a member of it."""

    carries = ciphertext(HOLDERS_KEY)
    sealed: Octets  # e_{u,v} of each holder v: shape (held, SEALED_BYTES)
    hashes: Octets  # of the shares and salts, ours: shape (held, KINDS, HASH_BYTES)
    signatures: Octets  # of the dealer on the hashes, ours: shape (held, SIGNATURE_BYTES)

    @classmethod
    def blank(cls, *rows: int) -> Deal:
        """A deal of zeros for `rows` holders, or for a table of them."""
        return cls(
            np.zeros((*rows, SEALED_BYTES), np.uint8),
            np.zeros((*rows, KINDS, HASH_BYTES), np.uint8),
            np.zeros((*rows, SIGNATURE_BYTES), np.uint8),
        )

    @property
    def arrays(self) -> dict[str, Octets]:
        """The fields by name."""
        return {name: getattr(self, name) for name in self.fields()}


class Dealer:
    """One platform with the keys that it has for one job."""

    def __init__(
        self, me: str, plan: MaskingPlan, session: bytes, identity: Ed25519PrivateKey, coins: Coins
    ) -> None:
        self._me, self._plan, self._session, self._identity = me, plan, session, identity
        self.place = plan.place[me]
        self.around = plan.around(session)[self.place]
        self.seeds = FIELD.uniform(coins, (KINDS, LIMBS))
        self._sealing = KeyPair(coins.bytes(KEY_BYTES))
        self._masking = mask_key(self.seeds[MASK_KEY], session, me)
        self._agreed: dict[int, bytes] = {}  # by row

    @property
    def shown(self) -> Octets:
        """My two public keys, shape (2, KEY_BYTES)."""
        public_keys = self._sealing.public + self._masking.public
        return np.frombuffer(public_keys, np.uint8).reshape(2, KEY_BYTES)

    def deal(self, keys: Octets, rows: list[int], coins: Coins) -> Deal:
        """My seeds, shared out to those `rows` of my neighbourhood.

        `keys` are what my neighbours have shown, shape (held, 2, KEY_BYTES). Raises PeerFault for
        a key that no platform may show.
        """
        held = len(self.around)
        polynomials = coefficients(self.seeds, self._plan.threshold, FIELD, coins)
        shares = evaluate(polynomials, [int(place) + 1 for place in self.around], FIELD)
        drawn = coins.bytes(held * KINDS * SALT_BYTES)
        salts = np.frombuffer(drawn, np.uint8).reshape(held, KINDS, SALT_BYTES)
        deal = Deal.blank(held)
        for row in rows:
            place, holder = int(self.around[row]), self._name(row)
            hashes = hash_shares(self._session, self.place, place, shares[row], salts[row])
            signed_text = statement(self._session, self._me, holder, hashes)
            box = self._box(keys, row, self._me, holder)
            content = shares[row].tobytes() + salts[row].tobytes()
            deal.hashes[row] = hashes
            deal.signatures[row] = np.frombuffer(sign(self._identity, signed_text), np.uint8)
            deal.sealed[row] = np.frombuffer(seal(box, content, signed_text), np.uint8)
        return deal

    def take(self, keys: Octets, row: int, dealt: Deal) -> tuple[Elements, Octets]:
        """The shares and salts that one of my neighbours dealt me, shape (KINDS, ...).

        Raises PeerFault, naming the dealer alone where nobody else can have done it.
        """
        place, dealer = int(self.around[row]), self._name(row)
        signed_text = statement(self._session, dealer, self._me, dealt.hashes[row])
        box = self._box(keys, row, dealer, self._me)
        try:
            signature = dealt.signatures[row].tobytes()
            check_signature(self._plan.identities[dealer], signature, signed_text)
            content = unseal(box, dealt.sealed[row].tobytes(), signed_text)
        except Forged as error:
            suspects = (dealer, self._plan.aggregator)
            raise PeerFault(suspects, f"in what was dealt, {error}") from error
        shares = np.frombuffer(content[:SHARES_BYTES], np.uint32).reshape(KINDS, LIMBS)
        salts = np.frombuffer(content[SHARES_BYTES:], np.uint8).reshape(KINDS, SALT_BYTES)
        hashes = hash_shares(self._session, place, self.place, shares, salts)
        if not np.array_equal(hashes, dealt.hashes[row]):
            raise PeerFault(dealer, "dealt a share that is not the one it signed")
        return shares, salts

    def pair_seed(self, keys: Octets, row: int) -> bytes:
        """The seed of the mask that one of my neighbours makes too."""
        first, second = sorted((int(self.around[row]), self.place))
        pair = (self._plan.platforms[first], self._plan.platforms[second])
        with blaming(self._name(row)):
            return pair_seed(self._masking, keys[row, MASKING].tobytes(), self._session, pair)

    def _name(self, row: int) -> str:
        return self._plan.platforms[int(self.around[row])]

    def _box(self, keys: Octets, row: int, dealer: str, holder: str) -> bytes:
        """The key of the one box from dealer to holder, of whom I am one; agreed on once."""
        if row not in self._agreed:
            pair = sorted((dealer.encode(), holder.encode()))
            with blaming(self._name(row)):
                self._agreed[row] = self._sealing.agree(
                    keys[row, SEALING].tobytes(), bound("seal", self._session, *pair)
                )
        return derive(
            self._agreed[row], bound("box", self._session, dealer.encode(), holder.encode())
        )
