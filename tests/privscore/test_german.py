"""The how-to with the German credit data: its scores are those of a plain loop, by every method."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

import privscore
from privscore.methods import available
from privscore.methods.rules import objections

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "german-credit.md"
DATA = ROOT.parent / "shared" / "data" / "credit" / "german.data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason=f"{DATA.name} is not beside the repository"),
]

# The page's card, once more and by hand: what each code of the data earns.
ACCOUNT = {"A11": 0, "A12": 20, "A13": 50, "A14": 80}
SAVINGS = {"A61": 0, "A62": 0, "A63": 40, "A64": 40, "A65": 40}
HISTORY = {"A30": 0, "A31": 0, "A32": 45, "A33": 45, "A34": 75}
EMPLOYED = {"A71": 5, "A72": 0, "A73": 15, "A74": 30, "A75": 30}


def by_hand(row: dict[str, str]) -> int:
    months, amount = int(row["Duration"]), int(row["CreditAmount"])
    return sum(
        (
            300,
            ACCOUNT[row["CheckingAccountStatus"]],
            SAVINGS[row["Savings"]],
            HISTORY[row["CreditHistory"]],
            25 if row["OtherInstallmentPlans"] == "A143" else 0,
            65 if months < 12 else 35 if months < 24 else 30 if months < 36 else 0,
            40 if amount < 1500 else 50 if amount < 4000 else 25 if amount < 8000 else 0,
            20 if row["Property"] == "A121" else 0,
            25 if row["Housing"] == "A152" else 0,
            EMPLOYED[row["EmploymentSince"]],
        )
    )


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> privscore.Consortium:
    """The page's own blocks, in a folder of their own."""
    folder = tmp_path_factory.mktemp("german")
    (folder / "german.csv").write_bytes(DATA.read_bytes())
    page = PAGE.read_text(encoding="utf-8")
    deal = re.search(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    file = re.search(
        r'^```toml title="consortium.toml"\n(.*?)^```$', page, re.MULTILINE | re.DOTALL
    )
    assert deal
    assert file
    subprocess.run([sys.executable, "-c", deal[1]], cwd=folder, check=True)
    (folder / "consortium.toml").write_text(file[1], encoding="utf-8")
    return privscore.load(folder / "consortium.toml")


def test_every_method_gives_the_scores_of_a_plain_loop(consortium: privscore.Consortium) -> None:
    with DATA.open(encoding="utf-8") as file:
        wanted = [by_hand(row) for row in csv.DictReader(file)]
    assert len(wanted) == 1000
    tried = [
        name
        for name, method in available().items()
        if not method.private or not objections(method, consortium.agreement)
    ]
    assert {"clear", "secret-sum"} <= set(tried)
    for name in tried:
        answers = privscore.PrivateScorer(consortium, name).fit().answer()
        assert answers.people.tolist() == [str(n) for n in range(1, 1001)]
        assert answers.scores is not None
        assert answers.scores.tolist() == wanted, name


def test_sex_age_and_origin_go_to_nobody(consortium: privscore.Consortium) -> None:
    personal = {"Sex", "Age", "ForeignWorker"}
    for platform in consortium.agreement.data_parties:
        with (consortium.path.parent / f"{platform}.csv").open(encoding="utf-8") as file:
            assert not personal & set(next(csv.reader(file)))
