"""What a protocol says of itself, once, at the bottom of its file; the rest is checked by machine.

A file that ends in `SPEC = Spec(...)` gets the conformance suite, the exact check, its diagram and
its page in the docs without another file being touched: `find_specs` finds those of this package,
`load_spec` one of your own.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from protocols.core.cast import ANY, MANY, Cast, Places, example_cast, misfit, parties_in
from protocols.core.cost import Declared
from protocols.core.errors import LocalMisuse
from protocols.core.message import Key
from protocols.core.party import Role
from protocols.core.ring import Ring, Vec

Phase: TypeAlias = Literal["setup", "shard", "closing", "question"]
PHASES: Final[tuple[Phase, ...]] = ("setup", "shard", "closing", "question")
_OLDER: Final[Mapping[str, Phase]] = {"opening": "setup"}  # how files before 0.2 call a phase

_RING = Ring(32)
_PLATFORMS = (
    *("wallet", "market", "social", "dating", "rides", "telecom", "games", "utility"),
    *("bank", "grocer", "travel", "news", "parcel", "insurer", "cinema", "transit"),
)


def phase_named(word: str) -> Phase:
    """The phase of this name; raises LocalMisuse for a word that is none."""
    for phase in PHASES:
        if phase == _OLDER.get(word, word):
            return phase
    raise LocalMisuse(f"{word!r} is not one of the phases {', '.join(PHASES)}")


@dataclass(frozen=True, slots=True)
class Setting:
    """The public side of a run: who takes part and where, for how many people, over which ring."""

    size: int  # how many platforms
    parties: tuple[str, ...]  # everybody, in the agreed order
    people: int  # in each shard
    ring: Ring
    cast: tuple[tuple[str, tuple[str, ...]], ...] = ()  # place -> the parties in it, in order
    parameters: Any = field(default=None, hash=False)  # of a method; None: those of the example

    def holders(self, place: str) -> tuple[str, ...]:
        """The parties in a place; nobody if the Spec has no such place."""
        return dict(self.cast).get(place, ())

    def holder(self, place: str) -> str:
        """The one party in a place; raises LocalMisuse if there is another number of them."""
        holders = self.holders(place)
        if len(holders) != 1:
            raise LocalMisuse(f"the place {place!r} has {len(holders)} parties, not one")
        return holders[0]


def _nothing_to_commit(_: tuple[str, ...]) -> None:
    """Default: nobody keeps a record of the answer (tests, comparisons)."""


@dataclass(frozen=True, slots=True)
class Own:
    """The private side: what one party brings to a phase, and nobody else has."""

    data: Any = None  # its input, in every phase
    material: bytes = b""  # what the setup left with it
    kept: tuple[Any, ...] = ()  # what its role returned in each shard; in the closing only
    identity: bytes = field(default=b"", repr=False)  # seed of its Ed25519 key; empty: example's
    commit_answer: Callable[[tuple[str, ...]], None] = _nothing_to_commit
    """Called with the platforms in an answer before any of it leaves; raises to refuse."""


@dataclass(frozen=True, slots=True)
class Small:
    """A case for the exact check: so few platforms, over so small a ring, that all can be tried.

    `values` are the inputs tried, for every entry of one person's data; all of the ring if empty.
    """

    size: int
    ring: Ring
    values: tuple[int, ...] = ()


Inputs: TypeAlias = Mapping[str, Any]
RoleOf: TypeAlias = Callable[[Setting, str, Own], Role[Any] | None]


def _no_drop_outs(_: Setting) -> int:
    return 0


def _no_keys(_: Setting) -> tuple[Key, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A protocol as the tests, the docs and the ledger see it.

    `places` says where parties may stand: how many there may be in each, a number or a range; a
    Spec without places means platforms and one requester. One party may stand in several. `cast`
    puts the example's parties into them, `parties` names the example's parties in order; either may
    be left out.

    A phase is a function of the setting, a party's name and what that party alone has; it returns
    the role that the party plays, or None if it has no part in this phase. Setup roles return
    their party's `Material` (bytes). With a closing, a party's output is what its closing role
    returns: None, or a sequence with one result for each shard; without, what its shard role does.
    A question opens more of what a shard's role returned, once more for each asking.
    """

    name: str
    card: str | None  # the docstring of the protocol's file: write `card=__doc__`
    inputs: Callable[[Setting, np.random.Generator], Inputs]  # an example; only who has data
    ideal: Callable[[Setting, Inputs], Mapping[str, Any]]  # what each party may learn; {} nothing
    cost: Callable[[Setting], Mapping[Any, Declared]]
    harmless: Callable[[Setting, frozenset[str]], bool]  # learns no more than its allowed outputs
    leakage: str  # what is not hidden beside the outputs, in words
    exposes: Callable[[Setting, frozenset[str]], tuple[str, ...]] | None = None
    """Whose inputs a coalition that is not harmless may read; everybody's if None."""
    shard: RoleOf
    setup: RoleOf | None = None
    closing: RoleOf | None = None
    question: RoleOf | None = None
    opening: InitVar[RoleOf | None] = None  # what files before 0.2 call `setup`
    places: Places = field(default_factory=dict, hash=False)
    cast: Callable[[int], Cast] | None = None
    parties: Callable[[int], tuple[str, ...]] | None = None
    keys: Callable[[Setting], tuple[Key, ...]] = _no_keys  # who can read which ciphertexts
    sizes: range = MANY
    ring: Ring = _RING
    status: str = "experimental"
    drop_outs: Callable[[Setting], int] = _no_drop_outs  # lost platforms that a run survives
    tolerance: float = 0.0  # by how much an output may miss the ideal, where it cannot be exact
    alike: Callable[[Setting, np.random.Generator], Sequence[Inputs]] | None = None
    """Inputs that nobody may tell apart by sizes and order of messages; any inputs if None."""
    exact: tuple[Small, ...] = ()
    why_not_exact: str = ""

    def __post_init__(self, opening: RoleOf | None) -> None:
        if opening is not None:
            object.__setattr__(self, "setup", opening)
        if not self.places:
            object.__setattr__(self, "places", {"platform": ANY, "requester": 1})
        if bool(self.exact) == bool(self.why_not_exact):
            raise LocalMisuse(f"{self.name}: name small cases for the exact check, or say why not")
        if not self.sizes:
            raise LocalMisuse(f"{self.name}: name the sizes that it is for")

    def setting(self, size: int, people: int, ring: Ring | None = None) -> Setting:
        """The example of this size; raises LocalMisuse for a size that the protocol is not for."""
        if size not in self.sizes:
            raise LocalMisuse(f"{self.name} is for {self.sizes[0]} to {self.sizes[-1]}, not {size}")
        if self.cast is not None:
            cast = self.cast(size)
        else:
            cast = example_cast(self.places, platforms(size), self.parties and self.parties(size))
        return self.cast_as(cast, people, ring)

    def cast_as(
        self, cast: Cast, people: int, ring: Ring | None = None, parameters: Any = None
    ) -> Setting:
        """The setting with these parties in its places; LocalMisuse if they do not fit."""
        if problem := misfit(self.places, cast):
            raise LocalMisuse(f"{self.name} {problem}")
        everybody = parties_in(cast)
        if self.cast is None and self.parties is not None:
            size = len(cast.get("platform", everybody[:-1]))
            example = self.parties(size)
            everybody = example if set(example) == set(everybody) else everybody
        size = len(cast["platform"]) if "platform" in cast else len(everybody)
        places = tuple((place, tuple(names)) for place, names in cast.items())
        return Setting(size, everybody, people, ring or self.ring, places, parameters)

    def misfit(self, cast: Cast) -> str:
        """Why these parties do not fit into the places, as a sentence's end; empty if they do."""
        return misfit(self.places, cast)

    def role(self, phase: Phase, setting: Setting, me: str, private: Own) -> Role[Any] | None:
        """The role that a party plays in a phase; None where it has no part, or there is none."""
        role_of = self._phase(phase)
        return role_of(setting, me, private) if role_of else None

    def phases(self) -> tuple[tuple[Phase, RoleOf], ...]:
        """The phases that this protocol has, in order."""
        return tuple((phase, role_of) for phase in PHASES if (role_of := self._phase(phase)))

    def declared(self, setting: Setting) -> dict[Phase, Declared]:
        """The declared cost of every phase; nothing for a phase that is not there."""
        cost = {phase_named(word): declared for word, declared in self.cost(setting).items()}
        return {phase: cost.get(phase, Declared()) for phase in PHASES}

    def key(self, setting: Setting, name: str) -> Key | None:
        """The key of this name; None for one that the protocol does not declare."""
        return next((key for key in self.keys(setting) if key.name == name), None)

    def _phase(self, phase: Phase) -> RoleOf | None:
        by_phase: dict[Phase, RoleOf | None] = {
            "setup": self.setup,
            "shard": self.shard,
            "closing": self.closing,
            "question": self.question,
        }
        return by_phase[phase]


