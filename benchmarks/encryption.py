"""How fast the encrypted methods are: jobs from memory, all parties' work on two processes.

python benchmarks/encryption.py                           measure everything, and write the page
python benchmarks/encryption.py --job bfv-sum 200000      play one job, whose memory is watched
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tenseal
from encrypted_cases import AGGREGATOR, BINS, CASES, IN_SLOTS, LEAST, MOST, OTHERS, PARTIES
from measure import LOOKS, median_of, most_of, publish, two_cores
from secret_sum import feature_files, job

from protocols.core.local import run_local
from protocols.encryption.poly.packing import HEADER_BYTES

PEOPLE = 1_000_000
FEWER = 200_000
SHARD = 65_536
TUTORIAL_PEOPLE = 100  # on each core
WANTED = {"bfv-sum": 400_000, "bfv-hidden-card": 50_000, "ckks-weighted": 60_000}
RUNS = {"bfv-sum": 5, IN_SLOTS: 1}  # ... of the others: 3

Material = Mapping[str, bytes]


def set_up(name: str) -> Material:
    """What the setup of a job leaves with each party."""
    return run_local(CASES[name].setup(), recording="outline").outputs


def shards(people: int) -> list[int]:
    """How many people there are in each shard of a job."""
    return [min(SHARD, people - start) for start in range(0, people, SHARD)]


def play(name: str, material: Material, people: int, seed: int) -> Any:
    """One shard, all parties of it: everybody's result, right or the script ends."""
    roles, expected = CASES[name].shard(material, people, seed)
    got = run_local(roles, recording="outline").outputs["desk"]
    end_if_wrong(name, got, expected)
    return got


def end_if_wrong(name: str, got: Any, expected: Any) -> None:
    """Measure nothing but right results."""
    if got.shape != expected.shape or np.abs(got - expected).max() > CASES[name].tolerance:
        raise SystemExit(f"{name}: a result is wrong")


def play_shards(name: str, material: Material, sizes: list[int]) -> tuple[float, float, float]:
    """Shards one after the other: when they began and ended, and CPU seconds.

    Inputs are made before the clock starts, and results compared after it has stopped.
    """
    case = CASES[name]
    made = [case.shard(material, people, seed) for seed, people in enumerate(sizes)]
    run_local(case.shard(material, 1, 0)[0], recording="outline")  # warm
    begin, spent = time.perf_counter(), time.process_time()
    outputs = [run_local(roles, recording="outline").outputs["desk"] for roles, _ in made]
    end, spent = time.perf_counter(), time.process_time() - spent
    for got, (_, expected) in zip(outputs, made, strict=True):
        end_if_wrong(name, got, expected)
    return begin, end, spent


def rate(pool: Any, name: str, people: int, cpu: list[float]) -> float:
    """People a second over a job's setup and shards; CPU seconds go to `cpu`."""
    clock, spent = time.perf_counter(), time.process_time()
    material = set_up(name)
    setup_s, spent = time.perf_counter() - clock, time.process_time() - spent
    sizes, workers = shards(people), two_cores()
    tasks = [(name, material, sizes[number::workers]) for number in range(workers)]
    spans = pool.starmap(play_shards, tasks, chunksize=1)
    cpu.append(spent + sum(cpu_s for _, _, cpu_s in spans))
    wall = max(end for _, end, _ in spans) - min(begin for begin, _, _ in spans)
    return people / (setup_s + wall)


def one_vector_each(people: int) -> tuple[float, float]:
    """TenSEAL's tutorial: a CKKS vector for each person, a dot product with points, a decryption.

    A person is 192 zeros and ones, for all platforms at once; nobody floods, checks or sends.
    """
    context = tenseal.context(tenseal.SCHEME_TYPE.CKKS, 8192, coeff_mod_bit_sizes=[60, 40, 40, 60])
    context.global_scale = 2**40
    context.generate_galois_keys()
    dice, count = np.random.default_rng(1), len(BINS) * PARTIES
    points = dice.integers(LEAST, MOST + 1, 6 * count).astype(float)
    choices = np.eye(6)[dice.integers(0, 6, (people, count))].reshape(people, -1)
    begin = time.perf_counter()
    scores = [
        tenseal.ckks_vector(context, person.tolist()).dot(points.tolist()).decrypt()[0]
        for person in choices
    ]
    end = time.perf_counter()
    if np.abs(scores - choices @ points).max() > 0.1:
        raise SystemExit("the tutorial's way is wrong")
    return begin, end


def tutorial_rate(pool: Any) -> float:
    """People a second in the tutorial's way, on two cores."""
    spans = pool.map(one_vector_each, [TUTORIAL_PEOPLE] * two_cores(), chunksize=1)
    wall = max(end for _, end in spans) - min(begin for begin, _ in spans)
    return TUTORIAL_PEOPLE * two_cores() / wall


