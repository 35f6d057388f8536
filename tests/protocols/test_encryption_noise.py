"""The noise page: predictions hold at every method's deepest, and the page has today's."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from protocols.encryption import bfv_hidden_card, bfv_sum, ckks_weighted

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

import measure
import noise as noise_page

pytestmark = pytest.mark.slow

KEPT = measure.PAGES / "noise.json"
METHODS = {
    "`bfv-sum`, N=4096",
    "`bfv-hidden-card`, N=8192",
    "`bfv-hidden-card`, N=8192, in slots",
    "`ckks-weighted`, N=8192",
}


@pytest.fixture(scope="module")
def lines() -> list[Any]:
    return noise_page.measured()


def test_measured_noise_never_exceeds_the_prediction(lines: list[Any]) -> None:
    assert {line.method for line in lines} == METHODS
    for line in lines:
        if not line.margin:
            assert line.measured <= line.predicted, line


def test_predictions_are_no_wide_guesses(lines: list[Any]) -> None:
    for line in lines:
        assert abs(line.measured - line.predicted) < 3, line


def test_forty_bits_of_flooding_are_left_at_the_deepest(lines: list[Any]) -> None:
    margins = [line for line in lines if line.margin]
    assert {line.method for line in margins} == METHODS
    for line in margins:
        assert line.measured >= line.predicted >= 40, line


@pytest.mark.parametrize("protocol", [bfv_sum, bfv_hidden_card, ckks_weighted])
def test_a_card_that_says_forty_bits_is_of_a_protocol_that_asks_for_them(protocol: Any) -> None:
    assert "2^-40" in protocol.SPEC.card
    assert protocol._example_scheme(8).asked.flooding_bits == 40


def test_the_page_shows_what_is_predicted_today(lines: list[Any]) -> None:
    page = json.loads(KEPT.read_text(encoding="utf-8"))["raw"]
    today = [(line.method, line.what, pytest.approx(line.predicted)) for line in lines]
    assert [(each["method"], each["what"], each["predicted"]) for each in page] == today, (
        "run: python benchmarks/noise.py"
    )
