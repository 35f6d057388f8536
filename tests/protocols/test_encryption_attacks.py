"""The attacks of `tests/broken` win where a guard is off, and get nothing where it stands."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from encryption_tools import Alone
from numpy.typing import NDArray

from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import run_local
from protocols.encryption import ciphertext_sum, ckks_weighted, encrypted_card, factory, keys
from protocols.encryption.backends.coefficient import WeightEncryptor
from protocols.encryption.backends.seal import ApproximateKeyOwner, new_material
from protocols.encryption.backends.seal_slots import Weigher
from protocols.encryption.params.approximate import (
    ApproximateWish,
    CheckedApproximate,
    Reals,
    plan_approximate,
)
from protocols.encryption.params.exact import Checked
from protocols.encryption.poly import residues
from protocols.encryption.poly.residues import Residues
from protocols.encryption.release import Unreleased, release

sys.path.append(str(Path(__file__).resolve().parents[1] / "broken"))

import encryption_spelling_card as spelling
from encryption_key_recovery import Loot, from_decryption, from_results, recover

# Key recovery. ------------------------------------------------------------------------------------


def low_scale() -> CheckedApproximate:
    """A scale of 2^40 and results that may be far off: where doubles show all of a decryption."""
    return planned(precision=2.0**34, scale_bits=40, flooding_bits=5)


def planned(**changes: Any) -> CheckedApproximate:
    given: dict[str, Any] = {"parties": 8, "openings": 1, "columns": 1, "altogether": 8}
    given |= {"column_limit": 1.0, "weight_limit": 1.0, "precision": 0.001}
    return plan_approximate(ApproximateWish(**(given | changes)))


class Sum:
    """The sum of eight platforms' weighted columns, and the key that reads it."""

    def __init__(self, checked: CheckedApproximate) -> None:
        self.checked, self.material = checked, new_material(checked)
        owner = ApproximateKeyOwner(checked, self.material)
        dice, source = np.random.default_rng(1), Alone()
        encryptor = WeightEncryptor(checked, owner.public_key())
        parts = []
        for number in range(8):
            weight = encryptor.encrypt_constants(dice.uniform(-1, 1, 1), source, f"{number}")
            weighed = Weigher(checked, weight).weigh(dice.uniform(-1, 1, (1, checked.people)))
            zero = encryptor.zeros(1, source, f"zero {number}")
            fresh = residues.total([weighed, zero], checked.data_primes)
            coins = source.coins.fork(f"flood {number}")
            bits, primes = checked.flood_bits, checked.data_primes
            parts.append(residues.flooded(fresh, bits, primes, coins))
        self.ciphertexts = residues.total(parts, checked.data_primes)
        self.owner = owner

    @property
    def unreleased(self) -> Unreleased:
        return self.owner.unreleased(self.ciphertexts, self.checked.people)

    def found(self, m: Residues) -> Loot:
        return recover(self.checked, m, self.ciphertexts[0], self.material)

    def found_in(self, results: Reals) -> Loot:
        return self.found(from_results(self.checked, results))


@pytest.fixture(scope="module")
def low() -> Sum:
    return Sum(low_scale())


@pytest.fixture(scope="module")
def usual() -> Sum:
    """At the parameters that the planner chooses for results right to a thousandth."""
    return Sum(planned())


def test_without_the_release_step_results_give_the_whole_key_away(low: Sum) -> None:
    shown = low.unreleased._read(low.ciphertexts)  # past `release`, which nothing else is
    loot = low.found_in(shown)
    assert loot.right == low.checked.degree
    assert set(loot.recovered.tolist()) == {-1, 0, 1}


def test_with_the_release_step_nothing_of_the_key_is_found(low: Sum) -> None:
    for seed in range(3):
        shown = release(low.unreleased, low.checked, Alone(bytes([seed])))
        assert low.found_in(shown).right == 0


def test_rounding_alone_also_stops_this_attack_which_is_no_proof(low: Sum) -> None:
    assert low.found_in(np.round(low.unreleased._read(low.ciphertexts), 4)).right == 0


def test_at_the_usual_parameters_a_decryption_still_gives_the_key_away(usual: Sum) -> None:
    m = from_decryption(usual.checked, usual.material, usual.ciphertexts[0])
    assert usual.found(m).right == usual.checked.degree


def test_at_the_usual_parameters_released_results_give_nothing_away(usual: Sum) -> None:
    shown = release(usual.unreleased, usual.checked, Alone())
    assert usual.found_in(shown).right == 0


