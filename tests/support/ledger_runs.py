"""Runs of the toy consortium, made once for all tests of the ledger, and what it says of them."""

from __future__ import annotations

import functools
import re
import tempfile
from pathlib import Path

from rich.console import Console
from saved_runs import make_run

from privscore.inspect.ledger import Account, accounts, gather
from privscore.runs.folder import open_run

PLATFORMS = ("wallet", "marketplace", "social", "dating", "rides", "telecom", "games", "utility")
ANSWER = ["size", "decision", "tier", "score", "total"]
_KEPT = tempfile.TemporaryDirectory()  # until the process ends


@functools.cache
def toy_run() -> Path:
    return make_run(Path(_KEPT.name, "toy"))


@functools.cache
def listed_run() -> Path:
    """A run about the requester's own list, so that nobody is told whom a platform knows."""
    folder = Path(_KEPT.name, "listed")
    folder.mkdir()
    people = folder / "people.txt"
    people.write_text("\n".join(f"p{n:03d}" for n in range(200)))
    return make_run(folder, people=people)


@functools.cache
def central_run() -> Path:
    return make_run(Path(_KEPT.name, "central"), "clear")


def alone(run: Path) -> dict[str, Account]:
    """What each party learned, without any check."""
    result = accounts(gather(open_run(run)))
    return {each.members[0]: each for each in result.parties}


def together(run: Path, *members: str) -> Account:
    account = accounts(gather(open_run(run)), members).together
    assert account is not None
    return account


def sentences(standing: Account) -> str:
    return "\n".join(each.sentence for each in standing.learned)


def text_of(what: object) -> str:
    """A page as it is printed, without its borders and line ends."""
    console = Console(width=100)
    with console.capture() as captured:
        console.print(what)
    return re.sub(r"[\s│]+", " ", captured.get())
