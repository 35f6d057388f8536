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
from privscore.runs.record import PARTY_FILE
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


def change_record(run: Path, /, **keys: Any) -> None:
    """Overwrite keys of the record of every party, and make `run.json` fit them again."""
    for file in run.glob(f"*/{PARTY_FILE}"):
        change_json(file, **keys)
    _join(run)


def change_party(run: Path, name: str, /, **keys: Any) -> None:
    """Overwrite keys of the record of one party, and make `run.json` fit it again."""
    change_json(run / name / PARTY_FILE, **keys)
    _join(run)


def change_json(file: Path, /, **keys: Any) -> None:
    """Overwrite keys of one file, and nothing else."""
    file.write_text(json.dumps(json.loads(file.read_text()) | keys))


def reseal(run: Path) -> None:
    """Make every hash in the records fit again, as who forges a run would."""
    for record in run.glob(f"*/{PARTY_FILE}"):
        folder = record.parent
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path != record)
        hashes = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
        change_json(record, files=hashes)
    _join(run)


def _join(run: Path) -> None:
    """Make the hashes in `run.json` fit the records of the parties."""
    records = sorted(run.glob(f"*/{PARTY_FILE}"))
    change_json(run / "run.json", parties={file.parent.name: _sha256(file) for file in records})


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def drop(name: str) -> Callable[[Path], None]:
    """Take a file away."""
    return lambda run: (run / name).unlink()


def drop_and_reseal(name: str) -> Callable[[Path], None]:
    """Take a file away, and cross it out in the records."""

    def change(run: Path) -> None:
        (run / name).unlink()
        reseal(run)

    return change


def overwrite(name: str, body: bytes, *, sealed: bool = False) -> Callable[[Path], None]:
    """Put other bytes into a file; `sealed`: and their hash into the records."""

    def change(run: Path) -> None:
        (run / name).write_bytes(body)
        if sealed:
            reseal(run)

    return change


def flip(name: str, *, sealed: bool) -> Callable[[Path], None]:
    """Change one bit in the middle of a file; `sealed`: and its hash in the records."""

    def change(run: Path) -> None:
        body = bytearray((run / name).read_bytes())
        body[len(body) // 2] ^= 1
        (run / name).write_bytes(body)
        if sealed:
            reseal(run)

    return change


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
