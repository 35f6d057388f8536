"""Whom a job would be about: found out on this machine, before any job runs."""

from __future__ import annotations

from collections.abc import Mapping

from privscore.consortium import Consortium
from privscore.errors import Refused
from privscore.job.admission import own_list
from privscore.job.people_list import refuse_few
from privscore.tables import count_people, open_table, union_of


def everybody(consortium: Consortium) -> bytes:
    """The requester's own list or, without one, everybody whom any platform knows."""
    listed = own_list(consortium, None)
    return union_of(known_by(consortium).values()) if listed is None else listed


def known_by(consortium: Consortium) -> Mapping[str, bytes]:
    """Whom each platform knows; raises Refused for a table that is not in order."""
    known = {}
    for party in consortium.agreement.data_parties:
        with open_table(consortium, party) as table:
            known[party] = table.people()
    return known


def first(consortium: Consortium, listed: bytes, people: int | None) -> bytes:
    """The first `people` of a list, all of it by default.

    Raises Refused for more people than there are, and for fewer than the policy asks for.
    """
    count = count_people(listed)
    if people is not None and people > count:
        raise Refused(
            f"--people asks for {people} people; there are {count}",
            f"Ask for at most {count}, or leave --people away.",
        )
    try:
        refuse_few(consortium.agreement, count if people is None else people)
    except Refused as refusal:
        where = ("policy", "min_people")
        raise consortium.refused(refusal.cause, refusal.fix, *where) from refusal
    return listed if people is None else head(listed, people)


def head(listed: bytes, people: int) -> bytes:
    """The first `people` of a list that has so many."""
    return b"\n".join(listed.split(b"\n", people)[:people])
