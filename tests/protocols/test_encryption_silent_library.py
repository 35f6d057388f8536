"""What TenSEAL lets pass without a word; the same is refused, or right, or does not exist here."""

from __future__ import annotations

import functools
import random
from typing import Any

import numpy as np
import pytest
import tenseal
from encryption_tools import Alone, keys, wish

from protocols.core.body import Malformed
from protocols.core.errors import LocalMisuse
from protocols.encryption import factory
from protocols.encryption.params.exact import plan
from protocols.encryption.params.noise import Circuit
from protocols.encryption.params.planning import NoParameters
from protocols.encryption.poly.packing import pack, unpack

T = 1_032_193


@functools.cache
def library() -> Any:
    return tenseal.context(tenseal.SCHEME_TYPE.BFV, 4096, plain_modulus=T)


def test_noise_that_runs_out_is_silent_there_and_refused_here() -> None:
    two = tenseal.bfv_vector(library(), [2])
    assert (two * two * two).decrypt() != [8]
    with pytest.raises(NoParameters, match=r"does not fit .* plan one multiplication fewer"):
        plan(wish(Circuit(4, 1, 1, 1), parties=1, backend="seal", degree=4096))


def test_a_sum_that_wraps_is_silent_there_and_right_here() -> None:
    half = tenseal.bfv_vector(library(), [500_000])
    assert (half + half).decrypt() == [-32_193]
    held = keys(Circuit.add(2), parties=2, least=0, most=500_000, plain_modulus=T)
    twice = held.encryptor.encrypt(np.array([500_000]), Alone(), "half") * np.uint64(2)
    twice %= np.array(held.checked.data_primes, np.uint64)[:, None]
    assert held.owner.decrypt(twice, 1).tolist() == [1_000_000]
    with pytest.raises(NoParameters, match="wrap modulo t=1032193"):
        plan(wish(Circuit.add(3), parties=3, least=0, most=500_000, plain_modulus=T))


def test_a_number_beyond_the_modulus_is_silent_there_and_refused_here() -> None:
    assert tenseal.bfv_vector(library(), [1 << 40]).decrypt() == [32_509]
    held = keys(Circuit.add(1), parties=1, least=0, most=T - 1, plain_modulus=T)
    with pytest.raises(LocalMisuse, match="points outside points_range"):
        held.encryptor.encrypt(np.array([1 << 40]), Alone(), "large")


def test_another_key_decrypts_to_garbage_there_and_is_refused_here() -> None:
    other = tenseal.context(tenseal.SCHEME_TYPE.BFV, 4096, plain_modulus=T)
    foreign = tenseal.bfv_vector(library(), [2]).serialize()
    assert tenseal.bfv_vector_from(other, foreign).decrypt() != [2]
    first, second = keys(), keys()
    there, here = (
        factory.frame(pair.checked, factory.key_id(pair.public_key), bytes(32))
        for pair in (second, first)
    )
    sent = pack(second.encryptor.encrypt(np.array([2]), Alone(), "two"), there)
    with pytest.raises(Malformed, match="under another key"):
        unpack(*sent, here, 1)


def test_damaged_ciphertexts_are_taken_there_and_none_is_here() -> None:
    """A tenth at least of them, decrypted without an error; ours: see ten thousand mutants."""
    blob, dice = tenseal.bfv_vector(library(), [2]).serialize(), random.Random(1)
    taken = 0
    for _ in range(60):
        damaged = bytearray(blob)
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        try:
            tenseal.bfv_vector_from(library(), bytes(damaged)).decrypt()
        except (RuntimeError, ValueError):
            continue
        taken += 1
    assert taken >= 6
    held = keys()
    frame = factory.frame(held.checked, factory.key_id(held.public_key), bytes(32))
    header, words = pack(held.encryptor.encrypt(np.array([2]), Alone(), "two"), frame)
    for _ in range(60):
        damaged = bytearray(words.tobytes())
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        with pytest.raises(Malformed, match="damaged on the way"):
            unpack(header, np.frombuffer(damaged, "<u2").reshape(words.shape), frame, 1)
