"""Every script in `examples/` runs, says what it should, is short, and is told of in the README."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from typer.testing import CliRunner

from privscore import methods
from privscore.cli import app

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
MOST_LINES = 60  # that are not blank
SAYS = {
    "secure_sum_by_hand": ["2 wallet -> desk: secure_sum/PartialSum, 12 bytes", "[6, 11, 19]"],
    "pass_the_sum": ["ideal: passed", "exact: passed"],
    "who_learned_what": ["the total of each of 200 people", "200 people, 9 parties' folders"],
    "methods_against_plaintext": ["bfv-sum", "masked-sum"],
}
BROKER = '[[party]]\nid = "broker"\nroles = ["aggregator"]\n\n[scorecard]'


@pytest.mark.slow
@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    printed = capsys.readouterr().out
    for line in SAYS[name]:
        assert line in printed


@pytest.mark.slow
def test_the_example_of_a_method_opens_the_tier_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "_loaded", {})
    toy = tmp_path / "toy"
    method = str(EXAMPLES / "tier_only.py")
    assert CliRunner().invoke(app, ["init", str(toy)]).exit_code == 0
    text = (toy / "consortium.toml").read_text(encoding="utf-8").replace("[scorecard]", BROKER, 1)
    reveal = 'reveal = { desk = "tier", broker = "total" }'
    text = re.sub(r"^reveal.*$", reveal, text, flags=re.MULTILINE)
    (toy / "tier.toml").write_text(text, encoding="utf-8")
    tiers = []
    for file, name in (("consortium.toml", "clear"), ("tier.toml", method)):
        words = ["run", str(toy / file), "--method", name, "--out", str(tmp_path / file)]
        assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
        lines = (tmp_path / file / "desk" / "scores.csv").read_text().splitlines()
        tiers.append([(line.split(",")[0], line.split(",")[-1]) for line in lines])
    assert tiers[0] == tiers[1]
    assert lines[0] == "person,tier"


def test_examples_are_short_and_all_of_them_are_run_here() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert names == {*SAYS, "tier_only"}
    for path in EXAMPLES.glob("*.py"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        assert len(lines) < MOST_LINES, f"{path.name} has {len(lines)} lines"


def test_the_readme_leads_to_the_examples() -> None:
    assert "`examples/`" in (ROOT / "README.md").read_text(encoding="utf-8")
