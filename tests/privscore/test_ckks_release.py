"""`ckks-weighted`: session and ledger say how totals were released, and nothing goes past it."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from weighted_cards import MIXED, PEOPLE, agreed, data_for, played

import privscore
from privscore.consortium import load
from privscore.inspect.ledger import gather, ledger
from privscore.methods.ckks_weighted import METHOD
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job
from privscore.scenarios import write
from protocols.encryption.release import RECORD

pytestmark = pytest.mark.slow


def test_every_session_says_how_its_results_were_released() -> None:
    agreement = agreed(*MIXED)
    run = played(agreement, data_for(agreement, np.random.default_rng(4), PEOPLE))
    written = {
        name: [line for label, line in view.recorded.items() if label.endswith(RECORD)]
        for name, view in run.views.items()
    }
    assert written.pop("requester") == [METHOD.released(agreement, PEOPLE).encode()]
    assert not any(written.values())


def test_no_file_of_this_package_can_read_past_the_release() -> None:
    """None has a key's owner or an unreleased result in its hands, by any name of theirs."""
    for path in Path(privscore.__file__).parent.rglob("*.py"):
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in (
                getattr(node, "attr", ""),
                getattr(node, "id", ""),
                *(alias.name for alias in getattr(node, "names", ()) if hasattr(alias, "name")),
                getattr(node, "module", None) or "",
            )
        }
        unreleased = {"Unreleased", "unreleased", "ApproximateKeyOwner", "sealapi"}
        assert not names & unreleased, path
        assert not any("encryption.backend" in name for name in names), path


@pytest.fixture(scope="module")
def toy_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    run_job(load(write("toy", folder / "toy")), METHOD, folder / "run")
    return folder / "run"


def test_the_ledger_says_how_totals_were_released(toy_run: Path) -> None:
    run = open_run(toy_run)
    page = ledger(run)
    line = METHOD.released(run.agreement, run.record.people)
    assert "200 results released under flooding of" in line
    for standing in page.parties:
        said = any(line in each.sentence for each in standing.learned)
        assert said is (standing.members == ("desk",))
    assert not page.contradicted


def test_of_an_outline_the_ledger_says_what_the_method_says(tmp_path: Path) -> None:
    consortium = load(write("toy", tmp_path / "toy"))
    run_job(consortium, METHOD, tmp_path / "run", recording="outline", shard_people=150)
    evidence = gather(open_run(tmp_path / "run"))
    assert evidence.released == (METHOD.released(consortium.agreement, 200),)
