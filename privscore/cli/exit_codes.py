"""Every way in which a command can end, as an exit code and something to read."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import click

from privscore.errors import Refused
from privscore.files import no_room
from protocols.core.errors import LocalMisuse, ProtocolError, Stalled

INTERRUPTED = 130  # as shells have it
FAILED = 3
REFUSED = 2


def after(error: BaseException) -> int:
    """The exit code after an error that is said here; re-raises what is a fault of ours."""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return INTERRUPTED
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        return _misused(error)
    if isinstance(error, Refused):
        _say(str(error), error.cause, error.fix, file=error.file, line=error.line)
        return REFUSED
    if isinstance(error, ProtocolError) and not isinstance(error, LocalMisuse):
        return _failed(str(error), f"No run was written. {_fix(error)}")
    if isinstance(error, BrokenProcessPool):
        fix = "Run again with fewer workers or more memory."
        return _failed("a worker was killed", fix)
    if isinstance(error, Exception) and (full := no_room(error, "the output")):
        code = after(full)
        _drop_output()
        return code
    raise error


def _drop_output() -> None:
    """What is left in standard output's buffer must not be written again at the end: it is full."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _misused(error: click.ClickException) -> int:
    """Arguments that the command line does not understand."""
    if "--json" not in sys.argv:
        error.show()
        return error.exit_code
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "privscore"
    _say("", error.format_message().strip(), f"See {command} --help.", file=None, line=None)
    return error.exit_code


def _failed(cause: str, fix: str) -> int:
    _say(f"{cause}\n  fix: {fix}", cause, fix)
    return FAILED


def _fix(error: ProtocolError) -> str:
    if not isinstance(error, Stalled) or not error.silent:
        return "Run again."
    from privscore.methods import available

    silent = ", ".join(error.silent)
    methods = ", ".join(
        each.name for each in available().values() if each.private and each.may_lose
    )
    return (
        f"Run again when {silent} can be reached, or by a method that does without a lost platform "
        f'({methods}) where the policy says dropout = "neutral".'
    )


def _say(text: str, cause: str, fix: str, **place: Any) -> None:
    if "--json" in sys.argv:
        print(json.dumps({"error": {**place, "cause": cause, "fix": fix}}, ensure_ascii=False))
    else:
        print(f"error: {text}", file=sys.stderr)
