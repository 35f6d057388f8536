"""Ciphertexts as bytes: fixed sizes, and what does not get past the header."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest
from encryption_tools import keys, wish
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse
from protocols.encryption import factory
from protocols.encryption.params.exact import plan
from protocols.encryption.poly import packing
from protocols.encryption.poly.packing import HEADER_BYTES, Frame, Words, pack, unpack
from protocols.encryption.poly.residues import Ciphertexts

PRIMES = plan(wish()).data_primes
FRAME = Frame(b"p" * 16, b"k" * 16, b"s" * 32, 32, PRIMES)


def random_ciphertexts(count: int, seed: int = 1) -> Ciphertexts:
    dice = np.random.default_rng(seed)
    rows = [dice.integers(0, prime, (count, 2, FRAME.degree), np.uint64) for prime in PRIMES]
    return np.stack(rows, axis=2)


def sent(count: int = 2) -> tuple[bytes, Words]:
    return pack(random_ciphertexts(count), FRAME)


@given(st.integers(0, 5), st.integers(0, 1 << 32))
@settings(max_examples=30)
def test_what_is_packed_comes_back(count: int, seed: int) -> None:
    ciphertexts = random_ciphertexts(count, seed)
    header, words = pack(ciphertexts, FRAME)
    assert (unpack(header, words, FRAME, count) == ciphertexts).all()


def test_the_ends_of_the_range_come_back() -> None:
    ends = random_ciphertexts(1)
    ends[...] = np.array(PRIMES, np.uint64)[:, None] - np.uint64(1)
    ends[0, 0] = 0
    assert (unpack(*pack(ends, FRAME), FRAME, 1) == ends).all()


@given(st.integers(0, 5))
def test_the_size_is_the_formula_whatever_is_inside(count: int) -> None:
    zeros = np.zeros((count, 2, len(PRIMES), FRAME.degree), np.uint64)
    for ciphertexts in (zeros, random_ciphertexts(count)):
        header, words = pack(ciphertexts, FRAME)
        assert len(header) == HEADER_BYTES
        assert words.nbytes == count * packing.ciphertext_bytes(FRAME.degree, PRIMES)
        assert words.shape == FRAME.like(count).shape


def test_a_residue_takes_as_many_bits_as_its_prime() -> None:
    checked = plan(wish())
    bits = sum(prime.bit_length() for prime in checked.data_primes)
    assert checked.ciphertext_bytes == 2 * bits * checked.degree // 8 == 95_232
    assert checked.ciphertext_bytes + HEADER_BYTES < 24 * checked.people


def test_a_frame_without_memory_looks_like_words() -> None:
    like = FRAME.like(10_000)
    assert like.dtype == np.dtype("<u2")
    assert like.base is not None
    assert like.base.nbytes < 64


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"parameters_id": b"P" * 16}, "under other parameters"),
        ({"key_id": b"K" * 16}, "under another key"),
        ({"session": b"S" * 32}, "of another session"),
    ],
)
def test_ciphertexts_from_elsewhere_are_refused(change: dict[str, bytes], sentence: str) -> None:
    elsewhere = dataclasses.replace(FRAME, **change)
    header, words = pack(random_ciphertexts(2), elsewhere)
    with pytest.raises(Malformed, match=sentence):
        unpack(header, words, FRAME, 2)


def test_a_wrong_count_is_refused() -> None:
    header, words = sent(2)
    with pytest.raises(Malformed, match="want \\(3, "):
        unpack(header, words, FRAME, 3)
    other_header, _ = sent(3)
    with pytest.raises(Malformed, match="another number than agreed"):
        unpack(other_header, words, FRAME, 2)


def test_a_header_cut_short_is_refused() -> None:
    header, words = sent()
    for size in (0, 3, HEADER_BYTES - 1):
        with pytest.raises(Malformed, match=f"header of {size} bytes"):
            unpack(header[:size], words, FRAME, 2)


def test_another_format_is_refused() -> None:
    header, words = sent()
    with pytest.raises(Malformed, match="not ciphertexts of this format"):
        unpack(b"phe2" + header[4:], words, FRAME, 2)


def test_words_of_another_type_are_refused() -> None:
    header, words = sent()
    with pytest.raises(Malformed, match="words of shape"):
        unpack(header, words.astype("<i2"), FRAME, 2)  # type: ignore[arg-type]


def test_a_residue_that_is_not_below_its_prime_is_refused() -> None:
    for prime, row in zip(PRIMES, range(len(PRIMES)), strict=True):
        lying = random_ciphertexts(2)
        lying[1, 0, row, 3] = prime
        header, words = pack(lying, FRAME)
        with pytest.raises(Malformed, match="not below its prime"):
            unpack(header, words, FRAME, 2)


def test_ciphertexts_of_another_shape_are_not_packed() -> None:
    with pytest.raises(LocalMisuse, match="do not fit"):
        pack(random_ciphertexts(1)[:, :, :1], FRAME)


def mutant(header: bytes, words: Words, dice: random.Random) -> tuple[bytes, Words]:
    """The same message with one to four bits flipped, anywhere."""
    changed, copy = bytearray(header), words.copy()
    raw = copy.reshape(-1).view(np.uint8)
    places = dice.sample(range(8 * (len(changed) + len(raw))), dice.randint(1, 4))
    for byte, bit in (divmod(place, 8) for place in places):
        if byte < len(changed):
            changed[byte] ^= 1 << bit
        else:
            raw[byte - len(changed)] ^= 1 << bit
    return bytes(changed), copy


def test_ten_thousand_mutants_are_refused() -> None:
    header, words = sent(3)
    dice = random.Random(5)
    survivors = 0
    for _ in range(10_000):
        try:
            unpack(*mutant(header, words, dice), FRAME, 3)
        except Malformed:
            continue
        survivors += 1
    assert survivors == 0


def test_a_lying_sender_gets_a_refusal_or_a_total_within_the_range() -> None:
    held = keys(least=0, most=1)
    checked = held.checked
    frame = factory.frame(checked, factory.key_id(held.public_key), bytes(32))
    low, high = checked.wish.total_range
    dice = np.random.default_rng(3)
    refused = 0
    for _ in range(60):
        lie = np.stack(
            [dice.integers(0, p, (1, 2, checked.degree), np.uint64) for p in checked.data_primes],
            axis=2,
        )
        ciphertexts = unpack(*pack(lie, frame), frame, 1)
        people = int(dice.integers(1, 4))
        try:
            totals = held.owner.decrypt(ciphertexts, people)
        except Malformed:
            refused += 1
            continue
        assert low <= totals.min() <= totals.max() <= high
    assert 0 < refused < 60
