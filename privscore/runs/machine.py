"""What machine and which versions a figure was made with: saved beside every run and benchmark."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import resource
import sys
from importlib import metadata
from pathlib import Path

PACKAGES = ("privscore", "numpy", "cryptography", "duckdb", "msgspec", "tenseal")

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def machine() -> dict[str, str | int | float]:
    """Processor, cores, memory (GiB), system and Python of this machine."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory_gib": round(_memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def cores() -> int:
    """How many processes can run at once here."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def versions() -> dict[str, str]:
    """The versions of privscore and of what its figures depend on, as far as installed."""
    installed = {}
    for package in PACKAGES:
        try:
            installed[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return installed


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = [line for line in file if line.startswith("model name")]
    except OSError:
        lines = []
    return lines[0].partition(":")[2].strip() if lines else platform.processor() or "unknown"


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # no such question on this system
        return 0


def peak_bytes(processes: int) -> int:
    """The most memory that this process and its workers have held; 0 where nobody tells.

    The system knows the largest of the workers that have ended, which is taken for each.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (int(peak[1]) + (processes - 1) * ended) << 10 if peak else 0


def share_heap() -> None:
    """Let all threads allocate from one heap, where the C library can be asked to (glibc).

    Threads that read tables would each keep free pages of their own, which no other can use.
    """
    _ask_allocator("mallopt", _ARENA_MAX, 1)


def give_back() -> None:
    """Return memory that was freed to the system, where its C library can be asked to (glibc).

    Large arrays come and go while tables are read; without this their pages stay with the process,
    and what a job holds at its most depends on how they happened to lie.
    """
    _ask_allocator("malloc_trim", 0)


def _ask_allocator(function: str, *values: int) -> None:
    ask = getattr(ctypes.CDLL(None), function, None) if sys.platform == "linux" else None
    if ask is not None:
        ask(*values)
