"""Signatures, agreements and derived keys: others' vectors, and what ties each to its session."""

from __future__ import annotations

import itertools
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.aggregation.keys import (
    Forged,
    KeyPair,
    bound,
    check_signature,
    derive,
    public_identity,
    seal,
    sign,
    unseal,
)
from protocols.aggregation.spec import insecure_identity
from protocols.core.errors import LocalMisuse

VECTORS = Path(__file__).resolve().parents[2] / "../shared/data/wycheproof"
NO_AGREEMENT = "0" * 64


def groups(name: str) -> list[dict[str, Any]]:
    """The test groups of one Wycheproof file; skips where the file is not there."""
    path = VECTORS / f"{name}_test.json"
    if not path.exists():
        pytest.skip(f"{path.name} of Wycheproof is not beside the repository")
    listed: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["testGroups"]
    return listed


# Others' vectors. ---------------------------------------------------------------------------------


def test_signatures_hold_or_fail_as_wycheproof_says() -> None:
    tried = 0
    for group in groups("ed25519"):
        identity = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            tried += 1
            signed = identity, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
            if case["result"] == "valid":
                check_signature(*signed)
            else:
                with pytest.raises(Forged, match="signature"):
                    check_signature(*signed)
    assert tried > 100


def test_agreements_are_those_of_wycheproof_and_low_order_is_refused() -> None:
    refused = 0
    for case in itertools.chain.from_iterable(group["tests"] for group in groups("x25519")):
        pair, peer = KeyPair(bytes.fromhex(case["private"])), bytes.fromhex(case["public"])
        if case["shared"] == NO_AGREEMENT:
            refused += 1
            with pytest.raises(Forged, match="low order"):
                pair.agree(peer, b"info")
        else:
            assert pair.agree(peer, b"info") == derive(bytes.fromhex(case["shared"]), b"info")
    assert refused > 10


def test_derived_keys_are_those_of_wycheproof() -> None:
    tried = 0
    for case in itertools.chain.from_iterable(group["tests"] for group in groups("hkdf_sha256")):
        if case["result"] == "valid" and not case["salt"]:
            tried += 1
            given_bytes = bytes.fromhex(case["ikm"]), bytes.fromhex(case["info"]), case["size"]
            assert derive(*given_bytes).hex() == case["okm"]
    assert tried > 5


# What ties them to a session. ---------------------------------------------------------------------

PARTS = st.lists(st.binary(max_size=6), max_size=4)


@given(parts=PARTS, other=PARTS)
def test_no_two_lists_of_parts_are_the_same_statement(
    parts: list[bytes], other: list[bytes]
) -> None:
    assert (bound("p", b"s", *parts) == bound("p", b"s", *other)) == (parts == other)


def test_a_statement_says_its_purpose_and_its_session() -> None:
    said = {bound(purpose, session, b"part") for purpose in ("a", "b") for session in (b"1", b"2")}
    assert len(said) == 4


def test_what_two_agree_on_is_the_same_and_depends_on_the_purpose() -> None:
    left, right = KeyPair(b"1" * 32), KeyPair(b"2" * 32)
    assert left.agree(right.public, b"masks") == right.agree(left.public, b"masks")
    assert left.agree(right.public, b"masks") != left.agree(right.public, b"boxes")


def test_a_signature_of_another_or_on_something_else_fails() -> None:
    identity = insecure_identity("wallet")
    signature = sign(identity, b"said")
    check_signature(public_identity(identity), signature, b"said")
    with pytest.raises(Forged):
        check_signature(public_identity(identity), signature, b"not said")
    with pytest.raises(Forged):
        check_signature(public_identity(insecure_identity("market")), signature, b"said")


@pytest.mark.parametrize("changed", ["key", "content", "beside"])
def test_a_sealed_message_opens_only_as_it_was_sealed(changed: str) -> None:
    key, beside = b"k" * 32, b"beside"
    sealed = seal(key, b"content", beside)
    assert unseal(key, sealed, beside) == b"content"
    with pytest.raises(Forged):
        unseal(
            b"x" * 32 if changed == "key" else key,
            sealed[:-1] + b"\0" if changed == "content" else sealed,
            b"else" if changed == "beside" else beside,
        )


def test_a_key_pair_neither_prints_nor_pickles_its_private_half() -> None:
    pair = KeyPair(b"\x5a" * 32)
    assert (b"\x5a" * 4).hex() not in repr(pair)
    assert "ZZZZ" not in repr(pair)
    with pytest.raises(LocalMisuse, match="does not pickle"):
        pickle.dumps(pair)
