"""Who lives in the society: the latent traits from which everything else follows.

Nobody in the society can see a trait; platforms see events, and the outcome comes from traits and
events alike, so a score over the events can be right about people but never certain. All numbers
here are assumptions, chosen so that the whole looks like a population; none was measured on people.

    neighbourhood ---> reliability ---> late payments, disputes, cancellations ---> default
          |                 |                                                          ^
          +------------> income ------> deposits, amounts, setbacks -------------------+
    age ---------------> playfulness -> games, what is bought (and hardly any default)
                         sociability -> posts, friends
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from privscore.errors import Refused

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]

PLATFORMS = ("wallet", "marketplace", "social", "dating", "rides", "telecom", "games", "utility")
DAYS = 365  # how long events are watched
THIN = 2  # a thin file: at most so many platforms know the person

_BLOCK_PEOPLE = 1 << 16
_NEIGHBOURHOOD_PEOPLE = 200
_PEOPLE_RANGE = (100, 10_000_000)  # ids have seven digits
_SEED_RANGE = (0, (1 << 32) - 1)  # one word of NumPy's seeds, so that no two labels can meet

# Log-odds by which a platform is among those that know a person: for everybody, and for each
# standard deviation of age, income, sociability and playfulness. Phones come first, the old pay
# for their own electricity, the young play and date.
_REACH = np.array(
    [  # all   age  income social play
        [1.4, -0.3, +0.2, +0.0, +0.0],  # wallet
        [0.9, -0.2, +0.3, +0.0, +0.2],  # marketplace
        [0.6, -0.6, +0.0, +0.7, +0.1],  # social
        [-1.5, -0.9, +0.0, +0.4, +0.2],  # dating
        [-0.2, -0.3, +0.4, +0.1, +0.0],  # rides
        [1.8, +0.1, +0.0, +0.0, +0.0],  # telecom
        [-0.4, -0.7, +0.0, +0.0, +0.9],  # games
        [0.5, +0.9, +0.2, +0.0, +0.0],  # utility
    ],
    np.float32,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a society is made from. Raises Refused for a size or seed out of range."""

    people: int
    seed: int

    def __post_init__(self) -> None:
        for what, value, (low, high) in (
            ("number of people", self.people, _PEOPLE_RANGE),
            ("seed", self.seed, _SEED_RANGE),
        ):
            if not low <= value <= high:
                raise Refused(
                    f"the society's {what} is out of range", f"Choose one from {low} to {high}."
                )

    @property
    def blocks(self) -> int:
        """How many blocks of people it is made in: each fits in memory with all its events."""
        return -(-self.people // _BLOCK_PEOPLE)

    def span(self, block: int) -> tuple[int, int]:
        """The numbers of a block's first person and of the one behind its last."""
        return block * _BLOCK_PEOPLE, min((block + 1) * _BLOCK_PEOPLE, self.people)

    def random(self, label: str, number: int = 0) -> np.random.Generator:
        """A generator of its own for each label and number, so that no order of work matters."""
        return np.random.default_rng([self.seed, number, *label.encode()])


@dataclass(frozen=True, slots=True)
class People:
    """One block of people; all arrays are shape (people,) unless said otherwise."""

    first: int  # the number of the first person
    neighbourhood: NDArray[np.int32]
    age: Floats  # years, 18 to 80
    reliability: Floats  # standard normal: keeping one's word, whatever one earns
    income: Floats  # standard normal: the logarithm of it
    sociability: Floats  # standard normal
    playfulness: Floats  # about standard normal, higher for the young
    setback_day: NDArray[np.int16]  # when work or health was lost; DAYS for who was spared
    knows: NDArray[np.bool_]  # shape (people, platforms): which platforms know the person

    def __len__(self) -> int:
        return len(self.age)

    @property
    def known_by(self) -> Ints:
        """How many platforms know each person: 1 to 8."""
        count: Ints = self.knows.sum(axis=1)
        return count

    @property
    def thin_file(self) -> NDArray[np.bool_]:
        """Who is known to one or two platforms only."""
        return self.known_by <= THIN

    def of(self, platform: str) -> Ints:
        """The places within the block of the people whom `platform` knows, ascending."""
        return np.flatnonzero(self.knows[:, PLATFORMS.index(platform)])


def sigmoid(log_odds: Floats) -> Floats:
    """The probabilities that belong to log-odds, same shape."""
    return np.float32(1) / (np.float32(1) + np.exp(-log_odds))


def people_of(recipe: Recipe, block: int) -> People:
    """The people of one block, a pure function of recipe and block."""
    first, end = recipe.span(block)
    count = end - first
    random = recipe.random("people", block)

    def normal() -> Floats:
        return random.standard_normal(count, np.float32)

    # Who lives in the same place shares some fortune: this is what friendships later pick up.
    places = max(1, recipe.people // _NEIGHBOURHOOD_PEOPLE)
    fortune = recipe.random("neighbourhoods").standard_normal((2, places), np.float32)
    neighbourhood = random.integers(0, places, count, np.int32)
    standing, wealth = fortune[:, neighbourhood]

    age = (18 + 62 * random.beta(1.5, 2.2, count)).astype(np.float32)
    years = (age - np.float32(43)) / np.float32(14)  # roughly standardised
    reliability = np.sqrt(np.float32(0.3)) * standing + np.sqrt(np.float32(0.7)) * normal()
    # The squares of the weights add up to 1, so income stays standard normal.
    income = 0.3 * reliability + 0.45 * wealth + np.sqrt(np.float32(0.7075)) * normal()
    sociability = normal()
    playfulness = np.float32(0.8) * normal() - np.float32(0.6) * years
    struck = random.random(count, np.float32) < sigmoid(-2.8 - 0.5 * income)
    setback_day = np.where(struck, random.integers(0, DAYS, count), DAYS).astype(np.int16)

    traits = np.stack([np.ones_like(age), years, income, sociability, playfulness])
    liking = (_REACH @ traits).T
    liking += random.gumbel(size=liking.shape).astype(np.float32)
    # The poor, the very young and the very old are those of whom little is on file.
    thin = random.random(count, np.float32) < sigmoid(-2.2 - 0.6 * income + 0.4 * years**2)
    number = np.where(
        thin,
        1 + (random.random(count) < 0.55),
        3 + random.binomial(5, sigmoid(-0.1 + 0.4 * income - 0.3 * years)),
    )
    # Each person is known to the `number` platforms that suit her best.
    rank = (-liking).argsort(axis=1).argsort(axis=1)
    return People(
        first=first,
        neighbourhood=neighbourhood,
        age=age,
        reliability=reliability,
        income=income,
        sociability=sociability,
        playfulness=playfulness,
        setback_day=setback_day,
        knows=rank < number[:, None],
    )
