"""Everything about one protocol or method that can be said before it is run on anybody's data.

The card is its author's; the rest is worked out: the cost from the declared formula, the diagram
from a run, the coalition table from the exact check. A protocol's page in the docs is the same.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from privscore.errors import Refused
from privscore.inspect.protocol.diagram import Diagram, diagram
from privscore.methods import available
from privscore.text.units import bytes_text
from privscore.text.words import listed
from protocols.core.errors import LocalMisuse
from protocols.core.exact import IDEALS, Exact, exact_check
from protocols.core.spec import PHASES, Spec, find_specs, load_spec

_SIZES = (3, 8, 16)
_PEOPLE = 65_536


class CostRow(msgspec.Struct, frozen=True):
    """The declared cost of one phase for one size."""

    platforms: int
    phase: str
    rounds: int
    payload_bytes: int
    busiest: str  # the party that sends most
    busiest_bytes: int


class Coalition(msgspec.Struct, frozen=True):
    """What the exact check found for the coalitions of one size in one small case."""

    case: str
    parties: int
    tried: int
    learn_only_their_outputs: int


class ProtocolPage(msgspec.Struct, frozen=True):
    """One protocol, and the methods that stand on it."""

    name: str
    status: str
    card: str
    leakage: str
    people: int
    cost: tuple[CostRow, ...]
    diagram: Diagram
    coalitions: tuple[Coalition, ...]
    not_exact: str  # why the exact check cannot be made, if so
    tolerance: float  # by how much an output may miss the ideal, in the example of the pages
    assumed: str
    methods: dict[str, str]

    def __rich__(self) -> RenderableType:
        cost = Table(title=f"declared cost, shards of {self.people:,} people", title_justify="left")
        for column in ("platforms", "phase", "rounds", "payload", "busiest sender"):
            cost.add_column(column, justify="left" if column == "phase" else "right")
        for row in self.cost:
            cost.add_row(*_cells(row))
        return Group(
            f"{self.name} ({self.status})\n",
            _as_it_stands(self.card.strip()),
            "",
            cost,
            "",
            _as_it_stands(self.diagram.text()),
            "",
            *self._missed(),
            *self._coalition_lines(),
            *(f"method {name}: {summary}" for name, summary in self.methods.items()),
        )

    def page(self) -> str:
        """The protocol's page in the docs, as Markdown."""
        head = "| platforms | phase | rounds | payload | busiest sender |\n" + "| --- " * 5 + "|"
        rows = "\n".join("| " + " | ".join(_cells(row)) + " |" for row in self.cost)
        methods = "\n".join(f"- method `{name}`: {text}" for name, text in self.methods.items())
        coalitions = "\n".join(f"- {line}" for line in self._coalition_lines())
        parts = [
            f"# {self.name}",
            f"Status: {self.status}. Made by `python docs/scripts/protocol_pages.py`.",
            f"## Card\n\n```text\n{self.card.strip()}\n```",
            f"## Declared cost\n\nShards of {self.people:,} people. The conformance suite compares "
            f"these formulas with what runs send, byte for byte.\n\n{head}\n{rows}",
            *(f"## Error\n\n{line}" for line in self._missed()),
            f"## One run\n\n{len(self.diagram.parties)} parties, {self.diagram.people} people.\n\n"
            f"```mermaid\n{self.diagram.mermaid()}\n```",
            f"## Who can learn what\n\n{coalitions}\n- Not hidden: {self.leakage}",
        ]
        return "\n\n".join([*parts, f"## Used by\n\n{methods}"] if methods else parts) + "\n"

    def _missed(self) -> list[str]:
        if not self.tolerance:
            return []
        return [
            f"Not exact: an output is off by at most {self.tolerance:g} in the example shown here; "
            "a method states its own bound for a card, before it runs."
        ]

    def _coalition_lines(self) -> list[str]:
        if self.not_exact:
            return [f"The exact check was not made. {self.not_exact}"]
        lines = [
            f"{row.case}: {row.learn_only_their_outputs} of {row.tried} coalitions of "
            f"{row.parties} learn only their outputs"
            for row in self.coalitions
        ]
        return [*lines, f"Exact, over all coins; {self.assumed}."]


def _as_it_stands(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ignore")


def show(name: str) -> list[ProtocolPage]:
    """A protocol by name or by its file, or every protocol of a method.

    Raises Refused, with a suggestion, for a name that is neither.
    """
    if name.endswith(".py"):
        if not Path(name).exists():
            raise Refused("there is no such file", "Check the name and the folder.", file=name)
        try:
            return [shown(load_spec(Path(name)))]
        except LocalMisuse as error:
            raise Refused(str(error), "Name a file that ends in SPEC = Spec(...).") from error
    specs, methods = find_specs(), available()
    if name in methods and methods[name].protocols:
        return [shown(spec) for spec in methods[name].protocols]
    if name in specs:
        return [shown(specs[name])]
    close = difflib.get_close_matches(name, [*specs, *methods], n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    if name in methods:
        raise Refused(f"{name} stands on no protocol: it hides nothing", "Show another method.")
    raise Refused(
        f"there is no protocol or method {name!r}",
        f"{hint}There are the protocols {listed([*specs])}, and the methods "
        f"{listed([each.name for each in methods.values() if each.protocols])}.",
    )


def shown(spec: Spec) -> ProtocolPage:
    """Work everything out that is shown of a protocol."""
    exact = [exact_check(spec, small) for small in spec.exact]
    return ProtocolPage(
        name=spec.name,
        status=spec.status,
        card=spec.card or "",
        leakage=spec.leakage,
        people=_PEOPLE,
        cost=tuple(row for size in _SIZES if size in spec.sizes for row in _costs(spec, size)),
        diagram=diagram(spec),
        coalitions=tuple(row for each in exact for row in _coalitions(each)),
        not_exact=spec.why_not_exact,
        tolerance=spec.tolerance,
        assumed=IDEALS,
        methods={
            each.name: each.summary for each in available().values() if spec in each.protocols
        },
    )


def _costs(spec: Spec, size: int) -> list[CostRow]:
    declared = spec.declared(spec.setting(size, _PEOPLE))
    rows = []
    for phase in PHASES:
        cost = declared[phase]
        if cost.payload_bytes:
            busiest = max(cost.payload_bytes, key=lambda name: cost.payload_bytes[name])
            most = cost.payload_bytes[busiest]
            rows.append(CostRow(size, phase, cost.rounds, cost.total_bytes, busiest, most))
    return rows


def _coalitions(exact: Exact) -> list[Coalition]:
    case = f"{exact.small.size} platforms over {1 << exact.small.ring.bits} elements"
    sizes = sorted({len(verdict.coalition) for verdict in exact.verdicts})
    rows = []
    for size in sizes:
        verdicts = [v for v in exact.verdicts if len(v.coalition) == size]
        rows.append(Coalition(case, size, len(verdicts), sum(v.harmless for v in verdicts)))
    return rows


def _cells(row: CostRow) -> tuple[str, ...]:
    return (
        str(row.platforms),
        row.phase,
        str(row.rounds),
        bytes_text(row.payload_bytes),
        f"{row.busiest}, {bytes_text(row.busiest_bytes)}",
    )
