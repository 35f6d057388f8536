"""The rules for points that only their owner knows: whose they are, their range, who has looked.

Every check takes the shape and `refuse`, and raises what `refuse` makes; none returns a value.
"""

from __future__ import annotations

import re

from msgspec import UNSET

from privscore.card.commitment import approves
from privscore.consortium.conversion import Refuse
from privscore.consortium.shape import ConsortiumShape
from privscore.consortium.toml_lines import nearest

_LONG = 1 << 31  # points are held in 32 bits
_DIGITS = {"commitment": 64, "salt": 64, "signature": 128, "public_key": 64}


def check_hidden(file: ConsortiumShape, refuse: Refuse) -> None:
    """All rules for the owner of a card and for what it hides."""
    _check_owner(file, refuse)
    _check_public_keys(file, refuse)
    if not file.scorecard.hidden:
        _check_nothing_hidden(file, refuse)
        return
    _check_words(file, refuse)
    _check_range(file, refuse)
    _check_owner_copy(file, refuse)
    _check_signature(file, refuse)
    _check_requester(file, refuse)


def owner_of(file: ConsortiumShape) -> str | None:
    """Whose card it is: whom the file names, or else the second platform, if there is one."""
    if file.scorecard.owner:
        return file.scorecard.owner
    named = [party.id for party in file.party if "card" in party.roles]
    platforms = [party.id for party in file.party if "data" in party.roles]
    return next(iter((*named, *platforms[1:])), None)


def _check_owner(file: ConsortiumShape, refuse: Refuse) -> None:
    owner = file.scorecard.owner
    if owner is UNSET:
        return
    ids = [party.id for party in file.party]
    if owner not in ids:
        raise refuse(
            f"the scorecard's owner is `{owner}`, which is no party",
            f"Name one of {', '.join(ids)}.{nearest(owner, ids)}",
            *("scorecard", "owner"),
        )
    for index, party in enumerate(file.party):
        if "card" in party.roles and party.id != owner:
            raise refuse(
                f"{party.id} has the role card, but the scorecard's owner is {owner}",
                "Let both name the same party, or take one of them out.",
                *("party", index, "roles"),
            )


def _check_public_keys(file: ConsortiumShape, refuse: Refuse) -> None:
    """Keys are hexadecimal, and no two parties that play have the same one."""
    named: dict[str, str] = {}
    for index, party in enumerate(file.party):
        if party.public_key is UNSET:
            continue
        place = ("party", index, "public_key")
        _check_digits("public_key", party.public_key, refuse, *place)
        if "auditor" in party.roles:  # whose key signs commitments, and speaks for nobody in a job
            continue
        other = named.setdefault(party.public_key, party.id)
        if other != party.id:
            raise refuse(
                f"{other} and {party.id} have the same `public_key`",
                "Let each party make a key of its own: `privscore identity FILE --new`.",
                *place,
            )


def _check_digits(key: str, value: str, refuse: Refuse, *place: str | int) -> None:
    if not re.fullmatch(f"[0-9a-f]{{{_DIGITS[key]}}}", value):
        raise refuse(
            f"`{key}` is not {_DIGITS[key]} hexadecimal digits",
            "Copy what `privscore commit`, `sign` or `identity` printed: 0-9 and a-f.",
            *place,
        )


def _check_nothing_hidden(file: ConsortiumShape, refuse: Refuse) -> None:
    """Where nothing is hidden, every point is there, and nothing is said of hidden ones."""
    card = file.scorecard
    for key in ("points_range", "commitment", "salt", "signature"):
        if getattr(card, key) is not UNSET:
            raise refuse(
                f"`{key}` stands without hidden points",
                'Add `hidden = ["points"]`, or take it out.',
                *("scorecard", key),
            )
    for index, characteristic in enumerate(card.characteristic):
        if not characteristic.possible_points:
            raise refuse(
                "[[scorecard.characteristic]] lacks the key `points`",
                'Add `points = ...`, or hide them by `hidden = ["points"]` in [scorecard].',
                *("scorecard", "characteristic", index),
            )


