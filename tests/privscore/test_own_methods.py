"""Methods from files outside: one opens a tier alone, one leaves shares that a question opens.

They run through the commands as they stand; no file of the package knows of them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from privscore import methods
from privscore.cli import app
from privscore.runs.folder import open_run

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[1] / "samples"
TIER_ONLY, LEFT = SAMPLES / "tier_only.py", SAMPLES / "left_as_shares.py"
BROKER = '[[party]]\nid = "broker"\nroles = ["aggregator"]\n\n'


@pytest.fixture(autouse=True)
def forget_loaded_methods() -> Iterator[None]:
    before = dict(methods._loaded)
    yield
    methods._loaded.clear()
    methods._loaded.update(before)


def call(*words: object) -> str:
    """What a command prints; it must end well."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy's folder, with a file for each of the two methods beside its own."""
    folder = tmp_path_factory.mktemp("own") / "toy"
    call("init", folder)
    text = (folder / "consortium.toml").read_text()
    reveal = next(line for line in text.splitlines() if line.startswith("reveal"))
    with_broker = text.replace("[scorecard]", BROKER + "[scorecard]", 1)
    tier = with_broker.replace(reveal, 'reveal = { desk = "tier", broker = "total" }')
    (folder / "tier.toml").write_text(tier)
    (folder / "left.toml").write_text(text.replace(reveal, 'reveal = { desk = "total" }'))
    return folder


@pytest.fixture(scope="module")
def tier_run(toy: Path) -> Path:
    call("run", toy / "tier.toml", "--method", TIER_ONLY, "--out", toy / "tier-run")
    return toy / "tier-run"


@pytest.fixture(scope="module")
def clear_scores(toy: Path) -> dict[str, dict[str, str]]:
    """What the plaintext method says of everybody."""
    call("run", toy / "consortium.toml", "--method", "clear", "--out", toy / "clear-run")
    return scores(toy / "clear-run")


@pytest.fixture
def left_run(toy: Path, tmp_path: Path) -> Path:
    call("run", toy / "left.toml", "--method", LEFT, "--out", tmp_path / "run")
    return tmp_path / "run"


def scores(run: Path) -> dict[str, dict[str, str]]:
    with (run / "desk" / "scores.csv").open() as file:
        return {row["person"]: row for row in csv.DictReader(file)}


def test_the_tier_is_that_of_the_plaintext_and_nothing_else_is_opened(
    tier_run: Path, clear_scores: dict[str, dict[str, str]]
) -> None:
    answers = scores(tier_run)
    assert set(next(iter(answers.values()))) == {"person", "tier"}
    tiers = {person: row["tier"] for person, row in answers.items()}
    assert tiers == {person: row["tier"] for person, row in clear_scores.items()}


def test_the_ledger_of_the_tier(tier_run: Path) -> None:
    ledger = json.loads(call("ledger", tier_run, "--method", TIER_ONLY, "--json"))
    rows = {party["members"][0]: set(party["row"]) for party in ledger["parties"]}
    assert rows["desk"] == {"size", "decision", "tier"}
    assert "total" in rows["broker"]
    assert rows["wallet"] == {"nothing", "size"}


def test_the_sheet_names_the_tier(tier_run: Path) -> None:
    sheet = json.loads(
        call("explain", tier_run, "--person", "p007", "--method", TIER_ONLY, "--json")
    )
    assert (sheet["score"], sheet["tier"]["name"]) == (None, "good")


@pytest.mark.parametrize(("file", "method"), [("tier.toml", TIER_ONLY), ("left.toml", LEFT)])
def test_compare_runs_it_beside_the_plaintext(toy: Path, file: str, method: Path) -> None:
    page = json.loads(call("compare", toy / file, "--methods", f"clear,{method}", "--json"))
    states = {row["method"]: row["state"] for row in page["rows"]}
    assert set(states.values()) == {"ran"}
    changes = [row["measured"]["tier_changes"] for row in page["rows"]]
    assert changes == [0, 0 if method == TIER_ONLY else None]


def test_shares_stay_with_two_parties_and_nobody_is_told_anything(left_run: Path) -> None:
    run = open_run(left_run)
    kept = {path.parts[-3] for path in left_run.glob("*/left/share.npy")}
    assert kept == {"wallet", "marketplace"}
    assert not list(left_run.glob("*/scores.csv"))
    shares = [np.load(left_run / name / "left" / "share.npy") for name in sorted(kept)]
    totals = sum(run.points(name) for name in run.agreement.data_parties)
    assert np.array_equal(
        (shares[0] + shares[1]).view(shares[0].dtype.str.replace("u", "i")), totals
    )


