"""Lines with a weight, and odds: from the file to scores, sheets and ledgers, whoever owns them."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from privscore import compare as comparing
from privscore import plan as planning
from privscore import pmml
from privscore.api import PrivateScorer
from privscore.checking import check
from privscore.committing import commit
from privscore.compare import compare
from privscore.compare.comparison import stated_text
from privscore.consortium import Consortium, json_schema, load
from privscore.consortium.agreement import Agreement
from privscore.errors import Refused
from privscore.job.admission import refuse_method
from privscore.ledger import accounts, gather, ledger
from privscore.methods import available, named
from privscore.methods.base import objections, stated_error
from privscore.odds import Odds
from privscore.plan import plan
from privscore.reading import open_run
from privscore.reading.explain import explain
from privscore.reading.view_message import message_page
from privscore.runtime.memory import run_job
from privscore.runtime.processes import Watched
from privscore.scorecard import Characteristic, Scorecard

PEOPLE = 60
LOGISTIC = """\
schema  = "privscore/consortium@1"
name    = "logistic"
purpose = "Try a logistic model out."

[[party]]
id    = "wallet"
roles = ["data"]
table = "wallet.csv"

[[party]]
id    = "bank"
roles = ["data"]
table = "bank.csv"

[[party]]
id    = "market"
roles = ["data"]
table = "market.csv"

[[party]]
id    = "firm"
roles = ["card"]

[[party]]
id    = "desk"
roles = ["requester"]

[scorecard]
base = 501
clip = [400, 600]
odds = { score = 500, good_to_bad = 3.5, double = 40 }

[[scorecard.characteristic]]
name    = "age"
column  = "wallet.age"
weight  = 0.75
range   = [18, 99]
missing = 31.5

[[scorecard.characteristic]]
name    = "late"
column  = "bank.late"
bins    = [1]
points  = [0, -70]
missing = -10

[[scorecard.characteristic]]
name   = "use"
column = "bank.use"
weight = -90.125
range  = [0, 1]

[[scorecard.characteristic]]
name   = "orders"
column = "market.orders"
weight = 2
range  = [0, 20]

[[tier]]
name   = "fair"
from   = 480
grants = "half"

