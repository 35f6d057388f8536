"""A checked consortium: the agreement, and what is private to all parties or to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from privscore.card.scorecard import Characteristic, Scorecard
from privscore.consortium.addresses import Address
from privscore.consortium.agreement import Agreement
from privscore.consortium.rules.private import PRIVATE_KEYS
from privscore.consortium.toml_lines import KeyPath, line_of
from privscore.errors import Refused


@dataclass(frozen=True, slots=True)
class PrivatePart:
    """What one party keeps to itself: its data, its key, and the requester's list of people."""

    table: str | None  # a file, or one SELECT
    key: str  # the table's column of ids
    people: str | None  # a file
    data_dir: str | None  # the only folder the table may read
    card: Scorecard | None = field(default=None, repr=False)  # the owner's, with hidden points
    identity: bytes = field(default=b"", repr=False)  # the seed of its Ed25519 key, if it has one


class SharedFile(NamedTuple):
    """The consortium file that a party's own file names, and where everything stands in it."""

    path: Path
    lines: dict[KeyPath, int]


@dataclass(frozen=True)
class Consortium:
    """A checked file: what all have agreed, and the private parts of all parties or of `me` alone.

    Ask `private_of` for a private part: it refuses, in words, what is another party's.
    """

    agreement: Agreement
    private: dict[str, PrivatePart]  # by party: all of them, or `me`
    path: Path  # what was loaded: the consortium file, or a party's own
    lines: dict[KeyPath, int]  # of that file
    titles: tuple[str, ...]  # the characteristics' names, in file order
    me: str | None = None  # whose world this is; None: everybody's
    addresses: Mapping[str, Address] = field(default_factory=dict)  # of parties that name any
    shared: SharedFile | None = None  # beside a party's own file
    folder: Path = field(init=False)  # where the file lies: what it names is relative to this

    def __post_init__(self) -> None:
        # Now, since the working directory of the process changes while a table is read.
        object.__setattr__(self, "folder", self.path.resolve().parent)

    @property
    def owner(self) -> str | None:
        """Whose card it is; None if nobody's."""
        return next(iter(self.agreement.holders("card")), None)

    @property
    def card(self) -> Scorecard | None:
        """The card with all its points; None where they are hidden and in another party's file."""
        card = self.agreement.scorecard
        if card.secret is None:
            return card
        owners_part = self.private.get(self.owner or "")
        return None if owners_part is None else owners_part.card

    def card_of(self, party: str) -> Scorecard | None:
        """The card with all its points, as its owner has it; None for everybody else.

        Raises Refused for the hidden card of an owner whose world this is not.
        """
        if party != self.owner:
            return None
        if self.agreement.scorecard.secret is not None:
            self.private_of(party)
        return self.card

    def identity_of(self, party: str) -> bytes:
        """The 32-byte seed of a party's Ed25519 key; empty where its file names none.

        Raises Refused as `private_of` does.
        """
        return self.private_of(party).identity

    def private_of(self, party: str) -> PrivatePart:
        """What is private to a party; raises Refused where this is the world of another one."""
        if self.me not in (None, party):
            raise Refused(
                f"what is private to {party} is needed, and this is the world of {self.me} alone",
                f"Let {party} do it with its own file, or take a file that is for all parties.",
                file=self.path,
            )
        return self.private[party]

    def line_of(self, *keys: str | int) -> int:
        """The line of a key such as ("party", 3, "table"), or of the table that lacks it."""
        return self._place_of_key(keys)[1]

    def place_of(self, characteristic: Characteristic) -> KeyPath:
        """Where a characteristic stands."""
        return ("scorecard", "characteristic", self.titles.index(characteristic.name))

    def refused(self, cause: str, fix: str, *keys: str | int) -> Refused:
        """A refusal that points at a key of the consortium file, or of the party's own."""
        file, line = self._place_of_key(keys)
        return Refused(cause, fix, file=file, line=line)

    def _place_of_key(self, keys: KeyPath) -> tuple[Path, int]:
        if self.shared is None:
            return self.path, line_of(self.lines, keys)
        if keys[:1] == ("party",) and keys[2:] and keys[2] in PRIVATE_KEYS:
            return self.path, line_of(self.lines, keys[2:])
        return self.shared.path, line_of(self.shared.lines, keys)
