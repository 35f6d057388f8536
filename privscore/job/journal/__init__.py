"""What a party has answered, about whom: kept for good, so that no two answers open a difference.

The first answer about people is the answer. Two answers about the same people over different
platforms differ by the points of those that are in one only; two answers about lists that differ by
few people differ by those few. Every party that knows the people looks a job up here before it
answers, and notes its answer on disk, synced, before anything of it leaves. Such a job is refused
unless the policy says `accept_output_leak = true`; then what the difference opens goes into the
record of the run, and the ledger prints it.

    .privscore/journal/PARTY/key            16 random bytes, that party's own
    .privscore/journal/PARTY/NNNN.json      one answer: its card, platforms, people, job and time
    .privscore/journal/PARTY/*.people       whom answers were about, as fingerprints under the key

The folder lies beside the consortium file, where the party's own data are. Who deletes it forgets.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from privscore.consortium import Consortium
from privscore.consortium.agreement import Agreement
from privscore.errors import Refused
from privscore.job.journal.answered import Answered, Difference, cause, fix
from privscore.job.journal.fingerprints import KEY_BYTES, Fingerprints, fingerprints
from privscore.tables.id_index import count_people


class AnsweredBefore(Refused):
    """A job that must not be answered, since an answer before it would open the difference."""


class Journal:
    """One party's journal in one job, whose id is to be put into `job` once it is known.

    `differences` are those to earlier answers that the policy has accepted. `lists` is whether a
    list that differs by few people matters: it does where statistics are, or may be, made of it.
    """

    def __init__(self, folder: Path, agreement: Agreement, *, lists: bool = True) -> None:
        self._folder, self._agreement, self._lists = folder, agreement, lists
        self._card = _card_hash(agreement)
        self._list: Callable[[], bytes] = bytes
        self._listed = ""
        self.job = b""
        self.differences: tuple[Difference, ...] = ()

    def ask(self, people: bytes) -> None:
        """Look before a job begins; raises AnsweredBefore if no platforms may answer about them."""
        with self._about(lambda: people):
            earlier = self._by_this_card(self._notes())
            if all(each.people != self._listed for each in earlier):
                self._check(earlier, None)

    def answer(self, people: Callable[[], bytes], platforms: Collection[str]) -> None:
        """Note for good, before it happens, that the points of these platforms are answered with.

        `people` gives the list of the job, the same that was asked about, if that was asked.
        Raises AnsweredBefore, and notes nothing, if the difference to an earlier answer opens
        something, and Refused if the disk takes no note.
        """
        agreed = tuple(name for name in self._agreement.data_parties if name in platforms)
        with self._about(people):
            while not self._note(agreed):
                pass  # another job was quicker: its answer counts too

    @contextmanager
    def _about(self, people: Callable[[], bytes]) -> Iterator[None]:
        """Work on the disk about these people, whose list is not held beyond that."""
        with self._disk():
            self._list = people
            if not self._listed:
                self._listed = hmac.digest(self._key(), people(), "sha256").hex()
            try:
                yield
            finally:
                self._list = bytes

    def _note(self, platforms: tuple[str, ...]) -> bool:
        """Check, and write the next note; False if somebody else has written it by now."""
        notes = self._notes()
        earlier = self._by_this_card(notes)
        if any((each.people, each.platforms) == (self._listed, platforms) for each in earlier):
            return True  # the same answer once more opens nothing
        self.differences = self._check(earlier, platforms)
        self._write(f"{self._listed}.people", self._fingerprints().data.cast("B"))
        note = Answered(
            card=self._card,
            people=self._listed,
            platforms=platforms,
            job=self.job.hex(),
            answered_at=datetime.now(UTC).isoformat(timespec="seconds"),
            lists=self._lists,
        )
        number = max(notes, default=-1) + 1  # one more than I have seen
        written = self._write(f"{number:06d}.json", msgspec.json.encode(note))
        self._sync_folder()  # and with it the names of all files before this one
        return written

    def _check(
        self, earlier: Sequence[Answered], platforms: tuple[str, ...] | None
    ) -> tuple[Difference, ...]:
        """The differences to earlier answers; AnsweredBefore for one that is not accepted."""
        differences = []
        for note in earlier:
            difference = self._difference(note, note.platforms if platforms is None else platforms)
            if difference is None:
                continue
            if not self._agreement.policy.accept_output_leak:
                raise AnsweredBefore(cause(note, difference), fix(difference))
            differences.append(difference)
        return tuple(differences)

    def _difference(self, note: Answered, platforms: tuple[str, ...]) -> Difference | None:
        """What one answer minus the other would open; None for nothing."""
        if note.people == self._listed:
            in_both, added, gone = count_people(self._list()), np.zeros(0, np.int64), 0
        else:
            listed, earlier = self._fingerprints(), self._kept(note.people)
            new = ~np.isin(listed, earlier)
            in_both = len(listed) - int(np.count_nonzero(new))
            added, gone = np.flatnonzero(new), len(earlier) - in_both
        if not in_both:
            return None
        single_out = 0 < len(added) + gone < max(2, self._agreement.policy.min_people)
        single_out = single_out and self._lists and note.lists
        if not single_out and set(platforms) == set(note.platforms):
            return None
        return Difference(
            job=note.job,
            answered_at=note.answered_at,
            platforms_added=tuple(name for name in platforms if name not in note.platforms),
            platforms_gone=tuple(name for name in note.platforms if name not in platforms),
            people_in_both=in_both,
            people_added=tuple(added.tolist()) if single_out else (),
            people_gone=gone if single_out else 0,
        )

    # The disk. ----------------------------------------------------------------------------------

    def _notes(self) -> dict[int, Answered]:
        """Every earlier answer by its number."""
        try:
            return {
                int(path.stem): msgspec.json.decode(path.read_bytes(), type=Answered)
                for path in self._folder.glob("*.json")
            }
        except (ValueError, msgspec.MsgspecError) as error:
            raise self._changed() from error

    def _by_this_card(self, notes: Mapping[int, Answered]) -> list[Answered]:
        """The answers by this card, the oldest first."""
        return [note for _, note in sorted(notes.items()) if note.card == self._card]

    def _kept(self, people: str) -> Fingerprints:
        return np.fromfile(self._folder / f"{people}.people", np.uint64)

    def _fingerprints(self) -> Fingerprints:
        return fingerprints(self._list(), self._key())

    def _key(self) -> bytes:
        """This party's own key, made when it is first needed."""
        path = self._folder / "key"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write("key", secrets.token_bytes(KEY_BYTES))
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise self._changed()
        return key

    def _write(self, name: str, body: bytes | memoryview) -> bool:
        """Put a whole, synced file there; False, and nothing done, if there is one of this name."""
        partial = self._folder / f".{name}.partial-{os.getpid()}"
        try:
            with partial.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            os.link(partial, self._folder / name)
        except FileExistsError:
            return False
        finally:
            partial.unlink(missing_ok=True)
        return True

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Refused(
                f"the journal of answers cannot be read or written: {error.strerror}",
                "Make its folder writable: nothing is answered that is not noted first.",
                file=self._folder,
            ) from error

    def _changed(self) -> Refused:
        return Refused(
            "the journal of answers is not as it was written",
            "Restore it, or agree that what was answered before does not count and remove it.",
            file=self._folder,
        )


