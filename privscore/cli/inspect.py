"""Commands that read: a protocol's own file, or the folder of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from privscore.cli.options import Json

app = typer.Typer()

RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="A folder that `run` left.", show_default=False)
]


MethodFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--method", help="The file of the run's method, if it is not built in."),
]


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A protocol, a method, or a protocol's file.")],
    as_json: Json = False,
) -> None:
    """Show a protocol: its card, declared cost, a run as a diagram, and who can learn what."""
    from privscore.commands import output
    from privscore.inspect import protocol as showing

    for each in showing.show(name):
        output.show(each, as_json=as_json)


@app.command()
def view(
    folder: RunFolder,
    party: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Who saw it; not needed for one party's own folder."),
    ] = None,
    message: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="One message, by its number in the list: its values and a histogram."),
    ] = None,
    method: MethodFile = None,
    as_json: Json = False,
) -> None:
    """What one party saw in a run, message by message, with what each carries."""
    from privscore.commands import output
    from privscore.inspect import view as views
    from privscore.inspect.message import message_page
    from privscore.runs.folder import open_run

    _known_method(method)
    run = open_run(folder)
    party = run.only_party() if party is None else party
    page = views.view_page(run, party) if message is None else message_page(run, party, message)
    output.show(page, as_json=as_json)


@app.command()
def ledger(
    folder: RunFolder,
    coalition: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Parties that put together what they know, with commas."),
    ] = None,
    method: MethodFile = None,
    as_json: Json = False,
) -> None:
    """Who learned what in a run; ends in 1 if a check contradicts it."""
    from privscore.commands import output
    from privscore.inspect import ledger as ledgers
    from privscore.runs.folder import open_run

    _known_method(method)
    run = open_run(folder)
    members = () if coalition is None else ledgers.members_of(run, coalition)
    account = ledgers.ledger(run, members)
    output.show(account, as_json=as_json)
    if account.contradicted:
        raise typer.Exit(1)


@app.command()
def explain(
    folder: RunFolder,
    person: Annotated[str, typer.Option(help="Whose sheet: an id, as the platforms write it.")],
    method: MethodFile = None,
    as_json: Json = False,
) -> None:
    """A person's own sheet: score, points and reasons, who took part, who learned what."""
    from privscore.commands import output
    from privscore.inspect import sheet as sheets
    from privscore.runs.folder import open_run

    _known_method(method)
    output.show(sheets.explain(open_run(folder), person), as_json=as_json)


def _known_method(path: Path | None) -> None:
    """Make a method of one's own known before a run of it is opened."""
    if path is not None:
        from privscore.methods import load_method

        load_method(path)
