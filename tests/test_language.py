"""Names say what they hold, and sentences use the words of the field.

No pronoun is a variable, no call's argument assigns, and no invented word stands in the package.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("privscore", "protocols", "tests", "docs", "benchmarks", "examples")
PACKAGES = ("privscore", "protocols")  # whose text is held against the table of words

PRONOUNS = {
    "at", "both", "each", "few", "found", "it", "many", "mine", "one", "ours", "own", "rest",
    "some", "theirs", "them", "these", "those",
}  # fmt: skip
SHORT_LINES = 3  # a loop or comprehension of so many lines may say `each`: its noun is in sight

# Words that only this project knew, as patterns, and what to say.
INVENTED = {
    r"mend(?:s|ed|ing)?": "fix",
    r"unsought": "not_checked",
    r"unnoted": "no_journal",
    r"nobody here takes": "no role in this session receives that message type",
    r"(?:is|are) not well": "has problems",
}
WORDS = {
    re.compile(rf"(?<![a-z]){pattern}(?![a-z])", re.IGNORECASE): plain
    for pattern, plain in INVENTED.items()
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file, read and parsed once for all rules."""

    name: str  # relative to the root
    text: str
    tree: ast.Module


Rule: TypeAlias = Callable[[Source], Iterator[str]]  # a line for everything that it finds


@functools.cache
def sources() -> tuple[Source, ...]:
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(
        source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in paths
    )


def source(name: str, text: str) -> Source:
    return Source(name, text, ast.parse(text, name))


class Pronouns(ast.NodeVisitor):
    """Collects the line and name of every pronoun that is bound as a variable or parameter."""

    def __init__(self) -> None:
        self.bound: set[tuple[int, str]] = set()

    def note(self, node: ast.AST, name: str | None) -> None:
        if name in PRONOUNS:
            self.bound.add((node.lineno, name))  # type: ignore[attr-defined]

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.note(node, node.id)

    def visit_arg(self, node: ast.arg) -> None:
        self.note(node, node.arg)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.body)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.note(node, node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.note(node, node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self.note(node, node.name)

    def visit_all_but_targets(self, node: ast.AST) -> None:
        """What a short loop or comprehension holds, without the names of its elements."""
        for field, value in ast.iter_fields(node):
            if field != "target":
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.comprehension):
                        self.visit_all_but_targets(child)
                    elif isinstance(child, ast.AST):
                        self.visit(child)

    def visit_loop(self, node: ast.stmt | ast.expr) -> None:
        assert node.end_lineno is not None
        if node.end_lineno - node.lineno < SHORT_LINES:
            self.visit_all_but_targets(node)
        else:
            self.generic_visit(node)

    visit_For = visit_AsyncFor = visit_loop  # noqa: N815
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_loop  # noqa: N815


def pronouns(file: Source) -> Iterator[str]:
    visitor = Pronouns()
    visitor.visit(file.tree)
    for line, name in sorted(visitor.bound):
        yield f"{file.name}:{line}: `{name}` is a variable; give it the noun that it holds"


def assigning_arguments(file: Source) -> Iterator[str]:
    """Assignment expressions inside an argument, but for the conditions of a generator there."""
    pending: list[tuple[ast.AST, bool]] = [(file.tree, False)]
    while pending:
        node, in_argument = pending.pop()
        if isinstance(node, ast.NamedExpr) and in_argument:
            name = node.target.id
            yield f"{file.name}:{node.lineno}: `{name}` is assigned in an argument; do it before"
        comprehension = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
        inside = in_argument and not isinstance(node, comprehension)
        for child in ast.iter_child_nodes(node):
            argument = isinstance(node, ast.Call) and child is not node.func
            pending.append((child, inside or argument))


def invented_words(file: Source) -> Iterator[str]:
    for pattern, plain in WORDS.items():
        for match in pattern.finditer(file.text):
            line = file.text.count("\n", 0, match.start()) + 1
            yield f"{file.name}:{line}: `{match[0]}` is no word of the field; say `{plain}`"


def refuse(rule: Rule, files: Iterable[Source]) -> None:
    """Fail with a line for everything that the rule finds in these files."""
    problems = [problem for file in files for problem in rule(file)]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def test_no_pronoun_is_a_variable() -> None:
    refuse(pronouns, sources())


def test_no_argument_assigns() -> None:
    refuse(assigning_arguments, sources())


def test_no_word_is_invented() -> None:
    package = [file for file in sources() if file.name.startswith(PACKAGES)]
    assert package
    refuse(invented_words, package)


# The rules find what they are for. ----------------------------------------------------------------

SEEDED = '''\
"""An error tells its Mend."""
def add(own, *rest):
    for each in own:
        found = each
        if found:
            return max((it := 3), 2)
    with open("x") as those:
        mended_at = [
            one
            for one in own
            if one
        ]
    match own:
        case [some, *others]:
            pass
'''

# Everything here is allowed.
SOUND = """\
def add(numbers, amending=1):
    for each in numbers:
        print(each)
    if (total := sum(each for each in numbers)) and any((half := n / 2) for n in numbers):
        return sorted(numbers, key=lambda it: it.found)
    self.found = [each for each in numbers if (kept := each)]
"""


def test_every_seeded_pronoun_is_found() -> None:
    lines = list(pronouns(source("seeded.py", SEEDED)))
    names = [tuple(re.findall(r":(\d+): `(\w+)`", line)[0]) for line in lines]
    assert names == [
        ("2", "own"), ("2", "rest"), ("3", "each"), ("4", "found"), ("6", "it"), ("7", "those"),
        ("10", "one"), ("14", "some"),
    ]  # fmt: skip
    assert lines[0] == "seeded.py:2: `own` is a variable; give it the noun that it holds"


def test_a_seeded_assignment_in_an_argument_is_found() -> None:
    (line,) = assigning_arguments(source("seeded.py", SEEDED))
    assert line == "seeded.py:6: `it` is assigned in an argument; do it before"


def test_a_seeded_invented_word_is_found_in_text_and_in_names() -> None:
    assert list(invented_words(source("seeded.py", SEEDED))) == [
        "seeded.py:1: `Mend` is no word of the field; say `fix`",
        "seeded.py:8: `mended` is no word of the field; say `fix`",
    ]


@pytest.mark.parametrize("rule", [pronouns, assigning_arguments, invented_words])
def test_what_is_allowed_is_not_found(rule: Rule) -> None:
    assert not [*rule(source("sound.py", SOUND))]
