"""A consortium file: the one thing a user writes, checked and split into public and private parts.

Whatever is wrong with the file ends in one `Refused` that names the file, the line, the cause
and the fix.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import UNSET

from privscore.card.commitment import commitment
from privscore.card.scorecard import Characteristic, Scorecard
from privscore.consortium.agreement import Agreement, PartyInfo, card_of
from privscore.consortium.policy import Fact, Policy
from privscore.consortium.rules import check_private
from privscore.consortium.shape import (
    ConsortiumShape,
    PartyShape,
    Refuse,
    ScorecardShape,
    json_schema,
    shaped,
)
from privscore.consortium.toml_lines import KeyPath, key_lines, line_of
from privscore.errors import Refused

__all__ = [
    "Agreement",
    "Consortium",
    "Fact",
    "PartyInfo",
    "Policy",
    "PrivatePart",
    "json_schema",
    "load",
]

_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class PrivatePart:
    """What one party keeps to itself: where its data are, and the requester's list of people."""

    table: str | None  # a file, or one SELECT
    key: str  # the table's column of ids
    people: str | None  # a file
    data_dir: str | None  # the only folder the table may read
    card: Scorecard | None = field(default=None, repr=False)  # the owner's, with hidden points
    identity: bytes = field(default=b"", repr=False)  # the seed of its Ed25519 key, if it has one


@dataclass(frozen=True)
class Consortium:
    """A checked file: the agreement, the private parts, and where everything stands in it."""

    agreement: Agreement
    private: dict[str, PrivatePart]  # by party
    path: Path
    lines: dict[KeyPath, int]
    titles: tuple[str, ...]  # the characteristics' names, in file order
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
        return None if self.owner is None else self.private[self.owner].card

    def card_of(self, party: str) -> Scorecard | None:
        """The card with all its points, as its owner has it; None for everybody else."""
        return self.card if party == self.owner else None

    def identity_of(self, party: str) -> bytes:
        """The seed of a party's Ed25519 key; empty where its file names none."""
        return self.private[party].identity

    def line_of(self, *keys: str | int) -> int:
        """The line of a key such as ("party", 3, "table"), or of the table that lacks it."""
        return line_of(self.lines, keys)

    def place_of(self, characteristic: Characteristic) -> KeyPath:
        """Where a characteristic stands."""
        return ("scorecard", "characteristic", self.titles.index(characteristic.name))

    def refused(self, cause: str, fix: str, *keys: str | int) -> Refused:
        """A refusal that points at a key of this file."""
        return Refused(cause, fix, file=self.path, line=self.line_of(*keys))


def load(path: Path) -> Consortium:
    """Read and check a consortium file; raises Refused for whatever is wrong with it."""
    shape, lines, refuse = parsed(path)
    agreement = Agreement.of(shape, refuse)
    check_private(shape, refuse)
    private = {party.id: _private(party) for party in shape.party}
    if shape.scorecard.hidden and (card := _owner_card(shape.scorecard, refuse)) is not None:
        owner = agreement.holders("card")[0]
        private[owner] = replace(private[owner], card=card)
    titles = tuple(each.title for each in shape.scorecard.characteristic)
    return Consortium(agreement, private, path, lines, titles)


def parsed(path: Path) -> tuple[ConsortiumShape, dict[KeyPath, int], Refuse]:
    """A file of the right shape, where its keys stand, and how it is refused; not yet checked."""
    text = _read(path)
    try:
        data = tomllib.loads(text)
        lines = key_lines(text)
    except RecursionError as error:
        raise Refused("lists are nested too deeply", "Flatten them.", file=path) from error
    except ValueError as error:  # TOMLDecodeError is one; so is a number of 5,000 digits
        cause, line = _syntax_fault(str(error), text)
        raise Refused(
            f"this is not TOML: {cause}",
            "Fix the line; tables are [name], keys are `key = value`, texts stand in quotes.",
            file=path,
            line=line,
        ) from error

    def refuse(cause: str, fix: str, *keys: str | int) -> Refused:
        return Refused(cause, fix, file=path, line=line_of(lines, keys))

    return shaped(data, refuse), lines, refuse


def _owner_card(card: ScorecardShape, refuse: Refuse) -> Scorecard | None:
    """The card with its hidden points, if the file is their owner's and holds them."""
    if not all(each.possible_points for each in card.characteristic):
        return None
    whole = card_of(card, whole=True)
    if card.commitment is UNSET:
        return whole
    if card.salt is UNSET:
        raise refuse(
            "the points stand beside a `commitment`, but its `salt` does not",
            "Add the `salt` that `privscore commit` printed with it.",
            *("scorecard", "commitment"),
        )
    if commitment(whole, card.salt) != card.commitment:
        raise refuse(
            "the `commitment` does not fit the points, their bins or the `salt`",
            "Take back what was changed, or agree on what `privscore commit` prints now.",
            *("scorecard", "commitment"),
        )
    return whole


def _private(party: PartyShape) -> PrivatePart:
    return PrivatePart(party.table or None, party.key, party.people or None, party.data_dir or None)


def _read(path: Path) -> str:
    if path.is_dir():
        raise Refused("this is a folder", "Name the consortium file in it.", file=path)
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise Refused(
            "there is no such file", "Check the name and the folder.", file=path
        ) from error
    except OSError as error:
        raise Refused(
            f"the file cannot be read: {error.strerror}", "Check its permissions.", file=path
        ) from error
    if len(body) > _MOST_BYTES:
        raise Refused(
            f"the file is larger than {_MOST_BYTES >> 20} MiB",
            "A consortium file holds no data; name a table's file instead.",
            file=path,
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            "the file is not UTF-8",
            "Save it as UTF-8.",
            file=path,
            line=body.count(b"\n", 0, error.start) + 1,
        ) from error
    if not text.strip():
        raise Refused(
            "the file is empty", "`privscore init DIR` writes an example.", file=path, line=1
        )
    return text


def _syntax_fault(message: str, text: str) -> tuple[str, int]:
    """What `tomllib` says, without the place, and the line of that place."""
    cause, _, place = message.partition(" (at ")
    line = re.match(r"line (\d+)", place)
    return cause, int(line[1]) if line else text.rstrip().count("\n") + 1
