"""What follows for parties that put together what they learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ledger_runs import ANSWER, PLATFORMS, alone, listed_run, sentences, text_of, together, toy_run
from saved_runs import TOY_PEOPLE, make_run
from toy_consortium import policy

from privscore.inspect.ledger import gather, ledger
from privscore.inspect.ledger.account import Cell
from privscore.inspect.ledger.checks import check_outlines
from privscore.inspect.ledger.disclosures import disclosed
from privscore.inspect.ledger.inference import follows, uniquely_determined
from privscore.runs.folder import open_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made() -> Path:
    return toy_run()


@pytest.fixture(scope="module")
def listed() -> Path:
    return listed_run()


def test_all_platforms_but_one_and_the_requester_learn_the_last_ones_points(listed: Path) -> None:
    for last in ("wallet", "utility"):
        account = together(listed, *(name for name in PLATFORMS if name != last), "desk")
        assert account.row["points"].of == (last,)
        assert account.row["points"].how == "follows"
        assert account.row["points"].people == 200
        assert f"the points of {last}, by subtraction" in sentences(account)
        assert "for 200 of 200 people" in sentences(account)


def test_two_platforms_left_are_a_sum_that_may_spell_both_out(listed: Path) -> None:
    account = together(listed, *PLATFORMS[:-2], "desk")
    assert "the sum of the points of games and utility: the total minus" in sentences(account)
    assert account.row["points"].of == (
        "games",
        "utility",
    )  # 0, 25, 50 and 0, 45, 100 never collide
    assert account.row["points"].people == 200
    account = together(listed, "wallet", *PLATFORMS[3:], "desk")
    assert "the sum of the points of marketplace and social: the total minus" in sentences(account)
    assert account.row["points"].people < 200  # 30 and 0 are as much as 0 and 30


def test_what_is_spelled_out_is_what_the_platforms_hold(listed: Path) -> None:
    evidence = gather(open_run(listed))
    run, remaining = evidence.run, ("dating", "games", "utility")
    sure = uniquely_determined(evidence, frozenset([*PLATFORMS, "desk"]) - {*remaining}, remaining)
    assert 0 < np.count_nonzero(sure) < 200
    left = sum(run.points(name).astype(int) for name in remaining)
    ways = [
        (a, b, c) for a in (20, 0, 10) for b in (50, 25, 0) for c in (100, 45, 0)
    ]  # as the card has them
    for person in range(200):
        fitting = [each for each in ways if sum(each) == left[person]]
        assert (len(fitting) == 1) == sure[person]
        held = tuple(int(run.points(name)[person]) for name in remaining)
        assert held in fitting


def test_platforms_without_the_requester_learn_nothing_more(made: Path) -> None:
    account = together(made, *PLATFORMS[:-1])
    assert list(account.row) == ["nothing", "size"]


def test_all_platforms_add_the_total_up(made: Path) -> None:
    account = together(made, *PLATFORMS)
    assert list(account.row) == [*ANSWER, "points", "columns"]
    assert account.row["total"].how == "follows"
    assert "by adding up all points" in sentences(account)


@pytest.mark.parametrize("others", [(), ("desk",)])
def test_from_all_who_hold_the_data_nothing_is_hidden(others: tuple[str], made: Path) -> None:
    account = together(made, *PLATFORMS, *others)
    assert account.row["columns"] == Cell("own data", PLATFORMS, TOY_PEOPLE)
    assert "everything: every column of wallet, marketplace" in sentences(account)
    page = text_of(ledger(open_run(made), (*PLATFORMS, *others)))
    assert "○ all 8 ○ all 8" in page
    assert "○ their own" in page
    assert "own data" not in {each.how for each in together(made, *PLATFORMS[1:], "desk").learned}


def test_what_members_tell_each_other_is_not_learned_from_outside(made: Path) -> None:
    account = together(made, *PLATFORMS, "desk")
    assert "shown in the clear" not in sentences(account)
    assert account.saw == ()


def test_the_holder_of_a_key_and_the_aggregator_read_everybody(tmp_path: Path) -> None:
    made = make_run(tmp_path, "bfv-sum")
    desk = alone(made)["desk"]
    assert any("if wallet passed them on: desk has the key" in each for each in desk.could_decrypt)
    assert "what is in 1 ciphertext" in sentences(desk)
    account = together(made, "wallet", "desk")
    assert account.row["points"].how == "key"
    assert account.row["points"].of == PLATFORMS[1:]
    assert "it promises nothing against these together" in sentences(account)
    assert list(together(made, "games", "desk").row) == [*ANSWER, "points"]
    assert together(made, "games", "desk").row["points"].how == "follows"  # thin files


def test_a_platform_that_was_lost_is_known_to_count_as_missing(tmp_path: Path) -> None:
    people = tmp_path / "people.txt"
    people.write_text("\n".join(f"p{n:03d}" for n in range(200)))
    made = make_run(
        tmp_path, "masked-sum", edit=policy(dropout="neutral"), lost={"games": 0}, people=people
    )
    evidence = gather(open_run(made))
    members = frozenset([*PLATFORMS, "desk"]) - {"games", "utility"}
    answer = tuple(disclosed(evidence, frozenset(["desk"])))
    (conclusion,) = follows(evidence, members, answer)
    assert conclusion.of == ("utility",)
    assert "for 200 of 200 people" in conclusion.sentence
    check = check_outlines(gather(open_run(made)))
    assert not check.made
    assert "platforms were lost" in check.says
