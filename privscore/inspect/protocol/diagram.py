"""A sequence diagram of one protocol, drawn from a run of it: for the terminal and as Mermaid."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from protocols.core.coins import SeededCoins
from protocols.core.play_job import rehearse
from protocols.core.spec import Spec

_SEED = b"a diagram needs coins, but shows none of them"
_PEOPLE = 4
_COLUMN = 14


@dataclass(frozen=True, slots=True)
class Arrow:
    """One message of the run, as everybody's views tell it."""

    phase: str
    round: int
    sender: str
    to: str
    name: str
    carries: str
    payload_bytes: int


@dataclass(frozen=True, slots=True)
class Diagram:
    """Who sent what to whom, in the order of rounds, for a small setting."""

    parties: tuple[str, ...]
    people: int
    arrows: tuple[Arrow, ...]

    def mermaid(self) -> str:
        """The diagram as Mermaid reads it."""
        lines = ["sequenceDiagram", *(f"    participant {name}" for name in self.parties)]
        for phase, arrows in self._by_phase():
            first, last = self.parties[0], self.parties[-1]
            lines.append(f"    Note over {first},{last}: {phase}")
            lines += [f"    {a.sender}->>{a.to}: {a.name} ({a.carries})" for a in arrows]
        return "\n".join(lines)

    def text(self) -> str:
        """The diagram in plain characters, a column for each party."""
        lines = ["".join(name.center(_COLUMN) for name in self.parties).rstrip()]
        for phase, arrows in self._by_phase():
            lines.append(f"{self._lifelines()}   {phase}")
            lines += [self._line(arrow) for arrow in arrows]
        return "\n".join(lines)

    def _by_phase(self) -> Iterator[tuple[str, list[Arrow]]]:
        for phase, arrows in itertools.groupby(self.arrows, key=lambda arrow: arrow.phase):
            yield phase, list(arrows)

    def _lifelines(self) -> str:
        return "".join("|".center(_COLUMN) for _ in self.parties)

    def _line(self, arrow: Arrow) -> str:
        row = list(self._lifelines())
        places = [
            self.parties.index(name) * _COLUMN + self._lifelines().index("|")
            for name in (arrow.sender, arrow.to)
        ]
        start, stop = min(places), max(places)
        row[start + 1 : stop] = "-" * (stop - start - 1)
        if places[0] < places[1]:
            row[stop - 1] = ">"
        else:
            row[start + 1] = "<"
        label = arrow.name.rpartition("/")[2]
        return (
            f"{''.join(row)}   {arrow.round}. {label}, {arrow.payload_bytes} bytes, {arrow.carries}"
        )


def diagram(spec: Spec) -> Diagram:
    """The diagram of the smallest setting of at least three platforms, if there is one."""
    size = min((size for size in spec.sizes if size >= 3), default=spec.sizes[-1])
    setting = spec.setting(size, _PEOPLE)
    inputs = spec.inputs(setting, np.random.default_rng(0))
    job = rehearse(spec, setting, inputs, coins=SeededCoins(_SEED))
    arrows = [
        Arrow(
            step.phase,
            seen.depth,
            seen.sender,
            to,
            seen.name.rpartition("/")[2],
            str(seen.carries),
            seen.payload_bytes,
        )
        for step in job.steps
        for to, view in step.run.views.items()
        for seen in view.messages
    ]
    order = {name: number for number, name in enumerate(setting.parties)}
    phases = list(dict.fromkeys(arrow.phase for arrow in arrows))
    arrows.sort(
        key=lambda a: (phases.index(a.phase), a.round, a.name, order[a.sender], order[a.to])
    )
    return Diagram(setting.parties, _PEOPLE, tuple(arrows))
