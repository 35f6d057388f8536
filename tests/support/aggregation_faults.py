"""A job of four platforms with a bad one: ways to change what is sent, and whom it blames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from aggregation_jobs import DESK, Job, plan_of, vectors

from protocols.aggregation import share_distribution
from protocols.aggregation.share_distribution import Deal, Dealer
from protocols.core.errors import PeerFault
from protocols.core.local import Network, Run
from protocols.core.message import ANY_SHAPE, Envelope, Message

PLAN = plan_of(4, 3)
GOOD, BAD, *_ = PLAN.platforms
GIVEN = vectors(PLAN, 5)

Change = Callable[[Any], Message]


def reworked(sender: str, kind: type[Message], change: Change, to: str | None = None) -> Network:
    """A network on which what `sender` sends of one kind arrives changed."""

    def tamper(envelope: Envelope) -> Envelope:
        if envelope.sender != sender or envelope.name.rpartition("/")[2] != kind.__name__:
            return envelope
        if to is not None and envelope.to != to:
            return envelope
        message = kind.decode(envelope.body, dict.fromkeys(kind.fields(), ANY_SHAPE))
        return replace(envelope, body=change(message).encode())

    return Network(tamper=tamper)


def flipped(field: str, index: Any = ...) -> Change:
    """The message with one bit changed in every entry of a part of an array, or of bytes."""

    def change(message: Any) -> Message:
        value = getattr(message, field)
        if isinstance(value, bytes):
            return replace(message, **{field: bytes([value[0] ^ 1]) + value[1:]})
        array = value.copy()
        array[index] ^= 1
        return replace(message, **{field: array})

    return change


def suspects(run: Run, of: str = DESK) -> tuple[str, ...]:
    """Whom a party blames; its run must have ended in that and in no output."""
    error = run.errors[of]
    assert isinstance(error, PeerFault), error
    assert run.outputs[of] is None
    return error.suspects


def masked_job() -> tuple[Job, Any]:
    """A job with one shard done."""
    job = Job(PLAN)
    job.open()
    return job, job.shard(0, GIVEN).outputs[DESK]


def crooked(change: Callable[[Any], Any], what: str = "evaluate") -> Any:
    """Let one platform deal with a function of another's making."""
    honest, straight = Dealer.deal, getattr(share_distribution, what)

    def deal(dealer: Dealer, *args: Any) -> Deal:
        if dealer._me != BAD:
            return honest(dealer, *args)
        with patch.object(share_distribution, what, lambda *given: change(straight(*given))):
            return honest(dealer, *args)

    return patch.object(Dealer, "deal", deal)
