"""Runs of the command line whose parties are processes, watched from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from toy_consortium import five_parties


def privscore(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "privscore", *map(str, words)]


def processes_in(folder: Path) -> dict[str, int]:
    """The processes of parties whose working directory is in `folder`, by party."""
    processes = {}
    for entry in Path("/proc").iterdir():
        try:
            place = (entry / "cwd").resolve(strict=True) if entry.name.isdecimal() else None
            words = (entry / "cmdline").read_bytes() if place else b""
        except OSError:
            continue  # it has ended, or is another user's
        if place and place.is_relative_to(folder) and b"party_process" in words:
            processes[place.name] = int(entry.name)
    return processes


def started(folder: Path, out: Path) -> subprocess.Popen[str]:
    """A run whose processes are all there; rides is stopped, so that nobody gets to the end."""
    work = subprocess.Popen(
        privscore("run", five_parties(folder).path, "--out", out, "--runtime", "processes"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # no shell ignores it
    )
    while "rides" not in processes_in(folder):
        assert work.poll() is None
        time.sleep(0.01)
    os.kill(processes_in(folder)["rides"], signal.SIGSTOP)
    while len(processes_in(folder)) < 5:
        assert work.poll() is None
        time.sleep(0.01)
    return work


def ended_but(folder: Path, left: set[str]) -> bool:
    """Whether soon no other process of a party is there than those left."""
    until = time.monotonic() + 60
    while set(processes_in(folder)) != left and time.monotonic() < until:
        time.sleep(0.05)
    return set(processes_in(folder)) == left
