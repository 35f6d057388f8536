"""How a society comes onto the disk: whole or absent, the same from a seed, refused if broken."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest
from made_societies import PEOPLE, SEED, big_society, small_society

from privscore.errors import Refused
from privscore.society import PLATFORMS, Society, generate, open_society
from privscore.society.people import Recipe


@pytest.fixture(scope="module")
def society() -> Society:
    return big_society()


@pytest.fixture
def small(tmp_path: Path) -> Society:
    return small_society(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"people": 99}, "100 to 10000000"),
        ({"people": 10_000_001}, "100 to 10000000"),
        ({"people": -5}, "100 to 10000000"),
        ({"people": 500, "seed": -1}, "0 to 4294967295"),
        ({"people": 500, "seed": 1 << 32}, "0 to 4294967295"),
        ({"people": 500, "workers": 0}, "1 to 64"),
        ({"people": 500, "workers": 65}, "1 to 64"),
    ],
)
def test_parameter_out_of_range_is_refused_with_the_range(
    wrong: dict[str, int], named: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refusal:
        generate(tmp_path / "society", **wrong)  # type: ignore[arg-type]
    assert named in refusal.value.fix
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_two_workers_write_the_same_files_as_one(society: Society, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    twin = generate(
        tmp_path / "by-two",
        people=PEOPLE,
        seed=SEED,
        workers=2,
        progress=lambda done, steps: told.append((done, steps)),
    )
    assert twin.manifest == society.manifest
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_blocks_and_labels_share_no_random_numbers() -> None:
    recipe = Recipe(people=PEOPLE, seed=SEED)
    draws = [
        recipe.random(label, number).random(8).tolist()
        for label in ("people", *PLATFORMS)
        for number in range(3)
    ]
    assert len({value for draw in draws for value in draw}) == 8 * len(draws)


def test_another_seed_makes_another_society(small: Society, tmp_path: Path) -> None:
    other = generate(tmp_path / "other", people=500, seed=SEED + 1)
    first = {part.path: part.sha256 for part in small.manifest.files}
    second = {part.path: part.sha256 for part in other.manifest.files}
    assert first.keys() == second.keys()
    assert all(first[path] != second[path] for path in first)


def test_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="only Unix limits the size of a process's files")
    script = f"""
import resource, sys
sys.dont_write_bytecode = True  # or half a compiled module is left for others
from privscore.errors import Refused
from privscore.society import generate
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # the disk takes 20 kB of each file
try:
    generate({str(tmp_path / "society")!r}, people=5_000, workers=1)
except Refused as refusal:
    print("refused", refusal.fix)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.startswith("refused Make room"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_interrupted_generation_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupt(done: int, steps: int) -> None:
        assert any(tmp_path.iterdir())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "society", people=500, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_killed_worker_leaves_nothing_behind(tmp_path: Path) -> None:
    def kill(done: int, steps: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(Refused, match="a worker was killed"):
        generate(tmp_path / "society", people=PEOPLE, progress=kill)
    assert list(tmp_path.iterdir()) == []


def test_folder_in_use_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(Refused, match="exists and is not empty"):
        generate(tmp_path, people=500)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_folder_without_manifest_is_no_society(small: Society) -> None:
    (small.directory / "society.json").unlink()
    with pytest.raises(Refused, match=r"lacks society\.json"):
        open_society(small.directory)


def test_part_cut_short_is_refused_by_name(small: Society) -> None:
    part = small.directory / "telecom" / "bills" / "part-0000.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(Refused, match="cut short") as refusal:
        open_society(small.directory)
    assert refusal.value.file == str(part)


def test_missing_part_is_refused_by_name(small: Society) -> None:
    part = small.directory / "social" / "friends" / "part-0000.parquet"
    part.unlink()
    with pytest.raises(Refused, match="missing") as refusal:
        open_society(small.directory)
    assert refusal.value.file == str(part)


@pytest.mark.parametrize(
    ("written", "replaced", "cause"),
    [
        ("society@1", "society@2", "another version"),
        ('"people": 500', '"people": "many"', "does not describe"),
        ('"seed"', '"speed"', "does not describe"),
        ("{", "", "does not describe"),
    ],
)
def test_strange_manifest_is_refused(
    small: Society, written: str, replaced: str, cause: str
) -> None:
    manifest = small.directory / "society.json"
    text = manifest.read_text()
    assert written in text
    manifest.write_text(text.replace(written, replaced, 1))
    with pytest.raises(Refused, match=cause) as refusal:
        open_society(small.directory)
    assert refusal.value.file == str(manifest)
