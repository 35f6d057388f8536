"""The rules for a consortium file of the right shape; the first broken one is reported.

Every check takes the shape and `refuse`, and raises what `refuse` makes; none returns a value.
"""

from __future__ import annotations

import re

from privscore.consortium.conversion import Refuse
from privscore.consortium.policy import FACT_WORDS
from privscore.consortium.rules.bounds import EXACT, clip_of
from privscore.consortium.rules.card import check_card, repeated
from privscore.consortium.shape import ID_PATTERN, ConsortiumShape, PartyShape
from privscore.consortium.toml_lines import nearest

_FEWEST_PLATFORMS = 3


def check(file: ConsortiumShape, refuse: Refuse) -> None:
    """All rules for what every party may see of a file."""
    for key, text in (("name", file.name), ("purpose", file.purpose)):
        if not text.strip():
            raise refuse(f"`{key}` is empty", f"Say in a few words what the {key} is.", key)
    _check_parties(file, refuse)
    check_card(file, refuse)
    _check_tiers(file, refuse)
    _check_policy(file, refuse)


def _check_parties(file: ConsortiumShape, refuse: Refuse) -> None:
    for index, party in enumerate(file.party):
        if not re.fullmatch(ID_PATTERN, party.id):
            raise refuse(
                "a party's `id` has to be a small letter, then up to 39 of a-z, 0-9, _ and -",
                "Choose such an id: it becomes the name of a folder.",
                *("party", index, "id"),
            )
        if not party.roles or repeated(party.roles) is not None:
            raise refuse(
                f"{party.id} has {'a role twice' if party.roles else 'no role'}",
                "Name each of its roles once.",
                *("party", index, "roles"),
            )
    if (again := repeated(party.id for party in file.party)) is not None:
        raise refuse(
            f"two parties have the id {file.party[again].id}",
            "Give each party an id of its own.",
            *("party", again, "id"),
        )
    _check_roles(file.party, file.policy.accept_output_leak, refuse)


def _check_roles(parties: list[PartyShape], leak_accepted: bool, refuse: Refuse) -> None:
    holders: dict[str, list[int]] = {}
    for index, party in enumerate(parties):
        for role in party.roles:
            holders.setdefault(role, []).append(index)
    data, requesters = holders.get("data", []), holders.get("requester", [])
    if not data:
        raise refuse("no party has the role data", 'Give platforms `roles = ["data"]`.', "party")
    if not requesters:
        raise refuse(
            "no party has the role requester", 'Give one party `roles = ["requester"]`.', "party"
        )
    for role in ("aggregator", "card"):
        if len(holders.get(role, [])) > 1:
            raise refuse(
                f"more than one party has the role {role}",
                f"Leave {role} to one party.",
                *("party", holders[role][1], "roles"),
            )
    if len(holders.get("compute", [])) not in (0, 3):
        raise refuse(
            f"{len(holders['compute'])} parties have the role compute",
            "Name three, or none: then the first three platforms compute.",
            *("party", holders["compute"][-1], "roles"),
        )
    if leak_accepted:
        return
    if len(data) < _FEWEST_PLATFORMS:
        raise refuse(
            f"only {len(data)} of the parties hold data: from the sum of two, each can subtract "
            "its own part",
            "Have three or more platforms, or set `accept_output_leak = true` in [policy].",
            *("party", data[-1], "roles"),
        )
    for index in sorted({*requesters} & {*data}):
        raise refuse(
            f"the requester {parties[index].id} holds data itself, and can subtract its own part "
            "from every score",
            "Give the role requester to a party without data, or set `accept_output_leak = true` "
            "in [policy].",
            *("party", index, "roles"),
        )


def _check_tiers(file: ConsortiumShape, refuse: Refuse) -> None:
    low, high = clip_of(file.scorecard)
    for index, tier in enumerate(file.tier):
        place = ("tier", index)
        if not tier.name.strip():
            raise refuse("a tier has an empty name", "Name it.", *place, "name")
        if not low <= tier.from_ <= high:
            raise refuse(
                f"tier {tier.name} begins at {tier.from_}, outside the scores from {low} to {high}",
                "Move `from` inside the card's `clip`, or widen the clip.",
                *place,
                "from",
            )
        if index and tier.from_ <= file.tier[index - 1].from_:
            raise refuse(
                f"tier {tier.name} does not begin above tier {file.tier[index - 1].name}",
                "Write the tiers in ascending order of `from`, each with one of its own.",
                *place,
                "from",
            )
    if (again := repeated(tier.name for tier in file.tier)) is not None:
        raise refuse(
            f"two tiers are called {file.tier[again].name}",
            "Give each tier a name of its own.",
            *("tier", again, "name"),
        )


def _check_policy(file: ConsortiumShape, refuse: Refuse) -> None:
    ids = [party.id for party in file.party]
    for party, fact in file.policy.reveal.items():
        place = ("policy", "reveal", party)
        if party not in ids:
            raise refuse(
                f"the policy reveals something to `{party}`, which is no party",
                f"Name one of {', '.join(ids)}.{nearest(party, ids)}",
                *place,
            )
        if fact not in FACT_WORDS:
            raise refuse(
                f"the policy reveals `{fact}`, which is no step of the scale",
                f"Use one of {', '.join(FACT_WORDS)}.{nearest(fact, FACT_WORDS)}",
                *place,
            )
    requesters = [party.id for party in file.party if "requester" in party.roles]
    for requester in requesters:
        if requester not in file.policy.reveal:
            raise refuse(
                f"the policy does not say what the requester {requester} may learn",
                f'Write for example `reveal = {{ {requester} = "score" }}`.',
                *("policy", "reveal"),
            )
    if not 1 <= file.policy.min_people <= EXACT:
        raise refuse(
            "`min_people` is not between 1 and 2^53",
            "Set it to 1 or more; it is 50 by default.",
            *("policy", "min_people"),
        )
