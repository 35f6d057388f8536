"""The rules for what a party keeps to itself: where its table is, who is on its list, its key.

Every check takes the shape and `refuse`, and raises what `refuse` makes; none returns a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import UNSET, UnsetType

from privscore.consortium.conversion import Refuse
from privscore.consortium.shape import ConsortiumShape, PartyShape

PRIVATE_KEYS: Final = ("table", "key", "people", "data_dir", "identity")


class PrivateKeys(Protocol):
    """What is private to a party, wherever it stands."""

    table: str | UnsetType
    key: str
    people: str | UnsetType
    data_dir: str | UnsetType
    identity: str | UnsetType


def check_private(file: ConsortiumShape, refuse: Refuse, me: str | None = None) -> None:
    """What stands in a file of all parties; with `me`, that party's keys and nobody else's."""
    for index, party in enumerate(file.party):
        if me is None or me == party.id:
            check_keys(party, party, file.party, refuse, "party", index)


def check_keys(
    keys: PrivateKeys,
    party: PartyShape,
    parties: Sequence[PartyShape],
    refuse: Refuse,
    *place: str | int,
) -> None:
    """What is private to `party`, one of `parties`, at a place of its file."""
    if "data" in party.roles and keys.table is UNSET:
        raise refuse(
            f"{party.id} has the role data, but no `table`",
            'Add `table = "its.csv"`, or one SELECT over its own files.',
            *place,
        )
    if "data" not in party.roles and keys.table is not UNSET:
        raise refuse(
            f"{party.id} has a `table`, but not the role data",
            "Take the table out, or add the role data.",
            *place,
            "table",
        )
    asker = next(other.id for other in parties if "requester" in other.roles)
    if party.id != asker and keys.people is not UNSET:
        raise refuse(
            f"{party.id} has a list of `people`, but is not the requester that asks",
            f"Move `people` to {asker}, the first party with the role requester.",
            *place,
            "people",
        )
    for key in PRIVATE_KEYS:
        value = getattr(keys, key)
        if value is not UNSET and (not value.strip() or "\0" in value):
            raise refuse(
                f"`{key}` is empty or holds a NUL", f"Fix {key} or take it out.", *place, key
            )
    if keys.identity is not UNSET and party.public_key is UNSET:
        raise refuse(
            f"{party.id} has an `identity`, but the agreement names no `public_key` of it",
            f"Add to its [[party]] the `public_key` that `privscore identity {keys.identity}` "
            "prints, or take the identity out: then a key is made for each run.",
            *place,
            "identity",
        )
