"""One party's part in a job: what it does in the opening, in every shard, and in the closing.

A runtime plays one party (a server) or all of them (`memory.py`); the parts are the same. Nothing
here knows about another party's data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from privscore.card.scorecard import Scorecard
from privscore.consortium import Agreement
from privscore.files import put_whole
from privscore.job import opening
from privscore.job.journal import AnsweredBefore, Journal
from privscore.job.local_data import LocalStore
from privscore.methods.base import Answer, Kept, LocalData, Method, RoleContext
from privscore.tables import BLOCK_PEOPLE, Table, count_people
from protocols.core.errors import PeerFault
from protocols.core.party import Party, Role

SHARD_PEOPLE = 65_536
CARD_FILE = "card.f8"  # at the owner of hidden points: all of them, see Scorecard.numbers


@dataclass(frozen=True, slots=True)
class Shard:
    """A run of people that one session handles: number, first person, how many."""

    number: int
    start: int
    people: int


def shards(people: int, size: int = SHARD_PEOPLE) -> list[Shard]:
    """The people of a job, cut into shards of at most `size`."""
    return [
        Shard(number, start, min(size, people - start))
        for number, start in enumerate(range(0, people, size))
    ]


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opening leaves with one party, beside the list in its folder."""

    people: int
    material: bytes = field(repr=False)


class PartyJob:
    """What `me` does in one job, phase by phase.

    `known` names whom its own table knows (None without one), `listed` is the requester's own
    list. `scratch` is a private folder for the job's duration, `folder` the party's own folder of
    the run. `card` has all points, hidden ones too: for the owner of the card alone. `journal` has
    its earlier answers; without one nothing is looked up or noted.
    """

    def __init__(
        self,
        me: str,
        agreement: Agreement,
        method: Method,
        *,
        scratch: Path,
        folder: Path,
        known: Callable[[], bytes] | None = None,
        listed: bytes | None = None,
        journal: Journal | None = None,
        card: Scorecard | None = None,
    ) -> None:
        self.me, self.agreement, self.method = me, agreement, method
        self.scratch, self.folder, self.journal = scratch, folder, journal
        self.store = LocalStore(scratch, folder, agreement, me)
        self._known, self._listed, self._card = known, listed, card

    @property
    def is_platform(self) -> bool:
        """Whether this party holds data."""
        return self.me in self.agreement.data_parties

    def greet(self) -> Role[bytes]:
        """Before everything: agree on the id of the job."""

        async def greet(party: Party) -> bytes:
            job = await opening.greet(party, self.agreement, self.method.name)
            if self.journal is not None:
                self.journal.job = job
            return job

        return greet

    def opening(self) -> Role[Opened]:
        """Once: learn who the job is about, and leave the method's material."""

        async def open_job(party: Party) -> Opened:
            people = await self._learn_people(party)
            context = RoleContext(self.me, self.agreement, people, card=self._card)
            if self._card is not None and self.agreement.scorecard.secret is not None:
                put_whole(self._card.numbers(), self.folder / CARD_FILE)
            prepare = self.method.opening(context)
            material = await prepare(party) if prepare else b""
            return Opened(people, material)

        return open_job

    async def _learn_people(self, party: Party) -> int:
        """How many people the job is about; who they are goes to this party's `people.txt`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.me == self.agreement.requester:
            listed = await opening.name_people(
                party, self.agreement, self._listed, self._known, self._ask
            )
            with self.people_file.open("wb") as file:
                file.writelines((listed, b"\n"))
            return count_people(listed)
        if self._known is None:
            return await opening.learn_people(party, self.agreement, None, lambda _part: None)
        with self.people_file.open("wb") as file:
            people = await opening.learn_people(party, self.agreement, self._known, file.write)
            file.write(b"\n")
        self._ask(self._people())
        return people

    def _ask(self, people: bytes) -> None:
        """Look up what was answered about these people, where nearly the same ones matter."""
        if self.journal is not None and self.method.may_lose:
            with self._blaming_requester():
                self.journal.ask(people)

    def record_answer_early(self) -> None:
        """Before the first shard: if nobody can be lost, the answer is settled; note it."""
        if not self.method.may_lose and (self.is_platform or self.me == self.agreement.requester):
            self._answer(self.agreement.data_parties)

    def _answer(self, platforms: tuple[str, ...]) -> None:
        """Note who is in the answer that is about to be given."""
        if self.journal is not None:
            with self._blaming_requester():
                self.journal.answer(self._people, platforms)

    def _people(self) -> bytes:
        """Whom the job is about, without the last line's end."""
        with self.people_file.open("rb") as file:
            return file.read(self.people_file.stat().st_size - 1)

    @contextmanager
    def _blaming_requester(self) -> Iterator[None]:
        """What I must not answer is the requester's fault, unless I am it."""
        try:
            yield
        except AnsweredBefore as refusal:
            if self.me == self.agreement.requester:
                raise
            raise PeerFault(self.agreement.requester, f"asks again: {refusal.cause}") from refusal

    @property
    def people_file(self) -> Path:
        """Whom the job is about, one a line, for the parties that know it."""
        return self.folder / "people.txt"

    def aggregate_locally(self, table: Table) -> None:
        """A platform's own work before the first shard: its table becomes points on its disk."""
        listed = self._people()
        sizes = (block.people for block in shards(count_people(listed), BLOCK_PEOPLE))
        names = self.agreement.scorecard.columns_of(self.me)
        self.store.fill(table.known_columns(listed, names), sizes, self.method.needs)

    def shard(self, shard: Shard, material: bytes) -> Role[Kept | None] | None:
        """One session: the method's part for the people of one shard."""
        context = RoleContext(self.me, self.agreement, shard.people, material)
        data = LocalData()
        if context.is_platform:
            data = self.store.read(shard.start, shard.people, self.method.needs)
        return self.method.shard(context, data)

    def keep(self, shard: Shard, kept: Kept | None) -> None:
        """Put away what a shard left with this party."""
        if kept is not None:
            self.scratch.mkdir(parents=True, exist_ok=True)
            np.save(self._piece(shard.number), kept, allow_pickle=False)

    def closing(self, opened: Opened, count: int) -> Role[Answer | None] | None:
        """Once, after `count` shards: the method's part at the end."""
        context = RoleContext(
            self.me, self.agreement, opened.people, opened.material, commit_answer=self._answer
        )
        return self.method.closing(context, self.kept(count))

    def kept(self, count: int) -> Kept | None:
        """What `count` shards left with this party, by person; None if nothing."""
        pieces = [self._piece(number) for number in range(count)]
        if not all(piece.exists() for piece in pieces):
            return None
        return np.concatenate([np.load(piece, allow_pickle=False) for piece in pieces])

    def _piece(self, number: int) -> Path:
        return self.scratch / f"kept-{number:05d}.npy"
