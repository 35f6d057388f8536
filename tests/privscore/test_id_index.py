"""An index of ids: everybody once, in one order, found again whatever his id looks like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privscore.tables.id_index import IdIndex, count_people, even_length, id_index_of, merged

# Of one length or of many, on both sides of the eight bytes that fit a number.
IDS = st.one_of(
    st.integers(0, 30).map(lambda n: f"p{n:07d}"),
    st.integers(0, 30).map(lambda n: f"person-{n:05d}"),
    st.sampled_from(["1", "10", "9", "007", "é", "人", "a" * 8, "a" * 9, "z" * 40, "z" * 39 + "a"]),
)
LISTS = st.one_of(
    st.lists(IDS, max_size=12), st.lists(st.integers(0, 40).map(lambda n: f"p{n:03d}"), max_size=30)
)


def joined(ids: list[str]) -> bytes:
    return "\n".join(ids).encode()


def in_order(ids: set[str]) -> list[str]:
    return sorted(ids, key=lambda person: (len(person.encode()), person.encode()))


@settings(deadline=None)
@given(LISTS)
def test_a_roll_names_everybody_once_and_says_from_which_line(ids: list[str]) -> None:
    id_index, lines = id_index_of(joined(ids))
    assert id_index.people() == joined(in_order({*ids}))
    assert len(id_index) == len({*ids})
    if lines is None:
        assert ids == in_order({*ids})
    else:
        assert lines.tolist() == [ids.index(person) for person in in_order({*ids})]


@settings(deadline=None)
@given(LISTS, LISTS)
def test_everybody_on_the_roll_is_found_and_nobody_else(
    known: list[str], listed: list[str]
) -> None:
    id_index = id_index_of(joined(known))[0]
    order = in_order({*known})
    rows = id_index.rows(joined(listed))
    assert rows.tolist() == [order.index(each) if each in order else -1 for each in listed]


@settings(deadline=None)
@given(st.lists(LISTS, max_size=4))
def test_merged_rolls_have_everybody(lists: list[list[str]]) -> None:
    everybody = {person for ids in lists for person in ids}
    indexes = [id_index_of(joined(ids))[0] for ids in lists]
    assert merged([IdIndex({}), *indexes]).people() == joined(in_order(everybody))


@pytest.mark.parametrize(
    ("people", "length"),
    [(b"", 0), (b"ab", 0), (b"ab\ncd", 2), (b"ab\ncd\ne", 0), (b"ab\nc\nde", 0), (b"a\nb\n", 0)],
)
def test_a_list_is_even_only_if_all_its_ids_are_as_long(people: bytes, length: int) -> None:
    assert even_length(people) == length


def test_a_long_roll_is_the_same_in_whatever_order_it_came() -> None:
    numbers = np.random.default_rng(3).permutation(200_000)
    people = b"\n".join(b"p%07d" % number for number in numbers)
    id_index, lines = id_index_of(people)
    assert count_people(people) == len(id_index) == 200_000
    assert lines is not None
    assert np.array_equal(numbers[lines], np.arange(200_000))
    assert np.array_equal(id_index.rows(people), numbers)
