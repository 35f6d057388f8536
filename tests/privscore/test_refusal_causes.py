"""A refusal names the cause that is there, not one that merely looks like it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from single_platform_consortium import bank

from privscore import society
from privscore.errors import Refused
from privscore.files import new_folder
from privscore.inspect.protocol import show
from privscore.methods import available
from privscore.tables import read_people
from protocols.core.spec import find_specs


def test_a_run_into_a_file_is_told_that_it_is_one(tmp_path: Path) -> None:
    file = tmp_path / "wallet.csv"
    file.write_text("person\n")
    with pytest.raises(Refused, match="is a file"), new_folder(file):
        raise AssertionError("unreachable")
    assert file.read_text() == "person\n"


def test_a_protocols_file_that_is_not_there(tmp_path: Path) -> None:
    file = str(tmp_path / "nope.py")
    with pytest.raises(Refused, match="there is no such file") as caught:
        show(file)
    assert caught.value.file == file


def test_an_unknown_name_lists_all_that_can_be_shown() -> None:
    with pytest.raises(Refused, match="no protocol or method 'nope'") as caught:
        show("nope")
    names = [*find_specs(), *(name for name, each in available().items() if each.protocols)]
    assert {"secret-sum", "masked-sum"} <= set(names)
    assert all(name in caught.value.fix for name in names)
    assert "clear" not in caught.value.fix


@pytest.mark.parametrize("damage", ["text", "empty", "cut_short"])
def test_a_file_that_is_parquet_only_by_its_name(damage: str, tmp_path: Path) -> None:
    file = tmp_path / "data.parquet"
    if damage == "text":
        file.write_text("person,x\nann,1\nbob,2\n")
    elif damage == "empty":
        file.touch()
    else:
        with duckdb.connect() as db:
            db.execute(f"COPY (SELECT range AS person, 1 AS x FROM range(9)) TO '{file}'")
        file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(Refused, match=r"data\.parquet is no whole Parquet file"):
        bank(tmp_path, "data.parquet", "x")
    with pytest.raises(Refused, match="no whole Parquet file") as caught:
        read_people(file)
    assert caught.value.file == str(file)


def test_a_society_where_no_folder_can_be_made(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.touch()
    with pytest.raises(Refused) as caught:
        society.generate(place / "town", people=100)
    assert caught.value.cause == f"cannot write to {place}: Not a directory"
    assert caught.value.fix == "Name a folder that can be written."
