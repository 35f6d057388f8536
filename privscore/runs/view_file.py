"""Views on disk: one JSON file a session, and beside it the bodies where they were recorded.

NAME.json     who, which session, every event in order; coins and recorded bytes if `full`
NAME.bodies   the messages' bytes, one after the other, if `full`
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from protocols.core.body import Body
from protocols.core.message import Carries
from protocols.core.view import Event, Expired, Recording, Seen, View


class SeenRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event. `expired` alone is set where time was up."""

    expired: bool = False
    sender: str = ""
    name: str = ""
    number: int = 0
    depth: int = 0
    payload_bytes: int = 0
    framing_bytes: int = 0
    sha256: str = ""
    carries: str | None = None
    what: str = ""
    sentence: str = ""
    fields: tuple[str, ...] = ()


class ViewRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A view without its bodies."""

    me: str
    circle: tuple[str, ...]
    session: str
    recording: Recording
    seed: str | None
    recorded: dict[str, bytes]
    events: tuple[SeenRecord, ...]


def save_view(view: View, folder: Path, name: str) -> None:
    """Write a view as `folder/name.json` and, if it is full, `folder/name.bodies`."""
    folder.mkdir(parents=True, exist_ok=True)
    record = ViewRecord(
        view.me,
        view.circle,
        view.session.hex(),
        view.recording,
        view.seed.hex() if view.seed is not None else None,
        dict(view.recorded),
        tuple(_record(event) for event in view.events),
    )
    encoded = msgspec.json.format(msgspec.json.encode(record), indent=1)
    (folder / f"{name}.json").write_bytes(encoded + b"\n")
    if view.recording == "full":
        with (folder / f"{name}.bodies").open("wb") as file:
            for seen in view.messages:
                if seen.body is not None:
                    file.writelines(seen.body.buffers)


def load_view(path: Path) -> View:
    """The view in `path` (a .json file); raises msgspec.DecodeError or OSError if it is not one."""
    record = msgspec.json.decode(path.read_bytes(), type=ViewRecord)
    bodies = path.with_suffix(".bodies").read_bytes() if record.recording == "full" else None
    events: list[Event] = []
    offset = 0
    for event in record.events:
        if event.expired:
            events.append(Expired())
            continue
        size = event.framing_bytes + event.payload_bytes
        body = None if bodies is None else Body((bodies[offset : offset + size],))
        offset += size
        events.append(_seen(event, body))
    return View(
        record.me,
        record.circle,
        bytes.fromhex(record.session),
        None if record.seed is None else bytes.fromhex(record.seed),
        tuple(events),
        record.recorded,
        record.recording,
    )


def _record(event: Event) -> SeenRecord:
    if isinstance(event, Expired):
        return SeenRecord(expired=True)
    return SeenRecord(
        sender=event.sender,
        name=event.name,
        number=event.number,
        depth=event.depth,
        payload_bytes=event.payload_bytes,
        framing_bytes=event.framing_bytes,
        sha256=event.sha256.hex(),
        carries=event.carries.kind if event.carries else None,
        what=event.carries.what if event.carries else "",
        sentence=event.carries.sentence if event.carries else "",
        fields=event.fields,
    )


def _seen(record: SeenRecord, body: Body | None) -> Seen:
    return Seen(
        record.sender,
        record.name,
        record.number,
        record.depth,
        record.payload_bytes,
        record.framing_bytes,
        bytes.fromhex(record.sha256),
        None if record.carries is None else Carries(record.carries, record.what, record.sentence),
        record.fields,
        body,
    )
