"""A party's last word says who, what kind and why; it holds no number and none of our own texts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from single_session import WORD, fresh, listen, session, word

from protocols.core.abort import FIXED_WORDS, MAX_WORDS_BYTES, Abort, told
from protocols.core.errors import Aborted, Cause, LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.frame import decode_frame, encode_frame
from protocols.core.party import Party, role


def test_a_fault_of_a_peer_is_told_with_its_suspects() -> None:
    abort = Abort.because("a", PeerFault(("b", "c"), "sent single_session/Word #3 twice"))
    assert (abort.cause, abort.suspects) == (Cause.PEER_FAULT, ("b", "c"))
    assert abort.words == "b or c: sent single_session/Word #3 twice"
    assert str(abort.error()) == f"a ended the session: {abort.words}"


def test_a_stall_is_told_with_what_is_missing() -> None:
    missing = (Missing("a", WORD, 0, "b"), Missing("b", WORD, 1, "c"))
    abort = Abort.because("a", Stalled(missing))
    assert (abort.cause, abort.suspects) == (Cause.STALLED, ("c",))
    assert abort.missing == missing[:1], "only of its own waits does a party know"
    assert f"a waits for {WORD} #0 from b" in abort.words
    assert Abort.because("a", Stalled(())).words == "it waited in vain"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (LocalMisuse("a value of 17 in /home/a/table.csv"), Cause.OWN_FAULT),
        (ValueError("a value of 17"), Cause.OWN_FAULT),
        (OSError(28, "no room", "/home/a"), Cause.OWN_FAULT),
        (KeyboardInterrupt(), Cause.STOPPED),
    ],
)
def test_of_our_own_errors_only_the_cause_is_told(error: BaseException, cause: Cause) -> None:
    abort = Abort.because("a", error)
    assert abort == Abort("a", "a", cause, (), (), FIXED_WORDS[cause])


def test_a_refusal_has_words_of_its_own() -> None:
    assert str(Abort.refusal("a").error()) == (
        "a ended the session: it refuses to go on; its own report says why"
    )


def test_an_abort_that_is_passed_on_keeps_who_failed_and_why() -> None:
    first = Abort.because("a", PeerFault("b", "sent it twice"))
    second = Abort.because("c", first.error())
    third = Abort.because("d", second.error())
    assert (third.sender, third.failed, third.suspects) == ("d", "a", ("b",))
    assert third.cause == Cause.PEER_FAULT
    assert str(third.error()) == "a ended the session: b: sent it twice (d passed this on)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("b: value is uint32[7], want uint32[12, 3]", "b: value is uint32[…], want uint32[… …]"),
        ("sent Word #12 of shop17", "sent Word #12 of shop17"),
        ("x=-3.5e+10 or 0xdead or 1_000", "x=… or … or …"),
        ("two\nlines\tand \x1b[31mred", "two lines and ?[…"),
        ("", ""),
    ],
)
def test_no_number_but_that_of_a_message_is_told(text: str, words: str) -> None:
    assert told(text) == words


@given(st.integers(), st.text(max_size=2000))
def test_words_are_short_printable_and_free_of_the_value(value: int, text: str) -> None:
    words = told(f"a value of {value} there; {text}")
    assert str(value) not in words.split("…")[0]
    assert words.startswith("a value of … there;")
    assert len(words.encode()) <= MAX_WORDS_BYTES
    assert words.isprintable()


@pytest.mark.parametrize("letter", ["w", "é", "語"])
def test_words_that_are_too_long_are_cut_between_letters(letter: str) -> None:
    words = told(letter * MAX_WORDS_BYTES * 2)
    assert MAX_WORDS_BYTES - len(letter.encode()) < len(words.encode()) <= MAX_WORDS_BYTES
    assert set(words) == {letter, "…"}
    assert told("w" * MAX_WORDS_BYTES) == "w" * MAX_WORDS_BYTES


@given(st.text(max_size=2000))
def test_every_fault_can_be_told_over_a_wire(text: str) -> None:
    abort = Abort.because("a", PeerFault("b", text))
    assert decode_frame(b"".join(encode_frame(bytes(32), abort))).message == abort


# Sessions that end so. ----------------------------------------------------------------------------


def test_a_peers_last_word_ends_the_session() -> None:
    party = session()
    with pytest.raises(Aborted, match="b ended the session: c: sent it twice") as caught:
        party.deliver(Abort.because("b", PeerFault("c", "sent it twice")))
    assert (caught.value.sender, caught.value.suspects) == ("b", ("c",))
    with pytest.raises(LocalMisuse, match="takes nothing more"):
        party.deliver(word())


def test_a_last_word_of_somebody_from_outside() -> None:
    party = session()
    with pytest.raises(PeerFault, match="not for this session") as caught:
        party.deliver(Abort.refusal("nobody"))
    assert caught.value.suspects == ("nobody",)
    party.deliver(word())  # and it changes nothing


def test_a_session_that_is_aborted_frees_its_role_and_says_why() -> None:
    freed = []

    @role()
    async def hold(party: Party) -> Any:
        try:
            await listen(party)
        finally:
            freed.append(party.me)

    party = fresh(hold)
    party.start()
    abort = party.abort(ValueError("secret"))
    assert (abort.sender, abort.cause, freed) == ("a", Cause.OWN_FAULT, ["a"])
    assert party.missing() == ()
    with pytest.raises(LocalMisuse, match="takes nothing more"):
        party.expire()


def test_the_id_of_a_session_is_public() -> None:
    assert fresh(session=b"s" * 32).id == b"s" * 32
