"""No consortium file can choose toy parameters, wherever it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from sound_consortium import SOUND

from privscore.consortium import load
from privscore.errors import Refused

TOY = 'parameter_set = "insecure_1024"'


@pytest.mark.parametrize("before", ["[[party]]", "[scorecard]\n", "[policy]\n", "id    = "])
def test_an_insecure_set_in_a_consortium_file_is_refused(before: str, tmp_path: Path) -> None:
    text = SOUND.replace(
        before, f"{before}{TOY}\n" if before[-1] == "\n" else f"{TOY}\n{before}", 1
    )
    file = tmp_path / "consortium.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as caught:
        load(file)
    assert caught.value.line is not None
    assert text.splitlines()[caught.value.line - 1] == TOY
    assert "parameter_set" in caught.value.cause
