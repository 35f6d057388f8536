"""Does a protocol do what its Spec says: outputs, costs, and nothing but what its views hold?"""

from __future__ import annotations

from collections.abc import Iterator

from protocols.conformance.harness import (
    Effort,
    Taps,
    attempt,
    coins,
    digest,
    example,
    good_run,
    ideal_outputs,
    in_words,
    played,
    same,
    settings,
    usual,
)
from protocols.core.local import Network
from protocols.core.message import Envelope
from protocols.core.play_job import Step
from protocols.core.session import replay
from protocols.core.spec import Setting, Spec


def equals_ideal(spec: Spec, effort: Effort) -> Iterator[str]:
    """Every party's output is that of the ideal function, and nobody else has one."""
    for setting in settings(spec, effort):
        job = played(spec, setting)
        if isinstance(job, str):
            yield f"{in_words(setting)}: {job}"
            continue
        ideal = ideal_outputs(spec, setting, example(spec, setting))
        for name in setting.parties:
            if not same(spec, setting, job.outputs[0].get(name), ideal.get(name)):
                yield f"{in_words(setting)}: {name} does not get what it should, or not only that"
        for step in job.phase("setup"):
            for name, material in step.run.outputs.items():
                if not isinstance(material, bytes | None):
                    yield f"{name} keeps a {type(material).__name__} as material, which is bytes"


def in_any_order(spec: Spec, effort: Effort) -> Iterator[str]:
    """Outputs do not depend on the order in which messages arrive."""
    setting = usual(spec)
    inputs = example(spec, setting)
    ideal = ideal_outputs(spec, setting, inputs)
    for order in range(effort.orders):
        job = attempt(spec, setting, inputs, networks=lambda *_: Network(shuffle=order))  # noqa: B023
        if isinstance(job, str):
            yield f"{in_words(setting)}, order {order}: {job}"
        elif not same(spec, setting, job.outputs[0], ideal):
            yield f"{in_words(setting)}, order {order}: another output"


def costs_what_it_declares(spec: Spec, effort: Effort) -> Iterator[str]:
    """Measured rounds and payload bytes equal the declared ones exactly, in every step."""
    tried = [(setting, played(spec, setting)) for setting in settings(spec, effort)]
    twice = attempt(spec, usual(spec), example(spec, usual(spec)), shards=2, recording="outline")
    for setting, job in [*tried, (usual(spec), twice)]:
        if isinstance(job, str):
            yield f"{in_words(setting)}: {job}"
            continue
        declared = spec.declared(setting)
        for step in job.steps:
            where = f"{in_words(setting)}, {step.phase}"
            wanted = declared[step.phase]
            if step.run.rounds != wanted.rounds:
                yield f"{where}: {step.run.rounds} rounds, declared {wanted.rounds}"
            for name in setting.parties:
                cost = step.run.costs.get(name)
                sent_bytes = cost.sent_payload_bytes if cost else 0
                declared_bytes = wanted.payload_bytes.get(name, 0)
                if sent_bytes != declared_bytes:
                    yield f"{where}: {name} sends {sent_bytes} bytes, declared {declared_bytes}"


def is_a_function_of_its_view(spec: Spec, effort: Effort) -> Iterator[str]:
    """A role that replays its view gives the same output and sends the same messages.

    Another job is run before, and the roles are played in both directions: what a role has from
    anywhere but its view is then different, or not there.
    """
    del effort
    setting = usual(spec)
    taps = Taps(shuffle=1)
    job = attempt(spec, setting, example(spec, setting), coins=coins(0), networks=taps)
    if isinstance(job, str):
        yield job
        return
    views = [(step, name) for step in job.steps for name in step.run.views]
    problems = {}
    for order in (views, views[::-1]):
        attempt(spec, setting, example(spec, setting, 1), coins=coins(1))
        for step, name in order:
            problem = _replayed(spec, setting, step, name, taps)
            if problem:
                problems[step.phase, name] = f"{step.phase}: {name} {problem}"
    yield from problems.values()


def _replayed(spec: Spec, setting: Setting, step: Step, name: str, taps: Taps) -> str:
    """What goes wrong when a party replays its view; "" if nothing does."""
    sent = taps.by_step[step.phase, step.number].sent
    try:
        output, again = replay(step.roles[name], step.run.views[name])
    except Exception as error:
        return f"cannot replay its view: {type(error).__name__}"
    sent_before = [
        (*_key(envelope), hashed) for envelope, hashed in sent if envelope.sender == name
    ]
    if sent_before != [(*_key(envelope), digest(envelope)) for envelope in again]:
        return "sends other messages when it replays its view"
    if not same(spec, setting, output, step.run.outputs[name]):
        return "has another output when it replays its view"
    return ""


def _key(envelope: Envelope) -> tuple[str, str, int, int]:
    return envelope.to, envelope.name, envelope.number, envelope.depth


def sends_what_stays(spec: Spec, effort: Effort) -> Iterator[str]:
    """A message is not changed once it is sent."""
    del effort
    try:
        _, taps = good_run(spec)
    except Exception as error:
        yield f"{type(error).__name__}: {error}"
        return
    for (phase, *_), (envelope, before) in taps.messages().items():
        if digest(envelope) != before:
            yield f"{phase}: {envelope.sender} changed {envelope.name} after it was sent"
