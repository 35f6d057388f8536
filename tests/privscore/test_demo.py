"""The demonstration: real rows, a paragraph that says no more than they do, commands that work."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from toy_comparison import comparison
from typer.testing import CliRunner

from privscore.cli import app
from privscore.commands import demo, society
from privscore.commands.demo import LIMITS, demonstrate, honest_word
from privscore.compare.comparison import Row
from privscore.errors import Refused

pytestmark = pytest.mark.slow

PEOPLE = 300


@pytest.fixture(scope="module")
def shown() -> demo.Demonstration:
    return demonstrate(PEOPLE, ["secret-sum"])


def test_the_demonstration_scores_the_people_of_its_society(shown: demo.Demonstration) -> None:
    assert shown.people == shown.comparison.people == PEOPLE
    assert shown.events > 10 * PEOPLE
    assert [row.state for row in shown.comparison.rows] == ["ran", "ran"]


def test_it_shows_the_table_the_paragraph_and_two_commands(shown: demo.Demonstration) -> None:
    console = Console(width=100, file=io.StringIO(), highlight=False)
    console.print(shown)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().split("\n")
    assert max(map(len, lines)) <= 100
    said = " ".join(" ".join(lines).split())
    assert f"{shown.events:,} events" in said
    assert shown.honest in said
    assert len(shown.next) == 2
    assert all(f"  {command}" in lines for command in shown.next)


def test_its_next_commands_work_as_they_stand(shown: demo.Demonstration, tmp_path: Path) -> None:
    first, second = (command.split() for command in shown.next)
    bin_folder = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        ["privscore", *first[1:]], cwd=tmp_path, env=environment, check=True, capture_output=True
    )
    assert second[1] == "compare"
    assert (tmp_path / second[2]).is_file()
    helped = CliRunner().invoke(app, ["compare", "--help"], env={"COLUMNS": "200"})
    assert second[3] in helped.output


# The paragraph. -----------------------------------------------------------------------------------


def rows(**changes: object) -> tuple[Row, ...]:
    """Rows of a real comparison, the figures of its last method changed."""
    *others, last = comparison().rows
    assert last.measured is not None
    return (
        *others,
        msgspec.structs.replace(last, measured=msgspec.structs.replace(last.measured, **changes)),
    )


def test_the_word_names_exact_methods_and_what_was_learned() -> None:
    said = honest_word(comparison().rows)
    assert said.startswith(
        "Under secret-sum and masked-sum every answer is the one that clear gives"
    )
    assert "all that they open is the total (desk)" in said
    assert said.endswith(LIMITS)


def test_a_method_that_misses_is_not_called_exact() -> None:
    said = honest_word(rows(largest_error_points=3, tier_changes=2))
    assert "Under secret-sum every answer" in said
    assert "masked-sum is off by up to 3 points, which moved 2 people to another tier." in said


def test_a_method_that_moves_somebody_is_not_called_exact() -> None:
    assert "Under secret-sum every answer" in honest_word(rows(tier_changes=1))


def test_a_method_without_figures_is_said_not_to_have_run() -> None:
    clear, first, last = comparison().rows
    silent = msgspec.structs.replace(last, state="refused", why="because", measured=None)
    assert "masked-sum did not run" in honest_word((clear, first, silent))


def test_nothing_is_held_against_a_plaintext_that_did_not_run() -> None:
    clear, *others = comparison().rows
    failed = msgspec.structs.replace(clear, state="failed", why="killed", measured=None)
    assert honest_word((failed, *others)) == f"clear did not run, for the reasons above. {LIMITS}"


# A society by one command. ------------------------------------------------------------------------


def test_a_society_is_made_with_a_consortium_over_it(tmp_path: Path) -> None:
    steps: list[str] = []
    made = society.make_society(
        tmp_path / "town", people=200, seed=7, features=True, progress=lambda p, *_: steps.append(p)
    )
    assert Path(made.consortium).is_file()
    assert (made.people, made.seed) == (200, 7)
    assert made.next[0] == f"privscore check {made.consortium}"
    assert {"society", "features"} <= set(steps)


def test_a_disk_that_is_full_before_the_features_leaves_no_society(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="only Unix limits the size of a process's files")
    script = f"""
import resource, sys
sys.dont_write_bytecode = True  # or half a compiled module is left for others
from pathlib import Path
from privscore.commands import society
from privscore.errors import Refused

def fill(phase, done, of):
    if phase == "features":  # from here on the disk takes 100 bytes of each file
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

try:
    society.make_society(Path({str(tmp_path / "town")!r}), people=200, features=True, progress=fill)
except Refused as refusal:
    print("refused", refusal.fix)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.startswith("refused Make room"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_the_disk_does_not_take_leaves_the_old_one(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="only Unix limits the size of a process's files")
    report = tmp_path / "report.html"
    report.write_text("the old one")
    script = f"""
import resource, sys
sys.dont_write_bytecode = True  # or half a compiled module is left for others
from pathlib import Path
from privscore import files
from privscore.errors import Refused
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    files.write(Path({str(report)!r}), "x" * 1000)
except Refused as refusal:
    print("refused", refusal.fix)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.startswith("refused Make room"), done.stderr
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [
        ("report.html", "the old one")
    ]


def test_a_society_in_a_folder_that_is_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "town").mkdir()
    (tmp_path / "town" / "file").touch()
    with pytest.raises(Refused, match="exists and is not empty"):
        society.make_society(tmp_path / "town", people=200)
