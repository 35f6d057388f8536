"""The first answer about people is the answer: who asks again about a difference is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_consortium import EVERYBODY, toy

from privscore.consortium.agreement import Agreement
from privscore.errors import Refused
from privscore.job.journal import AnsweredBefore, Journal
from privscore.job.journal.fingerprints import fingerprints

KEY = bytes(16)


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Agreement:
    return toy(tmp_path_factory.mktemp("toy"), dropout="neutral").agreement


def listed(people: list[str]) -> bytes:
    return "\n".join(people).encode()


def answered(folder: Path, agreement: Agreement, people: list[str], *without: str) -> Journal:
    """A journal of a new job that has answered about these people."""
    journal = Journal(folder, agreement)
    journal.job = bytes(32)
    journal.ask(listed(people))
    journal.answer(
        lambda: listed(people), [name for name in agreement.data_parties if name not in without]
    )
    return journal


def accepting(agreement: Agreement) -> Agreement:
    return replace(agreement, policy=replace(agreement.policy, accept_output_leak=True))


# What is the same question, and what is not. ------------------------------------------------------


def test_the_same_answer_again_is_no_second_answer(agreement: Agreement, tmp_path: Path) -> None:
    answered(tmp_path, agreement, EVERYBODY)
    before = sorted(path.name for path in tmp_path.iterdir())
    answered(tmp_path, agreement, EVERYBODY)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert answered(tmp_path, agreement, EVERYBODY[::-1]).differences == ()  # in another order


@pytest.mark.parametrize("people", [EVERYBODY, EVERYBODY[::-1], EVERYBODY[:100]])
@pytest.mark.parametrize("first", [(), ("rides",)])
def test_other_platforms_for_the_same_people_are_refused(
    people: list[str], first: tuple[str, ...], agreement: Agreement, tmp_path: Path
) -> None:
    """Whichever came first, and if only some of the people are the same."""
    answered(tmp_path, agreement, EVERYBODY, *first)
    second = {(): ("rides",), ("rides",): ()}[first]
    with pytest.raises(AnsweredBefore, match="their difference would open the points of rides"):
        answered(tmp_path, agreement, people, *second)


@pytest.mark.parametrize(
    ("people", "message"),
    [
        (EVERYBODY[1:], "1 person adds"),
        ([*EVERYBODY, "new"], "1 person adds"),
        ([*EVERYBODY[1:], "new"], "2 people add"),
        (EVERYBODY[49:], "49 people add"),
    ],
    ids=["one fewer", "one more", "one for another", "fewer by less than min_people"],
)
def test_a_list_that_differs_by_few_is_refused_before_anybody_answers(
    people: list[str], message: str, agreement: Agreement, tmp_path: Path
) -> None:
    answered(tmp_path, agreement, EVERYBODY)
    with pytest.raises(AnsweredBefore, match=message):
        Journal(tmp_path, agreement).ask(listed(people))


@pytest.mark.parametrize(
    "people", [EVERYBODY[50:], [f"q{number}" for number in range(60)]], ids=["by 50", "others"]
)
def test_a_list_that_differs_by_as_many_as_the_policy_asks_for_is_answered(
    people: list[str], agreement: Agreement, tmp_path: Path
) -> None:
    answered(tmp_path, agreement, EVERYBODY)
    answered(tmp_path, agreement, people)


def test_where_one_person_is_enough_for_a_job_one_more_is_still_refused(
    agreement: Agreement, tmp_path: Path
) -> None:
    alone = replace(agreement, policy=replace(agreement.policy, min_people=1))
    answered(tmp_path, alone, EVERYBODY)
    with pytest.raises(AnsweredBefore, match="1 person adds"):
        Journal(tmp_path, alone).ask(listed(EVERYBODY[1:]))


def test_another_policy_tier_or_base_is_the_same_question_and_other_points_are_not(
    agreement: Agreement, tmp_path: Path
) -> None:
    answered(tmp_path, agreement, EVERYBODY)
    card = agreement.scorecard
    same = replace(agreement, tiers=(), purpose="another", scorecard=replace(card, base=0))
    with pytest.raises(AnsweredBefore):
        answered(tmp_path, same, EVERYBODY, "rides")
    first, *others = card.characteristics
    lines = (replace(first, missing=first.missing + 1), *others)
    other = replace(agreement, scorecard=replace(card, characteristics=lines))
    answered(tmp_path, other, EVERYBODY, "rides")


# Where the policy accepts it. ---------------------------------------------------------------------


def test_what_is_accepted_is_noted_with_whose_points_it_opens(
    agreement: Agreement, tmp_path: Path
) -> None:
    answered(tmp_path, agreement, EVERYBODY)
    (accepted,) = answered(
        tmp_path, accepting(agreement), ["new", *EVERYBODY[1:]], "rides"
    ).differences
    assert (accepted.platforms_added, accepted.platforms_gone) == ((), ("rides",))
    assert (accepted.people_in_both, accepted.people_added, accepted.people_gone) == (199, (0,), 1)


# The disk. ----------------------------------------------------------------------------------------


def test_a_note_is_on_the_disk_before_answer_returns(
    agreement: Agreement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[set[str]] = []
    honest = __import__("os").fsync

    def fsync(file: int) -> None:
        honest(file)
        synced.append({path.name for path in tmp_path.iterdir() if path.suffix == ".json"})

    monkeypatch.setattr("os.fsync", fsync)
    answered(tmp_path, agreement, EVERYBODY)
    assert synced[-1] == {"000000.json"}  # the folder, behind the file


def test_of_two_jobs_at_once_the_second_sees_what_the_first_noted(
    agreement: Agreement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another job notes its answer between this one's look and its own note."""
    journal = Journal(tmp_path, agreement)
    journal.ask(listed(EVERYBODY))
    honest = Journal._notes

    def notes(self: Journal) -> Any:
        seen = honest(self)
        monkeypatch.setattr(Journal, "_notes", honest)
        answered(tmp_path, agreement, EVERYBODY, "rides")
        return seen

    monkeypatch.setattr(Journal, "_notes", notes)
    with pytest.raises(AnsweredBefore):
        journal.answer(lambda: listed(EVERYBODY), agreement.data_parties)


