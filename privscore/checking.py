"""What can be known before anything is computed together: the file, the tables, the methods."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table

from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.job.admission import own_list, refuse_method
from privscore.job.opening import refuse_few
from privscore.methods import available
from privscore.methods.base import error_text, objections, stated_error
from privscore.tables import count_people, open_table, union_of


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `check` found in a file that is in order."""

    file: str
    name: str
    agreement_sha256: str
    people: int
    known: dict[str, int]  # platform -> people it knows
    score_range: tuple[int, int]
    points_hidden: str  # by whom, and who answers for them; empty where nothing is hidden
    off: tuple[str, ...]  # contested characteristics that are not used
    methods: dict[str, list[str]]  # method -> why it may not run, empty if it may
    errors: dict[str, str]  # approximate method that may -> how far it can be off

    def __rich__(self) -> RenderableType:
        table = Table()
        table.add_column("platform")
        table.add_column("knows", justify="right")
        for party, people in self.known.items():
            table.add_row(party, f"{people:,}")
        lines = [f"totals can lie between {self.score_range[0]} and {self.score_range[1]}"]
        lines += [self.points_hidden] if self.points_hidden else []
        lines += [f"off, since it is contested: {name}" for name in self.off]
        for method, reasons in self.methods.items():
            may = f"{method} may run{self.errors.get(method, '')}"
            lines.append("; ".join(reasons) if reasons else may)
        lines.append(f"agreement {self.agreement_sha256}")
        return Group(f"{self.name}: {self.people:,} people", table, *lines)


def check(consortium: Consortium, people: Path | None = None) -> CheckReport:
    """Look at everything that a run would refuse; raises Refused for the first fault."""
    agreement = consortium.agreement
    methods = available()
    known: dict[str, int] = {}
    lists = []
    for party in agreement.data_parties:
        with open_table(consortium, party) as table:  # which looks at every value
            lists.append(table.people())
            known[party] = count_people(lists[-1])
    listed = own_list(consortium, people)
    if listed is None:
        listed = union_of(lists)
    try:
        refuse_few(agreement, count_people(listed))
    except Refused as refusal:
        where = ("policy", "min_people")
        raise consortium.refused(refusal.cause, refusal.mend, *where) from refusal
    private = [method for method in methods.values() if method.private]
    if all(objections(method, agreement) for method in private):
        refuse_method(consortium, private[0])
    return CheckReport(
        file=str(consortium.path),
        name=agreement.name,
        agreement_sha256=agreement.sha256.hex(),
        people=count_people(listed),
        known=known,
        score_range=agreement.scorecard.bounds(),
        points_hidden=_points_hidden(consortium),
        off=tuple(each.name for each in agreement.scorecard.off),
        methods={name: objections(method, agreement) for name, method in methods.items()},
        errors={
            name: text
            for name, method in methods.items()
            if not objections(method, agreement)
            and (text := error_text(method.error_bound(agreement), stated_error(method, agreement)))
        },
    )


def _points_hidden(consortium: Consortium) -> str:
    """Who hides the points, and how anybody could tell that they were changed."""
    secret = consortium.agreement.scorecard.secret
    if secret is None:
        return ""
    if not secret.commitment:
        bound = "to which it has not committed: it could change them unseen from job to job"
    else:
        bound = "to which it has committed" + (
            ", with an auditor's signature" * bool(secret.signature)
        )
    here = "" if consortium.card else "; they are not in this file"
    return f"{consortium.owner} hides the points, {bound}{here}"
