"""Three platforms, and a network on which somebody changes what they send."""

from __future__ import annotations

from collections.abc import Callable

from protocols.core.local import Network
from protocols.core.message import Envelope

PLATFORMS = ("wallet", "market", "social")
PEOPLE = 9


def changed(name: str, change: Callable[[Envelope], Envelope | None]) -> Network:
    """A network that changes the messages of this class name."""
    return Network(
        tamper=lambda sent: change(sent) if sent.name.rpartition("/")[2] == name else sent
    )
