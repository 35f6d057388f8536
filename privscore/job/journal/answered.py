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
    answered_at: str = msgspec.field(name="at")  # UTC, ISO 8601
    lists: bool  # whether it also counts against nearly the same list of people

    def __str__(self) -> str:
        return f"the answer of {self.answered_at[:16].replace('T', ' ')} UTC (job {self.job[:8]})"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How this answer differs from an earlier one, so that one minus the other says something."""

    job: str
    answered_at: str = msgspec.field(name="at")  # the earlier one
    platforms_added: tuple[str, ...]  # in this answer and not in that one
    platforms_gone: tuple[str, ...]
    people_in_both: int
    people_added: tuple[int, ...]  # numbers in this job's list, if they are few
    people_gone: int  # how many, if they are few


def cause(note: Answered, difference: Difference) -> str:
    """What the difference would open, as a sentence that names the earlier answer."""
    if difference.platforms_added or difference.platforms_gone:
        sets = [(difference.platforms_added, "has"), (difference.platforms_gone, "lacks")]
        how = " and ".join(f"{verb} {listed(names)}" for names, verb in sets if names)
        whose = listed([*difference.platforms_added, *difference.platforms_gone])
        return (
            f"{note} about the same people is the answer; this one {how}: "
            f"their difference would open the points of {whose}"
        )
    count = len(difference.people_added) + difference.people_gone
    who = "1 person adds" if count == 1 else f"{count:,} people add"
    return f"{note} was about nearly the same people: their difference would open what {who} to it"


def fix(difference: Difference) -> str:
    """What to do about it, as a sentence."""
    if difference.platforms_added or difference.platforms_gone:
        return f"Run it again when the same platforms take part, {_ACCEPT}"
    return f"Ask about the same people again, or about others by min_people and more, {_ACCEPT}"
