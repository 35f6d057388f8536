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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from protocols.core.cost import Declared
from protocols.core.errors import LocalMisuse
from protocols.core.party import Role
from protocols.core.ring import Ring, Vec

Phase: TypeAlias = Literal["opening", "shard", "closing"]
PHASES: Final[tuple[Phase, ...]] = ("opening", "shard", "closing")

_RING = Ring(32)
_PLATFORMS = (
    *("wallet", "market", "social", "dating", "rides", "telecom", "games", "utility"),
    *("bank", "grocer", "travel", "news", "parcel", "insurer", "cinema", "transit"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """The public side of a run: who takes part, for how many people, over which ring."""

    size: int  # as `Spec.parties` takes it: usually the number of platforms
    parties: tuple[str, ...]  # everybody, in the agreed order
    people: int  # in each shard
    ring: Ring


@dataclass(frozen=True, slots=True)
class Own:
    """The private side: what one party brings to a phase, and nobody else has."""

    data: Any = None  # its input, in every phase
    material: bytes = b""  # what the opening left with it
    kept: tuple[Any, ...] = ()  # what its role returned in each shard; in the closing only


@dataclass(frozen=True, slots=True)
class Small:
    """A case for the exact check: so few platforms, over so small a ring, that all can be tried.

    `values` are the inputs tried, for every entry of one person's data; all of the ring if empty.
    """

    size: int
    ring: Ring
    values: tuple[int, ...] = ()


Inputs: TypeAlias = Mapping[str, Any]
Play: TypeAlias = Callable[[Setting, str, Own], Role[Any] | None]


def _no_drop_outs(_: Setting) -> int:
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A protocol as the tests, the docs and the ledger see it.

    A phase is a function of the setting, a party's name and what that party alone has; it returns
    the role that the party plays, or None if it has no part in this phase. Opening roles return
    their party's `Material` (bytes). With a closing, a party's output is what its closing role
    returns: None, or a sequence with one result for each shard; without, what its shard role does.
    """

    name: str
    card: str | None  # the docstring of the protocol's file: write `card=__doc__`
    parties: Callable[[int], tuple[str, ...]]
    inputs: Callable[[Setting, np.random.Generator], Inputs]  # an example; only who has data
    ideal: Callable[[Setting, Inputs], Mapping[str, Any]]  # what each party may learn; {} nothing
    cost: Callable[[Setting], Mapping[Phase, Declared]]
    harmless: Callable[[Setting, frozenset[str]], bool]  # learns no more than its allowed outputs
    leakage: str  # what is not hidden beside the outputs, in words
    exposes: Callable[[Setting, frozenset[str]], tuple[str, ...]] | None = None
    """Whose inputs a coalition that is not harmless may read; everybody's if None."""
    shard: Play
    opening: Play | None = None
    closing: Play | None = None
    sizes: range = range(2, 17)
    ring: Ring = _RING
    status: str = "experimental"
    drop_outs: Callable[[Setting], int] = _no_drop_outs  # lost platforms that a run survives
    tolerance: float = 0.0  # by how much an output may miss the ideal, where it cannot be exact
    alike: Callable[[Setting, np.random.Generator], Sequence[Inputs]] | None = None
    """Inputs that nobody may tell apart by sizes and order of messages; any inputs if None."""
    exact: tuple[Small, ...] = ()
    why_not_exact: str = ""

    def __post_init__(self) -> None:
        if bool(self.exact) == bool(self.why_not_exact):
            raise LocalMisuse(f"{self.name}: name small cases for the exact check, or say why not")
        if not self.sizes:
            raise LocalMisuse(f"{self.name}: name the sizes that it is for")

    def setting(self, size: int, people: int, ring: Ring | None = None) -> Setting:
        """The setting of this size; raises LocalMisuse for a size that the protocol is not for."""
        if size not in self.sizes:
            raise LocalMisuse(f"{self.name} is for {self.sizes[0]} to {self.sizes[-1]}, not {size}")
        return Setting(size, self.parties(size), people, ring or self.ring)

    def phases(self) -> tuple[tuple[Phase, Play], ...]:
        """The phases that this protocol has, in order."""
        plays = (self.opening, self.shard, self.closing)
        return tuple((phase, play) for phase, play in zip(PHASES, plays, strict=True) if play)

    def declared(self, setting: Setting) -> dict[Phase, Declared]:
        """The declared cost of every phase; nothing for a phase that is not there."""
        cost = self.cost(setting)
        return {phase: cost.get(phase, Declared()) for phase in PHASES}


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
    found: dict[str, Spec] = {}
    for module in pkgutil.walk_packages(package.__path__, "protocols."):
        spec = vars(importlib.import_module(module.name)).get("SPEC")
        if not isinstance(spec, Spec):
            continue
        if found.setdefault(spec.name, spec) is not spec:
            raise LocalMisuse(f"two protocols are called {spec.name}")
    return found


def load_spec(path: Path) -> Spec:
    """The `SPEC` of a protocol file that need not be in any package. Runs the file.

    Raises LocalMisuse if the file is not there, is not Python, or has no SPEC.
    """
    name = f"own_protocols.{path.stem}"
    found = importlib.util.spec_from_file_location(name, path) if path.suffix == ".py" else None
    if found is None or found.loader is None or not path.is_file():
        raise LocalMisuse(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # dataclasses and type hints look their module up by name
    found.loader.exec_module(module)
    spec = vars(module).get("SPEC")
    if not isinstance(spec, Spec):
        raise LocalMisuse(f"{path} does not end in SPEC = Spec(...)")
    return spec
