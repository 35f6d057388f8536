"""Messages: frozen dataclasses that become bytes, and never by pickle.

Each class says once what it carries, for the ledger. A body is decoded only as the type that the
role waits for, and only if every field has the dtype, shape or length that the role expects.
"""

from __future__ import annotations

import enum
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np

from protocols.core.body import ARRAY, BYTES, INT, STR, Body, Field, Malformed, decode, encode
from protocols.core.errors import LocalMisuse

ANY_SHAPE: typing.Final = "any shape"

MAX_DEPTH = 10_000  # a depth from a wire is a claim: it is bounded, and used for the meter alone
MAX_NAME_BYTES = 200  # of a party's or a message's name, in UTF-8
MAX_NUMBER = (1 << 31) - 1  # of messages of one name from one sender, the first being 0

Like: TypeAlias = "np.ndarray[Any, Any] | int | str"


class Disclosure(enum.Enum):
    """What a message in the clear can open; a member's value is the ledger's sentence on it.

    A room that opens something else has an enumeration of its own, derived from this one. The
    ledger knows a disclosure by its name, never by its sentence.
    """


@dataclass(frozen=True, slots=True)
class Key:
    """A key of one session: which ciphertexts name it, who holds it, how many of these it takes.

    `held_by` are parties; a joint key needs all of them, `need = len(held_by)`. With nobody in
    `held_by`, every receiver has one of its own, and a ciphertext goes to whom it is for.
    """

    name: str
    held_by: tuple[str, ...] = ()
    need: int = 1

    def opened_by(self, coalition: frozenset[str]) -> bool:
        """Whether these parties together can read what is under this key."""
        return bool(self.held_by) and len(coalition & set(self.held_by)) >= self.need


@dataclass(frozen=True, slots=True)
class Carries:
    """What a message holds, for the ledger: `kind`, and under which key or what was opened.

    `what` is the name of a `Key` or of a `Disclosure`, `sentence` what the latter means.
    """

    kind: str
    what: str = ""
    sentence: str = ""

    def __str__(self) -> str:
        words = self.sentence or self.what
        return f"{self.kind} ({words})" if words else self.kind


PUBLIC = Carries("public")
SHARE = Carries("share")
MASKED = Carries("masked")


def ciphertext(key: str) -> Carries:
    """A ciphertext under the key of this name; the Spec's `keys` say who holds it."""
    return Carries("ciphertext", key)


def opened(what: Disclosure | str) -> Carries:
    """A value in the clear; a plain text is a disclosure that no other room knows."""
    if isinstance(what, Disclosure):
        return Carries("opened", what.name, str(what.value))
    return Carries("opened", what, what)


class Message:
    """Base of every message: a frozen dataclass whose fields are int, str, bytes or ndarray."""

    __slots__ = ()
    carries: ClassVar[Carries]

    @classmethod
    def fields(cls) -> tuple[str, ...]:
        """The names of its fields, in order."""
        return _plan(cls).names

    def encode(self) -> Body:
        """The message as buffers; its arrays are read-only from here on."""
        plan = _plan(type(self))
        return encode(plan.codes, [getattr(self, name) for name in plan.names])

    @classmethod
    def decode(cls, body: Body, like: Mapping[str, Like] | None = None) -> Self:
        """The message in `body`; raises Malformed unless it is exactly what was expected.

        `like` says of each bytes or array field what it must look like: an array of the same
        dtype and shape, a number of bytes, or ANY_SHAPE where the role looks for itself.
        """
        received, plan = decode(body), _plan(cls)
        if tuple(field.code for field in received) != plan.codes:
            raise Malformed(f"not the fields of {cls.__name__}")
        values = {}
        for name, field in zip(plan.names, received, strict=True):
            if name in plan.shaped:
                _check(name, field, like.get(name) if like else None)
            values[name] = field.value()
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message on its way; `depth` is the longest chain of messages that led to it."""

    sender: str
    to: str
    name: str
    number: int
    depth: int
    body: Body

    @property
    def key(self) -> tuple[str, str, int]:
        """What the receiver finds it by: sender, name, number."""
        return (self.sender, self.name, self.number)


class _Plan(NamedTuple):
    """The fields of a message class, in order."""

    names: tuple[str, ...]
    codes: tuple[int, ...]
    shaped: tuple[str, ...]  # those whose size a receiver must state: bytes and arrays


_PLANS: dict[type[Message], _Plan] = {}


def _plan(cls: type[Message]) -> _Plan:
    """The plan of a message class, worked out once."""
    if cls not in _PLANS:
        codes = dict(_codes(cls))
        shaped = tuple(name for name, code in codes.items() if code in (BYTES, ARRAY))
        _PLANS[cls] = _Plan(tuple(codes), tuple(codes.values()), shaped)
    return _PLANS[cls]


def _codes(cls: type[Message]) -> Iterator[tuple[str, int]]:
    hints = typing.get_type_hints(cls)
    codes = {int: INT, str: STR, bytes: BYTES, np.ndarray: ARRAY}
    for field in fields(cls):  # type: ignore[arg-type]
        kind = typing.get_origin(hints[field.name]) or hints[field.name]
        while hasattr(kind, "__value__"):  # a lazy alias, as NumPy's are from Python 3.12 on
            kind = typing.get_origin(kind.__value__) or kind.__value__
        if kind not in codes:
            raise LocalMisuse(f"{cls.__name__}.{field.name}: a message holds no {kind}")
        yield field.name, codes[kind]


def shaped_fields(cls: type[Message]) -> tuple[str, ...]:
    """The fields whose size a receiver must state: bytes and arrays."""
    return _plan(cls).shaped


def _check(name: str, field: Field, like: Like | None) -> None:
    if isinstance(like, str) and like == ANY_SHAPE:
        return
    if isinstance(like, np.ndarray) and field.code == ARRAY:
        if field.dtype != like.dtype or field.shape != like.shape:
            raise Malformed(
                f"{name} is {field.dtype}{list(field.shape)}, want {like.dtype}{list(like.shape)}"
            )
    elif isinstance(like, int) and field.code == BYTES:
        if field.shape != (like,):
            raise Malformed(f"{name} is {field.shape[0]} bytes, want {like}")
    else:
        raise LocalMisuse(f"say what {name} must look like: an array, a length, or ANY_SHAPE")
