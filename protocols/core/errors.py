"""Every way in which a protocol run can end badly, and whose fault it is.

Ours is `LocalMisuse`, a peer's is `PeerFault`, the network's is `Stalled`; `Aborted` is what a
peer met and told us of. No text here ever holds a value of anybody's data: names, counts and
shapes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ProtocolError(Exception):
    """What all of them have in common; never raised itself."""


class LocalMisuse(ProtocolError):
    """We called the library wrongly. The fix is in our own code."""


class PeerFault(ProtocolError):
    """A peer sent something that the protocol forbids.

    `suspects` is one name where the evidence proves who it was, and otherwise everybody that it
    could have been: it is never a guess.
    """

    def __init__(self, suspects: str | tuple[str, ...], why: str) -> None:
        self.suspects = (suspects,) if isinstance(suspects, str) else tuple(suspects)
        self.why = why
        super().__init__(self.suspects, why)

    def __str__(self) -> str:
        return f"{' or '.join(self.suspects)}: {self.why}"


@dataclass(frozen=True, slots=True, order=True)
class Missing:
    """`who` waits for message `name`, number `number`, from `sender`."""

    who: str
    name: str
    number: int
    sender: str

    def __str__(self) -> str:
        return f"{self.who} waits for {self.name} #{self.number} from {self.sender}"


class Stalled(ProtocolError):
    """Somebody waits for messages that will not come: nothing is in flight, or time is up."""

    def __init__(self, missing: tuple[Missing, ...], why: str = "") -> None:
        self.missing, self.why = tuple(sorted(missing)), why
        super().__init__(self.missing, why)

    @property
    def silent(self) -> tuple[str, ...]:
        """Who is waited for, and waits for nobody: where a stall of many begins."""
        waiting = {missing.who for missing in self.missing}
        return tuple(sorted({missing.sender for missing in self.missing} - waiting))

    def __str__(self) -> str:
        parts = [self.why] if self.why else []
        waiters: dict[tuple[str, int, str], list[str]] = {}
        for missing in self.missing:
            message = (missing.name, missing.number, missing.sender)
            waiters.setdefault(message, []).append(missing.who)
        senders: dict[tuple[str, int, str], list[str]] = {}
        for (name, number, sender), who in waiters.items():
            wait = f"{', '.join(who)} {'waits' if len(who) == 1 else 'wait'}"
            senders.setdefault((name, number, wait), []).append(sender)
        parts += [
            f"{wait} for {name} #{number} from {', '.join(names)}"
            for (name, number, wait), names in senders.items()
        ]
        return "; ".join(parts)


class Cause(IntEnum):
    """Why a party ended its part, as it tells the others; the number is what travels."""

    PEER_FAULT = 1
    STALLED = 2
    REFUSED = 3
    OWN_FAULT = 4
    STOPPED = 5


class Aborted(ProtocolError):
    """A peer ended its part, and said so.

    `sender` is who told us, `failed` whose session it was that failed first, `suspects` whom that
    party suspects, `words` why, in words that hold no data. All but `sender` is a claim.
    """

    def __init__(
        self, sender: str, failed: str, cause: Cause, suspects: tuple[str, ...], words: str
    ) -> None:
        self.sender, self.failed, self.cause = sender, failed, cause
        self.suspects, self.words = suspects, words
        super().__init__(sender, failed, cause, suspects, words)

    def __str__(self) -> str:
        told = "" if self.sender == self.failed else f" ({self.sender} passed this on)"
        return f"{self.failed} ended the session: {self.words}{told}"
