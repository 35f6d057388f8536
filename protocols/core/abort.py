"""How a party tells its peers that it ends its part and why, in words that hold no data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from protocols.core.errors import Aborted, Cause, Missing, PeerFault, Stalled

MAX_WORDS_BYTES: Final = 600
MAX_LISTED = 1024  # suspects, or messages that are missing

# What is said of errors that are not for others: their texts are ours, and may speak of our files.
_REPORT: Final = "its own report says why"
FIXED_WORDS: Final = {
    Cause.REFUSED: f"it refuses to go on; {_REPORT}",
    Cause.OWN_FAULT: f"it failed by itself; {_REPORT}",
    Cause.STOPPED: "it was stopped",
}
_IN_VAIN: Final = "it waited in vain"
_NUMBER = re.compile(r"(?<![\w#])[-+]?\d[\w.,+-]*")


@dataclass(frozen=True, slots=True)
class Abort:
    """A party's last word: it ends its part in a session, and in all that come after it.

    `sender` says so, because the session of `failed` (itself, or whose abort it passes on) failed;
    `missing` is what it waited for in vain, if that is why.
    """

    sender: str
    failed: str
    cause: Cause
    suspects: tuple[str, ...]
    missing: tuple[Missing, ...]
    words: str

    @classmethod
    def because(cls, me: str, error: BaseException) -> Self:
        """What `me` tells the others of the error that ended its part.

        The text of a PeerFault or a Stalled is told, without its numbers: it holds no values by
        rule, but what a peer may count is not for everybody. Of any other error only the cause.
        """
        if isinstance(error, Aborted):
            return cls(me, error.failed, error.cause, error.suspects, (), error.words)
        if isinstance(error, PeerFault):
            return cls(me, me, Cause.PEER_FAULT, error.suspects, (), told(str(error)))
        if isinstance(error, Stalled):
            missing = tuple(item for item in error.missing if item.who == me)[:MAX_LISTED]
            return cls(me, me, Cause.STALLED, error.silent, missing, told(str(error)) or _IN_VAIN)
        cause = Cause.STOPPED if isinstance(error, KeyboardInterrupt) else Cause.OWN_FAULT
        return cls(me, me, cause, (), (), FIXED_WORDS[cause])

    @classmethod
    def refusal(cls, me: str) -> Self:
        """What `me` tells the others when it will not go on, by its own rules."""
        return cls(me, me, Cause.REFUSED, (), (), FIXED_WORDS[Cause.REFUSED])

    def error(self) -> Aborted:
        """What it means for the party that is told."""
        return Aborted(self.sender, self.failed, self.cause, self.suspects, self.words)


def told(text: str) -> str:
    """A text as it may leave: without numbers, on one line, and not too long.

    The number of a message, `#0`, stays; so do digits inside a name.
    """
    line = " ".join(_NUMBER.sub("…", text).split())
    line = "".join(character if character.isprintable() else "?" for character in line)
    if len(line.encode()) <= MAX_WORDS_BYTES:
        return line
    return line.encode()[: MAX_WORDS_BYTES - len("…".encode())].decode(errors="ignore") + "…"
