"""A secret card's or model's numbers, encrypted, given to the platforms once a job.

    who        sends          to             learns
    requester  PublicKey      all others     -
    owner      EncryptedCard  each platform  nothing: the platform's own numbers, encrypted
    platform   -              -              nothing

Setting     : any number of platforms, one of which may own the card; the requester holds the only
              key; numbers lie in a public range, what they are for is public; honest-but-curious.
Safe against: any parties of whom none is the requester.
Not hidden  : how many numbers each platform gets. A platform together with the requester reads
              its own; an owner whose numbers are out of range is not found out here.
Cost        : 2 rounds, or 1 if the requester owns the card; a public key to each, and to each
              platform a ciphertext for every number.
Source      : Fan and Vercauteren, eprint 2012/144, section 3.
Status      : experimental.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from protocols.core.body import MAX_BODY_BYTES
from protocols.core.cost import Declared
from protocols.core.message import Message, ciphertext
from protocols.core.party import Party, Role, role
from protocols.core.spec import Own, Phase, Setting, platforms
from protocols.encryption import ciphertext_sum, factory, keys
from protocols.encryption.backends.interface import Numbers
from protocols.encryption.params.planning import Planned
from protocols.encryption.poly.packing import (
    HEADER_BYTES,
    Frame,
    Words,
    ciphertext_bytes,
    from_words,
    pack,
    to_words,
)
from protocols.encryption.poly.residues import Ciphertexts, Residues

_HEADERS_BYTES = 1 << 12  # more than all headers of a message


@dataclass(frozen=True, slots=True)
class EncryptedCard(Message):
    """One platform's numbers, each encrypted alone, in order; as many as one message holds."""

    carries = ciphertext(ciphertext_sum.RESULT_KEY)
    header: bytes
    words: Words  # <u2, shape (numbers, W)


# What stays with a party for the rest of the job. -------------------------------------------------


def split(material: bytes, checked: Planned, session: bytes) -> tuple[Residues, Frame, bytes]:
    """The public key that a party kept, how ciphertexts under it travel, and its part of a card."""
    key_bytes = ciphertext_bytes(checked.degree, checked.key_primes)
    key = keys.public_key_in(material[:key_bytes], checked)
    return key, factory.frame(checked, factory.key_id(key), session), material[key_bytes:]


def part_in(card_words: bytes, frame: Frame, count: int) -> Ciphertexts:
    """A platform's `count` encrypted numbers, as it kept them."""
    return from_words(np.frombuffer(card_words, "<u2").reshape(frame.shape(count)), frame)


def _runs(count: int, checked: Planned) -> list[slice]:
    """Which of a platform's ciphertexts go into each message."""
    most = (MAX_BODY_BYTES - _HEADERS_BYTES) // checked.ciphertext_bytes
    return [slice(start, min(start + most, count)) for start in range(0, count, most)]


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

    Returns what I keep: what a platform keeps, if I am one, or the key, if I read the results.
    """
    # 1. Learn the key of whoever may read results; it will never get a card to read.
    if party.me == requester:
        key, kept = await keys.hand_out_and_use(party, checked=checked)
    else:
        kept = await keys.take(party, checked=checked, owner=requester)
        key = keys.public_key_in(kept, checked)
    encryptor = factory.constant_encryptor(checked, key)
    frame = factory.frame(checked, factory.key_id(key), party.session)

    # 2. Encrypt each platform's numbers, each alone, and give them to that platform.
    for platform, constants in numbers.items():
        card = encryptor.encrypt_constants(constants, party, f"card of {platform}")
        if platform == party.me:
            kept += to_words(card, frame).tobytes()
            continue
        for run in _runs(len(card), checked):
            party.send(platform, EncryptedCard(*pack(card[run], frame)))
    return kept


@role(EncryptedCard)
async def take(party: Party, *, checked: Planned, requester: str, owner: str, count: int) -> bytes:
    """Learn the requester's key and my part of the card, `count` numbers that I cannot read."""
    key_material = await keys.take(party, checked=checked, owner=requester)
    key_id = factory.key_id(keys.public_key_in(key_material, checked))
    frame = factory.frame(checked, key_id, party.session)

    # 3. Keep the ciphertexts in their order.
    kept = key_material
    for run in _runs(count, checked):
        size = run.stop - run.start
        message = await party.receive(owner, EncryptedCard, keys.like(frame, size))
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
    key = keys.declared(checked, owner=requester, everybody=everybody)
    sizes = [count for name, count in counts.items() if name != owner]
    headers = sum(len(_runs(size, checked)) for size in sizes) * HEADER_BYTES
    cards = Declared(1, {owner: headers + sum(sizes) * checked.ciphertext_bytes})
    key_and_cards = key.then(cards)
    # A requester who owns the card sends key and card at once; an owner may keep all of it.
    if sizes and owner != requester:
        return key_and_cards
    return Declared(1, key_and_cards.payload_bytes)


# What is told of a protocol over a card: it has an owner, in the place `card`. --------------------


def setup_role(
    setting: Setting, me: str, private: Own, *, checked: Planned, count: int
) -> Role[bytes]:
    """Whom `me` plays before the first shard; a platform gets `count` numbers."""
    owner, requester = setting.holder("card"), setting.holder("requester")
    if me == owner:
        return partial(write, numbers=private.data, checked=checked, requester=requester)
    if me == requester:
        return partial(make_key, checked=checked)
    return partial(take, checked=checked, requester=requester, owner=owner, count=count)


def cost(setting: Setting, checked: Planned, counts: Mapping[str, int]) -> dict[Phase, Declared]:
    """The card once, where each platform gets so many numbers; in each shard a sum."""
    setup = declared(
        checked,
        counts,
        owner=setting.holder("card"),
        requester=setting.holder("requester"),
        everybody=setting.parties,
    )
    return {"setup": setup, "shard": ciphertext_sum.declared(checked, setting)}


def exposes(setting: Setting, coalition: frozenset[str]) -> tuple[str, ...]:
    """Next to the aggregator the requester reads every platform's part, else the card's."""
    contributors = setting.holders("platform")
    aggregator, requester = setting.holder("aggregator"), setting.holder("requester")
    if requester not in coalition or not coalition & {*contributors, aggregator}:
        return ()
    parts = contributors if aggregator in coalition else ()
    return tuple(name for name in (*parts, *setting.holders("card")) if name not in coalition)


def harmless(setting: Setting, coalition: frozenset[str]) -> bool:
    """Whether these together read nobody's input."""
    return not exposes(setting, coalition)


def cast_with_owner(size: int) -> dict[str, tuple[str, ...]]:
    """The example: the first platform adds up, a firm owns the card, a desk asks."""
    names = platforms(size)
    return {
        "platform": names,
        "aggregator": names[:1],
        "card": ("firm",),
        "requester": ("desk",),
    }
