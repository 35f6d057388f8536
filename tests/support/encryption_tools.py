"""What the tests of homomorphic encryption share: wishes, and a source of randomness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocols.core.coins import SeededCoins
from protocols.encryption import factory
from protocols.encryption.backends.interface import Encryptor
from protocols.encryption.backends.seal import KeyOwner, new_material
from protocols.encryption.params.exact import Checked, Wish, plan
from protocols.encryption.params.noise import Circuit

LEAST, MOST = -20, 100


def wish(circuit: Circuit | None = None, **changes: Any) -> Wish:
    """Eight platforms adding points from -20 to 100, unless changed."""
    given: dict[str, Any] = {
        "circuit": circuit or Circuit.add(8),
        "parties": 8,
        "least": LEAST,
        "most": MOST,
        "openings": 16,
    }
    return Wish(**(given | changes))


BINS = (6, 6, 6, 6)
SELECT = Circuit.select([BINS] * 8)


class Alone:
    """A `Source` outside any session: coins from a seed, nothing kept."""

    def __init__(self, seed: bytes = b"alone") -> None:
        self.coins = SeededCoins(seed)

    def recorded(self, label: str, make: Callable[[], bytes]) -> bytes:
        return make()


class Keys:
    """A key's owner and somebody who encrypts to it, under planned parameters."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.material = new_material(checked)
        self.owner = KeyOwner(checked, self.material)
        self.public_key = self.owner.public_key()
        self.encryptor: Encryptor = factory.encryptor(checked, self.public_key)


def keys(circuit: Circuit | None = None, **changes: Any) -> Keys:
    """Fresh keys for a wish."""
    return Keys(plan(wish(circuit, **changes)))
