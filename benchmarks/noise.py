"""Noise of the three encrypted methods at their deepest: what the planner predicts, what is there.

python benchmarks/noise.py       measure, and write the page
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import tenseal.sealapi as sealapi
from encrypted_cases import (
    BINS,
    COLUMN_LIMIT,
    COLUMNS,
    LEAST,
    MOST,
    PARTIES,
    RELEASES,
    WEIGHT_LIMIT,
    card_parameters,
    sum_parameters,
    weight_parameters,
)
from measure import publish
from numpy.typing import NDArray

from privscore.methods.bfv_sum import OPENINGS
from protocols.core.coins import SeededCoins
from protocols.encryption import factory
from protocols.encryption.backends import seal as backend
from protocols.encryption.backends import seal_format
from protocols.encryption.backends.coefficient import WeightEncryptor
from protocols.encryption.backends.seal import ApproximateKeyOwner, KeyOwner
from protocols.encryption.backends.seal_slots import Weigher
from protocols.encryption.params.exact import Checked
from protocols.encryption.params.noise import fresh_noise_bits
from protocols.encryption.params.planning import Backend, Planned
from protocols.encryption.poly import residues, spectrum
from protocols.encryption.poly.residues import Ciphertexts, Residues
from protocols.encryption.release import release

DEVIATIONS_BITS = math.log2(6)  # the largest of N coefficients stays below 6 standard deviations
WANTED = 40.0


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of one method: noise at most so large, or a margin of at least so much."""

    method: str
    what: str
    predicted: float
    measured: float
    margin: bool = False

    @property
    def kept(self) -> bool:
        """Whether the prediction holds."""
        if self.margin:
            return self.measured >= self.predicted >= WANTED
        return self.measured <= self.predicted


class Alone:
    """Coins of the script, from a seed; nothing is recorded."""

    def __init__(self, label: str) -> None:
        self.coins = SeededCoins(hashlib.sha256(label.encode()).digest())

    def recorded(self, label: str, make: Callable[[], bytes]) -> bytes:
        """See `Source.recorded`."""
        del label
        return make()


