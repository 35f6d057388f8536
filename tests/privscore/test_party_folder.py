"""One party's folder of a run, by itself, and records of several runs put together."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from saved_runs import (
    change_json,
    change_record,
    copied,
    drop,
    flip,
    make_run,
    overwrite,
    reseal,
)
from typer.testing import CliRunner

from privscore.cli import app
from privscore.errors import Refused
from privscore.runs.folder import open_run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs"))


def test_the_records_of_two_runs_do_not_make_one(made: Path, tmp_path: Path) -> None:
    """The same file, people and method, but other nonces: a folder stands in for its twin."""
    twin = make_run(tmp_path)
    run = copied(made, tmp_path)
    shutil.rmtree(run / "wallet")
    shutil.copytree(twin / "wallet", run / "wallet")
    with pytest.raises(Refused, match=r"wallet/party\.json does not have the hash that run\.json"):
        open_run(run)
    reseal(run)
    with pytest.raises(Refused, match="the records of wallet and desk differ"):
        open_run(run)
    change_record(run, job=_record_of(made)["job"], identities=_record_of(made)["identities"])
    with pytest.raises(Refused, match=r"wallet/view/greet\.json|not of this agreement, method"):
        open_run(run).sessions("wallet")


@pytest.mark.parametrize("session", ["setup", "closing"])
def test_a_session_of_the_method_cannot_be_crossed_out_by_everybody(
    session: str, tmp_path: Path
) -> None:
    """Which sessions there were is said by the method, not by what the records list."""
    run = make_run(tmp_path, "masked-sum", recording="outline")
    for view in run.glob(f"*/view/{session}.json"):
        view.unlink()
    reseal(run)
    with pytest.raises(Refused, match=rf"view/{session}\.json is missing"):
        open_run(run)


def _record_of(run: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((run / "desk/party.json").read_text())
    return record


def test_one_partys_folder_opens_by_itself(made: Path, tmp_path: Path) -> None:
    whole = open_run(made)
    for party in ("wallet", "desk"):
        folder = Path(shutil.copytree(made / party, tmp_path / party))
        run = open_run(folder)
        assert (run.parties, run.is_whole) == ((party,), False)
        assert run.agreement == whole.agreement
        assert run.record.requester == "desk"
        assert [saved.place for saved in run.sessions(party)] == [
            saved.place for saved in whole.sessions(party)
        ]
        assert run.people(party) == whole.people(party)
        with pytest.raises(Refused, match=f"the folder of {party} alone: the page needs all"):
            run.need_whole("the page")
    assert (open_run(tmp_path / "wallet").points("wallet") == whole.points("wallet")).all()


def _drop_and_cross_out(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        files = json.loads((folder / "party.json").read_text())["files"]
        change_json(folder / "party.json", files={n: h for n, h in files.items() if n != name})

    return change


FAULTS_ALONE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a record that is no JSON": (
        overwrite("party.json", b"{"),
        "party.json is not what a run leaves",
    ),
    "another version": (
        lambda folder: change_json(folder / "party.json", schema="privscore/party@0"),
        "another version",
    ),
    "a list in place of an agreement": (
        lambda folder: change_json(folder / "party.json", agreement={"party": [1]}),
        "the run was changed",
    ),
    "a party that is none": (
        lambda folder: change_json(folder / "party.json", party="nobody"),
        "not those of the parties of the agreement",
    ),
    "another party": (
        lambda folder: change_json(folder / "party.json", party="games"),
        "games/view/greet.json is not of this job",
    ),
    "another job": (
        lambda folder: change_json(folder / "party.json", job="00" * 32),
        "view/people.json is not of this job",
    ),
    "a shard too many": (
        lambda folder: change_json(folder / "party.json", shards=2),
        "people and shards do not fit",
    ),
    "a view is missing": (drop("view/people.json"), "wallet/view/people.json is missing"),
    "a view is missing and crossed out": (
        _drop_and_cross_out("view/shard-00000.json"),
        "wallet/view/shard-00000.json is missing",
    ),
    "bins were changed": (
        flip("bins-0.u2", sealed=False),
        "wallet/bins-0.u2 does not have the hash that wallet/party.json says",
    ),
    "an extra file": (overwrite("notes.txt", b"p007"), "wallet/notes.txt is not a file"),
}


@pytest.mark.parametrize("fault", FAULTS_ALONE)
def test_one_partys_folder_that_was_changed_is_refused(
    fault: str, made: Path, tmp_path: Path
) -> None:
    change, cause = FAULTS_ALONE[fault]
    folder = Path(shutil.copytree(made / "wallet", tmp_path / "wallet"))
    change(folder)
    with pytest.raises(Refused, match=re.escape(cause)):
        open_run(folder).sessions(json.loads((folder / "party.json").read_text())["party"])


def printed(*words: object) -> dict[str, Any]:
    """What a command prints as JSON; it must end well."""
    result = CliRunner().invoke(app, [*map(str, words), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    page: dict[str, Any] = json.loads(result.stdout)
    return page


@pytest.mark.parametrize("party", ["wallet", "desk"])
def test_a_party_views_its_own_folder_as_it_is_viewed_in_the_whole(
    party: str, made: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(made / party, tmp_path / party)
    assert printed("view", folder) == printed("view", made, "--party", party)
    assert printed("view", folder, "--message", 1) == printed(
        "view", made, "--party", party, "--message", 1
    )


@pytest.mark.parametrize("party", ["wallet", "desk"])
def test_the_ledger_of_one_partys_folder_says_which_checks_were_not_made(
    party: str, made: Path, tmp_path: Path
) -> None:
    page = printed("ledger", shutil.copytree(made / party, tmp_path / party))
    assert [account["members"] for account in page["parties"]] == [[party]]
    whole = {account["members"][0]: account for account in printed("ledger", made)["parties"]}
    assert page["parties"][0]["row"] == whole[party]["row"]
    checks = {check["name"]: check for check in page["checks"]}
    assert {name for name, check in checks.items() if check["made"]} == {"small ring"}
    for name in ("outlines", "scan"):
        assert checks[name]["says"].startswith("not made: only one party's folder is here")


def test_one_partys_folder_tells_nothing_of_a_coalition(made: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made / "wallet", tmp_path / "wallet"))
    result = CliRunner().invoke(app, ["ledger", str(folder), "--coalition", "wallet,desk"])
    assert result.exit_code != 0
    assert "no party of this run is called 'desk'" in str(result.exception)


def test_the_requesters_outline_alone_says_what_was_not_looked_for(tmp_path: Path) -> None:
    """Nothing in it says whom each platform named, and what follows from that is left open."""
    run = make_run(tmp_path, recording="outline")
    page = printed("ledger", shutil.copytree(run / "desk", tmp_path / "desk"))
    (account,) = page["parties"]
    assert account["row"]["points"]["how"] == "not_checked"
    assert account["not_checked"]