def whole_run(checked: CheckedApproximate) -> tuple[Reals, list[Residues], bytes]:
    """A run of eight platforms: the results, every ciphertext on the wire, and the key."""
    names = [f"platform {number}" for number in range(8)]
    take = partial(encrypted_card.take, checked=checked, requester="desk", owner="firm", count=1)
    opening: dict[str, Any] = dict.fromkeys(names, take)
    weights = {name: np.ones(1) for name in names}
    opening["firm"] = partial(
        encrypted_card.write, numbers=weights, checked=checked, requester="desk"
    )
    opening["desk"] = partial(encrypted_card.make_key, checked=checked)
    material = run_local(opening).outputs
    columns, aggregator = np.full((1, checked.people), 0.3), names[0]
    private: dict[str, Any] = {
        name: {"columns": columns, "checked": checked, "material": material[name]} for name in names
    }
    shared: dict[str, Any] = {"people": checked.people, "contributors": names}
    roles: dict[str, Any] = {
        name: partial(ckks_weighted.platform, aggregator=aggregator, **private[name])
        for name in names[1:]
    }
    roles[aggregator] = partial(
        ckks_weighted.aggregate, requester="desk", **shared, **private[aggregator]
    )
    roles["desk"] = partial(
        ckks_weighted.receive,
        checked=checked,
        material=material["desk"],
        aggregator=aggregator,
        **shared,
    )
    run = run_local(roles)
    secret, key_id = keys.secret_in(material["desk"])
    frame = factory.frame(checked, key_id, bytes(32))
    seen = []
    for name, kind in (
        ("desk", ciphertext_sum.EncryptedSum),
        (aggregator, ciphertext_sum.EncryptedPart),
    ):
        for message in run.views[name].messages:
            assert message.body is not None
            sent = kind.decode(message.body, keys.like(frame, 1))
            seen += [*keys.opened(message.sender, sent.header, sent.words, frame, 1)]
    return run.outputs["desk"], seen, secret


@pytest.mark.parametrize("guarded", [False, True])
def test_a_run_gives_the_key_away_without_its_release_and_never_with_it(
    guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that anybody has of a run is tried: the results, with every ciphertext on the wire."""
    checked = low_scale()
    if not guarded:
        bare = lambda result, *_: result._read(result._ciphertexts)  # noqa: E731
        monkeypatch.setattr(ckks_weighted, "release", bare)
    results, ciphertexts, secret = whole_run(checked)
    m = from_results(checked, results)
    right = [recover(checked, m, each, secret).right for each in ciphertexts]
    assert len(right) == 8
    assert max(right) == (0 if guarded else checked.degree)


# A card that spells. ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def choices() -> dict[str, NDArray[np.uint8]]:
    dice = np.random.default_rng(2)
    return {name: dice.integers(0, 6, (1, 40)).astype(np.uint8) for name in spelling.PLATFORMS}


def test_with_room_to_spell_exact_totals_tell_seven_characteristics_of_seven(
    choices: dict[str, NDArray[np.uint8]],
) -> None:
    checked = spelling.parameters(most=5 * 6**6)
    run = spelling.scored(checked, spelling.opened(checked, spelling.SPELT), choices)
    totals = spelling.read_off(run.outputs["desk"])
    assert spelling.characteristics_found(totals, choices) == 7


def test_an_owner_who_is_not_the_requester_sees_nothing_to_read(
    choices: dict[str, NDArray[np.uint8]],
) -> None:
    checked = spelling.parameters(most=5 * 6**6)
    opening = spelling.opened(checked, spelling.SPELT)
    assert [seen.sender for seen in opening.views["firm"].messages] == ["desk"]  # the public key
    assert "firm" not in spelling.scored(checked, opening, choices).views


def test_in_the_public_range_an_honest_library_does_not_encrypt_such_a_card() -> None:
    with pytest.raises(LocalMisuse, match="points outside points_range"):
        spelling.opened(spelling.parameters(most=100), spelling.SPELT)


def test_the_public_range_leaves_room_to_spell_two_of_seven(
    choices: dict[str, NDArray[np.uint8]],
) -> None:
    """So a range is not enough: the owner must not be who reads totals."""
    checked = spelling.parameters(most=5 * 6)
    short = {
        name: points if points.max() <= 5 * 6 else 0 * points
        for name, points in spelling.SPELT.items()
    }
    run = spelling.scored(checked, spelling.opened(checked, short), choices)
    assert spelling.characteristics_found(spelling.read_off(run.outputs["desk"]), choices) == 2


def test_a_lying_owners_card_ends_in_a_refusal_instead_of_totals(
    choices: dict[str, NDArray[np.uint8]], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = spelling.parameters(most=100)
    monkeypatch.setattr(Checked, "admit", lambda _, values: values)
    opening = spelling.opened(checked, spelling.SPELT)
    with pytest.raises(PeerFault, match="made up a total outside the range"):
        spelling.scored(checked, opening, choices)
