"""Places are filled by as many parties as they say; what does not fit is refused in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from protocols.core.cast import Cast, Places, example_cast, misfit, parties_in
from protocols.core.errors import LocalMisuse
from protocols.core.message import Key
from protocols.core.spec import Own, Setting, phase_named
from protocols.sharing import secure_sum

PLACES: Places = {"platform": range(2, 5), "node": 3, "requester": 1}
FITS: Cast = {"platform": ("a", "b"), "node": ("n1", "n2", "n3"), "requester": ("desk",)}


def test_a_cast_that_fits() -> None:
    assert misfit(PLACES, FITS) == ""
    assert parties_in(FITS) == ("a", "b", "n1", "n2", "n3", "desk")


def test_a_party_may_stand_in_two_places_and_is_counted_once() -> None:
    shared = {**FITS, "requester": ("a",)}
    assert misfit(PLACES, shared) == ""
    assert parties_in(shared) == ("a", "b", "n1", "n2", "n3")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"auditor": ("eve",)}, "has no place called auditor: eve"),
        ({"node": ("n1", "n1", "n2")}, "has a party twice as node: n1, n1, n2"),
        ({"node": ("n1", "n2")}, "has 3 places for a node, not 2"),
        ({"node": ()}, "has 3 places for a node, not 0"),
        ({"platform": ("a",)}, "is for 2 to 4 parties as platform, not 1"),
        ({"platform": tuple("abcde")}, "is for 2 to 4 parties as platform, not 5"),
    ],
)
def test_a_cast_that_does_not_fit(changed: Cast, why: str) -> None:
    assert misfit(PLACES, {**FITS, **changed}) == why


def test_a_place_that_nobody_fills() -> None:
    without = {place: names for place, names in FITS.items() if place != "node"}
    assert misfit(PLACES, without) == "has 3 places for a node, not 0"


def test_an_example_fills_every_place_with_as_few_as_can_be() -> None:
    cast = example_cast({"platform": range(2, 5), "node": 3, "dealer": 1}, ("a", "b"), None)
    assert cast == {
        "platform": ("a", "b"),
        "node": ("node1", "node2", "node3"),
        "dealer": ("dealer",),
    }
    several = example_cast({"platform": 1, "requester": range(2, 4)}, ("a",), None)
    assert several["requester"] == ("desk", "desk2")


def test_an_example_of_platforms_and_a_requester_has_the_names_that_are_given() -> None:
    cast = example_cast({"platform": 2, "requester": 1}, ("x", "y"), ("a", "b", "me"))
    assert cast == {"platform": ("a", "b"), "requester": ("me",)}


# As a setting has them. ---------------------------------------------------------------------------


def test_a_setting_knows_who_stands_where() -> None:
    setting = secure_sum.SPEC.setting(3, 1)
    assert setting.holders("platform") == ("wallet", "market", "social")
    assert setting.holder("requester") == "desk"
    assert setting.holders("node") == ()
    with pytest.raises(LocalMisuse, match="'platform' has 3 parties, not one"):
        setting.holder("platform")


def test_a_cast_that_a_protocol_has_no_places_for() -> None:
    with pytest.raises(LocalMisuse, match="secure-sum has one place for a requester, not 2"):
        secure_sum.SPEC.cast_as({"platform": ("a", "b"), "requester": ("x", "y")}, 1)
    assert "no place called node" in secure_sum.SPEC.misfit(FITS)


def test_a_protocol_has_a_role_in_the_phases_that_it_has() -> None:
    setting = secure_sum.SPEC.setting(2, 1)
    assert secure_sum.SPEC.role("shard", setting, "desk", Own()) is not None
    assert secure_sum.SPEC.role("closing", setting, "desk", Own()) is None
    assert [phase for phase, _ in secure_sum.SPEC.phases()] == ["shard"]


def test_a_phase_has_one_name_and_an_older_one() -> None:
    assert phase_named("opening") == phase_named("setup") == "setup"
    with pytest.raises(LocalMisuse, match="'lunch' is not one of the phases setup, shard, "):
        phase_named("lunch")


def test_a_file_from_before_may_call_its_setup_an_opening() -> None:
    def opening(setting: Setting, me: str, own_data: Own) -> None:
        return None

    assert replace(secure_sum.SPEC, opening=opening).setup is opening


def test_the_keys_of_a_protocol_are_those_that_it_declares() -> None:
    key = Key("totals", ("desk",))
    setting = secure_sum.SPEC.setting(2, 1)
    declaring = replace(secure_sum.SPEC, keys=lambda _: (key,))
    assert declaring.key(setting, "totals") == key
    assert declaring.key(setting, "other") is None
    assert secure_sum.SPEC.key(setting, "totals") is None


@pytest.mark.parametrize(
    ("held_by", "need", "coalition", "opened"),
    [
        (("desk",), 1, {"desk", "a"}, True),
        (("desk",), 1, {"a", "b"}, False),
        (("a", "b"), 2, {"a", "desk"}, False),
        (("a", "b"), 2, {"a", "b"}, True),
        ((), 1, {"a", "b", "desk"}, False),
    ],
)
def test_a_key_opens_for_as_many_holders_as_it_needs(
    held_by: tuple[str, ...], need: int, coalition: set[str], opened: bool
) -> None:
    assert Key("totals", held_by, need).opened_by(frozenset(coalition)) == opened
