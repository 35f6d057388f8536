"""Coins: fresh, forked once, the same for whoever knows the seed, and fast."""

from __future__ import annotations

import hashlib
import pickle
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from protocols.core.coins import SEED_BYTES, SeededCoins
from protocols.core.errors import LocalMisuse
from protocols.core.ring import Ring


def test_the_stream_is_aes_in_counter_mode_under_a_hash_of_the_seed() -> None:
    key = hashlib.sha256(b"privscore/coins/key\0" + b"seed").digest()[:16]
    cipher = Cipher(algorithms.AES128(key), modes.CTR(bytes(16))).encryptor()
    size = 100_003  # more than one pass, and no whole number of blocks
    assert SeededCoins(b"seed").bytes(size) == cipher.update(bytes(size))


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=5))
def test_draws_do_not_depend_on_how_they_are_cut(sizes: list[int]) -> None:
    coins = SeededCoins(b"seed")
    drawn = b"".join(coins.bytes(size) for size in sizes)
    assert drawn == SeededCoins(b"seed").bytes(sum(sizes))


@given(st.integers(1, 64), st.integers(0, 50))
def test_elements_are_the_bytes_of_the_stream(bits: int, count: int) -> None:
    ring = Ring(bits)
    elements = SeededCoins(b"seed").uniform(ring, count)
    raw = np.frombuffer(SeededCoins(b"seed").bytes(count * ring.item_bytes), ring.dtype)
    assert (elements == ring.reduce(raw)).all()
    assert elements.shape == (count,)
    assert all(int(element) < 1 << bits for element in elements)


def test_a_small_ring_is_drawn_evenly() -> None:
    counts = np.bincount(SeededCoins(b"seed").uniform(Ring(3), (8, 10_000)).ravel())
    assert len(counts) == 8
    assert ((counts > 9_600) & (counts < 10_400)).all()  # four standard deviations


def test_fresh_coins_are_fresh() -> None:
    assert SeededCoins().bytes(16) != SeededCoins().bytes(16)
    assert len(SeededCoins().seed) == SEED_BYTES


def test_a_fork_is_independent_of_what_was_drawn_before() -> None:
    early, late = SeededCoins(b"seed"), SeededCoins(b"seed")
    late.bytes(1000)
    assert early.fork("a").bytes(16) == late.fork("a").bytes(16)
    assert early.fork("b").bytes(16) not in (early.bytes(16), late.fork("c").bytes(16))


def test_fork_twice() -> None:
    coins = SeededCoins(b"seed")
    coins.fork("a")
    with pytest.raises(LocalMisuse, match="forked for 'a' before"):
        coins.fork("a")


def test_expanding_needs_only_the_seed_and_the_context() -> None:
    coins, yours = SeededCoins(), SeededCoins()
    assert coins.expand(b"s", b"c").bytes(16) == yours.expand(b"s", b"c").bytes(16)
    others = {coins.expand(*pair).bytes(16) for pair in [(b"s", b"c"), (b"s", b"d"), (b"sc", b"")]}
    assert len(others) == 3


def test_a_fork_and_a_stream_of_the_same_words_differ() -> None:
    coins = SeededCoins(b"seed")
    assert coins.fork("c").bytes(16) != coins.expand(b"seed", b"c").bytes(16)


def test_coins_do_not_pickle_and_do_not_print() -> None:
    coins = SeededCoins(b"very secret seed")
    with pytest.raises(LocalMisuse, match="do not pickle"):
        pickle.dumps(coins)
    assert "secret" not in repr(coins)


def test_slow_update() -> None:
    """The copying `update` of the cipher is an order of magnitude slower than `update_into`."""

    class Fast:
        def __init__(self, stream: Any) -> None:
            self.update_into = stream.update_into

    coins = SeededCoins(b"seed")
    wanted = coins.bytes(100_000), coins.uniform(Ring(32), 50_000)
    again = SeededCoins(b"seed")
    again._stream = Fast(again._stream)
    assert again.bytes(100_000) == wanted[0]
    assert (again.uniform(Ring(32), 50_000) == wanted[1]).all()


@pytest.mark.parametrize("bits", [3, 8, 32, 64])
@pytest.mark.parametrize("people", [0, 1, 1000, (1 << 17) // 4 + 5])
def test_what_is_added_in_place_is_what_uniform_gives(bits: int, people: int) -> None:
    """And a stream goes on behind it where it stopped, at the same place for both."""
    ring = Ring(bits)
    total = ring.zeros(people)
    first, second = SeededCoins(b"seed"), SeededCoins(b"seed")
    first.add_to(total, ring)
    first.take_from(total, ring)
    drawn = second.uniform(ring, people) - second.uniform(ring, people)
    assert np.array_equal(ring.reduce(total), ring.reduce(drawn))
    assert first.bytes(16) == second.bytes(16)