def platforms(size: int) -> tuple[str, ...]:
    """Names for `size` platforms: the eight of the stories first."""
    more = (f"shop{number}" for number in range(len(_PLATFORMS) + 1, size + 1))
    return (*_PLATFORMS[:size], *more)


def uniform_vectors(
    names: Sequence[str], setting: Setting, generator: np.random.Generator
) -> dict[str, Vec]:
    """One vector of ring elements for each name, shape (people,): an example of inputs."""
    high = (1 << setting.ring.bits) - 1
    shape = setting.people
    dtype = setting.ring.dtype
    return {name: generator.integers(0, high, shape, dtype, endpoint=True) for name in names}


def find_specs() -> dict[str, Spec]:
    """Every `SPEC` in the `protocols` package, by name; LocalMisuse if two share a name."""
    package = importlib.import_module("protocols")
    specs: dict[str, Spec] = {}
    for module in pkgutil.walk_packages(package.__path__, "protocols."):
        spec = vars(importlib.import_module(module.name)).get("SPEC")
        if not isinstance(spec, Spec):
            continue
        if specs.setdefault(spec.name, spec) is not spec:
            raise LocalMisuse(f"two protocols are called {spec.name}")
    return specs


def load_spec(path: Path) -> Spec:
    """The `SPEC` of a protocol file that need not be in any package. Runs the file.

    Raises LocalMisuse if the file is not there, is not Python, or has no SPEC.
    """
    name = f"own_protocols.{path.stem}"
    source = importlib.util.spec_from_file_location(name, path) if path.suffix == ".py" else None
    if source is None or source.loader is None or not path.is_file():
        raise LocalMisuse(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(source)
    sys.modules[name] = module  # dataclasses and type hints look their module up by name
    source.loader.exec_module(module)
    spec = vars(module).get("SPEC")
    if not isinstance(spec, Spec):
        raise LocalMisuse(f"{path} does not end in SPEC = Spec(...)")
    return spec
