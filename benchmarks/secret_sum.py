"""How fast `secret-sum` is: the protocol from memory, whole jobs from files, and their memory."""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
from measure import CREDIT, LOOKS, able, credit_file, median_of, most_of, publish, two_cores, watch

from protocols.core.local import run_local
from protocols.core.message import PUBLIC, Message
from protocols.core.party import Party, role
from protocols.core.ring import Ring
from protocols.sharing import secure_sum

PLATFORMS = [
    "wallet", "marketplace", "social", "dating", "rides", "telecom", "games", "utility"
]  # fmt: skip
PEOPLE = 1_000_000
SHARD = 65_536
COLUMNS = 4


def play_shards(count: int, people: int, bits: int) -> tuple[float, float]:
    """Secure sums of `count` shards, all parties; when the first began and the last ended."""
    ring = Ring(bits)
    rng = np.random.default_rng(1)
    points = {name: rng.integers(0, 200, people).astype(ring.dtype) for name in PLATFORMS}
    expected = secure_sum.ideal(points, ring)

    def roles() -> dict[str, object]:
        given = {
            name: partial(secure_sum.platform, vector=vector, ring=ring, collector="desk")
            for name, vector in points.items()
        }
        return {**given, "desk": partial(secure_sum.collect, people=people, ring=ring)}

    run_local(roles(), recording="outline")  # warm
    begin = time.perf_counter()
    for _ in range(count):
        run = run_local(roles(), recording="outline")
        if not np.array_equal(run.outputs["desk"], expected):
            raise SystemExit("a sum is wrong")
    return begin, time.perf_counter()


def people_per_second(bits: int) -> float:
    """All parties' work for PEOPLE people, in workers on two cores."""
    workers = two_cores()
    shards = -(-PEOPLE // SHARD)
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        spans = pool.starmap(play_shards, [(-(-shards // workers), SHARD, bits)] * workers)
    wall = max(end for _, end in spans) - min(begin for begin, _ in spans)
    return -(-shards // workers) * workers * SHARD / wall


@dataclass(frozen=True, slots=True)
class Ping(Message):
    carries = PUBLIC
    value: int


@role(Ping)
async def serve(party: Party, other: str, balls: int) -> None:
    for _ in range(balls):
        party.send(other, Ping(1))
        await party.receive(other, Ping)


def small_message_s(balls: int = 2_000) -> float:
    """One small message through the engine: encoded, metered, hashed, delivered, decoded."""
    roles = {
        "a": partial(serve, other="b", balls=balls),
        "b": partial(serve, other="a", balls=balls),
    }
    clock = time.perf_counter()
    run_local(roles, recording="outline")
    return (time.perf_counter() - clock) / (2 * balls)


def feature_files(folder: Path, people: int) -> Path:
    """Eight Parquet files with COLUMNS columns of everybody, and the consortium file over them."""
    rng = np.random.default_rng(2)
    text = [
        'schema = "privscore/consortium@1"', 'name = "speed"', 'purpose = "Measure."',
    ]  # fmt: skip
    lines: list[str] = []
    for platform in PLATFORMS:
        data = {f"c{k}": rng.integers(0, 100, people) for k in range(COLUMNS)}
        connection = duckdb.connect(":memory:")
        connection.register("data", data)
        connection.execute(
            f"""COPY (SELECT format('p{{:07d}}', row_number() OVER () - 1) AS person, * FROM data)
                TO '{folder / platform}.parquet' (FORMAT parquet)"""
        )
        text.append(f'[[party]]\nid = "{platform}"\nroles = ["data"]\ntable = "{platform}.parquet"')
        lines += [
            f'[[scorecard.characteristic]]\nname = "{platform} {k}"\ncolumn = "{platform}.c{k}"\n'
            f"bins = [10, 30, 50, 70, 90]\npoints = [0, 3, 6, 9, 12, 15]\nmissing = 5"
            for k in range(COLUMNS)
        ]
    text.append('[[party]]\nid = "desk"\nroles = ["requester"]')
    text.append("[scorecard]\nbase = 350\nclip = [350, 950]")
    text += [*lines, '[policy]\nreveal = { desk = "score" }\nmin_people = 50']
    path = folder / "consortium.toml"
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def job(file: Path, out: Path, method: str) -> list[str]:
    """The command line of one job."""
    return [
        sys.executable, "-m", "privscore", "run", str(file), "--method", method, "--out", str(out)
    ]  # fmt: skip


def main() -> None:
    raw: dict[str, object] = {}
    rows: list[dict[str, str]] = []

    def add(what: str, figure: str, **measured: object) -> None:
        raw[what] = measured
        rows.append({"what": what, "figure": figure})

    for bits in (32, 64):
        least, middle, most = median_of(5, lambda bits=bits: people_per_second(bits))
        add(
            f"secure sum, 8 platforms, {PEOPLE:,} people, {bits}-bit ring, from memory, two cores",
            f"{middle / 1e6:.2f} million people/s ({least / 1e6:.2f} to {most / 1e6:.2f})",
            runs=(least, middle, most),
        )
    least, middle, most = median_of(9, small_message_s)
    add(
        "a small message through the engine",
        f"{middle * 1e6:.0f} us ({least * 1e6:.0f} to {most * 1e6:.0f})",
        runs=(least, middle, most),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if CREDIT.exists():
            file = credit_file(folder / "credit")
            for method in able(file):
                seen = watch(job(file, folder / f"credit-{method}", method))
                add(
                    f"credit data, 30,000 people, `{method}`, cold process to scores file",
                    f"{seen.seconds:.2f} s",
                    seconds=seen.seconds,
                    peak_bytes=seen.peak_bytes,
                )
        peaks = {}
        for people in (200_000, PEOPLE):
            files = folder / str(people)
            files.mkdir()
            path = feature_files(files, people)
            for method in ("clear", "secret-sum"):
                outs = [folder / f"{people}-{method}-{look}" for look in range(LOOKS)]
                seen = most_of(job(path, out, method) for out in outs)
                peaks[method, people] = seen.peak_bytes
                add(
                    f"whole job from Parquet, {people:,} people, 32 columns, `{method}`",
                    f"{seen.seconds:.2f} s, {seen.peak_bytes / 1e6:.0f} MB over all processes",
                    seconds=seen.seconds,
                    peak_bytes=seen.peak_bytes,
                )
        for method in ("clear", "secret-sum"):
            ratio = peaks[method, PEOPLE] / peaks[method, 200_000]
            add(
                f"peak memory at {PEOPLE:,} people against 200,000, `{method}`",
                f"{ratio:.2f} times",
                ratio=ratio,
            )
    publish(
        "secret-sum",
        "Speed of secret-sum",
        "All parties' work on one machine. Times are medians of several runs, with the least and\n"
        "the most; memory is the proportional set size summed over all processes of a job, the\n"
        f"largest that was seen in {LOOKS} runs.",
        rows,
        raw,
    )


if __name__ == "__main__":
    main()