def test_a_note_that_was_removed_leaves_room_for_no_other(
    agreement: Agreement, tmp_path: Path
) -> None:
    for people in (EVERYBODY, EVERYBODY[60:], [f"q{number}" for number in range(60)]):
        answered(tmp_path, agreement, people)
    (tmp_path / "000001.json").unlink()
    answered(tmp_path, agreement, [f"r{number}" for number in range(60)])
    assert sorted(path.stem for path in tmp_path.glob("*.json")) == ["000000", "000002", "000003"]


@pytest.mark.parametrize("name", ["000000.json", "key"])
def test_a_journal_that_was_changed_is_refused(
    name: str, agreement: Agreement, tmp_path: Path
) -> None:
    answered(tmp_path, agreement, EVERYBODY)
    (tmp_path / name).write_bytes(b"rubbish")
    with pytest.raises(Refused, match="not as it was written"):
        Journal(tmp_path, agreement).ask(listed(EVERYBODY))


def test_where_no_note_can_be_made_nothing_is_answered(
    agreement: Agreement, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Refused, match="cannot be read or written"):
        Journal(tmp_path / "file" / "wallet", agreement).ask(listed(EVERYBODY))


def test_no_id_is_in_a_journal(agreement: Agreement, tmp_path: Path) -> None:
    answered(tmp_path, agreement, [f"somebody-{number}" for number in range(60)])
    assert not any(b"somebody" in path.read_bytes() for path in tmp_path.iterdir())


# Fingerprints. ------------------------------------------------------------------------------------


def test_fingerprints_depend_on_the_id_and_the_key_alone() -> None:
    people = [f"p{number}" for number in range(1_000)] + ["", "0", "00", "p1 ", "ü"][1:]
    prints = fingerprints(listed(people), KEY)
    assert len(np.unique(prints)) == len(people)
    assert np.array_equal(fingerprints(listed(people[::-1]), KEY), prints[::-1])
    assert np.array_equal(fingerprints(listed(people[5:6]), KEY), prints[5:6])
    assert not np.isin(fingerprints(listed(people), b"another key 16by"), prints).any()
    assert fingerprints(b"", KEY).shape == (0,)
