"""The agreement: what all parties of a consortium have checked and share, and nothing private.

It never changes. Its canonical bytes travel, and their SHA-256 binds every session to it.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from msgspec import UNSET

from privscore.card.odds import Odds
from privscore.card.scorecard import Characteristic, Scorecard, Secret, Tier
from privscore.consortium.conversion import Refuse
from privscore.consortium.policy import Fact, Policy
from privscore.consortium.rules import check
from privscore.consortium.rules.bounds import active, clip_of
from privscore.consortium.shape import (
    ROLES,
    SCHEMA,
    CharacteristicShape,
    ConsortiumShape,
    Role,
    ScorecardShape,
    shaped,
)
from privscore.errors import Refused

_COMPUTE_PARTIES = 3


@dataclass(frozen=True, slots=True)
class PartyInfo:
    """A party as the others know it."""

    id: str
    roles: tuple[Role, ...]
    public_key: str = ""  # Ed25519, in hexadecimal


@dataclass(frozen=True)
class Agreement:
    """Parties, scorecard, tiers and policy, checked: every rule of a consortium file holds."""

    name: str
    purpose: str
    parties: tuple[PartyInfo, ...]  # in file order
    scorecard: Scorecard
    tiers: tuple[Tier, ...]  # ascending
    policy: Policy

    @property
    def party_ids(self) -> tuple[str, ...]:
        """All parties, in file order."""
        return tuple(party.id for party in self.parties)

    @property
    def data_parties(self) -> tuple[str, ...]:
        """The platforms, in file order."""
        return self._named("data")

    @property
    def requesters(self) -> tuple[str, ...]:
        """Who gets an answer, in file order."""
        return self._named("requester")

    @property
    def requester(self) -> str:
        """Who asks: the first requester, which says whom the job is about."""
        return self.requesters[0]

    @property
    def public_keys(self) -> dict[str, bytes]:
        """The Ed25519 keys that the file names, by party; an auditor's is for signing alone."""
        return {
            party.id: bytes.fromhex(party.public_key)
            for party in self.parties
            if party.public_key and "auditor" not in party.roles
        }

    def holders(self, role: str) -> tuple[str, ...]:
        """Who plays a role: whom the file names, or else platforms in file order.

        The first platform is aggregator, the first three compute, the second owns the card if
        that names no owner; there is no auditor by default. Raises ValueError for a word that is
        no role.
        """
        if role not in ROLES:
            raise ValueError(f"{role!r} is not one of {', '.join(ROLES)}")
        platforms = self.data_parties
        defaults = {
            "aggregator": platforms[:1],
            "compute": platforms[:_COMPUTE_PARTIES],
            "card": (self.scorecard.owner,) if self.scorecard.owner else platforms[1:2],
        }
        return self._named(role) or defaults.get(role, ())

    def _named(self, role: str) -> tuple[str, ...]:
        return tuple(party.id for party in self.parties if role in party.roles)

    def encode(self) -> bytes:
        """The canonical bytes: JSON in the shape of a file, sorted keys, no blanks, UTF-8."""
        return msgspec.json.encode(_shape_of(self), order="sorted")

    @cached_property
    def sha256(self) -> bytes:
        """The hash of the canonical bytes, 32 bytes."""
        return hashlib.sha256(self.encode()).digest()

    @classmethod
    def decode(cls, body: bytes) -> Agreement:
        """The agreement that encodes to exactly `body`; raises Refused if there is none."""
        fix = "Compare the consortium files of both parties."
        try:
            data = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused("the bytes of an agreement are no JSON object", fix) from error
        agreement = cls.of(shaped(data, _without_place), _without_place)
        if agreement.encode() != body:
            raise Refused("the bytes of an agreement are not in canonical form", fix)
        return agreement

    @classmethod
    def of(cls, file: ConsortiumShape, refuse: Refuse) -> Agreement:
        """The public part of a file; raises what `refuse` makes of the first broken rule."""
        check(file, refuse)
        return cls(
            name=file.name,
            purpose=file.purpose,
            parties=tuple(
                PartyInfo(party.id, tuple(party.roles), party.public_key or "")
                for party in file.party
            ),
            scorecard=card_of(file.scorecard, whole=not file.scorecard.hidden),
            tiers=tuple(Tier(tier.name, tier.from_, tier.grants) for tier in file.tier),
            policy=Policy(
                reveal=tuple(sorted((p, Fact.named(w)) for p, w in file.policy.reveal.items())),
                min_people=file.policy.min_people,
                accept_output_leak=file.policy.accept_output_leak,
                dropout=file.policy.dropout,
                sheet=file.policy.sheet,
            ),
        )


