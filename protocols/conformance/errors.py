"""Errors say names, counts and shapes, and no value of anybody's data."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.conformance.faults import (
    altered,
    one_of_each_kind,
    outcome,
    wrong_dtype,
    wrong_shape,
)
from protocols.conformance.harness import Effort, good_run
from protocols.core.errors import ProtocolError
from protocols.core.spec import Spec

_INPUTS_TRIED = 2
_SEEN_BY_ROLES = {  # other faults end in the engine, which has no values to tell
    "wrong shape": wrong_shape,
    "wrong dtype": wrong_dtype,
    "altered values": altered,
}


def say_no_values(spec: Spec, effort: Effort) -> Iterator[str]:
    """The same fault gives the same words whatever the inputs and coins, and no other exception.

    One of them is a lie of the right shape: a protocol may miss it, but its words must not vary.
    """
    del effort
    _, taps = good_run(spec)
    messages = taps.messages()
    for where in one_of_each_kind(messages):
        for fault, tamper in _SEEN_BY_ROLES.items():
            if tamper(messages[where][0]) is None:
                continue
            words = set()
            for seed in range(_INPUTS_TRIED):
                error = outcome(spec, where, lambda e: tamper(e) or [e], seed)  # noqa: B023
                if error is not None and not isinstance(error, ProtocolError):
                    yield f"{fault} of {where[4]}: a role failed with {type(error).__name__}"
                words.add(str(error) if error else None)
            if len(words - {None}) > 1:
                yield f"{fault} of {where[4]}: the words of the error depend on values"
