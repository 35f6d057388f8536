"""One party's part of a job, over a transport: all go the same way, and all hear of a failure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from parties_in_threads import WIRES, Wire, play_all
from toy_consortium import EVERYBODY, five_parties, toy

from privscore.errors import Refused
from privscore.methods import available
from privscore.runtime import one_party
from privscore.runtime.local import run_job
from privscore.runtime.one_party import PlayedPart
from protocols.core.errors import Aborted, Cause, PeerFault, Stalled

pytestmark = pytest.mark.slow

MASKED = available()["masked-sum"]
SECRET = available()["secret-sum"]

over_both = pytest.mark.parametrize("wire", WIRES)


@over_both
def test_nine_parties_come_to_the_scores_of_one_process(wire: Wire, tmp_path: Path) -> None:
    consortium = toy(tmp_path)
    record = run_job(consortium, SECRET, tmp_path / "together", shard_people=64)
    parts = play_all(consortium, SECRET, tmp_path / "apart", wire, shard_people=64)
    assert set(parts) == set(consortium.agreement.party_ids)
    for name, part in parts.items():
        assert isinstance(part, PlayedPart), part
        whole = {k: v for k, v in record.files.items() if k.startswith(f"{name}/")}
        assert {f"{name}/{file}" for file in part.record.files} == whole.keys() - {
            f"{name}/party.json"
        }
        spent = record.costs[name]
        for phase, cost in part.record.costs.items():
            assert cost.sent_payload_by_kind == spent[phase].sent_payload_by_kind, phase
            assert cost.rounds == spent[phase].rounds, phase
        assert part.record.people_from == "union"
    scores = [(tmp_path / run / "desk" / "scores.csv") for run in ("together", "apart")]
    assert scores[0].read_bytes() == scores[1].read_bytes()


def test_who_has_not_said_how_to_record_a_large_job_keeps_no_bodies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_party, "FULL_RECORDING_PEOPLE", len(EVERYBODY) - 1)
    for part in play_all(five_parties(tmp_path), SECRET, tmp_path / "apart", "memory").values():
        assert isinstance(part, PlayedPart), part
        assert part.record.recording == "outline"
    assert not [*tmp_path.rglob("*.bodies")]
    assert len([*tmp_path.rglob("greet.json")]) == 5


@over_both
def test_a_job_about_too_few_is_refused_by_the_requester_and_everybody_is_told(
    wire: Wire, tmp_path: Path
) -> None:
    consortium = five_parties(tmp_path)
    people = tmp_path / "few.txt"
    people.write_text("\n".join(EVERYBODY[:7]))
    parts = play_all(consortium, SECRET, tmp_path / "apart", wire, people=people)
    refusal = parts.pop("desk")
    assert isinstance(refusal, Refused)
    assert refusal.cause == "the job is about 7 people; the policy asks for at least 50"
    assert refusal.line == consortium.line_of("policy", "min_people")
    for error in parts.values():
        assert isinstance(error, Aborted), error
        assert (error.failed, error.cause) == ("desk", Cause.REFUSED)
        assert "7" not in str(error)


@over_both
def test_a_faulty_table_is_refused_before_anything_is_said(wire: Wire, tmp_path: Path) -> None:
    consortium = five_parties(tmp_path)
    with (consortium.folder / "rides.csv").open("a") as file:
        file.write("p000,nan\n")
    parts = play_all(consortium, SECRET, tmp_path / "apart", wire)
    refusal = parts.pop("rides")
    assert isinstance(refusal, Refused)
    assert refusal.line == consortium.line_of("party", 2, "table")
    for error in parts.values():
        assert isinstance(error, Aborted), error
        assert (error.failed, error.cause) == ("rides", Cause.REFUSED)
    assert not [*tmp_path.rglob("greet.json")]
    assert not (consortium.folder / ".privscore").exists()


@over_both
def test_a_platform_refuses_by_itself_a_requester_who_forgot(wire: Wire, tmp_path: Path) -> None:
    """Only one party's journal is left, and it is not the requester's."""
    consortium = five_parties(tmp_path, dropout="neutral")
    run_job(consortium, MASKED, tmp_path / "first")
    for folder in (consortium.folder / ".privscore" / "journal").iterdir():
        if folder.name != "utility":
            shutil.rmtree(folder)
    parts = play_all(consortium, MASKED, tmp_path / "apart", wire, silent={"rides": 0})
    refusal = parts.pop("utility")
    assert isinstance(refusal, PeerFault)
    assert refusal.suspects == ("desk",)
    assert "asks again: the answer of" in str(refusal)
    assert isinstance(parts.pop("rides"), PlayedPart)
    for error in parts.values():
        assert isinstance(error, Aborted), error
        assert (error.failed, error.suspects) == ("utility", ("desk",))


@over_both
@pytest.mark.parametrize("first", [1, 99], ids=["in_the_shards", "in_the_closing"])
def test_a_lost_platform_is_lost_as_in_one_process(wire: Wire, first: int, tmp_path: Path) -> None:
    consortium = five_parties(tmp_path, dropout="neutral")
    options, lost = {"shard_people": 64}, {"rides": first}
    record = run_job(consortium, MASKED, tmp_path / "together", lost=lost, **options)
    parts = play_all(consortium, MASKED, tmp_path / "apart", wire, silent=lost, **options)
    desk, rides = parts["desk"], parts["rides"]
    assert isinstance(desk, PlayedPart), desk
    assert isinstance(rides, PlayedPart), rides
    assert desk.record.platforms == record.platforms
    for phase in ("shard", "closing"):
        sent = rides.record.costs[phase].sent_messages
        assert sent == record.costs["rides"][phase].sent_messages
    assert rides.record.costs["shard"].sent_messages > 0
    assert rides.record.costs["closing"].sent_messages == 0
    scores = [(tmp_path / run / "desk" / "scores.csv") for run in ("together", "apart")]
    assert scores[0].read_bytes() == scores[1].read_bytes()


@over_both
def test_where_nobody_may_be_lost_everybody_stalls_and_names_who_was(
    wire: Wire, tmp_path: Path
) -> None:
    parts = play_all(five_parties(tmp_path), SECRET, tmp_path / "apart", wire, silent={"rides": 0})
    assert isinstance(parts.pop("rides"), PlayedPart)
    for error in parts.values():
        assert isinstance(error, Stalled), error
        assert "rides" in error.silent
