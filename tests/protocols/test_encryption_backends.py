"""Both backends: exact at the worst inputs, noise as predicted, secrets that stay."""

from __future__ import annotations

import copy
import functools
import pickle
from typing import Any

import numpy as np
import pytest
from encryption_tools import BINS, LEAST, MOST, SELECT, Alone, Keys, keys, wish
from numpy.typing import NDArray

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse
from protocols.encryption import factory
from protocols.encryption.backends.coefficient import FourierEncryptor
from protocols.encryption.backends.seal import KeyOwner, Seal
from protocols.encryption.params.exact import plan
from protocols.encryption.params.noise import Circuit
from protocols.encryption.poly import residues
from protocols.encryption.poly.lattice import primes_of
from protocols.encryption.poly.residues import Ciphertexts

BACKENDS = ["fourier", "seal"]
PEOPLE = 5000  # more than one ciphertext


@functools.cache
def held(backend: Any, circuit: Circuit | None = None) -> Keys:
    return keys(circuit, backend=backend)


def flooded(ciphertexts: Ciphertexts, of: Keys, bits: int | None = None) -> Ciphertexts:
    depth = of.checked.prediction.flood_bits if bits is None else bits
    return residues.flooded(ciphertexts, depth, of.checked.data_primes, Alone().coins)


def added(columns: NDArray[np.int64], of: Keys) -> Ciphertexts:
    """What the key's owner gets of a sum, without flooding."""
    source = Alone()
    parts = [of.encryptor.encrypt(each, source, f"of {i}") for i, each in enumerate(columns)]
    parts.append(of.encryptor.zeros(len(parts[0]), source, "zeros"))
    return residues.total(parts, of.checked.data_primes)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("inputs", ["any", "least", "most"])
def test_a_sum_is_exact(backend: str, inputs: str) -> None:
    columns = np.random.default_rng(2).integers(LEAST, MOST + 1, (8, PEOPLE))
    if inputs != "any":
        columns[...] = {"least": LEAST, "most": MOST}[inputs]
    of = held(backend)
    assert (of.owner.decrypt(flooded(added(columns, of), of), PEOPLE) == columns.sum(0)).all()


def selected(of: Keys, points: NDArray[np.int64], choices: NDArray[np.uint8]) -> Ciphertexts:
    card = of.encryptor.encrypt_constants(points, Alone(), "card")
    return factory.selector(of.checked, card, BINS).select(choices)


def looked_up(points: NDArray[np.int64], choices: NDArray[np.uint8]) -> NDArray[np.int64]:
    rows = points.reshape(len(BINS), -1)
    total: NDArray[np.int64] = sum(row[chosen] for row, chosen in zip(rows, choices, strict=True))
    return total


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("inputs", ["any", "everybody in the first bin", "in the last"])
def test_a_selection_is_exact(backend: str, inputs: str) -> None:
    of = held(backend, SELECT)
    people = of.checked.people + 100
    dice = np.random.default_rng(3)
    points = dice.integers(LEAST, MOST + 1, sum(BINS))
    choices = dice.integers(0, 6, (len(BINS), people)).astype(np.uint8)
    if inputs != "any":
        points[::2], points[1::2] = LEAST, MOST
        choices[...] = 0 if "first" in inputs else 5
    zeros = of.encryptor.zeros(2, Alone(), "zeros")
    result = residues.total([selected(of, points, choices), zeros], of.checked.data_primes)
    totals = of.owner.decrypt(flooded(result, of), people)
    assert (totals == looked_up(points, choices)).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_eight_floodings_at_their_extremes_leave_the_total_right(backend: str) -> None:
    of = held(backend, SELECT)
    checked = of.checked
    points = np.full(sum(BINS), MOST)
    choices = np.zeros((len(BINS), checked.people), np.uint8)
    part = selected(of, points, choices)
    everyone = residues.total([part] * 8, checked.data_primes)
    for sign in (1, -1):
        pushed = everyone.copy()
        for row, prime in enumerate(checked.data_primes):
            push = sign * 8 * (1 << checked.prediction.flood_bits)
            pushed[:, 0, row] = (pushed[:, 0, row] + np.uint64(push % prime)) % np.uint64(prime)
        totals = of.owner.decrypt(pushed, checked.people)
        assert (totals == 8 * len(BINS) * MOST).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_more_flooding_than_planned_breaks_the_total(backend: str) -> None:
    of = held(backend)
    columns = np.full((8, 4096), MOST)
    drowned = flooded(added(columns, of), of, of.checked.prediction.flood_bits + 2)
    with pytest.raises(Malformed, match="outside the range"):
        of.owner.decrypt(drowned, 4096)


