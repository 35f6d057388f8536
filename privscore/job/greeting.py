"""How a job begins: everybody's nonces become its id, and everybody shows an identity key.

    who          sends      to           learns
    everybody    Greeting   everybody    the job's id, and whose key is whose in this job

Where the agreement names a party's public key, that one must be shown; elsewhere a party makes one
for this job, over channels that are its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from privscore.consortium import Agreement
from privscore.consortium.identity import public_half
from privscore.job.ids import job_id
from protocols.core.cost import Declared
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.message import PUBLIC, Message
from protocols.core.party import Party, role

NONCE_BYTES = 32
IDENTITY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Greeting(Message):
    """32 uniform bytes, so that no two jobs share an id, and an Ed25519 public key."""

    carries = PUBLIC
    nonce: bytes
    identity: bytes


@dataclass(frozen=True, slots=True)
class Greeted:
    """What a party knows once everybody has greeted everybody."""

    job: bytes
    identity: bytes = field(repr=False)  # the seed of its own key
    identities: dict[str, bytes]  # everybody's public keys


def declared(agreement: Agreement) -> Declared:
    """One round, a greeting from everybody to everybody else."""
    count = (NONCE_BYTES + IDENTITY_BYTES) * (len(agreement.parties) - 1)
    return Declared(1, dict.fromkeys(agreement.party_ids, count))


@role(Greeting)
async def greet(party: Party, agreement: Agreement, method: str, identity: bytes | None) -> Greeted:
    """Everybody's part: the id of the job, which depends on a nonce of mine.

    `identity` is the seed of my key; empty: one is made for this job; None: it is not here, as
    where the role is played again on what I saw. Raises PeerFault for a party that shows another
    key than the agreement names, and LocalMisuse if I would.
    """
    # 1. Show everybody a nonce and my key, and take everybody's.
    seed = identity or party.coins.fork("identity").bytes(IDENTITY_BYTES)
    greeting = Greeting(party.coins.bytes(NONCE_BYTES), public_half(seed))
    named = agreement.public_keys.get(party.me, greeting.identity)
    if named != greeting.identity and identity is not None:
        raise LocalMisuse(f"the agreement names another key of {party.me} than it has")
    party.send_all(greeting)
    like = {"nonce": NONCE_BYTES, "identity": IDENTITY_BYTES}
    greetings = {**await party.receive_all(Greeting, like=like), party.me: greeting}

    # 2. Hold the keys against those that the agreement names.
    for name, key in agreement.public_keys.items():
        if name != party.me and greetings[name].identity != key:
            raise PeerFault(name, "showed another key than the agreement names")
    nonces = {name: greeting.nonce for name, greeting in greetings.items()}
    keys = {name: greetings[name].identity for name in agreement.party_ids}
    keys[party.me] = named
    return Greeted(job_id(agreement, method, nonces), seed, keys)
