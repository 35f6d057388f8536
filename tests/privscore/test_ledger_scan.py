"""The scan of recorded bodies: planted leaks are found, and nothing that is none."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from saved_runs import copied, make_run, plant

from privscore.cli import main
from privscore.inspect.ledger import accounts, gather
from privscore.inspect.ledger.checks.value_scan import RUN, Hit, scan
from privscore.runs.folder import RunFolder, open_run

pytestmark = pytest.mark.slow

ENCODINGS = [
    *(f"{order}{sort}{size}" for sort in "ui" for size in (2, 4, 8) for order in "<>"),
    *("u1", "<f4", ">f4", "<f8", ">f8"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs"), "clear")


def hits(run: Path) -> tuple[Hit, ...]:
    return scan(gather(open_run(run)))


def a_stretch(values: NDArray[np.int32], length: int) -> tuple[int, int]:
    """The first people in a row, so many, whose values change often."""
    for start in range(len(values) - length):
        part = values[start : start + length]
        if np.count_nonzero(np.diff(part)) >= 6:
            return start, start + length
    raise AssertionError("values that hardly change")


def test_a_sound_run_gives_no_hit(made: Path) -> None:
    assert hits(made) == ()


def test_sixteen_peoples_points_are_found_in_every_encoding_at_any_byte(
    made: Path, tmp_path: Path
) -> None:
    run = copied(made, tmp_path)
    opened = open_run(run)
    points = opened.points("telecom")
    start, stop = a_stretch(points, RUN)
    others = [name for name in opened.agreement.data_parties if name != "telecom"]
    places = list(itertools.permutations(others, 2))
    planted = {}
    for offset, (encoding, (party, sender)) in enumerate(zip(ENCODINGS, places, strict=False)):
        leak = points[start:stop].astype(encoding).tobytes()
        plant(run, party, "Share", leak, offset=offset, sender=sender)
        planted[party, sender] = encoding
    by_place = {(hit.party, hit.sender): hit for hit in hits(run)}
    assert by_place.keys() == planted.keys()
    for place, encoding in planted.items():
        hit, size = by_place[place], np.dtype(encoding).itemsize
        assert (hit.target.what, hit.people) == ("points of telecom", RUN)
        assert hit.encoding.startswith(f"{size}-byte {'floats' if 'f' in encoding else 'integers'}")
        assert hit.encoding.endswith("big-endian") == encoding.startswith(">")


def bins_of(run: RunFolder) -> NDArray[np.int32]:
    return run.bins("wallet")[1].astype(np.int32)


def points_of_a_line(run: RunFolder) -> NDArray[np.int32]:
    line = run.agreement.scorecard.scored_locally_by("wallet")[0]
    return line.earned(run.bins("wallet")[0])


def totals(run: RunFolder) -> NDArray[np.int32]:
    total = sum(run.points(name) for name in run.agreement.data_parties)
    return np.asarray(total + run.agreement.scorecard.base, np.int32)


def points_of_the_known(run: RunFolder) -> NDArray[np.int32]:
    (index,) = run.bins("rides")
    return run.points("rides")[index < 3]


LEAKS = {
    "bins": (bins_of, "bins of wallet for 'balance'"),
    "points of one line": (points_of_a_line, "points of wallet for 'payments'"),
    "totals": (totals, "totals"),
    "rows of a platform's own table": (points_of_the_known, "points of rides"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_other_values_are_found_too(leak: str, made: Path, tmp_path: Path) -> None:
    values_of, what = LEAKS[leak]
    run = copied(made, tmp_path)
    values = values_of(open_run(run))
    start, stop = a_stretch(values, 40)
    plant(run, "games", "Share", values[start:stop].astype("<u2").tobytes(), offset=100)
    counts = {hit.target.what: hit.people for hit in hits(run)}
    assert counts.get(what, 0) >= 40


def test_a_column_is_found_outside_the_message_that_shows_it(central: Path, tmp_path: Path) -> None:
    run = copied(central, tmp_path)
    seen = open_run(run).sessions("desk")[2].view.messages
    columns = np.frombuffer(seen[0].body.join()[16:])  # type: ignore[union-attr]
    plant(
        run, "desk", "ClearColumn", columns[20:60].astype(">f4").tobytes(), offset=3, sender="games"
    )
    leaks = [hit for hit in hits(run) if hit.sender == "games" and "wallet" in hit.target.what]
    assert [hit.target.what for hit in leaks] == ["column late_90d of wallet"]
    assert leaks[0].people == 40


def test_fifteen_peoples_points_are_below_what_is_looked_for(made: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    points = open_run(run).points("telecom")
    start, stop = a_stretch(points, RUN - 1)
    plant(run, "games", "Share", points[start:stop].astype("<u4").tobytes(), offset=8)
    assert hits(run) == ()


def test_a_constant_run_is_no_alarm(made: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    senders = ("wallet", "marketplace", "social", "dating", "rides", "telecom", "utility")
    kinds = itertools.product([0, 10, 30], ["u1", "<u4", "<f8"])
    for (value, encoding), (party, sender) in zip(
        kinds, itertools.product(("games", "desk"), senders), strict=False
    ):
        constant = np.full(800 // np.dtype(encoding).itemsize, value, encoding).tobytes()
        message = "Share" if party == "games" else "PartialSum"
        plant(run, party, message, constant, offset=0, sender=sender)
    assert hits(run) == ()


def test_a_single_step_is_no_alarm(made: Path, tmp_path: Path) -> None:
    """Padding around one number looks like people of whom one differs."""
    run = copied(made, tmp_path)
    step = np.zeros(800, np.uint8)
    step[400] = 20
    plant(run, "games", "Share", step.tobytes(), offset=0)
    assert hits(run) == ()


def test_a_partys_own_values_are_no_leak_to_it(made: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    leak = open_run(run).points("telecom").astype("<u4").tobytes()
    plant(run, "telecom", "Share", leak, offset=0)
    assert hits(run) == ()


def test_two_leaks_in_one_message_are_both_found(made: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    opened = open_run(run)
    telecom, utility = opened.points("telecom"), opened.points("utility")
    leak = telecom[:150].astype("<u4").tobytes() + utility[60:90].astype("<u4").tobytes()
    plant(run, "games", "Share", leak, offset=0)
    assert {(hit.target.of, hit.people) for hit in hits(run)} == {("telecom", 150), ("utility", 30)}


def test_a_run_over_two_shards_is_one_run(tmp_path: Path) -> None:
    run = make_run(tmp_path, shard_people=100)
    points = open_run(run).points("telecom")
    assert hits(run) == ()
    plant(run, "games", "Share", points[:100].astype("<u4").tobytes(), offset=0)
    (hit,) = hits(run)
    assert hit.people == 100


def test_bytes_that_are_no_message_are_scanned_as_they_are(made: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    points = open_run(run).points("telecom")
    header = -16  # from before the payload on: the message decodes no more
    plant(run, "games", "Share", bytes(16) + points.astype("<u4").tobytes()[:700], offset=header)
    (hit,) = hits(run)
    assert hit.people == 175


def test_a_leak_contradicts_the_ledger_and_ends_in_1(
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = copied(made, tmp_path)
    plant(run, "games", "Share", open_run(run).points("telecom").astype("<f4").tobytes(), offset=0)
    monkeypatch.setattr(sys, "argv", ["privscore", "ledger", str(run), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    result = json.loads(capsys.readouterr().out)
    (check,) = [each for each in result["checks"] if each["name"] == "scan"]
    assert check["contradicts"]
    assert "points of telecom, 200 people in a row, as 4-byte floats" in check["says"]
    (games,) = [each for each in result["parties"] if each["members"] == ["games"]]
    assert games["row"]["points"] == {"how": "found", "of": ["telecom"], "people": 200}
    assert "nothing" not in games["row"]


def test_what_a_coalition_knows_already_is_no_leak_to_it(made: Path, tmp_path: Path) -> None:
    run = copied(made, tmp_path)
    plant(run, "games", "Share", open_run(run).points("telecom").astype("<u4").tobytes(), offset=0)
    evidence = gather(open_run(run))
    account = accounts(evidence, ("telecom", "games"), scan(evidence)).together
    assert account is not None
    assert "points" not in account.row
