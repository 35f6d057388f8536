"""Parameters are planned, not guessed: a `Wish` becomes `Checked`, or a refusal that says why.

The planner takes the smallest ring, and in it the fewest primes, in which nothing can wrap, no
noise can run out, the flooding hides as much as was wished, and 128 bits of security are left.
A wish may pin what it wants to; what is pinned is checked by the same rules.

Source of the security table: see `lattice`. Where a wish has no parameters, every refusal ends
with what to change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from protocols.core.errors import LocalMisuse
from protocols.encryption import lattice, noise, spectrum
from protocols.encryption.noise import BACKENDS, Backend, Circuit, Prediction
from protocols.encryption.packing import ID_BYTES, ciphertext_bytes

# Toy rings for tests, far below 128 bits: name -> ring degree and sizes of the primes.
INSECURE_SETS: Final = {"insecure_1024": (1024, (46, 47, 14))}

# A message coefficient times q mod t must fit 64 bits; SEAL itself stops at 60 bits.
_MOST_PLAIN_BITS: Final = 31
_PLANNER: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a method wants of exact encryption (BFV), before anybody has a key.

    Every number that is encrypted lies in [least, most]. `people` share one ciphertext, as many
    as fit if None; `openings` ciphertexts are decrypted in a job. Whatever is None is planned.
    """

    circuit: Circuit
    parties: int
    least: int
    most: int
    openings: int
    people: int | None = None
    flooding_bits: float = 40.0
    backend: Backend = "fourier"
    degree: int | None = None
    plain_modulus: int | None = None
    prime_bits: tuple[int, ...] | None = None  # the special prime last
    parameter_set: str | None = None

    @property
    def total_range(self) -> tuple[int, int]:
        """The least and the most that a total can be."""
        return self.circuit.altogether * self.least, self.circuit.altogether * self.most


