"""What a setup leaves with each party for the rest of the job, as bytes that are its own."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from protocols.aggregation.plan import Flags
from protocols.aggregation.shamir import Elements
from protocols.aggregation.share_distribution import Octets
from protocols.core.body import ARRAY, BYTES, Body, Malformed, decode, encode
from protocols.core.errors import LocalMisuse


class OwnMaterial:
    """A dataclass of bytes and arrays that does not print, compare or pickle, but can be packed."""

    __slots__ = ()

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {_shape(getattr(self, name))}" for name in self._names())
        return f"{type(self).__name__}({shapes})"

    def __reduce__(self) -> tuple[object, ...]:
        raise LocalMisuse(f"{type(self).__name__} does not pickle: pack it, and keep it private")

    @classmethod
    def _names(cls) -> list[str]:
        return [field.name for field in fields(cls)]  # type: ignore[arg-type]

    def pack(self) -> bytes:
        """The material as bytes; whoever has them has every secret in it."""
        values: list[Any] = [getattr(self, name) for name in self._names()]
        codes = [BYTES if isinstance(value, bytes) else ARRAY for value in values]
        return encode(codes, values).join()

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """What was packed; raises LocalMisuse for anything else."""
        try:
            values = [field.value() for field in decode(Body((packed,)))]
            return cls(**dict(zip(cls._names(), values, strict=True)))
        except (Malformed, ValueError) as error:
            raise LocalMisuse(f"this is not the {cls.__name__} of a setup") from error


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PlatformMaterial(OwnMaterial):
    """A platform's seeds, and the shares that it holds of its neighbours' and of its own.

    Rows stand for the platform's neighbourhood, as `MaskingPlan.around` has it; they are zero for
    who is not in `present`, and the platform's own row of `pair_seeds` is.
    """

    setup_session: bytes  # session id of the setup
    present: Flags  # whose shares were dealt
    self_seed: bytes  # b_u
    pair_seeds: NDArray[np.uint8]  # s_{u,v} of each neighbour v: shape (held, KEY_BYTES)
    shares: Elements  # shape (held, KINDS, LIMBS)
    salts: Octets  # shape (held, KINDS, SALT_BYTES)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AggregatorMaterial(OwnMaterial):
    """The dealers' mask keys, and their word on every share that they dealt. Nothing secret."""

    setup_session: bytes  # session id of the setup
    present: Flags  # whose shares were dealt
    mask_keys: Octets  # s_u^PK: shape (platforms, KEY_BYTES)
    hashes: Octets  # shape (platforms, held, KINDS, HASH_BYTES), rows as in `MaskingPlan.around`
    signatures: Octets  # shape (platforms, held, SIGNATURE_BYTES)


def _shape(value: bytes | NDArray[Any]) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else f"{value.dtype}{[*value.shape]}"
