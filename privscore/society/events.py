"""What happens to people in the year that is watched: each platform's raw events, and the outcome.

A table is a dictionary of columns, one row per event, NumPy arrays of equal length. `person` is the
person's number in the society, `day` counts from the first day of the year, amounts are in cents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from privscore.society.people import DAYS, PLATFORMS, Floats, Ints, People, Recipe, sigmoid

Table: TypeAlias = dict[str, NDArray[Any]]

CATEGORIES = (
    "groceries", "clothing", "household", "electronics", "books", "sports", "travel", "alcohol",
)  # fmt: skip
_SHARES = np.array([0.34, 0.19, 0.16, 0.11, 0.08, 0.07, 0.05])  # of all categories but alcohol
_PRICES_CENTS = np.array([6_000, 11_000, 9_000, 40_000, 4_000, 14_000, 60_000, 8_000], np.float32)

BADLY_LATE_DAYS = 30
_LONGEST_DELAY_DAYS = 180
_MEDIAN_MONTHLY_INCOME_CENTS = 400_000
_OLDEST_ACCOUNT_DAYS = {  # phones and electricity are older than the web
    "wallet": 2500, "marketplace": 3500, "social": 3000, "dating": 1500, "rides": 1400,
    "telecom": 6000, "games": 2500, "utility": 9000,
}  # fmt: skip


def tables_of(recipe: Recipe, block: int, people: People) -> dict[str, Table]:
    """All tables of one block under the names 'platform/table': a function of the arguments."""
    tables: dict[str, Table] = {}
    for platform in PLATFORMS:
        random = recipe.random(platform, block)
        members = people.of(platform)
        tables[f"{platform}/accounts"] = _accounts(
            people, members, random, _OLDEST_ACCOUNT_DAYS[platform]
        )
        for name, table in _HAPPENINGS[platform](people, members, random).items():
            tables[f"{platform}/{name}"] = table
    return tables


def badly_late(people: People, tables: dict[str, Table]) -> Floats:
    """The share of all payments and bills that each person left for over 30 days, 0 to 1."""
    late, due = np.zeros((2, len(people)), np.int64)
    for table in tables.values():
        if "days_late" in table:
            rows = table["person"] - people.first
            due += np.bincount(rows, minlength=len(people))
            late += np.bincount(rows[table["days_late"] > BADLY_LATE_DAYS], minlength=len(people))
    # A share and not a count: to be known by many platforms is no reason to default.
    return (late / np.maximum(due, 1)).astype(np.float32)


def defaults(recipe: Recipe, block: int, people: People, late: Floats) -> NDArray[np.bool_]:
    """Who defaulted in the year after: from traits that nobody sees and from what happened.

    What one buys, plays and posts, and who one's friends are, has no part in it: where those
    separate people at all, they do so as stand-ins for age, income or neighbourhood.
    """
    struck = people.setback_day < DAYS
    log_odds = -3.5 - 0.8 * people.reliability - 0.55 * people.income + 1.0 * struck
    log_odds += 9 * np.minimum(late, 0.25)
    chance = recipe.random("defaults", block).random(len(people), np.float32)
    return chance < sigmoid(log_odds.astype(np.float32))


def _accounts(
    people: People, members: Ints, random: np.random.Generator, oldest_days: int
) -> Table:
    """One row per member: the day the account was opened (negative), whether a name was proved."""
    reliability = people.reliability[members]
    grown_up_days = (people.age[members] - 17) * 365
    # The reliable stay where they are: the same number, the same address, for longer.
    tenure = random.standard_exponential(members.size, np.float32)
    tenure *= 0.35 * oldest_days * np.exp(0.3 * reliability)
    tenure = np.minimum(tenure, np.minimum(grown_up_days, oldest_days))
    return {
        "person": (people.first + members).astype(np.int32),
        "since": (-1 - tenure).astype(np.int16),
        "verified": random.random(members.size, np.float32) < sigmoid(1.2 + 0.5 * reliability),
    }


def _rows(members: Ints, rate: NDArray[np.floating[Any]], random: np.random.Generator) -> Ints:
    """Each member's place in the block, once per event; events come at `rate` a year."""
    return members.repeat(random.poisson(rate))


def _events(people: People, rows: Ints, random: np.random.Generator) -> Table:
    """A person and a random day for each row."""
    return {
        "person": (people.first + rows).astype(np.int32),
        "day": random.integers(0, DAYS, rows.size, np.int16),
    }


def _bills(people: People, members: Ints, random: np.random.Generator, a_year: int) -> Table:
    """Regular bills, `a_year` for each member, on the same days of every period."""
    period = DAYS // a_year
    billing_day = random.integers(0, period, members.size, np.int16)
    days = billing_day[:, None] + np.arange(a_year, dtype=np.int16) * np.int16(period)
    return {
        "person": (people.first + members.repeat(a_year)).astype(np.int32),
        "day": days.ravel(),
    }


def _cents(
    table: Table,
    people: People,
    random: np.random.Generator,
    typical: float | Floats,
    elastic: float,
) -> NDArray[np.int32]:
    """Amounts around `typical` cents that grow with income to the power of `elastic`."""
    level = np.exp(0.6 * elastic * people.income)[table["person"] - people.first]
    spread = np.exp(0.5 * random.standard_normal(level.size, np.float32))
    cents: NDArray[np.int32] = (typical * level * spread).astype(np.int32)
    return cents


