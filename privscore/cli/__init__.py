"""The command line. Heavy modules are imported inside the commands, so that help is quick.

Exit codes: 0 done; 1 a fault of privscore itself; 2 a bad file, argument or request, refused before
anything was written; 3 a run that failed: a peer's fault, or messages that never came; 130 stopped
by Ctrl-C.
"""

from __future__ import annotations

import gc
import io
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from privscore.cli.inspect import app as reading_app
from privscore.cli.options import Json
from privscore.cli.pmml import app as pmml_app
from privscore.cli.signing import app as card_app

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="One score from many platforms that show nobody their data.",
    epilog="Exit codes: 0 done, 1 our fault, 2 refused (file, line, cause, fix), 3 a run failed, "
    "130 stopped by Ctrl-C.",
)
app.add_typer(reading_app)
app.add_typer(card_app)
app.add_typer(pmml_app, name="pmml")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"privscore {version('privscore')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which this is.")
    ] = False,
) -> None:
    """One score from many platforms that show nobody their data."""


File = Annotated[Path, typer.Argument(help="A consortium file (TOML).", show_default=False)]
FileOrOwn = Annotated[
    Path, typer.Argument(help="A consortium file, or a party's own.", show_default=False)
]
Lose = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(help="A drill: PARTY or PARTY@SHARD falls silent from that shard on."),
]
FirstPeople = Annotated[
    Optional[int],  # noqa: UP045  typer reads it
    typer.Option(min=1, help="Only the first so many of the list.", show_default="all"),
]


@app.command()
def run(
    file: File,
    out: Annotated[Path, typer.Option(help="The folder to make; must be new or empty.")],
    method: Annotated[str, typer.Option(help="How to compute the score.")] = "secret-sum",
    people: Annotated[
        Optional[Path],  # noqa: UP045  typer reads it
        typer.Option(help="Whom the job is about: one id a line, or a table with `person`."),
    ] = None,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=256, help="Workers that play shards.", show_default="by size"),
    ] = None,
    runtime: Annotated[
        str, typer.Option(help="memory, or processes: one for each party, over pipes.")
    ] = "memory",
    lose: Lose = None,
    as_json: Json = False,
) -> None:
    """Score everybody, all parties on this machine; leave a folder that shows who saw what."""
    from privscore import consortium, methods
    from privscore.commands import output, summaries
    from privscore.commands import run as running
    from privscore.job import admission
    from privscore.text.progress import progress_bars

    chosen = methods.named(method)
    loaded = consortium.load(file)
    with progress_bars(quiet=as_json) as progress:
        record = running.play(
            runtime,
            loaded,
            chosen,
            out,
            people=people,
            workers=workers,
            lost=admission.drill(loaded, lose or []),
            progress=progress,
        )
    output.show(summaries.run_summary(record, out, file), as_json=as_json)


@app.command()
def check(file: FileOrOwn, as_json: Json = False) -> None:
    """Check a consortium file and all its tables, without computing anything together."""
    from privscore import consortium
    from privscore.commands import check, output

    output.show(check.check(consortium.load(file)), as_json=as_json)


@app.command()
def compare(
    file: File,
    methods: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="Which: with commas, or one an option. `clear` is always among them.",
            show_default="all",
        ),
    ] = None,
    people: FirstPeople = None,
    csv: Annotated[Optional[Path], typer.Option(help="Also write a CSV file.")] = None,  # noqa: UP045
    html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Also write one HTML page with plots; measures fewer people too."),
    ] = None,
    lose: Lose = None,
    as_json: Json = False,
) -> None:
    """Run every method on the same people: what each costs, and what each party learns."""
    from privscore import compare as comparing
    from privscore import consortium, files
    from privscore.commands import output
    from privscore.compare import html_report, report_files
    from privscore.job import admission
    from privscore.text.progress import progress_bars

    loaded = consortium.load(file)
    outputs = report_files.checked(csv, html)
    with progress_bars(quiet=as_json) as progress:
        comparison = comparing.compare(
            loaded,
            [name.strip() for each in methods for name in each.split(",")] if methods else None,
            people=people,
            by_people=html is not None,
            lost=admission.drill(loaded, lose or []),
            progress=progress,
        )
    for path in outputs:
        files.write(path, comparison.csv() if path == csv else html_report.page(comparison))
    output.show(comparison, as_json=as_json)


