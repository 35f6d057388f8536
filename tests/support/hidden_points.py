"""A consortium with points that only their owner knows, one job on it, and the command line."""

from __future__ import annotations

import functools
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from mistakes_in_hidden_card import HIDDEN
from sound_consortium import write_sound

from privscore.cli import main
from privscore.consortium import Consortium, load
from privscore.methods import available
from privscore.runs.folder import RunFolder, open_run
from privscore.runtime.local import run_job

CLEAR, METHOD = available()["clear"], available()["bfv-hidden-card"]
LEAK = "accept_output_leak = true\nmin_people = 50"
_KEPT = tempfile.TemporaryDirectory()  # until the process ends


def of(folder: Path, text: str = HIDDEN) -> Consortium:
    """The sound consortium with its points hidden, or another text, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    return load(write_sound(folder, text))


@functools.cache
def owners_copy() -> Consortium:
    """The owner's own copy."""
    return of(Path(_KEPT.name, "owners"))


@functools.cache
def whole_run() -> RunFolder:
    """A whole job: three shards in two worker processes."""
    out = Path(_KEPT.name, "run")
    run_job(owners_copy(), METHOD, out, shard_people=25, workers=2)
    return open_run(out)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    sys.argv = ["privscore", *words, "--json"]
    with pytest.raises(SystemExit) as ended:
        main()
    shown = json.loads(capsys.readouterr().out)
    assert ended.value.code == (2 if "error" in shown else 0)
    return shown  # type: ignore[no-any-return]
