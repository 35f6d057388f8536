"""DuckDB's errors as what they are: Ctrl-C, and a disk that takes no more, told by type."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

_ERRNO = re.compile(r'"errno":"(\d+)"')  # in the record that DuckDB adds to what the system said


@contextmanager
def plain_errors() -> Iterator[None]:
    """Around every call of DuckDB: raises KeyboardInterrupt, and OSError for what the system said.

    DuckDB turns Ctrl-C into a RuntimeError, and raises no other; its own errors are of its types.
    """
    try:
        yield
    except duckdb.IOException as error:
        if number := _ERRNO.search(str(error)):
            code = int(number[1])
            raise OSError(code, os.strerror(code)) from error
        raise
    except duckdb.Error:
        raise
    except RuntimeError as error:
        raise KeyboardInterrupt from error
