"""What a message holds: what a receiver expects, what may be sent, and nothing copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from message_with_every_field import LIKE, Note, joined, note

from protocols.core.body import INT, Body, Malformed, encode
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import run_local
from protocols.core.message import (
    ANY_SHAPE,
    PUBLIC,
    SHARE,
    Carries,
    Disclosure,
    Message,
    ciphertext,
    opened,
)
from protocols.core.party import Party, role
from protocols.core.ring import Vec

# What a receiver says that it expects. ------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("wrong shape", {"value": np.zeros(3, "<u4")}),
        ("one dimension more", {"value": np.zeros((2, 1), "<u4")}),
        ("wrong dtype", {"value": np.zeros(2, "<u8")}),
        ("signed", {"value": np.zeros(2, "<i4")}),
        ("wrong length", {"blob": b"abcd"}),
    ],
)
def test_not_what_was_expected(fault: str, changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="want"):
        Note.decode(note(**changed).encode(), LIKE)


def test_fields_of_another_type_are_malformed() -> None:
    with pytest.raises(Malformed, match="not the fields of Note"):
        Note.decode(encode([INT], [1]), LIKE)


def test_a_receiver_must_say_what_it_expects() -> None:
    for like in (
        None,
        {},
        {"blob": 3},
        {"blob": np.zeros(3), "value": 2},
        {"value": LIKE["value"]},
    ):
        with pytest.raises(LocalMisuse, match="must look like"):
            Note.decode(note().encode(), like)


def test_any_shape_takes_any_shape() -> None:
    like = {"blob": ANY_SHAPE, "value": ANY_SHAPE}
    assert Note.decode(note(np.zeros((3, 3), "<i2"), blob=b"").encode(), like).value.shape == (3, 3)


# What may be sent. --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"value": np.zeros(2, ">u4")},
        {"value": np.zeros(2, bool)},
        {"value": np.zeros(2, object)},
        {"value": np.zeros((1, 1, 1, 1, 1), "<u4")},
        {"value": [1, 2]},
        {"number": 1 << 63},
        {"number": 1.5},
        {"text": b"abc"},
        {"blob": "abc"},
        {"blob": bytearray(3)},
    ],
    ids=str,
)
def test_what_is_not_sent(changed: dict[str, Any]) -> None:
    with pytest.raises(LocalMisuse):
        note(**changed).encode()


def test_a_message_holds_no_other_types() -> None:
    @dataclass(frozen=True, slots=True)
    class Odd(Message):
        carries = PUBLIC
        values: list  # type: ignore[type-arg]

    with pytest.raises(LocalMisuse, match="a message holds no"):
        Odd([1]).encode()


def test_what_a_message_carries_prints_for_the_ledger() -> None:
    assert [str(c) for c in (PUBLIC, SHARE, ciphertext("desk"), opened("the total"))] == [
        "public",
        "share",
        "ciphertext (desk)",
        "opened (the total)",
    ]
    assert Note.carries == Carries("public")


# Nothing is copied, and nothing changes on the way. -----------------------------------------------


@role()
async def give(party: Party, value: Vec) -> None:
    party.send("b", note(value))


@role(Note)
async def take(party: Party, like: Vec) -> Vec:
    return (await party.receive("a", Note, {"blob": 3, "value": like})).value


def passed_on(value: Vec) -> Vec:
    run = run_local({"a": lambda p: give(p, value), "b": lambda p: take(p, value)})
    received: Vec = run.outputs["b"]
    return received


def test_a_message_sent_is_not_copied_once() -> None:
    value = np.arange(1000, dtype="<u4")
    assert np.shares_memory(passed_on(value), value)


def test_a_part_of_an_array_is_not_copied_either() -> None:
    whole = np.arange(1000, dtype="<u4")
    assert np.shares_memory(passed_on(whole[10:20]), whole)


def test_columns_that_lie_apart_arrive_as_they_are() -> None:
    table = np.arange(20, dtype="<u4").reshape(4, 5)
    assert (passed_on(table[:, 1]) == table[:, 1]).all()


def test_an_array_is_read_only_once_it_is_sent() -> None:
    whole = np.arange(10, dtype="<u4")
    received = passed_on(whole[2:5])
    for array in (whole, received):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        received.flags.writeable = True


def test_memory_that_others_can_write_to_is_copied() -> None:
    memory = bytearray(8)
    received = passed_on(np.frombuffer(memory, "<u4"))
    memory[0] = 1
    assert not received.any()


def test_what_came_over_a_wire_is_read_only_too() -> None:
    arrived = memoryview(bytearray(joined(note())))
    value = Note.decode(Body((arrived,)), LIKE).value
    with pytest.raises(ValueError, match="read-only"):
        value[0] = 1


def test_a_peers_bad_body_names_the_peer() -> None:
    with pytest.raises(PeerFault, match="bad test_message/Note: value is uint32") as caught:
        run_local(
            {
                "a": lambda p: give(p, np.zeros(3, "<u4")),
                "b": lambda p: take(p, np.zeros(2, "<u4")),
            }
        )
    assert caught.value.suspects == ("a",)


def test_a_field_may_be_typed_by_a_lazy_alias() -> None:
    """NumPy's own are so from Python 3.12 on; an alias may stand for another one."""

    class Alias:
        __value__ = Vec

    class Twice:
        __value__ = Alias

    def annotated(kind: Any) -> Any:
        aliased = type("Aliased", (Message,), {"__annotations__": {"value": kind}})
        return dataclass(frozen=True)(aliased)

    for kind in (Vec, Alias, Twice):
        message = annotated(kind)(np.arange(3, dtype="<u4"))
        assert joined(message) == joined(annotated(Vec)(np.arange(3, dtype="<u4")))
    Alias.__value__ = list  # type: ignore[assignment]
    with pytest.raises(LocalMisuse, match="a message holds no"):
        annotated(Twice)([1]).encode()


class Opens(Disclosure):
    """What this test opens."""

    TOTAL = "the total"


@pytest.mark.parametrize(
    ("carries", "words"),
    [
        (PUBLIC, "public"),
        (ciphertext("totals"), "ciphertext (totals)"),
        (opened("a sum"), "opened (a sum)"),
        (opened(Opens.TOTAL), "opened (the total)"),
    ],
)
def test_what_a_message_carries_prints_as_a_sentence(carries: Carries, words: str) -> None:
    assert str(carries) == words


def test_a_disclosure_is_known_by_its_name_and_not_by_its_sentence() -> None:
    assert opened(Opens.TOTAL).what == "TOTAL"
    assert opened("the total").what == "the total"
