"""The process of one party, started by `runtime.children` for it alone.

Its task comes as one line of JSON on its standard input, with the numbers of the descriptors that
it was given: a socket for each peer, and a pipe for its reports. When its standard input ends, so
does it: then the process that started it is gone.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np

from privscore.consortium import Agreement, Consortium, PrivatePart
from privscore.job.journal import journal_of
from privscore.job.spent import SpentInFolder
from privscore.methods import named
from privscore.runs import machine
from privscore.runtime.one_party import OwnPart, play_party
from privscore.runtime.pipes import PipeTransport
from privscore.runtime.reports import Done, Failed, Progressed, Report
from protocols.core.view import Recording

# Only a process that hangs is waited for so long: of one that is gone the connection ends.
DEADLINE_S = 3600.0


class PartyTask(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one party's process is told: what all have agreed, its own part, and nobody else's."""

    me: str
    agreement: str  # its canonical bytes, UTF-8
    method: str  # its name, or the file of one that is not built in
    peers: dict[str, int] = {}  # a connected socket for each
    reports: int = 0  # a pipe
    folder: str  # the party's own folder of the run
    # Where the party's own part stands in its file, for what is said of errors.
    file: str
    lines: tuple[tuple[tuple[str | int, ...], int], ...]
    titles: tuple[str, ...]
    # Its own part.
    key: str
    table: str | None = None
    data_dir: str | None = None
    own_list: str | None = None  # the file's `people`
    people: str | None = None  # another list of the requester's, instead of it
    card: tuple[float, ...] | None = None  # `Scorecard.numbers`, at the owner of hidden points
    identity: str = ""  # hexadecimal
    recording: Recording | None = None
    shard_people: int
    silent_from: int | None = None
    remember: bool = True

    def consortium(self) -> Consortium:
        """The consortium as this party knows it: the only private part in it is its own."""
        agreement = Agreement.decode(self.agreement.encode())
        card = None
        if self.card is not None:
            card = agreement.scorecard.with_numbers(np.array(self.card))
        private = PrivatePart(
            self.table,
            self.key,
            self.own_list,
            self.data_dir,
            card,
            bytes.fromhex(self.identity),
        )
        lines = dict(self.lines)
        file = Path(self.file)
        return Consortium(agreement, {self.me: private}, file, lines, self.titles, self.me)

    def own_part(self) -> OwnPart:
        """What `play_party` takes; what is only for the job lies in the working directory."""
        consortium, method = self.consortium(), named(self.method)
        journal = None
        if self.remember and method.private:
            journal = journal_of(consortium, self.me, lists=method.may_lose)
        scratch = Path.cwd()
        return OwnPart(
            me=self.me,
            consortium=consortium,
            method=method,
            scratch=scratch,
            folder=Path(self.folder),
            spent=SpentInFolder(scratch / "spent"),
            journal=journal,
            people=None if self.people is None else Path(self.people),
            recording=self.recording,
            shard_people=self.shard_people,
            silent_from=self.silent_from,
        )


def main() -> None:
    """Play the part of the party that standard input tells of, and report."""
    begun = ("start", time.time())
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=PartyTask)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    machine.share_heap()
    reports = os.fdopen(task.reports, "wb", buffering=0)

    def report(what: Report) -> None:
        with suppress(BrokenPipeError):  # nobody listens any more: this process is about to end
            reports.write(msgspec.json.encode(what) + b"\n")

    def progress(phase: str, done: int, of: int) -> None:
        report(Progressed(phase, done, of))

    pipes = {peer: socket.socket(fileno=number) for peer, number in task.peers.items()}
    try:
        with PipeTransport(task.me, pipes) as transport:
            own_part = task.own_part()
            asks = task.me == own_part.consortium.agreement.requester
            options = {"progress": progress} if asks else {}
            played = play_party(own_part, transport, deadline_s=DEADLINE_S, **options)
        report(Done((begun, *played.ended)))
    except BaseException as error:
        report(Failed.of(error))
        sys.exit(1)


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main()
