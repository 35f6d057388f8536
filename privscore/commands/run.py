"""A job in the runtime that the command line names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.methods.base import Method
from privscore.runs.record import RunRecord
from privscore.text.progress import Progress


def play(
    runtime: str,
    consortium: Consortium,
    method: Method,
    out: Path,
    *,
    people: Path | None,
    workers: int | None,
    lost: Mapping[str, int],
    progress: Progress,
) -> RunRecord:
    """Play a whole job in `memory` or in `processes`; raises Refused for another word, and as they.

    Only what the runtime needs is loaded.
    """
    if runtime == "memory":
        from privscore.runtime.local import run_job

        return run_job(
            consortium, method, out, people=people, workers=workers, lost=lost, progress=progress
        )
    if runtime != "processes":
        raise Refused(f"there is no runtime {runtime!r}", "Say memory or processes.")
    if workers is not None:
        raise Refused(
            "workers play shards of all parties at once, which processes of one party each do not",
            "Leave --workers out, or say --runtime memory.",
        )
    from privscore.runtime.processes import run_job_in_processes

    return run_job_in_processes(
        consortium, method, out, people=people, lost=lost, progress=progress
    )