@pytest.mark.parametrize("backend", BACKENDS)
def test_predicted_noise_of_a_sum_is_what_seal_measures(backend: str) -> None:
    of = held(backend)
    columns = np.random.default_rng(4).integers(LEAST, MOST + 1, (8, 4096))
    measured = of.owner.noise_budget_bits(added(columns, of)[0])
    assert abs(measured - of.checked.prediction.budget_bits) < 1.5


@pytest.mark.parametrize("backend", BACKENDS)
def test_noise_of_the_deepest_selection_is_within_the_prediction(backend: str) -> None:
    # 0 and 1 by turns in every bin: what lets the noise of a product grow most.
    of = held(backend, SELECT)
    dice = np.random.default_rng(5)
    choices = dice.integers(0, 6, (len(BINS), of.checked.people)).astype(np.uint8)
    part = selected(of, np.full(sum(BINS), MOST), choices)
    everyone = residues.total([part] * 8, of.checked.data_primes)
    measured = of.owner.noise_budget_bits(everyone[0])
    # The same part eight times adds like eight, not like the root of eight.
    assert measured >= of.checked.prediction.budget_bits - 1.5 - 1
    assert measured <= of.checked.prediction.budget_bits + 6


def test_flooding_uses_the_room_and_leaves_the_total_readable() -> None:
    of = held("fourier")
    result = flooded(added(np.zeros((8, 4096), np.int64), of), of)
    assert of.owner.noise_budget_bits(result[0]) in (0, 1)


def test_seal_and_fourier_ciphertexts_add_up() -> None:
    """Two implementations of the same scheme: SEAL's symmetric zero meets our encryption."""
    of = held("fourier")
    column = np.arange(4096) % 100
    zero = of.owner.public_key()[None]  # for this backend: SEAL's own encryption of zero
    mixed = residues.total(
        [of.encryptor.encrypt(column, Alone(), "mine"), zero], of.checked.data_primes
    )
    assert (of.owner.decrypt(mixed, 4096) == column).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_same_points_never_look_the_same(backend: str) -> None:
    of = held(backend)
    source = Alone()
    first, second = (of.encryptor.encrypt(np.zeros(9, int), source, label) for label in "ab")
    assert (first != second).mean() > 0.99


def test_an_encryption_under_another_key_is_not_read() -> None:
    of, other = held("fourier"), keys(most=MOST)
    foreign = other.encryptor.encrypt(np.zeros(4096, int), Alone(), "x")
    with pytest.raises(Malformed, match="outside the range"):
        of.owner.decrypt(foreign, 4096)


def test_fourier_encryption_replays_from_its_coins() -> None:
    of = held("fourier")
    again = [of.encryptor.encrypt(np.arange(9), Alone(), "same") for _ in range(2)]
    assert (again[0] == again[1]).all()


