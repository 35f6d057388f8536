"""A card with weights: its points and bounds, and how the agreement binds or hides them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from logistic_consortium import HIDING, LOGISTIC, loaded

from privscore import pmml
from privscore.card.scorecard import Characteristic, Scorecard
from privscore.commands.signing import commit
from privscore.consortium import json_schema
from privscore.consortium.agreement import Agreement
from privscore.errors import Refused


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Agreement:
    return loaded(tmp_path_factory.mktemp("agreement")).agreement


def line(**changes: Any) -> Characteristic:
    given: dict[str, Any] = {
        "name": "x",
        "columns": ("wallet.x",),
        "reason": "x",
        "bins": (),
        "points": None,
        "missing": -1.5,
        "combine": None,
        "range": (-4, 10),
        "contested": False,
        "weighted": True,
        "weight": 2.25,
    }
    return Characteristic(**(given | changes))


def test_a_weight_multiplies_the_value_and_the_unknown_have_points_of_their_own() -> None:
    values = np.array([-4, 0, 0.5, np.nan, 10])
    assert line().score(values).tolist() == [-9, 0, 1.125, -1.5, 22.5]
    assert line().bin(values).tolist() == [0, 0, 0, 1, 0]
    assert line().possible_points == (-9, 22.5, -1.5)
    with pytest.raises(ValueError, match="its values are needed"):
        line().earned(np.zeros(1, np.uint16))
    with pytest.raises(ValueError, match="hidden"):
        line(weight=None, missing=None).score(values)


@pytest.mark.parametrize("base", [0, 1])
def test_totals_are_rounded_with_the_base_half_to_even(base: int) -> None:
    card = Scorecard(base, (0, 99), (line(),))
    totals = np.array([0.5, 1.5, 2.5, 2.4, 2.6])
    scores = card.rounded(totals) + base
    assert scores.tolist() == [round(total + base) for total in totals.tolist()]


def test_bounds_are_the_ends_of_all_ranges(agreement: Agreement) -> None:
    card = agreement.scorecard
    low = 501 + 0.75 * 18 - 70 - 90.125 + 0
    high = 501 + 0.75 * 99 + 0 + 0 + 40
    assert card.bounds() == (round(low), round(high))
    assert card.points_range("bank") == (math.floor(-160.125), 0)
    assert not card.is_whole


def test_weights_and_odds_are_in_the_agreement_and_in_its_hash(tmp_path: Path) -> None:
    changes = [
        ("weight  = 0.75", "weight  = 0.7500000000000001"),
        ("31.5", "31.25"),
        ("[18, 99]", "[18, 98]"),
        ("3.5", "3.25"),
        ("double = 40", "double = 41"),
        ("odds = { score = 500, good_to_bad = 3.5, double = 40 }\n", ""),
    ]
    hashes = {
        loaded(tmp_path, LOGISTIC.replace(*change)).agreement.sha256
        for change in [*changes, ("", "")]
    }
    assert len(hashes) == len(changes) + 1
    same = LOGISTIC.replace("weight = 2\n", "weight = 2.0\n").replace("= 40 }", "= 4e1 }")
    assert loaded(tmp_path, same).agreement.sha256 in hashes


def test_the_schema_for_editors_knows_weights_and_odds(agreement: Agreement) -> None:
    tables = json_schema()["$defs"]
    public = json.loads(agreement.encode())["scorecard"]
    assert {"weight", "range", "missing"} <= set(public["characteristic"][0])
    assert set(public["characteristic"][0]) <= set(tables["CharacteristicShape"]["properties"])
    assert set(public) <= set(tables["ScorecardShape"]["properties"])
    assert set(public["odds"]) == set(tables["OddsShape"]["required"])


def test_hidden_weights_are_in_no_byte_of_the_agreement(tmp_path: Path) -> None:
    consortium = loaded(tmp_path, HIDING)
    body = consortium.agreement.encode()
    for number in (b"0.75", b"31.5", b"90.125", b"-70", b"weight", b"missing"):
        assert number not in body
    assert Agreement.decode(body) == consortium.agreement
    assert consortium.card is not None
    assert consortium.card.characteristics[0].weight == 0.75
    # In another party's file they are left out, and the agreement is the same.
    others = HIDING
    for own in ("weight  = 0.75\n", "missing = 31.5\n", "points  = [0, -70]\nmissing = -10\n"):
        others = others.replace(own, "")
    others = others.replace("weight = -90.125\n", "").replace("weight = 2\n", "")
    assert loaded(tmp_path, others).agreement.sha256 == consortium.agreement.sha256
    assert loaded(tmp_path, others).card is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("weight  = 0.75", "weight  = 1.0102", "`weight` of age is outside `points_range`"),
        ("31.5", "100.5", "`missing` of age is outside"),
        ("weight  = 0.75", "weight  = nan", "`weight` of age is outside"),
        ("weight  = 0.75\nrange   = [18, 99]\nmissing = 31.5", "range = [18, 99]", "no `weight`"),
        ("range   = [18, 99]\n", "", "no `range`"),
    ],
)
def test_a_hidden_weight_keeps_its_line_within_the_public_range(
    old: str, new: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=sentence):
        loaded(tmp_path, HIDING.replace(old, new))


def test_a_commitment_binds_weights_too(tmp_path: Path) -> None:
    consortium = loaded(tmp_path, HIDING)
    made = commit(consortium.path)
    assert made.totals.different is None  # totals of real weights cannot be listed
    lines = f'commitment = "{made.commitment}"\nsalt = "{made.salt}"\npoints_range'
    committed = HIDING.replace("points_range", lines)
    assert loaded(tmp_path, committed).card is not None
    for old, new in (("0.75", "0.7500001"), ("31.5", "31.25"), ("weight = 2", "weight = -2")):
        with pytest.raises(Refused, match="does not fit"):
            loaded(tmp_path, committed.replace(old, new))


def test_pmml_is_refused_for_a_weight(agreement: Agreement, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="age has a weight, which PMML"):
        pmml.write_pmml(agreement.scorecard, tmp_path / "card.pmml")
    assert not list(tmp_path.iterdir())
