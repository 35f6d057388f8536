"""A label is spent once: in two sessions, shards, jobs or processes, and after a restart."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from privscore.job.ids import session_id
from privscore.job.spent import SpentInFolder
from protocols.core.errors import LocalMisuse
from protocols.core.local import run_local
from protocols.core.party import Party, role

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = b"1" * 32, b"2" * 32  # ids of jobs


@role()
async def open_shares(party: Party, job: bytes | None) -> str:
    party.once("open", job=job)
    return "opened"


def opens(folder: Path, session: bytes, job: bytes | None = None) -> bool:
    """Whether a party whose labels are in `folder` may open shares in this session."""
    store = SpentInFolder(folder, durable=True)  # a new one each time, as after a restart
    try:
        run_local({"wallet": partial(open_shares, job=job)}, session=session, once=lambda _: store)
    except LocalMisuse as error:
        if "was done before" not in str(error):
            raise
        return False
    return True


def test_a_session_that_is_played_again(tmp_path: Path) -> None:
    assert opens(tmp_path, session_id(FIRST, "shard", 0))
    assert not opens(tmp_path, session_id(FIRST, "shard", 0))


def test_two_shards_are_two_sessions(tmp_path: Path) -> None:
    assert opens(tmp_path, session_id(FIRST, "shard", 0))
    assert opens(tmp_path, session_id(FIRST, "shard", 1))


def test_a_label_of_a_job_is_spent_in_whatever_session_or_shard(tmp_path: Path) -> None:
    assert opens(tmp_path, session_id(FIRST, "shard", 0), FIRST)
    for session in (session_id(FIRST, "shard", 1), session_id(FIRST, "closing")):
        assert not opens(tmp_path, session, FIRST)


def test_two_jobs_share_a_folder_and_no_label(tmp_path: Path) -> None:
    assert opens(tmp_path, session_id(FIRST, "closing"), FIRST)
    assert opens(tmp_path, session_id(SECOND, "closing"), SECOND)
    assert not opens(tmp_path, session_id(SECOND, "question", 0), SECOND)


def test_the_labels_of_two_parties_are_not_mixed(tmp_path: Path) -> None:
    assert opens(tmp_path / "wallet", FIRST)
    assert opens(tmp_path / "market", FIRST)


SPEND = """
import os, sys
from pathlib import Path
from privscore.job.spent import SpentInFolder
print(SpentInFolder(Path(sys.argv[1]), durable=True).spend("label"), flush=True)
os._exit(9)  # it ends without tidying up
"""


def spend_in_process(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SPEND, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_a_party_that_starts_again_has_spent_what_it_had(tmp_path: Path) -> None:
    assert spend_in_process(tmp_path / "spent").communicate()[0] == "True\n"
    assert spend_in_process(tmp_path / "spent").communicate()[0] == "False\n"
    assert not SpentInFolder(tmp_path / "spent").spend("label")
    assert SpentInFolder(tmp_path / "spent").spend("another label")


def test_of_processes_at_the_same_time_one_alone_spends_a_label(tmp_path: Path) -> None:
    processes = [spend_in_process(tmp_path / "spent") for _ in range(3)]
    told = sorted(process.communicate()[0] for process in processes)
    assert told == ["False\n", "False\n", "True\n"]


@pytest.mark.parametrize("durable", [True, False])
def test_a_durable_label_is_on_the_disk_before_it_is_used(
    tmp_path: Path, durable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder itself too: of a folder that is lost, all labels are."""
    synced = []

    def note(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    monkeypatch.setattr(os, "fsync", note)
    store = SpentInFolder(tmp_path / "spent", durable=durable)
    assert store.spend("label")
    assert synced == [str(tmp_path), str(tmp_path / "spent")] * durable
    assert not store.spend("label")


def test_labels_are_for_nobody_else_to_read(tmp_path: Path) -> None:
    SpentInFolder(tmp_path / "spent").spend("label")
    (label,) = (tmp_path / "spent").iterdir()
    assert (tmp_path / "spent").stat().st_mode & 0o777 == 0o700
    assert label.stat().st_mode & 0o777 == 0o600
    assert "label" not in label.name
