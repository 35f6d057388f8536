"""What one party saw in a run: every message in order, with what it carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from privscore.runs.folder import RunFolder
from privscore.runs.layout import SessionPlace
from privscore.runs.record import PARTY_FILE
from privscore.text.units import bytes_text
from protocols.core.message import Carries
from protocols.core.view import Expired, Seen

_MEANS = {
    "public": "anybody may know it",
    "share": "one of several values that give the secret only together",
    "masked": "a value behind a mask that others hold",
    "ciphertext": "readable for whoever holds the key",
    "opened": "a value in the clear",
    "unclaimed": "it arrived, and no role received it",
}
_STYLES = {
    "public": "dim",
    "share": "cyan",
    "masked": "cyan",
    "ciphertext": "magenta",
    "opened": "yellow",
    "unclaimed": "dim",
}


class ViewLine(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a view: a message, or that time was up (then the rest is empty)."""

    number: int  # from 1, over all sessions; of an expiry that of the message before
    session: str
    expired: bool = False
    sender: str = ""
    protocol: str = ""
    name: str = ""
    again: int = 0  # how many of this name this sender sent before, in this session
    round: int = 0
    carries: str = ""
    what: str = ""  # of an opened value: what it is, by name; of a ciphertext: which key reads it
    sentence: str = ""  # of an opened value: what it is, in words
    payload_bytes: int = 0
    framing_bytes: int = 0
    sha256: str = ""

    @property
    def title(self) -> str:
        """The protocol and the message, numbered if there was one of this name before."""
        again = f" #{self.again}" if self.again else ""
        return f"{self.protocol}: {self.name}{again}"

    @property
    def carried(self) -> Text:
        """What it carries, in the colour of its kind."""
        return Text(str(Carries(self.carries, self.what, self.sentence)), _STYLES[self.carries])


class ViewPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that one party saw."""

    name: str
    method: str
    party: str
    roles: tuple[str, ...]
    people: int
    recording: str
    own_files: tuple[str, ...] = msgspec.field(
        name="own"
    )  # its data and results: all but views and record
    coins: bool  # whether its randomness was recorded too
    lines: tuple[ViewLine, ...]

    def __rich__(self) -> RenderableType:
        title = f"What {self.party} ({', '.join(self.roles)}) saw in {self.name}, {self.method}"
        table = Table(title=title, title_justify="left")
        for column in ("", "session", "round", "from", "message", "carries", "payload"):
            right = column in ("", "round", "payload")
            table.add_column(column, justify="right" if right else "left")
        session = ""
        for line in self.lines:
            if line.session != session and session:
                table.add_section()
            shown = "" if line.session == session else line.session
            session = line.session
            if line.expired:
                table.add_row("", shown, "", "", "[italic]time was up[/italic]", "", "")
                continue
            table.add_row(
                str(line.number),
                shown,
                str(line.round),
                line.sender,
                line.title,
                line.carried,
                bytes_text(line.payload_bytes),
            )
        kinds = dict.fromkeys(line.carries for line in self.lines if line.carries)
        meanings = [
            Text.assemble((f"{kind}", _STYLES[kind]), f": {_MEANS[kind]}") for kind in kinds
        ]
        return Group(table, *meanings, *self._notes())

    def _notes(self) -> Iterator[str]:
        yield f"{self.party} also has its own data and results: {', '.join(self.own_files)}."
        if self.recording == "outline":
            yield "This recording is an outline: names, sizes and hashes, without the messages."
        else:
            yield f"Its coins were {'' if self.coins else 'not '}recorded with the messages."


class ListedMessage(NamedTuple):
    """A line of a view with its message and session; `seen` is None where time was up."""

    line: ViewLine
    seen: Seen | None
    place: SessionPlace


def view_page(run: RunFolder, party: str) -> ViewPage:
    """All that `party` saw, in order; raises Refused if there is no such party."""
    sessions = run.sessions(run.party(party))
    prefix = f"{party}/"
    files = [name.removeprefix(prefix) for name in run.record.files if name.startswith(prefix)]
    own_files = [name for name in files if not name.startswith("view/") and name != PARTY_FILE]
    return ViewPage(
        name=run.record.name,
        method=run.record.method,
        party=party,
        roles=next(each.roles for each in run.agreement.parties if each.id == party),
        people=run.record.people,
        recording=run.record.recording,
        own_files=tuple(own_files),
        coins=all(each.view.seed is not None for each in sessions),
        lines=tuple(each.line for each in lines(run, party)),
    )


def lines(run: RunFolder, party: str) -> Iterator[ListedMessage]:
    """Every event of what `party` saw, over all its sessions in order."""
    number = 0
    for place, view in run.sessions(party):
        for event in view.events:
            if isinstance(event, Expired):
                yield ListedMessage(
                    ViewLine(number=number, session=place.name, expired=True), None, place
                )
                continue
            number += 1
            yield ListedMessage(_line(number, place, event), event, place)


def protocol_of(name: str) -> str:
    """The protocol that a message's name belongs to: `a+b/secure_sum/Share` to `secure_sum`."""
    scope = name.split("/")[:-1]
    return scope[-1].partition("#")[0] if scope else ""


def _line(number: int, place: SessionPlace, seen: Seen) -> ViewLine:
    carries = seen.carries or Carries("unclaimed")
    return ViewLine(
        number=number,
        session=place.name,
        sender=seen.sender,
        protocol=protocol_of(seen.name),
        name=seen.name.rpartition("/")[2],
        again=seen.number,
        round=seen.depth,
        carries=carries.kind,
        what=carries.what,
        sentence=carries.sentence,
        payload_bytes=seen.payload_bytes,
        framing_bytes=seen.framing_bytes,
        sha256=seen.sha256.hex(),
    )