def journal_of(consortium: Consortium, party: str, *, lists: bool) -> Journal:
    """A party's journal beside its consortium file, or in the user's state where none can be."""
    beside = consortium.folder / ".privscore"
    if not os.access(beside if beside.exists() else beside.parent, os.W_OK):
        states = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        place = hashlib.sha256(os.fsencode(consortium.folder / consortium.path.name)).hexdigest()[
            :32
        ]
        beside = Path(states) / "privscore" / place
    return Journal(beside / "journal" / party, consortium.agreement, lists=lists)


@contextmanager
def placed(consortium: Consortium) -> Iterator[None]:
    """Say where in the file stands what a role refuses by: roles know of no file."""
    try:
        yield
    except Refused as refusal:
        if refusal.file is not None:
            raise
        too_few = not isinstance(refusal, AnsweredBefore)
        where = ("policy", "min_people") if too_few else ("policy",)
        raise consortium.refused(refusal.cause, refusal.fix, *where) from refusal


def _card_hash(agreement: Agreement) -> str:
    """What earns points: another base, tier, reason or policy is still the same question."""
    card = agreement.scorecard
    earning = ("columns", "bins", "points", "weight", "missing", "combine", "range")
    lines = sorted(
        msgspec.json.encode([getattr(characteristic, name) for name in earning])
        for characteristic in card.characteristics
    )
    hidden = card.secret.commitment if card.secret else ""
    return hashlib.sha256(b"\n".join([*lines, hidden.encode()])).hexdigest()
