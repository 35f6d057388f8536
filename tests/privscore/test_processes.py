"""A process for each party: the scores of one process, its own files alone, and one end for all."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from opened_files import can_trace, opened_by_folder, traced
from party_processes import ended_but, privscore, processes_in, started
from toy_consortium import EVERYBODY, five_parties, toy

from privscore.cli import main
from privscore.consortium import load
from privscore.errors import Refused
from privscore.inspect.ledger import accounts, gather
from privscore.inspect.sheet import explain
from privscore.methods import available
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job
from privscore.runtime.processes import run_job_in_processes
from protocols.core.errors import PeerFault, Stalled

pytestmark = pytest.mark.slow

# One run for many questions. ----------------------------------------------------------------------


@dataclass(frozen=True)
class Runs:
    """A job in processes, the same in one, and what strace saw of the first."""

    folder: Path
    processes: Path
    memory: Path
    log: Path | None


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("runs")
    consortium = toy(folder)
    runs = Runs(
        folder, folder / "processes", folder / "memory", folder / "log" if can_trace() else None
    )
    words = privscore("run", consortium.path, "--out", runs.processes, "--runtime", "processes")
    done = subprocess.run(
        words if runs.log is None else traced(words, runs.log), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    run_job(consortium, available()["secret-sum"], runs.memory)
    return runs


def test_the_scores_are_those_of_one_process(runs: Runs) -> None:
    files = [path / "desk" / "scores.csv" for path in (runs.processes, runs.memory)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes().count(b"\n") == 1 + 200


def test_the_records_say_the_same_but_who_played_and_when(runs: Runs) -> None:
    processes, memory = open_run(runs.processes).record, open_run(runs.memory).record
    assert (processes.runtime, memory.runtime) == ("processes", "memory")
    assert processes.files.keys() == memory.files.keys()
    for name in ("people", "people_from", "platforms", "method", "recording", "agreement_sha256"):
        assert getattr(processes, name) == getattr(memory, name), name
    for party, phases in memory.costs.items():
        for phase, cost in phases.items():
            party_cost = processes.costs[party][phase]
            assert party_cost.sent_payload_by_kind == cost.sent_payload_by_kind
            assert party_cost.received_payload_bytes == cost.received_payload_bytes
    assert processes.seconds.keys() - memory.seconds.keys() == {"start"}
    assert processes.seconds["start"] > 0


def test_the_folder_opens_as_any_other(runs: Runs) -> None:
    run = open_run(runs.processes)
    by_party = {each.members[0]: each for each in accounts(gather(run)).parties}
    assert set(by_party) == set(run.parties)
    assert explain(run, "p007").score == explain(open_run(runs.memory), "p007").score


def test_each_partys_folder_opens_alone(runs: Runs, tmp_path: Path) -> None:
    whole = open_run(runs.processes)
    for party in whole.parties:
        alone = open_run(Path(shutil.copytree(runs.processes / party, tmp_path / party)))
        assert alone.parties == (party,)
        assert [saved.place.name for saved in alone.sessions(party)] == [
            "greet", "people", "shard-00000",
        ]  # fmt: skip


def test_nothing_is_left_beside_the_run(runs: Runs) -> None:
    assert {path.name for path in runs.folder.iterdir()} <= {"toy", "processes", "memory", "log"}


def test_no_process_opens_what_is_another_partys(runs: Runs) -> None:
    if runs.log is None:
        pytest.skip("no strace here: it was not checked which files each party's process opens")
    parties = open_run(runs.processes).parties
    by_folder = opened_by_folder(runs.log)
    opened = {
        folder.name: paths
        for folder, paths in by_folder.items()
        if folder.parent.name.startswith("privscore-") and folder.name in parties
    }
    assert set(opened) == set(parties)
    for party, paths in opened.items():
        # Beside the run, its folders and the tables; what is relative is in a party's own folder.
        inside = {path for path in paths if not path.startswith("/") or str(runs.folder) in path}
        named = {part.partition(".")[0] for path in inside for part in Path(path).parts}
        assert not named & (set(parties) - {party}), party
        assert not [path for path in inside if path.endswith("consortium.toml")]
        if party != "desk":
            assert str(runs.folder / "toy" / f"{party}.csv") in inside
    first = by_folder[Path()]  # the process that starts them
    assert str(runs.folder / "toy" / "consortium.toml") in first
    assert not [path for path in first if path.endswith(".csv")]
    count = sum(map(len, opened.values()))
    print(
        f"strace saw {len(opened)} processes open {count} files: each its own table, folder and "
        "journal, none those of another party, and none the consortium file; the process that "
        "started them opened no table"
    )


# Ways to fail. ------------------------------------------------------------------------------------


linux = pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="/proc tells of processes")


@linux
def test_a_killed_process_ends_all_with_its_name(tmp_path: Path) -> None:
    work = started(tmp_path, tmp_path / "out")
    os.kill(processes_in(tmp_path)["rides"], signal.SIGKILL)
    said, errors = work.communicate(timeout=120)
    assert (work.returncode, said) == (3, "")
    assert errors == (
        "error: the process of rides was killed (SIGKILL)\n  fix: No run was written. Run again.\n"
    )
    assert not processes_in(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"toy"}


@linux
def test_ctrl_c_ends_all_processes_without_a_word(tmp_path: Path) -> None:
    work = started(tmp_path, tmp_path / "out")
    for process in processes_in(tmp_path).values():
        status = Path(f"/proc/{process}/status").read_text()
        blocked = int(status.partition("SigBlk:")[2].split()[0], 16)
        assert blocked >> (signal.SIGINT - 1) & 1, "a Ctrl-C must get to the first process alone"
    os.killpg(work.pid, signal.SIGINT)  # as a terminal sends it, to all of them
    assert work.communicate(timeout=120) == ("", "")
    assert work.returncode == 130
    assert not processes_in(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"toy"}


@linux
@pytest.mark.long
def test_no_process_outlives_the_one_that_started_it(tmp_path: Path) -> None:
    work = started(tmp_path, tmp_path / "out")
    processes = processes_in(tmp_path)
    work.kill()
    work.wait()
    try:
        # All wait for rides, and would wait long; rides itself is stopped, and can do nothing yet.
        assert ended_but(tmp_path, {"rides"})
        os.kill(processes["rides"], signal.SIGCONT)
        assert ended_but(tmp_path, set())
    finally:
        for party in processes_in(tmp_path):
            os.kill(processes[party], signal.SIGKILL)
        work.communicate()


def test_a_refusal_of_one_process_is_that_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes from another folder, and names the file as it was named here."""
    five_parties(tmp_path, dropout="neutral")
    monkeypatch.chdir(tmp_path)
    consortium = load(Path("toy/consortium.toml"))
    masked = available()["masked-sum"]
    run_job(consortium, masked, Path("first"))
    with pytest.raises(Refused, match="their difference would open the points of rides") as refused:
        run_job_in_processes(consortium, masked, Path("second"), lost={"rides": 0})
    assert refused.value.file == "toy/consortium.toml"
    assert refused.value.line == consortium.line_of("policy")
    assert {path.name for path in tmp_path.iterdir()} == {"toy", "first"}


