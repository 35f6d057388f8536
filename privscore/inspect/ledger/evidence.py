"""What a ledger is computed from: every message that came in, and what the requester got."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from privscore.consortium.policy import Fact
from privscore.inspect.ledger.output import Output, output_of
from privscore.inspect.view import protocol_of
from privscore.job.people_list import KnownPeople
from privscore.runs.folder import RunFolder, SavedSession
from privscore.runs.reading import broken
from protocols.core.body import decode
from protocols.core.message import Carries
from protocols.encryption.release import RECORD


class Received(NamedTuple):
    """All messages of one name that one party got from another in one phase."""

    phase: str
    session: str  # of a question, its name; empty for other phases
    sender: str
    protocol: str
    name: str
    carries: Carries
    messages: int
    payload_bytes: int


@dataclass(frozen=True)
class Evidence:
    """One run, read once: its sessions by party, what came in by party, and the answer."""

    run: RunFolder
    sessions: dict[str, tuple[SavedSession, ...]]
    received: dict[str, tuple[Received, ...]]
    outputs: dict[str, Output]  # by requester whose folder is there
    known: dict[str, NDArray[np.bool_]]  # whom a platform knows, as the requester was told
    released: tuple[str, ...]  # how approximate results were released, in words; each once

    @property
    def output(self) -> Output:
        """What the first requester got; nothing where its folder is not there."""
        asker = self.run.agreement.requester
        return self.outputs.get(asker, Output(Fact.NOTHING, None, "its folder is not here"))


def gather(run: RunFolder) -> Evidence:
    """All evidence of a run; raises Refused for a view that is not of this job."""
    sessions = {party: run.sessions(party) for party in run.parties}
    received = {party: _received(sessions[party]) for party in sessions}
    askers = [name for name in run.agreement.requesters if name in sessions]
    outputs = {name: output_of(run, sessions[name], name) for name in askers}
    asker_sessions = tuple(session for name in askers for session in sessions[name])
    return Evidence(
        run, sessions, received, outputs, _known(run, sessions), _released(run, asker_sessions)
    )


def _received(sessions: tuple[SavedSession, ...]) -> tuple[Received, ...]:
    sizes: dict[tuple[str, str, str, str, Carries], list[int]] = defaultdict(list)
    for place, view in sessions:
        for seen in view.messages:
            carries = seen.carries or Carries("unclaimed")
            session = place.name if place.phase == "question" else ""
            sizes[place.phase, session, seen.sender, seen.name, carries].append(seen.payload_bytes)
    return tuple(
        Received(
            phase,
            session,
            sender,
            protocol_of(name),
            name.rpartition("/")[2],
            carries,
            len(payload_sizes),
            sum(payload_sizes),
        )
        for (phase, session, sender, name, carries), payload_sizes in sizes.items()
    )


def _released(run: RunFolder, sessions: tuple[SavedSession, ...]) -> tuple[str, ...]:
    """What each release wrote into its session; of an outline, what the method says of it."""
    if run.record.recording == "outline":
        return tuple(filter(None, [run.method.released(run.agreement, run.record.people)]))
    written = [
        line.decode()
        for _, view in sessions
        for label, line in view.recorded.items()
        if label.rpartition("/")[2] == RECORD
    ]
    return tuple(dict.fromkeys(written))


def _known(
    run: RunFolder, sessions: Mapping[str, tuple[SavedSession, ...]]
) -> dict[str, NDArray[np.bool_]]:
    """Whom each platform named to the requester, shape (people,); nobody did if it had a list.

    From the platforms' own folders, since an outline does not hold what the messages said; where
    only the requester's folder is here, from these messages, and empty without them.
    """
    asker = run.agreement.requester
    if run.record.people_from != "union":
        return {}
    others = [name for name in run.agreement.data_parties if name != asker]
    if run.is_whole:
        return {name: run.known(name) for name in others}
    if asker not in sessions or run.record.recording == "outline":
        return {}
    people = np.array(run.people(asker))
    named = _named_to_requester(run, sessions[asker])
    return {name: np.isin(people, named.get(name, [])) for name in others}


def _named_to_requester(run: RunFolder, sessions: tuple[SavedSession, ...]) -> dict[str, list[str]]:
    """Whom each platform named, from the messages that it sent; raises Refused for other bytes."""
    lists: dict[str, bytes] = defaultdict(bytes)
    try:
        for _, view in sessions:
            for seen in view.messages:
                if seen.carries == KnownPeople.carries and seen.body is not None:
                    (part,) = decode(seen.body)
                    lists[seen.sender] += bytes(part.buffer)
        return {name: ids.decode().split("\n") for name, ids in lists.items()}
    except ValueError as error:
        raise broken(run.path, "a list of people that came to the requester is none") from error
