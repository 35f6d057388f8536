"""A run's folder: written whole or not at all, and believed only if it is as the run left it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from saved_runs import (
    change_json,
    change_party,
    change_record,
    copied,
    drop,
    drop_and_reseal,
    flip,
    make_run,
    overwrite,
    reseal,
)

from privscore.cli import main
from privscore.errors import Refused
from privscore.files import new_folder
from privscore.runs.folder import open_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs"), "clear")


def test_a_run_opens_as_it_was_left(made: Path) -> None:
    run = open_run(made)
    assert run.record.people == 200
    assert run.agreement.sha256.hex() == run.record.agreement_sha256
    for party in run.agreement.party_ids:
        assert [place.name for place, _ in run.sessions(party)] == [
            "greet",
            "people",
            "shard-00000",
        ]
    assert run.people("wallet") == run.people("desk") == [f"p{n:03d}" for n in range(200)]


def test_a_party_that_is_told_nobodys_name_has_no_list(tmp_path: Path) -> None:
    def with_auditor(text: str) -> str:
        return text.replace(
            "[scorecard]", '[[party]]\nid = "watch"\nroles = ["auditor"]\n\n[scorecard]', 1
        )

    run = open_run(make_run(tmp_path, edit=with_auditor))
    assert run.people("watch") == []
    assert len(run.sessions("watch")) == 3


def _record(**keys: object) -> Callable[[Path], None]:
    return lambda run: change_record(run, **keys)


def _join(**keys: object) -> Callable[[Path], None]:
    return lambda run: change_json(run / "run.json", **keys)


def _another_purpose(run: Path) -> None:
    agreement = json.loads((run / "desk/party.json").read_text())["agreement"]
    change_record(run, agreement=agreement | {"purpose": "Decide who is hired."})


def _another_purpose_with_its_hash(run: Path) -> None:
    _another_purpose(run)
    record = json.loads((run / "desk/party.json").read_text())
    canonical = json.dumps(
        record["agreement"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    change_record(run, agreement_sha256=hashlib.sha256(canonical.encode()).hexdigest())


def _swap_views(run: Path) -> None:
    for suffix in (".json", ".bodies"):
        shutil.copy(
            run / "games/view" / f"shard-00000{suffix}",
            run / "wallet/view" / f"shard-00000{suffix}",
        )
    reseal(run)


def _link(run: Path) -> None:
    (run / "wallet/people.txt").unlink()
    (run / "wallet/people.txt").symlink_to(run / "desk/people.txt")


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "run.json is missing": (drop("run.json"), "run.json is missing"),
    "run.json is no JSON": (overwrite("run.json", b"{"), "not what a run leaves"),
    "run.json is a list": (overwrite("run.json", b"[]"), "not what a run leaves"),
    "another version": (_join(schema="privscore/run@2"), "another version"),
    "another version of the records": (_record(schema="privscore/party@0"), "another version"),
    "an unknown key": (_join(shoes=1), "run.json is not what a run leaves"),
    "an unknown key of a record": (_record(shoes=1), "party.json is not what a run leaves"),
    "a record is missing": (drop("wallet/party.json"), "wallet/party.json is missing"),
    "a record is missing and crossed out": (
        drop_and_reseal("wallet/party.json"),
        "not those of the parties of the agreement",
    ),
    "a record was changed": (
        lambda run: change_json(run / "wallet/party.json", people=199),
        "wallet/party.json does not have the hash",
    ),
    "a record of another party": (
        lambda run: change_party(run, "wallet", party="games"),
        "wallet/party.json is of another party",
    ),
    "a party says another number of people": (
        lambda run: change_party(run, "wallet", people=199),
        "the records of wallet and desk differ",
    ),
    "a party says another key of another party": (
        lambda run: change_party(run, "wallet", identities={}),
        "the records of wallet and desk differ",
    ),
    "a job that is no hash": (_record(job="x"), "not what a run leaves"),
    "nobody in it": (_record(people=0), "people and shards do not fit"),
    "a shard too many": (_record(shards=2), "people and shards do not fit"),
    "a requester who is none": (_join(requester="nobody"), "the requester has no record"),
    "the scores are missing and crossed out": (
        drop_and_reseal("desk/scores.csv"),
        "desk/scores.csv is missing",
    ),
    "the scores are missing": (drop("desk/scores.csv"), "desk/scores.csv is missing"),
    "a view is missing": (drop("wallet/view/people.json"), "wallet/view/people.json is missing"),
    "bodies are missing": (
        drop_and_reseal("wallet/view/shard-00000.bodies"),
        "wallet/view/shard-00000.bodies is missing",
    ),
    "bins are missing and crossed out": (
        drop_and_reseal("rides/bins-0.u2"),
        "rides/bins-0.u2 is missing",
    ),
    "a view is missing and crossed out": (
        drop_and_reseal("games/view/greet.json"),
        "games/view/greet.json is missing",
    ),
    "an extra file": (overwrite("desk/notes.txt", b"p007"), "desk/notes.txt is not a file"),
    "a link": (_link, "wallet/people.txt is not a file"),
    "a score was changed": (flip("desk/scores.csv", sealed=False), "does not have the hash"),
    "a body was changed": (
        flip("desk/view/shard-00000.bodies", sealed=False),
        "does not have the hash",
    ),
    "the purpose was changed": (_another_purpose, "does not have the hash"),
    "the purpose and its hash were changed": (
        _another_purpose_with_its_hash,
        "wallet/view/greet.json is not of this job",
    ),
    "the method was changed": (_record(method="clear"), "not of this agreement, method"),
    "an agreement that breaks a rule": (_record(agreement={}), "the file says no `schema`"),
    "another requester": (_join(requester="wallet"), "the hash or the names beside it"),
    "another job": (_record(job="00" * 32), "not of this agreement, method and nonces"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_run_that_was_changed_is_refused_with_2_and_one_sentence(
    fault: str,
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change, cause = FAULTS[fault]
    run = copied(made, tmp_path)
    change(run)
    for words in (["view", run, "--party", "desk"], ["ledger", run], ["explain", run]):
        extra = ["--person", "p001"] if words[0] == "explain" else []
        monkeypatch.setattr(sys, "argv", ["privscore", *map(str, words), *extra, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        error = json.loads(capsys.readouterr().out)["error"]
        assert ended.value.code == 2
        assert cause in error["cause"]
        assert error["fix"]
        assert error["file"].startswith(str(run))


VIEW_FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "another party's view": (_swap_views, "wallet/view/shard-00000.json is not of this job"),
    "a body without its hash": (
        flip("wallet/view/shard-00000.bodies", sealed=True),
        "does not fit the bodies beside it",
    ),
    "a body cut short": (
        overwrite("wallet/view/shard-00000.bodies", b"", sealed=True),
        "does not fit the bodies beside it",
    ),
    "a view that is none": (
        overwrite("wallet/view/shard-00000.json", b"{}", sealed=True),
        "is not a view",
    ),
}


@pytest.mark.parametrize("fault", VIEW_FAULTS)
def test_a_view_that_is_not_of_the_job_is_refused(fault: str, made: Path, tmp_path: Path) -> None:
    change, cause = VIEW_FAULTS[fault]
    run = copied(made, tmp_path)
    change(run)
    opened = open_run(run)
    with pytest.raises(Refused, match=cause):
        opened.sessions("wallet")


def test_the_view_of_another_run_is_refused(made: Path, central: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    shutil.copy(central / "wallet/view/people.json", run / "wallet/view/people.json")
    shutil.copy(central / "wallet/view/people.bodies", run / "wallet/view/people.bodies")
    reseal(run)
    with pytest.raises(Refused, match=r"wallet/view/people\.json is not of this job"):
        open_run(run).sessions("wallet")


def test_bins_that_the_card_does_not_have_are_refused(made: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    (run / "wallet/bins-0.u2").write_bytes(b"\x09\x00" * 200)
    (run / "games/bins-0.u2").write_bytes(b"\x00\x00" * 199)
    (run / "games/people.txt").write_text("p000\n")
    reseal(run)
    opened = open_run(run)
    for platform in ("wallet", "games"):
        with pytest.raises(Refused, match=f"{platform}/bins-0.u2 does not hold one bin"):
            opened.points(platform)
    with pytest.raises(Refused, match=r"games/people\.txt does not list everybody once"):
        opened.people("games")


def test_a_run_of_a_method_that_is_not_known_here_is_refused(made: Path, tmp_path: Path) -> None:
    run = copied(make_run(tmp_path, recording="outline"), tmp_path)
    change_record(run, method="secret-sun")
    with pytest.raises(Refused, match="no method 'secret-sun'"):
        open_run(run)


def test_an_outline_opens_and_holds_no_bodies(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path, recording="outline"))
    seen = [message for _, view in run.sessions("desk") for message in view.messages]
    assert seen
    assert all(message.body is None for message in seen)
    with pytest.raises(Refused, match="does not hold what is wanted"):
        run.need_bodies("what is wanted")


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="is not empty"), new_folder(tmp_path):
        raise AssertionError("unreachable")
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_run_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "run") as folder:
            (folder / "half").write_text("half")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail()
    assert list(tmp_path.iterdir()) == []
