"""Every seeded mistake ends in one refusal: where, what, what to do; and nothing is written."""

from pathlib import Path

import pytest
from seeded_mistakes import CANARY, MISTAKES, Mistake, write_sound

from privscore.consortium import load
from privscore.errors import Refused
from privscore.tables import open_table


def read_everything(file: Path) -> None:
    consortium = load(file)
    for party in consortium.agreement.data_parties:
        open_table(consortium, party).close()


def test_the_sound_consortium_is_read(tmp_path: Path) -> None:
    read_everything(write_sound(tmp_path))


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each.name for each in MISTAKES])
def test_a_mistake_is_refused_with_its_place_and_a_mend(mistake: Mistake, tmp_path: Path) -> None:
    file = mistake.make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Refused) as caught:
        read_everything(file)
    refused = caught.value
    assert refused.file == str(file)
    if mistake.line is None:
        assert refused.line is None
    else:
        assert refused.line is not None
        lines = file.read_bytes().decode("latin-1").splitlines()
        assert mistake.line in lines[refused.line - 1]
    for word in mistake.cause:
        assert word in refused.cause
    assert refused.fix.endswith((".", "?"))
    assert CANARY not in str(refused)
    assert sorted(tmp_path.rglob("*")) == before