def _days_late(table: Table, people: People, random: np.random.Generator) -> NDArray[np.int16]:
    """How late each payment came, mostly 0. Some are late here and not there: hence the quirk."""
    quirk = 0.7 * random.standard_normal(len(people), np.float32)
    rows = table["person"] - people.first
    strain = (-0.9 * people.reliability - 0.35 * people.income + quirk)[rows]
    strain += 1.6 * (table["day"] >= people.setback_day[rows])
    late = random.random(rows.size, np.float32) < sigmoid(strain - 2)
    delay = random.standard_exponential(rows.size, np.float32) * (11 * np.exp(0.35 * strain))
    return np.where(late, np.minimum(1 + delay, _LONGEST_DELAY_DAYS), 0).astype(np.int16)


def _happens(
    table: Table, people: People, random: np.random.Generator, log_odds: Floats
) -> NDArray[np.bool_]:
    """A yes or no for each row, with its person's log-odds (shape (people of the block,))."""
    chance: Floats = sigmoid(log_odds)[table["person"] - people.first]
    return random.random(chance.size, np.float32) < chance


# What each platform keeps, in the order of PLATFORMS. -------------------------------------------


def _wallet(people: People, members: Ints, random: np.random.Generator) -> dict[str, Table]:
    payments = _events(
        people, _rows(members, 9 * np.exp(0.15 * people.income[members]), random), random
    )
    payments["amount_cents"] = _cents(payments, people, random, 90_000, 0.6)
    payments["days_late"] = _days_late(payments, people, random)

    deposits = _bills(people, members, random, 12)
    deposits["amount_cents"] = _cents(deposits, people, random, _MEDIAN_MONTHLY_INCOME_CENTS, 1)
    after = deposits["day"] >= people.setback_day[deposits["person"] - people.first]
    deposits["amount_cents"][after] //= 3
    return {"payments": payments, "deposits": deposits}


def _marketplace(people: People, members: Ints, random: np.random.Generator) -> dict[str, Table]:
    appetite = random.standard_gamma(1.5, len(people)).astype(np.float32) / 1.5
    rate = (7 * appetite * np.exp(0.25 * people.income))[members]
    purchases = _events(people, _rows(members, rate, random), random)
    size = len(purchases["person"])
    sober = np.searchsorted(_SHARES.cumsum()[:-1], random.random(size), side="right")
    thirst = -3 + 0.4 * people.playfulness + 0.8 * random.standard_normal(len(people), np.float32)
    alcohol = _happens(purchases, people, random, thirst)
    purchases["category"] = np.where(alcohol, CATEGORIES.index("alcohol"), sober).astype(np.int8)
    purchases["amount_cents"] = _cents(
        purchases, people, random, _PRICES_CENTS[purchases["category"]], 0.5
    )
    purchases["disputed"] = _happens(purchases, people, random, -3.1 - 0.8 * people.reliability)
    return {"purchases": purchases}


def _social(people: People, members: Ints, random: np.random.Generator) -> dict[str, Table]:
    rate = 4.5 * np.exp(0.6 * people.sociability[members])
    posts = _events(people, _rows(members, rate, random), random)
    # People report what annoys them, which is a weak sign of anything else.
    posts["reported"] = _happens(
        posts, people, random, -3.3 - 0.3 * people.reliability + 0.3 * people.playfulness
    )
    return {"posts": posts}


def _dating(people: People, members: Ints, random: np.random.Generator) -> dict[str, Table]:
    rate = 6 * np.exp(0.4 * people.sociability[members])
    meetings = _events(people, _rows(members, rate, random), random)
    meetings["kept"] = _happens(meetings, people, random, 1.6 + 0.7 * people.reliability)
    return {"meetings": meetings}


def _rides(people: People, members: Ints, random: np.random.Generator) -> dict[str, Table]:
    habit = random.standard_gamma(1.5, members.size).astype(np.float32) / 1.5
    trips = _events(people, _rows(members, 8 * habit, random), random)
    trips["fare_cents"] = _cents(trips, people, random, 2_500, 0.3)
    trips["cancelled"] = _happens(trips, people, random, -2.6 - 0.7 * people.reliability)
    return {"trips": trips}


def _telecom(people: People, members: Ints, random: np.random.Generator) -> dict[str, Table]:
    bills = _bills(people, members, random, 12)
    bills["amount_cents"] = _cents(bills, people, random, 6_000, 0.4)
    bills["days_late"] = _days_late(bills, people, random)
    return {"bills": bills}


def _games(people: People, members: Ints, random: np.random.Generator) -> dict[str, Table]:
    rate = 12 * np.exp(0.5 * people.playfulness[members])
    sessions = _events(people, _rows(members, rate, random), random)
    typical = np.exp(0.3 * people.playfulness)[sessions["person"] - people.first]
    hours = random.standard_exponential(typical.size, np.float32) * (2 * typical)
    sessions["hours"] = hours.clip(0.1, 16).round(1)
    return {"sessions": sessions}


def _utility(people: People, members: Ints, random: np.random.Generator) -> dict[str, Table]:
    bills = _bills(people, members, random, 6)
    bills["amount_cents"] = _cents(bills, people, random, 18_000, 0.4)
    bills["days_late"] = _days_late(bills, people, random)
    return {"bills": bills}


_Happenings: TypeAlias = Callable[[People, Ints, np.random.Generator], dict[str, Table]]
_HAPPENINGS: dict[str, _Happenings] = dict(
    zip(
        PLATFORMS,
        (_wallet, _marketplace, _social, _dating, _rides, _telecom, _games, _utility),
        strict=True,
    )
)
