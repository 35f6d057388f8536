"""Ways to compute the score, one file each: a file with a `METHOD` is a method.

A method of your own is a file elsewhere: `load_method` makes it known to this process by the name
that it has, and runs it. Nothing that came from another party is ever loaded like that.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.util
import pkgutil
import sys
from pathlib import Path

from privscore.errors import Refused
from privscore.methods.base import Method

_PACKAGE = "privscore."
_loaded: dict[str, tuple[Method, Path]] = {}  # by name: what `load_method` has made known


def available() -> dict[str, Method]:
    """Every method by name: the plaintext baseline first, the others in alphabetical order."""
    methods = {**_built_in(), **{name: method for name, (method, _) in _loaded.items()}}
    return dict(sorted(methods.items(), key=lambda item: (item[1].private, item[0])))


def named(name: str) -> Method:
    """The method of this name, or of this file (`./mine.py`), which is then loaded.

    Raises Refused, with a suggestion, if there is none.
    """
    return load_method(Path(name)) if name.endswith(".py") else known(name)


def known(name: str) -> Method:
    """The method of this name, as a record of a run has it: no file is loaded for its sake.

    Raises Refused, with a suggestion, if this process knows none.
    """
    if name in _loaded:
        return _loaded[name][0]
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


def load_method(path: Path) -> Method:
    """Run a Python file of your own and make its METHOD known by its name.

    Raises Refused for a file that is not there or has none, and for a name that is taken.
    """
    if not path.is_file():
        raise Refused("there is no such file", "Check the name and the folder.", file=path)
    module_name = f"own_methods.{path.stem}"
    source = importlib.util.spec_from_file_location(module_name, path)
    if source is None or source.loader is None:
        raise Refused("this is not a Python file", "Name a file that ends in .py.", file=path)
    module = importlib.util.module_from_spec(source)
    sys.modules[module_name] = module  # dataclasses look their module up by name
    source.loader.exec_module(module)
    method = vars(module).get("METHOD")
    if not isinstance(method, Method):
        raise Refused("the file has no METHOD", "End it in METHOD = YourMethod().", file=path)
    if method.name in _built_in():
        raise Refused(
            f"there is a method called {method.name} already", "Give it another name.", file=path
        )
    _loaded[method.name] = (method, path.resolve())
    return method


def reference(method: Method) -> str:
    """What `referenced` finds a method by in another process: its name, its file, or its module.

    The module of a method that is ours and in no list, since nobody may choose it by name.
    """
    if method.name in _loaded:
        return str(_loaded[method.name][1])
    module = type(method).__module__
    is_elsewhere = module.startswith(_PACKAGE) and not module.startswith(f"{__name__}.")
    return module if is_elsewhere else method.name


def referenced(by: str) -> Method:
    """The method that `reference` said, maybe in another process."""
    if not by.startswith(_PACKAGE) or by.endswith(".py"):
        return named(by)
    method: Method = importlib.import_module(by).METHOD
    return method


@functools.cache
def _built_in() -> dict[str, Method]:
    methods = [method for name in _modules() if (method := _method_in(name)) is not None]
    return {method.name: method for method in methods}


def _modules() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(__path__)]


def _method_in(module: str) -> Method | None:
    method: Method | None = getattr(importlib.import_module(f"{__name__}.{module}"), "METHOD", None)
    return method
