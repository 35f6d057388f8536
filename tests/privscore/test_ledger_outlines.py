"""What a ledger works out does not depend on the recording; where it must, the page says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ledger_runs import PLATFORMS, alone, listed_run, sentences, text_of, together, toy_run
from saved_runs import copied, make_run, reseal

from privscore import scenarios
from privscore.commands.society import make_society
from privscore.consortium import load
from privscore.errors import Refused
from privscore.inspect.ledger import Account, gather, ledger
from privscore.inspect.ledger.inference import uniquely_determined
from privscore.inspect.sheet import explain
from privscore.methods import available
from privscore.runs.folder import open_run
from privscore.runtime.bookkeeping import FULL_RECORDING_PEOPLE
from privscore.runtime.local import run_job

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("outline"), recording="outline")


def told_apart(standing: Account) -> list[str]:
    """The sentences, but for how the totals were worked out again."""
    return [each.sentence.partition(" (worked out")[0] for each in standing.learned]


def narrow_clip(text: str) -> str:
    """Scores that do not say the totals, so that the policy has to allow these."""
    assert "clip = [350, 950]" in text
    return text.replace("clip = [350, 950]", "clip = [350, 800]").replace(
        'desk = "score"', 'desk = "total"'
    )


def weight_for_wallet(text: str) -> str:
    """The points of one line become a weight, and totals real."""
    line = "bins    = [1, 3]\npoints  = [140, 60, 0]"
    assert line in text
    return narrow_clip(text).replace(line, "weight  = -10.5\nrange   = [0, 8]", 1)


# An outline says what a full recording says. ------------------------------------------------------


def test_above_the_limit_of_full_recordings_thin_files_are_still_counted(tmp_path: Path) -> None:
    town = make_society(tmp_path / "town", people=FULL_RECORDING_PEOPLE + 1)
    run_job(load(Path(town.consortium)), available()["secret-sum"], tmp_path / "run")
    run = open_run(tmp_path / "run")
    assert run.record.recording == "outline"
    desk = alone(tmp_path / "run")["desk"]
    assert 100 < desk.row["points"].people < FULL_RECORDING_PEOPLE
    assert f"one by one, for {desk.row['points'].people:,} of 10,001 people" in sentences(desk)
    coalition = together(tmp_path / "run", "wallet", "desk")
    assert (
        coalition.row["points"].people > desk.row["points"].people
    )  # one platform less to tell apart


def test_totals_of_an_outline_come_from_the_scores_or_from_the_folders(
    outline: Path, tmp_path: Path
) -> None:
    assert "again from its scores, which nothing clips" in sentences(alone(outline)["desk"])
    clipped = make_run(tmp_path, edit=narrow_clip, recording="outline")
    said = sentences(alone(clipped)["desk"])
    assert "again by adding up what the folders of the platforms hold" in said


@pytest.mark.parametrize("edit", [str, narrow_clip], ids=lambda it: it.__name__)
def test_an_outline_has_the_accounts_of_a_full_recording(
    edit: Callable[[str], str], tmp_path: Path
) -> None:
    full, outline = (
        make_run(tmp_path / recording, edit=edit, recording=recording)
        for recording in ("full", "outline")
    )
    for account, other in zip(alone(full).values(), alone(outline).values(), strict=True):
        assert account.row == other.row
        assert told_apart(account) == told_apart(other)
        assert not account.not_checked + other.not_checked
    assert alone(outline)["desk"].row["points"].people == 12
    coalition = ("wallet", "desk")
    assert together(full, *coalition).row == together(outline, *coalition).row


def test_an_outline_with_a_platform_lost_adds_up_what_missing_gives(tmp_path: Path) -> None:
    full, outline = (
        make_run(
            tmp_path / recording,
            "masked-sum",
            edit=lambda text: narrow_clip(text).replace(
                "[policy]", '[policy]\ndropout = "neutral"'
            ),
            recording=recording,
            lost={"rides": 0},
        )
        for recording in ("full", "outline")
    )
    assert alone(full)["desk"].row == alone(outline)["desk"].row
    totals = [gather(open_run(each)).output.totals for each in (full, outline)]
    assert np.array_equal(*totals)


def test_whom_a_platform_knows_is_not_guessed_from_its_values(tmp_path: Path) -> None:
    """Somebody may be known without any value: that is not to be unknown."""
    file = scenarios.write("toy", tmp_path / "toy")
    table = file.with_name("dating.csv")
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    known = {row.partition(",")[0] for row in rows}
    stranger = next(name for n in range(200) if (name := f"p{n:03d}") not in known)
    table.write_text("\n".join([head, *rows, f"{stranger},"]) + "\n", encoding="utf-8")
    run_job(load(file), available()["secret-sum"], tmp_path / "run", recording="outline")
    run = open_run(tmp_path / "run")
    person = run.people("desk").index(stranger)
    assert run.bins("dating")[0][person] == run.card.scored_locally_by("dating")[0].missing_bin
    marked = gather(run).known["dating"]
    assert [name for name, yes in zip(run.people("desk"), marked, strict=True) if yes] == sorted(
        {*known, stranger}
    )


def test_a_sheet_counts_the_same_from_an_outline(outline: Path) -> None:
    run, full = open_run(outline), open_run(toy_run())
    sure = uniquely_determined(gather(full), frozenset(["desk"]), PLATFORMS)
    for person in (int(np.argmax(sure)), int(np.argmin(sure))):
        name = full.people("desk")[person]
        assert explain(run, name).learned == explain(full, name).learned


# Where it cannot be looked for, that is said. -----------------------------------------------------


@pytest.fixture(scope="module")
def approximate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(
        tmp_path_factory.mktemp("approximate"),
        "ckks-weighted",
        edit=narrow_clip,
        recording="outline",
    )


def test_what_was_not_looked_for_is_said_in_the_matrix_and_in_words(approximate: Path) -> None:
    result = ledger(open_run(approximate), ("dating", "desk"))
    dating, desk = result.parties
    assert result.together is not None
    assert not dating.not_checked
    for standing in (desk, result.together):
        assert standing.row["points"].how == "not_checked"
        (not_checked,) = standing.not_checked
        assert "the views are an outline" in not_checked.why
    text = text_of(result)
    assert "? not" in text
    assert "looked for" in text
    assert "? not looked for: for whom the sum of the points of wallet, marketplace," in text
    assert "since the views are an outline" in text


def test_a_sheet_says_what_was_not_looked_for(approximate: Path) -> None:
    run = open_run(approximate)
    said = explain(run, run.people("desk")[0]).learned["desk"]
    assert any(line.startswith("not looked for:") for line in said)


def test_with_weights_no_list_of_sums_is_made_and_the_page_says_so(tmp_path: Path) -> None:
    made = make_run(tmp_path, "ckks-weighted", edit=weight_for_wallet)
    (not_checked,) = alone(made)["desk"].not_checked
    assert "a line with a weight can add anything within its range" in not_checked.why


def test_an_answer_that_the_folders_do_not_give_is_not_worked_on(tmp_path: Path) -> None:
    made = make_run(tmp_path, edit=narrow_clip, recording="outline")
    scores = made / "desk" / "scores.csv"
    head, first, *unchanged = scores.read_text().splitlines()
    person, score, tier = first.split(",")
    changed = f"{person},{int(score) + 1 if int(score) < 800 else 799},{tier}"
    scores.write_text("\n".join([head, changed, *unchanged]) + "\n")
    reseal(made)
    (not_checked,) = alone(made)["desk"].not_checked
    assert "the folders do not add up to its scores" in not_checked.why


def test_nothing_is_marked_where_a_list_leaves_nothing_to_find() -> None:
    account = alone(listed_run())["desk"]
    assert "points" not in account.row
    assert not account.not_checked


# The file behind it. ------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"\x01" * 199, b"\x02" * 200], ids=["short", "no yes or no"])
def test_a_file_that_does_not_say_whom_a_platform_knows_is_refused(
    body: bytes, outline: Path, tmp_path: Path
) -> None:
    run = copied(outline, tmp_path)
    (run / "rides/known.u1").write_bytes(body)
    reseal(run)
    with pytest.raises(Refused, match=r"rides/known\.u1 does not say of everybody yes or no"):
        gather(open_run(run))
