"""The code blocks of a page, and two ways to play a command of one: in this process, or in a shell.

A process that only starts costs half a second; what a page shows is the same from `main` called
here, with its output caught and the width of the terminal set. A shell plays whatever needs one.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import re
import shlex
import subprocess
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from privscore.cli import main

BLOCK = re.compile(
    r'^(<!-- figures vary -->\n)?^```(\w+)(?: title="([^"\n]+)")?\n(.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
FIGURE = re.compile(r"\d[\d,.]*")
EXIT = re.compile(r"\s*# exit (\d+)$")
NEEDS_A_SHELL = re.compile(r"[*?~`\\]|\$\(")


@dataclass(frozen=True)
class Block:
    """One block: where its text begins, what it is, whether another run's figures may differ."""

    page: Path
    line: int  # of the first line of its text
    kind: str
    file: str  # what it is written to; empty: nothing
    text: str
    figures_vary: bool


@dataclass(frozen=True)
class Step:
    """One command of a console block, and the lines that must come out of it in this order."""

    line: int
    command: str
    exit_code: int
    wanted: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed: standard output first."""

    exit_code: int
    output: str


def blocks_of(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page=page,
            line=text.count("\n", 0, match.start(4)) + 1,
            kind=match[2],
            file=match[3] or "",
            text=match[4],
            figures_vary=bool(match[1]),
        )
        for match in BLOCK.finditer(text)
    ]


def steps_of(block: Block) -> list[Step]:
    """The commands of a console block; a `\\` at the end of a line carries one on."""
    steps = []
    lines = block.text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        command, *wanted = lines[start:end]
        while command.endswith("\\"):
            command = command[:-1] + wanted.pop(0)
        code = EXIT.search(command)
        steps.append(
            Step(
                line=block.line + start,
                command=EXIT.sub("", command.removeprefix("$ ")),
                exit_code=int(code[1]) if code else 0,
                wanted=tuple(wanted),
            )
        )
    return steps


def fits(wanted: str, got: str, figures_vary: bool) -> bool:
    """Whether a line that came is the one that the page shows."""

    def plain(line: str) -> str:
        narrow = re.sub(r"([ ─━])\1+", r"\1", line.strip())
        return FIGURE.sub("#", narrow) if figures_vary else narrow

    pattern = ".*".join(re.escape(part) for part in plain(wanted).split("…"))
    return re.fullmatch(pattern, plain(got)) is not None


def first_never_printed(step: Step, output: str, figures_vary: bool) -> str | None:
    """The first line of the page that did not come in its turn, if there is one."""
    got = iter(output.split("\n"))
    for line in step.wanted:
        if not any(fits(line, candidate, figures_vary) for candidate in got):
            return line
    return None


def words_without_a_shell(command: str) -> list[str] | None:
    """The words of a command that this process can play, or None: a shell must.

    It can play `privscore ...`, `python FILE` and `python -c TEXT`, with `> FILE` at the end.
    """
    if NEEDS_A_SHELL.search(command):
        return None
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words = list(lexer)
    operators = {index for index, word in enumerate(words) if set(word) <= set("();<>|&")}
    if words[0] not in {"privscore", "python"} or operators - {len(words) - 2}:
        return None
    return words if not operators or words[-2] == ">" else None


def play_in_a_shell(command: str) -> Ended:
    """The command in a process of its own, in the current folder."""
    done = subprocess.run(command, shell=True, text=True, capture_output=True)
    return Ended(done.returncode, done.stdout + done.stderr)


def play_here(words: list[str], folder: Path) -> Ended:
    """The words of a command, played by this process in a folder of its own."""
    words = [os.path.expandvars(word) for word in words]
    target = folder / words.pop() if words[-2:-1] == [">"] else None
    if target:
        words.pop()
    if words[0] == "privscore":
        ended, output, errors = _caught(main, words)
    elif words[1] == "-c":
        ended, output, errors = _caught(lambda: run_python(words[2], "-c", folder), words[1:])
    else:
        text = (folder / words[1]).read_text(encoding="utf-8")
        ended, output, errors = _caught(lambda: run_python(text, words[1], folder), words[1:])
    gc.unfreeze()  # `main` freezes what there is, since a process ends with it
    if target:
        target.write_text(output, encoding="utf-8")
        output = ""
    return Ended(ended, output + errors)


def _caught(play: Callable[[], None], arguments: list[str]) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of what a process would have done."""
    output, errors = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, arguments
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            play()
        code: object = 0
    except SystemExit as ended:
        code = ended.code or 0
    except Exception:
        errors.write(traceback.format_exc())
        code = 1
    finally:
        sys.argv = before
    return code if isinstance(code, int) else 1, output.getvalue(), errors.getvalue()


def run_python(text: str, name: str, folder: Path, first_line: int = 1) -> None:
    """A text as the main module, which may import files beside it; tracebacks name its lines."""
    module = types.ModuleType("__main__")
    with _main_module(module), _imports_from(folder):
        exec(compile("\n" * (first_line - 1) + text, name, "exec"), module.__dict__)


@contextlib.contextmanager
def _main_module(module: types.ModuleType) -> Iterator[None]:
    before, sys.modules["__main__"] = sys.modules["__main__"], module
    try:
        yield
    finally:
        sys.modules["__main__"] = before


@contextlib.contextmanager
def _imports_from(folder: Path) -> Iterator[None]:
    """Modules of the folder come first, and are forgotten behind: another page has its own."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and Path(file).is_relative_to(folder):
                del sys.modules[name]
