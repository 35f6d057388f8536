"""When a method may run, and what its protocol promises to the parties of an agreement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from ledger_runs import toy_run
from toy_consortium import toy

from privscore import methods
from privscore.consortium import load
from privscore.consortium.agreement import Agreement
from privscore.errors import Refused
from privscore.inspect.ledger import gather
from privscore.inspect.ledger.disclosures import disclosed
from privscore.methods import coalitions, load_method
from privscore.methods.rules import misfits, objections, policy_objections
from privscore.methods.secret_sum import SecretSum
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job
from protocols.core.cast import Cast
from protocols.core.spec import Spec

SAMPLES = Path(__file__).parents[1] / "samples"
SPEC: Spec = SecretSum.protocols[0]


class FewPlatforms(SecretSum):
    """A method over a protocol that was checked for two platforms and no more."""

    protocols = (replace(SPEC, sizes=range(2, 3)),)


class NobodyThere(SecretSum):
    """A method that casts nobody as a platform."""

    def cast(self, agreement: Agreement) -> Cast:
        return {"platform": (), "requester": agreement.requesters}


class AnotherPlace(SecretSum):
    """A method that casts into a place that its protocol does not have."""

    def cast(self, agreement: Agreement) -> Cast:
        return {**super().cast(agreement), "broker": ("desk",)}


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Agreement:
    return toy(tmp_path_factory.mktemp("toy")).agreement


@pytest.fixture
def forget_loaded_methods() -> Iterator[None]:
    before = dict(methods._loaded)
    yield
    methods._loaded.clear()
    methods._loaded.update(before)


# Parties that do not fit. -------------------------------------------------------------------------


def test_a_method_whose_parties_fit_has_no_objection(agreement: Agreement) -> None:
    assert misfits(SecretSum(), agreement) == objections(SecretSum(), agreement) == []


@pytest.mark.parametrize(
    ("method", "why"),
    [(NobodyThere(), "as platform, not 0"), (AnotherPlace(), "has no place called broker: desk")],
    ids=["nobody in a place", "a place that is none"],
)
def test_parties_that_do_not_fit_are_an_objection(
    agreement: Agreement, method: SecretSum, why: str
) -> None:
    (problem,) = misfits(method, agreement)
    assert problem.startswith(f"secret-sum: {SPEC.name} ")
    assert why in problem
    assert objections(method, agreement) == [problem]
    assert policy_objections(method, agreement) == []


def test_a_job_whose_parties_do_not_fit_is_refused_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no place called broker"):
        run_job(toy(tmp_path), AnotherPlace(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("forget_loaded_methods")
def test_three_nodes_without_nodes_are_refused(tmp_path: Path) -> None:
    """Nobody in the toy is a node, and only one party asks."""
    method = load_method(SAMPLES / "three_node_sum.py")
    consortium = toy(tmp_path)
    with pytest.raises(Refused, match="three-nodes"):
        run_job(consortium, method, tmp_path / "run")


# What is promised. --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", [FewPlatforms(), NobodyThere()], ids=["too many platforms", "nobody in a place"]
)
def test_nobody_is_harmless_where_nothing_is_promised(
    agreement: Agreement, method: SecretSum
) -> None:
    spec = method.protocols[0]
    assert coalitions.promised(method, spec, agreement) is None
    for size in range(1, len(agreement.party_ids) + 1):
        for members in map(frozenset, combinations(agreement.party_ids, size)):
            assert not coalitions.harmless(method, spec, agreement, members)
            assert coalitions.exposed(method, spec, agreement, members) == frozenset()


def test_one_platform_is_harmless_where_the_protocol_was_checked(agreement: Agreement) -> None:
    assert coalitions.promised(SecretSum(), SPEC, agreement) is not None
    assert coalitions.harmless(SecretSum(), SPEC, agreement, frozenset(["wallet"]))


def test_the_ledger_says_that_it_cannot_tell_what_was_not_promised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evidence = gather(open_run(toy_run()))
    monkeypatch.setattr(SecretSum, "protocols", FewPlatforms.protocols)
    for party in ("wallet", "desk"):
        learned = [each.sentence for each in disclosed(evidence, frozenset([party]))]
        assert any(sentence.startswith(f"cannot tell what {SPEC.name}") for sentence in learned)


# Whose code runs. ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("forget_loaded_methods")
def test_no_file_is_loaded_because_a_record_names_it(tmp_path: Path) -> None:
    """A run that came from somebody else runs nothing here, whatever its record says."""
    file = tmp_path / "theirs.py"
    file.write_text("raise AssertionError('it ran')\n", encoding="utf-8")
    with pytest.raises(Refused, match="there is no method"):
        methods.known(str(file))
    consortium = load(toy(tmp_path).path)
    run_job(consortium, SecretSum(), tmp_path / "run", recording="outline")
    for record in (tmp_path / "run").glob("*/party.json"):
        record.write_text(
            record.read_text(encoding="utf-8").replace('"secret-sum"', f'"{file}"'),
            encoding="utf-8",
        )
    with pytest.raises(Refused, match="there is no method"):
        open_run(tmp_path / "run" / "wallet")
