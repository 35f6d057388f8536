"""One way to print a result: tables in the terminal, or the same as JSON."""

from __future__ import annotations

from typing import Protocol

import msgspec
from rich.console import Console, RenderableType


class Printable(Protocol):
    """Anything that can be shown: as JSON through msgspec, as text through rich."""

    def __rich__(self) -> RenderableType: ...


def show(what: Printable, *, as_json: bool) -> None:
    """Print one result on standard output."""
    if as_json:
        print(msgspec.json.encode(what, enc_hook=str).decode())
    else:
        Console(highlight=False).print(what, crop=False)
