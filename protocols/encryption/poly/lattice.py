"""Facts of the ring Z_q[X]/(X^N + 1) that parameters rest on: how large q may be, and its primes.

Sources: Albrecht et al., "Homomorphic Encryption Security Standard", HomomorphicEncryption.org,
November 2018, table 1 (ternary secret, 128 bits against classical attacks); Microsoft SEAL 4.1,
`native/src/seal/util/hestdparms.h` and `util/numth.cpp` (`get_primes`), which the tests compare.
"""

from __future__ import annotations

from functools import cache
from typing import Final

# Ring degree N -> most bits that all primes together may have at 128-bit security.
LARGEST_MODULUS_BITS: Final = {4096: 109, 8192: 218, 16384: 438}

# A residue travels in six bytes, and the product of one by a 16-bit digit must fit 64 bits.
MOST_PRIME_BITS: Final = 47

TERNARY_VARIANCE: Final = 2 / 3  # of a secret's coefficient, uniform over -1, 0, 1
ERROR_VARIANCE: Final = 10.5  # of SEAL's error: centred binomial over 42 coins
ERROR_COINS: Final = 21  # ... of which this many count up and as many count down

# Witnesses that decide primality for every number below 3.3e24 (Sorenson and Webster 2015).
_WITNESSES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def is_prime(number: int) -> bool:
    """Whether `number`, below 2^64, is prime; Miller and Rabin's test with fixed witnesses."""
    if number < 2 or any(number % small == 0 for small in _WITNESSES):
        return number in _WITNESSES
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for witness in _WITNESSES:
        power = pow(witness, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


@cache
def primes_of(degree: int, bits: tuple[int, ...]) -> tuple[int, ...] | None:
    """The primes that SEAL's `CoeffModulus.Create(degree, bits)` returns, in its order.

    For each size the largest primes that leave remainder 1 modulo 2N, so that X^N + 1 splits;
    among equal sizes the smaller comes first. None where a size has too few.
    """
    step = 2 * degree
    largest: dict[int, list[int]] = {size: [] for size in bits}
    for size, primes in largest.items():
        number = ((1 << size) - 1) // step * step + 1
        while len(primes) < bits.count(size):
            if number < 1 << (size - 1):
                return None
            if is_prime(number):
                primes.append(number)
            number -= step
    return tuple(largest[size].pop() for size in bits)


@cache
def smallest_special_bits(degree: int) -> int:
    """The size of the smallest prime that can be special in a ring of this degree.

    Encryption under a public key divides by the special prime and only the rounding remains as
    noise, so the smallest will do where nothing is relinearised or rotated.
    """
    size = (2 * degree).bit_length()
    while primes_of(degree, (size,)) is None:
        size += 1
    return size


@cache
def batching_prime(degree: int, at_least: int) -> int:
    """The smallest prime from `at_least` on that lets a BFV plaintext be cut into N slots."""
    step = 2 * degree
    number = max(at_least - 2, 0) // step * step + step + 1
    while not is_prime(number):
        number += step
    return number


def batches(degree: int, plain_modulus: int) -> bool:
    """Whether a BFV plaintext modulo this number has N slots: a prime, 1 modulo 2N."""
    return plain_modulus % (2 * degree) == 1 and is_prime(plain_modulus)


def prime_sizes(degree: int, count: int) -> tuple[int, ...] | None:
    """Sizes of `count` data primes and a special one that use as much as the table allows.

    None where fewer primes would reach as far. Smaller primes first, the special one last.
    """
    special = smallest_special_bits(degree)
    most = LARGEST_MODULUS_BITS[degree] - special
    if MOST_PRIME_BITS * (count - 1) >= most:
        return None
    small, larger = divmod(min(most, MOST_PRIME_BITS * count), count)
    return (small,) * (count - larger) + (small + 1,) * larger + (special,)
