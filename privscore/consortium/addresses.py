"""Where parties are reached: beside the agreement, since who moves has agreed on nothing new."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UNSET

from privscore.consortium.conversion import Refuse
from privscore.consortium.shape import ConsortiumShape

_MOST_CHARACTERS = 2_000
_KEYS = ("endpoint", "dial")
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)"
_ADDRESS = re.compile(
    rf"(?:https|wss)://{_HOST}(?::(?P<url_port>[0-9]{{1,5}}))?(?:[/?#]\S*)?"
    rf"|{_HOST}:(?P<port>[0-9]{{1,5}})"
)
_LAST_PORT = (1 << 16) - 1


@dataclass(frozen=True, slots=True)
class Address:
    """Where one party is: where others reach it, and where it calls out to; empty if not said."""

    endpoint: str = ""
    dial: str = ""


def addresses_of(file: ConsortiumShape, refuse: Refuse) -> Mapping[str, Address]:
    """The addresses that a file names, by party; raises what `refuse` makes of one that is none."""
    addresses = {}
    for index, party in enumerate(file.party):
        said = {key: getattr(party, key) for key in _KEYS}
        given = {key: value for key, value in said.items() if value is not UNSET}
        for key, value in given.items():
            _check(key, value, refuse, "party", index, key)
        if given:
            addresses[party.id] = Address(**given)
    return addresses


def _check(key: str, value: str, refuse: Refuse, *place: str | int) -> None:
    if len(value) > _MOST_CHARACTERS:
        raise refuse(
            f"`{key}` is longer than {_MOST_CHARACTERS:,} characters", "Name a shorter one.", *place
        )
    match = _ADDRESS.fullmatch(value)
    port = (match["url_port"] or match["port"] or "1") if match else "0"
    if not value.isprintable() or not 1 <= int(port) <= _LAST_PORT:
        raise refuse(
            f"`{key}` is no address",
            "Write https://..., wss://... or host:port, without blanks and control characters.",
            *place,
        )
