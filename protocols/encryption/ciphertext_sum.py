"""Somebody without a key adds up ciphertexts; who has the key gets the sum alone.

    who          sends          to           learns
    contributor  EncryptedPart  aggregator   nothing
    aggregator   EncryptedSum   key's owner  nothing
    key's owner  -              -            the sum, as a ciphertext

Setting     : any number of contributors, one of which may aggregate; private channels,
              honest-but-curious.
Safe against: the aggregator with any contributors. The key's owner learns from the sum what its
              noise tells: whoever contributes has flooded that, or the aggregator's own part does.
Not hidden  : how many ciphertexts there are; from the aggregator and the key's owner together:
              every part.
Cost        : 2 rounds; from each contributor and from the aggregator, all ciphertexts once.
Source      : the inner step of each method here; addition: Fan and Vercauteren, eprint 2012/144,
              section 4.
Status      : experimental.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocols.core.cost import Declared
from protocols.core.message import Key, Message, ciphertext
from protocols.core.party import Party, role
from protocols.core.spec import Setting
from protocols.encryption import factory
from protocols.encryption.keys import like, opened
from protocols.encryption.params.planning import Planned
from protocols.encryption.poly.packing import HEADER_BYTES, Frame, Words, pack
from protocols.encryption.poly.residues import Ciphertexts, total

RESULT_KEY: Final = "result key"  # what results are read with


def result_key(setting: Setting) -> tuple[Key, ...]:
    """The requester alone holds the key that results are for."""
    return (Key(RESULT_KEY, held_by=(setting.holder("requester"),)),)


@dataclass(frozen=True, slots=True)
class EncryptedPart(Message):
    """What one contributor adds."""

    carries = ciphertext(RESULT_KEY)
    header: bytes
    words: Words  # <u2, shape (ciphertexts, W)


@dataclass(frozen=True, slots=True)
class EncryptedSum(Message):
    """The sum of all parts."""

    carries = ciphertext(RESULT_KEY)
    header: bytes
    words: Words  # <u2, shape (ciphertexts, W)


@role()
async def give(party: Party, part: Ciphertexts, *, frame: Frame, aggregator: str) -> None:
    """Hand my part in."""
    # 1. Give my ciphertexts to somebody who cannot read them.
    party.send(aggregator, EncryptedPart(*pack(part, frame)))


@role(EncryptedPart)
async def add(
    party: Party,
    part: Ciphertexts | None,
    count: int,
    *,
    frame: Frame,
    contributors: Sequence[str],
    receiver: str,
) -> None:
    """Add up what all `contributors` but me sent, `count` ciphertexts each, and my own `part`."""
    # 2. Add up the parts, checked as they come in, and pass on the sum.
    others = [name for name in contributors if name != party.me]
    received = await party.receive_all(EncryptedPart, of=others, like=like(frame, count))
    received_parts = (
        opened(name, message.header, message.words, frame, count)
        for name, message in received.items()
    )
    parts = received_parts if part is None else itertools.chain([part], received_parts)
    party.send(receiver, EncryptedSum(*pack(total(parts, frame.primes), frame)))


@role(EncryptedSum)
async def take(
    party: Party, people: int, *, checked: Planned, key_id: bytes, aggregator: str
) -> Ciphertexts:
    """The sum of all parts, for whoever has the key to read."""
    # 3. Take the sum, if it is one; the key is mine, and nothing else comes to me to be read.
    frame, count = factory.frame(checked, key_id, party.session), checked.ciphertexts_for(people)
    message = await party.receive(aggregator, EncryptedSum, like(frame, count))
    party.once("decrypt")
    return opened(aggregator, message.header, message.words, frame, count)


def declared(checked: Planned, setting: Setting) -> Declared:
    """The cost of one shard: of the platforms' parts and of their sum."""
    contributors, aggregator = setting.holders("platform"), setting.holder("aggregator")
    message_bytes = (
        HEADER_BYTES + checked.ciphertexts_for(setting.people) * checked.ciphertext_bytes
    )
    rounds = 1 if set(contributors) <= {aggregator} else 2
    return Declared(rounds, dict.fromkeys((*contributors, aggregator), message_bytes))
