"""What a protocol's Spec promises the parties of one agreement: who may put together what."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from privscore.consortium.agreement import Agreement
from privscore.methods.base import contributors
from protocols.core.spec import Setting, Spec

OWNER: Final = "the card's owner"  # no party's id: it may be a platform, or the requester, too


def harmless(spec: Spec, agreement: Agreement, members: frozenset[str]) -> bool:
    """Whether these together are promised to learn no more than their outputs.

    True also for a protocol whose parties are others than those of the agreement, since it speaks
    of nobody here, and where all that is exposed is a card whose points are public.
    """
    setting = _placed(spec, agreement)
    if setting is None:
        return True
    coalition = _coalition(setting, agreement, members)
    if spec.harmless(setting, coalition):
        return True
    return agreement.scorecard.secret is None and _read(spec, setting, coalition) <= {OWNER}


def exposed(spec: Spec, agreement: Agreement, members: frozenset[str]) -> frozenset[str]:
    """Whose inputs these together may read, OWNER for the card; empty if they are harmless."""
    setting = _placed(spec, agreement)
    if setting is None or harmless(spec, agreement, members):
        return frozenset()
    return _read(spec, setting, _coalition(setting, agreement, members))


def parties_of(spec: Spec, agreement: Agreement) -> tuple[str, ...]:
    """The parties of the agreement that the Spec speaks of, each once."""
    setting = _placed(spec, agreement)
    owners = agreement.holders("card")
    named = () if setting is None else setting.parties
    return tuple(dict.fromkeys(p for each in named for p in (owners if each == OWNER else (each,))))


def _read(spec: Spec, setting: Setting, coalition: frozenset[str]) -> frozenset[str]:
    if spec.exposes is None:
        return frozenset(setting.parties) - coalition
    return frozenset(spec.exposes(setting, coalition))


def _placed(spec: Spec, agreement: Agreement) -> Setting | None:
    """The setting with this agreement's parties in the places of the Spec's; None if they differ.

    The aggregator is first, the requester last; before it stands a card's owner where there is one.
    """
    order = dict.fromkeys((*agreement.holders("aggregator"), *contributors(agreement)))
    order.pop(agreement.requester, None)
    if len(order) not in spec.sizes:
        return None
    setting = spec.setting(len(order), people=1)
    for parties in ((*order, agreement.requester), (*order, OWNER, agreement.requester)):
        if len(setting.parties) == len(parties):
            return replace(setting, parties=parties)
    return None


def _coalition(setting: Setting, agreement: Agreement, members: frozenset[str]) -> frozenset[str]:
    owns = members & set(agreement.holders("card"))
    return frozenset((*members, *([OWNER] if owns else []))) & set(setting.parties)
