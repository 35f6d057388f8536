"""What must not be found in a view: other parties' values, in every encoding of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Earned
from privscore.consortium.policy import Fact
from privscore.inspect.ledger.evidence import Evidence
from privscore.methods.clear import ClearPoints
from protocols.core.body import ARRAY, decode


class Target(NamedTuple):
    """One row of values that some parties must not see."""

    fact: Fact
    of: str  # the platform; empty for everybody's answer
    what: str
    whole: bool  # whether a party that knows the points of the platform knows these values too
    values: NDArray[Any]  # by person; of the people whom the platform knows, if `known_only`
    known_only: bool = False
    rows: str = "people"  # whose values are in a row: people's, or a card's "points"


class Encoded(NamedTuple):
    """Values as they can lie in bytes: the bits of each as a little-endian unsigned integer."""

    encoding: str
    bits: NDArray[Any]


def targets(evidence: Evidence) -> Iterator[Target]:
    """Every platform's points, bins or values, columns if shown; answer and hidden card."""
    run = evidence.run
    card = run.card
    total: Earned = np.full(run.record.people, card.base, np.int64 if card.is_whole else np.float64)
    for name in run.agreement.data_parties:
        characteristics, bins = card.scored_locally_by(name), run.bins(name)
        points = run.points(name)
        if name in run.record.platforms:
            total += points
        else:  # lost: everybody has the points for a missing value
            total += sum(each.possible_points[-1] for each in characteristics)
        unknown = np.ones(run.record.people, np.bool_)
        only = len(characteristics) == 1
        for characteristic, index, earned, kept in zip(
            characteristics, bins, run.earned(name), run.values(name), strict=True
        ):
            missing = index == characteristic.missing_bin
            unknown &= missing
            if not only:
                what = f"points of {name} for {characteristic.name!r}"
                yield from _both(Target(Fact.POINTS, name, what, only, earned), ~missing)
            noun = "values" if characteristic.weighted else "bins"
            what = f"{noun} of {name} for {characteristic.name!r}"
            yield from _both(Target(Fact.POINTS, name, what, only, kept), ~missing)
        yield from _both(Target(Fact.POINTS, name, f"points of {name}", True, points), ~unknown)
        for column, values in _columns(evidence, name).items():
            target = Target(Fact.COLUMNS, name, f"column {column} of {name}", False, values)
            yield from _both(target, ~np.isnan(values))
    if card.secret is not None:
        (owner,), what = run.agreement.holders("card"), ClearPoints.carries.what
        yield Target(Fact.POINTS, owner, what, True, card.numbers(), rows="points")
    if not card.combined:
        yield Target(Fact.TOTAL, "", "totals", True, total)
        yield Target(Fact.TOTAL, "", "totals without the base", True, total - card.base)
        yield Target(Fact.SCORE, "", "scores", True, card.clipped(np.rint(total).astype(np.int64)))


def _both(target: Target, known: NDArray[np.bool_]) -> Iterator[Target]:
    """All values, and those of the people whom the platform knows: its own table's rows."""
    yield target
    if not known.all():
        yield target._replace(values=target.values[known], known_only=True)


def _columns(evidence: Evidence, platform: str) -> dict[str, NDArray[np.float64]]:
    """A platform's columns, if it showed them to somebody in this run: by name, shape (people,)."""
    run = evidence.run
    names = run.agreement.scorecard.columns_of(platform)
    for sessions in evidence.sessions.values():
        pieces: list[list[NDArray[np.float64]]] = [[] for _ in names]
        for _, view in sessions:
            shown = [
                seen
                for seen in view.messages
                if seen.sender == platform
                and seen.carries is not None
                and seen.carries.what.lower() == Fact.COLUMNS.word
                and seen.body is not None
            ]
            for piece, seen in zip(pieces, shown, strict=False):
                assert seen.body is not None
                piece += [each.value() for each in decode(seen.body) if each.code == ARRAY]
        if all(pieces):
            return {name: np.concatenate(piece) for name, piece in zip(names, pieces, strict=True)}
    return {}


def encodings(values: NDArray[Any]) -> Iterator[Encoded]:
    """The values in every integer and float encoding that holds them; signed and unsigned integers
    have the same bits.
    """
    if values.dtype.kind != "f" or not (values % 1).any():  # NaN % 1 is NaN, which is true
        low, high = int(values.min()), int(values.max())
        for size in (1, 2, 4, 8):
            if -(1 << (8 * size - 1)) <= low and high < 1 << (8 * size):
                bits = values.astype(np.int64).astype(f"<u{size}")
                yield from _orders(bits, f"{size}-byte integers")
    for size in (4, 8):
        yield from _orders(values.astype(f"<f{size}").view(f"<u{size}"), f"{size}-byte floats")


def _orders(bits: NDArray[Any], encoding: str) -> Iterator[Encoded]:
    if bits.itemsize == 1:
        yield Encoded(encoding, bits)
        return
    yield Encoded(f"{encoding}, little-endian", bits)
    yield Encoded(f"{encoding}, big-endian", bits.byteswap())
