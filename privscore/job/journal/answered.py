"""One answer noted, and what it opens together with another: in numbers, and in words."""

from __future__ import annotations

import msgspec

from privscore.text.words import listed

_ACCEPT = "or accept what the difference opens by accept_output_leak = true."


class Answered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer. `card` and `people` are hashes: of what earns points, and of a list of people."""

    card: str
    people: str
    platforms: tuple[str, ...]  # whose points are in it
    job: str
    at: str  # UTC, ISO 8601
    lists: bool  # whether it also counts against nearly the same list of people

    def __str__(self) -> str:
        return f"the answer of {self.at[:16].replace('T', ' ')} UTC (job {self.job[:8]})"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How this answer differs from an earlier one, so that one minus the other says something."""

    job: str
    at: str
    platforms_added: tuple[str, ...]  # in this answer and not in that one
    platforms_gone: tuple[str, ...]
    people_in_both: int
    people_added: tuple[int, ...]  # numbers in this job's list, if they are few
    people_gone: int  # how many, if they are few


def cause(note: Answered, it: Difference) -> str:
    """What the difference would open, as a sentence that names the earlier answer."""
    if it.platforms_added or it.platforms_gone:
        these = [(it.platforms_added, "has"), (it.platforms_gone, "lacks")]
        how = " and ".join(f"{verb} {listed(names)}" for names, verb in these if names)
        whose = listed([*it.platforms_added, *it.platforms_gone])
        return (
            f"{note} about the same people is the answer; this one {how}: "
            f"their difference would open the points of {whose}"
        )
    few = len(it.people_added) + it.people_gone
    those = "1 person adds" if few == 1 else f"{few:,} people add"
    return (
        f"{note} was about nearly the same people: their difference would open what {those} to it"
    )


def fix(it: Difference) -> str:
    """What to do about it, as a sentence."""
    if it.platforms_added or it.platforms_gone:
        return f"Run it again when the same platforms take part, {_ACCEPT}"
    return f"Ask about the same people again, or about others by min_people and more, {_ACCEPT}"
