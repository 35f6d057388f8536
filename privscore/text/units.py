"""Numbers with their units, as people read them."""

from __future__ import annotations


def bytes_text(count: float) -> str:
    """A number of bytes as people read it: 3 significant digits and a unit."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.3g} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    raise AssertionError("unreachable")


def seconds_text(seconds: float) -> str:
    """Seconds to a hundredth, and without a fraction where that no longer matters."""
    return f"{seconds:.2f}" if seconds < 100 else f"{seconds:,.0f}"
