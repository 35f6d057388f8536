"""The tables of a job: each read once, beside the list of people, and none left open."""

import tempfile
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from toy_consortium import toy

from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.methods import named
from privscore.runtime import table_pool
from privscore.runtime.local import run_job
from privscore.runtime.table_pool import OpenTables
from privscore.tables import Table, count_people, open_table

WAIT_S = 10.0


def test_a_job_without_a_list_reads_every_table_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: Counter[str] = Counter()

    def counted(consortium: Consortium, party: str) -> Table:
        times[party] += 1
        return open_table(consortium, party)

    monkeypatch.setattr(table_pool, "open_table", counted)
    loaded = toy(tmp_path)
    run_job(loaded, named("secret-sum"), tmp_path / "run")
    assert times == dict.fromkeys(loaded.agreement.data_parties, 1)


def test_the_first_list_does_not_wait_for_the_last_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = toy(tmp_path)
    first, *_, last = loaded.agreement.data_parties
    asked = threading.Event()

    def slow(consortium: Consortium, party: str) -> Table:
        if party == last and not asked.wait(WAIT_S):
            raise AssertionError("the last table was waited for")
        return open_table(consortium, party)

    monkeypatch.setattr(table_pool, "open_table", slow)
    with closing(OpenTables(loaded)) as tables:
        assert tables.known(first)
        assert tables.someone_knows(1)
        asked.set()
        assert tables.known(last)


def test_somebody_knows_as_many_as_the_largest_table_has(tmp_path: Path) -> None:
    loaded = toy(tmp_path)
    with closing(OpenTables(loaded)) as tables:
        most = max(count_people(tables.known(each)) for each in loaded.agreement.data_parties)
        assert tables.someone_knows(most)
        assert not tables.someone_knows(most + 1)


def test_a_faulty_table_behind_sound_ones_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = toy(tmp_path)
    last = loaded.agreement.data_parties[-1]
    table = loaded.folder / str(loaded.private[last].table)
    table.write_text(table.read_text() + table.read_text().splitlines()[-1] + "\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.raises(Refused, match="have a row already: 1"):
        run_job(loaded, named("secret-sum"), tmp_path / "run")
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "run").exists()
    assert not (loaded.folder / ".privscore").exists()
