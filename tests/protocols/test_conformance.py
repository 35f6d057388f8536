"""Every protocol of the package passes every check; and every check can fail."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocols.conformance import CHECKS, FULL, QUICK, conform
from protocols.conformance.faults import BY_NAME
from protocols.core.body import Malformed
from protocols.core.errors import PeerFault
from protocols.core.message import Envelope
from protocols.core.party import Party
from protocols.core.session import Session
from protocols.core.spec import Spec, find_specs, load_spec
from protocols.sharing import secure_sum

pytestmark = pytest.mark.slow

TESTS = Path(__file__).resolve().parents[1]
SAMPLE = TESTS / "samples" / "pairwise_masks.py"
BROKEN = sorted((TESTS / "broken").glob("*.py"))
SPECS = find_specs()


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("protocol", SPECS)
def test_conforms(protocol: str, check: str) -> None:
    assert [*CHECKS[check](SPECS[protocol], FULL)] == []


def test_a_protocol_with_an_opening_conforms() -> None:
    assert not any(conform(load_spec(SAMPLE), QUICK).values())


def test_a_protocol_in_one_file_of_ones_own_conforms(tmp_path: Path) -> None:
    copied = shutil.copy(SAMPLE, tmp_path / "my_own_sum.py")
    assert importlib.util.find_spec("my_own_sum") is None
    assert not any(conform(load_spec(Path(copied)), QUICK).values())


# Every check can fail. ----------------------------------------------------------------------------


def test_every_check_that_a_protocol_can_fail_is_failed_by_a_broken_one() -> None:
    load = {path.stem: load_spec(path) for path in BROKEN if "CAUGHT_BY" in path.read_text()}
    assert load
    caught: set[str] = set()
    for stem in load:
        caught |= {*importlib.import_module(f"own_protocols.{stem}").CAUGHT_BY}
    engine = {"duplicate", "contradiction", "wrong type", "wrong sender", "unknown name"}
    assert {*CHECKS} - caught == engine | {"truncated body", "random body"}


@pytest.mark.parametrize("fault", BY_NAME)
def test_every_fault_is_noticed_where_the_engine_would_let_it_pass(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = Party._decode

    def lenient(envelope: Envelope, kind: Any, like: Any) -> Any:
        try:
            return decode(envelope, kind, like)
        except (PeerFault, Malformed):
            return kind(np.zeros_like(like))

    monkeypatch.setattr(Session, "_admit", lambda *_: None)
    monkeypatch.setattr(Session, "_refuse_leftovers", lambda *_: None)
    monkeypatch.setattr(Party, "_decode", staticmethod(lenient))
    assert [*CHECKS[fault](secure_sum.SPEC, QUICK)]


def fails(spec: Spec, check: str) -> str:
    return " / ".join(CHECKS[check](spec, QUICK))


def test_an_output_that_is_not_ideal() -> None:
    wrong = replace(secure_sum.SPEC, ideal=lambda setting, inputs: {"desk": np.zeros(1, "<u4")})
    assert "desk does not get what it should" in fails(wrong, "ideal")
    assert "another output" in fails(wrong, "any order")


def test_rounds_that_are_not_the_declared_ones() -> None:
    def cost(setting: Any) -> Any:
        declared = secure_sum.SPEC.cost(setting)
        return {"shard": replace(declared["shard"], rounds=3)}

    assert "2 rounds, declared 3" in fails(replace(secure_sum.SPEC, cost=cost), "cost")


def test_a_role_that_fails_is_a_finding_and_not_an_error() -> None:
    def shard(*_: Any) -> Any:
        async def play(party: Party) -> None:
            raise RuntimeError("on purpose")

        return play

    findings = conform(
        replace(secure_sum.SPEC, shard=shard), QUICK, ["ideal", "any order", "replay"]
    )
    assert all("a role failed with RuntimeError" in problems[0] for problems in findings.values())


def test_material_that_is_not_bytes() -> None:
    sample = load_spec(SAMPLE)

    def opening(*_: Any) -> Any:
        async def play(party: Party) -> str:
            return "material"

        return play

    spec = replace(secure_sum.SPEC, opening=opening)
    assert "keeps a str as material" in fails(spec, "ideal")
    assert fails(sample, "ideal") == ""


def test_a_tolerance_is_for_those_who_declare_it() -> None:
    def shard(setting: Any, me: str, private: Any) -> Any:
        async def play(party: Party) -> Any:
            return private.data + 0.25 if me == "desk" else None

        return play

    def inputs(setting: Any, dice: Any) -> Any:
        return {"desk": dice.random(setting.people)}

    spec = replace(
        secure_sum.SPEC,
        shard=shard,
        inputs=inputs,
        ideal=lambda setting, inputs: {"desk": inputs["desk"]},
    )
    assert fails(spec, "ideal")
    assert fails(replace(spec, tolerance=0.3), "ideal") == ""
