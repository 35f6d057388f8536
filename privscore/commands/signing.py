"""What the owner of hidden points commits to, and what an auditor signs, as lines for the file."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import UNSET
from rich.console import Group, RenderableType
from rich.text import Text

from privscore.card import reachable
from privscore.card.commitment import approve, commitment, new_salt
from privscore.card.scorecard import Scorecard
from privscore.consortium import parsed
from privscore.consortium.agreement import card_of
from privscore.consortium.identity import identity_in, public_half
from privscore.consortium.rules import check
from privscore.errors import Refused


class Totals(msgspec.Struct, frozen=True):
    """What the totals of a card give away to whoever knows its points and sees them."""

    different: int | None  # None where there are too many to list
    in_one_way: int | None  # ... of which so many can come about in one way only

    def __str__(self) -> str:
        if self.different is None:
            return "Too many totals to say how many of them would spell out a person's points."
        return (
            f"Of {self.different:,} totals, {self.in_one_way:,} can come about in one way only: "
            "who knows the points and sees such a total knows that person's points line by line."
        )


class Committed(msgspec.Struct, frozen=True):
    """A commitment to the points of one file."""

    commitment: str
    salt: str
    totals: Totals

    def __rich__(self) -> RenderableType:
        return Group(
            "[bold]For everybody's \\[scorecard][/bold]:",
            _line("commitment", self.commitment),
            "[bold]For the owner's alone[/bold]:",
            _line("salt", self.salt),
            str(self.totals),
        )


class Signed(msgspec.Struct, frozen=True):
    """An auditor's signature over the commitment of one file, whose points it has seen."""

    commitment: str
    public_key: str
    signature: str
    totals: Totals

    def __rich__(self) -> RenderableType:
        return Group(
            "[bold]For the auditor's \\[\\[party]][/bold]:",
            _line("public_key", self.public_key),
            "[bold]For everybody's \\[scorecard][/bold]:",
            _line("signature", self.signature),
            str(self.totals),
        )


class PublicIdentity(msgspec.Struct, frozen=True):
    """What the others know of a party's key."""

    public_key: str

    def __rich__(self) -> RenderableType:
        return Group("[bold]For its \\[\\[party]][/bold]:", _line("public_key", self.public_key))


def commit(path: Path) -> Committed:
    """Commit to the points in the owner's file, with its salt or, where it has none, a fresh one.

    Raises Refused for a file that hides nothing or does not hold the points.
    """
    card, _, salt = _draft(path)
    salt = salt or new_salt()
    return Committed(commitment(card, salt), salt, _totals(card))


def sign(path: Path, key: Path, *, new: bool = False) -> Signed:
    """Sign the commitment of the owner's file, in which points and salt must fit it.

    `key` is an Ed25519 key in PEM; `new` makes one there. Raises Refused for a commitment that is
    missing or does not fit, and for a file that is no such key.
    """
    card, committed, salt = _draft(path)
    if not committed or not salt or commitment(card, salt) != committed:
        raise Refused(
            "there is no commitment that fits points and salt in this file",
            "An auditor signs what it has seen: take the owner's copy, with `commitment` and "
            "`salt` as `privscore commit` prints them.",
            file=path,
        )
    signing_key = _new_key(key) if new else _key(key)
    public = signing_key.public_key().public_bytes_raw().hex()
    return Signed(committed, public, approve(signing_key, committed), _totals(card))


def identity(path: Path, *, new: bool = False) -> PublicIdentity:
    """The public half of the key in a file; `new` makes one there.

    Raises Refused for a file that is no such key, or that others than its owner can read.
    """
    if new:
        _new_key(path)

    def refuse(cause: str, fix: str) -> Refused:
        return Refused(cause, fix, file=path)

    return PublicIdentity(public_half(identity_in(path, refuse)).hex())


def _draft(path: Path) -> tuple[Scorecard, str, str]:
    """Card, commitment and salt of a file that need not have been committed or signed yet."""
    shape, _, refuse = parsed(path)
    committed, salt = shape.scorecard.commitment or "", shape.scorecard.salt or ""
    if not shape.scorecard.hidden:
        raise refuse(
            "no points are hidden in this file",
            'Write `hidden = ["points"]` and `points_range` into [scorecard].',
            "scorecard",
        )
    shape.scorecard.signature = UNSET
    shape.policy.accept_output_leak = True  # who may ask is a matter of the signature
    check(shape, refuse)
    if not all(each.possible_points for each in shape.scorecard.characteristic):
        raise refuse(
            "the hidden points do not stand in this file",
            "Take the owner's copy of it.",
            *("scorecard", "hidden"),
        )
    return card_of(shape.scorecard, whole=True), committed, salt


def _totals(card: Scorecard) -> Totals:
    ways = reachable.NOTHING
    try:
        for each in card.characteristics:
            ways = ways.and_part(reachable.possible([each]))
    except reachable.TooMany:
        return Totals(None, None)
    return Totals(len(ways.sums), int((ways.ways == 1).sum()))


def _key(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise Refused(
            f"the key cannot be read: {error.strerror}",
            "Name an Ed25519 key in PEM, or make one with --new.",
            file=path,
        ) from error
    except (ValueError, TypeError) as error:
        raise Refused(
            "this is no private key in PEM without a password",
            "Name an Ed25519 key, or make one with --new.",
            file=path,
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused("this is no Ed25519 key", "Name one, or make one with --new.", file=path)
    return key


def _new_key(path: Path) -> Ed25519PrivateKey:
    """A fresh key, in a new file that its owner alone may read."""
    key = Ed25519PrivateKey.generate()
    body = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(body)
    except OSError as error:
        raise Refused(
            f"the key cannot be written: {error.strerror}",
            "Name a file that is not there yet, or leave --new away.",
            file=path,
        ) from error
    return key


def _line(key: str, value: str) -> Text:
    return Text(f'{key} = "{value}"', no_wrap=True, overflow="ignore")
