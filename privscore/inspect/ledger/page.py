"""A ledger as people read it: a matrix, sentences by party, and the checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec
from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from privscore.inspect.ledger.account import FACTS, Cell, Learned, NotChecked, Row
from privscore.inspect.ledger.checks import Check
from privscore.text.units import bytes_text
from privscore.text.wide_table import InParts
from privscore.text.words import counted, listed

_FOLLOWS, _FOUND, _OWN_DATA, _TOLD, _NOT_CHECKED = "◐", "‼", "○", "●", "?"
_STYLES = {
    _FOLLOWS: "yellow",
    _FOUND: "bold red",
    _OWN_DATA: "bold red",
    _TOLD: "cyan",
    _NOT_CHECKED: "yellow",
}
_MARKS = {"follows": _FOLLOWS, "found": _FOUND, "own data": _OWN_DATA, "not_checked": _NOT_CHECKED}
_BY_PLATFORM = ("points", "columns")
_NAMES = 2  # of platforms, that still fit into a cell


IdentityKeys: TypeAlias = Literal["made for this run", "named in the agreement", "some named"]
_IDENTITIES = {
    "made for this run": "made for this run, vouched for by the channels alone",
    "named in the agreement": "named in the agreement",
    "some named": "some named in the agreement; the others made for this run, vouched for by the "
    "channels alone",
}


class TrafficByKind(msgspec.Struct, frozen=True):
    """How much of one kind a party was sent."""

    kind: str
    messages: int
    payload_bytes: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What some parties learned together, or one of them alone."""

    members: tuple[str, ...]
    saw: tuple[TrafficByKind, ...]
    learned: tuple[Learned, ...]
    not_checked: tuple[NotChecked, ...]  # what might follow, and was not looked for
    could_decrypt: tuple[str, ...]  # what their keys would open if others passed it on
    row: Row

    def lines(self) -> tuple[Text, ...]:
        """What was learned, and less loudly what was seen and what a key would open."""
        seen = [
            f"{counted(traffic.messages, traffic.kind)} ({bytes_text(traffic.payload_bytes)})"
            for traffic in self.saw
        ]
        return (
            *(Text(f"• {each.sentence}") for each in self.learned),
            *(Text(f"? {each.sentence}", _STYLES[_NOT_CHECKED]) for each in self.not_checked),
            *(Text(f"! {each}", "magenta") for each in self.could_decrypt),
            *([Text(f"saw {listed(seen)}", "dim")] if seen else []),
        )


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """Who learned what in one run."""

    name: str
    purpose: str
    method: str
    satisfies_policy: bool
    people: int
    people_from: str
    platforms: int
    recording: str
    identities: IdentityKeys
    contested: tuple[str, ...]  # contested characteristics that score
    off: tuple[str, ...]  # and those that do not
    leakage: dict[str, str]  # by protocol, as its Spec declares it
    parties: tuple[Account, ...]
    together: Account | None
    checks: tuple[Check, ...]

    @property
    def contradicted(self) -> bool:
        """Whether a check found what the accounts do not show."""
        return any(check.contradicts for check in self.checks)

    def __rich__(self) -> RenderableType:
        return Group(
            Text(f"Who learned what: {self.name} by {self.method}, {self.people:,} people", "bold"),
            Text(self.purpose, "italic"),
            *self._warnings(),
            "",
            self._matrix(),
            "",
            Text.assemble(
                (_TOLD, _STYLES[_TOLD]),
                " was told (message, output, key)   ",
                (_FOLLOWS, _STYLES[_FOLLOWS]),
                " can work it out   ",
                (_FOUND, _STYLES[_FOUND]),
                " found by a check",
                *self._own_data(),
                "\npoints, columns: whose; nothing: nothing on this scale is "
                "accounted for, and that is no proof that nothing was learned",
            ),
            *self._accounts(),
            *self._declared(),
            "",
            self._checks(),
            "Not accounted for: what somebody knew before, does with the answer, or measures from "
            "outside.",
        )

    def _warnings(self) -> Iterator[Text]:
        if not self.satisfies_policy:
            yield Text(f"{self.method} gives everything away and satisfies no policy.", "bold red")
        if self.contradicted:
            yield Text(
                "A check contradicts these accounts: somebody learned more. See ‼ below.",
                "bold red",
            )

    def _own_data(self) -> Iterator[str | tuple[str, str]]:
        """The mark of what is a coalition's own, explained where it stands."""
        if self.together and any(cell.how == "own data" for cell in self.together.row.values()):
            yield "   "
            yield _OWN_DATA, _STYLES[_OWN_DATA]
            yield " their own"

    def _matrix(self) -> InParts:
        # As narrow as can be: it has to be whole on 80 columns.
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
        table.add_column("party")
        for fact in FACTS:
            table.add_column(fact, justify="left" if fact in _BY_PLATFORM else "center")
        for account in self.parties:
            table.add_row(account.members[0], *map(self._cell, self._cells(account)))
        if self.together is not None:
            table.add_section()
            table.add_row("[bold]together[/bold]", *map(self._cell, self._cells(self.together)))
        return InParts(table)

    def _cells(self, account: Account) -> list[Cell | None]:
        return [account.row.get(fact) for fact in FACTS]

    def _cell(self, cell: Cell | None) -> Text:
        if cell is None:
            return Text("")
        mark = _MARKS.get(cell.how, _TOLD)
        if not cell.of:
            return Text(mark, _STYLES[mark])
        if mark == _NOT_CHECKED:
            return Text(f"{mark} not\n  looked for", _STYLES[mark])
        if cell.people < self.people:
            whose = f"{cell.people:,} people"
        elif len(cell.of) <= _NAMES:
            whose = listed(cell.of).replace(" and ", " and\n  ")
        else:
            whose = f"{'all ' if len(cell.of) == self.platforms else ''}{len(cell.of)}"
        return Text(f"{mark} {whose}", _STYLES[mark])

    def _accounts(self) -> Iterator[RenderableType]:
        alike: dict[tuple[str, ...], tuple[Account, list[str]]] = {}
        for account in self.parties:
            sentences = tuple(map(str, account.lines()))
            _, names = alike.setdefault(sentences, (account, []))
            names.append(account.members[0])
        for account, names in alike.values():
            verb = "each learned" if len(names) > 1 else "learned"
            yield Text(f"\n{listed(names)} {verb}", "bold")
            yield from map(_indented, account.lines())
        if self.together is not None:
            yield Text(f"\nTogether, {listed(self.together.members)} learned", "bold")
            yield from map(_indented, self.together.lines())

    def _declared(self) -> Iterator[Text]:
        yield Text(f"\nidentity keys: {_IDENTITIES[self.identities]}")
        for protocol, leakage in self.leakage.items():
            yield Text(f"{protocol} declares that it does not hide: {leakage}")
        if self.contested:
            yield Text(
                f"Contested characteristics in this score: {listed(self.contested)}.", "bold"
            )
        if self.off:
            yield Text(f"Contested and turned off: {listed(self.off)}.")

    def _checks(self) -> Table:
        table = Table(title="checks that tried to contradict this", title_justify="left")
        for column in ("check", "made", "found"):
            table.add_column(column)
        for check in self.checks:
            style = "bold red" if check.contradicts else ""
            table.add_row(check.name, "yes" if check.made else "no", Text(check.says, style))
        return table


def _indented(line: Text) -> Padding:
    return Padding(line, (0, 0, 0, 2))
