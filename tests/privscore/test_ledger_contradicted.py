"""What contradicts a ledger: methods that leak, other outlines, and views that nobody had."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ledger_runs import sentences, toy_run
from saved_runs import copied, make_run, reseal

from privscore import methods, scenarios
from privscore.consortium import load
from privscore.consortium.agreement import Agreement
from privscore.inspect.ledger import accounts, gather
from privscore.inspect.ledger.checks import check_outlines
from privscore.inspect.ledger.checks.exact import small_ring
from privscore.inspect.ledger.checks.value_scan import scan
from privscore.methods import available
from privscore.methods.context import Kept, LocalData, RoleContext
from privscore.methods.secret_sum import SecretSum
from privscore.runs.folder import RunFolder, open_run
from privscore.runtime.local import run_job
from protocols.core.cost import Declared
from protocols.core.message import ANY_SHAPE, SHARE, Message, opened
from protocols.core.party import Party, Role
from protocols.core.ring import Vec
from protocols.core.spec import load_spec

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made() -> Path:
    return toy_run()


@dataclass(frozen=True, slots=True)
class Note(Message):
    """What a method should not send; it calls itself a share."""

    carries = SHARE
    value: Vec


@dataclass(frozen=True, slots=True)
class Told(Message):
    """The same, and says so."""

    carries = opened("points")
    value: Vec


class Leaky(SecretSum):
    """secret-sum in which games tells wallet something beside."""

    name = "leaky"

    def __init__(self, kind: type[Note | Told], leak: Callable[[Vec], Vec]) -> None:
        self.kind, self.leak = kind, leak

    def shard(self, context: RoleContext, data: LocalData) -> Role[Kept | None] | None:
        """The sound part, and a message more from games to wallet."""
        sound = super().shard(context, data)
        assert sound is not None

        async def play(party: Party) -> Any:
            if context.me == "games":
                assert data.points is not None
                party.send("wallet", self.kind(self.leak(data.points.astype(np.uint32))))
            if context.me == "wallet":
                await party.receive("games", self.kind, like={"value": ANY_SHAPE})
            return await sound(party)

        return play

    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """That of the sound one."""
        return super().cost(agreement, people)


def leaky_run(method: Leaky, folder: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    known = {**available(), method.name: method}
    monkeypatch.setattr(methods, "available", lambda: known)
    out = folder / "run"
    run_job(load(scenarios.write("toy", folder / "toy")), method, out)
    return open_run(out)


def test_values_that_call_themselves_shares_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = leaky_run(Leaky(Note, lambda points: points), tmp_path, monkeypatch)
    evidence = gather(run)
    result = accounts(evidence, hits=scan(evidence))
    wallet = {each.members[0]: each for each in result.parties}["wallet"]
    assert wallet.row["points"].how == "found"
    assert wallet.row["points"].of == ("games",)


def test_a_size_that_depends_on_values_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = leaky_run(Leaky(Note, lambda points: points[points == 0]), tmp_path, monkeypatch)
    check = check_outlines(gather(run))
    assert check.made
    assert check.contradicts
    assert "wallet, shard-00000" in check.says
    assert "games, shard-00000" not in check.says


def test_values_in_the_clear_are_accounted_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = leaky_run(Leaky(Told, lambda points: points), tmp_path, monkeypatch)
    evidence = gather(run)
    result = accounts(evidence, hits=scan(evidence))
    wallet = {each.members[0]: each for each in result.parties}["wallet"]
    assert wallet.row["points"].how == "message"
    assert "points, shown in the clear by games" in sentences(wallet)


def test_the_same_job_about_other_people_is_another_outline(made: Path, tmp_path: Path) -> None:
    """The check is not blind: a list of another length shows."""
    people = tmp_path / "people.txt"
    people.write_text("\n".join(f"person-{n:03d}" for n in range(200)))
    other = make_run(tmp_path, people=people)
    run = copied(made, tmp_path)
    evidence, others = gather(open_run(run)), gather(open_run(other))
    changed = replace(evidence, sessions=others.sessions)
    check = check_outlines(changed)
    assert check.contradicts
    assert "wallet, people" in check.says


def test_a_protocol_that_is_safe_against_one_only_fails_the_small_ring() -> None:
    spec = load_spec(ROOT / "tests/broken/safe_against_one_only.py")
    made, leaks, says = small_ring(spec)
    assert made
    assert leaks
    assert "learned more than they should" in says


def test_a_view_that_no_role_could_have_had_is_said_to_be_one(made: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    view = run / "desk/view/shard-00000.json"
    record = json.loads(view.read_text())
    cut = record["events"].pop()
    view.write_text(json.dumps(record))
    bodies = view.with_suffix(".bodies")
    bodies.write_bytes(bodies.read_bytes()[: -cut["framing_bytes"] - cut["payload_bytes"]])
    reseal(run)
    output = gather(open_run(run)).output
    assert output.totals is None
    assert "waits for more than it saw" in output.how
