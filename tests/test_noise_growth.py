"""The picture of the learning page is what the page's own code gives."""

from __future__ import annotations

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "docs" / "scripts" / "noise_growth.py"


def test_the_picture_is_current() -> None:
    spec = importlib.util.spec_from_file_location("noise_growth", SCRIPT)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PICTURE.read_text(encoding="utf-8") == script.picture(), (
        "run: python docs/scripts/noise_growth.py"
    )
