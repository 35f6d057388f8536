"""Processes of parties, started afresh: what they are given, what they report, and how they end."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias

import msgspec

from privscore.runs.worker_processes import without_interrupts
from privscore.runtime.party_process import PartyTask
from privscore.runtime.pipes import pipes_between
from privscore.runtime.reports import Done, Failed, Progressed, Report, most_telling
from privscore.text.progress import Progress

# After the first failure, for the others to notice and say what they know of it.
LAST_WORDS_S: Final = 15.0

_MODULE = "privscore.runtime.party_process"
_CHUNK_BYTES = 1 << 16

Child: TypeAlias = "subprocess.Popen[bytes]"


class PartyProcesses:
    """A running process for each of `tasks`; a context manager, whose end none of them outlives.

    Each works in a folder of its own within `scratch`. They never get a Ctrl-C, which a terminal
    sends to all: this process does, and ends them.
    """

    def __init__(self, tasks: Mapping[str, PartyTask], scratch: Path) -> None:
        self._children: dict[str, Child] = {}
        self._reports = selectors.DefaultSelector()
        self._begun: dict[str, bytes] = {}  # by party: the first part of a report
        self._done: dict[str, Done] = {}
        self._failed: dict[str, Failed] = {}
        self._killed: dict[str, int] = {}
        try:
            self._start(tasks, scratch)
        except BaseException:
            self.end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def wait(self, progress: Progress) -> list[Done]:
        """What all processes report at their end.

        Raises what says most of why one has failed, once the others have said what they know.
        """
        until = None
        while self._reports.get_map():
            left_s = None if until is None else until - time.monotonic()
            if left_s is not None and left_s <= 0:
                break
            for key, _ in self._reports.select(left_s):
                self._read(key.fd, key.data, progress)
            if until is None and (self._failed or self._killed):
                until = time.monotonic() + LAST_WORDS_S
        if self._failed or self._killed:
            raise most_telling(self._failed, self._killed)
        return [*self._done.values()]

    def end(self) -> None:
        """Kill those that still run."""
        for child in self._children.values():
            child.kill()
        for child in self._children.values():
            child.wait()
            if child.stdin is not None:
                with suppress(BrokenPipeError):
                    child.stdin.close()
        for key in [*self._reports.get_map().values()]:
            self._close(key.fd)

    def _start(self, tasks: Mapping[str, PartyTask], scratch: Path) -> None:
        with ExitStack() as until_started:  # the children's ends: nobody else may hold them open
            pipes = pipes_between(tasks)
            for sockets in pipes.values():
                for pipe in sockets.values():
                    until_started.callback(pipe.close)
            lines = {}
            for name, task in tasks.items():
                reading, writing = os.pipe()
                until_started.callback(os.close, writing)
                self._reports.register(reading, selectors.EVENT_READ, name)
                peers = {peer: pipe.fileno() for peer, pipe in pipes[name].items()}
                whole = msgspec.structs.replace(task, peers=peers, reports=writing)
                lines[name] = msgspec.json.encode(whole) + b"\n"
                folder = scratch / name
                folder.mkdir(mode=0o700)
                with without_interrupts():
                    self._children[name] = _child(folder, (writing, *peers.values()))
        for name, line in lines.items():
            stdin = self._children[name].stdin
            assert stdin is not None, "a child reads its task from a pipe"
            with suppress(BrokenPipeError):  # it was killed; its reports end
                stdin.write(line)
                stdin.flush()

    def _read(self, descriptor: int, name: str, progress: Progress) -> None:
        chunk = os.read(descriptor, _CHUNK_BYTES)
        if not chunk:
            self._close(descriptor)
            code = self._children[name].wait()
            if name not in self._done and name not in self._failed:
                self._killed[name] = code
            return
        *lines, self._begun[name] = (self._begun.get(name, b"") + chunk).split(b"\n")
        for line in lines:
            report = msgspec.json.decode(line, type=Report)
            if isinstance(report, Progressed):
                progress(report.phase, report.done, report.of)
            elif isinstance(report, Done):
                self._done[name] = report
            else:
                self._failed[name] = report

    def _close(self, descriptor: int) -> None:
        self._reports.unregister(descriptor)
        os.close(descriptor)


def _child(folder: Path, descriptors: tuple[int, ...]) -> Child:
    """A fresh interpreter in `folder`, which is also where its temporary files go."""
    paths = [str(Path(__file__).resolve().parents[2])]
    paths += [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    surroundings = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in paths),
        "TMPDIR": str(folder),
        "OPENBLAS_NUM_THREADS": os.environ.get("OPENBLAS_NUM_THREADS", "1"),
    }
    return subprocess.Popen(  # noqa: S603  this interpreter, and a module of ours
        [sys.executable, "-P", "-m", _MODULE],
        cwd=folder,
        env=surroundings,
        stdin=subprocess.PIPE,
        stdout=2,  # what a method of one's own prints must not mix with what is said as JSON
        pass_fds=descriptors,
    )