@app.command()
def stats(
    file: File,
    people: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Whom it is about: one id a line, or a table with `person`."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Histograms of scores, tiers and coverage over all people; nobody's own are opened."""
    from privscore import consortium
    from privscore import stats as population
    from privscore.commands import output
    from privscore.text.progress import progress_bars

    loaded = consortium.load(file)
    with progress_bars(quiet=as_json) as progress:
        statistics = population.statistics(loaded, people=people, progress=progress)
    output.show(statistics, as_json=as_json)


@app.command()
def plan(file: File, people: FirstPeople = None, as_json: Json = False) -> None:
    """Before anything runs: which methods may, and what each would cost on this machine."""
    from privscore import consortium
    from privscore import plan as planning
    from privscore.commands import output
    from privscore.plan import predicted
    from privscore.text.progress import progress_bars

    loaded = consortium.load(file)
    with progress_bars(quiet=as_json) as progress:
        forecast = planning.plan(loaded, people=people, progress=progress)
    predicted.keep(forecast)
    output.show(forecast, as_json=as_json)


@app.command()
def society(
    directory: Annotated[Path, typer.Argument(help="The folder to make.", show_default=False)],
    people: Annotated[int, typer.Option(help="How many people, 100 to 10,000,000.")],
    seed: Annotated[int, typer.Option(help="Another one makes other people.")] = 1,
    features: Annotated[
        bool, typer.Option("--features", help="Also run each platform's SQL, once, ahead of jobs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a society of made-up people: the raw events of eight platforms, and a consortium."""
    from privscore.commands import output, society
    from privscore.text.progress import progress_bars

    with progress_bars(quiet=as_json) as progress:
        made = society.make_society(
            directory, people=people, seed=seed, features=features, progress=progress
        )
    output.show(made, as_json=as_json)


@app.command()
def demo(as_json: Json = False) -> None:
    """Score a made-up society of 10,000 people by every method and compare the answers."""
    from privscore.commands import demo as demonstration
    from privscore.commands import output
    from privscore.text.progress import progress_bars

    with progress_bars(quiet=as_json) as progress:
        shown = demonstration.demonstrate(progress=progress)
    output.show(shown, as_json=as_json)


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="The folder to make.", show_default=False)],
    scenario: Annotated[
        str, typer.Option(help="Which ready consortium to write: toy or credit.")
    ] = "toy",
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The data file of credit, which does not bring its own."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a ready consortium file, and its data where they ship with it."""
    from privscore import scenarios
    from privscore.commands import output, summaries

    path = scenarios.write(scenario, directory, data)
    output.show(summaries.init_summary(path), as_json=as_json)


@app.command()
def schema(
    own_file: Annotated[bool, typer.Option("--own", help="That of a party's own file.")] = False,
) -> None:
    """Print the JSON Schema of a consortium file."""
    from privscore import consortium

    shape = consortium.own_json_schema() if own_file else consortium.json_schema()
    print(json.dumps(shape, indent=2))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say whether this machine has what privscore needs."""
    from privscore.commands import doctor as physician
    from privscore.commands import output

    findings = physician.examine()
    output.show(findings, as_json=as_json)
    if not findings.well:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line and turn every way of ending into its exit code."""
    # Nothing here multiplies large matrices, and OpenBLAS's idle threads would take time away.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a `?` instead of a character it cannot encode
            stream.reconfigure(errors="replace")
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()  # or a full disk would be noticed where nothing can be said any more
    except (Exception, KeyboardInterrupt) as error:
        from privscore.cli.exit_codes import after  # most commands end without an error

        code = after(error)
    gc.freeze()  # skips the last garbage collection: the process is about to end
    sys.exit(code if isinstance(code, int) else 0)
