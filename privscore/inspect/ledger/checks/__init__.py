"""Three checks that try to contradict a ledger, and what each found or why it could not be made.

Each tries something else: sizes and order of messages against made-up data, the protocol over a
small ring with all coins, and the recorded bytes against everybody's values. None proves anything
when it finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.inspect.ledger.account import Learned, answer_of, values_of
from privscore.inspect.ledger.checks.exact import small_ring
from privscore.inspect.ledger.checks.scan_targets import Target
from privscore.inspect.ledger.checks.traffic_shape import MOST_PEOPLE, differences
from privscore.inspect.ledger.checks.value_scan import RUN, Hit
from privscore.inspect.ledger.evidence import Evidence
from privscore.text.words import counted
from protocols.core.errors import ProtocolError


class Check(msgspec.Struct, frozen=True):
    """One check: whether it was made on this run, whether it contradicts the ledger, and more."""

    name: str
    made: bool
    contradicts: bool
    says: str


def check_outlines(evidence: Evidence) -> Check:
    """Hold what shows of the messages against the same job about made-up data."""
    run = evidence.run
    if not run.is_whole:
        return Check("outlines", False, False, "not made: only one party's folder is here")
    if run.record.platforms != run.agreement.data_parties:
        return Check("outlines", False, False, "not made: platforms were lost in this run")
    if run.record.people > MOST_PEOPLE:
        return Check("outlines", False, False, f"not made: more than {MOST_PEOPLE:,} people")
    try:
        places = differences(evidence)
    except (Refused, ProtocolError) as error:
        return Check("outlines", False, False, f"not made: the job does not run again: {error}")
    if places:
        where = "; ".join(places)
        return Check("outlines", True, True, f"sizes or order of messages tell something: {where}")
    return Check(
        "outlines",
        True,
        False,
        f"names, sizes and order of all messages to {len(evidence.sessions)} parties are those of "
        "the same job about made-up data",
    )


def check_small_ring(evidence: Evidence) -> Check:
    """Make the exact check of every protocol that the method stands on."""
    method = evidence.run.method
    if not method.protocols:
        return Check(
            "small ring", False, False, f"not made: {method.name} stands on no protocol with a Spec"
        )
    reports = [small_ring(spec) for spec in method.protocols]
    return Check(
        "small ring",
        any(made for made, _, _ in reports),
        any(leaks for _, leaks, _ in reports),
        "; ".join(says for _, _, says in reports),
    )


def check_scan(hits: Sequence[Hit], unaccounted: Sequence[Learned], why_not: str) -> Check:
    """Report on the scan, or on why it could not be made."""
    if why_not:
        return Check("scan", False, False, f"not made: {why_not}")
    if unaccounted:
        sentences = "; ".join(learned.sentence for learned in unaccounted)
        return Check("scan", True, True, f"the ledger does not account for: {sentences}")
    accounted = ""
    if hits:
        rows = counted(len(hits), "row")
        accounted = f"; {rows} of values that it does account for"
    return Check(
        "scan",
        True,
        False,
        f"in the recorded bytes, in every integer and float encoding, there is no run of {RUN} or "
        f"more people's values of others that the ledger does not account for{accounted}",
    )


def unaccounted(
    hits: Iterable[Hit], members: frozenset[str], facts: Sequence[Learned], people: int
) -> tuple[Learned, ...]:
    """The hits in what these parties saw that go beyond `facts`, which they learned."""
    return tuple(
        Learned(
            sentence=f"{hit.target.what}, {hit.people:,} {hit.target.rows} in a row, as "
            f"{hit.encoding} in {hit.message} from {hit.sender} to {hit.party}",
            how="found",
            fact=hit.target.fact.word,
            of=(hit.target.of,) if hit.target.of else (),
            people=hit.people,
        )
        for hit in hits
        if hit.party in members
        and hit.target.of not in members
        and not _accounted(hit.target, facts, people)
    )


def _accounted(target: Target, facts: Sequence[Learned], people: int) -> bool:
    if target.rows == "points":
        return any(each.what == target.what for each in facts)
    if not target.of:
        return answer_of(facts) >= target.fact
    words = {Fact.COLUMNS.word, Fact.POINTS.word} if target.whole else {Fact.COLUMNS.word}
    whole = (each for each in facts if each.people == people)
    return target.of in values_of(whole, *words)
