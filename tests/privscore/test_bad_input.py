"""Every seeded mistake ends in one refusal: where, what, what to do; and nothing is written."""

import json
import sys
from pathlib import Path

import pytest
from seeded_mistakes import (
    CANARY,
    IN_THE_OWN_FILE,
    IN_THE_TABLES,
    MISTAKES,
    Mistake,
    write_sound,
)

from privscore.cli import main
from privscore.consortium import load
from privscore.tables import open_table


def test_the_sound_consortium_is_read(tmp_path: Path) -> None:
    consortium = load(write_sound(tmp_path))
    for party in consortium.agreement.data_parties:
        open_table(consortium, party).close()


# `run` meets every mistake. `check` reads the file by the same call, but the tables by its own: so
# it meets those again that only a table shows, and those of a party's own file, which it is for.
CASES = [
    *(pytest.param("run", mistake, id=f"run: {mistake.name}") for mistake in MISTAKES),
    *(pytest.param("check", mistake, id=f"check: {mistake.name}") for mistake in IN_THE_TABLES),
    *(pytest.param("check", mistake, id=f"own: {mistake.name}") for mistake in IN_THE_OWN_FILE),
]


@pytest.mark.parametrize(("command", "mistake"), CASES)
def test_a_mistake_is_refused_with_its_place_and_a_fix(
    command: str,
    mistake: Mistake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = mistake.make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    words = [command, str(file), "--json"]
    if command == "run":  # by the method that can do whatever a file needs
        words += ["--out", str(tmp_path / "out"), "--method", "clear"]
    monkeypatch.setattr(sys, "argv", ["privscore", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert error["file"] == str(file)
    if mistake.line is None:
        assert error["line"] is None
    else:
        lines = file.read_bytes().decode("latin-1").splitlines()
        assert mistake.line in lines[error["line"] - 1]
    for word in mistake.cause:
        assert word in error["cause"]
    assert error["fix"].endswith((".", "?"))
    assert "Traceback" not in printed.out + printed.err
    assert CANARY not in printed.out + printed.err
    assert sorted(tmp_path.rglob("*")) == before
