"""Every method gives, byte for byte, the scores of the commit that `tests/vectors/old` names."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from privscore.cli import main

ROOT = Path(__file__).resolve().parents[2]
CREDIT = ROOT / "../shared/data/credit/UCI_Credit_Card.csv"
BEFORE: dict[str, Any] = json.loads((ROOT / "tests/vectors/old/scores.json").read_text("utf-8"))
DATA = {entry["name"]: entry for entry in BEFORE["data"]}


def call(*words: str) -> None:
    sys.argv = ["privscore", *words, "--json"]
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0, f"privscore {' '.join(words)}"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module", params=list(DATA))
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Path]:
    """The entry of `scores.json`, and a folder in which its data have been made by its command."""
    entry = DATA[request.param]
    if "data_sha256" in entry:
        if not CREDIT.exists():
            pytest.skip(f"{CREDIT} is not there")
        assert sha256(CREDIT) == entry["data_sha256"], f"{CREDIT} is another file"
    folder = tmp_path_factory.mktemp("before")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        call(*entry["make"].replace("DATA", str(CREDIT)).split())
    return entry, folder


@pytest.mark.long
@pytest.mark.parametrize("method", list(DATA["toy"]["sha256"]))
def test_the_scores_are_those_of_before(
    method: str,
    made: tuple[dict[str, Any], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry, folder = made
    monkeypatch.chdir(folder)
    out = tmp_path / "run"
    call(*entry["run"].replace("METHOD", method).replace("--out run", f"--out {out}").split())
    assert json.loads((out / "desk/party.json").read_text("utf-8"))["people"] == entry["people"]
    if sha256(out / "desk" / "scores.csv") != entry["sha256"][method]:
        # Another DuckDB or NumPy could make another society: then its features tell.
        others = [
            platform
            for platform, features in entry.get("features_sha256", {}).items()
            if sha256(folder / entry["name"] / platform / "features.parquet") != features
        ]
        pytest.fail(f"other scores; other features: {others}; made by {BEFORE['versions']}")
