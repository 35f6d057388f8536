"""The toy consortium, with another policy where a test needs one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from privscore.consortium import Consortium, load
from privscore.scenarios import write

EVERYBODY = [f"p{number:03d}" for number in range(200)]


def policy(
    *, dropout: str = "", reveal: str = "", min_people: int = 0, more: str = ""
) -> Callable[[str], str]:
    """What writes these keys into the policy of a consortium file, given as text.

    `reveal` is what the desk is shown, `more` are further lines of TOML; what is not given stays
    as the file has it.
    """

    def edited(text: str) -> str:
        if dropout:
            text = _replaced(text, r"^\[policy\]$", f'[policy]\ndropout = "{dropout}"')
        if reveal:
            text = _replaced(text, r'\bdesk = "score"', f'desk = "{reveal}"')
        if min_people:
            text = _replaced(text, r"\bmin_people = \d+", f"min_people = {min_people}")
        if more:
            text = _replaced(text, r"^\[policy\]$", f"[policy]\n{more}")
        return text

    return edited


def toy(
    folder: Path, *, dropout: str = "", reveal: str = "", min_people: int = 0, more: str = ""
) -> Consortium:
    """The toy consortium in a new folder, with these keys in its policy."""
    path = write("toy", folder / "toy")
    edited = policy(dropout=dropout, reveal=reveal, min_people=min_people, more=more)
    path.write_text(edited(path.read_text(encoding="utf-8")), encoding="utf-8")
    return load(path)


def five_parties(
    folder: Path, *, dropout: str = "", reveal: str = "", min_people: int = 0, more: str = ""
) -> Consortium:
    """The toy with four of its platforms, wallet, marketplace, rides and utility, and the desk."""
    path = toy(folder, dropout=dropout, reveal=reveal, min_people=min_people, more=more).path
    tables = re.split(r"^(?=\[)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    others = re.compile(r'"(social|dating|telecom|games)[".]')
    path.write_text("".join(each for each in tables if not others.search(each)), encoding="utf-8")
    return load(path)


def _replaced(text: str, pattern: str, line: str) -> str:
    """The text with its one match replaced; an edit that would change nothing is an error."""
    assert len(re.findall(pattern, text, re.MULTILINE)) == 1, f"{pattern} is not once in the file"
    return re.sub(pattern, lambda _: line, text, flags=re.MULTILINE)