@dataclass(frozen=True, slots=True)
class Checked:
    """Parameters that the planner vouches for; only `plan` makes them."""

    wish: Wish
    degree: int  # N
    plain_modulus: int  # t
    primes: tuple[int, ...]  # of q, and the special prime last
    prediction: Prediction
    _planner: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._planner is not _PLANNER:
            raise LocalMisuse("parameters come from plan(wish): nothing else has checked them")

    def __reduce__(self) -> tuple[Any, ...]:
        return plan, (self.wish, self.wish.parameter_set is not None)

    @property
    def data_primes(self) -> tuple[int, ...]:
        """The primes that a ciphertext has residues for."""
        return self.primes[:-1]

    @property
    def people(self) -> int:
        """How many people share one ciphertext."""
        return self.wish.people or self.degree

    @property
    def ciphertext_bytes(self) -> int:
        """Payload bytes of one ciphertext on the wire."""
        return ciphertext_bytes(self.degree, len(self.data_primes))

    @property
    def key_primes(self) -> tuple[int, ...]:
        """The primes that a public key has residues for: SEAL's has the special one too."""
        return self.primes if self.wish.backend == "seal" else self.data_primes

    @property
    def id(self) -> bytes:
        """16 bytes that name these parameters: both sides must have planned the same."""
        text = (
            f"privscore/bfv@1 {self.wish.backend} {self.degree} {self.plain_modulus} "
            f"{self.primes} {self.wish.total_range} {self.prediction.flood_bits}"
        )
        return hashlib.sha256(text.encode()).digest()[:ID_BYTES]

    def ciphertexts_for(self, people: int) -> int:
        """How many ciphertexts hold one number for each of `people`."""
        return -(-people // self.people)

    def admit(self, values: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """The values as int64, same shape; LocalMisuse if one is outside what was planned."""
        if values.size and not self.wish.least <= values.min() <= values.max() <= self.wish.most:
            raise LocalMisuse(
                f"points outside points_range [{self.wish.least}, {self.wish.most}]: "
                "change the points or plan for a wider range"
            )
        return values.astype(np.int64)


def plan(wish: Wish, allow_insecure: bool = False) -> Checked:
    """The smallest parameters that grant a wish; raises LocalMisuse with what to change.

    `allow_insecure` is for tests: it admits the toy sets, whose names begin with `insecure_`.
    """
    _refuse_nonsense(wish, allow_insecure)
    reason: LocalMisuse | None = None
    for degree, prime_bits in _candidates(wish):
        try:
            return _checked(wish, degree, prime_bits)
        except LocalMisuse as error:
            reason = error
    raise reason or LocalMisuse("no ring has such primes: let the planner choose their sizes")


def _refuse_nonsense(wish: Wish, allow_insecure: bool) -> None:
    """Faults that no choice of ring could mend."""
    if wish.backend not in BACKENDS:
        raise LocalMisuse(f"no backend {wish.backend!r}: choose one of {', '.join(BACKENDS)}")
    name = wish.parameter_set
    if name is not None and name not in INSECURE_SETS:
        raise LocalMisuse(f"no parameter set {name!r}: leave the name out, and it is planned")
    if name is not None and not allow_insecure:
        raise LocalMisuse(f"{name} is a toy for tests: leave the name out, and it is planned")
    if wish.parties < 1 or wish.openings < 1 or wish.least > wish.most:
        raise LocalMisuse("a wish needs parties, openings and a range that is not empty")
    if wish.degree is not None and wish.degree not in lattice.LARGEST_MODULUS_BITS:
        raise LocalMisuse(
            f"N={wish.degree} is not supported: at 128 bits of security its modulus has no room "
            "for flooding, or it is not a power of two; use 4096, 8192 or 16384"
        )
    if wish.prime_bits is not None and wish.degree is None:
        raise LocalMisuse("primes are for one ring: where they are pinned, pin N too")
    low, high = wish.total_range
    if high - low >= 1 << _MOST_PLAIN_BITS:
        raise LocalMisuse(
            f"totals of {wish.parties} parties wrap beyond {_MOST_PLAIN_BITS} bits: "
            "narrow the range of points"
        )


def _candidates(wish: Wish) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Ring degrees and prime sizes in the order of their cost, as far as the wish leaves them."""
    if wish.parameter_set is not None:
        yield INSECURE_SETS[wish.parameter_set]
        return
    for degree in lattice.LARGEST_MODULUS_BITS if wish.degree is None else (wish.degree,):
        if wish.prime_bits is not None:
            yield degree, wish.prime_bits
            continue
        count = 1
        while sizes := lattice.prime_sizes(degree, count):
            yield degree, sizes
            count += 1


def _checked(wish: Wish, degree: int, prime_bits: tuple[int, ...]) -> Checked:
    """The parameters with this ring and these primes, or the reason why they will not do."""
    most_bits = lattice.LARGEST_MODULUS_BITS.get(degree)
    if most_bits is not None and sum(prime_bits) > most_bits:
        raise LocalMisuse(
            f"{sum(prime_bits)} bits of primes at N={degree} are under 128 bits of security: "
            f"at most {most_bits} are safe; use fewer or a larger N"
        )
    if len(prime_bits) < 2 or max(prime_bits) > lattice.MOST_PRIME_BITS:
        raise LocalMisuse(
            f"a data prime and a special one are needed, of at most {lattice.MOST_PRIME_BITS} bits"
        )
    if wish.people is not None and not 1 <= wish.people <= degree:
        raise LocalMisuse(
            f"{wish.people} people are more than the {degree} slots of a ciphertext: "
            "plan fewer people for each, or a larger N"
        )
    primes = lattice.primes_of(degree, prime_bits)
    plain_modulus = _plain_modulus(wish, degree, primes)
    prediction = noise.exact(
        wish.circuit,
        wish.backend,
        degree=degree,
        primes=primes,
        plain_modulus=plain_modulus,
        parties=wish.parties,
        openings=wish.openings,
    )
    if prediction.hiding_bits < wish.flooding_bits:
        raise LocalMisuse(
            f"N={degree} with {sum(prime_bits)} bits leaves {prediction.hiding_bits:.1f} bits of "
            f"flooding where {wish.flooding_bits:.1f} are wanted: let the planner choose N and "
            "the primes, or plan fewer openings"
        )
    if wish.backend == "fourier":
        _refuse_inexact(wish.circuit, degree)
    return Checked(wish, degree, plain_modulus, primes, prediction, _PLANNER)


def _plain_modulus(wish: Wish, degree: int, primes: tuple[int, ...]) -> int:
    """A modulus in which no total wraps: pinned, or the smallest that the backend can use."""
    low, high = wish.total_range
    needed = high - low + 1
    chosen = wish.plain_modulus
    if chosen is None:
        if wish.backend == "fourier":
            return 1 << max((needed - 1).bit_length(), 1)
        chosen = lattice.batching_prime(degree, needed)
        while chosen in primes:
            chosen = lattice.batching_prime(degree, chosen + 1)
        return chosen
    if chosen <= wish.most - wish.least:
        raise LocalMisuse(
            f"t={chosen} is too small for one platform's points: it must be above "
            f"{wish.most - wish.least}"
        )
    if chosen < needed:
        raise LocalMisuse(
            f"totals of {wish.parties} parties wrap modulo t={chosen}: it must be at least {needed}"
        )
    if wish.backend == "seal" and (not lattice.batches(degree, chosen) or chosen in primes):
        raise LocalMisuse(
            f"t={chosen} does not batch at N={degree}: it must be a prime that leaves 1 modulo "
            f"{2 * degree}, such as {lattice.batching_prime(degree, needed)}"
        )
    if chosen.bit_length() > _MOST_PLAIN_BITS:
        raise LocalMisuse(f"t={chosen} is too large: at most {_MOST_PLAIN_BITS} bits are used")
    return chosen


def _refuse_inexact(circuit: Circuit, degree: int) -> None:
    """Refuse a sum of products that double-precision transforms could round wrongly."""
    norms = float((circuit.terms * circuit.ones * degree) ** 0.5 + degree**0.5)
    if spectrum.error_bound(degree, norms) > spectrum.MOST_ERROR:
        raise LocalMisuse(
            f"{circuit.terms} bins at one platform are more than the Fourier backend adds up "
            "exactly: use the backend 'seal', or fewer bins"
        )
