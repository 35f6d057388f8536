"""An echo: whoever hands out two versions is caught, and is among those who are named."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from over_transports import KINDS, Kind, run_over

from protocols.core.body import BYTES, encode
from protocols.core.echo import EchoHash, echo_hash
from protocols.core.errors import LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.local import Network, run_local
from protocols.core.message import PUBLIC, Envelope
from protocols.core.party import Party, role
from protocols.core.session import replay

NAMES = ("dealer", "a", "b", "c")


@role()
async def play(party: Party, seen: bytes, of: tuple[str, ...] = NAMES[1:]) -> str:
    if party.me in of:
        await party.echo("key", seen, source="dealer", of=of)
    return "done"


def everybody(seen: dict[str, bytes], **options: Any) -> Any:
    roles = {name: partial(play, seen=seen.get(name, b""), **options) for name in NAMES}
    return run_local(roles, keep_errors=True)


def named(run: Any) -> dict[str, tuple[str, ...]]:
    return {name: error.suspects for name, error in run.errors.items()}


def test_who_has_seen_the_same_goes_on() -> None:
    run = everybody(dict.fromkeys("abc", b"the key"))
    assert run.errors == {}
    assert set(run.outputs.values()) == {"done"}


def test_a_dealer_of_two_versions_is_named_with_whoever_differs() -> None:
    run = everybody({"a": b"one key", "b": b"one key", "c": b"another"})
    assert named(run) == {
        "a": ("dealer", "c"),
        "b": ("dealer", "c"),
        "c": ("dealer", "a", "b"),
    }
    assert str(run.errors["a"]) == "dealer or c: not everybody has seen the same key"


def test_who_handed_it_out_suspects_only_those_who_differ() -> None:
    run = everybody({"dealer": b"key", "a": b"key", "b": b"key", "c": b"lie"}, of=NAMES)
    assert named(run)["dealer"] == ("c",)
    assert named(run)["a"] == ("dealer", "c")


def test_a_value_of_several_sources_names_all_of_them() -> None:
    @role()
    async def joint(party: Party) -> None:
        await party.echo("sum", party.me.encode(), source=("a", "b"), of=("a", "b", "c"))

    run = run_local(dict.fromkeys("abc", joint), keep_errors=True)
    assert named(run) == {"a": ("b", "c"), "b": ("a", "c"), "c": ("a", "b")}


def test_an_echo_is_one_round_of_hashes_that_anybody_may_see() -> None:
    run = everybody(dict.fromkeys("abc", b"the key"))
    assert run.rounds == 1
    assert run.payload_bytes == 3 * 2 * 32
    for seen in run.views["a"].messages:
        assert seen.carries == PUBLIC
        assert seen.name.endswith("echo key/EchoHash")
        assert seen.body is not None
        assert b"the key" not in seen.body.join()


def test_what_follows_an_echo_counts_from_it() -> None:
    async def twice(party: Party) -> None:
        for _ in range(2):
            await party.echo("key", b"seen", source="a", of=party.circle)

    assert run_local(dict.fromkeys("abc", twice)).rounds == 2


def test_an_echo_is_replayed_from_its_view() -> None:
    run = everybody({"a": b"one key", "b": b"one key", "c": b"one key"})
    output, sent = replay(partial(play, seen=b"one key"), run.views["a"])
    assert output == "done"
    assert [envelope.to for envelope in sent] == ["b", "c"]
    with pytest.raises(PeerFault, match="dealer or b or c"):
        replay(partial(play, seen=b"something else"), run.views["a"])


def test_the_same_bytes_have_another_hash_in_another_place() -> None:
    hashes = {
        echo_hash(session, circle, label, seen)
        for session in (bytes(32), b"1" * 32)
        for circle in (("a", "b"), ("a", "b", "c"), ("ab",))
        for label in ("key", "sum")
        for seen in (b"", b"c", b"seen")
    }
    assert len(hashes) == 2 * 3 * 2 * 3


def test_an_echo_that_says_something_else_is_named() -> None:
    def lie(envelope: Envelope) -> Envelope:
        if envelope.sender != "b":
            return envelope
        lying = encode([BYTES], [bytes(32)])
        return Envelope("b", envelope.to, envelope.name, envelope.number, envelope.depth, lying)

    roles = {name: partial(play, seen=b"key") for name in NAMES}
    run = run_local(roles, network=Network(tamper=lie), keep_errors=True)
    assert named(run) == {"a": ("dealer", "b"), "c": ("dealer", "b")}


def test_an_echo_of_another_length_or_that_never_comes() -> None:
    def short(envelope: Envelope) -> Envelope:
        body = EchoHash(b"short").encode()
        return Envelope("b", envelope.to, envelope.name, envelope.number, envelope.depth, body)

    roles = {name: partial(play, seen=b"key") for name in NAMES}
    with pytest.raises(PeerFault, match=r"b: sent a bad .*EchoHash"):
        run_local(roles, network=Network(tamper=lambda e: short(e) if e.sender == "b" else e))
    with pytest.raises(Stalled) as caught:
        run_local(roles, network=Network(tamper=lambda e: None if e.sender == "b" else e))
    assert Missing("a", "test_echo/a+b+c/echo key/EchoHash", 0, "b") in caught.value.missing


@pytest.mark.parametrize("of", [("a", "b"), ("c", "nobody")])
def test_an_echo_is_among_oneself_and_others_of_the_circle(of: tuple[str, ...]) -> None:
    @role()
    async def wrong(party: Party) -> None:
        await party.echo("key", b"", source="dealer", of=of)

    with pytest.raises(LocalMisuse, match="an echo is among c and others of its circle"):
        run_local({"c": wrong, "a": wrong, "b": wrong})


@pytest.mark.parametrize("kind", KINDS)
def test_an_echo_over_a_transport(kind: Kind) -> None:
    """Whoever notices first tells the others; nobody ends well."""
    seen = {"a": b"one key", "b": b"one key", "c": b"another"}
    roles = {name: partial(play, seen=seen.get(name, b"")) for name in NAMES}
    played = run_over(kind, roles)
    assert played.errors.keys() >= {"a", "b", "c"}
    for error in played.errors.values():
        assert "not everybody has seen the same key" in str(error)
