"""Does what a party sees tell more than its Spec allows?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from protocols.conformance.harness import Effort, Taps, attempt, coins, example, in_words, usual
from protocols.core.errors import LocalMisuse
from protocols.core.exact import exact_check
from protocols.core.play_job import Rehearsal, rehearse
from protocols.core.spec import Inputs, Setting, Spec
from protocols.core.view import Event, Expired

_HIDDEN = {"share", "masked", "ciphertext"}
_MANY_PEOPLE = 64
_LEAST_BYTES = 8  # shorter messages may coincide by chance


def outline_depends_on_no_value(spec: Spec, effort: Effort) -> Iterator[str]:
    """Sender, name, size, depth and order of all messages are the same for inputs that are alike.

    A small ring is tried too: there, zeros and equal values are common.
    """
    del effort
    tried = [usual(spec)]
    if spec.exact:
        tried.append(spec.setting(tried[0].size, tried[0].people, spec.exact[0].ring))
    for setting in tried:
        outlines: dict[str, list[Any]] = {}
        for inputs in _alike(spec, setting):
            job = attempt(spec, setting, inputs)
            if isinstance(job, str):
                yield f"{in_words(setting)}: {job}"
                return
            for place, outline in _outlines(job):
                if outlines.setdefault(place, outline) != outline:
                    yield f"{in_words(setting)}: what {place} sees from outside depends on values"


def draws_fresh_coins(spec: Spec, effort: Effort) -> Iterator[str]:
    """Two jobs with the same inputs share no message that hides something; nor do two shards."""
    del effort
    setting = usual(spec, _MANY_PEOPLE)
    inputs = example(spec, setting)
    first: dict[Any, bytes] = {}
    second: dict[Any, bytes] = {}
    for seed, hidden in enumerate((first, second)):
        taps = Taps()
        try:
            job = rehearse(spec, setting, inputs, shards=2, coins=coins(seed), networks=taps)
        except Exception as error:
            yield f"{type(error).__name__}: {error}"
            return
        hidden.update(_hidden(job, taps))
    for where, digest in first.items():
        phase, number, sender, to, name, _ = where
        if second.get(where) == digest:
            yield f"{phase}: {name} from {sender} to {to} is the same in two jobs"
        if phase == "shard" and number == 0 and first.get((phase, 1, *where[2:])) == digest:
            yield f"{phase}: {name} from {sender} to {to} is the same in two shards"


def passes_the_exact_check(spec: Spec, effort: Effort) -> Iterator[str]:
    """No coalition that is declared harmless learns more than its outputs: all coins are tried.

    Where drop-outs are survived, also with the first platform late, and with the last.
    """
    del effort
    for small in spec.exact:
        setting = spec.setting(small.size, 1, small.ring)
        platforms = [*example(spec, setting)]
        late = (platforms[0], platforms[-1]) if spec.drop_outs(setting) else ()
        for name in ("", *late):
            try:
                checked = exact_check(spec, small, late=name)
            except LocalMisuse as error:
                yield str(error)
                continue
            case = str(checked).split(":")[0]
            for coalition in checked.leaks:
                yield f"{case}: too much for {' + '.join(coalition)}"


def _alike(spec: Spec, setting: Setting) -> list[Inputs]:
    if spec.alike is not None:
        return list(spec.alike(setting, np.random.default_rng(0)))
    return [example(spec, setting, seed) for seed in range(4)]


def _outlines(job: Rehearsal) -> Iterator[tuple[str, list[Any]]]:
    for step in job.steps:
        for name, view in step.run.views.items():
            yield f"{name} ({step.phase})", [_outline(event) for event in view.events]


def _outline(event: Event) -> Any:
    """What an event shows to who cannot look inside: all but the body."""
    if isinstance(event, Expired):
        return "expired"
    size_bytes = event.payload_bytes + event.framing_bytes
    return event.sender, event.name, event.number, size_bytes, event.depth


def _hidden(job: Rehearsal, taps: Taps) -> Iterator[tuple[Any, bytes]]:
    """The hash of every message of a job that hides what it carries."""
    carried = {
        (step.phase, step.number, seen.sender, to, seen.name, seen.number): seen.carries
        for step in job.steps
        for to, view in step.run.views.items()
        for seen in view.messages
    }
    for where, (envelope, digest) in taps.messages().items():
        carries = carried.get(where)
        if carries and carries.kind in _HIDDEN and envelope.body.payload_bytes >= _LEAST_BYTES:
            yield where, digest
