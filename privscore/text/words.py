"""How lists and numbers stand in a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them: a, b and c."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def counted(count: int, noun: str) -> str:
    """A number with its noun: 1 share, 7 shares."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
