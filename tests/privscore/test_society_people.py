"""What is in a society: people, accounts, events and friends as they would be."""

from __future__ import annotations

import pytest
from made_societies import PEOPLE, ask, big_society, one

from privscore.society import PLATFORMS, Society

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def society() -> Society:
    return big_society()


def test_manifest_counts_the_rows_that_are_there(society: Society) -> None:
    for table, rows in society.rows.items():
        assert one(society, f"SELECT count(*) FROM '{table}/*.parquet'") == (rows,)
    assert society.rows["truth/people"] == PEOPLE
    assert society.events >= 30 * PEOPLE  # 30 million for 1,000,000 people


def test_ids_are_numbered_through(society: Society) -> None:
    ids = ask(society, "SELECT person FROM 'truth/people/*.parquet' ORDER BY person")["person"]
    assert ids.tolist() == [f"p{number:07d}" for number in range(PEOPLE)]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_platform_knows_whom_the_truth_says(society: Society, platform: str) -> None:
    truth = f"SELECT person FROM 'truth/people/*.parquet' WHERE {platform}"
    accounts = f"SELECT person FROM '{platform}/accounts/*.parquet'"
    assert one(society, f"SELECT count(*) FROM ({truth} EXCEPT ALL {accounts})") == (0,)
    assert one(society, f"SELECT count(*) FROM ({accounts} EXCEPT ALL {truth})") == (0,)
    for table in society.rows:
        if table.startswith(f"{platform}/"):
            strangers = f"SELECT person FROM '{table}/*.parquet' EXCEPT {accounts}"
            assert one(society, f"SELECT count(*) FROM ({strangers})") == (0,)


def test_thin_file_is_one_or_two_platforms(society: Society) -> None:
    known_by = " + ".join(f"{platform}::INTEGER" for platform in PLATFORMS)
    numbers = ask(
        society,
        f"SELECT DISTINCT thin_file, {known_by} AS known_by FROM 'truth/people/*.parquet'",
    )
    pairs = set(zip(numbers["thin_file"].tolist(), numbers["known_by"].tolist(), strict=True))
    assert pairs == {(number <= 2, number) for number in range(1, 9)}
    (share,) = one(society, "SELECT avg(thin_file::INTEGER) FROM 'truth/people/*.parquet'")
    assert 0.1 < share < 0.25


def test_events_fall_into_the_year_and_accounts_before_it(society: Society) -> None:
    for table in society.rows:
        columns = one(society, f"SELECT list(name) FROM parquet_schema('{table}/*.parquet')")[0]
        if "day" in columns:
            span = one(society, f"SELECT min(day)::TEXT, max(day)::TEXT FROM '{table}/*.parquet'")
            assert "2016-07-01" <= span[0] <= span[1] <= "2017-06-30"
        if "since" in columns:
            (last,) = one(society, f"SELECT max(since)::TEXT FROM '{table}/*.parquet'")
            assert last < "2016-07-01"


def test_default_follows_the_traits_and_the_late_payments(society: Society) -> None:
    rate, reliability, income, late, thin = one(
        society,
        """SELECT avg(defaulted::INTEGER), corr(defaulted::INTEGER, reliability),
                  corr(defaulted::INTEGER, income), corr(defaulted::INTEGER, badly_late),
                  avg(defaulted::INTEGER) FILTER (WHERE thin_file)
           FROM 'truth/people/*.parquet'""",
    )
    assert 0.05 < rate < 0.13
    assert reliability < -0.2
    assert income < -0.15
    assert late > 0.3
    assert thin < 0.2  # most people of whom little is known are as good as anybody


def test_setback_makes_people_pay_later(society: Society) -> None:
    before, after = one(
        society,
        """SELECT avg(days_late) FILTER (WHERE day < setback_day),
                  avg(days_late) FILTER (WHERE day >= setback_day)
           FROM 'wallet/payments/*.parquet' JOIN 'truth/people/*.parquet' USING (person)""",
    )
    assert after > 2 * before


def test_friends_are_alike_where_they_live_alike(society: Society) -> None:
    reliability, income, age = one(
        society,
        """SELECT corr(one.reliability, other.reliability), corr(one.income, other.income),
                  corr(one.age, other.age)
           FROM 'social/friends/*.parquet' AS friends
           JOIN 'truth/people/*.parquet' AS one ON one.person = friends.person
           JOIN 'truth/people/*.parquet' AS other ON other.person = friends.friend""",
    )
    assert 0.25 < reliability < 0.5
    assert 0.1 < income < 0.4
    assert abs(age) < 0.03  # age plays no part in where one lives


def test_friendships_are_between_two_members_and_written_once(society: Society) -> None:
    twice, self_made, strangers = one(
        society,
        """SELECT count(*) - count(DISTINCT [least(person, friend), greatest(person, friend)]),
                  count(*) FILTER (WHERE person = friend),
                  count(*) FILTER (WHERE friend NOT IN
                                   (SELECT person FROM 'social/accounts/*.parquet'))
           FROM 'social/friends/*.parquet'""",
    )
    assert (twice, self_made, strangers) == (0, 0, 0)
