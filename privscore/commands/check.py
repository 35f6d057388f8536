"""What can be known before anything is computed together: the file, the tables, the methods."""

from __future__ import annotations

from itertools import compress, islice
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from privscore.consortium import Agreement, Consortium
from privscore.errors import Refused
from privscore.job.admission import own_list, refuse_method, refuse_parties
from privscore.job.people_list import refuse_few
from privscore.methods import available
from privscore.methods.rules import error_text, objections, policy_objections, stated_error
from privscore.tables import count_people, open_table, union_of
from privscore.text.words import listed as in_words

_NAMED = 3  # ids in a warning: enough to see what is wrong with a list


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `check` found in a file that is in order."""

    file: str
    party: str  # whose own data alone were looked at; empty for everybody's
    name: str
    agreement_sha256: str
    people: int
    known: dict[str, int]  # platform -> people it knows
    known_on_list: dict[str, int]  # the same among those on the list; empty where there is none
    unknown_on_list: int  # how many of the list no platform knows
    warnings: tuple[str, ...]  # what a run would not refuse, and is hardly meant
    score_range: tuple[int, int]
    points_hidden: str  # by whom, and who answers for them; empty where nothing is hidden
    off: tuple[str, ...]  # contested characteristics that are not used
    methods: dict[str, list[str]]  # method -> why it may not run, empty if it may
    errors: dict[str, str]  # approximate method that may -> how far it can be off

    def __rich__(self) -> RenderableType:
        table = Table()
        table.add_column("platform")
        table.add_column("knows", justify="right")
        if self.known_on_list:
            table.add_column(f"of the {self.people:,} on the list", justify="right")
        for party, people in self.known.items():
            on_list = [f"{self.known_on_list[party]:,}"] if self.known_on_list else []
            table.add_row(party, f"{people:,}", *on_list)
        lines = [f"warning: {escape(each)}" for each in self.warnings]
        lines.append(f"totals can lie between {self.score_range[0]} and {self.score_range[1]}")
        lines += [self.points_hidden] if self.points_hidden else []
        lines += [f"off, since it is contested: {name}" for name in self.off]
        for method, reasons in self.methods.items():
            may = [f"{method} may run", *filter(None, [self.errors.get(method)])]
            lines.append("; ".join(reasons or may))
        lines.append(f"agreement {self.agreement_sha256}")
        whose = f" (what {self.party} has)" if self.party else ""
        return Group(f"{self.name}{whose}: {self.people:,} people", table, *lines)


def check(consortium: Consortium, people: Path | None = None) -> CheckReport:
    """Look at everything that a run would refuse; raises Refused for the first fault.

    In the world of one party that is its own table, list and key, and the agreement.
    """
    agreement = consortium.agreement
    methods = available()
    refuse_parties(consortium, consortium.private)
    asks = agreement.requester in consortium.private
    listed = own_list(consortium, people) if asks or people else None
    known: dict[str, int] = {}
    lists: list[bytes] = []
    on_list: dict[str, int] = {}
    unknown = np.ones(0 if listed is None else count_people(listed), np.bool_)
    for party in (name for name in agreement.data_parties if name in consortium.private):
        with open_table(consortium, party) as table:  # which looks at every value
            known[party] = table.count
            if listed is None:
                lists.append(table.people())
            else:
                knows = table.known(listed)
                on_list[party] = int(np.count_nonzero(knows))
                unknown &= ~knows
    everybody = union_of(lists) if listed is None else listed
    if consortium.me is not None:  # the others' platforms may know them
        unknown = unknown[:0]
    if consortium.me is None or listed is not None:
        try:
            refuse_few(agreement, count_people(everybody))
        except Refused as refusal:
            where = ("policy", "min_people")
            raise consortium.refused(refusal.cause, refusal.fix, *where) from refusal
    private = [method for method in methods.values() if method.private]
    if all(policy_objections(method, agreement) for method in private):
        refuse_method(consortium, private[0])
    return CheckReport(
        file=str(consortium.path),
        party=consortium.me or "",
        name=agreement.name,
        agreement_sha256=agreement.sha256.hex(),
        people=count_people(everybody),
        known=known,
        known_on_list=on_list,
        unknown_on_list=int(np.count_nonzero(unknown)),
        warnings=(
            *_empty_tables(known),
            *_unknown_people(everybody, unknown),
            *_no_method(agreement),
        ),
        score_range=agreement.scorecard.bounds(),
        points_hidden=_points_hidden(consortium),
        off=tuple(each.name for each in agreement.scorecard.disabled),
        methods={name: objections(method, agreement) for name, method in methods.items()},
        errors={
            name: text
            for name, method in methods.items()
            if not objections(method, agreement)
            and (text := error_text(method.error_bound(agreement), stated_error(method, agreement)))
        },
    )


def _no_method(agreement: Agreement) -> list[str]:
    """A warning where the policy allows private methods, and no protocol has such places."""
    if not all(objections(method, agreement) for method in available().values()):
        return []
    return ["no private method has places for these parties: `clear` alone can run"]


def _empty_tables(known: dict[str, int]) -> list[str]:
    """A warning for each platform whose table is about nobody."""
    return [
        f"{party} knows nobody: its table has no rows, or none of a person with consent"
        for party, people in known.items()
        if not people
    ]


def _unknown_people(listed: bytes, unknown: NDArray[np.bool_]) -> list[str]:
    """A warning if there are people on the list whom no platform knows, with the first of them."""
    count = int(np.count_nonzero(unknown))
    if not count:
        return []
    first = islice(compress(listed.split(b"\n"), unknown), _NAMED)
    names = in_words([f"`{each.decode()}`" for each in first])
    return [
        f"no platform knows {count:,} of the {len(unknown):,} on the list"
        f"{', beginning with' if count > _NAMED else ':'} {names}; a run would score them too"
    ]


def _points_hidden(consortium: Consortium) -> str:
    """Who hides the points, and how anybody could tell that they were changed."""
    secret = consortium.agreement.scorecard.secret
    if secret is None:
        return ""
    if not secret.commitment:
        bound = "to which it has not committed: it could change them unseen from job to job"
    elif not secret.signature:
        bound = "to which it has committed"
    else:
        bound = "to which it has committed, with an auditor's signature"
    here = "" if consortium.card else "; they are not in this file"
    return f"{consortium.owner} hides the points, {bound}{here}"
