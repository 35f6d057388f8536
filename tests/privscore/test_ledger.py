"""The ledger: who learned what in a run, what follows for a coalition, and what contradicts it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from saved_runs import TOY_PEOPLE, copied, make_run, reseal

from privscore import methods, scenarios
from privscore.cli import main
from privscore.consortium import load
from privscore.consortium.agreement import Agreement
from privscore.consortium.policy import Fact
from privscore.errors import Refused
from privscore.ledger import Ledger, Standing, accounts, gather, ledger, members_of
from privscore.ledger.checks import check_outlines
from privscore.ledger.declared import small_ring
from privscore.ledger.facts import FACTS, Cell
from privscore.ledger.follows import follows, spelled_out
from privscore.ledger.scan import RUN, scan
from privscore.ledger.told import told
from privscore.methods import available
from privscore.methods.base import Kept, LocalData, Seat
from privscore.methods.secret_sum import SecretSum
from privscore.reading import RunFolder, open_run
from privscore.runtime.memory import run_job
from protocols.core.cost import Declared
from protocols.core.message import ANY_SHAPE, SHARE, Message, opened
from protocols.core.party import Party, Role
from protocols.core.ring import Vec
from protocols.core.spec import load_spec
from protocols.sharing import secure_sum

ROOT = Path(__file__).resolve().parents[2]
CREDIT = ROOT / "../shared/data/credit/UCI_Credit_Card.csv"
PLATFORMS = ("wallet", "marketplace", "social", "dating", "rides", "telecom", "games", "utility")
ANSWER = ["size", "decision", "tier", "score", "total"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run about the requester's own list, so that nobody is told whom a platform knows."""
    folder = tmp_path_factory.mktemp("runs")
    people = folder / "people.txt"
    people.write_text("\n".join(f"p{n:03d}" for n in range(200)))
    return make_run(folder, people=people)


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs"), "clear")


@pytest.fixture(scope="module")
def page(made: Path) -> Ledger:
    return ledger(open_run(made))


def alone(run: Path) -> dict[str, Standing]:
    """What each party learned, without any check."""
    found = accounts(gather(open_run(run)))
    return {each.members[0]: each for each in found.parties}


def together(run: Path, *members: str) -> Standing:
    found = accounts(gather(open_run(run)), members).together
    assert found is not None
    return found


def for_three(text: str) -> str:
    return text.replace("min_people = 50", "min_people = 3")


def sentences(standing: Standing) -> str:
    return "\n".join(each.sentence for each in standing.learned)


def text_of(what: object) -> str:
    """A page as it is printed, without its borders and line ends."""
    console = Console(width=100)
    with console.capture() as captured:
        console.print(what)
    return re.sub(r"[\s│]+", " ", captured.get())


# One party alone. ---------------------------------------------------------------------------------


def test_platforms_learn_the_size_and_nothing_on_the_scale(made: Path) -> None:
    found = alone(made)
    for name in PLATFORMS:
        assert list(found[name].row) == ["nothing", "size"]
        assert "people that the job is about, shown in the clear by desk" in sentences(found[name])


def test_the_requester_learns_the_total_and_nobodys_points(listed: Path) -> None:
    desk = alone(listed)["desk"]
    assert list(desk.row) == ANSWER
    assert "the total of each of 200 people, and so score, tier and decision" in sentences(desk)
    assert "by playing its role again on what it saw" in sentences(desk)


def test_the_central_database_learns_everything(central: Path) -> None:
    found = alone(central)
    assert list(found["desk"].row) == [*ANSWER, "points", "columns"]
    assert found["desk"].row["columns"].of == PLATFORMS
    for name in PLATFORMS:
        assert list(found[name].row) == ["nothing", "size"]


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
    sure = spelled_out(evidence, frozenset(["desk"]), PLATFORMS)
    points = alone(made)["desk"].row["points"]
    assert (points.how, points.people) == ("follows", np.count_nonzero(sure))
    assert "given whom each platform knows" in sentences(alone(made)["desk"])
    known_to = np.stack([evidence.known[name] for name in PLATFORMS]).sum(axis=0)
    assert open_run(made).people("desk")[0] == "zoe"
    assert known_to[0] == 1
    assert sure[0]
    assert not sure[known_to == len(PLATFORMS)].any()


