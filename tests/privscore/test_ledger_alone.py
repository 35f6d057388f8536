"""What each party learned by itself, from every method and with leaks that a file accepts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ledger_runs import ANSWER, PLATFORMS, alone, central_run, listed_run, sentences, toy_run
from saved_runs import make_run

from privscore import scenarios
from privscore.consortium import load
from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.inspect.ledger import gather
from privscore.inspect.ledger.inference import uniquely_determined
from privscore.methods import available
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made() -> Path:
    return toy_run()


@pytest.fixture(scope="module")
def listed() -> Path:
    return listed_run()


@pytest.fixture(scope="module")
def central() -> Path:
    return central_run()


def test_platforms_learn_the_size_and_nothing_on_the_scale(made: Path) -> None:
    by_party = alone(made)
    for name in PLATFORMS:
        assert list(by_party[name].row) == ["nothing", "size"]
        assert "people that the job is about, shown in the clear by desk" in sentences(
            by_party[name]
        )


def test_the_requester_learns_the_total_and_nobodys_points(listed: Path) -> None:
    desk = alone(listed)["desk"]
    assert list(desk.row) == ANSWER
    assert "the total of each of 200 people, and so score, tier and decision" in sentences(desk)
    assert "by playing its role again on what it saw" in sentences(desk)


def test_the_central_database_learns_everything(central: Path) -> None:
    by_party = alone(central)
    assert list(by_party["desk"].row) == [*ANSWER, "points", "columns"]
    assert by_party["desk"].row["columns"].of == PLATFORMS
    for name in PLATFORMS:
        assert list(by_party[name].row) == ["nothing", "size"]


def test_the_union_taken_in_the_open_is_reported_and_a_list_is_not(
    made: Path, listed: Path
) -> None:
    union = "no list was given, so the union was taken in the open"
    assert union in sentences(alone(made)["desk"])
    assert all(union not in sentences(alone(made)[name]) for name in PLATFORMS)
    assert union not in sentences(alone(listed)["desk"])


def test_a_total_and_who_is_known_where_give_thin_files_away(tmp_path: Path) -> None:
    """Who is known to one platform only has all other points by `missing`."""
    scenarios.write("toy", tmp_path / "toy")
    with (tmp_path / "toy/games.csv").open("a", encoding="utf-8") as file:
        file.write("zoe,0\n")
    made = make_run(tmp_path)
    evidence = gather(open_run(made))
    sure = uniquely_determined(evidence, frozenset(["desk"]), PLATFORMS)
    points = alone(made)["desk"].row["points"]
    assert (points.how, points.people) == ("follows", np.count_nonzero(sure))
    assert "given whom each platform knows" in sentences(alone(made)["desk"])
    known_to = np.stack([evidence.known[name] for name in PLATFORMS]).sum(axis=0)
    assert open_run(made).people("desk")[0] == "zoe"
    assert known_to[0] == 1
    assert sure[0]
    assert not sure[known_to == len(PLATFORMS)].any()


@pytest.mark.parametrize("method", [m.name for m in available().values()])
def test_no_party_learns_more_than_the_method_states(method: str, tmp_path: Path) -> None:
    people = tmp_path / "people.txt"
    people.write_text("\n".join(f"p{n:03d}" for n in range(60)))
    try:
        made = make_run(tmp_path, method, people=people)
    except Refused as refusal:
        pytest.skip(f"the toy consortium is not for {method}: {refusal.cause}")
    run = open_run(made)
    for name, standing in alone(made).items():
        opens = run.method.opens(run.agreement, name)
        told = [each.fact for each in standing.learned if each.fact and each.how != "follows"]
        steps = [Fact.named(fact) for fact in told if fact != "size"]
        assert max(steps, default=Fact.NOTHING) <= opens
        if name == run.agreement.requester:
            assert max(steps) == opens


# Leaks that a file accepts. -----------------------------------------------------------------------


def requester_with_data(text: str) -> str:
    """The wallet asks for the scores itself."""
    desk = '[[party]]\nid    = "desk"\nroles = ["requester"]\n'
    assert desk in text
    text = text.replace(desk, "").replace('["data"]', '["data", "requester"]', 1)
    return text.replace("{ desk =", "{ wallet =").replace(
        "[policy]", "[policy]\naccept_output_leak = true"
    )


def test_a_requester_with_data_subtracts_its_own_part(tmp_path: Path) -> None:
    wallet = alone(make_run(tmp_path, edit=requester_with_data))["wallet"]
    assert list(wallet.row)[: len(ANSWER)] == ANSWER
    others = "marketplace, social, dating, rides, telecom, games and utility"
    assert f"the sum of the points of {others}: the total minus the points of wallet" in sentences(
        wallet
    )


def test_of_two_platforms_a_requester_with_data_learns_the_others_points(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("person,x\n" + "".join(f"p{n},{n % 7}\n" for n in range(60)))
    (tmp_path / "b.csv").write_text("person,y\n" + "".join(f"p{n},{n % 5}\n" for n in range(60)))
    file = tmp_path / "two.toml"
    file.write_text(
        """
schema = "privscore/consortium@1"
name = "two"
purpose = "Show that two are too few."
party = [
    { id = "left", roles = ["data", "requester"], table = "a.csv" },
    { id = "right", roles = ["data"], table = "b.csv" },
]
[scorecard]
base = 0
characteristic = [
    { column = "left.x", bins = [1, 2, 3], points = [0, 10, 20, 30] },
    { column = "right.y", bins = [1, 2, 3], points = [0, 10, 20, 30] },
]
[policy]
reveal = { left = "score" }
accept_output_leak = true
"""
    )
    out = tmp_path / "run"
    run_job(load(file), available()["secret-sum"], out)
    account = alone(out)["left"]
    assert account.row["points"].of == ("right",)
    assert "the points of right, by subtraction" in sentences(account)
    assert "for 60 of 60 people" in sentences(account)
