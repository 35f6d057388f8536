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
    found = [method for name in _modules() if (method := _method_in(name)) is not None]
    return {each.name: each for each in sorted(found, key=lambda m: (m.private, m.name))}


def named(name: str) -> Method:
    """The method of this name; Refused, with a suggestion, if there is none."""
    # Its file is called as it is, so that a job loads no other one's libraries.
    module = name.replace("-", "_")
    method = _method_in(module) if module in _modules() else None
    if method is not None and method.name == name:
        return method
    methods = available()
    if name in methods:
        return methods[name]
    close = difflib.get_close_matches(name, methods, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise Refused(f"there is no method {name!r}", f"{hint}There are {', '.join(methods)}.")


def _modules() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(__path__)]


def _method_in(module: str) -> Method | None:
    method: Method | None = getattr(importlib.import_module(f"{__name__}.{module}"), "METHOD", None)
    return method
