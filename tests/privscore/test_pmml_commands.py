"""`privscore pmml`: a card goes out and comes back; what is said matches what was done."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from agreement_strategy import agreements
from hypothesis import given
from sound_consortium import SOUND, WITH_ACROSS, write_sound

from privscore.cli import main
from privscore.consortium import load
from privscore.consortium.agreement import Agreement
from privscore.consortium.toml_text import consortium_text
from privscore.pmml import read_pmml, write_pmml

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "pmml"
HELD = ["late=wallet", "months=telecom", "missed=rides"]


def call(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    """The exit code of `privscore pmml WORDS`, in this process."""
    monkeypatch.setattr(sys, "argv", ["privscore", "pmml", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_card_goes_out_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_sound(tmp_path)
    assert call(monkeypatch, "export", file, tmp_path / "card.pmml") == 0
    assert call(monkeypatch, "import", tmp_path / "card.pmml", tmp_path / "back.toml") == 0
    assert "wrote" in capsys.readouterr().out
    before, after = load(file).agreement, load(tmp_path / "back.toml").agreement
    assert after.scorecard == before.scorecard
    assert after.name == before.name
    assert after.data_parties == before.data_parties


def test_what_a_card_has_and_pmml_has_not_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    odds = "[scorecard]\nodds = { score = 500, good_to_bad = 3.5, double = 40 }"
    file = write_sound(tmp_path, SOUND.replace("[scorecard]", odds))
    assert call(monkeypatch, "export", file, tmp_path / "card.pmml", "--json") == 0
    assert json.loads(capsys.readouterr().out)["left_out"] == ["odds", "tiers", "parties", "policy"]


def test_a_range_belongs_to_a_field_and_so_to_every_line_that_looks_at_it(tmp_path: Path) -> None:
    card = load(write_sound(tmp_path, WITH_ACROSS)).agreement.scorecard
    write_pmml(card, tmp_path / "card.pmml")
    debt, total = (
        {each.name: each for each in read_pmml(tmp_path / "card.pmml").characteristics}[name]
        for name in ("debt", "total debt")
    )
    assert total == card.combined[0]
    assert debt.range == total.range  # the bank's debt is in the total, so it held before too


def test_fields_without_a_platform_are_given_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new.toml"
    held = [word for each in HELD for word in ("--platform", each)]
    words = ["import", VECTORS / "bare_names.xml", out, *held, "--json"]
    assert call(monkeypatch, *words) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["characteristics"] == 3
    assert said["left_out"] == ["baselineScore"]
    assert load(out).agreement.data_parties == ("wallet", "telecom", "rides")


@pytest.mark.parametrize(
    "word", ["late", "=wallet", "late="], ids=["no_sign", "no_field", "nobody"]
)
def test_a_word_that_says_no_platform(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["import", VECTORS / "bare_names.xml", tmp_path / "new.toml", "--platform", word]
    assert call(monkeypatch, *words) == 2
    assert "FIELD=PLATFORM" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_sound(tmp_path)
    before = file.read_bytes()
    assert call(monkeypatch, "import", VECTORS / "closed_ends.xml", file) == 2
    assert call(monkeypatch, "export", file, file) == 2
    assert "there already" in capsys.readouterr().err
    assert file.read_bytes() == before


@pytest.mark.slow
@given(agreement=agreements(every_key=True))
def test_an_agreement_as_a_files_text_is_the_same_agreement(
    agreement: Agreement, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("text") / "consortium.toml"
    path.write_text(consortium_text(agreement, "two\nlines"), encoding="utf-8")
    assert load(path).agreement == agreement
