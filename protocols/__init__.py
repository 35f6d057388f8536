"""Cryptographic protocols between parties, and the engine that runs, meters and checks them.

What a first protocol needs comes from here in one line; each name is imported when it is first
used. The engine is in `core`, the suite that every protocol passes in `conformance`, the protocols
by what protects the values: `sharing`, `aggregation`, `encryption`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from protocols.conformance import FULL, QUICK, conform
    from protocols.core.cost import Declared
    from protocols.core.local import Network, run_local
    from protocols.core.message import MASKED, PUBLIC, SHARE, Message, ciphertext, opened
    from protocols.core.party import Party, role
    from protocols.core.play_job import rehearse
    from protocols.core.ring import Ring
    from protocols.core.spec import Own, Setting, Small, Spec

_PLACES = {
    "FULL": "conformance",
    "MASKED": "core.message",
    "PUBLIC": "core.message",
    "QUICK": "conformance",
    "SHARE": "core.message",
    "Declared": "core.cost",
    "Message": "core.message",
    "Network": "core.local",
    "Own": "core.spec",
    "Party": "core.party",
    "Ring": "core.ring",
    "Setting": "core.spec",
    "Small": "core.spec",
    "Spec": "core.spec",
    "ciphertext": "core.message",
    "conform": "conformance",
    "opened": "core.message",
    "rehearse": "core.play_job",
    "role": "core.party",
    "run_local": "core.local",
}

__all__ = [
    "FULL",
    "MASKED",
    "PUBLIC",
    "QUICK",
    "SHARE",
    "Declared",
    "Message",
    "Network",
    "Own",
    "Party",
    "Ring",
    "Setting",
    "Small",
    "Spec",
    "ciphertext",
    "conform",
    "opened",
    "rehearse",
    "role",
    "run_local",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
