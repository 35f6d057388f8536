"""Places: three nodes and two requesters conform; what does not fit is refused, not harmless."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protocols.conformance import QUICK, conform
from protocols.core.cast import Cast, misfit, parties_in
from protocols.core.errors import LocalMisuse
from protocols.core.exact import exact_check
from protocols.core.message import Disclosure, Key, ciphertext, opened
from protocols.core.play_job import rehearse
from protocols.core.spec import Spec, load_spec, phase_named
from protocols.sharing import secure_sum

SAMPLE = Path(__file__).parents[1] / "samples" / "three_nodes.py"


@pytest.fixture(scope="module")
def spec() -> Spec:
    return load_spec(SAMPLE)


def test_three_nodes_and_two_requesters_conform(spec: Spec) -> None:
    problems = conform(spec, QUICK)
    assert not {name: sentences for name, sentences in problems.items() if sentences}


def test_both_requesters_get_the_sum(spec: Spec) -> None:
    setting = spec.setting(3, 5)
    assert setting.holders("node") == ("node1", "node2", "node3")
    assert setting.holders("requester") == ("desk", "desk2")
    inputs = spec.inputs(setting, np.random.default_rng(1))
    outputs = rehearse(spec, setting, inputs).outputs[0]
    assert set(outputs) == {"desk", "desk2"}
    assert np.array_equal(outputs["desk"], setting.ring.total(inputs.values()))


def test_the_exact_check_tells_three_nodes_from_two(spec: Spec) -> None:
    exact = exact_check(spec, spec.exact[0])
    assert not exact.leaks
    harmful = {verdict.coalition for verdict in exact.verdicts if not verdict.harmless}
    assert harmful, "all three nodes together read everybody's vector"
    assert all({"node1", "node2", "node3"} <= set(coalition) for coalition in harmful)


def test_the_exact_check_fails_for_a_spec_that_calls_all_nodes_harmless(spec: Spec) -> None:
    careless = replace(spec, harmless=lambda *_: True)
    assert exact_check(careless, spec.exact[0]).leaks


SOUND = {
    "platform": ("wallet", "market"),
    "node": ("a", "b", "c"),
    "requester": ("desk", "bank"),
}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"node": ("a", "b")}, "has 3 places for a node, not 2"),
        ({"node": ("a", "b", "b")}, "has a party twice as node: a, b, b"),
        ({"platform": ("wallet",)}, "is for 2 to 16 parties as platform, not 1"),
        ({"requester": ()}, "is for 2 to 8 parties as requester, not 0"),
        ({"auditor": ("eve",)}, "has no place called auditor: eve"),
    ],
)
def test_a_cast_that_does_not_fit_is_refused(spec: Spec, change: Cast, problem: str) -> None:
    cast = {**SOUND, **change}
    assert misfit(spec.places, cast) == problem
    with pytest.raises(LocalMisuse, match=problem):
        spec.cast_as(cast, people=1)


def test_a_party_may_stand_in_two_places(spec: Spec) -> None:
    cast = {**SOUND, "node": ("wallet", "market", "c")}
    assert not misfit(spec.places, cast)
    assert parties_in(cast) == ("wallet", "market", "c", "desk", "bank")


def test_a_spec_without_places_means_platforms_and_one_requester() -> None:
    setting = secure_sum.SPEC.setting(3, 1)
    assert setting.holders("platform") == ("wallet", "market", "social")
    assert setting.holder("requester") == "desk"
    assert secure_sum.SPEC.misfit({**SOUND, "node": ()})


def test_one_holder_is_asked_for_where_there_are_two(spec: Spec) -> None:
    with pytest.raises(LocalMisuse, match="'requester' has 2 parties, not one"):
        spec.setting(3, 1).holder("requester")


def test_an_older_file_may_call_the_setup_opening() -> None:
    older = replace(secure_sum.SPEC, opening=lambda *_: None)
    assert older.setup is not None
    assert phase_named("opening") == "setup"
    with pytest.raises(LocalMisuse, match="not one of the phases"):
        phase_named("prelude")


def test_a_joint_key_needs_all_its_holders() -> None:
    joint = Key("joint", ("a", "b", "c"), need=3)
    assert joint.opened_by(frozenset("abc"))
    assert not joint.opened_by(frozenset("ab"))
    assert not Key("everybody's own").opened_by(frozenset("abc"))


class _Shown(Disclosure):
    WEIGHT = "how heavy everybody is"


def test_a_disclosure_is_known_by_its_name_and_shown_as_its_sentence() -> None:
    carries = opened(_Shown.WEIGHT)
    assert (carries.kind, carries.what) == ("opened", "WEIGHT")
    assert str(carries) == "opened (how heavy everybody is)"
    assert str(ciphertext("a key")) == "ciphertext (a key)"
