"""How a command ends that is stopped, misused, or meets a full disk: words to read, no trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from toy_consortium import toy

from privscore.errors import Refused
from privscore.files import no_room, put_whole
from privscore.runs.worker_processes import Workers
from privscore.society import generate, scenario

pytestmark = pytest.mark.slow

PRIVSCORE = [sys.executable, "-m", "privscore"]


def run(
    *words: str | Path, limit: int | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """`privscore WORDS`; no file may grow beyond `limit` bytes, which is how a full disk looks."""
    command = [*PRIVSCORE, *map(str, words)]
    if limit is not None:
        script = (
            "import resource, runpy, sys\n"
            "sys.dont_write_bytecode = True\n"  # or half a compiled module is left for others
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
            "sys.argv = sys.argv[1:]\n"
            "runpy.run_module('privscore', run_name='__main__')"
        )
        command = [sys.executable, "-c", script, "privscore", *map(str, words)]
    surroundings = os.environ | variables
    return subprocess.run(command, capture_output=True, text=True, env=surroundings, timeout=60)


def there(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if ".privscore" not in path.parts  # what was about to be answered is noted before
    )


# A full disk. -------------------------------------------------------------------------------------


def test_an_array_is_written_whole_or_there_is_an_error() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no disk that is always full")
    with pytest.raises(OSError, match="No space left") as caught:
        put_whole(np.arange(200, dtype=np.uint32), Path("/dev/full"))
    refusal = no_room(caught.value, "points")
    assert refusal is not None
    assert refusal.cause == "cannot write points: No space left on device"
    assert no_room(PermissionError(13, "Permission denied"), "points") is None


@pytest.mark.parametrize("method", ["clear", "secret-sum"])
@pytest.mark.parametrize("limit", [0, 700, 2_000, 6_000])
def test_a_run_on_a_full_disk_blames_nobody_and_leaves_nothing(
    method: str, limit: int, tmp_path: Path
) -> None:
    file = toy(tmp_path).path
    (file.parent / ".privscore").mkdir()
    before = there(tmp_path)
    done = run("run", file, "--out", tmp_path / "out", "--method", method, limit=limit)
    assert done.returncode == 2, done.stderr
    words = "No usable temporary directory" if limit == 0 else "File too large"
    assert words in done.stderr
    assert "fix: Make " in done.stderr
    assert there(tmp_path) == before


@pytest.mark.parametrize("limit", [500, 2_500])
def test_init_on_a_full_disk_leaves_nothing(limit: int, tmp_path: Path) -> None:
    done = run("init", tmp_path / "new", limit=limit)
    assert (done.returncode, there(tmp_path)) == (2, [])
    assert "fix: Make room" in done.stderr


def test_half_a_consortium_is_not_taken_for_one_that_was_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(tmp_path / "town", people=100)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(Refused, match="No space left"):
            scenario(tmp_path / "town")
    assert not (tmp_path / "town" / "society.toml").exists()


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_takes_nothing_is_a_refusal(unbuffered: str, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no output that is always full")
    with open("/dev/full", "w") as full:
        words = [*PRIVSCORE, "check", str(toy(tmp_path).path)]
        surroundings = os.environ | {"PYTHONUNBUFFERED": unbuffered}
        done = subprocess.run(
            words, stdout=full, stderr=subprocess.PIPE, text=True, env=surroundings
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write the output: No space left on device")


# Stopped. -----------------------------------------------------------------------------------------


def children(process: int) -> str:
    """The processes that its main thread has started."""
    return Path(f"/proc/{process}/task/{process}/children").read_text()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="/proc tells of child processes")
@pytest.mark.parametrize("command", ["compare", "society"])
@pytest.mark.parametrize("after_s", [0.0, 0.4])
def test_ctrl_c_ends_all_processes_without_a_word(
    command: str, after_s: float, tmp_path: Path
) -> None:
    words = ["compare", str(toy(tmp_path).path)]
    if command == "society":
        words = ["society", str(tmp_path / "town"), "--people", "300000"]
    work = subprocess.Popen(
        [*PRIVSCORE, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # no shell ignores it
    )
    while not children(work.pid):
        assert work.poll() is None
        time.sleep(0.01)
    time.sleep(after_s)
    os.killpg(work.pid, signal.SIGINT)  # as a terminal sends it, to all of them
    said, _ = work.communicate(timeout=30)
    assert (work.returncode, said) == (130, "")
    assert not (tmp_path / "town").exists()


def test_a_worker_is_out_of_reach_of_ctrl_c_and_this_process_is_not() -> None:
    with Workers(1) as pool:
        assert signal.SIGINT in pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


# Misused. -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["plan", "FILE", "--people", "0"], "0 is not in the range"),
        (["run", "FILE"], "Missing option '--out'"),
        (["nosuch"], "No such command 'nosuch'"),
    ],
    ids=["out_of_range", "option_left_out", "unknown_command"],
)
def test_a_misused_command_says_so_as_json_too(words: list[str], cause: str) -> None:
    done = run(*words, "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert cause in error["cause"]
    assert error["fix"].endswith("--help.")
    assert "Error" in run(*words).stderr


def test_a_stall_names_where_it_began_and_which_methods_bear_it(tmp_path: Path) -> None:
    done = run("run", toy(tmp_path).path, "--out", tmp_path / "out", "--lose", "rides")
    assert done.returncode == 3
    cause, fix = done.stderr.splitlines()
    assert cause.count(" from ") == 2  # all who wait for the same stand together
    assert "Run again when rides can be reached, or by a method" in fix
    assert "(masked-sum)" in fix


def test_signs_that_a_terminal_cannot_show_are_replaced(tmp_path: Path) -> None:
    done = run("check", toy(tmp_path).path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert run("--version").stdout == f"privscore {version('privscore')}\n"