@pytest.mark.long
def test_too_few_people_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "few.txt").write_text("\n".join(EVERYBODY[:7]))
    with pytest.raises(Refused, match="about 7 people"):
        run_job_in_processes(
            five_parties(tmp_path),
            available()["clear"],
            tmp_path / "out",
            people=tmp_path / "few.txt",
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_a_peers_fault_is_named(tmp_path: Path) -> None:
    consortium = five_parties(tmp_path, dropout="neutral")
    masked = available()["masked-sum"]
    run_job(consortium, masked, tmp_path / "first")
    shutil.rmtree(consortium.folder / ".privscore" / "journal" / "desk")
    with pytest.raises(PeerFault, match="asks again") as fault:
        run_job_in_processes(consortium, masked, tmp_path / "second", lost={"rides": 0})
    assert fault.value.suspects == ("desk",)


@pytest.mark.long
@pytest.mark.parametrize("dropout", ["abort", "neutral"])
def test_a_lost_platform_is_lost_as_in_one_process(dropout: str, tmp_path: Path) -> None:
    consortium = five_parties(tmp_path, dropout=dropout)
    name = "masked-sum" if dropout == "neutral" else "secret-sum"
    out, options = tmp_path / "apart", {"shard_people": 64, "lost": {"rides": 2}}
    if dropout == "abort":
        with pytest.raises(Stalled) as stalled:
            run_job_in_processes(consortium, available()[name], out, **options)
        assert stalled.value.silent == ("rides",)
        assert not out.exists()
        return
    record = run_job_in_processes(consortium, available()[name], out, **options)
    run_job(consortium, available()[name], tmp_path / "together", **options, remember=False)
    assert "rides" not in record.platforms
    files = [tmp_path / run / "desk" / "scores.csv" for run in ("apart", "together")]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert open_run(out).sessions("rides")[-1].view.messages == ()


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (["--runtime", "threads"], "there is no runtime 'threads'"),
        (["--runtime", "processes", "--workers", "2"], "workers play shards of all parties"),
    ],
)
def test_what_the_runtimes_do_not_know_is_refused(
    options: list[str], cause: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    words = ["run", str(five_parties(tmp_path).path), "--out", str(tmp_path / "out"), *options]
    monkeypatch.setattr(sys, "argv", ["privscore", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"error: {cause}")
