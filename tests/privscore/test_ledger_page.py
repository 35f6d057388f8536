"""The ledger as a page and as JSON: its matrix, its checks, and what it never says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from ledger_runs import PLATFORMS, central_run, text_of, toy_run
from saved_runs import make_run
from toy_consortium import policy

from privscore.cli import main
from privscore.errors import Refused
from privscore.inspect.ledger import Ledger, ledger, members_of
from privscore.inspect.ledger.account import FACTS
from privscore.inspect.ledger.checks.value_scan import RUN
from privscore.runs.folder import open_run
from protocols.sharing import secure_sum

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made() -> Path:
    return toy_run()


@pytest.fixture(scope="module")
def central() -> Path:
    return central_run()


@pytest.fixture(scope="module")
def page(made: Path) -> Ledger:
    return ledger(open_run(made))


def test_the_matrix_has_a_line_for_every_party_and_a_column_for_every_fact(page: Ledger) -> None:
    assert [each.members for each in page.parties] == [(name,) for name in (*PLATFORMS, "desk")]
    text = text_of(page)
    for fact in FACTS:
        assert fact in text
    assert "● was told" in text


def test_nothing_found_is_never_printed_as_learned_nothing(page: Ledger, central: Path) -> None:
    for shown in (page, ledger(open_run(central), ("wallet", "games"))):
        text = text_of(shown).lower()
        assert "learned nothing" not in text
        assert "that is no proof that nothing was learned" in text


def test_the_page_names_the_checks_and_what_they_found(page: Ledger) -> None:
    assert [(each.name, each.made, each.contradicts) for each in page.checks] == [
        ("outlines", True, False),
        ("small ring", True, False),
        ("scan", True, False),
    ]
    says = {each.name: each.says for each in page.checks}
    assert "the same job about made-up data" in says["outlines"]
    assert "secure-sum: 6 coalitions of 2 platforms over 8 elements" in says["small ring"]
    assert "every integer and float encoding" in says["scan"]


def test_the_page_says_which_checks_could_not_be_made(tmp_path: Path) -> None:
    outline = ledger(open_run(make_run(tmp_path, "clear", recording="outline")))
    assert {each.name: each.made for each in outline.checks} == {
        "outlines": True,
        "small ring": False,
        "scan": False,
    }
    assert "not made: the recording is an outline" in text_of(outline)
    people = tmp_path / "few.txt"
    people.write_text("".join(f"p{n:03d}\n" for n in range(RUN - 1)), encoding="utf-8")
    result = ledger(open_run(make_run(tmp_path, people=people, edit=policy(min_people=3))))
    assert {each.name: each.made for each in result.checks}["scan"] is False
    assert f"not made: fewer than {RUN} people" in text_of(result)
    assert "clear gives everything away and satisfies no policy" in text_of(outline)


def test_the_page_says_what_the_protocol_declares(page: Ledger) -> None:
    assert page.leakage == {"secure-sum": secure_sum.SPEC.leakage}
    assert secure_sum.SPEC.leakage in text_of(page)


def two_contested_one_on(text: str) -> str:
    for reason in ("R05", "R08"):
        text = text.replace(f'reason  = "{reason}', f'contested = true\nreason  = "{reason}')
    return text.replace("[scorecard]", '[scorecard]\ncontested = ["reports"]', 1)


def test_contested_characteristics_are_named_on_and_off(tmp_path: Path) -> None:
    result = ledger(open_run(make_run(tmp_path, edit=two_contested_one_on)))
    assert (result.contested, result.off) == (("reports",), ("disputes",))
    assert "Contested characteristics in this score: reports." in text_of(result)
    assert "Contested and turned off: disputes." in text_of(result)


def test_the_command_prints_the_same_as_json(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ledger", str(made), "--coalition", "desk, wallet,desk", "--json"]
    monkeypatch.setattr(sys, "argv", ["privscore", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["together"]["members"] == ["wallet", "desk"]
    assert [each["members"] for each in shown["parties"]] == [["wallet"], ["desk"]]
    assert shown["together"]["row"]["total"]["how"] == "output"


def test_a_coalition_that_does_not_exist_is_refused(made: Path) -> None:
    run = open_run(made)
    with pytest.raises(Refused, match="called 'marketplaze'") as refused:
        members_of(run, "wallet,marketplaze")
    assert "Did you mean `marketplace`?" in refused.value.fix
    for nobody in ("", " , ,"):
        with pytest.raises(Refused, match="names nobody"):
            members_of(run, nobody)
