"""What a protocol's Spec promises the parties of one agreement: who may put together what.

The method casts the parties into the Spec's places. Where they do not fit, or where the protocol is
checked for other numbers of platforms, nothing is promised: nobody is called harmless then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from privscore.consortium.agreement import Agreement
from privscore.methods.base import Method
from protocols.core.spec import Setting, Spec

OWNER: Final = "the card's owner"  # no party's id: it may be a platform, or the requester, too


def promised(method: Method, spec: Spec, agreement: Agreement) -> Setting | None:
    """The Spec's setting with this agreement's parties, OWNER in the place `card`.

    None where it promises nothing: the parties do not fit, or it was never checked for so many.
    """
    cast = dict(method.cast(agreement))
    if spec.misfit(cast):
        return None
    if "card" in cast:
        cast["card"] = (OWNER,)
    setting = spec.cast_as(cast, people=1)
    if setting.size not in spec.sizes:
        return None
    return replace(setting, parameters=None)


def harmless(method: Method, spec: Spec, agreement: Agreement, members: frozenset[str]) -> bool:
    """Whether these together are promised to learn no more than their outputs.

    True also where all that is exposed is a card whose points are public; False where nothing is
    promised.
    """
    setting = promised(method, spec, agreement)
    if setting is None:
        return False
    coalition = _coalition(setting, agreement, members)
    if spec.harmless(setting, coalition):
        return True
    return agreement.scorecard.secret is None and _exposed(spec, setting, coalition) <= {OWNER}


def exposed(
    method: Method, spec: Spec, agreement: Agreement, members: frozenset[str]
) -> frozenset[str]:
    """Whose inputs these together may read, OWNER for the card; empty if they are harmless.

    Empty also where nothing is promised: ask `promised` first.
    """
    setting = promised(method, spec, agreement)
    if setting is None or harmless(method, spec, agreement, members):
        return frozenset()
    return _exposed(spec, setting, _coalition(setting, agreement, members))


def parties_of(method: Method, spec: Spec, agreement: Agreement) -> tuple[str, ...]:
    """The parties of the agreement that stand in a place of the Spec, each once."""
    cast = method.cast(agreement)
    return tuple(dict.fromkeys(name for place in spec.places for name in cast.get(place, ())))


def _exposed(spec: Spec, setting: Setting, coalition: frozenset[str]) -> frozenset[str]:
    if spec.exposes is None:
        return frozenset(setting.parties) - coalition
    return frozenset(spec.exposes(setting, coalition))


def _coalition(setting: Setting, agreement: Agreement, members: frozenset[str]) -> frozenset[str]:
    owns = members & set(agreement.holders("card"))
    return frozenset((*members, *([OWNER] if owns else []))) & set(setting.parties)
