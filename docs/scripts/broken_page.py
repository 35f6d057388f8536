"""Write docs/broken-on-purpose.md: every broken protocol of the tests, and what catches it.

python docs/scripts/broken_page.py            prints the page
python docs/scripts/broken_page.py --write    writes it
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path

from protocols.conformance import CHECKS, QUICK, conform
from protocols.core.spec import load_spec

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "broken-on-purpose.md"
FILES = sorted(
    path
    for path in (ROOT / "tests" / "broken").glob("*.py")
    if "\nCAUGHT_BY = " in path.read_text(encoding="utf-8")  # others are attacks, tested elsewhere
)

HEAD = f"""\
# Broken on purpose

A test that has never failed proves little. Each of these {len(FILES)} protocols, a file of
`tests/broken/` each, has one fault, and the suite that every protocol has to pass must find it; the
check named first is the one that should. The suite's own runs write this page:
`python docs/scripts/broken_page.py --write`.

| protocol | what is wrong with it | caught by | what the check says |
| --- | --- | --- | --- |
"""


@functools.cache
def findings(path: Path) -> dict[str, tuple[str, ...]]:
    """What the suite finds in one file, by check; the checks that find nothing are left out."""
    by_check = conform(load_spec(path), QUICK)
    return {check: problems for check, problems in by_check.items() if problems}


def declared(path: Path) -> tuple[str, ...]:
    """The checks that catch this file, by its own account: the one that should comes first."""
    load_spec(path)
    checks: tuple[str, ...] = sys.modules[f"own_protocols.{path.stem}"].__dict__["CAUGHT_BY"]
    return checks


def row(path: Path) -> str:
    """One line of the table."""
    problems = findings(path)
    fault = (load_spec(path).card or "").splitlines()[0].rstrip(".")
    checks = [check for check in declared(path) if check in problems]
    says = problems[checks[0]][0] if checks else "**nothing: the suite has a hole**"
    return f"| `{path.stem}` | {fault} | {', '.join(checks)} | {says.replace('|', '/')} |"


def page() -> str:
    """The whole page."""
    rows = "\n".join(row(path) for path in FILES)
    checks = "\n".join(
        f"- **{name}**: {check.__doc__.splitlines()[0]}" for name, check in CHECKS.items()
    )
    return f"{HEAD}{rows}\n\n## The checks\n\n{checks}\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the page instead of printing")
    if parser.parse_args().write:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")
