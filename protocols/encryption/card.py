"""A secret card's or model's numbers, encrypted, given to the platforms once a job.

    who         sends       to              learns
    requester   PublicKey   all others      -
    owner       Card        each platform   nothing: the platform's own numbers, encrypted
    platform    -           -               nothing

Setting     : any number of platforms, one of which may own the card; the requester holds the only
              key; numbers lie in a public range, what they are for is public; honest-but-curious.
Safe against: any parties of whom none is the requester.
Not hidden  : how many numbers each platform gets. A platform together with the requester reads
              its own; an owner whose numbers are out of range is not found out here.
Cost        : 2 rounds; a public key to each, and to each platform a ciphertext for every number.
Source      : Fan and Vercauteren, eprint 2012/144, section 3.
Status      : experimental.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from protocols.core.body import MAX_BODY_BYTES
from protocols.core.cost import Declared
from protocols.core.message import Message, ciphertext
from protocols.core.party import Party, role
from protocols.encryption import keys, suite
from protocols.encryption.interface import Numbers
from protocols.encryption.packing import (
    HEADER_BYTES,
    Frame,
    Words,
    ciphertext_bytes,
    from_words,
    pack,
    to_words,
)
from protocols.encryption.planning import Planned
from protocols.encryption.residues import Ciphertexts, Residues

_HEADERS_BYTES = 1 << 12  # more than all headers of a message


@dataclass(frozen=True, slots=True)
class Card(Message):
    """One platform's numbers, each encrypted alone, in order; as many as one message holds."""

    carries = ciphertext("requester")
    header: bytes
    words: Words  # <u2, shape (numbers, W)


# What stays with a party for the rest of the job. -------------------------------------------------


def split(material: bytes, checked: Planned, session: bytes) -> tuple[Residues, Frame, bytes]:
    """The public key in what a party kept, how ciphertexts under it travel, and the rest."""
    at = ciphertext_bytes(checked.degree, checked.key_primes)
    key = keys.public_key_in(material[:at], checked)
    return key, suite.frame(checked, suite.key_id(key), session), material[at:]


def part_in(rest: bytes, frame: Frame, count: int) -> Ciphertexts:
    """A platform's `count` encrypted numbers, as it kept them."""
    return from_words(np.frombuffer(rest, "<u2").reshape(frame.shape(count)), frame)


def _runs(count: int, checked: Planned) -> list[slice]:
    """Which of a platform's ciphertexts go into each message."""
    most = (MAX_BODY_BYTES - _HEADERS_BYTES) // checked.ciphertext_bytes
    return [slice(at, min(at + most, count)) for at in range(0, count, most)]


# The roles: who does what, in the order in which it happens. --------------------------------------


@role()
async def make_key(party: Party, *, checked: Planned) -> bytes:
    """Make the key that results are for; returns what its owner keeps."""
    return await keys.hand_out(party, checked=checked)


@role()
async def write(
    party: Party,
    numbers: Mapping[str, Numbers],
    *,
    checked: Planned,
    requester: str,
) -> bytes:
    """Send each platform its part of my card, encrypted: `numbers` by platform, shape (count,).

    Returns what I keep: what a platform keeps, if I am one.
    """
    # 1. Learn the key of whoever may read results; it will never get a card to read.
    key_material = await keys.take(party, checked=checked, owner=requester)
    key = keys.public_key_in(key_material, checked)
    encryptor = suite.constant_encryptor(checked, key)
    frame = suite.frame(checked, suite.key_id(key), party.session)

    # 2. Encrypt each platform's numbers, each alone, and give them to that platform.
    kept = key_material
    for platform, own in numbers.items():
        card = encryptor.encrypt_constants(own, party, f"card of {platform}")
        if platform == party.me:
            kept += to_words(card, frame).tobytes()
            continue
        for run in _runs(len(card), checked):
            party.send(platform, Card(*pack(card[run], frame)))
    return kept


@role(Card)
async def take(party: Party, *, checked: Planned, requester: str, owner: str, count: int) -> bytes:
    """Learn the requester's key and my part of the card, `count` numbers that I cannot read."""
    key_material = await keys.take(party, checked=checked, owner=requester)
    key_id = suite.key_id(keys.public_key_in(key_material, checked))
    frame = suite.frame(checked, key_id, party.session)

    # 3. Keep the ciphertexts in their order.
    kept = key_material
    for run in _runs(count, checked):
        size = run.stop - run.start
        message = await party.receive(owner, Card, keys.like(frame, size))
        keys.opened(owner, message.header, message.words, frame, size)
        kept += message.words.tobytes()
    return kept


def declared(
    checked: Planned,
    counts: Mapping[str, int],
    *,
    owner: str,
    requester: str,
    everybody: Sequence[str],
) -> Declared:
    """The cost, where each platform gets so many numbers."""
    sent = keys.declared(checked, owner=requester, everybody=everybody).payload_bytes
    sizes = [count for name, count in counts.items() if name != owner]
    headers = sum(len(_runs(size, checked)) for size in sizes) * HEADER_BYTES
    return Declared(2, sent | {owner: headers + sum(sizes) * checked.ciphertext_bytes})
