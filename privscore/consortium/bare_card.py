"""A scorecard without a consortium around it: the agreement that its own columns imply.

Its platforms are those that the card names, in the card's order; one requester asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from privscore.card.scorecard import Scorecard, Tier
from privscore.consortium.agreement import Agreement, PartyInfo
from privscore.consortium.conversion import Refuse
from privscore.consortium.policy import Fact, Policy
from privscore.consortium.shape import SCHEMA, PartyShape, shaped

REQUESTER = "requester"
NAME = "scorecard"
PURPOSE = "Try a scorecard out. Not for decisions on real people."


def agreement_of(
    card: Scorecard | Mapping[str, Any],
    refuse: Refuse,
    *,
    tiers: Sequence[Tier] = (),
    reveal: str = Fact.SCORE.word,
    min_people: int = 50,
    accept_output_leak: bool = False,
) -> Agreement:
    """The agreement about a card, which may be a mapping in the shape of a file's [scorecard].

    All rules of a consortium file hold; raises what `refuse` makes of the first broken one.
    """
    file = shaped(
        {
            "schema": SCHEMA,
            "name": NAME,
            "purpose": PURPOSE,
            "party": [{"id": REQUESTER, "roles": ["requester"]}],
            "scorecard": _mapping(card) if isinstance(card, Scorecard) else dict(card),
            "tier": [{"name": t.name, "from": t.from_, "grants": t.grants} for t in tiers],
            "policy": {
                "reveal": {REQUESTER: reveal},
                "min_people": min_people,
                "accept_output_leak": accept_output_leak,
            },
        },
        refuse,
    )
    for key in ("hidden", "owner"):
        if getattr(file.scorecard, key):
            raise refuse(
                "a scorecard without a consortium around it has nobody who could own it",
                "Take `owner` and `hidden` out, or write a consortium file.",
                *("scorecard", key),
            )
    columns = (column for each in file.scorecard.characteristic for column in each.sources)
    platforms = dict.fromkeys(column.partition(".")[0] for column in columns)
    if not platforms:
        raise refuse(
            "the scorecard looks at no platform's column",
            'Give it a characteristic with `column = "platform.column"`.',
            *("scorecard", "characteristic"),
        )
    file.party[:0] = [PartyShape(platform, ["data"]) for platform in platforms]
    return Agreement.of(file, refuse)


def _mapping(card: Scorecard) -> dict[str, Any]:
    """A card as a file would say it."""
    agreement = Agreement(
        NAME, PURPOSE, (PartyInfo(REQUESTER, ("requester",)),), card, (), Policy(reveal=())
    )
    shape: dict[str, Any] = msgspec.json.decode(agreement.encode())
    scorecard: dict[str, Any] = shape["scorecard"]
    return scorecard
