"""Line numbers of keys, against TOML files that are written together with their line numbers."""

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privscore.consortium.toml_lines import KeyPath, key_lines, line_of, nearest

TRICKY = st.text(st.sampled_from("ab #[]{}=,.'\"\\\n\té"), max_size=12)
KEYS = st.one_of(st.from_regex(r"[a-z0-9_-]{1,4}", fullmatch=True), TRICKY)
SCALARS = st.one_of(st.integers(-9, 9), st.booleans(), st.sampled_from([1.5, 1e9]), TRICKY)
BLANKS = st.sampled_from(["", " ", "\t "])
NOISE = st.sampled_from(["", "\n", '# [party] = """\n', "  # a = 'b'\n\n", "\r\n"])


class Writer:
    """Writes a TOML text, and keeps on which line it put which key."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw, self.text, self.lines = draw, "", dict[KeyPath, int]()

    def mark(self, path: KeyPath) -> None:
        self.lines[path] = self.text.count("\n") + 1

    def key(self, key: str) -> None:
        bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
        literal = "'" not in key and "\n" not in key
        styles = [json.dumps(key), *([key] if bare else []), *([f"'{key}'"] if literal else [])]
        self.text += self.draw(st.sampled_from(styles))

    def string(self, value: str) -> str:
        styles = [json.dumps(value)]
        escaped = value.replace("\\", "\\\\")
        styles.append('"""\n' + escaped.replace('"', '\\"') + '"""')
        if '"""' not in escaped and not escaped.endswith('"'):
            styles.append('"""\n' + escaped + '"""')
        if "'''" not in value and not value.endswith("'"):
            styles.append("'''\n" + value + "'''")
        if "'" not in value and "\n" not in value:
            styles.append(f"'{value}'")
        return self.draw(st.sampled_from(styles))

    def value(self, value: Any, path: KeyPath) -> None:
        if isinstance(value, dict):
            self.text += "{"
            for position, (key, inner) in enumerate(value.items()):
                self.text += (", " if position else "") + self.draw(BLANKS)
                self.pair(key, inner, path)
            self.text += self.draw(BLANKS) + "}"
        elif isinstance(value, list):
            self.text += "["
            for position, inner in enumerate(value):
                self.text += ("," if position else "") + self.draw(NOISE) + self.draw(BLANKS)
                self.mark((*path, position))
                self.value(inner, (*path, position))
                self.text += self.draw(NOISE)
            self.text += self.draw(NOISE) + "]"
        elif isinstance(value, str):
            self.text += self.string(value)
        else:
            self.text += json.dumps(value)

    def pair(self, key: str, value: Any, path: KeyPath) -> None:
        """key = value; a table in it may be written with dots."""
        self.mark((*path, key))
        self.key(key)
        while isinstance(value, dict) and len(value) == 1 and self.draw(st.booleans()):
            path, (key, value) = (*path, key), next(iter(value.items()))
            self.mark((*path, key))
            self.text += self.draw(BLANKS) + "." + self.draw(BLANKS)
            self.key(key)
        self.text += self.draw(BLANKS) + "=" + self.draw(BLANKS)
        self.value(value, (*path, key))

    def table(self, path: KeyPath, body: dict[str, Any], *, in_array: bool) -> None:
        """A table with a header of its own; `in_array` if it is one in an array of tables."""
        self.text += self.draw(NOISE) + self.draw(BLANKS)
        self.mark(path)
        if in_array:
            self.lines.setdefault(path[:-1], self.lines[path])
        self.text += "[[" if in_array else "["
        for position, part in enumerate(part for part in path if isinstance(part, str)):
            self.text += ("." if position else "") + self.draw(BLANKS)
            self.key(part)
            self.text += self.draw(BLANKS)
        self.text += "]]" if in_array else "]"
        self.end_line()
        for key, value in body.items():
            self.text += self.draw(NOISE) + self.draw(BLANKS)
            self.pair(key, value, path)
            self.end_line()

    def end_line(self) -> None:
        self.text += self.draw(st.sampled_from(["\n", ' # ] "\n', "\r\n"]))


VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=6,
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=4)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int], dict[str, Any]]:
    """A TOML text, the line of every key in it, and what it says."""
    writer = Writer(draw)
    says: dict[str, Any] = dict(draw(BODIES))
    for key, value in says.items():
        writer.text += draw(NOISE)
        writer.pair(key, value, ())
        writer.end_line()
    for name in draw(st.lists(KEYS.filter(lambda key: key not in says), max_size=3, unique=True)):
        bodies = draw(st.lists(BODIES, min_size=1, max_size=3))
        if len(bodies) == 1 and draw(st.booleans()):
            writer.table((name,), bodies[0], in_array=False)
            says[name] = bodies[0]
            continue
        says[name] = [dict(body) for body in bodies]
        for position, body in enumerate(bodies):
            writer.table((name, position), body, in_array=True)
            below = draw(KEYS)
            if below not in body and draw(st.booleans()):
                says[name][position][below] = draw(BODIES)
                writer.table((name, position, below), says[name][position][below], in_array=False)
    return writer.text, writer.lines, says


@pytest.mark.slow
@given(documents())
def test_every_key_is_found_on_the_line_where_it_was_written(
    document: tuple[str, dict[KeyPath, int], dict[str, Any]],
) -> None:
    text, lines, says = document
    assert tomllib.loads(text) == says  # the writer writes what it means to
    assert key_lines(text) == lines


def test_a_header_of_its_own_counts_more_than_one_below_it() -> None:
    lines = key_lines("[a.b]\nx = 1\n\n[a]\ny = 2\n[[a.c.d]]\n[[a.c.d]]\nz = 3\n")
    assert lines[("a",)] == 4
    assert lines[("a", "b", "x")] == 2
    assert lines[("a", "c")] == lines[("a", "c", "d")] == 6
    assert lines[("a", "c", "d", 1, "z")] == 8


def test_an_absent_key_is_looked_for_in_the_table_that_lacks_it() -> None:
    lines = key_lines("a = 1\n[[b]]\nc = 1\n[[b]]\n")
    assert line_of(lines, ("b", 1, "c")) == 4
    assert line_of(lines, ("b", 0, "d", "e")) == 2
    assert line_of(lines, ("z", "y")) == 1


@pytest.mark.parametrize("text", ["a = [1, ", "a = {b = ", "= 1", 'a = "x', "a"])
def test_a_text_that_is_cut_off_does_not_hang_the_scan(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(text)
    with pytest.raises(ValueError, match="no TOML"):
        key_lines(text)


def test_a_near_word_is_suggested_and_a_far_one_is_not() -> None:
    assert nearest("secret_sum", ["clear", "secret-sum"]) == " Did you mean `secret-sum`?"
    assert nearest("xyz", ["clear", "secret-sum"]) == ""
