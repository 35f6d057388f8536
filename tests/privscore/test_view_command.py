"""What one party saw: every message in order, its values, and what they hide beside them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from saved_runs import TOY_PEOPLE, make_run
from toy_consortium import policy

from privscore.cli import main
from privscore.errors import Refused
from privscore.inspect.message import MessagePage, message_page
from privscore.inspect.view import view_page
from privscore.runs.folder import RunFolder, open_run
from privscore.text.histogram import ROWS, SideBySide, histogram

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return open_run(make_run(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return open_run(make_run(tmp_path_factory.mktemp("runs"), "clear"))


def number_of(run: RunFolder, party: str, name: str, sender: str) -> int:
    """The number of the message of this name from this sender."""
    lines = view_page(run, party).lines
    return next(each.number for each in lines if (each.name, each.sender) == (name, sender))


def text_of(page: object) -> str:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(page)
    return captured.get()


def test_the_list_has_every_message_of_every_session_in_order(run: RunFolder) -> None:
    page = view_page(run, "wallet")
    seen = [(line.session, line.sender, line.name) for line in page.lines]
    others = [name for name in run.agreement.party_ids if name != "wallet"]
    platforms = [name for name in run.agreement.data_parties if name != "wallet"]
    told = ("Wanted", "PeopleCount", "Parts", "PeopleList")
    assert seen[: len(others)] == [("greet", name, "Greeting") for name in others]
    assert seen[len(others) : -len(platforms)] == [("people", "desk", name) for name in told]
    assert seen[-len(platforms) :] == [("shard-00000", name, "Share") for name in platforms]
    assert [line.number for line in page.lines] == list(range(1, len(seen) + 1))


def test_each_message_says_what_it_carries(run: RunFolder) -> None:
    lines = view_page(run, "wallet").lines
    carries = {line.name: (line.carries, line.what) for line in lines}
    assert carries["Share"] == ("share", "")
    assert carries["PeopleList"] == ("opened", "PEOPLE")
    assert carries["Greeting"] == ("public", "")
    text = text_of(view_page(run, "wallet"))
    assert "secure_sum: Share" in text
    (said,) = {str(line.carried) for line in lines if line.name == "PeopleList"}
    assert said == "opened (people that the job is about)"
    assert "share: one of several values that give the secret only together" in text


@pytest.mark.parametrize("party", ["wallet", "desk"])
def test_the_list_accounts_for_every_byte_that_came_in(run: RunFolder, party: str) -> None:
    costs = list(run.record.costs[party].values())
    lines = view_page(run, party).lines
    payload = sum(cost.received_payload_bytes for cost in costs)
    framing = sum(cost.received_framing_bytes for cost in costs)
    assert sum(line.payload_bytes for line in lines) == payload
    assert sum(line.framing_bytes for line in lines) == framing


def test_a_partys_own_data_and_results_stand_beside_what_it_saw(run: RunFolder) -> None:
    assert view_page(run, "wallet").own_files == (
        "bins-0.u2",
        "bins-1.u2",
        "known.u1",
        "people.txt",
    )
    assert view_page(run, "desk").own_files == ("people.txt", "scores.csv")
    assert view_page(run, "desk").coins


def test_the_decoded_values_are_those_that_were_sent(run: RunFolder) -> None:
    """The partial sums that the desk saw add up to its scores."""
    total = np.zeros(TOY_PEOPLE, np.uint32)
    for sender in run.agreement.data_parties:
        (field,) = message_page(run, "desk", number_of(run, "desk", "PartialSum", sender)).fields
        assert (field.name, field.kind) == ("value", "uint32, shape (200)")
        total += np.array(field.value, np.uint32)
    with (run.folder("desk") / "scores.csv").open(encoding="utf-8", newline="") as file:
        scores = [int(row["score"]) for row in csv.DictReader(file)]
    assert (total + run.agreement.scorecard.base).tolist() == scores


def test_beside_a_share_stands_what_it_hides_marked_as_not_seen(run: RunFolder) -> None:
    page = message_page(run, "wallet", number_of(run, "wallet", "Share", "games"))
    assert page.hidden is not None
    assert (page.hidden.of, page.hidden.not_seen_by) == ("games", "wallet")
    assert page.hidden.values == run.points("games").tolist()
    assert page.people == tuple(run.people("desk"))
    text = text_of(page)
    assert text.count("points of games: NOT seen by wallet") == 2  # column and histogram
    assert f"… {TOY_PEOPLE - 10} more" in text


def test_the_hidden_column_is_of_the_shard_that_the_message_is_of(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path, shard_people=64))
    lines = [line for line in view_page(run, "wallet").lines if line.name == "Share"]
    last = [line for line in lines if line.sender == "games"][-1]
    page = message_page(run, "wallet", last.number)
    assert last.session == "shard-00003"
    assert page.hidden is not None
    assert page.hidden.values == run.points("games")[192:].tolist()
    assert page.people == tuple(run.people("desk")[192:])


def test_a_value_in_the_clear_hides_nothing(central: RunFolder) -> None:
    page = message_page(central, "desk", number_of(central, "desk", "ClearColumn", "social"))
    assert page.hidden is None
    assert page.histograms == ()
    assert page.fields[0].kind == "float64, shape (200)"
    assert "unknown" in text_of(page)  # whom social does not know
    assert "NOT seen" not in text_of(page)


def test_a_list_of_people_is_shown_as_text(run: RunFolder) -> None:
    page = message_page(run, "games", number_of(run, "games", "PeopleList", "desk"))
    assert page.fields[0].value == "\n".join(run.people("desk"))
    assert "p000, p001, p002" in text_of(page)


def test_bytes_that_are_no_text_are_shown_in_hexadecimal(run: RunFolder) -> None:
    nonce, identity = message_page(run, "games", 1).fields
    assert (nonce.name, identity.name) == ("nonce", "identity")
    for field in (nonce, identity):
        assert field.kind == "32 bytes, in hexadecimal"
        assert len(bytes.fromhex(field.value)) == 32


def test_a_number_is_shown_as_one(run: RunFolder) -> None:
    page = message_page(run, "games", number_of(run, "games", "PeopleCount", "desk"))
    assert [(field.name, field.value) for field in page.fields] == [("people", TOY_PEOPLE)]


def test_ciphertexts_stand_beside_what_they_hide(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path, "bfv-sum"))
    sent = next(e for e in view_page(run, "wallet").lines if e.carries == "ciphertext")
    page = message_page(run, "wallet", sent.number)
    assert page.hidden is not None
    assert page.hidden.values == run.points(sent.sender).tolist()
    assert sum(page.histograms[0].counts) > TOY_PEOPLE  # words of the ciphertext, not people


def test_time_that_was_up_is_an_event_without_a_number(tmp_path: Path) -> None:
    run = open_run(
        make_run(tmp_path, "masked-sum", edit=policy(dropout="neutral"), lost={"games": 0})
    )
    page = view_page(run, "desk")
    expired = [line for line in page.lines if line.expired]
    assert expired
    assert all(line.sender == "" for line in expired)
    numbers = [line.number for line in page.lines if not line.expired]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "time was up" in text_of(page)


@pytest.mark.parametrize(
    ("words", "cause", "fix"),
    [
        (["--party", "walet"], "no party of this run is called 'walet'", "Did you mean `wallet`?"),
        (["--party", ""], "no party of this run is called ''", "Name one of wallet,"),
        (["--party", "wallet", "--message", "0"], "there is no message 0", "lists them"),
        (["--party", "wallet", "--message", "20"], "there is no message 20", "lists them"),
        (["--party", "wallet", "--message", "-1"], "there is no message -1", "lists them"),
    ],
)
def test_what_is_not_there_is_refused_with_2(
    run: RunFolder,
    words: list[str],
    cause: str,
    fix: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["privscore", "view", str(run.path), *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert cause in printed.err
    assert fix in printed.err
    assert printed.out == ""


def test_an_outline_lists_messages_but_has_none_to_show(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path, recording="outline"))
    page = view_page(run, "wallet")
    assert len(page.lines) == 19
    assert not page.coins
    assert "an outline" in text_of(page)
    with pytest.raises(Refused, match="outline: it does not hold what message 13 of wallet says"):
        message_page(run, "wallet", 13)


def test_json_has_every_value(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = number_of(run, "wallet", "Share", "rides")
    words = ["view", str(run.path), "--party", "wallet", "--message", str(number), "--json"]
    monkeypatch.setattr(sys, "argv", ["privscore", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    shown = json.loads(capsys.readouterr().out)
    assert len(shown["fields"][0]["value"]) == TOY_PEOPLE
    assert shown["hidden"]["values"] == run.points("rides").tolist()
    assert shown["hidden"]["not_seen_by"] == "wallet"


# The histogram. -----------------------------------------------------------------------------------


def test_few_different_values_get_a_bar_each() -> None:
    bars = histogram("points", np.array([30, 0, 30, 30, 60]))
    assert (bars.starts, bars.counts) == ((0.0, 30.0, 60.0), (1, 3, 1))


def test_elements_of_a_ring_are_set_against_all_of_it() -> None:
    bars = histogram("shares", np.arange(0, 1 << 31, 1 << 21, np.uint32))  # its lower half
    assert len(bars.counts) == ROWS
    assert bars.starts[0] == 0
    assert bars.starts[ROWS // 2] == 1 << 31
    assert bars.counts[ROWS // 2 :] == (0,) * (ROWS // 2)
    assert sum(bars.counts) == 1 << 10


def test_unknown_values_are_left_out() -> None:
    bars = histogram("column", np.array([1.0, np.nan, 2.0, np.nan]))
    assert (bars.starts, bars.counts) == ((1.0, 2.0), (1, 1))


def test_a_bar_of_one_among_many_is_still_to_be_seen() -> None:
    shown = text_of(SideBySide((histogram("points", np.array([1] * 10_000 + [2])),)))
    rows = [line for line in shown.splitlines() if line.rstrip().endswith(("10,000", " 1"))]
    assert len(rows) == 2
    assert "█" * 24 in rows[0]
    assert "▏" in rows[1]


def test_shares_look_alike_whatever_they_hide(run: RunFolder) -> None:
    """Shares spread over the ring, while what they hide has a few values."""
    page: MessagePage = message_page(run, "wallet", number_of(run, "wallet", "Share", "games"))
    shares, hidden = page.histograms
    assert sum(shares.counts) == sum(hidden.counts) == TOY_PEOPLE
    assert len(hidden.counts) == 3
    assert len(shares.counts) == ROWS
    assert max(shares.counts) < TOY_PEOPLE / 3
