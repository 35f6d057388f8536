"""PMML: files by hand give what the hand worked out; what is written reads back the same."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from agreement_strategy import agreements
from hypothesis import HealthCheck, assume, given, settings
from pmml_faults import FAULTS, Fault

from privscore import pmml
from privscore.card.scorecard import Scorecard
from privscore.consortium.agreement import Agreement
from privscore.errors import Refused

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "pmml"
FILES = sorted(VECTORS.glob("*.xml"))
HELD = {"late": "wallet", "missed": "rides", "months": "telecom"}
NAN = math.nan


def read(name: str) -> Scorecard:
    return pmml.read_pmml(VECTORS / f"{name}.xml", HELD if name == "bare_names" else {})


def test_ends_that_are_closed_become_the_next_value_up() -> None:
    card = read("closed_ends")
    income, age, missed = card.characteristics
    assert card.base == 100
    assert income.bins == (math.nextafter(1000, 2000), math.nextafter(2500, 3000))
    assert income.points == (26, 5, -9)
    assert income.missing == 5
    assert age.bins == (19, 30)  # whole numbers: above 18 comes 19
    assert (age.points, age.missing) == ((-3, 12, 18), -1)
    assert (missed.bins, missed.points, missed.missing) == ((), (7,), 3)
    assert [each.reason for each in card.characteristics] == ["RC3", "RC2", "RC4"]
    assert [each.name for each in card.characteristics] == ["income", "age", "rides.missed"]
    assert card.clip == card.bounds() == (91, 151)


def test_scores_of_people_at_the_closed_ends() -> None:
    income = read("closed_ends").characteristics[0]
    people = np.array([1000.0, 1000.0000001, 2500.0, 2500.1, NAN])
    assert income.score(people).tolist() == [26, 5, 5, -9, 5]


def test_the_first_attribute_that_is_true_counts() -> None:
    late, kind, trips = read("first_match").characteristics
    assert (late.bins, late.points, late.missing) == ((10, 20), (50, 20, -5), -5)
    assert (kind.bins, kind.points, kind.missing) == ((1, 3, 4, 5), (0, 4, 9, 4, 0), 9)
    people = np.array([6.5, 7.0, 7.5, NAN])  # who is missing counts as 7
    assert trips.score(people).tolist() == [8, 6, 2, 6]
    assert late.reason == "late"  # no code: its name


def test_sums_of_fields_intervals_and_targets() -> None:
    card = read("derived")
    (debt,) = card.characteristics
    assert (debt.columns, debt.combine) == (("wallet.debt", "bank.debt"), "sum")
    assert debt.range == (0, 100000)
    assert (debt.bins, debt.points, debt.missing) == ((1001,), (60, 0), 30)
    assert debt.contested
    assert card.clip == (310, 360)


def test_who_holds_a_bare_field_is_said_beside_the_file() -> None:
    assert [each.columns for each in read("bare_names").characteristics] == [
        ("wallet.late",),
        ("telecom.months",),
        ("rides.missed",),
    ]
    with pytest.raises(Refused, match="nobody says which platform holds `late`"):
        pmml.read_pmml(VECTORS / "bare_names.xml")


def test_what_no_score_depends_on_is_left_out_and_named() -> None:
    assert pmml.imported(VECTORS / "closed_ends.xml").left_out == ("Output", "baselineScore")
    assert pmml.imported(VECTORS / "first_match.xml").left_out == ()


def in_xml(agreement: Agreement) -> bool:
    """Whether XML can hold its texts, and PMML's fields are told apart by them."""
    texts = [agreement.name]
    for each in agreement.scorecard.characteristics:
        texts += [each.name, each.reason, *each.columns]
    return all(
        character in "\t\n\r" or (character >= " " and character not in "￾￿")
        for character in "".join(texts)
    ) and all(text == text.strip() for text in texts)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(agreement=agreements())