def test_a_question_opens_one_row_and_stands_in_the_ledger(
    left_run: Path, clear_scores: dict[str, dict[str, str]]
) -> None:
    before = json.loads(call("ledger", left_run, "--method", LEFT, "--json"))
    sheet = json.loads(call("explain", left_run, "--person", "p007", "--method", LEFT, "--json"))
    (answer,) = sheet["asked"]
    assert (answer["party"], answer["fact"]) == ("desk", "total")
    assert answer["value"] == clear_scores["p007"]["score"]
    after = json.loads(call("ledger", left_run, "--method", LEFT, "--json"))
    desk = [
        {party["members"][0]: party for party in page["parties"]}["desk"]["row"]
        for page in (before, after)
    ]
    assert "total" not in desk[0]
    assert desk[1]["total"]["people"] == 1


def test_every_question_is_a_session_of_its_own(left_run: Path) -> None:
    for person in ("p007", "p007", "p011"):
        call("explain", left_run, "--person", person, "--method", LEFT)
    run = open_run(left_run)
    sessions = [view.session for place, view in run.sessions("desk") if place.phase == "question"]
    assert len(set(sessions)) == 3
    ledger = json.loads(call("ledger", left_run, "--method", LEFT, "--json"))
    desk = next(party for party in ledger["parties"] if party["members"] == ["desk"])
    assert desk["row"]["total"]["people"] == 3


def test_a_run_by_a_method_that_is_not_known_is_refused_in_words(left_run: Path) -> None:
    methods._loaded.clear()
    result = CliRunner().invoke(app, ["ledger", str(left_run)])
    assert "left-as-shares" in str(result.exception)


def test_a_file_without_a_method_is_refused(tmp_path: Path, toy: Path) -> None:
    (tmp_path / "empty.py").write_text("x = 1\n")
    words = ["run", str(toy / "left.toml"), "--method", str(tmp_path / "empty.py"), "--out", "x"]
    result = CliRunner().invoke(app, words)
    assert "the file has no METHOD" in str(result.exception)


THREE_NODES = SAMPLES / "three_node_sum.py"
NODES = "".join(f'[[party]]\nid = "node{n}"\nroles = ["compute"]\n\n' for n in (1, 2, 3))
BANK = '[[party]]\nid = "bank"\nroles = ["requester"]\n\n'


def with_nodes(toy: Path, nodes: str) -> Path:
    """The toy with nodes that hold no data, and a second requester."""
    text = (toy / "consortium.toml").read_text()
    reveal = next(line for line in text.splitlines() if line.startswith("reveal"))
    text = text.replace("[scorecard]", nodes + BANK + "[scorecard]", 1)
    path = toy / f"nodes-{nodes.count('compute')}.toml"
    path.write_text(text.replace(reveal, 'reveal = { desk = "total", bank = "total" }'))
    return path


def test_three_nodes_serve_two_requesters(
    toy: Path, tmp_path: Path, clear_scores: dict[str, dict[str, str]]
) -> None:
    call("run", with_nodes(toy, NODES), "--method", THREE_NODES, "--out", tmp_path / "run")
    answers = scores(tmp_path / "run")
    assert {person: row["score"] for person, row in answers.items()} == {
        person: row["score"] for person, row in clear_scores.items()
    }
    bank, desk = (tmp_path / "run" / name / "scores.csv" for name in ("bank", "desk"))
    assert bank.read_bytes() == desk.read_bytes()
    page = json.loads(call("ledger", tmp_path / "run", "--method", THREE_NODES, "--json"))
    rows = {party["members"][0]: set(party["row"]) for party in page["parties"]}
    assert "total" in rows["desk"] & rows["bank"]
    assert rows["node1"] == rows["node2"] == {"nothing", "size"}
    assert not any(check["contradicts"] for check in page["checks"])
    nodes = ["ledger", tmp_path / "run", "--method", THREE_NODES, "--json", "--coalition"]
    together = json.loads(call(*nodes, "node1,node2,node3"))["together"]
    assert any("promises nothing" in fact["sentence"] for fact in together["learned"])
    two = json.loads(call(*nodes, "node1,node2"))["together"]
    assert not any("promises nothing" in fact["sentence"] for fact in two["learned"])


def test_one_requester_in_a_place_for_two_is_refused(toy: Path, tmp_path: Path) -> None:
    text = with_nodes(toy, NODES).read_text().replace(BANK, "").replace(', bank = "total"', "")
    path = toy / "one-requester.toml"
    path.write_text(text)
    words = ["run", path, "--method", THREE_NODES, "--out", tmp_path / "run"]
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert "is for 2 to 8 parties as requester, not 1" in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_show_draws_the_protocol_of_three_nodes() -> None:
    page = call("show", SAMPLES / "three_nodes.py")
    assert "NodeShare" in page
    assert "node1" in page
