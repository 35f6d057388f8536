"""Every code block of every page runs.

In a `console` block each line that begins with `$ ` is a command; the lines behind it must come
out of it in that order, where `…` stands for anything and the width of columns is free. Behind
`<!-- figures vary -->` a block shows one run as it was: figures of another one may differ. A
command that ends in `# exit N` must end with that code. Blocks of `python` run as they stand. A
block with a file's name as its title, as in "```toml title="consortium.toml"", is written to that
file. The blocks of one page share a folder.

`privscore` and `python` are played in this process, which is quicker by half a second each; what a
newcomer types first is played in a shell, as is every command that needs one.
"""

from __future__ import annotations

import os
import re
import runpy
import sys
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from page_blocks import (
    BLOCK,
    Block,
    Ended,
    Step,
    blocks_of,
    first_never_printed,
    fits,
    play_here,
    play_in_a_shell,
    run_python,
    steps_of,
    words_without_a_shell,
)

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")] if path.name not in {"CHANGELOG.md"}
)
IN_PROCESSES = {ROOT / "README.md", DOCS / "start.md"}  # every command of these
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```.*$", re.MULTILINE)
DATA = ROOT.parent / "shared" / "data"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def playable_blocks(page: Path) -> list[Block]:
    return [block for block in blocks_of(page) if block.file or block.kind in {"console", "python"}]


WITH_BLOCKS = [page for page in PAGES if playable_blocks(page)]


def play(block: Block, step: Step, folder: Path) -> Ended:
    words = None if block.page in IN_PROCESSES else words_without_a_shell(step.command)
    return play_in_a_shell(step.command) if words is None else play_here(words, folder)


def play_console(block: Block, folder: Path) -> None:
    steps = steps_of(block)
    assert steps, f"{name_of(block.page)}:{block.line}: a console block without a command"
    for step in steps:
        ended = play(block, step, folder)
        place = f"{name_of(block.page)}:{step.line}: $ {step.command}\n"
        assert ended.exit_code == step.exit_code, f"{place}exit {ended.exit_code}\n{ended.output}"
        line = first_never_printed(step, ended.output, block.figures_vary)
        assert line is None, f"{place}never printed: {line}\nbut:\n{ended.output}"


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
def test_the_blocks_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "$DATA" in page.read_text(encoding="utf-8") and not DATA.exists():
        pytest.skip(f"this page reads {DATA}, which is not there")
    commands = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for variable, value in {
        "PATH": commands,
        "COLUMNS": "100",
        "DATA": str(DATA),
        "XDG_CACHE_HOME": str(tmp_path / ".cache"),
    }.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    for block in playable_blocks(page):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "console":
            play_console(block, tmp_path)
        else:
            run_python(block.text, name_of(page), tmp_path, first_line=block.line)


def test_a_figure_may_differ_only_where_the_page_says_so() -> None:
    assert fits(" clear   0  1.25 s ───", "clear 0 1,310.5 s ─────────", figures_vary=True)
    assert fits("clear  0 …", " clear     0  1.25", figures_vary=False)
    assert not fits("clear 0", "clear 1", figures_vary=False)
    assert not fits("clear 0", "secret-sum 0", figures_vary=True)
    assert not fits("clear 0 s", "clear s", figures_vary=True)


def page_with(folder: Path, command: str, *lines: str) -> Block:
    page = folder / "page.md"
    page.write_text("\n".join(["Before.", "", "```console", f"$ {command}", *lines, "```", ""]))
    (block,) = blocks_of(page)
    return block


@pytest.mark.parametrize(
    ("command", "in_a_shell"),
    [
        ("privscore schema", False),
        ("privscore schema > schema.json", False),
        ('privscore init credit --scenario credit --data "$DATA/x.csv"', False),
        ("python sum.py", False),
        ("python -c \"print(f'{1 | 2}')\"", False),
        ("privscore schema | head -1", True),
        ('test "$(privscore schema)" = x', True),
        ("ls toy", True),
        ("privscore view run/*", True),
        ("privscore schema >> schema.json", True),
    ],
)
def test_a_shell_plays_what_needs_one(command: str, in_a_shell: bool) -> None:
    assert (words_without_a_shell(command) is None) == in_a_shell


@pytest.mark.parametrize(
    ("command", "lines", "says"),
    [
        ("privscore init toi # exit 0", ["nothing"], "page.md:4: $ privscore init toi"),
        ("privscore schema", ["{", "no such line"], "never printed: no such line"),
        ("privscore nothing", [], "exit 2"),
        ("python -c 'raise ValueError(1)'", [], "ValueError: 1"),
        ("python -c 'import sys; sys.exit(3)'", [], "exit 3"),
        ("ls nowhere", [], "page.md:4: $ ls nowhere"),
    ],
)
def test_a_block_that_does_not_do_what_it_shows_is_named_by_page_and_line(
    command: str,
    lines: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    with pytest.raises(AssertionError, match=re.escape(says)):
        play_console(page_with(tmp_path, command, *lines), tmp_path)


def test_a_python_block_fails_at_the_line_of_its_page(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("VALUE = 1\n")
    run_python("from beside import VALUE\nassert VALUE == 1\n", "page.md", tmp_path)
    assert "beside" not in sys.modules
    with pytest.raises(ZeroDivisionError) as caught:
        run_python("x = 0\n1 / x\n", "page.md", tmp_path, first_line=7)
    last = caught.traceback[-1]
    assert (Path(str(last.path)).name, last.lineno + 1) == ("page.md", 8)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
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
    pages: list[str] = []
    for entry in nav:
        pages += [entry] if isinstance(entry, str) else leaves(next(iter(entry.values())))
    return pages


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
    (diagram,) = (block.text for block in blocks_of(page) if block.kind == "mermaid")
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
