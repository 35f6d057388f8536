"""What a party's process tells the one that started it, a line of JSON each; and whom it believes.

    Progressed   how far the shards have come
    Done         the party has played its whole part
    Failed       why it has not

Of all that several parties say of one failed run, `most_telling` is what the run ends with.
"""

from __future__ import annotations

import signal
import traceback
from collections.abc import Mapping, Sequence
from typing import Literal, Self, TypeAlias

import msgspec

from privscore.errors import Refused
from privscore.files import no_room
from protocols.core.errors import Aborted, Cause, Missing, PeerFault, Stalled

Failure: TypeAlias = Literal["refused", "our fault", "peer fault", "stalled", "aborted"]


class Progressed(msgspec.Struct, frozen=True, tag="progress"):
    """See `Progress`."""

    phase: str
    done: int
    of: int


class Done(msgspec.Struct, frozen=True, tag="done"):
    """When each step had ended, in Unix time, in the order of the steps."""

    ended: tuple[tuple[str, float], ...]


class Failed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="failed"):
    """An error on its way to another process; `of` packs it, `error` unpacks it."""

    failure: Failure
    cause: str
    fix: str = ""
    file: str | None = None
    line: int | None = None
    suspects: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    sender: str = ""  # of an abort, as are the next two
    failed: str = ""
    why: Cause | None = None

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """An error as a report; what is no refusal and nobody else's fault goes with its trace."""
        full = no_room(error, "the party's files") if isinstance(error, Exception) else None
        if isinstance(error, Refused) or full is not None:
            refusal = error if isinstance(error, Refused) else full
            assert isinstance(refusal, Refused)
            return cls(
                failure="refused",
                cause=refusal.cause,
                fix=refusal.fix,
                file=refusal.file,
                line=refusal.line,
            )
        if isinstance(error, PeerFault):
            return cls(failure="peer fault", cause=error.why, suspects=error.suspects)
        if isinstance(error, Stalled):
            return cls(failure="stalled", cause=error.why, missing=error.missing)
        if isinstance(error, Aborted):
            return cls(
                failure="aborted",
                cause=error.words,
                suspects=error.suspects,
                sender=error.sender,
                failed=error.failed,
                why=error.cause,
            )
        return cls(failure="our fault", cause="".join(traceback.format_exception(error)))

    def error(self) -> Exception:
        """The error that was packed; a fault of ours as a RuntimeError with its trace."""
        if self.failure == "refused":
            return Refused(self.cause, self.fix, file=self.file, line=self.line)
        if self.failure == "peer fault":
            return PeerFault(self.suspects, self.cause)
        if self.failure == "stalled":
            return Stalled(self.missing, self.cause)
        if self.failure == "aborted" and self.why is not None:
            return Aborted(self.sender, self.failed, self.why, self.suspects, self.cause)
        return RuntimeError(self.cause)


Report: TypeAlias = Progressed | Done | Failed


def most_telling(failures: Mapping[str, Failed], killed: Mapping[str, int]) -> Exception:
    """Why a run failed, out of what its parties say and whose process ended without a word.

    `killed` are the exit codes of those, below zero for a signal. A refusal says most; then a fault
    of ours; then a process that was killed, since others see it only as a connection that ended; a
    peer's fault; a stall, with what everybody waits for; and last what somebody only heard of.
    """
    by_kind: dict[Failure, list[Failed]] = {}
    for report in failures.values():
        by_kind.setdefault(report.failure, []).append(report)
    for kind in ("refused", "our fault"):
        if kind in by_kind:
            return by_kind[kind][0].error()
    if killed:
        return _killed(killed)
    if "peer fault" in by_kind:
        return by_kind["peer fault"][0].error()
    if stalls := by_kind.get("stalled"):
        return _stalled(stalls)
    return by_kind["aborted"][0].error()


def _stalled(stalls: Sequence[Failed]) -> Stalled:
    """What is waited for of those with whom it began; the rest was on its way, or would be."""
    missing = {item for report in stalls for item in report.missing}
    silent = Stalled(tuple(missing)).silent
    first = {item for item in missing if item.sender in silent}
    why = next((report.cause for report in stalls if report.cause), "")
    return Stalled(tuple(first or missing), why)


def _killed(codes: Mapping[str, int]) -> Stalled:
    """A sentence such as: the process of rides was killed (SIGKILL)."""
    signals = sorted({signal.Signals(-code).name for code in codes.values() if code < 0})
    processes = "process" if len(codes) == 1 else "processes"
    was = "was" if len(codes) == 1 else "were"
    ending = f"{was} killed ({', '.join(signals)})" if signals else "ended without a word"
    return Stalled((), f"the {processes} of {' and '.join(codes)} {ending}")
