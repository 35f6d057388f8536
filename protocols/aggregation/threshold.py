"""How many platforms must agree before anything is unmasked.

With n platforms, of which c collude with the aggregator, a set of survivors counts once t have
signed it, and a seed opens with t shares of it. Two sets with t signatures each have at least
2t - n signers in common. If that is more than c, one of them is honest and has signed both, which
no honest platform does: so there is one set, and nobody's seed and key open together. Hence

    2t > n + c,   and t <= n - d to bear d drop-outs.

Source: Bonawitz et al., CCS 2017 (eprint 2017/281), theorem 6.5.
"""

from __future__ import annotations

from protocols.core.errors import LocalMisuse


def choose(parties: int, *, lost: int, colluders: int) -> int:
    """The largest t that bears `lost` drop-outs: it bears the most colluders.

    Raises LocalMisuse, with the inequality, where that t does not bear `colluders`.
    """
    if min(parties - 2, lost, colluders) < 0:
        raise LocalMisuse(
            "a threshold wants two platforms or more, and no negative number of drop-outs or "
            f"colluders: not n = {parties}, d = {lost}, c = {colluders}"
        )
    threshold = parties - lost
    if not holds(parties, threshold, colluders):
        raise LocalMisuse(
            f"{parties} platforms cannot bear {lost} drop-outs and {colluders} colluders: "
            f"2t > n + c wants 2*{threshold} > {parties} + {colluders}"
        )
    return threshold


def holds(parties: int, threshold: int, colluders: int) -> bool:
    """Whether 2t > n + c, for 1 <= t <= n."""
    return 1 <= threshold <= parties and 2 * threshold > parties + colluders