def test_an_outline_says_less_but_the_same_on_the_scale(tmp_path: Path) -> None:
    found = alone(make_run(tmp_path, recording="outline"))
    assert list(found["desk"].row) == ANSWER
    assert "from its scores, which nothing clips" in sentences(found["desk"])
    assert list(found["wallet"].row) == ["nothing", "size"]


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


# Coalitions. --------------------------------------------------------------------------------------


def test_all_platforms_but_one_and_the_requester_learn_the_last_ones_points(listed: Path) -> None:
    for last in ("wallet", "utility"):
        found = together(listed, *(name for name in PLATFORMS if name != last), "desk")
        assert found.row["points"].of == (last,)
        assert found.row["points"].how == "follows"
        assert found.row["points"].people == 200
        assert f"the points of {last}, by subtraction" in sentences(found)
        assert "for 200 of 200 people" in sentences(found)


def test_two_platforms_left_are_a_sum_that_may_spell_both_out(listed: Path) -> None:
    found = together(listed, *PLATFORMS[:-2], "desk")
    assert "the sum of the points of games and utility: the total minus" in sentences(found)
    assert found.row["points"].of == ("games", "utility")  # 0, 25, 50 and 0, 45, 100 never collide
    assert found.row["points"].people == 200
    found = together(listed, "wallet", *PLATFORMS[3:], "desk")
    assert "the sum of the points of marketplace and social: the total minus" in sentences(found)
    assert found.row["points"].people < 200  # 30 and 0 are as much as 0 and 30


def test_what_is_spelled_out_is_what_the_platforms_hold(listed: Path) -> None:
    evidence = gather(open_run(listed))
    run, rest = evidence.run, ("dating", "games", "utility")
    sure = spelled_out(evidence, frozenset([*PLATFORMS, "desk"]) - {*rest}, rest)
    assert 0 < np.count_nonzero(sure) < 200
    left = sum(run.points(name).astype(int) for name in rest)
    ways = [
        (a, b, c) for a in (20, 0, 10) for b in (50, 25, 0) for c in (100, 45, 0)
    ]  # as the card has them
    for person in range(200):
        fitting = [each for each in ways if sum(each) == left[person]]
        assert (len(fitting) == 1) == sure[person]
        held = tuple(int(run.points(name)[person]) for name in rest)
        assert held in fitting


def test_platforms_without_the_requester_learn_nothing_more(made: Path) -> None:
    found = together(made, *PLATFORMS[:-1])
    assert list(found.row) == ["nothing", "size"]


def test_all_platforms_add_the_total_up(made: Path) -> None:
    found = together(made, *PLATFORMS)
    assert list(found.row) == [*ANSWER, "points", "columns"]
    assert found.row["total"].how == "follows"
    assert "by adding up all points" in sentences(found)


@pytest.mark.parametrize("others", [(), ("desk",)])
def test_from_all_who_hold_the_data_nothing_is_hidden(others: tuple[str], made: Path) -> None:
    found = together(made, *PLATFORMS, *others)
    assert found.row["columns"] == Cell("brought", PLATFORMS, TOY_PEOPLE)
    assert "everything: every column of wallet, marketplace" in sentences(found)
    page = text_of(ledger(open_run(made), (*PLATFORMS, *others)))
    assert "○ all 8 ○ all 8" in page
    assert "○ their own" in page
    assert "brought" not in {each.how for each in together(made, *PLATFORMS[1:], "desk").learned}


def test_what_members_tell_each_other_is_not_learned_from_outside(made: Path) -> None:
    found = together(made, *PLATFORMS, "desk")
    assert "shown in the clear" not in sentences(found)
    assert found.saw == ()


def test_the_holder_of_a_key_and_the_aggregator_read_everybody(tmp_path: Path) -> None:
    made = make_run(tmp_path, "bfv-sum")
    desk = alone(made)["desk"]
    assert any("if wallet passed them on: desk has the key" in each for each in desk.could)
    assert "what is in 1 ciphertext" in sentences(desk)
    found = together(made, "wallet", "desk")
    assert found.row["points"].how == "key"
    assert found.row["points"].of == PLATFORMS[1:]
    assert "it promises nothing against these together" in sentences(found)
    assert list(together(made, "games", "desk").row) == [*ANSWER, "points"]
    assert together(made, "games", "desk").row["points"].how == "follows"  # thin files


