"""`privscore pmml`: a scorecard out of a consortium file as PMML, and into one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Scorecards as PMML 4.4, in and out."
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@app.command("export")
def export_card(
    file: Annotated[Path, typer.Argument(help="A consortium file (TOML).", show_default=False)],
    out: Annotated[Path, typer.Argument(help="The PMML file to write.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Write the scorecard of a consortium file as PMML."""
    from privscore import consortium, pmml
    from privscore.commands import output
    from privscore.job.admission import whole_card
    from privscore.pmml import summary

    loaded = consortium.load(file)
    pmml.write_pmml(whole_card(loaded), out, loaded.agreement.name)
    output.show(summary.exported(loaded.agreement, out), as_json=as_json)


@app.command("import")
def import_card(
    file: Annotated[Path, typer.Argument(help="A PMML file.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="The consortium file to write.", show_default=False)],
    platform: Annotated[
        list[str],
        typer.Option(metavar="FIELD=PLATFORM", help="Who holds a field; once for each field."),
    ] = [],  # noqa: B006  typer makes a new one
    as_json: Json = False,
) -> None:
    """Write a consortium file around the scorecard of a PMML file."""
    from privscore.commands import output
    from privscore.pmml import summary

    output.show(summary.import_into(file, out, summary.platforms(platform)), as_json=as_json)