def test_seal_encryption_replays_from_what_was_recorded() -> None:
    of = held("seal")
    kept: dict[str, bytes] = {}

    class Recorder(Alone):
        def recorded(self, label: str, make: Any) -> bytes:
            return kept.setdefault(label, kept.get(label) or make())

    again = [of.encryptor.encrypt(np.arange(9), Recorder(), "same") for _ in range(2)]
    assert (again[0] == again[1]).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_points_outside_the_plan_are_not_encrypted(backend: str) -> None:
    encryptor = held(backend).encryptor
    for points in ([MOST + 1], [LEAST - 1]):
        with pytest.raises(LocalMisuse, match="outside points_range"):
            encryptor.encrypt(np.array(points), Alone(), "too much")
        with pytest.raises(LocalMisuse, match="outside points_range"):
            encryptor.encrypt_constants(np.array(points), Alone(), "too much")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_bin_that_the_card_does_not_have_is_refused(backend: str) -> None:
    of = held(backend, SELECT)
    card = of.encryptor.encrypt_constants(np.zeros(sum(BINS), int), Alone(), "card")
    picker = factory.selector(of.checked, card, BINS)
    with pytest.raises(LocalMisuse, match="not one of the card's bins"):
        picker.select(np.full((4, 3), 6, np.uint8))
    with pytest.raises(LocalMisuse, match="for 4 characteristics"):
        picker.select(np.zeros((3, 3), np.uint8))
    with pytest.raises(LocalMisuse, match="24 ciphertexts for 23 bins"):
        factory.selector(of.checked, card, (6, 6, 6, 5))


def test_a_selection_for_nobody_is_no_ciphertext() -> None:
    of = held("seal", SELECT)
    card = of.encryptor.encrypt_constants(np.full(sum(BINS), 7), Alone(), "card")
    picker = factory.selector(of.checked, card, BINS)
    assert picker.select(np.zeros((4, 0), np.uint8)).shape == (0, 2, 3, 8192)


def test_nothing_private_leaves_by_accident() -> None:
    owner = held("fourier").owner
    assert repr(owner) == "KeyOwner(N=4096)"
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(LocalMisuse, match="does not pickle"):
            leave(owner)


def test_who_encrypts_cannot_decrypt() -> None:
    for backend in BACKENDS:
        of = held(backend, SELECT)
        card = of.encryptor.encrypt_constants(np.zeros(sum(BINS), int), Alone(), "card")
        for holder in (of.encryptor, factory.selector(of.checked, card, BINS)):
            assert not [name for name in dir(holder) if "decrypt" in name or "secret" in name]


def test_a_public_key_is_not_the_secret_one() -> None:
    of = held("fourier")
    assert of.public_key.tobytes() not in of.material
    assert of.material[:64] not in of.public_key.tobytes()


def test_a_key_owner_comes_back_from_its_material() -> None:
    of = held("fourier")
    again = KeyOwner(of.checked, of.material)
    sent = of.encryptor.encrypt(np.arange(9), Alone(), "x")
    assert again.decrypt(sent, 9).tolist() == list(range(9))


def test_planned_primes_are_checked_against_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = plan(wish())
    second_largest = primes_of(4096, (47, 47))[0]
    monkeypatch.setattr(type(checked), "primes", (checked.primes[0], second_largest, 40961))
    with pytest.raises(LocalMisuse, match="SEAL chose other primes"):
        Seal(checked)


def test_any_plain_modulus_scales_exactly() -> None:
    """round(q m / t) for a modulus that divides nothing, against Python's integers."""
    of = keys(plain_modulus=1_000_003)
    encryptor = of.encryptor
    assert isinstance(encryptor, FourierEncryptor)
    message = np.array([0, 1, -1, 500_001, 1_000_002], np.int64)
    modulus = of.checked.data_primes[0] * of.checked.data_primes[1]
    scaled = encryptor._scaled(message)
    for m, column in zip(message.tolist(), scaled.T.tolist(), strict=True):
        exact = ((m % 1_000_003) * modulus + 500_001) // 1_000_003
        for got, prime in zip(column, of.checked.data_primes, strict=True):
            assert (got - exact) % prime == 0
