"""The glossary has every word that a file, a view or a job shows, once, in order, with a link."""

from __future__ import annotations

import re
import typing
from pathlib import Path

from privscore.consortium import shape
from privscore.consortium.policy import FACT_WORDS
from privscore.job.course import JOB_PHASES
from protocols.core.message import MASKED, PUBLIC, SHARE, ciphertext, opened

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "glossary.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+\.) \| \[[^]]+\]\(([^)#]+)(?:#([^)]+))?\) \|$")


def rows() -> list[tuple[str, str, str, str | None]]:
    """Term, sentence, page and heading of every line of the table."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][2:]
    matches = [(line, ROW.match(line)) for line in lines]
    assert [line for line, match in matches if match is None] == []
    return [match.groups() for _, match in matches if match is not None]  # type: ignore[misc]


def slug(heading: str) -> str:
    """The anchor that GitHub and the site give a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def test_terms_are_in_order_and_stand_once() -> None:
    terms = [term.lower() for term, *_ in rows()]
    assert terms == sorted(set(terms))


def test_every_heading_that_is_linked_is_there() -> None:
    for term, _, target, anchor in rows():
        page = (PAGE.parent / target).read_text("utf-8")
        slugs = {slug(heading) for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
        assert anchor is None or anchor in slugs, f"{term}: no heading {anchor} in {target}"


def test_every_word_of_files_views_and_jobs_is_explained() -> None:
    terms = {term for term, *_ in rows()}
    kinds = {each.kind for each in (PUBLIC, SHARE, MASKED, ciphertext(""), opened(""))}
    roles = set(typing.get_args(shape.Role)) - {"data"}  # whoever has it is called a platform
    wanted = {*FACT_WORDS, *JOB_PHASES, *kinds, *roles}
    assert wanted <= terms, f"not in the glossary: {sorted(wanted - terms)}"
