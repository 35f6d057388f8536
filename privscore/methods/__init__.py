"""Ways to compute the score, one file each: a file with a `METHOD` is a method."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil

from privscore.errors import Refused
from privscore.methods.base import Method


@functools.cache
def available() -> dict[str, Method]:
    """Every method by name: the plaintext baseline first, the others in alphabetical order."""
    found: list[Method] = []
    for module in pkgutil.iter_modules(__path__):
        method = getattr(importlib.import_module(f"{__name__}.{module.name}"), "METHOD", None)
        if method is not None:
            found.append(method)
    return {each.name: each for each in sorted(found, key=lambda m: (m.private, m.name))}


def named(name: str) -> Method:
    """The method of this name; Refused, with a suggestion, if there is none."""
    methods = available()
    if name in methods:
        return methods[name]
    close = difflib.get_close_matches(name, methods, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise Refused(f"there is no method {name!r}", f"{hint}There are {', '.join(methods)}.")
