"""Commands for keys: a party's identity, what a card's owner commits to, what an auditor signs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from privscore.cli.options import Json

app = typer.Typer()

File = Annotated[
    Path, typer.Argument(help="The owner's consortium file (TOML).", show_default=False)
]


@app.command()
def commit(file: File, as_json: Json = False) -> None:
    """Commit to the hidden points of a file: a hash for everybody, a salt for the owner."""
    from privscore.commands import output, signing

    output.show(signing.commit(file), as_json=as_json)


@app.command()
def sign(
    file: File,
    key: Annotated[Path, typer.Option(help="The auditor's Ed25519 key, a PEM file.")],
    new: Annotated[bool, typer.Option("--new", help="Make the key first.")] = False,
    as_json: Json = False,
) -> None:
    """Sign, as an auditor who has seen the hidden points, the commitment to them."""
    from privscore.commands import output, signing

    output.show(signing.sign(file, key, new=new), as_json=as_json)


@app.command()
def identity(
    key: Annotated[
        Path, typer.Argument(help="The party's Ed25519 key, a file.", show_default=False)
    ],
    new: Annotated[bool, typer.Option("--new", help="Make the key first.")] = False,
    as_json: Json = False,
) -> None:
    """Print the `public_key` of a party's identity, for its [[party]] in the agreement."""
    from privscore.commands import output, signing

    output.show(signing.identity(key, new=new), as_json=as_json)