def _without_place(cause: str, fix: str, *_keys: str | int) -> Refused:
    return Refused(f"an agreement was sent that breaks a rule: {cause}", fix)


def _odds(card: ScorecardShape) -> Odds | None:
    odds = card.odds
    return Odds(_plain(odds.score), _plain(odds.good_to_bad), _plain(odds.double)) if odds else None


def _plain(number: float) -> float:
    """1.0 and 1 are the same number, so they must be the same bytes."""
    return int(number) if number == int(number) else number


def card_of(card: ScorecardShape, *, whole: bool) -> Scorecard:
    """The card that a checked file holds: with its points if `whole`, or as all parties know it."""
    on = active(card)
    secret = None
    if card.hidden and card.points_range:
        least, most = card.points_range
        secret = Secret(least, most, card.commitment or "", card.signature or "")
    return Scorecard(
        base=card.base,
        clip=clip_of(card),
        characteristics=tuple(_characteristic(each, whole) for each in on),
        disabled=tuple(
            _characteristic(each, whole) for each in card.characteristic if each not in on
        ),
        owner=card.owner or "",
        secret=secret,
        odds=_odds(card),
    )


def _characteristic(shape: CharacteristicShape, whole: bool) -> Characteristic:
    return Characteristic(
        name=shape.title,
        columns=shape.sources,
        reason=shape.reason or shape.title,
        bins=tuple(map(_plain, shape.bins or ())),
        points=tuple(shape.points) if whole and shape.points else None,
        missing=_plain(shape.missing or 0) if whole else None,
        combine=shape.combine or None,
        range=(shape.range[0], shape.range[1]) if shape.range else None,
        contested=shape.contested,
        weighted=shape.weighted,
        weight=_plain(shape.weight) if whole and shape.weight is not UNSET else None,
    )


def _shape_of(agreement: Agreement) -> dict[str, Any]:
    """The agreement as a file would say it, with every default spelled out."""
    card, policy = agreement.scorecard, agreement.policy
    lines = (*card.characteristics, *card.disabled)
    return {
        "schema": SCHEMA,
        "name": agreement.name,
        "purpose": agreement.purpose,
        "party": [
            {"id": party.id, "roles": party.roles} | _without_empty(public_key=party.public_key)
            for party in agreement.parties
        ],
        "scorecard": {
            "base": card.base,
            "clip": card.clip,
            "characteristic": [_entry(line, card.secret) for line in lines],
            "contested": [line.name for line in card.characteristics if line.contested],
        }
        | _without_empty(owner=card.owner)
        | _hidden(card.secret)
        | ({"odds": dataclasses.asdict(card.odds)} if card.odds else {}),
        "tier": [{"name": t.name, "from": t.from_, "grants": t.grants} for t in agreement.tiers],
        "policy": {
            "reveal": {party: fact.word for party, fact in policy.reveal},
            "min_people": policy.min_people,
            "accept_output_leak": policy.accept_output_leak,
            "dropout": policy.dropout,
            "sheet": policy.sheet,
        },
    }


def _without_empty(**keys: str) -> dict[str, str]:
    return {key: value for key, value in keys.items() if value}


def _hidden(secret: Secret | None) -> dict[str, Any]:
    if secret is None:
        return {}
    public = _without_empty(commitment=secret.commitment, signature=secret.signature)
    return {"hidden": ["points"], "points_range": (secret.least, secret.most), **public}


def _entry(characteristic: Characteristic, secret: Secret | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": characteristic.name,
        "reason": characteristic.reason,
        "contested": characteristic.contested,
    }
    if not characteristic.weighted:
        entry["bins"] = characteristic.bins
    if secret is None:
        *given, missing = characteristic.numbers
        entry |= {"weight": given[0]} if characteristic.weighted else {"points": given}
        entry["missing"] = missing
    if characteristic.combine is None:
        entry["column"] = characteristic.columns[0]
    else:
        entry |= {"columns": characteristic.columns, "combine": characteristic.combine}
    if characteristic.range is not None:
        entry["range"] = characteristic.range
    return entry
