"""What goes wrong on the way must end in the right error, with the right names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from protocols.conformance.harness import (
    Effort,
    Tamper,
    Where,
    disturbed,
    example,
    good_run,
    ideal_outputs,
    same,
    usual,
)
from protocols.core.body import ARRAY, BYTES, INT, Body, decode, encode
from protocols.core.errors import Missing, PeerFault, Stalled
from protocols.core.message import Envelope
from protocols.core.play_job import rehearse
from protocols.core.spec import Spec

# What can happen to one message: a list of what arrives, or None where it cannot happen to it. ----


def _reworked(envelope: Envelope, change: Callable[[int, Any], Any]) -> list[Envelope] | None:
    """The message with its fields put through `change`, or None if that changes nothing."""
    fields = decode(envelope.body)
    values = [field.value() for field in fields]
    changed = [change(field.code, value) for field, value in zip(fields, values, strict=True)]
    body = encode([field.code for field in fields], changed)
    return None if body.join() == envelope.body.join() else [replace(envelope, body=body)]


def duplicate(envelope: Envelope) -> list[Envelope]:
    """The same message twice."""
    return [envelope, envelope]


def contradiction(envelope: Envelope) -> list[Envelope]:
    """A second version behind the first."""
    return [envelope, replace(envelope, body=encode([INT], [1]))]


def wrong_shape(envelope: Envelope) -> list[Envelope] | None:
    """One entry more in every array and string of bytes."""

    def longer(code: int, value: Any) -> Any:
        if code == ARRAY:
            shape = (value.shape[0] + 1, *value.shape[1:]) if value.ndim else (1,)
            return np.zeros(shape, value.dtype)
        return value + b"\0" if code == BYTES else value

    return _reworked(envelope, longer)


def wrong_dtype(envelope: Envelope) -> list[Envelope] | None:
    """Arrays of signed numbers instead of unsigned ones, or the other way round."""
    other = {"u": "i", "i": "u", "f": "u"}

    def sign(code: int, value: Any) -> Any:
        if code != ARRAY:
            return value
        return np.zeros(value.shape, f"<{other[value.dtype.kind]}{value.itemsize}")

    return _reworked(envelope, sign)


def wrong_type(envelope: Envelope) -> list[Envelope]:
    """The fields of some other message under this name."""
    fields = [] if len(decode(envelope.body)) else [1]
    return [replace(envelope, body=encode([INT] * len(fields), fields))]


def wrong_sender(envelope: Envelope) -> list[Envelope]:
    """A message from somebody who has no part in this."""
    return [replace(envelope, sender="nobody")]


def unknown_name(envelope: Envelope) -> list[Envelope]:
    """One message more, of a kind that nobody takes."""
    return [replace(envelope, name=f"{envelope.name}Nonsense"), envelope]


def truncated(envelope: Envelope) -> list[Envelope]:
    """All but the last byte."""
    return [replace(envelope, body=Body((envelope.body.join()[:-1],)))]


def random_body(envelope: Envelope) -> list[Envelope]:
    """Random bytes, as many as there were."""
    noise = np.random.default_rng(len(envelope.body)).bytes(len(envelope.body))
    return [replace(envelope, body=Body((noise,)))]


def altered(envelope: Envelope) -> list[Envelope] | None:
    """Other values in arrays of the right shape: a lie, which not every protocol can see."""

    def lie(code: int, value: Any) -> Any:
        if code != ARRAY:
            return value
        noise = np.random.default_rng(value.size).bytes(value.nbytes)
        return np.frombuffer(noise, value.dtype).reshape(value.shape)

    return _reworked(envelope, lie)


REFUSED: dict[str, Callable[[Envelope], list[Envelope] | None]] = {
    "duplicate": duplicate,
    "contradiction": contradiction,
    "wrong shape": wrong_shape,
    "wrong dtype": wrong_dtype,
    "wrong type": wrong_type,
    "wrong sender": wrong_sender,
    "unknown name": unknown_name,
    "truncated body": truncated,
    "random body": random_body,
}

# The checks. --------------------------------------------------------------------------------------


def one_of_each_kind(messages: dict[Where, Any]) -> list[Where]:
    """The first message of every name in every phase."""
    first: dict[tuple[str, str], Where] = {}
    for where in messages:
        first.setdefault((where[0], where[4]), where)
    return list(first.values())


def outcome(spec: Spec, where: Where, tamper: Tamper, seed: int = 0) -> BaseException | None:
    """How a job of the usual size ends if this happens to that message; None if well."""
    setting = usual(spec)
    try:
        rehearse(spec, setting, example(spec, setting, seed), networks=disturbed(where, tamper))
    except Exception as error:
        return error
    return None


def _refusal(fault: str) -> Callable[[Spec, Effort], Iterator[str]]:
    inflict = REFUSED[fault]

    def check(spec: Spec, effort: Effort) -> Iterator[str]:
        del effort
        _, taps = good_run(spec)
        messages = taps.messages()
        for where in one_of_each_kind(messages):
            if inflict(messages[where][0]) is None:
                continue
            error = outcome(spec, where, lambda envelope: inflict(envelope) or [envelope])
            culprit = "nobody" if fault == "wrong sender" else where[2]
            if not isinstance(error, PeerFault) or culprit not in error.suspects:
                what = f"{where[0]}: {fault} of {where[4]} from {where[2]} to {where[3]}"
                yield f"{what} ends in {type(error).__name__ if error else 'nothing'}"

    description = (inflict.__doc__ or "").rstrip(".")
    check.__doc__ = f"{description}: ends in a PeerFault that names the sender among the suspects."
    return check


BY_NAME = {fault: _refusal(fault) for fault in REFUSED}


def lost_message(spec: Spec, effort: Effort) -> Iterator[str]:
    """Any message that is lost ends in `Stalled`, naming who waits for what from whom.

    A protocol that survives drop-outs may end well instead: with everybody's output, or with that
    of everybody but the party that lost a message, and with no other.
    """
    del effort
    _, taps = good_run(spec)
    for where in taps.messages():
        yield from _lose(spec, where)


def _lose(spec: Spec, where: Where) -> Iterator[str]:
    setting = usual(spec)
    inputs = example(spec, setting)
    phase, _, sender, to, name, number = where
    what = f"{phase}: {name} lost from {sender} to {to}"
    survives = spec.drop_outs(setting) > 0
    try:
        job = rehearse(
            spec,
            setting,
            inputs,
            networks=disturbed(where, lambda _: None),
            keep_errors=survives,
        )
    except Stalled as error:
        if Missing(to, name, number, sender) not in error.missing:
            yield f"{what} is not named: {error}"
        return
    except Exception as error:
        yield f"{what} ends in {type(error).__name__}"
        return
    if not survives:
        yield f"{what} is not noticed"
        return
    yield from (
        f"{what}: {party} ends in {type(error).__name__}"
        for party, error in job.errors.items()
        if not isinstance(error, Stalled)
    )
    absent = [party for party in (sender, to) if party in inputs]
    allowed = [ideal_outputs(spec, setting, inputs)]
    for party in absent:
        others = {name: data for name, data in inputs.items() if name != party}
        allowed.append(ideal_outputs(spec, setting, others))
    for party, output in job.outputs[0].items():
        if not any(same(spec, setting, output, ideal.get(party)) for ideal in allowed):
            yield f"{what}: {party} gets an output of nobody's inputs"
    missed = allowed[0].keys() - job.outputs[0].keys() - job.errors.keys()
    if absent and missed:
        yield f"{what}: {' and '.join(sorted(missed))} get no output"
