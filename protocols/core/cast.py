"""Places of a protocol, and who stands in them: platforms, three nodes, one requester or many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

MANY: Final = range(2, 17)  # what the checks try
ANY: Final = range(1, 1 << 12)  # what a place takes that sets no bound

Places: TypeAlias = Mapping[str, "int | range"]  # place -> how many parties stand there
Cast: TypeAlias = Mapping[str, tuple[str, ...]]  # place -> the parties there, in order


def parties_in(cast: Cast) -> tuple[str, ...]:
    """Everybody who stands anywhere, each once, in the order of the places."""
    return tuple(dict.fromkeys(name for names in cast.values() for name in names))


def misfit(places: Places, cast: Cast) -> str:
    """Why a cast does not fill the places, as the end of a sentence; empty if it does."""
    for place in (*places, *cast):
        names = cast.get(place, ())
        if place not in places:
            return f"has no place called {place}: {', '.join(names)}"
        wanted = places[place]
        if len(set(names)) != len(names):
            return f"has a party twice as {place}: {', '.join(names)}"
        if isinstance(wanted, int) and len(names) != wanted:
            count = "one place" if wanted == 1 else f"{wanted} places"
            return f"has {count} for a {place}, not {len(names)}"
        if isinstance(wanted, range) and len(names) not in wanted:
            return f"is for {wanted[0]} to {wanted[-1]} parties as {place}, not {len(names)}"
    return ""


def example_cast(
    places: Places, platforms: tuple[str, ...], named: tuple[str, ...] | None
) -> dict[str, tuple[str, ...]]:
    """Parties for the example of a Spec: those `named`, the requester last, or made-up ones."""
    if named is not None and set(places) == {"platform", "requester"}:
        return {"platform": named[:-1], "requester": named[-1:]}
    cast = {}
    for place, count in places.items():
        least = count if isinstance(count, int) else count[0]
        if place == "platform":
            cast[place] = platforms
        elif place == "requester":
            cast[place] = ("desk", *(f"desk{number}" for number in range(2, least + 1)))[:least]
        else:
            numbered = tuple(f"{place}{number}" for number in range(1, least + 1))
            cast[place] = (place,) if least == 1 else numbered
    return cast
