"""What processes say of a failed run: it arrives whole, and what says most is what is raised."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import msgspec
import pytest

from privscore.errors import Refused
from privscore.runtime.reports import Failed, Report, most_telling
from protocols.core.errors import Aborted, Cause, LocalMisuse, Missing, PeerFault, Stalled

REFUSED = Refused("too few", "Ask about more.", file=Path("c.toml"), line=7)
FAULT = PeerFault(("wallet", "social"), "sent Share twice")
WAITS = Missing("desk", "PartialSum", 0, "wallet"), Missing("wallet", "Share", 0, "rides")
STALLED = Stalled(WAITS, "the connection to rides has ended")
ABORTED = Aborted("wallet", "rides", Cause.REFUSED, (), "it refuses to go on")


@pytest.mark.parametrize("error", [REFUSED, FAULT, STALLED, ABORTED], ids=repr)
def test_an_error_arrives_as_it_left(error: Exception) -> None:
    line = msgspec.json.encode(Failed.of(error))
    assert b"\n" not in line
    arrived = msgspec.json.decode(line, type=Report)
    assert isinstance(arrived, Failed)
    assert type(arrived.error()) is type(error)
    assert str(arrived.error()) == str(error)


@pytest.mark.parametrize("error", [LocalMisuse("a bug"), ZeroDivisionError("a bug")], ids=repr)
def test_a_fault_of_ours_arrives_with_its_trace(error: Exception) -> None:
    arrived = Failed.of(error).error()
    assert type(arrived) is RuntimeError
    assert f"{type(error).__name__}: a bug" in str(arrived)


def test_a_full_disk_is_a_refusal() -> None:
    arrived = Failed.of(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))).error()
    assert isinstance(arrived, Refused)
    assert "No space left" in arrived.cause


def test_the_one_that_says_most_is_what_the_run_ends_with() -> None:
    bug = Failed.of(LocalMisuse("a bug"))
    others = [REFUSED, FAULT, STALLED, ABORTED]
    said = {"d": ABORTED, "c": STALLED, "b": FAULT, "a": REFUSED}
    failures = {name: Failed.of(error) for name, error in said.items()}
    assert str(most_telling({**failures, "e": bug}, {"f": -9})) == str(REFUSED)
    del failures["a"]
    assert type(most_telling({**failures, "e": bug}, {"f": -9})) is RuntimeError
    assert str(most_telling(failures, {"f": -9})) == "the process of f was killed (SIGKILL)"
    for error in others[1:]:
        assert type(most_telling(failures, {})) is type(error)
        failures.pop(next(name for name, each in said.items() if each is error))


def test_of_a_stall_only_where_it_began_is_told() -> None:
    also = Stalled((Missing("desk", "PartialSum", 0, "rides"),))
    error = most_telling({"wallet": Failed.of(also), "desk": Failed.of(STALLED)}, {})
    assert isinstance(error, Stalled)
    assert error.silent == ("rides",)
    assert str(error) == (
        "the connection to rides has ended; desk waits for PartialSum #0 from rides; "
        "wallet waits for Share #0 from rides"
    )


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        ({"rides": -9}, "the process of rides was killed (SIGKILL)"),
        ({"rides": 1}, "the process of rides ended without a word"),
        ({"a": -9, "b": -15}, "the processes of a and b were killed (SIGKILL, SIGTERM)"),
    ],
)
def test_who_ended_without_a_word_is_named(codes: dict[str, int], sentence: str) -> None:
    assert str(most_telling({"x": Failed.of(FAULT)}, codes)) == sentence