def test_what_is_written_reads_back_the_same(
    agreement: Agreement, tmp_path_factory: pytest.TempPathFactory
) -> None:
    card = replace(agreement.scorecard, disabled=())
    path = tmp_path_factory.mktemp("pmml") / "card.pmml"
    assume(in_xml(agreement))
    if card.secret is not None:
        with pytest.raises(Refused, match="hidden"):
            pmml.write_pmml(card, path, agreement.name)
        card = replace(card.with_numbers(np.zeros(card.number_count)), owner="", secret=None)
    pmml.write_pmml(card, path, agreement.name)
    assert pmml.read_pmml(path) == card
    assert pmml.imported(path).name == agreement.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_by_hand_reads_back_the_same_after_it_is_written(path: Path, tmp_path: Path) -> None:
    card = read(path.stem)
    pmml.write_pmml(card, tmp_path / "again.pmml")
    assert pmml.read_pmml(tmp_path / "again.pmml") == card


def test_a_control_character_is_refused_where_xml_cannot_hold_it(tmp_path: Path) -> None:
    card = read("first_match")
    named = replace(card, characteristics=(replace(card.characteristics[0], reason="bell \x07"),))
    with pytest.raises(Refused, match="control character"):
        pmml.write_pmml(named, tmp_path / "card.pmml")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "card.pmml"
    path.write_text("precious")
    with pytest.raises(Refused, match="there already"):
        pmml.write_pmml(read("first_match"), path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_we_do_not_have_is_refused_by_name_and_line(fault: Fault, tmp_path: Path) -> None:
    text = (VECTORS / "bare_names.xml").read_text(encoding="utf-8")
    for old, new in fault.changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "card.pmml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=fault.says) as refused:
        pmml.read_pmml(path, HELD)
    assert refused.value.file == str(path)
    assert refused.value.line
    assert refused.value.fix


def test_the_line_of_a_refusal_is_where_the_element_begins(tmp_path: Path) -> None:
    text = (VECTORS / "bare_names.xml").read_text(encoding="utf-8")
    path = tmp_path / "card.pmml"
    path.write_text(text.replace('partialScore="50"', 'partialScore="x"'), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        pmml.read_pmml(path, HELD)
    assert refused.value.line
    assert 'partialScore="50"' in text.splitlines()[refused.value.line - 1]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "declaration",
    [
        f'<!DOCTYPE PMML [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE PMML SYSTEM "http://127.0.0.1:9/pmml.dtd">',
        "<!DOCTYPE PMML>",
    ],
    ids=["a_billion_laughs", "an_external_entity", "an_external_type", "any_type"],
)
def test_a_document_type_is_refused(declaration: str, tmp_path: Path) -> None:
    text = (VECTORS / "bare_names.xml").read_text(encoding="utf-8")
    head, body = text.split("\n", 1)
    path = tmp_path / "card.pmml"
    path.write_text(f"{head}\n{declaration}\n{body}".replace('"late"', '"&l11;"', 1))
    with pytest.raises(Refused, match="DOCTYPE") as refused:
        pmml.read_pmml(path, HELD)
    assert refused.value.line == 2


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "not XML"),
        (b"\x00\xff\xfe", "not XML"),
        (b'<?xml version="1.0" encoding="x-none"?><PMML/>', "not XML"),
        (b"<a>" * 100 + b"</a>" * 100, "nested too deeply"),
        (b"<PMML>" + b" " * (17 << 20), "larger than"),
        (b"<PMML/>", "not PMML 4.4"),
        (b"schema = 1", "not XML"),
    ],
    ids=["empty", "bytes", "encoding", "deep", "large", "bare", "toml"],
)
def test_a_file_that_is_no_pmml(body: bytes, named: str, tmp_path: Path) -> None:
    path = tmp_path / "card.pmml"
    path.write_bytes(body)
    with pytest.raises(Refused, match=named):
        pmml.read_pmml(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        pmml.read_pmml(tmp_path / "nothing.pmml")