class Opener:
    """Has the secret key in the open, as coefficients: it can see noise, which no party can."""

    def __init__(self, planned: Planned, material: bytes) -> None:
        seal = backend.seal(planned)
        saved = backend.saved(seal.loaded(sealapi.SecretKey(), material))
        shape = (len(planned.primes), planned.degree)
        points = seal_format.coefficients_of(saved, math.prod(shape)).reshape(shape)
        # SEAL keeps a key at its evaluation points; as half a ciphertext it can be turned back.
        primes = planned.data_primes
        halves = np.stack([points[: len(primes)]] * 2)
        layout = seal_format.Layout(seal.data_id, ntt=True)
        blob = seal_format.frame(halves, layout, seal.version)
        turned = seal.residues(seal.loaded(sealapi.Ciphertext(), blob))[0, 0].astype(np.int64)
        self.planned, self.secret = planned, np.where(turned > 1, turned - primes[0], turned)

    def phase(self, ciphertext: Residues) -> list[int]:
        """c0 + c1 s modulo q: the message, scaled, and the noise."""
        primes = self.planned.data_primes
        spectra = spectrum.of_residues(ciphertext[1], primes) * spectrum.of_small(self.secret)
        product = residues.reduced(spectrum.to_integers(spectra, primes), primes)
        phases = residues.total([ciphertext[None, :1], product[None, None]], primes)[0, 0]
        modulus = math.prod(primes)
        weights = [modulus // p * pow(modulus // p, -1, p) for p in primes]
        return [
            sum(w * residue for w, residue in zip(weights, column, strict=True)) % modulus
            for column in phases.T.tolist()
        ]

    def noise(self, ciphertext: Residues) -> NDArray[np.float64]:
        """The noise of each coefficient, shape (N,); of an approximate one that holds nothing."""
        modulus = math.prod(self.planned.data_primes)
        t = self.planned.plain_modulus if isinstance(self.planned, Checked) else 1
        scaled = (t * each + modulus // 2 for each in self.phase(ciphertext))
        return np.array([(each % modulus - modulus // 2) / t for each in scaled])


def largest(noise: NDArray[np.float64]) -> float:
    """The largest coefficient, in bits."""
    return float(np.log2(np.abs(noise).max()))


def hides(flood_bits: int, noise: NDArray[np.float64], openings: int) -> float:
    """-log2 of the statistical distance that this noise makes over a job, under such flooding."""
    distance_bits = np.log2(np.abs(noise).mean()) - (flood_bits + 1)  # of one coefficient, once
    return float(-(distance_bits + math.log2(len(noise) * openings)))


def flooded(ciphertexts: Ciphertexts, bits: int, planned: Planned, label: str) -> Ciphertexts:
    """With one party's flooding."""
    return residues.flooded(ciphertexts, bits, planned.data_primes, Alone(label).coins)


# The exact methods. -------------------------------------------------------------------------------


def of_sum() -> list[Line]:
    """Points of 8 platforms, and a zero from an aggregator that has none; flooded once."""
    checked = sum_parameters()
    material = backend.new_material(checked)
    encryptor = factory.encryptor(checked, KeyOwner(checked, material).public_key())
    dice, source = np.random.default_rng(1), Alone("sum")
    points = dice.integers(LEAST, MOST + 1, (PARTIES, checked.people))
    parts = [encryptor.encrypt(row, source, f"{n}") for n, row in enumerate(points)]
    everybody = residues.total(parts, checked.data_primes)
    total = residues.total([everybody, encryptor.zeros(1, source, "zero")], checked.data_primes)
    sent = flooded(total, checked.prediction.flood_bits, checked, "flood")
    method = f"`bfv-sum`, N={checked.degree}"
    return exact_lines(method, Opener(checked, material), parts[0], everybody, total, sent, 1)


def of_card(how: Backend) -> list[Line]:
    """A card of 32 characteristics of 6 bins; every platform adds a zero and floods."""
    checked = card_parameters(how)
    material = backend.new_material(checked)
    encryptor = factory.encryptor(checked, KeyOwner(checked, material).public_key())
    dice, source = np.random.default_rng(1), Alone("card")
    chosen, fresh = [], []
    for number in range(PARTIES):
        points = dice.choice([LEAST, MOST], sum(BINS))
        card = encryptor.encrypt_constants(points, source, f"card {number}")
        choices = dice.integers(0, 6, (len(BINS), checked.people), np.uint8)
        chosen.append(factory.selector(checked, card, BINS).select(choices))
        fresh.append(encryptor.zeros(1, source, f"zero {number}"))
    total = residues.total([*chosen, *fresh], checked.data_primes)
    sent = total
    for number in range(PARTIES):
        sent = flooded(sent, checked.prediction.flood_bits, checked, f"flood {number}")
    method = f"`bfv-hidden-card`, N={checked.degree}" + (", in slots" if how == "seal" else "")
    opener = Opener(checked, material)
    return exact_lines(method, opener, fresh[0], chosen[0], total, sent, PARTIES)


def exact_lines(
    method: str,
    opener: Opener,
    fresh: Ciphertexts,
    hidden: Ciphertexts,
    total: Ciphertexts,
    sent: Ciphertexts,
    flooders: int,
) -> list[Line]:
    """What an exact method's ciphertexts have: of one encryption, under one flooding, in all."""
    checked = opener.planned
    assert isinstance(checked, Checked)
    prediction = checked.prediction
    full = math.log2(flooders * 2.0**prediction.flood_bits + 6 * 2.0**prediction.deepest_bits)
    room = f"... with it; room for {prediction.room_bits:.1f}"
    margin = hides(prediction.flood_bits, opener.noise(hidden[0]), checked.wish.openings)
    return [
        Line(method, ONE, prediction.fresh_bits + DEVIATIONS_BITS, largest(opener.noise(fresh[0]))),
        Line(
            method, ALL, prediction.deepest_bits + DEVIATIONS_BITS, largest(opener.noise(total[0]))
        ),
        Line(method, room, full, largest(opener.noise(sent[0]))),
        Line(method, HIDDEN, prediction.hiding_bits, margin, margin=True),
    ]


# The approximate one. -----------------------------------------------------------------------------


def of_model() -> list[Line]:
    """A model of 32 columns: weights of zero where noise is looked at, else at their limit."""
    checked = weight_parameters()
    method = f"`ckks-weighted`, N={checked.degree}"
    material = backend.new_material(checked)
    owner, opener = ApproximateKeyOwner(checked, material), Opener(checked, material)
    encryptor = WeightEncryptor(checked, owner.public_key())
    dice, source = np.random.default_rng(1), Alone("model")
    columns = dice.uniform(-COLUMN_LIMIT, COLUMN_LIMIT, (PARTIES, COLUMNS, checked.people))

    def weighed(weights: NDArray[np.float64], label: str) -> list[Ciphertexts]:
        """Every platform's part before it is made new and flooded."""
        given = [
            encryptor.encrypt_constants(row, source, f"{label} {number}")
            for number, row in enumerate(weights)
        ]
        pairs = zip(given, columns, strict=True)
        return [Weigher(checked, model).weigh(values) for model, values in pairs]

    def summed(parts: list[Ciphertexts], label: str) -> Ciphertexts:
        """What the key's holder gets."""
        zeros = [encryptor.zeros(1, source, f"{label} zero {n}") for n in range(PARTIES)]
        sent = residues.total([*parts, *zeros], checked.data_primes)
        for number in range(PARTIES):
            sent = flooded(sent, checked.flood_bits, checked, f"{label} flood {number}")
        return sent

    nothing = weighed(np.zeros((PARTIES, COLUMNS)), "zero")
    before = opener.noise(summed(nothing, "zero")[0])
    weights = np.full((PARTIES, COLUMNS), WEIGHT_LIMIT)
    got = owner.unreleased(summed(weighed(weights, "limit"), "limit"), checked.people)
    results = release(got, checked, Alone("release"))
    error = np.abs(results - np.einsum("pc,pcn->n", weights, columns)).max()
    fresh = fresh_noise_bits("fourier", checked.degree, checked.primes[-1])
    zero = opener.noise(encryptor.zeros(1, source, "one")[0])
    hidden_bits = hides(checked.flood_bits, opener.noise(nothing[0][0]), RELEASES)
    released_bits = hides(checked.release_bits, before, RELEASES)
    return [
        Line(method, ONE, fresh + DEVIATIONS_BITS, largest(zero)),
        Line(method, FLOODED, checked.noise_bits + DEVIATIONS_BITS, largest(before)),
        Line(method, HIDDEN, WANTED, hidden_bits, margin=True),
        Line(method, RELEASED, WANTED, released_bits, margin=True),
        Line(method, ERROR, math.log2(checked.error_bound), math.log2(error)),
    ]


ONE = "one encryption"
ALL = "all that reaches the key's holder, but for flooding"
FLOODED = "all that reaches the key's holder, flooding included"
HIDDEN = "what platforms' flooding hides, statistical distance"
RELEASED = "what the release hides, statistical distance"
ERROR = "a released result's error, weights at their limit"

ABOUT = f"""Sizes are base-2 logarithms. Noise is the largest coefficient of a ciphertext; the
planner knows its standard deviation and allows for six of them. A margin is -log2 of the
statistical distance over all ciphertexts that a job may decrypt: {OPENINGS:,} of exact totals,
{RELEASES:,} of approximate ones; {WANTED:.0f} bits are asked for.
{PARTIES} platforms, cards of 32 characteristics of 6 bins, a model of 32 columns. Measured with
the secret key and every party's ciphertexts in one hand, which no party has."""


def measured() -> list[Line]:
    """Everything that is measured."""
    return [*of_sum(), *of_card("fourier"), *of_card("seal"), *of_model()]


def main() -> None:
    lines = measured()
    if not all(line.kept for line in lines):
        raise SystemExit(f"a prediction does not hold: {[each for each in lines if not each.kept]}")
    rows = [
        {
            "method": line.method,
            "bits of": line.what,
            "predicted": f"at {'least' if line.margin else 'most'} {line.predicted:.1f}",
            "measured": f"{line.measured:.1f}",
        }
        for line in lines
    ]
    publish("noise", "Noise, predicted and measured", ABOUT, rows, [asdict(line) for line in lines])


if __name__ == "__main__":
    main()
