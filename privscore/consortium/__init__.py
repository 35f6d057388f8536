"""A consortium file: the one thing a user writes, checked and split into public and private parts.

It can hold what is private to all parties, which is enough on one machine; or each party has a file
of its own beside it (`own_file`). Whatever is wrong with either ends in one `Refused` that names
the file, the line, the cause and the fix.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from msgspec import UNSET

from privscore.card.commitment import commitment
from privscore.card.scorecard import Scorecard
from privscore.consortium.addresses import Address, addresses_of
from privscore.consortium.agreement import Agreement, PartyInfo, card_of
from privscore.consortium.conversion import Refuse
from privscore.consortium.identity import identity_in, public_half
from privscore.consortium.own_file import is_own, own_json_schema, own_shape
from privscore.consortium.policy import Fact, Policy
from privscore.consortium.rules.private import PrivateKeys, check_keys, check_private
from privscore.consortium.shape import (
    ConsortiumShape,
    PartyShape,
    ScorecardShape,
    json_schema,
    shaped,
)
from privscore.consortium.toml_file import TomlFile, read_toml
from privscore.consortium.toml_lines import KeyPath, nearest
from privscore.consortium.world import Consortium, PrivatePart, SharedFile
from privscore.errors import Refused

__all__ = [
    "Address",
    "Agreement",
    "Consortium",
    "Fact",
    "PartyInfo",
    "Policy",
    "PrivatePart",
    "json_schema",
    "load",
    "own_json_schema",
]


def load(path: Path, me: str | None = None) -> Consortium:
    """Read and check a consortium file, or one party's own file beside it.

    With `me`, or for an own file, what comes back is the world of that party alone: nothing that is
    private to another party is looked at, and its files are not opened. Without, a consortium file
    is for all parties, and every platform has its table in it. Raises Refused for whatever is
    wrong, and for an own file that is not of `me`.
    """
    file = read_toml(path)
    if is_own(file):
        return _own_world(path, file, me)
    shape = _consortium_shape(file)
    agreement = Agreement.of(shape, file.refuse)
    if me is not None:
        _party_at(me, shape, file.refuse)
    check_private(shape, file.refuse, me)
    private = {
        party.id: _private(party, party, path, file.refuse, "party", index)
        for index, party in enumerate(shape.party)
        if me in (None, party.id)
    }
    whole = Consortium(
        agreement,
        private,
        path,
        file.lines,
        tuple(line.title for line in shape.scorecard.characteristic),
        me,
        addresses_of(shape, file.refuse),
    )
    return _with_owner_card(whole, shape, file.refuse)


def parsed(path: Path) -> tuple[ConsortiumShape, dict[KeyPath, int], Refuse]:
    """A file of the right shape, where its keys stand, and how it is refused; not yet checked."""
    file = read_toml(path)
    if is_own(file):
        raise file.refuse(
            "this is one party's own file, not the consortium file",
            "Name the file that its `agreement` names.",
            "agreement",
        )
    return _consortium_shape(file), file.lines, file.refuse


def _consortium_shape(file: TomlFile) -> ConsortiumShape:
    return shaped(file.data, file.refuse)


def _own_world(path: Path, file: TomlFile, me: str | None) -> Consortium:
    """The world of the party whose own file this is."""
    own_keys, shared_path = own_shape(path, file)
    if me not in (None, own_keys.party):
        raise file.refuse(
            f"this is the own file of {own_keys.party}, not of {me}",
            f"Name the own file of {me}, or leave the party's name out.",
            "party",
        )
    shape, lines, refuse_shared = parsed(shared_path)
    agreement = Agreement.of(shape, refuse_shared)
    party = shape.party[_party_at(own_keys.party, shape, file.refuse)]
    check_keys(own_keys, party, shape.party, file.refuse)
    world = Consortium(
        agreement,
        {own_keys.party: _private(own_keys, party, path, file.refuse)},
        path,
        file.lines,
        tuple(line.title for line in shape.scorecard.characteristic),
        own_keys.party,
        addresses_of(shape, refuse_shared),
        SharedFile(shared_path, lines),
    )
    return _with_owner_card(world, shape, refuse_shared)


def _party_at(name: str, shape: ConsortiumShape, refuse: Refuse) -> int:
    """Which party of the file has this name; raises what `refuse` makes of none."""
    ids = [party.id for party in shape.party]
    if name not in ids:
        raise refuse(
            f"`{name}` is no party of the agreement",
            f"Name one of {', '.join(ids)}.{nearest(name, ids)}",
            "party",
        )
    return ids.index(name)


def _private(
    keys: PrivateKeys, party: PartyShape, path: Path, refuse: Refuse, *place: str | int
) -> PrivatePart:
    """What is private to a party, its key read from the file that `identity` names."""
    seed = b""
    if keys.identity is not UNSET:

        def refuse_key(cause: str, fix: str) -> Refused:
            return refuse(f"{party.id}: {cause}", fix, *place, "identity")

        seed = identity_in(path.resolve().parent / keys.identity, refuse_key)
        if public_half(seed).hex() != party.public_key:
            raise refuse_key(
                f"its identity `{keys.identity}` does not fit the `public_key` in the agreement",
                "Name the file with that key, or agree on the `public_key` that "
                f"`privscore identity {keys.identity}` prints.",
            )
    return PrivatePart(
        keys.table or None, keys.key, keys.people or None, keys.data_dir or None, identity=seed
    )


def _with_owner_card(world: Consortium, shape: ConsortiumShape, refuse: Refuse) -> Consortium:
    """With the owner's hidden points, where they stand in the file and the owner is played."""
    owner = world.owner
    if not shape.scorecard.hidden or owner is None or owner not in world.private:
        return world
    card = _owner_card(shape.scorecard, refuse)
    if card is None:
        return world
    owners_part = replace(world.private[owner], card=card)
    return replace(world, private=world.private | {owner: owners_part})


def _owner_card(card: ScorecardShape, refuse: Refuse) -> Scorecard | None:
    """The card with its hidden points, if the file is their owner's and holds them."""
    if not all(each.possible_points for each in card.characteristic):
        return None
    whole = card_of(card, whole=True)
    if card.commitment is UNSET:
        return whole
    if card.salt is UNSET:
        raise refuse(
            "the points stand beside a `commitment`, but its `salt` does not",
            "Add the `salt` that `privscore commit` printed with it.",
            *("scorecard", "commitment"),
        )
    if commitment(whole, card.salt) != card.commitment:
        raise refuse(
            "the `commitment` does not fit the points, their bins or the `salt`",
            "Take back what was changed, or agree on what `privscore commit` prints now.",
            *("scorecard", "commitment"),
        )
    return whole
