"""What the planners of exact and of approximate encryption share: wishes, candidates, refusals.

A planner takes the smallest ring, and in it the fewest primes, in which nothing can wrap, no noise
can run out, the flooding hides as much as was wished, and 128 bits of security are left. A wish
may pin what it wants to; what is pinned is checked by the same rules. Every refusal ends with what
to change.

Source of the security table: see `lattice`.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar

from protocols.core.errors import LocalMisuse, ProtocolError
from protocols.encryption.poly import lattice
from protocols.encryption.poly.packing import ID_BYTES, ciphertext_bytes

Backend: TypeAlias = Literal["fourier", "seal"]
BACKENDS: Final = ("fourier", "seal")

# Toy rings for tests, far below 128 bits: name -> ring degree and sizes of the primes.
INSECURE_SETS: Final = {"insecure_1024": (1024, (46, 47, 14))}

# Who has this has planned: checked parameters refuse to be made without it.
PLANNER: Final = object()

T = TypeVar("T")


class NoParameters(ProtocolError):
    """No parameters grant a wish that was made correctly; the text says what to change.

    An answer of the planner, not a fault of its caller: a wish that makes no sense at all is
    `LocalMisuse`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyWish:
    """What every method wants, before anybody has a key; whatever is None is planned.

    `parties` contribute, `people` share one ciphertext (as many as fit if None), `openings`
    ciphertexts are decrypted in a job, and all of their noise together tells no more than a
    statistical distance of 2^-flooding_bits.
    """

    parties: int
    openings: int
    people: int | None = None
    flooding_bits: float = 40.0
    backend: Backend = "fourier"
    degree: int | None = None
    prime_bits: tuple[int, ...] | None = None  # the special prime last
    parameter_set: str | None = None


class Planned:
    """What all checked parameters say, whatever the scheme."""

    __slots__ = ()
    degree: int  # N
    primes: tuple[int, ...]  # of q, and the special prime last

    @property
    def asked(self) -> AnyWish:
        """The wish that was granted."""
        raise NotImplementedError

    @property
    def described(self) -> str:
        """All that both sides must have planned alike, in words."""
        raise NotImplementedError

    @property
    def id(self) -> bytes:
        """16 bytes that name these parameters."""
        return hashlib.sha256(self.described.encode()).digest()[:ID_BYTES]

    @property
    def data_primes(self) -> tuple[int, ...]:
        """The primes that a ciphertext has residues for."""
        return self.primes[:-1]

    @property
    def key_primes(self) -> tuple[int, ...]:
        """The primes that a public key has residues for: SEAL's has the special one too."""
        return self.primes if self.asked.backend == "seal" else self.data_primes

    @property
    def people(self) -> int:
        """How many people share one ciphertext."""
        return self.asked.people or self.degree

    @property
    def ciphertext_bytes(self) -> int:
        """Payload bytes of one ciphertext on the wire."""
        return ciphertext_bytes(self.degree, self.data_primes)

    def ciphertexts_for(self, people: int) -> int:
        """How many ciphertexts hold one number for each of `people`."""
        return -(-people // self.people)


def first_that_fits(
    wish: AnyWish, allow_insecure: bool, check: Callable[[int, tuple[int, ...]], T]
) -> T:
    """What `check` makes of the first ring degree and primes that it does not refuse.

    Raises NoParameters with the last reason, which is that of the largest ring, and LocalMisuse
    for a wish that makes no sense in any ring.
    """
    _refuse_nonsense(wish, allow_insecure)
    refusal = NoParameters("no ring has such primes: let the planner choose their sizes")
    for degree, prime_bits in _candidates(wish):
        try:
            return check(degree, _primes(wish, degree, prime_bits))
        except NoParameters as error:
            refusal = error
    raise refusal


def refuse_too_little_flooding(wish: AnyWish, degree: int, hiding_bits: float) -> None:
    """Raise NoParameters where flooding would hide less than was wished."""
    if hiding_bits < wish.flooding_bits:
        raise NoParameters(
            f"N={degree} leaves {hiding_bits:.1f} bits of flooding where {wish.flooding_bits:.1f} "
            "are wanted: let the planner choose N and the primes, or plan fewer openings"
        )


def _refuse_nonsense(wish: AnyWish, allow_insecure: bool) -> None:
    """Raise LocalMisuse for a wish that its caller got wrong, NoParameters for an unsafe ring."""
    if wish.backend not in BACKENDS:
        raise LocalMisuse(f"no backend {wish.backend!r}: choose one of {', '.join(BACKENDS)}")
    name = wish.parameter_set
    if name is not None and name not in INSECURE_SETS:
        raise LocalMisuse(f"no parameter set {name!r}: leave the name out, and it is planned")
    if name is not None and not allow_insecure:
        raise LocalMisuse(f"{name} is a toy for tests: leave the name out, and it is planned")
    if wish.parties < 1 or wish.openings < 1:
        raise LocalMisuse("a wish needs parties and openings: at least one of each")
    if wish.degree is not None and wish.degree not in lattice.LARGEST_MODULUS_BITS:
        raise NoParameters(
            f"N={wish.degree} is not supported: at 128 bits of security its modulus has no room "
            "for flooding, or it is not a power of two; use 4096, 8192 or 16384"
        )
    if wish.prime_bits is not None and wish.degree is None:
        raise LocalMisuse("primes are for one ring: where they are pinned, pin N too")


def _candidates(wish: AnyWish) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Ring degrees and prime sizes in the order of their cost, as far as the wish leaves them."""
    if wish.parameter_set is not None:
        yield INSECURE_SETS[wish.parameter_set]
        return
    for degree in lattice.LARGEST_MODULUS_BITS if wish.degree is None else (wish.degree,):
        if wish.prime_bits is not None:
            yield degree, wish.prime_bits
            continue
        for count in itertools.count(1):
            sizes = lattice.prime_sizes(degree, count)
            if sizes is None:
                break
            yield degree, sizes


def _primes(wish: AnyWish, degree: int, prime_bits: tuple[int, ...]) -> tuple[int, ...]:
    """The primes of one candidate; raises NoParameters for its faults, whatever the scheme."""
    most_bits = lattice.LARGEST_MODULUS_BITS.get(degree)
    if most_bits is not None and sum(prime_bits) > most_bits:
        raise NoParameters(
            f"{sum(prime_bits)} bits of primes at N={degree} are under 128 bits of security: "
            f"at most {most_bits} are safe; use fewer or a larger N"
        )
    if len(prime_bits) < 2 or max(prime_bits) > lattice.MOST_PRIME_BITS:
        raise NoParameters(
            f"a data prime and a special one are needed, of at most {lattice.MOST_PRIME_BITS} bits"
        )
    if wish.people is not None and not 1 <= wish.people <= degree:
        raise NoParameters(
            f"{wish.people} people are more than the {degree} slots of a ciphertext: "
            "plan fewer people for each, or a larger N"
        )
    primes = lattice.primes_of(degree, prime_bits)
    if primes is None:
        sizes = ", ".join(str(bits) for bits in prime_bits)
        raise NoParameters(f"too few primes of {sizes} bits suit N={degree}: choose other sizes")
    return primes
