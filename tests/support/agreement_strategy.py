"""Random agreements, made of the shape that files and canonical bytes have in common."""

from typing import Any

from hypothesis import strategies as st

from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.consortium.shape import SCHEMA, shaped
from privscore.errors import Refused

IDS = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)
NAMES = st.text(min_size=1, max_size=8).filter(lambda name: bool(name.strip()))
CUTS = st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15)


def refuse(cause: str, fix: str, *_keys: str | int) -> Refused:
    return Refused(cause, fix)


@st.composite
def lines(draw: st.DrawFn, platforms: list[str], number: int, real: bool) -> dict[str, Any]:
    """The entry of characteristic number `at`; with `real`, it may have a weight."""
    if real and draw(st.booleans()):
        return {
            "column": f"{draw(st.sampled_from(platforms))}.column {number}",
            "weight": draw(st.floats(-0.9, 0.9)),
            "range": [-number, draw(st.integers(0, 1000))],
            "missing": draw(st.floats(-9, 9) | st.integers(-9, 9)),
            "contested": number > 0 and draw(st.booleans()),
        }
    bins = sorted(draw(st.lists(CUTS, max_size=4, unique_by=float)))
    size = len(bins) + 1
    line: dict[str, Any] = {
        "bins": bins,
        "points": draw(st.lists(st.integers(-999, 999), min_size=size, max_size=size)),
        "missing": draw(st.integers(-9, 9)),
        "contested": number > 0 and draw(st.booleans()),  # so that one is always on
    }
    if draw(st.booleans()):
        line["reason"] = draw(NAMES)
    if draw(st.booleans()):
        line |= {"columns": [f"{p}.c{number}" for p in platforms[:2]], "combine": "max"}
        line["range"] = [-number, draw(st.integers(0, 2**52))]
    else:
        line["column"] = f"{draw(st.sampled_from(platforms))}.column {number}"
    return line


@st.composite
def agreements(draw: st.DrawFn, every_key: bool = False) -> Agreement:
    """An agreement; with `every_key`, its card may be hidden and have weights and odds."""
    *platforms, asks = draw(st.lists(IDS, min_size=4, max_size=7, unique=True))
    titles = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    card = [
        {"name": title, **draw(lines(platforms, at, every_key))} for at, title in enumerate(titles)
    ]
    secret = {}
    if every_key and draw(st.booleans()):
        secret = {
            "owner": platforms[-1],
            "hidden": ["points"],
            "points_range": [-999, draw(st.integers(999, 2000))],
            "commitment": "c0" * 32,
        }
    keys: dict[str, dict[str, str]] = {}
    if every_key:
        named = draw(st.sets(st.sampled_from(platforms)))
        keys = {name: {"public_key": name.encode().hex().rjust(64, "0")} for name in named}
    contested = [line["name"] for line in card if line["contested"]]
    odds = st.fixed_dictionaries(
        {
            "score": st.floats(-1e9, 1e9) | st.integers(-999, 999),
            "good_to_bad": st.floats(1e-9, 1e9),
            "double": st.integers(1, 99),
        }
    )
    file = {
        "schema": SCHEMA,
        "name": draw(NAMES),
        "purpose": draw(NAMES),
        "party": [
            *({"id": each, "roles": ["data"], **keys.get(each, {})} for each in platforms),
            {"id": asks, "roles": draw(st.permutations(["requester", "auditor"]))},
        ],
        "scorecard": {
            **secret,
            "base": draw(st.integers(-999, 999)),
            "characteristic": card,
            "contested": [title for title in contested if draw(st.booleans())],
            "clip": [-50, draw(st.integers(-50, 950))],
            **({"odds": draw(odds)} if every_key and draw(st.booleans()) else {}),
        },
        "tier": [
            {"name": name, "from": from_ - 50, "grants": name[::-1]}
            for from_, name in enumerate(draw(st.sets(NAMES, max_size=1)))
        ],
        "policy": {
            "reveal": {asks: draw(st.sampled_from(Fact)).word, platforms[0]: "nothing"},
            "min_people": draw(st.integers(1, 10**6)),
            "dropout": draw(st.sampled_from(["abort", "neutral"])),
        },
    }
    return Agreement.of(shaped(file, refuse), refuse)
