"""Which files a command's processes open, by the folder that each of them works in: by strace."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

_CALLS = "trace=?open,?openat,?openat2,?creat,?chdir,?clone,?clone3,?fork,?vfork"
_OPENED = re.compile(r'(\d+) +(?:open|openat|openat2|creat)\([^"]*"((?:[^"\\]|\\.)*)"')
_MOVED = re.compile(r'(\d+) +chdir\("((?:[^"\\]|\\.)*)"')
_STARTED = re.compile(r"(\d+) +(?:<\.\.\. )?(?:clone3?|v?fork)\b.*\) = (\d+)$")


def can_trace() -> bool:
    """Whether strace is there, and may look at what it starts."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-o", "/dev/null", "true"]).returncode == 0


def traced(command: Sequence[str], log: Path) -> list[str]:
    """The command under strace, which writes into `log`; it ends as the command does."""
    return ["strace", "-f", "-qq", "-s", "4096", "-e", _CALLS, "-o", str(log), *command]


def opened_by_folder(log: Path) -> dict[Path, set[str]]:
    """What was opened, or tried, by each process that changed its folder, its threads and children.

    By that folder, the first it changed to; a process without one counts to what started it, and
    those that none of it holds for stand under `Path()`.
    """
    started_by: dict[str, str] = {}
    folder_of: dict[str, Path] = {}
    opened: defaultdict[str, list[str]] = defaultdict(list)
    for line in log.read_text(errors="replace").splitlines():
        if match := _STARTED.match(line):
            started_by[match[2]] = match[1]
        elif match := _MOVED.match(line):
            folder_of.setdefault(match[1], Path(match[2]))
        elif match := _OPENED.match(line):
            opened[match[1]].append(match[2])
    by_folder: defaultdict[Path, set[str]] = defaultdict(set)
    for process, paths in opened.items():
        ancestor = process
        while ancestor not in folder_of and ancestor in started_by:
            ancestor = started_by[ancestor]
        by_folder[folder_of.get(ancestor, Path())].update(paths)
    return dict(by_folder)
