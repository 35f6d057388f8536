"""Run `make test` on every Python from 3.11 to 3.14 that is on this machine, one after the other.

make versions

Each has an environment of its own (`.venv-3.12` and so on) from the same locked requirements, and
one line in the end; what it printed on the way is in `.venv-3.12/test.log`. A Python is looked for
on the PATH and in `~/.pyenv/versions`. Ends with 1 if one of them fails; one that is not there is
named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def interpreter(version: str) -> str | None:
    """The path of a Python of this version that starts, if there is one."""
    on_path = shutil.which(f"python{version}")
    by_pyenv = (Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python{version}")
    for path in [*([on_path] if on_path else []), *map(str, sorted(by_pyenv, reverse=True))]:
        if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return path  # pyenv leaves commands on the PATH for Pythons that are not turned on
    return None


def tested(version: str, python: str) -> bool:
    """`make test` with this Python, and one line on how it ended."""
    folder = f".venv-{version}"
    started = time.monotonic()
    make = ["make", "test", f"PYTHON={python}", f"VENV={folder}"]
    done = subprocess.run(
        make, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if (ROOT / folder).is_dir():
        (ROOT / folder / "test.log").write_text(done.stdout, encoding="utf-8")
    last = (done.stdout.strip().splitlines() or ["nothing was printed"])[-1]
    state = "failed" if done.returncode else "passed"
    print(f"{version}  {state}  {time.monotonic() - started:.0f} s  {python}  {last}", flush=True)
    return done.returncode == 0


def main() -> int:
    os.environ.pop("MAKEFLAGS", None)  # this script is itself called by a make
    passed = []
    for version in VERSIONS:
        python = interpreter(version)
        if python is None:
            print(f"{version}  not found: looked on the PATH and in ~/.pyenv/versions", flush=True)
        else:
            passed.append(tested(version, python))
    return 0 if passed and all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