def bytes_a_person(name: str) -> tuple[float, float]:
    """Payload of one full shard: of each platform that adds nothing up, and to the key's holder."""
    costs = run_local(CASES[name].shard(set_up(name), SHARD, 1)[0], recording="outline").costs
    (part,) = {costs[platform].sent_payload_bytes for platform in OTHERS}
    return part / SHARD, costs[AGGREGATOR].sent_payload_bytes / SHARD


def remember(name: str, people: int) -> None:
    """A job whose requester keeps everybody's result."""
    material = set_up(name)
    tasks = [(name, material, size, seed) for seed, size in enumerate(shards(people))]
    with multiprocessing.get_context("spawn").Pool(two_cores()) as pool:
        kept = np.concatenate(pool.starmap(play, tasks, chunksize=1))
    if len(kept) != people:
        raise SystemExit("somebody is missing")


def main() -> None:
    raw: dict[str, object] = {}
    rows: list[dict[str, str]] = []

    def add(what: str, figure: str, wanted: str = "", **measured: object) -> None:
        raw[what] = measured
        rows.append({"what": what, "figure": figure, "wanted": wanted})
        print(f"{what}: {figure}", file=sys.stderr)

    with multiprocessing.get_context("spawn").Pool(two_cores()) as pool:
        tutorial = tutorial_rate(pool)
        add("the tutorial's way, a CKKS vector for each person", f"{tutorial:.0f} people/s")
        for name in CASES:
            cpu: list[float] = []
            people = PEOPLE if name in WANTED else FEWER
            once = partial(rate, pool, name, people, cpu)
            least, middle, most = median_of(RUNS.get(name, 3), once)
            add(
                f"{shown(name)}, {people:,} people, setup included",
                f"{middle:,.0f} people/s ({least:,.0f} to {most:,.0f}); "
                f"{two_cores() * people / statistics.median(cpu):,.0f} by CPU seconds",
                f"{WANTED[name]:,}" if name in WANTED else "",
                runs=(least, middle, most),
                cpu_s=cpu,
            )
            if name == "bfv-hidden-card":
                add(
                    "... against the tutorial's way, same run",
                    f"{middle / tutorial:,.0f} times",
                    "300",
                    tutorial=tutorial,
                )
    for name in WANTED:
        part, total = bytes_a_person(name)
        add(
            f"`{name}`, payload in a shard of {SHARD:,} people",
            f"{part:.3f} bytes a person from each platform, {total:.3f} to the key's holder",
            "24 and 24" if name == "bfv-sum" else "",
            part=part,
            total=total,
        )
    with tempfile.TemporaryDirectory() as folder:
        commands = {name: [sys.executable, __file__, "--job", name] for name in WANTED}
        for name, command in commands.items():
            peaks = [
                most_of([[*command, str(people)]] * LOOKS).peak_bytes for people in (FEWER, PEOPLE)
            ]
            _add_memory(add, f"`{name}`, from memory", peaks)
        files = {people: Path(folder) / str(people) for people in (FEWER, PEOPLE)}
        for people, place in files.items():
            place.mkdir()
            feature_files(place, people)
        add_job = partial(_add_job, add, list(files.values()))
        add_job("bfv-sum", "as many processes as it likes")
        for name in WANTED:
            add_job(name, "two processes", "--workers", "2")
    publish(
        "encryption",
        "Speed of the encrypted methods",
        f"All parties' work on one machine with two processes, {PARTIES} platforms. The\n"
        "cards have 32 characteristics of 6 bins, the model 32 columns; parameters allow for as\n"
        "many people as the methods do. A residue travels in as many bits as its prime has; the\n"
        f"header of a message is another {HEADER_BYTES} bytes. Rates are medians of several runs,\n"
        "with the least and the most, and what two free cores would make of the CPU seconds;\n"
        "memory is the proportional set size summed over all processes of a job, the largest that\n"
        f"was seen in {LOOKS} runs.",
        rows,
        raw,
    )


def shown(name: str) -> str:
    """A case's name with the method in code."""
    method, *more = name.split(" ", 1)
    return " ".join([f"`{method}`", *more])


def _add_job(add: Any, places: list[Path], name: str, how: str, *words: str) -> None:
    """Whole jobs over the feature files in these folders, of fewer people and of more."""
    peaks = []
    for place in places:
        outs = [place / f"{name}, {how}, {look}" for look in range(LOOKS)]
        file = place / "consortium.toml"
        peaks.append(most_of([*job(file, out, name), *words] for out in outs).peak_bytes)
    _add_memory(add, f"`{name}`, whole job from Parquet, 32 columns, {how}", peaks)


def _add_memory(add: Any, what: str, peaks: list[int]) -> None:
    fewer, more = (f"{peak / 1e6:.0f}" for peak in peaks)
    add(
        f"{what}: peak memory at {PEOPLE:,} people against {FEWER:,}",
        f"{peaks[1] / peaks[0]:.2f} times ({more} and {fewer} MB)",
        "at most 1.5",
        peaks=peaks,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--job", nargs=2, metavar=("METHOD", "PEOPLE"))
    asked = parser.parse_args().job
    main() if asked is None else remember(asked[0], int(asked[1]))
