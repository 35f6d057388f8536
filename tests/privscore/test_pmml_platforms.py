"""Who holds a field of a PMML model is said of fields that it has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from privscore.cli import main
from privscore.errors import Refused
from privscore.pmml import read_pmml
from privscore.pmml.summary import platforms

MODEL = Path(__file__).resolve().parents[1] / "vectors" / "pmml" / "bare_names.xml"
HELD = {"late": "wallet", "months": "telecom", "missed": "rides"}


def test_a_platform_of_a_field_that_does_not_exist_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"--platform={field}={platform}" for field, platform in HELD.items()]
    words += ["--platform", "bogus=wallet", str(MODEL), str(tmp_path / "new.toml")]
    monkeypatch.setattr(sys, "argv", ["privscore", "pmml", "import", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "a platform is named for `bogus`, which is no field of the model" in said
    assert "fix: The fields are late, missed, colour, months." in said
    assert not list(tmp_path.iterdir())


def test_the_refusal_points_at_the_fields_and_at_the_nearest_one() -> None:
    with pytest.raises(Refused, match="`month`") as caught:
        read_pmml(MODEL, {**HELD, "month": "telecom"})
    assert caught.value.line is not None
    assert "<DataDictionary" in MODEL.read_text().splitlines()[caught.value.line - 1]
    assert "Did you mean `months`?" in caught.value.fix


def test_a_word_without_a_platform_is_mended_by_an_example() -> None:
    with pytest.raises(Refused) as caught:
        platforms(["late"])
    assert caught.value.fix == "Write FIELD=PLATFORM, for example late=wallet."
