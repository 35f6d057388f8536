"""The commitment to hidden points: what it binds, how it is made, and who signs it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hidden_points import owners_copy, said
from mistakes_in_hidden_card import AUDITED, AUDITOR, COMMITTED, HIDDEN, OTHERS, SALT, SIGNED
from sound_consortium import SOUND, write_sound

from privscore.card.commitment import approves, commitment
from privscore.consortium import Consortium, load


@pytest.fixture(scope="module")
def owners() -> Consortium:
    return owners_copy()


def test_a_commitment_says_nothing_without_its_salt_and_binds_every_point(
    owners: Consortium,
) -> None:
    whole = owners.card
    assert whole is not None
    assert commitment(whole, SALT) == COMMITTED == owners.agreement.scorecard.secret.commitment  # type: ignore[union-attr]
    turned = replace(whole, characteristics=whole.characteristics[::-1])
    assert commitment(turned, SALT) == COMMITTED  # whatever the order of the lines
    assert commitment(whole, "00" * 32) != COMMITTED
    for position in range(whole.number_count):
        numbers = whole.numbers()
        numbers[position] += 1
        assert commitment(whole.with_numbers(numbers), SALT) != COMMITTED
    with pytest.raises(ValueError, match="hidden"):
        commitment(owners.agreement.scorecard, SALT)


def test_commit_prints_what_the_file_then_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = HIDDEN.replace(f'commitment = "{COMMITTED}"\nsalt = "{SALT}"\n', "")
    file = write_sound(tmp_path, bare)
    shown, again = (said(capsys, "commit", str(file)) for _ in range(2))
    assert shown["salt"] != again["salt"]
    lines = f'commitment = "{shown["commitment"]}"\nsalt = "{shown["salt"]}"\n'
    file.write_text(bare.replace("[0, 250]\n", "[0, 250]\n" + lines))
    secret = load(file).agreement.scorecard.secret
    assert secret is not None
    assert secret.commitment == shown["commitment"]
    assert said(capsys, "commit", str(file)) == shown  # its own salt, once it has one
    # Also after a change that no longer fits, which nothing else reads.
    file.write_text(file.read_text().replace("[60, 30, 0]", "[61, 30, 0]"))
    assert "does not fit" in said(capsys, "check", str(file))["error"]["cause"]
    assert said(capsys, "commit", str(file))["commitment"] != shown["commitment"]


def test_an_auditor_signs_what_it_has_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unsigned = AUDITED.replace(f'signature = "{SIGNED}"\n', "")
    file = write_sound(tmp_path, unsigned)
    assert "spell out" in said(capsys, "check", str(file))["error"]["cause"]
    key = tmp_path / "auditor.pem"
    key.write_bytes(
        AUDITOR.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    shown = said(capsys, "sign", str(file), "--key", str(key))
    assert (shown["commitment"], shown["signature"]) == (COMMITTED, SIGNED)
    file.write_text(AUDITED)
    assert load(file).agreement.scorecard.owner == "desk"
    for text in (OTHERS, SOUND, HIDDEN.replace(SALT, "5b" * 32)):
        (tmp_path / "other.toml").write_text(text)
        assert "error" in said(capsys, "sign", str(tmp_path / "other.toml"), "--key", str(key))


def test_a_new_key_is_for_its_owner_alone_and_replaces_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = write_sound(tmp_path, HIDDEN), tmp_path / "new.pem"
    assert (
        "no such file"
        in said(capsys, "sign", str(file), "--key", str(key))["error"]["cause"].lower()
    )
    shown = said(capsys, "sign", str(file), "--key", str(key), "--new")
    assert approves(shown["public_key"], COMMITTED, shown["signature"])
    assert not approves(shown["public_key"], "00" * 32, shown["signature"])
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    assert "error" in said(capsys, "sign", str(file), "--key", str(key), "--new")
    assert key.read_bytes() == before
    key.write_text("no key")
    assert "PEM" in said(capsys, "sign", str(file), "--key", str(key))["error"]["cause"]


def test_a_spelling_card_is_seen_by_whoever_signs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = HIDDEN.replace("[210, 120, 40, 0]\nmissing = 90", "[0, 1, 2, 3]\nmissing = 4")
    text = text.replace("[60, 30, 0]\nmissing = 30", "[0, 5, 10]\nmissing = 15")
    text = text.replace("points = [0, 25]", "points = [20, 40]")
    totals = said(capsys, "commit", str(write_sound(tmp_path, text)))["totals"]
    assert totals == {"different": 60, "in_one_way": 60}  # 5 x 4 x 3: every one of them
