"""Has everybody seen the same? One round of hashes, for what one party handed out to others.

`Party.echo` plays it. Who hands different values to two honest parties is caught by both of them.
Who it was the hashes alone do not say, so all that it could be are named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.message import PUBLIC, Message

if TYPE_CHECKING:
    from protocols.core.party import Party

HASH_BYTES: Final = 32
_TAG: Final = b"privscore/echo/1\0"


@dataclass(frozen=True, slots=True)
class EchoHash(Message):
    """What a party has seen, hashed for this session, circle and label."""

    carries = PUBLIC
    sha256: bytes  # HASH_BYTES


async def compare(
    party: Party, label: str, seen: bytes, sources: Iterable[str], of: Iterable[str]
) -> None:
    """See `Party.echo`."""
    members = {*of}
    if party.me not in members or not members <= {*party.circle}:
        raise LocalMisuse(f"an echo is among {party.me} and others of its circle, not {members}")
    circle = tuple(name for name in party.circle if name in members)
    inner = party.among(circle)._enter(f"echo {label}", circle)
    sha256 = echo_hash(party.session, circle, inner._scope, seen)
    inner.send_all(EchoHash(sha256))
    echoes = await inner.receive_all(EchoHash, like={"sha256": HASH_BYTES})
    heard = {name: echo.sha256 for name, echo in echoes.items()}
    if suspects := echo_suspects(party.me, sources, sha256, heard):
        raise PeerFault(suspects, f"not everybody has seen the same {label}")


def echo_hash(session: bytes, circle: Iterable[str], label: str, seen: bytes) -> bytes:
    """The hash that all who have seen the same send; every part is preceded by its length."""
    digest = hashlib.sha256(_TAG)
    for part in (session, label.encode(), *(name.encode() for name in circle), seen):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


def echo_suspects(
    me: str, sources: Iterable[str], sha256: bytes, heard: Mapping[str, bytes]
) -> tuple[str, ...]:
    """Who could be to blame if not all hashes are the same; nobody if they are.

    Either a source gave out different values, or somebody whose hash differs from mine has not
    told what it saw. That it was not me I know.
    """
    differing = [name for name, other in heard.items() if other != sha256]
    if not differing:
        return ()
    return tuple(name for name in dict.fromkeys((*sources, *differing)) if name != me)