[policy]
reveal     = { desk = "total" }
min_people = 50
"""
HIDING = LOGISTIC.replace(
    "[scorecard]", '[scorecard]\nowner = "firm"\nhidden = ["points"]\npoints_range = [-100, 100]'
)


def value(person: int, column: str) -> float | None:
    """What the tables say; a tenth and more of it is unknown."""
    if person % 9 == 0 or (column == "age" and person % 4 == 1):
        return None
    return {
        "age": 18 + (person * 7) % 82,
        "late": person % 3,
        "use": (person * 37 % 101) / 100,
        "orders": person % 21,
    }[column]


def loaded(folder: Path, text: str = LOGISTIC) -> Consortium:
    columns = {"wallet": ["age"], "bank": ["late", "use"], "market": ["orders"]}
    for name, names in columns.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["person", *names])
            for person in range(PEOPLE):
                values = [value(person, each) for each in names]
                writer.writerow(
                    [f"p{person:02d}", *("" if each is None else each for each in values)]
                )
    file = folder / "consortium.toml"
    file.write_text(text)
    return load(file)


def by_hand(person: int) -> float:
    """A total by the standard library alone."""
    total = 501.0
    for column, weight, missing in (("age", 0.75, 31.5), ("use", -90.125, 0), ("orders", 2, 0)):
        x = value(person, column)
        total += missing if x is None else weight * x
    late = value(person, "late")
    return total + (-10 if late is None else -70 if late >= 1 else 0)


class Made:
    """The consortium, with its weights hidden and not, and a run of each by two methods."""

    def __init__(self, folder: Path) -> None:
        self.runs: dict[str, Path] = {}
        for name, text in (("open", LOGISTIC), ("hidden", HIDING)):
            (folder / name).mkdir()
            consortium = loaded(folder / name, text)
            for method in ("clear", "ckks-weighted"):
                self.runs[f"{method}, {name}"] = out = folder / name / method
                run_job(consortium, named(method), out)

    def scores(self, run: str) -> list[dict[str, str]]:
        with (self.runs[run] / "desk" / "scores.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Agreement:
    return loaded(tmp_path_factory.mktemp("agreement")).agreement


# A card. ------------------------------------------------------------------------------------------


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
    assert line().every == (-9, 22.5, -1.5)
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


# Scores. ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["open", "hidden"])
def test_the_plaintext_gives_the_scores_of_a_plain_loop(who: str, made: Made) -> None:
    found = made.scores(f"clear, {who}")
    assert len(found) == PEOPLE
    for row in found:
        total = round(by_hand(int(row["person"][1:])))
        assert int(row["score"]) == min(max(total, 400), 600)


@pytest.mark.parametrize("who", ["open", "hidden"])
def test_ckks_weighted_is_within_its_stated_error(
    who: str, made: Made, agreement: Agreement
) -> None:
    pairs = zip(made.scores(f"clear, {who}"), made.scores(f"ckks-weighted, {who}"), strict=True)
    missed = [abs(int(one["score"]) - int(other["score"])) for one, other in pairs]
    assert max(missed) <= stated_error(named("ckks-weighted"), agreement) == 1


def test_other_methods_are_refused_and_those_that_could_are_named(tmp_path: Path) -> None:
    consortium = loaded(tmp_path)
    for method in available().values():
        if method.private and method.name != "ckks-weighted":
            with pytest.raises(Refused, match="real weights") as caught:
                refuse_method(consortium, method)
            assert "methods that could: ckks-weighted)" in caught.value.mend


def test_a_real_total_says_more_than_a_score(tmp_path: Path) -> None:
    text = LOGISTIC.replace('"total"', '"score"').replace("clip = [400, 600]\n", "")
    (found,) = objections(
        named("ckks-weighted"), loaded(tmp_path, text.replace("480", "500")).agreement
    )
    assert found == "ckks-weighted opens the total to desk; the policy allows score"


def test_comparison_and_plan_say_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (comparing, planning):  # without processes of their own
        monkeypatch.setattr(module, "watched", lambda work, *rest: Watched(work(*rest), 0))
    consortium = loaded(tmp_path)
    found = compare(consortium, ["ckks-weighted"])
    row = found.rows[1]
    assert row.measured is not None
    assert row.measured.largest_error_points is not None
    assert row.measured.largest_error_points <= row.stated_error_points == 1
    assert 0 < row.error_bound_points < 0.02
    checked = check(consortium)
    assert [*checked.errors] == ["ckks-weighted"]
    assert "a score by 1" in checked.errors["ckks-weighted"]
    assert stated_text(row).startswith("ckks-weighted states totals off by at most 0.0")
    planned = {each.method: each for each in plan(consortium, methods=["ckks-weighted"]).methods}
    assert planned["ckks-weighted"].error_bound_points == row.error_bound_points
    assert planned["clear"].error_bound_points == 0
    assert str(planned["ckks-weighted"]).endswith("before it is rounded, a score by 1")


# Odds. --------------------------------------------------------------------------------------------


def test_so_many_points_double_the_odds() -> None:
    odds = Odds(500, 3.5, 40)
    probability = odds.probability(np.array([500, 540, 580, 460]))
    assert probability / (1 - probability) == pytest.approx([3.5, 7, 14, 1.75])
    steep = Odds(0, 1, 1e-9).probability(np.array([-(10**9), 0, 10**9]))
    assert steep.tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("run", ["clear, open", "ckks-weighted, hidden"])
def test_a_probability_is_computed_from_the_opened_score(run: str, made: Made) -> None:
    for row in made.scores(run):
        log_odds = math.log(3.5) + (int(row["score"]) - 500) * math.log(2) / 40
        assert float(row["probability"]) == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=1e-6)
        assert list(row) == ["person", "score", "probability", "tier"]


def test_no_probability_is_shown_where_no_score_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    consortium = loaded(tmp_path, LOGISTIC.replace('"total"', '"tier"'))
    monkeypatch.setattr("privscore.runtime.memory.refuse_method", lambda *_: None)
    run_job(consortium, named("ckks-weighted"), tmp_path / "run")
    assert (tmp_path / "run" / "desk" / "scores.csv").read_text().splitlines()[0] == "person,tier"


# What is made of a run. ---------------------------------------------------------------------------


def test_a_sheet_shows_values_and_real_points_that_add_up(made: Made) -> None:
    sheet = explain(open_run(made.runs["ckks-weighted, open"]), "p02")
    assert sheet.adds_up is True
    (row,) = [each for each in made.scores("ckks-weighted, open") if each["person"] == "p02"]
    assert sheet.probability == pytest.approx(float(row["probability"]), abs=1e-6)
    found = {each.column: (each.found, each.points, each.most) for each in sheet.lines}
    assert found["age"] == ("32", 24.0, 74.25)
    assert found["use"] == ("0.74", pytest.approx(-66.6925), 0)
    assert found["late"] == ("1 or more", -70, 0)
    unknown = explain(open_run(made.runs["ckks-weighted, open"]), "p01")
    assert ("unknown", 31.5) in [(each.found, each.points) for each in unknown.lines]


def test_a_sheet_under_hidden_weights_shows_what_was_found_alone(made: Made) -> None:
    sheet = explain(open_run(made.runs["ckks-weighted, hidden"]), "p02")
    assert sheet.points_hidden_by == "firm"
    assert {each.points for each in sheet.lines} == {None}
    assert "32" in [each.found for each in sheet.lines]


def changed(run: Path, what: Callable[[np.ndarray[Any, Any]], None]) -> None:
    path = run / "wallet" / "value-0.f8"
    values = np.fromfile(path, np.float64)
    what(values)
    values.tofile(path)


def test_a_value_beyond_its_range_is_no_value_of_the_run(made: Made, tmp_path: Path) -> None:
    from saved_runs import copied, reseal

    run = copied(made.runs["clear, open"], tmp_path)
    changed(run, lambda values: values.__setitem__(2, 100.0))
    reseal(run)
    with pytest.raises(Refused, match=r"wallet/value-0\.f8"):
        open_run(run).points("wallet")


@pytest.mark.parametrize("who", ["open", "hidden"])
def test_real_points_follow_by_subtraction_to_within_the_rounding(who: str, made: Made) -> None:
    run = open_run(made.runs[f"ckks-weighted, {who}"])
    together = accounts(gather(run), ("bank", "market", "desk")).together
    assert together is not None
    told = " ".join(each.sentence for each in together.learned)
    assert "results released under flooding" in told
    assert "the points of wallet, by subtraction" in told
    assert "equal to within 0.5" in told
    assert f"for {PEOPLE} of {PEOPLE} people" in told


def test_the_ledger_of_hidden_weights_is_not_contradicted(made: Made) -> None:
    page = ledger(open_run(made.runs["ckks-weighted, hidden"]))
    assert not page.contradicted
    for standing in page.parties:
        if standing.members != ("desk",):
            assert not any(each.fact in ("points", "total") for each in standing.learned)


def test_a_view_shows_real_points_beside_what_hides_them(made: Made) -> None:
    run = open_run(made.runs["ckks-weighted, open"])
    pages = [message_page(run, "wallet", number) for number in range(1, 12)]
    hidden = [page.hidden.values for page in pages if page.hidden is not None]
    assert run.points("bank").tolist() in hidden


def test_the_owners_weights_lie_with_the_owner_alone(made: Made) -> None:
    run = made.runs["ckks-weighted, hidden"]
    with_card = [path.parent.name for path in run.rglob("card.f8")]
    assert with_card == ["firm"]
    assert open_run(run).card.characteristics[0].weight == 0.75
    assert "0.75" not in json.dumps(json.loads((run / "run.json").read_text())["agreement"])


def test_pmml_is_refused_for_a_weight(agreement: Agreement, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="age has a weight, which PMML"):
        pmml.write_pmml(agreement.scorecard, tmp_path / "card.pmml")
    assert not list(tmp_path.iterdir())


def test_a_scorer_explains_real_points_and_gives_probabilities(tmp_path: Path) -> None:
    consortium = loaded(tmp_path)
    scorer = PrivateScorer(consortium, "ckks-weighted").fit()
    answers = scorer.answer()
    assert answers.scores is not None
    assert answers.probabilities is not None
    odds = consortium.agreement.scorecard.odds
    assert odds is not None
    assert answers.probabilities == pytest.approx(odds.probability(answers.scores), abs=1e-6)
    told = scorer.explain()
    whole = 501 + told.points.sum(axis=1)
    assert np.abs(np.clip(np.rint(whole), 400, 600) - answers.scores).max() <= 1
    assert told.most.tolist() == [74.25, 0, 0, 40]
