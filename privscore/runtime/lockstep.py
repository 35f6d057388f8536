"""All parties' courses in step: every party's next sessions, of the same names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from privscore.job.course import Course, Outcome, Play


class Courses:
    """The courses of all parties of one job; `plays` are what each would play next.

    Play them, give the roles' results to `resume`, and go on until there are no more `plays`; then
    `outcomes` has what each course came to. `first` is resumed before all others.
    """

    def __init__(self, courses: Mapping[str, Course], *, first: str) -> None:
        self._courses = dict(courses)
        self._order = sorted(courses, key=lambda name: name != first)
        self.plays: dict[str, tuple[Play, ...]] = {name: next(courses[name]) for name in courses}
        self.outcomes: dict[str, Outcome] = {}
        self._refuse_other_names()

    def resume(self, results: Mapping[str, tuple[Any, ...]]) -> None:
        """Give every course what its roles returned, and take its next sessions."""
        plays = {}
        for name in self._order:
            try:
                plays[name] = self._courses[name].send(results[name])
            except StopIteration as stop:
                self.outcomes[name] = stop.value
        self.plays = {name: plays[name] for name in self._courses if name in plays}
        self._refuse_other_names()

    def _refuse_other_names(self) -> None:
        """Everybody plays the same sessions in the same order, or our own courses are wrong."""
        names = {
            tuple((play.name, play.session) for play in plays) for plays in self.plays.values()
        }
        if len(names) > 1 or (self.plays and self.outcomes):
            raise RuntimeError("the parties of a job would play different sessions")