def test_a_platform_that_was_lost_is_known_to_count_as_missing(tmp_path: Path) -> None:
    def surviving(text: str) -> str:
        return text.replace("[policy]", '[policy]\ndropout = "neutral"')

    people = tmp_path / "people.txt"
    people.write_text("\n".join(f"p{n:03d}" for n in range(200)))
    made = make_run(tmp_path, "masked-sum", edit=surviving, lost={"games": 0}, people=people)
    evidence = gather(open_run(made))
    members = frozenset([*PLATFORMS, "desk"]) - {"games", "utility"}
    answer = tuple(told(evidence, frozenset(["desk"])))
    (found,) = follows(evidence, members, answer)
    assert found.of == ("utility",)
    assert "for 200 of 200 people" in found.sentence
    check = check_outlines(gather(open_run(made)))
    assert not check.made
    assert "platforms were lost" in check.says


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
    found = alone(out)["left"]
    assert found.row["points"].of == ("right",)
    assert "the points of right, by subtraction" in sentences(found)
    assert "for 60 of 60 people" in sentences(found)


# The page. ----------------------------------------------------------------------------------------


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
    few = ledger(open_run(make_run(tmp_path, people=people, edit=for_three)))
    assert {each.name: each.made for each in few.checks}["scan"] is False
    assert f"not made: fewer than {RUN} people" in text_of(few)
    assert "clear gives everything away and satisfies no policy" in text_of(outline)


def test_the_page_says_what_the_protocol_declares(page: Ledger) -> None:
    assert page.leakage == {"secure-sum": secure_sum.SPEC.leakage}
    assert secure_sum.SPEC.leakage in text_of(page)


def two_contested_one_on(text: str) -> str:
    for reason in ("R05", "R08"):
        text = text.replace(f'reason  = "{reason}', f'contested = true\nreason  = "{reason}')
    return text.replace("[scorecard]", '[scorecard]\ncontested = ["reports"]', 1)


def test_contested_characteristics_are_named_on_and_off(tmp_path: Path) -> None:
    found = ledger(open_run(make_run(tmp_path, edit=two_contested_one_on)))
    assert (found.contested, found.off) == (("reports",), ("disputes",))
    assert "Contested characteristics in this score: reports." in text_of(found)
    assert "Contested and turned off: disputes." in text_of(found)


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
    assert "Did you mean `marketplace`?" in refused.value.mend
    for nobody in ("", " , ,"):
        with pytest.raises(Refused, match="names nobody"):
            members_of(run, nobody)


# What contradicts a ledger. -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Note(Message):
    """What a method should not send; it calls itself a share."""

    carries = SHARE
    value: Vec


@dataclass(frozen=True, slots=True)
class Told(Message):
    """The same, and says so."""

    carries = opened("points")
    value: Vec


class Leaky(SecretSum):
    """secret-sum in which games tells wallet something beside."""

    name = "leaky"

    def __init__(self, kind: type[Note | Told], leak: Callable[[Vec], Vec]) -> None:
        self.kind, self.leak = kind, leak

    def shard(self, seat: Seat, data: LocalData) -> Role[Kept | None] | None:
        """The sound part, and a message more from games to wallet."""
        sound = super().shard(seat, data)
        assert sound is not None

        async def play(party: Party) -> Any:
            if seat.me == "games":
                assert data.points is not None
                party.send("wallet", self.kind(self.leak(data.points.astype(np.uint32))))
            if seat.me == "wallet":
                await party.receive("games", self.kind, like={"value": ANY_SHAPE})
            return await sound(party)

        return play

    def cost(self, agreement: Agreement, people: int) -> Mapping[str, Declared]:
        """That of the sound one."""
        return super().cost(agreement, people)


