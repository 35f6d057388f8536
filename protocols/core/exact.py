"""The exact check: over a small ring, with all coins enumerated, does any coalition learn more?

For every coalition: is the distribution of its view, given its own inputs, coins and allowed
outputs, the same whatever the inputs of the others? Counted, not estimated. The roles are those
of the real protocol; see `Tape` for how all coins fit into one run.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocols.core.body import ARRAY, decode
from protocols.core.enumerated_coins import Deck, Tape
from protocols.core.errors import LocalMisuse
from protocols.core.local import Network
from protocols.core.message import MASKED, SHARE
from protocols.core.play_job import Rehearsal, rehearse
from protocols.core.ring import Ring
from protocols.core.spec import Inputs, Setting, Small, Spec
from protocols.core.view import Event, Expired

IDEALS = "streams from seeds and key agreements taken as ideal"

Column: TypeAlias = tuple[NDArray[np.int64], int]  # values in all worlds; all are below the int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a coalition learned no more than its outputs, and whether it was declared so."""

    coalition: tuple[str, ...]
    harmless: bool
    declared: bool


@dataclass(frozen=True, slots=True)
class Exact:
    """What the exact check of one small case found, for every coalition short of everybody."""

    protocol: str
    small: Small
    late: str  # whose shard message came after the expiry; "" if everybody was in time
    worlds: int  # assignments of all coins
    inputs: int  # assignments of all inputs
    verdicts: tuple[Verdict, ...]

    @property
    def leaks(self) -> tuple[tuple[str, ...], ...]:
        """The coalitions declared harmless that are not."""
        return tuple(v.coalition for v in self.verdicts if v.declared and not v.harmless)

    def __str__(self) -> str:
        late = f", {self.late} late" if self.late else ""
        lines = [
            f"{self.protocol}, {self.small.size} platforms, ring of {1 << self.small.ring.bits}"
            f"{late}: {self.inputs} inputs x {self.worlds} assignments of all coins ({IDEALS})"
        ]
        for verdict in self.verdicts:
            learns = "learns only its outputs" if verdict.harmless else "LEARNS MORE"
            lines.append(f"  {' + '.join(verdict.coalition)}: {learns}")
        return "\n".join(lines)


def exact_check(spec: Spec, small: Small, *, late: str = "") -> Exact:
    """Try all coins and all inputs of a small case.

    With `late`, that party's shard messages come only after everybody's time was up. Raises
    LocalMisuse where enumeration cannot see through the protocol: too many worlds, or people that
    mix within a message.
    """
    job = _Job(spec, small, late)
    tried = list(job.assignments())
    job.count_coins(tried[0])
    job.refuse_mixing(tried[-1])
    setting = job.setting(1)
    names = setting.parties
    coalitions = [
        coalition
        for members in range(1, len(names))
        for coalition in itertools.combinations(names, members)
    ]
    seen: dict[tuple[Any, ...], tuple[tuple[bytes, ...], NDArray[np.int64]]] = {}
    harmful = set()
    for inputs in tried:
        sights = job.sights(inputs)
        counted = {name: data for name, data in inputs.items() if name != late}
        allowed = spec.ideal(setting, counted)
        for coalition in coalitions:
            known = (coalition, *(_plain(inputs.get(name), small.ring) for name in coalition))
            outputs = tuple(_plain(allowed.get(name), small.ring) for name in coalition)
            fixed, rows = job.joint_view([sights[name] for name in coalition], coalition)
            first_fixed, first_rows = seen.setdefault((known, outputs), (fixed, rows))
            if fixed != first_fixed or not np.array_equal(rows, first_rows):
                harmful.add(coalition)
    verdicts = tuple(
        Verdict(coalition, coalition not in harmful, spec.harmless(setting, frozenset(coalition)))
        for coalition in coalitions
    )
    return Exact(spec.name, small, late, job.deck.people, len(tried), verdicts)


@dataclass(slots=True)
class _Sight:
    """What one party saw in all worlds: columns that may differ between them, and what is fixed."""

    columns: list[Column]
    fixed: list[bytes]


