"""What must hold before a job begins: the method's leave, the requester's list, a drill's wish."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from privscore.card.scorecard import Scorecard
from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.methods import available
from privscore.methods.base import Method
from privscore.methods.rules import objections
from privscore.tables import read_people


def refuse_method(consortium: Consortium, method: Method) -> None:
    """Raise Refused if the file's policy does not allow a private method; names those it allows."""
    against = objections(method, consortium.agreement)
    if not method.private or not against:
        return
    able = [
        each.name for each in available().values() if not objections(each, consortium.agreement)
    ]
    allowed = f"methods that could: {', '.join(able)}" if able else "no method here could"
    raise consortium.refused(
        against[0], f"Agree on another policy, or choose another method ({allowed}).", "policy"
    )


def whole_card(consortium: Consortium) -> Scorecard:
    """The card with all points; Refused where they are hidden and in another party's file."""
    if consortium.card is None:
        raise consortium.refused(
            "the points are hidden, and this file does not hold them: it is not "
            f"{consortium.owner}'s own",
            "Take the owner's copy of the file, which has `points` for every characteristic.",
            *("scorecard", "hidden"),
        )
    return consortium.card


def refuse_parties(consortium: Consortium, parties: Iterable[str]) -> None:
    """Raise Refused if these parties cannot be played here: their private parts or keys are not.

    A party whose public key the agreement names has to have the private one.
    """
    ids = consortium.agreement.party_ids
    for name in parties:
        if name in consortium.agreement.public_keys and not consortium.identity_of(name):
            raise consortium.refused(
                f"the agreement names the public key of {name}, and its private key is not here",
                f'Name the file that has it: `identity = "{name}.key"`.',
                *("party", ids.index(name), "identity"),
            )
        consortium.private_of(name)


def own_list(consortium: Consortium, people: Path | None) -> bytes | None:
    """The requester's own list, if it has one."""
    if people is not None:
        return read_people(people)
    path = consortium.private_of(consortium.agreement.requester).people
    return None if path is None else read_people(consortium.folder / path)


def drill(consortium: Consortium, words: Sequence[str]) -> dict[str, int]:
    """Who falls silent from which shard on, from words such as `rides` and `games@3`.

    Raises Refused for a party that is no platform and a shard that is no number.
    """
    platforms = consortium.agreement.data_parties
    lost = {}
    for word in words:
        name, separator, shard = word.partition("@")
        if name not in platforms or (separator and not shard.isdecimal()):
            raise Refused(
                f"{word!r} is no platform that could be lost",
                f"Say PARTY or PARTY@SHARD; the platforms are {', '.join(platforms)}.",
            )
        lost[name] = int(shard or 0)
    return lost
