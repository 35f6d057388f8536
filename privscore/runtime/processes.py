"""The runtime of processes: one for each party, over pipes, as servers would be over a network.

Each process is a fresh interpreter in a folder of its own. It is told what all have agreed and the
party's own part, and opens the party's own table; this process opens none. It starts them, waits,
and joins the records that they leave.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.files import new_folder
from privscore.job.admission import refuse_method, refuse_parties, whole_card
from privscore.job.shards import SHARD_PEOPLE
from privscore.methods import reference
from privscore.methods.base import Method
from privscore.runs import machine
from privscore.runs.reading import own_record
from privscore.runs.record import RunRecord, finish
from privscore.runtime.bookkeeping import STEPS
from privscore.runtime.children import PartyProcesses
from privscore.runtime.party_process import PartyTask
from privscore.runtime.reports import Done
from privscore.text.progress import Progress
from protocols.core.view import Recording


def run_job_in_processes(
    consortium: Consortium,
    method: Method,
    out: Path,
    *,
    people: Path | None = None,
    recording: Recording | None = None,
    shard_people: int = SHARD_PEOPLE,
    lost: Mapping[str, int] | None = None,
    remember: bool = True,
    progress: Progress = lambda _phase, _done, _of: None,
) -> RunRecord:
    """Play a whole job, a process for each party, and leave its folder at `out`.

    See `runtime.local.run_job`, which does the same in one process. The connections of a platform
    that is `lost` end before its first shard, as if it had gone. Raises Refused for what must not
    run, and ProtocolError for a run that failed, a process that was killed among others; either way
    nothing but journals is left behind, and no process.
    """
    refuse_method(consortium, method)
    refuse_parties(consortium, consortium.agreement.party_ids)
    whole_card(consortium)  # the owner's part is played too
    started = time.time()
    names = consortium.agreement.party_ids
    with (
        new_folder(out.resolve()) as folder,
        tempfile.TemporaryDirectory(prefix="privscore-", dir=folder.parent) as scratch,
    ):
        tasks = {
            name: _task(
                consortium,
                name,
                method,
                folder / name,
                people=people,
                recording=recording,
                shard_people=shard_people,
                silent_from=(lost or {}).get(name),
                remember=remember,
            )
            for name in names
        }
        with PartyProcesses(tasks, Path(scratch)) as processes:
            try:
                ended = processes.wait(progress)
            except Refused as refusal:
                raise _as_written(refusal, consortium, people) from None
        return finish(
            folder,
            [own_record(folder / name) for name in names],
            requester=consortium.agreement.requester,
            workers=len(names),
            seconds=_seconds(started, ended),
            machine=machine.machine(),
            runtime="processes",
        )


def _task(
    consortium: Consortium,
    name: str,
    method: Method,
    folder: Path,
    *,
    people: Path | None,
    recording: Recording | None,
    shard_people: int,
    silent_from: int | None,
    remember: bool,
) -> PartyTask:
    """What one party's process is told; the descriptors it is given stand there later."""
    agreement, private = consortium.agreement, consortium.private_of(name)
    card = consortium.card_of(name) if agreement.scorecard.secret is not None else None
    own_place = ("party", agreement.party_ids.index(name))
    return PartyTask(
        me=name,
        agreement=agreement.encode().decode(),
        method=reference(method),
        folder=str(folder),
        file=str(_absolute(consortium)),
        lines=tuple(
            (keys, line)
            for keys, line in consortium.lines.items()
            if keys[0] != "party" or keys[:2] == own_place
        ),
        titles=consortium.titles,
        key=private.key,
        table=private.table,
        data_dir=private.data_dir,
        own_list=private.people,
        people=str(people.absolute()) if people and name == agreement.requester else None,
        card=None if card is None else tuple(card.numbers().tolist()),
        identity=private.identity.hex(),
        recording=recording,
        shard_people=shard_people,
        silent_from=silent_from,
        remember=remember,
    )


def _absolute(consortium: Consortium) -> Path:
    return consortium.folder / consortium.path.name


def _as_written(refusal: Refused, consortium: Consortium, people: Path | None) -> Refused:
    """The refusal of another process, with the names of files as the caller wrote them."""
    names = {str(_absolute(consortium)): str(consortium.path)}
    if people is not None:
        names[str(people.absolute())] = str(people)
    file = refusal.file and names.get(refusal.file, refusal.file)
    return Refused(refusal.cause, refusal.fix, file=file, line=refusal.line)


def _seconds(started: float, reports: Sequence[Done]) -> dict[str, float]:
    """Wall-clock seconds of each step: a step has ended when it has at the last of the parties.

    They add up to the time from `started` to the end of the last step, however much of a step some
    of the parties only waited for others.
    """
    seconds = dict.fromkeys(("start", *STEPS), 0.0)
    last = started
    for steps in zip(*(report.ended for report in reports), strict=True):
        ((name, _), *_) = steps
        end = max(last, *(at for _, at in steps))
        seconds[name] = round(seconds[name] + end - last, 4)
        last = end
    return seconds
