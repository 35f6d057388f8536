"""One party makes a key pair; everybody else gets the public half. The setup of each method here.

    who             sends      to          learns
    key's owner     PublicKey  all others  -
    everybody else  -          -           nothing

Setting     : any number of parties; whoever may see the answer is the key's owner.
Safe against: a public key is what its owner wants it to be: a false one harms its owner alone.
Not hidden  : who owns the key.
Cost        : 1 round, one ciphertext's bytes to each party (SEAL's key has one prime more).
Source      : Fan and Vercauteren, eprint 2012/144, section 3 (`LPR.ES.PublicKeyGen`).
Status      : experimental.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from protocols.core.body import Malformed
from protocols.core.cost import Declared
from protocols.core.errors import PeerFault
from protocols.core.message import PUBLIC, Message
from protocols.core.party import Party, role
from protocols.encryption import factory
from protocols.encryption.backends.seal import KeyHolder, new_material
from protocols.encryption.params.planning import Planned
from protocols.encryption.poly.packing import (
    HEADER_BYTES,
    ID_BYTES,
    Frame,
    Words,
    ciphertext_bytes,
    from_words,
    pack,
    to_words,
    unpack,
)
from protocols.encryption.poly.residues import Ciphertexts, Residues

_NO_SESSION = bytes(32)  # of what stays at home


@dataclass(frozen=True, slots=True)
class PublicKey(Message):
    """What everybody may encrypt with, packed like a ciphertext."""

    carries = PUBLIC
    header: bytes
    words: Words  # <u2, shape (1, W)


# What stays with a party for the rest of the job. -------------------------------------------------


def public_material(public_key: Residues, checked: Planned) -> bytes:
    """A public key, as a party keeps it."""
    return to_words(public_key[None], factory.key_frame(checked, _NO_SESSION)).tobytes()


def public_key_in(material: bytes, checked: Planned) -> Residues:
    """The public key that a party kept, shape (2, key primes, N)."""
    frame = factory.key_frame(checked, _NO_SESSION)
    words = np.frombuffer(material, "<u2").reshape(frame.shape(1))
    kept: Residues = from_words(words, frame)[0]
    return kept


def secret_in(material: bytes) -> tuple[bytes, bytes]:
    """The secret that a key's owner kept, and the key's id."""
    return material[ID_BYTES:], material[:ID_BYTES]


# Checks where a message comes in. -----------------------------------------------------------------


def like(frame: Frame, count: int) -> dict[str, Any]:
    """What a message with the header and words of `count` ciphertexts must look like."""
    return {"header": HEADER_BYTES, "words": frame.like(count)}


def opened(sender: str, header: bytes, words: Words, frame: Frame, count: int) -> Ciphertexts:
    """The ciphertexts that `sender` sent; PeerFault naming it if a check fails."""
    try:
        return unpack(header, words, frame, count)
    except Malformed as error:
        raise PeerFault(sender, f"sent {error}") from error


# The roles: who does what, in the order in which it happens. --------------------------------------


@role()
async def hand_out(party: Party, *, checked: Planned) -> bytes:
    """Make a key; returns what its owner keeps: the id, and the secret."""
    return _made(party, checked)[1]


@role()
async def hand_out_and_use(party: Party, *, checked: Planned) -> tuple[Residues, bytes]:
    """The same for an owner who goes on to encrypt; returns the public key, and what it keeps."""
    return _made(party, checked)


def _made(party: Party, checked: Planned) -> tuple[Residues, bytes]:
    # 1. Make my key and tell everybody its public half.
    secret = party.recorded("secret key", lambda: new_material(checked))
    owner = KeyHolder(checked, secret)
    made = party.recorded("public key", lambda: owner.public_key().astype("<u8").tobytes())
    public_key = np.frombuffer(made, "<u8").reshape(2, len(checked.key_primes), checked.degree)
    frame = factory.key_frame(checked, party.session)
    party.send_all(PublicKey(*pack(public_key[None], frame)))
    return public_key, factory.key_id(public_key) + secret


@role(PublicKey)
async def take(party: Party, *, checked: Planned, owner: str) -> bytes:
    """Learn the public key of `owner`; returns what everybody else keeps."""
    # 2. Keep the key that I was given, if it is one.
    frame = factory.key_frame(checked, party.session)
    message = await party.receive(owner, PublicKey, like(frame, 1))
    ciphertext = opened(owner, message.header, message.words, frame, 1)
    return public_material(ciphertext[0], checked)


def declared(checked: Planned, *, owner: str, everybody: Sequence[str]) -> Declared:
    """The cost: a public key from `owner` to everybody else."""
    message_bytes = HEADER_BYTES + ciphertext_bytes(checked.degree, checked.key_primes)
    return Declared(1, {owner: (len(everybody) - 1) * message_bytes})