def _check_words(file: ConsortiumShape, refuse: Refuse) -> None:
    hidden = file.scorecard.hidden
    for index, what in enumerate(hidden):
        place = ("scorecard", "hidden", index)
        if what == "cutoffs":
            raise refuse(
                "no method hides cut-offs yet: platforms have to know where bins are cut",
                'Hide the points alone: `hidden = ["points"]`.',
                *place,
            )
        if what in hidden[:index]:
            raise refuse(f"`{what}` is hidden twice", "Name it once.", *place)


def _check_range(file: ConsortiumShape, refuse: Refuse) -> None:
    ends = file.scorecard.points_range
    if ends is UNSET:
        raise refuse(
            "hidden points have no `points_range`",
            "Add `points_range = [lowest, highest]`: all parties plan for it.",
            *("scorecard", "hidden"),
        )
    if len(ends) != 2 or not -_LONG < ends[0] <= ends[-1] < _LONG:
        raise refuse(
            "`points_range` is not [lowest, highest] within 32 bits",
            "Write the lower end first.",
            *("scorecard", "points_range"),
        )


def _check_owner_copy(file: ConsortiumShape, refuse: Refuse) -> None:
    """The owner's own copy of the file has every point, and all of them within the range."""
    card = file.scorecard
    has_points = any(characteristic.possible_points for characteristic in card.characteristic)
    if card.salt is not UNSET:
        _check_digits("salt", card.salt, refuse, "scorecard", "salt")
    for index, characteristic in enumerate(card.characteristic):
        place = ("scorecard", "characteristic", index)
        given = "weight" if characteristic.weighted else "points"
        if has_points and not characteristic.possible_points:
            raise refuse(
                f"{characteristic.title} has no `{given}`, and other characteristics have theirs",
                "The owner's file has all hidden points; another party's has none of them.",
                *place,
            )
        if not characteristic.possible_points and characteristic.missing is not UNSET:
            raise refuse(
                f"{characteristic.title} has points for `missing`, but no `{given}`",
                "The owner's file has both; another party's has neither.",
                *(*place, "missing"),
            )
        low, high = card.points_range or (0, 0)
        for k, value in enumerate(characteristic.possible_points):
            if not low <= value <= high:
                key = ("missing",) if k == len(characteristic.possible_points) - 1 else (given, k)
                raise refuse(
                    f"`{key[0]}` of {characteristic.title} is outside `points_range`"
                    + (", at an end of its `range`" if key[0] == "weight" else ""),
                    "Change it, or agree on a wider range.",
                    *(*place, *key),
                )


def _check_signature(file: ConsortiumShape, refuse: Refuse) -> None:
    card = file.scorecard
    if card.commitment is not UNSET:
        _check_digits("commitment", card.commitment, refuse, "scorecard", "commitment")
    if card.signature is UNSET:
        return
    place = ("scorecard", "signature")
    _check_digits("signature", card.signature, refuse, *place)
    if card.commitment is UNSET:
        raise refuse(
            "`signature` stands without the `commitment` that it is over",
            "Add the commitment that the auditor signed.",
            *place,
        )
    interested = (owner_of(file), *(p.id for p in file.party if "requester" in p.roles))
    auditors = (p for p in file.party if "auditor" in p.roles and p.id not in interested)
    keys = [p.public_key for p in auditors if p.public_key]
    if not any(approves(key, card.commitment, card.signature) for key in keys):
        raise refuse(
            "`signature` is not that of an auditor here, or not over this `commitment`",
            "Let an auditor sign again, a party apart from owner and requester whose `public_key` "
            "is in the file.",
            *place,
        )


def _check_requester(file: ConsortiumShape, refuse: Refuse) -> None:
    owner = owner_of(file)
    if owner is None:
        raise refuse(
            "nobody owns the hidden points",
            'Name the party: `owner = "..."` in [scorecard].',
            *("scorecard", "hidden"),
        )
    requesters = [party.id for party in file.party if "requester" in party.roles]
    accepted = file.policy.accept_output_leak or file.scorecard.signature is not UNSET
    if owner in requesters and not accepted:
        raise refuse(
            f"{owner} owns the hidden points and sees the totals: points such as 1, 6 and 36 would "
            "spell out everybody's bins",
            "Give the card to another party, let an auditor sign the commitment "
            "(`privscore sign`), or set `accept_output_leak = true` in [policy].",
            *("scorecard", "owner"),
        )
