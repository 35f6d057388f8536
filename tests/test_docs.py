"""Every code block of every page runs.

In a `console` block each line that begins with `$ ` is a command; the lines behind it must come
out of it in that order, where `…` stands for anything. A command that ends in `# exit N` must end
with that code. Blocks of `python` run as they stand. A block with a file's name as its title, as in
"```toml title="consortium.toml"", is written to that file. The blocks of one page share a folder.
"""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")] if path.name not in {"CHANGELOG.md"}
)
BLOCK = re.compile(r'^```(\w+)(?: title="([^"\n]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```.*$", re.MULTILINE)
DATA = ROOT.parent / "shared" / "data"


def blocks_of(page: Path) -> list[tuple[str, str, str]]:
    """Kind, file name if any, and text of all blocks."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """The blocks that do something."""
    return [each for each in blocks_of(page) if each[1] or each[0] in {"console", "python"}]


WITH_BLOCKS = [page for page in PAGES if blocks(page)]


def fits(wanted: str, got: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in wanted.rstrip().split("…"))
    return re.fullmatch(pattern, got.rstrip()) is not None


def run_console(text: str, folder: Path, environment: dict[str, str]) -> None:
    steps = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    assert steps, "a console block without a command"
    for step in steps:
        command, *wanted = step.rstrip("\n").split("\n")
        while command.endswith("\\"):
            command = command[:-1] + wanted.pop(0)
        code = int(found[1]) if (found := re.search(r"# exit (\d+)$", command)) else 0
        done = subprocess.run(
            command, shell=True, cwd=folder, env=environment, text=True, capture_output=True
        )
        assert done.returncode == code, f"$ {command}\n{done.stdout}{done.stderr}"
        got = (done.stdout + done.stderr).split("\n")
        for line in wanted:
            while got and not fits(line, got[0]):
                got.pop(0)
            assert got, f"$ {command}\nnever printed: {line}\nbut:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run(page: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "DATA": str(DATA),
        "XDG_CACHE_HOME": str(tmp_path / ".cache"),
    }
    if "$DATA" in page.read_text(encoding="utf-8") and not DATA.exists():
        pytest.skip(f"this page reads {DATA}, which is not there")
    for kind, name, text in blocks(page):
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif kind == "console":
            run_console(text, tmp_path, environment)
        else:
            subprocess.run([sys.executable, "-c", text], cwd=tmp_path, check=True, env=environment)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_fence_is_one_that_is_understood(page: Path) -> None:
    """A block whose head is not understood would be printed, and never run."""
    text = page.read_text(encoding="utf-8")
    assert len(FENCE.findall(text)) == 2 * len(BLOCK.findall(text)), (
        'write "```kind" or "```kind title="file""'
    )


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} -> {target}"


def leaves(nav: list[Any]) -> list[str]:
    """The pages of a navigation, in order; a section is a table with one list."""
    found: list[str] = []
    for each in nav:
        found += [each] if isinstance(each, str) else leaves(next(iter(each.values())))
    return found


def test_the_navigation_of_the_site_holds_every_page_once() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    there = [str(page.relative_to(DOCS)) for page in PAGES if page.is_relative_to(DOCS)]
    assert sorted(leaves(site["nav"])) == sorted(there)
    assert all((DOCS / each).is_file() for each in site["extra_css"])


def test_pages_of_the_site_lead_to_nothing_outside_of_it() -> None:
    for page in PAGES:
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if page.is_relative_to(DOCS) and "://" not in target:
                inside = (page.parent / target).resolve().is_relative_to(DOCS)
                assert inside, f"{page.relative_to(ROOT)} -> {target}: name it in words"


@pytest.mark.parametrize("page", sorted((DOCS / "protocols").glob("*.md")), ids=lambda it: it.stem)
def test_the_site_draws_every_message_of_a_diagram(page: Path) -> None:
    fence = runpy.run_path(str(DOCS / "scripts" / "sequence_svg.py"))["fence"]
    (diagram,) = (text for kind, _, text in blocks_of(page) if kind == "mermaid")
    labels = re.findall(r": (.+)$", diagram, re.MULTILINE)
    drawn = ElementTree.fromstring(fence(diagram))
    said = [each.text for each in drawn.iter("text")]
    assert said == [*re.findall(r"participant (.+)$", diagram, re.MULTILINE), *labels]
    assert len([it for it in drawn.iter("path") if "L" in it.attrib["d"]]) == diagram.count("->>")
    with pytest.raises(ValueError, match="neither"):
        fence(diagram + "    loop every day\n")


def test_no_page_names_a_path_of_one_machine() -> None:
    for page in PAGES:
        assert not re.search(r"(?<![\w.])/(work|root|home|tmp)/", page.read_text(encoding="utf-8"))
