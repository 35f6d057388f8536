"""Commands that read: a protocol's own file, or the folder of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from privscore.cli.options import Json

if TYPE_CHECKING:
    from privscore.runs.folder import RunFolder as OpenRun

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

    run = _open(folder, method)
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

    run = _open(folder, method)
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

    output.show(sheets.explain(_open(folder, method), person), as_json=as_json)


def _open(folder: Path, method: Path | None) -> OpenRun:
    """The run, whose method may be one of one's own: it is made known before the run is opened."""
    from privscore.methods import load_method
    from privscore.runs.folder import open_run

    if method is not None:
        load_method(method)
    return open_run(folder)
