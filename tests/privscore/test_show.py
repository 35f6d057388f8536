"""What `show` says of a protocol is worked out, and the pages in the docs say the same."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from privscore.errors import Refused
from privscore.inspect.protocol import show, shown
from privscore.inspect.protocol.diagram import diagram
from privscore.methods import available
from protocols.core.spec import find_specs

ROOT = Path(__file__).resolve().parents[2]
SPECS = find_specs()


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_pages_of_all_protocols_are_current() -> None:
    pages = script("protocol_pages").pages()
    assert {path.stem for path in pages} == set(SPECS)
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, (
            f"run docs/scripts/protocol_pages.py: {path}"
        )


def test_there_is_no_page_without_a_protocol() -> None:
    assert {path.stem for path in (ROOT / "docs" / "protocols").glob("*.md")} == set(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_every_message_of_the_diagram_has_its_arrow(name: str) -> None:
    drawn = diagram(SPECS[name])
    assert drawn.arrows
    arrows = re.findall(r"^    (\w+)->>(\w+): ", drawn.mermaid(), re.MULTILINE)
    assert arrows == [(arrow.sender, arrow.to) for arrow in drawn.arrows]
    for line, arrow in zip(
        [line for line in drawn.text().splitlines() if re.search(r"\d\. ", line)],
        drawn.arrows,
        strict=True,
    ):
        leftwards = drawn.parties.index(arrow.to) < drawn.parties.index(arrow.sender)
        assert ("<" in line) == leftwards


def test_the_declared_bytes_are_those_of_the_diagram() -> None:
    spec = SPECS["secure-sum"]
    drawn = diagram(spec)
    setting = spec.setting(len(drawn.parties) - 1, drawn.people)
    sent = sum(arrow.payload_bytes for arrow in drawn.arrows)
    assert sent == spec.declared(setting)["shard"].total_bytes


def test_every_coalition_of_secure_sum_learns_only_its_outputs() -> None:
    coalitions = shown(SPECS["secure-sum"]).coalitions
    assert coalitions
    assert all(each.tried == each.learn_only_their_outputs for each in coalitions)


@pytest.mark.slow
def test_a_method_is_shown_by_its_protocols() -> None:
    for name, method in available().items():
        if method.protocols:
            assert [each.name for each in show(name)] == [spec.name for spec in method.protocols]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("secure-sun", "no protocol"),
        ("clear", "hides nothing"),
        ("nowhere.py", "no such file"),
    ],
    ids=["a_wrong_name", "a_method_without_protocol", "a_file_that_is_not_there"],
)
def test_show_refuses(name: str, cause: str) -> None:
    with pytest.raises(Refused, match=cause):
        show(name)
