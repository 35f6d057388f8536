"""The doctor looks at every package that privscore asks for, by importing it."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from privscore.commands.doctor import Finding, examine

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def finding(name: str) -> Finding:
    return next(each for each in examine().findings if each.what == name)


def test_every_package_that_is_asked_for_is_looked_at() -> None:
    wanted = tomllib.loads(PROJECT.read_text())["project"]["dependencies"]
    names = {re.split("[<>=]", each)[0] for each in wanted}
    assert {"tenseal", "pycryptodome", "zstandard", "click"} <= names
    assert names <= {each.what for each in examine().findings}
    for name in names:
        assert finding(name) == Finding(name, metadata.version(name))


@pytest.mark.parametrize(("name", "module"), [("tenseal", "tenseal"), ("pycryptodome", "Crypto")])
def test_a_package_that_cannot_be_imported_is_not_well(
    name: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # its import fails from now on
    assert not examine().well
    checked = finding(name)
    assert "cannot be imported" in checked.result
    assert checked.fix == f"Run pip install --force-reinstall {name}."


def test_a_package_that_is_not_there_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _name: ["no-such-package>=1; extra != 'x'"])
    checked = finding("no-such-package")
    assert (checked.result, checked.fix) == ("missing", "Run pip install no-such-package.")


def test_a_privscore_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", none)
    assert finding("privscore").fix
