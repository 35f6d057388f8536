"""What a protocol declares, and how it is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protocols.core.cost import Declared
from protocols.core.errors import LocalMisuse
from protocols.core.ring import Ring
from protocols.core.spec import Small, find_specs, load_spec, platforms, uniform_vectors
from protocols.sharing import secure_sum

BROKEN = Path(__file__).resolve().parents[1] / "broken"


def test_the_protocols_of_the_package_are_found_by_name() -> None:
    specs = find_specs()
    assert specs["secure-sum"] is secure_sum.SPEC
    assert all(spec.name == name and spec.card for name, spec in specs.items())


def test_two_protocols_of_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import protocols.sharing

    twin = replace(secure_sum.SPEC)
    monkeypatch.setattr(protocols.sharing, "SPEC", twin, raising=False)
    with pytest.raises(LocalMisuse, match="two protocols are called secure-sum"):
        find_specs()


def test_a_protocol_of_ones_own_is_loaded_from_its_file() -> None:
    spec = load_spec(BROKEN / "mask_reused.py")
    assert spec.name == "mask-reused"
    assert (spec.card or "").startswith("A mask reused")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("missing.py", None, "not a Python file"),
        ("notes.txt", "SPEC = 1", "not a Python file"),
        ("empty.py", "", "does not end in SPEC"),
        ("number.py", "SPEC = 1", "does not end in SPEC"),
    ],
)
def test_files_that_are_no_protocols(tmp_path: Path, name: str, text: str | None, why: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(LocalMisuse, match=why):
        load_spec(tmp_path / name)


def test_no_exact_check_needs_a_reason() -> None:
    with pytest.raises(LocalMisuse, match="or say why not"):
        replace(secure_sum.SPEC, exact=())
    with pytest.raises(LocalMisuse, match="or say why not"):
        replace(secure_sum.SPEC, why_not_exact="both")
    assert replace(secure_sum.SPEC, exact=(), why_not_exact="too large").exact == ()


def test_a_protocol_is_for_some_sizes() -> None:
    with pytest.raises(LocalMisuse, match="name the sizes"):
        replace(secure_sum.SPEC, sizes=range(0))
    with pytest.raises(LocalMisuse, match="secure-sum is for 2 to 16, not 17"):
        secure_sum.SPEC.setting(17, 1)


def test_a_setting_has_everybody_in_it() -> None:
    setting = secure_sum.SPEC.setting(3, 7)
    assert setting.parties == ("wallet", "market", "social", "desk")
    assert (setting.people, setting.ring) == (7, Ring(32))


def test_a_phase_that_is_not_there_costs_nothing() -> None:
    declared = secure_sum.SPEC.declared(secure_sum.SPEC.setting(2, 10))
    assert declared["setup"] == declared["closing"] == Declared()
    assert declared["shard"] == Declared(2, {"wallet": 80, "market": 80})
    assert declared["shard"].total_bytes == 160


@pytest.mark.parametrize("size", [2, 8, 16, 17, 1024])
def test_platforms_have_names_of_their_own(size: int) -> None:
    assert len({*platforms(size)}) == len(platforms(size)) == size


def test_example_vectors_fill_the_whole_ring() -> None:
    setting = secure_sum.SPEC.setting(2, 100, Small(2, Ring(2)).ring)
    vectors = uniform_vectors(("wallet", "market"), setting, np.random.default_rng(0))
    assert {*np.concatenate([*vectors.values()]).tolist()} == {0, 1, 2, 3}


def test_the_cost_of_one_phase_after_another_adds_up() -> None:
    setup = Declared(1, {"desk": 10})
    shard = Declared(2, {"desk": 1, "wallet": 80})
    assert setup.then(shard) == Declared(3, {"desk": 11, "wallet": 80})
    assert setup.then(Declared()) == setup


def test_a_protocol_survives_no_drop_outs_unless_it_says_so() -> None:
    assert secure_sum.SPEC.drop_outs(secure_sum.SPEC.setting(3, 1)) == 0
