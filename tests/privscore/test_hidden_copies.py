"""Two copies of a file with hidden points: one agreement, and the points in the owner's alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hidden_points import CLEAR, METHOD, of, owners_copy, said
from mistakes_in_hidden_card import AUDITED, COMMITTED, FIRM, HIDDEN, OTHERS, SALT

from privscore.commands.check import check
from privscore.consortium import Consortium, json_schema
from privscore.consortium.agreement import Agreement
from privscore.errors import Refused
from privscore.methods.context import RoleContext
from privscore.plan.rehearse import rehearse
from privscore.runtime.local import run_job

RARE = "[51437, 33391, 17989, 10007]"  # points that are nowhere else by chance


@pytest.fixture(scope="module")
def owners() -> Consortium:
    return owners_copy()


def rare(folder: Path, points: str = RARE, salt: str = SALT) -> Consortium:
    """The hidden card with these points in its first line, in a wider range, committed to anew."""
    text = HIDDEN.replace("[0, 250]", "[0, 60000]").replace("[210, 120, 40, 0]", points)
    text = text.replace(SALT, salt).replace(f'commitment = "{COMMITTED}"\n', "")
    return of(folder, text.replace('desk = "score"', 'desk = "total"'))


def test_another_partys_copy_is_the_same_agreement(owners: Consortium, tmp_path: Path) -> None:
    others = of(tmp_path / "others", OTHERS)
    assert "points = " not in OTHERS
    assert others.agreement == owners.agreement
    assert others.agreement.encode() == owners.agreement.encode()
    assert others.card is None
    assert all(each.card is None for each in others.private.values())
    assert owners.card is not None
    assert owners.card.characteristics[0].possible_points == (210, 120, 40, 0, 90)
    assert [name for name in owners.agreement.party_ids if owners.card_of(name)] == ["firm"]
    assert [name for name, own in owners.private.items() if own.card] == ["firm"]


def test_the_hash_depends_on_what_is_said_of_the_points_and_not_on_the_points(
    tmp_path: Path,
) -> None:
    agreement = rare(tmp_path / "1").agreement
    assert rare(tmp_path / "2", "[1, 2, 3, 4]").agreement.sha256 == agreement.sha256
    assert rare(tmp_path / "3", salt="77" * 32).agreement.sha256 == agreement.sha256
    bare = HIDDEN.replace("clip = [300, 1100]\n", "")  # then the clip is what the range says
    assert of(tmp_path / "bare", bare).agreement.scorecard.clip == (350, 1100)
    said = [HIDDEN, HIDDEN.replace("[0, 250]", "[0, 251]"), HIDDEN.replace(FIRM, "")]
    said[2] = said[2].replace('owner = "firm"', 'owner = "bank"')
    said += [AUDITED, HIDDEN.replace(f'commitment = "{COMMITTED}"\n', "")]
    hashes = {of(tmp_path / str(n + 4), text).agreement.sha256 for n, text in enumerate(said)}
    assert len(hashes) == len(said)


def encoded(values: list[int]) -> list[bytes]:
    """A value in every encoding in which it could lie somewhere."""
    encodings = []
    for value in values:
        encodings += [str(value).encode(), f"{value:x}".encode()]
        for order in "<>":
            for kind in ("u4", "u8", "f4", "f8"):
                encodings.append(np.array(value, order + kind).tobytes())
    return encodings


def test_the_agreement_holds_no_point_in_any_encoding(tmp_path: Path) -> None:
    consortium = rare(tmp_path / "rare")
    body = consortium.agreement.encode()
    values = [51437, 33391, 17989, 10007]
    assert not [each for each in encoded(values) if each in body]
    assert SALT.encode() not in body
    assert b'"points"' not in body.replace(b'"hidden":["points"]', b"")
    assert b"missing" not in body
    spoken = (
        f"{consortium!r} {consortium.private!r} {RoleContext('firm', consortium.agreement, 1)!r}"
    )
    context = RoleContext("firm", consortium.agreement, 1, card=consortium.card)
    assert "51437" not in spoken + repr(context)
    assert any(each in np.array(values, "<u4").tobytes() for each in encoded(values))  # it can hit


def test_bytes_of_an_agreement_that_hold_hidden_points_are_refused(owners: Consortium) -> None:
    body = json.loads(owners.agreement.encode())
    assert Agreement.decode(owners.agreement.encode()) == owners.agreement
    for key, value in (("points", [210, 120, 40, 0]), ("missing", 90)):
        forged = json.loads(json.dumps(body))
        forged["scorecard"]["characteristic"][0][key] = value
        with pytest.raises(Refused):
            Agreement.decode(json.dumps(forged, sort_keys=True, separators=(",", ":")).encode())
    body["scorecard"]["salt"] = SALT
    with pytest.raises(Refused, match="canonical"):
        Agreement.decode(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())


def test_no_partys_folder_but_the_owners_holds_the_points(tmp_path: Path) -> None:
    consortium = rare(tmp_path / "rare")
    run_job(consortium, METHOD, tmp_path / "run")
    assert consortium.card is not None
    numbers = consortium.card.numbers()
    holders = []
    for path in (tmp_path / "run").rglob("*"):
        if path.is_file():
            body = path.read_bytes()
            if (
                numbers.tobytes() in body
                or numbers.astype("<i4").tobytes() in body
                or b"51437" in body
                or numbers[:5].astype(">i4").tobytes() in body
            ):
                holders.append(path.relative_to(tmp_path / "run").as_posix())
    assert holders == ["firm/card.f8"]


def test_the_second_platform_owns_the_points_where_nobody_is_named(tmp_path: Path) -> None:
    consortium = of(tmp_path / "x", HIDDEN.replace(FIRM, "").replace('owner = "firm"\n', ""))
    assert consortium.owner == "bank"
    assert consortium.card_of("bank") is not None
    roles = HIDDEN.replace('owner = "firm"\n', "")
    assert of(tmp_path / "y", roles).owner == "firm"


def test_another_partys_copy_is_checked_and_planned_but_not_played(tmp_path: Path) -> None:
    others = of(tmp_path / "others", OTHERS)
    report = check(others)
    assert "firm hides the points, to which it has committed" in report.points_hidden
    assert "not in this file" in report.points_hidden
    assert report.methods[METHOD.name] == []
    for method in (CLEAR, METHOD):
        with pytest.raises(Refused, match="not firm's own") as refused:
            run_job(others, method, tmp_path / "run")
        assert "hidden" in OTHERS.splitlines()[(refused.value.line or 0) - 1]
    assert rehearse(others.path, METHOD.name, 60, 0.1).people == (60, 60)


def test_pmml_of_hidden_points_comes_from_the_owners_copy_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owners, others = of(tmp_path / "owners"), of(tmp_path / "others", OTHERS)
    out = tmp_path / "card.xml"
    refused = said(capsys, "pmml", "export", str(others.path), str(out))
    assert "not firm's own" in refused["error"]["cause"]
    assert not out.exists()
    said(capsys, "pmml", "export", str(owners.path), str(out))
    assert 'partialScore="210"' in out.read_text()


def test_the_schema_for_editors_has_every_key_of_a_hidden_card() -> None:
    definitions = json_schema()["$defs"]
    card = definitions["ScorecardShape"]["properties"]
    assert {"owner", "hidden", "points_range", "commitment", "salt", "signature"} <= card.keys()
    assert card["hidden"]["items"] == {"enum": ["cutoffs", "points"]}
    assert "public_key" in definitions["PartyShape"]["properties"]
    assert "points" not in definitions["CharacteristicShape"]["required"]
