"""One party's part in a job, played alone: its own work is done once, and its own files hold it."""

from __future__ import annotations

from pathlib import Path

from toy_consortium import EVERYBODY, toy

from privscore.job.party_job import PartyJob
from privscore.methods import named
from privscore.tables import Table, open_table


def test_a_party_reads_its_table_once_however_often_it_is_prepared(tmp_path: Path) -> None:
    """A runtime may prepare all parties side by side; then their courses come to the same step."""
    consortium = toy(tmp_path)
    opened = []

    def table() -> Table:
        opened.append("wallet")
        return open_table(consortium, "wallet")

    job = PartyJob(
        "wallet",
        consortium.agreement,
        named("secret-sum"),
        scratch=tmp_path / "scratch",
        folder=tmp_path / "wallet",
        table=table,
    )
    for folder in (job.scratch, job.folder):
        folder.mkdir()
    job.people_file.write_text("".join(f"{name}\n" for name in EVERYBODY), encoding="utf-8")
    job.prepare(len(EVERYBODY), b"")
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    points = job.store.read(0, len(EVERYBODY), frozenset({"points"})).points
    assert points is not None
    assert points.any()
    job.prepare(len(EVERYBODY), b"")
    assert opened == ["wallet"]
    assert written == {
        path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()
    }


def test_a_party_without_data_prepares_nothing(tmp_path: Path) -> None:
    job = PartyJob(
        "desk",
        toy(tmp_path).agreement,
        named("secret-sum"),
        scratch=tmp_path / "scratch",
        folder=tmp_path / "desk",
    )
    job.prepare(len(EVERYBODY), b"")
    assert not job.scratch.exists()
    assert not job.folder.exists()