def leaky_run(method: Leaky, folder: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    known = {**available(), method.name: method}
    monkeypatch.setattr(methods, "available", lambda: known)
    out = folder / "run"
    run_job(load(scenarios.write("toy", folder / "toy")), method, out)
    return open_run(out)


def test_values_that_call_themselves_shares_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = leaky_run(Leaky(Note, lambda points: points), tmp_path, monkeypatch)
    evidence = gather(run)
    found = accounts(evidence, hits=scan(evidence))
    wallet = {each.members[0]: each for each in found.parties}["wallet"]
    assert wallet.row["points"].how == "found"
    assert wallet.row["points"].of == ("games",)


def test_a_size_that_depends_on_values_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = leaky_run(Leaky(Note, lambda points: points[points == 0]), tmp_path, monkeypatch)
    check = check_outlines(gather(run))
    assert check.made
    assert check.contradicts
    assert "wallet, shard-00000" in check.says
    assert "games, shard-00000" not in check.says


def test_values_in_the_clear_are_accounted_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = leaky_run(Leaky(Told, lambda points: points), tmp_path, monkeypatch)
    evidence = gather(run)
    found = accounts(evidence, hits=scan(evidence))
    wallet = {each.members[0]: each for each in found.parties}["wallet"]
    assert wallet.row["points"].how == "message"
    assert "points, shown in the clear by games" in sentences(wallet)


def test_the_same_job_about_other_people_is_another_outline(made: Path, tmp_path: Path) -> None:
    """The check is not blind: a list of another length shows."""
    people = tmp_path / "people.txt"
    people.write_text("\n".join(f"person-{n:03d}" for n in range(200)))
    other = make_run(tmp_path, people=people)
    run = copied(made, tmp_path)
    mine, others = gather(open_run(run)), gather(open_run(other))
    changed = replace(mine, sessions=others.sessions)
    check = check_outlines(changed)
    assert check.contradicts
    assert "wallet, opening" in check.says


def test_a_protocol_that_is_safe_against_one_only_fails_the_small_ring() -> None:
    spec = load_spec(ROOT / "tests/broken/safe_against_one_only.py")
    made, leaks, says = small_ring(spec)
    assert made
    assert leaks
    assert "learned more than they should" in says


def test_a_view_that_no_role_could_have_had_is_said_to_be_one(made: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    view = run / "desk/view/shard-00000.json"
    record = json.loads(view.read_text())
    cut = record["events"].pop()
    view.write_text(json.dumps(record))
    bodies = view.with_suffix(".bodies")
    bodies.write_bytes(bodies.read_bytes()[: -cut["framing_bytes"] - cut["payload_bytes"]])
    reseal(run)
    output = gather(open_run(run)).output
    assert output.totals is None
    assert "waits for more than it saw" in output.how


# On the credit data. ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def credit(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The credit run by two methods, 30,000 people each."""
    if not CREDIT.exists():
        pytest.skip(f"{CREDIT} is not there")
    folder = tmp_path_factory.mktemp("credit")
    consortium = load(scenarios.write("credit", folder / "credit", CREDIT))
    for name in ("secret-sum", "clear"):
        run_job(consortium, available()[name], folder / name)
    return {name: folder / name for name in ("secret-sum", "clear")}


def test_on_the_credit_data_the_ledgers_differ_in_points_and_columns_of_the_requester(
    credit: dict[str, Path],
) -> None:
    private, central = alone(credit["secret-sum"]), alone(credit["clear"])
    platforms = open_run(credit["clear"]).agreement.data_parties
    assert len(platforms) == 8
    for name in platforms:
        assert private[name].row == central[name].row
        assert list(private[name].row) == ["nothing", "size"]
    assert list(private["desk"].row) == ANSWER
    assert list(central["desk"].row) == [*ANSWER, "points", "columns"]
    assert central["desk"].row["columns"].of == platforms
    assert central["desk"].row["columns"].people == 30_000
    assert "every column that the card looks at" not in sentences(private["desk"])


def test_on_the_credit_data_seven_platforms_and_the_requester_learn_the_eighths_points(
    credit: dict[str, Path],
) -> None:
    *seven, eighth = open_run(credit["secret-sum"]).agreement.data_parties
    found = together(credit["secret-sum"], *seven, "desk")
    assert found.row["points"].of == (eighth,)
    assert found.row["points"].how == "follows"
    assert "for 30,000 of 30,000 people" in sentences(found)
    assert "points" not in together(credit["secret-sum"], *seven).row
