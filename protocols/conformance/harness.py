"""What the checks share: which settings to try, an example run, and whether two outputs agree."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from protocols.core.coins import SeededCoins
from protocols.core.errors import ProtocolError
from protocols.core.local import Network
from protocols.core.message import Envelope
from protocols.core.play_job import Rehearsal, rehearse
from protocols.core.spec import Inputs, Phase, Setting, Spec

FEW_PEOPLE = 7

Where: TypeAlias = tuple[Phase, int, str, str, str, int]
"""A message of a job: phase, number of the step, sender, receiver, name, number."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to try: every declared size or two of them, and for how many people."""

    every_size: bool
    people: tuple[int, ...]
    orders: int  # random orders of delivery


FULL = Effort(every_size=True, people=(0, 1, FEW_PEOPLE, 1_000, 65_536), orders=8)
QUICK = Effort(every_size=False, people=(0, 1, FEW_PEOPLE), orders=4)


def usual(spec: Spec, people: int = FEW_PEOPLE) -> Setting:
    """Three platforms, or as few as the protocol is for."""
    return spec.setting(max(3, spec.sizes[0]) if 3 in spec.sizes else spec.sizes[0], people)


def settings(spec: Spec, effort: Effort) -> Iterator[Setting]:
    """Few people at every size, and every number of people at the usual size."""
    sizes = spec.sizes if effort.every_size else sorted({spec.sizes[0], spec.sizes[-1]})
    for size in sizes:
        yield spec.setting(size, FEW_PEOPLE)
    for people in effort.people:
        yield usual(spec, people)


def example(spec: Spec, setting: Setting, seed: int = 0) -> Inputs:
    """Example inputs, the same for the same seed."""
    return spec.inputs(setting, np.random.default_rng(seed))


def in_words(setting: Setting) -> str:
    """A setting in words, for findings."""
    return f"size {setting.size}, {setting.people} people, {setting.ring.bits} bits"


def coins(seed: int) -> SeededCoins:
    """Coins for a whole job, the same for the same seed."""
    return SeededCoins(hashlib.sha256(b"conformance %d" % seed).digest())


class Tap(Network):
    """A network that keeps what was sent, with its hash at that moment."""

    def __init__(self, **hooks: Any) -> None:
        super().__init__(**hooks)
        self.sent: list[tuple[Envelope, bytes]] = []

    def put(self, envelopes: Iterable[Envelope]) -> None:
        """See `Network.put`."""
        envelopes = list(envelopes)
        self.sent += [(envelope, digest(envelope)) for envelope in envelopes]
        super().put(envelopes)


class Taps:
    """A `Tap` for each step of a job."""

    def __init__(self, shuffle: int | None = None) -> None:
        self.by_step: dict[tuple[Phase, int], Tap] = {}
        self._shuffle = shuffle

    def __call__(self, phase: Phase, number: int) -> Tap:
        """The network of one step."""
        return self.by_step.setdefault((phase, number), Tap(shuffle=self._shuffle))

    def messages(self) -> dict[Where, tuple[Envelope, bytes]]:
        """Everything that was sent, in order."""
        return {
            (*step, sent.sender, sent.to, sent.name, sent.number): (sent, hashed)
            for step, tap in self.by_step.items()
            for sent, hashed in tap.sent
        }


def digest(envelope: Envelope) -> bytes:
    """The hash of a body as it is now; `Body.sha256` would remember an earlier one."""
    return hashlib.sha256(envelope.body.join()).digest()


def attempt(spec: Spec, setting: Setting, inputs: Inputs, **options: Any) -> Rehearsal | str:
    """A rehearsal, or a sentence that says how it failed."""
    try:
        return rehearse(spec, setting, inputs, **options)
    except ProtocolError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        return f"a role failed with {type(error).__name__}: {error}"


@functools.lru_cache(32)
def played(spec: Spec, setting: Setting) -> Rehearsal | str:
    """An undisturbed job with the example's inputs; more than one check looks at it."""
    return attempt(spec, setting, example(spec, setting), recording="outline")


@functools.lru_cache(8)
def good_run(spec: Spec) -> tuple[Rehearsal, Taps]:
    """An undisturbed job of the usual size, and what was sent; raises what the protocol does."""
    taps = Taps()
    setting = usual(spec)
    job = rehearse(spec, setting, example(spec, setting), coins=coins(0), networks=taps)
    return job, taps


def same(spec: Spec, setting: Setting, first: Any, second: Any) -> bool:
    """Whether two outputs agree: bit for bit, or within the tolerance that the Spec declares."""
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        if first.shape != second.shape or first.dtype != second.dtype:
            return False
        if first.dtype == setting.ring.dtype:
            first, second = setting.ring.reduce(first), setting.ring.reduce(second)
        if first.dtype.kind == "f":
            return bool(np.all(np.abs(first - second) <= spec.tolerance))
        return bool(np.array_equal(first, second))
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(
            same(spec, setting, first[key], second[key]) for key in first
        )
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(
            same(spec, setting, *pair) for pair in zip(first, second, strict=True)
        )
    return type(first) is type(second) and bool(first == second)


def ideal_outputs(spec: Spec, setting: Setting, inputs: Inputs) -> dict[str, Any]:
    """What each party may learn; who learns nothing is left out."""
    ideal = spec.ideal(setting, inputs)
    return {name: output for name, output in ideal.items() if output is not None}


Tamper: TypeAlias = Callable[[Envelope], Envelope | list[Envelope] | None]


def disturbed(where: Where, tamper: Tamper) -> Callable[[Phase, int], Network]:
    """Networks in which exactly one message of the job is tampered with."""
    phase, number, *key = where

    def change_one(envelope: Envelope) -> Envelope | list[Envelope] | None:
        sent = [envelope.sender, envelope.to, envelope.name, envelope.number]
        return tamper(envelope) if sent == key else envelope

    def networks(*step: Any) -> Network:
        return Network(tamper=change_one) if step == (phase, number) else Network()

    return networks
