"""The scorer: scikit-learn's shape, exact scores, one refusal for whatever does not fit."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

import privscore
from privscore import PrivateScorer, Refused

pytestmark = pytest.mark.slow

CARD: dict[str, Any] = {
    "base": 100,
    "characteristic": [
        {"column": "wallet.late", "bins": [1, 3], "points": [50, 20, 0], "missing": 20},
        {"column": "telecom.months", "bins": [12], "points": [0, 30], "missing": 10},
        {"column": "rides.missed", "bins": [1], "points": [20, 0], "missing": 10},
        {"column": "rides.trips", "bins": [5], "points": [0, 1], "reason": "Few trips"},
    ],
}
TIERS = {"half": 130, "good": 180}
X: dict[str, Any] = {
    "wallet": {"late": [0, 4, 1, 2]},
    "telecom": {"months": np.array([30, np.nan, 7, 12])},
    "rides": {"missed": [None, 2, 0, True], "trips": np.array([5, 4, 9, 5], np.int8), "more": "-"},
}
SCORES = [191, 110, 141, 151]  # by hand: 100 + 50 + 30 + 10 + 1, ...


class ArrowTable:
    """What any Arrow library offers: a stream of its columns, as often as it is asked."""

    def __init__(self, sql: str) -> None:
        self._sql = sql

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return duckdb.connect().sql(self._sql).__arrow_c_stream__()


def scorer(card: Any = CARD, **more: Any) -> PrivateScorer:
    return PrivateScorer(card, **{"tiers": TIERS, "min_people": 3, **more})


@pytest.fixture(scope="module")
def fitted() -> PrivateScorer:
    return scorer().fit(X)


def test_scores_are_those_worked_out_by_hand(fitted: PrivateScorer) -> None:
    scores = fitted.score_samples(X)
    assert scores.tolist() == SCORES
    assert scores.dtype == np.int64


def test_tiers_begin_at_their_lowest_score(fitted: PrivateScorer) -> None:
    assert fitted.predict(X).tolist() == ["good", "", "half", "half"]
    exact = scorer(tiers={"a": 151, "b": 191}).fit(X)
    assert exact.predict(X).tolist() == ["b", "", "", "a"]


@pytest.mark.parametrize("method", ["clear", "bfv-sum"])
def test_another_method_gives_the_same(method: str, fitted: PrivateScorer) -> None:
    again = PrivateScorer(**fitted.get_params()).set_params(method=method)
    assert again.fit(X).score_samples(X).tolist() == SCORES


def test_an_explanation_adds_up_to_the_score(fitted: PrivateScorer) -> None:
    why = fitted.explain(X)
    assert (why.base + why.points.sum(axis=1)).tolist() == SCORES
    assert why.points.tolist() == [[50, 30, 10, 1], [0, 10, 0, 0], [20, 0, 20, 1], [20, 30, 0, 1]]
    assert why.names == tuple(line["column"] for line in CARD["characteristic"])


def test_an_explanation_marks_the_lines_that_are_contested() -> None:
    first, *others = CARD["characteristic"]
    card = CARD | {"characteristic": [first | {"contested": True, "name": "lateness"}, *others]}
    assert scorer(card | {"contested": ["lateness"]}).fit(X).explain(X).contested == (
        *(True, False, False, False),
    )
    assert scorer().fit(X).explain(X).contested == (False,) * 4


def test_fit_refuses_fewer_people_than_the_policy_asks_for() -> None:
    with pytest.raises(Refused, match="about 4 people; the policy asks for at least 5"):
        scorer(min_people=5).fit(X)


def test_the_worst_reason_comes_first_and_none_where_nothing_was_lost(
    fitted: PrivateScorer,
) -> None:
    late, months, missed, trips = "wallet.late", "telecom.months", "rides.missed", "Few trips"
    assert fitted.explain(X).top_reasons(4).tolist() == [
        [missed, "", "", ""],
        [late, months, missed, trips],
        [late, months, "", ""],  # both cost 30: the card's first comes first
        [late, missed, "", ""],
    ]


def test_fit_returns_the_scorer_and_leaves_what_it_found(fitted: PrivateScorer) -> None:
    made = scorer()
    assert made.fit(X) is made
    assert fitted.platforms_ == ("wallet", "telecom", "rides")
    assert fitted.feature_names_in_.tolist() == list(fitted.explain(X).names)
    assert fitted.n_features_in_ == 4
    assert fitted.classes_.tolist() == ["half", "good"]
    assert fitted.agreement_.scorecard.bounds() == (100, 201)


def test_parameters_are_kept_as_they_are_given() -> None:
    params = {"card": CARD, "method": "x", "tiers": TIERS, "reveal": "y", "min_people": -1}
    made = PrivateScorer(**params, n_jobs=9)
    assert all(made.get_params()[name] is value for name, value in params.items())
    copied = PrivateScorer(**copy.deepcopy(made.get_params(deep=False)))
    assert copied.get_params() == made.get_params()


def test_set_params_returns_the_scorer_and_refuses_other_names() -> None:
    made = scorer()
    assert made.set_params(method="clear", min_people=7) is made
    assert (made.method, made.min_people) == ("clear", 7)
    with pytest.raises(ValueError, match="'methods' is not one of card, method"):
        made.set_params(methods="clear")


def test_masked_values_are_unknown(fitted: PrivateScorer) -> None:
    late = np.ma.MaskedArray([0, 4, 1, 2], mask=[True, False, False, False])
    assert fitted.score_samples({**X, "wallet": {"late": late}}).tolist() == [161, *SCORES[1:]]


def test_people_with_ids_are_put_together_by_them(fitted: PrivateScorer) -> None:
    frames = {
        "wallet": {"person": ["bob", "ann"], "late": [4, 0]},
        "telecom": {"person": ["ann", "cid"], "months": [30, 7]},
        "rides": ArrowTable(
            "SELECT * FROM (VALUES ('bob', 2, 4), ('cid', NULL, 9)) AS t(person, missed, trips)"
        ),
    }
    answers = fitted.answer(frames)
    assert answers.people.tolist() == ["ann", "bob", "cid"]
    assert answers.scores is not None
    assert answers.scores.tolist() == [190, 110, 131]
    assert answers.record.people_from == "union"


def test_people_without_consent_are_unknown_to_the_platform(fitted: PrivateScorer) -> None:
    wallet = {"late": [0, 4, 1, 2], "Consent": [False, True, True, True]}
    assert fitted.score_samples({**X, "wallet": wallet}).tolist() == [161, *SCORES[1:]]


def test_arrow_streams_come_in_and_go_out(fitted: PrivateScorer) -> None:
    telecom = ArrowTable("SELECT unnest([30, NULL, 7, 12]) AS months")
    wallet = ArrowTable("SELECT unnest([0, 4, 1, 2])::DOUBLE AS late")
    answers = fitted.answer({**X, "wallet": wallet, "telecom": telecom})
    with duckdb.connect() as connection:
        connection.register("answers", answers)
        rows = connection.sql("SELECT person, score, tier FROM answers").fetchall()
        connection.register("why", fitted.explain(X))
        points = connection.sql('SELECT person, "rides.trips" FROM why').fetchall()
    assert rows == list(zip("0123", SCORES, ["good", "", "half", "half"], strict=True))
    assert points == [("0", 1), ("1", 0), ("2", 1), ("3", 1)]


def test_a_card_may_be_a_scorecard_or_come_from_pmml(fitted: PrivateScorer, tmp_path: Path) -> None:
    card = fitted.agreement_.scorecard
    assert scorer(card).fit(X).agreement_.sha256 == fitted.agreement_.sha256
    privscore.write_pmml(card, tmp_path / "card.pmml")
    read = privscore.read_pmml(tmp_path / "card.pmml")
    assert scorer(read).fit(X).agreement_.sha256 == fitted.agreement_.sha256


def two_dimensions() -> dict[str, Any]:
    return {**X, "wallet": {"late": np.zeros((4, 1))}}


CANARY = 7350917
DATA_FAULTS: dict[str, tuple[Any, str]] = {
    "no_mapping": ([X], "no mapping"),
    "a_platform_left_out": ({"wallet": X["wallet"]}, "no data of telecom"),
    "a_platform_misspelt": ({**X, "walet": {}}, "`walet`.*Did you mean `wallet`"),
    "a_column_left_out": ({**X, "wallet": {"person_late": [1]}}, "`late` of wallet is missing"),
    "a_column_misspelt": (
        {**X, "rides": {"missed": [0] * 4, "trip": [0] * 4}},
        "`trips` of rides is missing",
    ),
    "texts": ({**X, "wallet": {"late": [f"{CANARY}!"] * 4}}, "something else than numbers"),
    "complex_numbers": ({**X, "wallet": {"late": np.ones(4, complex)}}, "something else"),
    "infinite": ({**X, "wallet": {"late": [np.inf, 0, 0, 0]}}, "NaN or infinities"),
    "too_large": ({**X, "wallet": {"late": [2**60, 0, 0, 0]}}, "beyond 2\\^53"),
    "fewer_rows": ({**X, "wallet": {"late": [0, 1]}}, "different numbers of rows"),
    "rows_of_rows": (two_dimensions(), "not one value a row"),
    "no_frame": ({**X, "wallet": 7}, "neither columns nor an Arrow table"),
    "ids_of_some": ({**X, "wallet": {"person": list("abcd"), "late": [0] * 4}}, "telecom does not"),
    "nobody": ({p: {c: [] for c in ("late", "months", "missed", "trips")} for p in X}, "no rows"),
}


@pytest.mark.parametrize("fault", DATA_FAULTS)
def test_data_that_do_not_fit_are_refused(fault: str, fitted: PrivateScorer) -> None:
    data, says = DATA_FAULTS[fault]
    with pytest.raises(Refused, match=says) as refused:
        fitted.score_samples(data)
    assert refused.value.fix
    assert refused.value.file is None
    assert str(CANARY) not in str(refused.value)


def test_the_same_person_twice(fitted: PrivateScorer) -> None:
    twice = {p: {**X[p], "person": ["a", "b", "c", "c"]} for p in X}
    with pytest.raises(Refused, match="have a row already"):
        fitted.fit(twice)


CARD_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "too_few_people": ({"min_people": 5}, "about 4 people"),
    "a_total_beyond_the_clip": ({"card": {**CARD, "clip": [110, 195]}}, "opens the total"),
    "no_such_method": ({"method": "secret-som"}, "no method 'secret-som'"),
    "a_policy_that_opens_less": ({"reveal": "decision"}, "the policy allows decision"),
    "no_such_fact": ({"reveal": "everything"}, "no step of the scale"),
    "a_tier_outside": ({"tiers": {"far": 10_000}}, "outside the scores"),
    "no_characteristic": ({"card": {"base": 1, "characteristic": []}}, "no platform"),
    "two_platforms": ({"card": {**CARD, "characteristic": CARD["characteristic"][:2]}}, "only 2"),
    "a_misspelt_key": ({"card": {**CARD, "bass": 1}}, "no key `bass`"),
    "no_card": ({"card": {}}, "lacks the key"),
}


@pytest.mark.parametrize("fault", CARD_FAULTS)
def test_a_card_or_a_policy_that_does_not_fit_is_refused(fault: str) -> None:
    changes, says = CARD_FAULTS[fault]
    made = scorer().set_params(**changes)
    with pytest.raises(Refused, match=says) as refused:
        made.fit(X).score_samples(X)
    assert refused.value.file is None


def test_a_scorer_that_is_not_fitted() -> None:
    with pytest.raises(Refused, match="not fitted"):
        scorer().score_samples(X)


def test_a_bare_card_has_no_data(fitted: PrivateScorer) -> None:
    with pytest.raises(Refused, match="no data"):
        fitted.predict()


def test_every_name_of_the_package_is_there_and_nothing_is_imported_before_its_use() -> None:
    code = (
        "import sys, privscore\n"
        "heavy = {'numpy', 'duckdb', 'msgspec'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert set(privscore.__all__) <= set(dir(privscore))\n"
        "assert all(getattr(privscore, name) for name in privscore.__all__)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'PublicScorer'"):
        privscore.PublicScorer  # noqa: B018
