"""Two requesters: the first asks, and each gets what the policy opens to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hidden_points import said
from ledger_runs import sentences, text_of
from mistakes_in_hidden_card import FIRM, HIDDEN
from sound_consortium import SOUND, write_sound

from privscore.compare import compare
from privscore.compare.coalitions import Coalitions, coalitions
from privscore.consortium import Consortium, load
from privscore.errors import Refused
from privscore.inspect.ledger import ledger
from privscore.inspect.sheet import explain
from privscore.methods import available, named
from privscore.methods.rules import objections
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job
from privscore.stats import statistics

SHOP = '[[party]]\nid = "shop"\nroles = ["requester"]\n\n[scorecard]'


def asking(folder: Path, desk: str = "score", shop: str = "score", text: str = SOUND) -> Consortium:
    """The sound consortium with a second requester, and what each may learn."""
    text = text.replace("[scorecard]\n", f"{SHOP}\n", 1)
    text = text.replace('desk = "score"', f'desk = "{desk}", shop = "{shop}"')
    return load(write_sound(folder, text))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run by `clear`, of which the first requester may learn tiers only."""
    folder = tmp_path_factory.mktemp("two")
    run_job(asking(folder, desk="tier"), named("clear"), folder / "run", workers=1)
    return folder


def test_the_first_in_file_order_asks(tmp_path: Path) -> None:
    agreement = asking(tmp_path).agreement
    assert agreement.requesters == ("desk", "shop")
    assert agreement.requester == "desk"


def test_the_first_requester_brings_the_list(tmp_path: Path) -> None:
    listed = SOUND.replace('id    = "desk"\n', 'id    = "desk"\npeople = "list.txt"\n')
    (tmp_path / "list.txt").write_text("".join(f"p{number}\n" for number in range(3, 58)))
    run_job(asking(tmp_path, text=listed), named("clear"), tmp_path / "run", workers=1)
    run = open_run(tmp_path / "run")
    assert run.record.people == 55
    assert run.people("desk") == run.people("shop") == [f"p{n}" for n in range(3, 58)]


def test_clear_shows_its_columns_to_both(played: Path) -> None:
    scores = [(played / "run" / name / "scores.csv").read_bytes() for name in ("desk", "shop")]
    assert scores[0] == scores[1]
    assert scores[0].count(b"\n") == 61


def test_the_ledger_has_an_account_of_both(played: Path) -> None:
    page = ledger(open_run(played / "run"))
    accounts = {account.members[0]: account for account in page.parties}
    for name in ("desk", "shop"):
        assert accounts[name].row["columns"].of == ("wallet", "bank", "market")
        assert f"as the output of {name} (worked out again by playing" in sentences(accounts[name])
    assert "people that a platform knows" in sentences(accounts["desk"])
    assert "people that a platform knows" not in sentences(accounts["shop"])
    assert not page.contradicted


def test_a_sheet_has_the_answer_of_the_first_requester_with_a_score(
    played: Path, tmp_path: Path
) -> None:
    sheet = explain(open_run(played / "run"), "p7")
    assert (sheet.requester, sheet.opens) == ("shop", "score")
    assert sheet.score is not None
    assert sheet.adds_up
    assert {"desk", "shop"} <= {*sheet.learned}
    run_job(asking(tmp_path), named("clear"), tmp_path / "run", workers=1)
    assert explain(open_run(tmp_path / "run"), "p7").requester == "desk"


def test_check_says_which_methods_have_no_place_for_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = said(capsys, "check", str(asking(tmp_path).path))
    assert shown["methods"]["secret-sum"] == [
        "secret-sum: secure-sum has one place for a requester, not 2"
    ]
    assert shown["warnings"] == [
        "no private method has places for these parties: `clear` alone can run"
    ]


def test_check_still_refuses_what_the_policy_forbids_to_every_method(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = said(capsys, "check", str(asking(tmp_path, shop="tier").path))["error"]
    assert "opens the total to shop; the policy allows tier" in error["cause"]


@pytest.mark.parametrize("name", [name for name in available() if name != "clear"])
def test_a_method_with_one_place_for_a_requester_is_refused_in_words(
    name: str, tmp_path: Path
) -> None:
    needs_hidden = name == "bfv-hidden-card"
    consortium = asking(tmp_path, text=HIDDEN if needs_hidden else SOUND)
    (reason,) = objections(named(name), consortium.agreement)
    assert reason.endswith("has one place for a requester, not 2")
    with pytest.raises(Refused, match="has one place for a requester, not 2"):
        run_job(consortium, named(name), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_comparison_names_both_and_refuses_the_others_in_words(tmp_path: Path) -> None:
    consortium = asking(tmp_path)
    comparison = compare(consortium, ["secret-sum"])
    assert (comparison.requester, comparison.requesters) == ("desk", ("desk", "shop"))
    clear, private = comparison.rows
    assert clear.state == "ran"
    assert clear.learns == {"desk": "columns", "shop": "columns"}
    assert (private.state, private.measured) == ("refused", None)
    assert "has one place for a requester, not 2" in private.why
    page = text_of(comparison)
    assert "desk asks, shop is answered too" in page
    assert "any without desk or shop" in page
    assert "learns.shop" in comparison.csv()


def test_of_clear_each_requester_is_harmful_alone(tmp_path: Path) -> None:
    agreement = asking(tmp_path).agreement
    assert coalitions(named("clear"), agreement) == Coalitions(5, 0, (("desk",), ("shop",)))


def test_statistics_are_for_the_requester_that_asks(tmp_path: Path) -> None:
    text = SOUND.replace("min_people = 50", "min_people = 5")
    population = statistics(asking(tmp_path, text=text))
    assert population.requester == "desk"
    assert sum(cell.people for cell in population.scores) == 60
    assert population.learned["wallet, bank, market and shop"] == "whom the job is about"


def test_a_second_requester_may_not_own_hidden_points(tmp_path: Path) -> None:
    text = HIDDEN.replace('owner = "firm"', 'owner = "shop"').replace(FIRM, "")
    with pytest.raises(Refused, match="shop owns the hidden points and sees the totals"):
        asking(tmp_path, text=text)
