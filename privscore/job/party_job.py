"""One party's part in a job: what it does in every phase, and what it keeps of it.

`course` says in which order the parts follow one another; a runtime plays one party's (a server)
or all of them (`runtime.local`). Nothing here knows about another party's data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privscore.card.scorecard import Scorecard
from privscore.consortium import Agreement
from privscore.consortium.policy import Fact
from privscore.files import put_whole
from privscore.job import greeting, people_list
from privscore.job.answers import write_answers
from privscore.job.earlier_setup import Setup
from privscore.job.greeting import Greeted
from privscore.job.ids import session_id
from privscore.job.journal import AnsweredBefore, Journal
from privscore.job.local_data import LocalStore
from privscore.job.people_list import PeopleFrom
from privscore.job.shards import SHARD_PEOPLE, Shard, shards
from privscore.methods.base import Method
from privscore.methods.context import Kept, LocalData, RoleContext
from privscore.methods.result import Result
from privscore.tables import BLOCK_PEOPLE, Table, count_people
from protocols.core.errors import PeerFault
from protocols.core.party import Party, Role
from protocols.core.wire import Once, OnceInMemory

CARD_FILE = "card.f8"  # at the owner of hidden points: all of them, see Scorecard.numbers
ANSWER_FILE = "scores.csv"  # at a requester: what the policy opens of its result
LEFT_FOLDER = "left"  # what a method leaves with a party behind the job, an array a file


class PartyJob:
    """What `me` does in one job, phase by phase.

    `known` names whom its own table knows (None without one), `table` opens that table, `listed` is
    the requester's own list. `scratch` is a private folder for the job's duration, `folder` the
    party's own folder of the run. `card` has all points, hidden ones too: for the owner of the card
    alone. `journal` has its earlier answers; without one nothing is looked up or noted. `spent` is
    where labels are marked as spent, for all sessions of this party in this job. `identity` is the
    seed of its Ed25519 key; empty: one is made for this job; None: it is not here (see `greet`).
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
        table: Callable[[], Table] | None = None,
        listed: bytes | None = None,
        journal: Journal | None = None,
        card: Scorecard | None = None,
        identity: bytes | None = b"",
        spent: Once | None = None,
        shard_people: int = SHARD_PEOPLE,
        greeted: Greeted | None = None,
        writes_answers: bool = True,
        earlier_setup: Setup | None = None,
    ) -> None:
        self.me, self.agreement, self.method = me, agreement, method
        self.scratch, self.folder, self.journal = scratch, folder, journal
        self.store = LocalStore(scratch, folder, agreement, me)
        self.spent: Once = OnceInMemory() if spent is None else spent
        self.shard_people = shard_people
        self.greeted = greeted
        self._writes_answers, self.earlier_setup = writes_answers, earlier_setup
        self._known, self._table, self._listed, self._card = known, table, listed, card
        self._identity, self._prepared = identity, False
        self.included = agreement.data_parties  # whose points are in the answer
        self.people_from: PeopleFrom = "union" if listed is None else "list"  # once it is told

    @property
    def is_platform(self) -> bool:
        """Whether this party holds data."""
        return self.me in self.agreement.data_parties

    @property
    def knows_people(self) -> bool:
        """Whether this party is told whom the job is about."""
        return self.is_platform or self.me in self.agreement.requesters

    @property
    def people_file(self) -> Path:
        """Whom the job is about, one a line, for the parties that know it."""
        return self.folder / "people.txt"

    def session_id(self, phase: str, number: int = 0) -> bytes:
        """The id of a session that comes after the setup."""
        assert self.greeted is not None, "it comes after the greeting"
        earlier = self.earlier_setup.session if self.earlier_setup else b""
        return session_id(self.greeted.job, phase, number, setup=earlier)

    def greet(self) -> Role[Greeted]:
        """Before everything: agree on the id of the job, and show a key."""

        async def play(party: Party) -> Greeted:
            greeted = await greeting.greet(party, self.agreement, self.method.name, self._identity)
            self.greeted = greeted
            if self.journal is not None:
                self.journal.job = greeted.job
            return greeted

        return play

    def people(self) -> Role[int]:
        """Learn how many people the job is about; who they are goes to `people_file`."""

        async def play(party: Party) -> int:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.me == self.agreement.requester:
                listed = await people_list.name_people(
                    party, self.agreement, self._listed, self._known, self._ask
                )
                with self.people_file.open("wb") as file:
                    file.writelines((listed, b"\n"))
                return count_people(listed)
            if not self.knows_people:
                told = await people_list.learn_people(
                    party, self.agreement, None, lambda _part: None
                )
                self.people_from = told.people_from
                return told.people
            with self.people_file.open("wb") as file:
                told = await people_list.learn_people(
                    party, self.agreement, self._known, file.write
                )
                file.write(b"\n")
            self.people_from = told.people_from
            self._ask(self._people())
            return told.people

        return play

    def setup(self, people: int) -> Role[bytes] | None:
        """Once: the method's part that leaves material for the shards."""
        self.method.admit(self.agreement, people)
        if self._card is not None and self.agreement.scorecard.secret is not None:
            put_whole(self._card.numbers(), self.folder / CARD_FILE)
        return self.method.setup(self._context(people, card=self._card))

    def prepare(self, people: int, material: bytes) -> None:
        """A party's own work before the first shard, once: its table becomes points on its disk.

        A runtime of several parties may call it for all of them side by side before the courses do.
        """
        if self._prepared:
            return
        self._prepared = True
        if self.is_platform and self._table is not None:
            with self._table() as table:
                self.aggregate_locally(table)
            if self.method.rows_per_person > 1:
                self.store.rearrange(
                    people, lambda points, known: self.method.rearrange(material, points, known)
                )

    def aggregate_locally(self, table: Table) -> None:
        """Make of a table what the method needs of it, for the people of this job."""
        listed = self._people()
        sizes = (block.people for block in shards(count_people(listed), BLOCK_PEOPLE))
        names = self.agreement.scorecard.columns_of(self.me)
        self.store.fill(table.known_columns(listed, names), sizes, self.method.needs)

    def record_answer_early(self) -> None:
        """Without drop-outs the set of platforms is final: journal it before the first shard."""
        if not self.method.may_lose and self.knows_people:
            self._commit_answer(self.agreement.data_parties)

    def shard(self, shard: Shard, material: bytes) -> Role[Kept | None] | None:
        """One session: the method's part for the people of one shard."""
        context = self._context(shard.people, material)
        data = LocalData()
        if self.is_platform:
            data = self.store.read(shard.start, shard.people, self.method.needs)
        return self.method.shard(context, data)

    def keep(self, shard: Shard, kept: Kept | None) -> None:
        """Put away what a shard left with this party."""
        if kept is not None:
            self.scratch.mkdir(parents=True, exist_ok=True)
            np.save(self._piece(shard.number), kept, allow_pickle=False)

    def closing(self, people: int, material: bytes, count: int) -> Role[Result | None] | None:
        """Once, after `count` shards: the method's part at the end."""
        return self.method.closing(self._context(people, material), self.pieces(count))

    def result(self, people: int, material: bytes, count: int) -> Result | None:
        """What this party has at the end of a job without a closing."""
        return self.method.result(self._context(people, material), self.pieces(count))

    def finish(self, people: int, material: bytes, count: int, result: Result | None) -> None:
        """Write the result, as far as the policy opens it, and what the method leaves behind."""
        if result is not None and self._writes_answers:
            shows = self.agreement.policy.allowed(self.me)
            if not self.method.private:
                shows = Fact.COLUMNS
            path = self.folder / ANSWER_FILE
            write_answers(path, self.people_file, result, self.agreement, shows)
        context = self._context(people, material)
        left = self.method.leave(context, self.pieces(count))
        if set(left) != set(self.method.leaves(self.agreement, self.me)):
            raise RuntimeError(f"{self.method.name} leaves other arrays than it declares")
        for name, values in left.items():
            path = self.folder / LEFT_FOLDER / f"{name}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, values, allow_pickle=False)

    def question(self, people: int, row: int) -> Role[Result | None] | None:
        """The method's part in opening one row more of what it left with this party."""
        left = left_arrays(self.folder, self.method.leaves(self.agreement, self.me))
        return self.method.question(self._context(people), left, row)

    def pieces(self, count: int) -> list[Kept]:
        """What this party kept of each of `count` shards; nothing unless of all of them."""
        paths = [self._piece(number) for number in range(count)]
        if not all(path.exists() for path in paths):
            return []
        return [np.load(path, allow_pickle=False) for path in paths]

    def _context(
        self, people: int, material: bytes = b"", card: Scorecard | None = None
    ) -> RoleContext:
        greeted = self.greeted
        return RoleContext(
            self.me,
            self.agreement,
            people,
            material,
            card,
            greeted.identity if greeted else b"",
            greeted.identities if greeted else {},
            self._commit_answer,
        )

    def _ask(self, people: bytes) -> None:
        """Look up what was answered about these people, where nearly the same ones matter."""
        if self.journal is not None and self.method.may_lose:
            with self._blaming_requester():
                self.journal.ask(people)

    def _commit_answer(self, platforms: tuple[str, ...]) -> None:
        """Note who is in the answer that is about to be given."""
        self.included = platforms
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

    def _piece(self, number: int) -> Path:
        return self.scratch / f"kept-{number:05d}.npy"


def left_arrays(folder: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """What a method left in a party's folder, by name."""
    return {
        name: np.load(folder / LEFT_FOLDER / f"{name}.npy", allow_pickle=False) for name in names
    }
