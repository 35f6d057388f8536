"""Lists of people: one buffer, one order, nobody twice."""

from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privscore.errors import Refused
from privscore.tables.id_index import count_people
from privscore.tables.people import blocks_of, check_people, read_people, union_of

# Everything that CSV readers and writers treat specially, but no control characters.
IDS = st.one_of(
    st.integers(-20, 20).map(str),
    st.sampled_from(
        ["007", "1e3", "-0", "9" * 38, "9" * 39, "NULL", '"', "'", "\\", "a,b", "#", "é"]
    ),
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=4),
)
LISTS = st.lists(IDS, max_size=12)


def joined(ids: list[str]) -> bytes:
    return "\n".join(ids).encode()


def in_order(ids: set[str]) -> list[str]:
    """Shorter ones first, those of one length by their bytes."""
    return sorted(ids, key=lambda person: (len(person.encode()), person.encode()))


@settings(max_examples=25, deadline=None)
@given(st.lists(LISTS, max_size=4))
def test_a_union_has_everybody_once_and_in_order(lists: list[list[str]]) -> None:
    everybody = in_order({person for ids in lists for person in ids})
    assert union_of([joined(ids) for ids in lists]) == joined(everybody)


@given(LISTS, st.integers(1, 5))
def test_blocks_are_the_list_cut_up(ids: list[str], size: int) -> None:
    blocks = list(blocks_of(joined(ids), size))
    assert blocks == [joined(ids[at : at + size]) for at in range(0, len(ids), size)]
    assert sum(map(count_people, blocks)) == count_people(joined(ids)) == len(ids)


@pytest.mark.parametrize(
    "people",
    [
        *(b"\n", b"a\n", b"\na", b"a\n\nb"),
        *(b"a\rb", b"a\tb", b"a\0b", b"a\x1fb", b"\x7f", "\x85".encode(), "a\u2028b".encode()),
        *(b"\xff", b"b\n" + b"a" * 1001),
    ],
)
def test_bytes_that_are_no_list_are_told(people: bytes) -> None:
    with pytest.raises(ValueError, match="list of people"):
        check_people(people)
    with pytest.raises(ValueError, match="list of people"):
        union_of([b"a\nb", people])


def test_a_list_may_hold_any_script() -> None:
    people = "wàllet\n人\nЯ\na b".encode()
    check_people(people)
    check_people(b"")
    assert count_people(people) == 4


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("list.txt", b"p2\np10\np1\n"),
        ("list.txt", b"\xef\xbb\xbfp2\r\np10\r\n\r\np1"),
        ("list.txt", b"person\np2\np10\np1\n"),
        ("list.csv", b"age;person\n1;p2\n2;p10\n3;p1\n"),
        ("list.csv", b'\xef\xbb\xbf"person","name"\n"p2","a, b"\n"p10",""\n"p1",\n'),
        ("list.tsv", b"person\tage\np2\t1\np10\t2\np1\t3\n"),
    ],
)
def test_a_file_of_people_is_read_in_its_order(name: str, body: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(body)
    assert read_people(tmp_path / name) == b"p2\np10\np1"


def test_a_long_file_of_people_is_read_in_its_order(tmp_path: Path) -> None:
    ids = np.random.default_rng(1).permutation(300_000).astype(str)
    people = "\n".join(ids).encode()
    (tmp_path / "list.txt").write_bytes(people + b"\n")
    assert read_people(tmp_path / "list.txt") == people


def test_parquet_keys_are_read_as_text(tmp_path: Path) -> None:
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT 7 - range AS person FROM range(3)) TO '{tmp_path}/list.parquet'")
    assert read_people(tmp_path / "list.parquet") == b"7\n6\n5"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"person\n", "empty"),
        (b"p1\np2\np1\n", "already: 1"),
        (b" p1\n", "blank"),
        (b"p1\tx\n", "control"),
        (b"p1\n\xff\n", "UTF-8"),
        (b"person,age\np1,3\n,4\n", "without an id: 1"),
        (b"a" * 1001, "longer"),
    ],
)
def test_a_file_that_is_no_list_is_refused(body: bytes, cause: str, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(body)
    with pytest.raises(Refused) as caught:
        read_people(file)
    assert cause in caught.value.cause
    assert caught.value.file == str(file)


@pytest.mark.parametrize("name", ["nowhere.txt", "nowhere.parquet", "."])
def test_a_list_that_is_not_there_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        read_people(tmp_path / name)
    assert caught.value.fix
