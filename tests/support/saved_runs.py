"""Runs on disk for the tests of what reads them, and ways to change one after it was made."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from privscore import scenarios
from privscore.consortium import load
from privscore.methods import available
from privscore.runtime.local import run_job

TOY_PEOPLE = 200


def make_run(
    folder: Path,
    method: str = "secret-sum",
    *,
    edit: Callable[[str], str] = lambda text: text,
    **options: Any,
) -> Path:
    """The run of the toy consortium, its file edited, by one method; in `folder`."""
    path = folder / "toy" / "consortium.toml"
    if not path.exists():
        scenarios.write("toy", path.parent)
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    out = folder / method
    run_job(load(path), available()[method], out, **options)
    return out


def copied(run: Path, folder: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(run, folder / "changed"))


def change_record(run: Path, **keys: Any) -> None:
    """Overwrite keys of `run.json`."""
    path = run / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))


def reseal(run: Path) -> None:
    """Make every hash in `run.json` fit again, as who forges a run would."""
    files = sorted(path for path in run.rglob("*") if path.is_file() and path.name != "run.json")
    names = {path.relative_to(run).as_posix(): path for path in files}
    change_record(
        run, files={name: hashlib.sha256(p.read_bytes()).hexdigest() for name, p in names.items()}
    )


def plant(
    run: Path, party: str, message: str, leak: bytes, *, offset: int, sender: str = ""
) -> None:
    """Put bytes into the payload of the first message of this name in what a party saw."""
    view = run / party / "view" / "shard-00000.json"
    record = json.loads(view.read_text())
    bodies = bytearray(view.with_suffix(".bodies").read_bytes())
    start = 0
    for event in record["events"]:
        size = event["framing_bytes"] + event["payload_bytes"]
        if event["name"].endswith(f"/{message}") and event["sender"].startswith(sender):
            assert offset + len(leak) <= event["payload_bytes"], (
                "the leak is longer than the message"
            )
            first = start + event["framing_bytes"] + offset
            bodies[first : first + len(leak)] = leak
            event["sha256"] = hashlib.sha256(bodies[start : start + size]).hexdigest()
            view.write_text(json.dumps(record))
            view.with_suffix(".bodies").write_bytes(bodies)
            reseal(run)
            return
        start += size
    raise AssertionError(f"{party} saw no {message}")
