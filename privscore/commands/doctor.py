"""Does this machine have what privscore needs? Looked at, not assumed."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
import tempfile
import time
from importlib import metadata

import msgspec
from rich.console import Group, RenderableType

from privscore.runs import machine
from privscore.text.words import counted
from protocols.core.coins import SeededCoins

_PACKAGE = "privscore"
_FREE_BYTES = 1 << 30


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at. `fix` is empty if nothing is wrong with it."""

    what: str
    result: str = msgspec.field(name="found")
    fix: str = ""


class Findings(msgspec.Struct, frozen=True):
    """Everything the doctor looked at."""

    well: bool
    findings: tuple[Finding, ...]

    def __rich__(self) -> RenderableType:
        lines = [
            f"[red]x[/red] {finding.what}: {finding.result}\n   fix: {finding.fix}"
            if finding.fix
            else f"[green]ok[/green] {finding.what}: {finding.result}"
            for finding in self.findings
        ]
        problems = sum(bool(finding.fix) for finding in self.findings)
        return Group(*lines, f"{counted(problems, 'problem')} found" if problems else "no problems")


def examine() -> Findings:
    """Python, packages, cores, memory, disk and the speed of the cipher."""
    findings = (_python(), *_packages(), _cores(), _disk(), _cipher())
    return Findings(not any(each.fix for each in findings), findings)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info < (3, 11)
    return Finding("python", version, "Install Python 3.11 or newer." if old else "")


def _packages() -> list[Finding]:
    """Every package that the installed privscore asks for: there, and fit to be imported."""
    try:
        needed = metadata.requires(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return [Finding(_PACKAGE, "not installed", "Run pip install . where its files are.")]
    names = (re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in needed if "extra ==" not in each)
    modules = metadata.packages_distributions()
    return [
        _package(name, [m for m, packages in modules.items() if name in packages]) for name in names
    ]


def _package(name: str, modules: list[str]) -> Finding:
    """A package, by the modules that came with it: pycryptodome is imported as Crypto."""
    again = f"Run pip install --force-reinstall {name}."
    try:
        version = metadata.version(name)
        importlib.import_module(name if name in modules or not modules else modules[0])
    except metadata.PackageNotFoundError:
        return Finding(name, "missing", f"Run pip install {name}.")
    except Exception as error:  # whatever a broken package does when it is imported
        return Finding(name, f"{version}, but it cannot be imported: {error}", again)
    return Finding(name, version)


def _cores() -> Finding:
    here = machine.machine()
    return Finding("machine", f"{here['cores']} cores, {here['memory_gib']} GiB of memory")


def _disk() -> Finding:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    fix = "" if free >= _FREE_BYTES else f"Free a gigabyte in {folder}, or set TMPDIR."
    return Finding("free disk", f"{free / 2**30:.1f} GiB in {folder}", fix)


def _cipher() -> Finding:
    coins = SeededCoins()
    size = 1 << 20
    coins.bytes(size)
    clock = time.perf_counter()
    for _ in range(16):
        coins.bytes(size)
    speed = 16 * size / (time.perf_counter() - clock) / 1e9
    fix = "" if speed > 0.1 else "Expect slow runs: this processor has no AES instructions."
    return Finding("AES key stream", f"{speed:.1f} GB/s", fix)
