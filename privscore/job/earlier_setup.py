"""What a setup left with one party: for one job, or for several within the method's bound."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from privscore.consortium import Agreement
from privscore.errors import Refused
from privscore.methods.base import Method


@dataclass(frozen=True, slots=True)
class Setup:
    """One party's material, and how much of what the setup may serve is used.

    `session` names the setup that all parties share. It goes into the ids of all sessions of a job
    that reuses it, so that parties with different setups do not get through one session.
    """

    session: bytes
    material: bytes = field(repr=False)
    used: int

    def for_another_job(self, method: Method, agreement: Agreement, people: int) -> Setup:
        """The same setup, once a job about so many people has used it too.

        Raises Refused where a setup serves one job alone, or has served all that it can.
        """
        bound = method.setup_bound(agreement)
        used = self.used + method.setup_use(agreement, people)
        if used > bound:
            reason = "serves one job alone" if not bound else "has served all that it may"
            raise Refused(
                f"this setup of {method.name} {reason}", "Begin a job with a setup of its own."
            )
        return replace(self, used=used)