class _Job:
    """The small case: the same job for one input after the other, in all worlds."""

    def __init__(self, spec: Spec, small: Small, late: str) -> None:
        self.deck = Deck()
        self._spec, self._small, self._late = spec, small, late
        for_one = spec.inputs(self.setting(1), np.random.default_rng(0))
        for_two = spec.inputs(self.setting(2), np.random.default_rng(0))
        if not all(isinstance(data, np.ndarray) for data in for_one.values()):
            raise LocalMisuse(f"{spec.name}: only inputs that are arrays can be tried one by one")
        self._examples = for_one
        self._by_person = {name for name in for_one if for_one[name].shape != for_two[name].shape}

    def setting(self, people: int) -> Setting:
        """The small case for so many people."""
        return self._spec.setting(self._small.size, people, self._small.ring)

    def assignments(self) -> Iterator[dict[str, NDArray[Any]]]:
        """All inputs of one person, by party."""
        values = self._small.values or range(1 << self._small.ring.bits)
        sizes = [data.size for data in self._examples.values()]
        for chosen in itertools.product(values, repeat=sum(sizes)):
            entries = iter(chosen)
            yield {
                name: _filled(data, itertools.islice(entries, data.size))
                for name, data in self._examples.items()
            }

    def count_coins(self, inputs: Inputs) -> None:
        """Find out how many worlds there are."""
        self._run(inputs)
        self.deck.lay_out()

    def refuse_mixing(self, inputs: Inputs) -> None:
        """Raise LocalMisuse if what is seen of one person depends on the worlds of the others.

        The job is played again in worlds drawn at random, some of them twice and some not at all.
        """
        usual, people = self.sights(inputs), self.deck.people
        drawn = np.random.default_rng(0).integers(0, people, people)
        self.deck.lay_out(drawn)
        again = self.sights(inputs)
        self.deck.lay_out()
        for name, sight in usual.items():
            columns = zip(sight.columns, again[name].columns, strict=True)
            moved_alike = all(
                (values[drawn] == redrawn).all() for (values, _), (redrawn, _) in columns
            )
            if not moved_alike or sight.fixed != again[name].fixed:
                raise LocalMisuse(
                    f"{self._spec.name} mixes people in what {name} sees: no exact check"
                )

    def sights(self, inputs: Inputs) -> dict[str, _Sight]:
        """What every party sees, its material included."""
        sights = {name: _Sight([], []) for name in self.setting(1).parties}
        for step in self._run(inputs).steps:
            for name, view in step.run.views.items():
                sight = sights[name]
                sight.fixed += [step.phase.encode(), *view.recorded.values()]
                if step.phase == "setup":
                    sight.fixed.append(step.run.outputs[name] or b"")
                for event in view.events:
                    self._look(event, sight)
        return sights

    def joint_view(
        self, sights: Sequence[_Sight], coalition: tuple[str, ...]
    ) -> tuple[tuple[bytes, ...], NDArray[np.int64]]:
        """A coalition's view: what is fixed, and all that is not, as sorted rows of numbers.

        The rows hold its own coins and every stream whose seed it holds.
        """
        fixed = tuple(octets for sight in sights for octets in sight.fixed)
        draws = {name for member in coalition for name in self.deck.made.get(member, ())}
        for seed, expanded in self.deck.expanded.items():
            if any(seed in octets for octets in fixed):
                draws |= expanded
        columns = [column for sight in sights for column in sight.columns]
        columns += [column for name in sorted(draws) for column in self.deck.columns(name)]
        return fixed, _sorted_rows(columns, self.deck.people)

    def _run(self, inputs: Inputs) -> Rehearsal:
        people = self.deck.people
        return rehearse(
            self._spec,
            self.setting(people),
            {
                name: np.repeat(data, people, axis=0) if name in self._by_person else data
                for name, data in inputs.items()
            },
            coins=Tape(self.deck),
            networks=lambda phase, _: Network(
                late=lambda envelope: phase == "shard" and envelope.sender == self._late
            ),
            keep_errors=bool(self._late),
        )

    def _look(self, event: Event, sight: _Sight) -> None:
        if isinstance(event, Expired) or event.body is None:
            sight.fixed.append(b"expired")
            return
        sight.fixed.append(f"{event.sender} {event.name} {event.number} {event.depth}".encode())
        elements = event.carries in (None, SHARE, MASKED)
        for field in decode(event.body):
            if field.code != ARRAY or field.shape[:1] != (self.deck.people,):
                sight.fixed.append(f"{field.dtype} {field.shape} ".encode() + field.buffer)
                continue
            values = field.value()
            bound = 1 << 8 * values.itemsize
            if elements and field.dtype == self._small.ring.dtype:
                values, bound = self._small.ring.reduce(values), 1 << self._small.ring.bits
            whole = values.reshape(self.deck.people, -1).view(f"<i{values.itemsize}")
            sight.columns += [(column.astype(np.int64), bound) for column in whole.T]


def _filled(like: NDArray[Any], entries: Iterable[int]) -> NDArray[Any]:
    """The entries as an array of the same dtype and shape."""
    return np.array(list(entries), like.dtype).reshape(like.shape)


def _sorted_rows(columns: Sequence[Column], rows: int) -> NDArray[np.int64]:
    """All rows of a table in order, packed into as few words as hold them, shape (words, rows)."""
    words, room = [np.zeros(rows, np.int64)], 1
    for values, bound in columns:
        if room * bound >= 1 << 63:
            words, room = [*words, np.zeros(rows, np.int64)], 1
        words[-1] = words[-1] * bound + values if room > 1 else values
        room *= bound
    return np.stack(words)[:, np.lexsort(words)]


def _plain(value: Any, ring: Ring) -> bytes:
    """Any input or output as bytes that are equal if and only if it is; elements are reduced."""
    if isinstance(value, np.ndarray):
        reduced = ring.reduce(value) if value.dtype == ring.dtype else value
        return f"{reduced.dtype} {reduced.shape} ".encode() + reduced.tobytes()
    if isinstance(value, Mapping):
        value = [*value.items()]
    if isinstance(value, list | tuple):
        parts = [_plain(each, ring) for each in value]
        return b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    return repr(value).encode()
