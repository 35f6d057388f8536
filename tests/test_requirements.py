"""The locked requirements: releases with hashes, nothing of one machine, all that is asked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from every_python import VERSIONS
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
ASKED = {
    "dev": [*PROJECT["build-system"]["requires"], *PROJECT["project"]["dependencies"]]
    + GROUPS["dev"],
    "docs": GROUPS["docs"],
}
PIN = re.compile(
    r"([a-z0-9-]+)==([\w.]+)(?: ; [^\\\n]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)"
)


def locked(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ASKED)
def test_a_lock_file_holds_pins_with_hashes_and_nothing_else(name: str) -> None:
    """No index, no folder of wheels and no path: whoever installs says where from."""
    left = PIN.sub("", locked(name))
    assert re.sub(r"^ +# .*\n", "", left, flags=re.MULTILINE) == ""


@pytest.mark.parametrize("name", ASKED)
def test_what_the_project_asks_for_is_locked_at_a_version_that_it_allows(name: str) -> None:
    pins = {package: version for package, version, _ in PIN.findall(locked(name))}
    for text in ASKED[name]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[requirement.name]), f"{text}: run `make lock`"


@pytest.mark.parametrize("name", ASKED)
def test_one_version_holds_for_every_python(name: str) -> None:
    packages = [package for package, _, _ in PIN.findall(locked(name))]
    assert len(packages) == len(set(packages))


def test_the_pythons_that_are_tried_are_those_that_are_named() -> None:
    named = [text.rpartition(" ")[2] for text in PROJECT["project"]["classifiers"]]
    assert tuple(text for text in named if re.fullmatch(r"3\.\d+", text)) == VERSIONS
