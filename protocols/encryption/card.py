"""A card's points, encrypted, given to the platforms once: the opening of `bfv_hidden_card`.

    who         sends       to              learns
    requester   PublicKey   all others      -
    card owner  Card        each platform   nothing   its own bins only
    platform    -           -               nothing

Setting     : any number of platforms, one of which may own the card; the requester holds the only
              key; points lie in a public range, bins are public; honest-but-curious.
Safe against: any parties of whom none is the requester.
Not hidden  : the number of bins. A platform together with the requester reads its own part of
              the card; an owner whose points are out of range is not found out here.
Cost        : 2 rounds; a public key to each, and to each platform one ciphertext for every bin.
Source      : Fan and Vercauteren, eprint 2012/144, section 3.
Status      : experimental.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from protocols.core.body import MAX_BODY_BYTES
from protocols.core.cost import Declared
from protocols.core.message import Message, ciphertext
from protocols.core.party import Party, role
from protocols.encryption import keys, suite
from protocols.encryption.interface import Points
from protocols.encryption.packing import (
    HEADER_BYTES,
    Frame,
    Words,
    ciphertext_bytes,
    from_words,
    pack,
    to_words,
)
from protocols.encryption.parameters import Checked
from protocols.encryption.residues import Ciphertexts, Residues

Bins: TypeAlias = tuple[int, ...]  # how many there are to pick from, for each characteristic

_HEADERS_BYTES = 1 << 12  # more than all headers of a message


@dataclass(frozen=True, slots=True)
class Card(Message):
    """Encrypted points of one platform's bins, in order; as many as one message holds."""

    carries = ciphertext("requester")
    header: bytes
    words: Words  # <u2, shape (bins, 3, 2 * primes, N)


# What stays with a party for the rest of the job. -------------------------------------------------


def split(material: bytes, checked: Checked, session: bytes) -> tuple[Residues, Frame, bytes]:
    """The public key in what a party kept, how ciphertexts under it travel, and the rest."""
    at = ciphertext_bytes(checked.degree, len(checked.key_primes))
    key = keys.public_key_in(material[:at], checked)
    return key, suite.frame(checked, suite.key_id(key), session), material[at:]


def part_in(rest: bytes, frame: Frame, bins: Bins) -> Ciphertexts:
    """The encrypted points of a platform's bins, as it kept them."""
    words = np.frombuffer(rest, "<u2").reshape(frame.shape(sum(bins)))
    return from_words(words, frame)


def _runs(bins: int, checked: Checked) -> list[slice]:
    """Which of a platform's ciphertexts go into each message."""
    most = (MAX_BODY_BYTES - _HEADERS_BYTES) // checked.ciphertext_bytes
    return [slice(at, min(at + most, bins)) for at in range(0, bins, most)]


# The roles: who does what, in the order in which it happens. --------------------------------------


@role()
async def make_key(party: Party, *, checked: Checked) -> bytes:
    """Make the key that totals are for; returns what its owner keeps."""
    return await keys.hand_out(party, checked=checked)


@role()
async def write(
    party: Party,
    points: Mapping[str, Points],
    *,
    checked: Checked,
    requester: str,
) -> bytes:
    """Send each platform its part of my card, encrypted: `points` by platform, shape (bins,).

    Returns what I keep: what a platform keeps, if I am one.
    """
    # 1. Learn the key of whoever may read totals; it will never get a card to read.
    key_material = await keys.take(party, checked=checked, owner=requester)
    key = keys.public_key_in(key_material, checked)
    encryptor = suite.encryptor(checked, key)
    frame = suite.frame(checked, suite.key_id(key), party.session)

    # 2. Encrypt the points of each platform's bins, each alone, and give them to that platform.
    kept = key_material
    for platform_, numbers in points.items():
        card = encryptor.encrypt_constants(numbers, party, f"card of {platform_}")
        if platform_ == party.me:
            kept += to_words(card, frame).tobytes()
            continue
        for run in _runs(len(card), checked):
            party.send(platform_, Card(*pack(card[run], frame)))
    return kept


@role(Card)
async def take(party: Party, *, checked: Checked, requester: str, owner: str, bins: Bins) -> bytes:
    """Learn the requester's key and my part of the card, which I cannot read."""
    key_material = await keys.take(party, checked=checked, owner=requester)
    key_id = suite.key_id(keys.public_key_in(key_material, checked))
    frame = suite.frame(checked, key_id, party.session)

    # 3. Keep the ciphertexts of my bins, in the order of the bins.
    kept = key_material
    for run in _runs(sum(bins), checked):
        count = run.stop - run.start
        message = await party.receive(owner, Card, keys.like(frame, count))
        keys.opened(owner, message.header, message.words, frame, count)
        kept += message.words.tobytes()
    return kept


def declared(
    checked: Checked,
    bins: Mapping[str, Bins],
    *,
    owner: str,
    requester: str,
    everybody: Sequence[str],
) -> Declared:
    """The cost, with the bins of each platform."""
    sent = keys.declared(checked, owner=requester, everybody=everybody).payload_bytes
    cards = [sum(each) for name, each in bins.items() if name != owner]
    headers = sum(len(_runs(count, checked)) for count in cards) * HEADER_BYTES
    return Declared(2, sent | {owner: headers + sum(cards) * checked.ciphertext_bytes})
