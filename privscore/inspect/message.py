"""One message of a view, value by value, and beside a share what it hides.

What it hides comes from the sender's own folder. The party did not see it, and the page says so;
it is there only since one machine holds the folders of all parties.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from privscore.errors import Refused
from privscore.inspect.view import ViewLine, lines
from privscore.runs.folder import RunFolder
from privscore.runs.layout import SessionPlace
from privscore.text.histogram import Histogram, SideBySide, histogram
from protocols.core.body import ARRAY, BYTES, Field, Malformed, decode
from protocols.core.view import Seen

_HIDES = ("share", "masked", "ciphertext")
_ROWS = 10
_TEXT = 200  # characters


class FieldPage(msgspec.Struct, frozen=True):
    """One field as it was decoded: an array is a list, bytes are text or else hexadecimal."""

    name: str
    kind: str
    value: Any


class Hidden(msgspec.Struct, frozen=True):
    """The sender's own points of the same people, which the party did not see."""

    of: str
    not_seen_by: str
    values: list[float]


class MessagePage(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a view."""

    party: str
    line: ViewLine
    fields: tuple[FieldPage, ...]
    people: tuple[str, ...]  # whom an array of as many values is about
    hidden: Hidden | None
    histograms: tuple[Histogram, ...]

    def __rich__(self) -> RenderableType:
        line = self.line
        title = Text.assemble(
            (f"Message {line.number} of {self.party}", "bold"),
            f": {line.title} from {line.sender} ({line.session}, round {line.round})\ncarries ",
            line.carried,
            f"; {line.payload_bytes:,} bytes and {line.framing_bytes} of framing",
        )
        parts: list[RenderableType] = [title, *map(self._field, self.fields)]
        if self.histograms:
            parts += [
                SideBySide(self.histograms),
                "",
                "That values look like noise proves nothing: `privscore ledger` says what follows "
                "from them, and which checks tried to contradict it.",
            ]
        return Group(*parts)

    def _field(self, field: FieldPage) -> RenderableType:
        if not isinstance(field.value, list):
            text = str(field.value).replace("\n", ", ")
            cut = f"{text[:_TEXT]} … ({len(text):,} characters)" if len(text) > _TEXT else text
            return Text(f"\n{field.name} ({field.kind}): {cut}\n")
        by_person = len(field.value) == len(self.people)
        hidden = self.hidden if by_person else None
        table = Table(title=f"\n{field.name} ({field.kind})", title_justify="left")
        table.add_column("person" if by_person else "")
        table.add_column(f"what {self.party} saw", justify="right")
        if hidden is not None:
            table.add_column(
                f"points of {hidden.of}: NOT seen by {hidden.not_seen_by}",
                justify="right",
                style="red",
                header_style="bold red",
            )
        for number, value in enumerate(field.value[:_ROWS]):
            points = [] if hidden is None else [str(hidden.values[number])]
            known = "unknown" if value != value else str(value)  # only NaN differs from itself
            table.add_row(self.people[number] if by_person else str(number), known, *points)
        if len(field.value) > _ROWS:
            table.add_row(f"… {len(field.value) - _ROWS:,} more")
        return table


def message_page(run: RunFolder, party: str, number: int) -> MessagePage:
    """Message `number` of what `party` saw, counted from 1.

    Raises Refused for a party or a number that is not there, and for a recording without bodies.
    """
    messages = [each for each in lines(run, run.party(party)) if each.seen is not None]
    if not 1 <= number <= len(messages):
        raise Refused(
            f"{party} saw {len(messages)} messages: there is no message {number}",
            f"`privscore view {run.path} --party {party}` lists them.",
            file=run.path,
        )
    run.need_bodies(f"what message {number} of {party} says")
    line, seen, place = messages[number - 1]
    assert seen is not None
    fields = _decoded(run, seen, line)
    start, stop = _people_of(run, place)
    hidden = _hidden(run, party, seen, place)
    names = run.people(party) or [f"number {index + 1}" for index in range(run.record.people)]
    return MessagePage(
        party=party,
        line=line,
        fields=tuple(_page(name, field) for name, field in fields),
        people=tuple(names[start:stop]),
        hidden=hidden,
        histograms=() if hidden is None else tuple(_histograms(fields, hidden)),
    )


def _decoded(run: RunFolder, seen: Seen, line: ViewLine) -> list[tuple[str, Field]]:
    """The fields by the names that were recorded with the message."""
    assert seen.body is not None
    try:
        fields = decode(seen.body)
    except Malformed as error:
        raise Refused(
            f"message {line.number} is no message of this engine: {error}",
            "It came from outside a protocol; `--json` of the list has its hash.",
            file=run.path,
        ) from error
    names = seen.fields if len(seen.fields) == len(fields) else map(str, range(len(fields)))
    return list(zip(names, fields, strict=True))


def _people_of(run: RunFolder, place: SessionPlace) -> tuple[int, int]:
    """Which people a session is about: of its shard, or all of them."""
    if place.phase != "shard":
        return 0, run.record.people
    start = place.number * run.record.shard_people
    return start, min(start + run.record.shard_people, run.record.people)


def _hidden(run: RunFolder, party: str, seen: Seen, place: SessionPlace) -> Hidden | None:
    kind = seen.carries.kind if seen.carries else ""
    if (
        kind not in _HIDES
        or place.phase in ("greet", "people", "setup")
        or seen.sender not in run.agreement.data_parties
    ):
        return None
    start, stop = _people_of(run, place)
    return Hidden(seen.sender, party, run.points(seen.sender)[start:stop].tolist())


def _histograms(fields: list[tuple[str, Field]], hidden: Hidden) -> list[Histogram]:
    """The largest array of the message, or its bytes, beside what it hides."""
    _, largest = max(fields, key=lambda each: len(each[1].buffer))
    values = largest.value() if largest.code == ARRAY else np.frombuffer(largest.buffer, np.uint8)
    return [
        histogram(f"what {hidden.not_seen_by} saw", values),
        histogram(
            f"[bold red]points of {hidden.of}: NOT seen by {hidden.not_seen_by}[/bold red]",
            np.array(hidden.values),
        ),
    ]


def _page(name: str, field: Field) -> FieldPage:
    value = field.value()
    if field.code == ARRAY:
        shape = ", ".join(map(str, field.shape))
        return FieldPage(name, f"{field.dtype}, shape ({shape})", value.tolist())
    if field.code == BYTES:
        text = _text(value)
        kind = f"{len(value):,} bytes, {'in hexadecimal' if text is None else 'as text'}"
        return FieldPage(name, kind, value.hex() if text is None else text)
    return FieldPage(name, "number" if isinstance(value, int) else "text", value)


def _text(value: bytes) -> str | None:
    """Bytes as the text that they spell, if every character of it can be shown."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if all(each.isprintable() or each == "\n" for each in text) else None
