"""Keys that the agreement names: who has to have them, who shows them, what a run says of them."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hidden_points import said
from ledger_runs import text_of
from mistakes_in_hidden_card import AUDITED
from mistakes_in_keys import PUBLIC, SEED, pem, write_key
from sound_consortium import SOUND, write_sound

from privscore.consortium import Agreement, Consortium, load
from privscore.consortium.identity import public_half
from privscore.errors import Refused
from privscore.inspect.ledger import Ledger, identity_keys, ledger
from privscore.job.greeting import Greeted, greet
from privscore.methods import named
from privscore.plan.table_times import read_tables
from privscore.runs.folder import open_run
from privscore.runtime.local import run_job
from privscore.runtime.processes import run_job_in_processes
from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import Run, run_local
from protocols.core.party import Role
from protocols.core.session import replay

PARTIES = ("wallet", "bank", "market", "desk")
SEEDS = {name: bytes([number]) * 32 for number, name in enumerate(PARTIES)}


def keyed(folder: Path, *names: str, text: str = SOUND) -> Consortium:
    """The sound consortium, in which these parties have keys that the agreement names."""
    for name in names:
        write_key(folder / f"{name}.key", SEEDS[name].hex().encode())
        text = re.sub(
            rf'^id += "{name}"\n',
            rf'\g<0>identity = "{name}.key"\npublic_key = "{public_half(SEEDS[name]).hex()}"\n',
            text,
            flags=re.MULTILINE,
        )
    return load(write_sound(folder, text))


def ledger_of(consortium: Consortium, out: Path, method: str) -> Ledger:
    run_job(consortium, named(method), out, workers=1)
    return ledger(open_run(out))


@pytest.mark.parametrize(
    ("names", "method", "said_of_keys", "line"),
    [
        ((), "secret-sum", "made for this run", "made for this run, vouched for by the channels"),
        (("desk", "bank"), "secret-sum", "some named", "some named in the agreement; the others"),
        pytest.param(
            *(PARTIES, "masked-sum", "named in the agreement", "named in the agreement"),
            marks=pytest.mark.slow,
        ),
        (PARTIES, "clear", "named in the agreement", "named in the agreement"),
    ],
)
def test_a_ledger_says_whether_keys_were_named(
    names: tuple[str, ...], method: str, said_of_keys: str, line: str, tmp_path: Path
) -> None:
    page = ledger_of(keyed(tmp_path, *names), tmp_path / "run", method)
    assert page.identities == said_of_keys
    assert f"identity keys: {line}" in text_of(page)
    # Checks and replay do without keys that are in no run's folder.
    assert not page.contradicted
    assert [check.made for check in page.checks if check.name == "outlines"] == [True]
    (output,) = (
        each for account in page.parties for each in account.learned if each.how == "output"
    )
    assert "by playing its role again on what it saw" in output.sentence
    record = open_run(tmp_path / "run").record
    for name in names:
        assert record.identities[name] == public_half(SEEDS[name]).hex()


def test_named_keys_change_no_score(tmp_path: Path) -> None:
    consortium = keyed(tmp_path, *PARTIES)
    scores = set()
    for method in ("clear", "masked-sum"):
        run_job(consortium, named(method), tmp_path / method, workers=1)
        scores.add((tmp_path / method / "desk" / "scores.csv").read_bytes())
    assert len(scores) == 1


def test_keys_that_are_not_named_are_others_in_every_run(tmp_path: Path) -> None:
    consortium = keyed(tmp_path, "desk")
    shown = []
    for number in range(2):
        run_job(consortium, named("secret-sum"), tmp_path / f"run-{number}", workers=1)
        shown.append(open_run(tmp_path / f"run-{number}").record.identities)
    assert shown[0]["desk"] == shown[1]["desk"]
    assert all(shown[0][name] != shown[1][name] for name in PARTIES if name != "desk")


def test_a_key_in_pem_is_the_key_in_digits(tmp_path: Path) -> None:
    text = SOUND.replace(
        'table = "wallet.csv"\n',
        f'table = "wallet.csv"\npublic_key = "{PUBLIC}"\nidentity = "wallet.key"\n',
    )
    for body in (pem(), SEED.hex().encode(), f"{SEED.hex().upper()}\n".encode()):
        write_key(tmp_path / "wallet.key", body)
        (tmp_path / "consortium.toml").write_text(text)
        assert load(tmp_path / "consortium.toml").identity_of("wallet") == SEED


def test_an_auditor_needs_no_key_in_a_job(tmp_path: Path) -> None:
    consortium = load(write_sound(tmp_path, AUDITED))
    assert consortium.agreement.public_keys == {}
    page = ledger_of(consortium, tmp_path / "run", "clear")
    assert page.identities == "made for this run"


def test_tables_are_timed_where_keys_are_named(tmp_path: Path) -> None:
    consortium = keyed(tmp_path, *PARTIES)
    assert read_tables(consortium.path, "masked-sum", None).people == 60


@pytest.mark.slow
def test_each_process_has_the_key_of_its_party(tmp_path: Path) -> None:
    consortium = keyed(tmp_path, *PARTIES)
    run_job_in_processes(consortium, named("masked-sum"), tmp_path / "run")
    assert identity_keys(open_run(tmp_path / "run")) == "named in the agreement"
    wallet = consortium.private["wallet"]
    without = consortium.private | {"wallet": replace(wallet, identity=b"")}
    with pytest.raises(Refused, match="wallet, and its private key is not here"):
        run_job_in_processes(
            replace(consortium, private=without), named("masked-sum"), tmp_path / "other"
        )
    assert not (tmp_path / "other").exists()


# The greeting. ------------------------------------------------------------------------------------


def greeted(
    agreement: Agreement, seeds: dict[str, bytes | None], others: dict[str, Agreement] | None = None
) -> Run:
    """Everybody's greeting, each with its seed, `others` by agreements of their own."""
    agreements = dict.fromkeys(PARTIES, agreement) | (others or {})

    def role(name: str) -> Role[Greeted]:
        return lambda party: greet(party, agreements[name], "secret-sum", seeds[name])

    roles = {name: role(name) for name in PARTIES}
    return run_local(roles, session=bytes(32), keep_errors=True)


@pytest.fixture
def agreement(tmp_path: Path) -> Agreement:
    return keyed(tmp_path, "wallet", "desk").agreement


def test_whoever_shows_another_key_than_the_agreement_names_is_blamed(agreement: Agreement) -> None:
    seeds: dict[str, bytes | None] = dict.fromkeys(PARTIES, b"")
    nameless = tuple(replace(party, public_key="") for party in agreement.parties)
    others = {"wallet": replace(agreement, parties=nameless)}  # or it would notice by itself
    run = greeted(agreement, seeds | {"desk": SEEDS["desk"]}, others)
    for name in ("bank", "market", "desk"):
        fault = run.errors[name]
        assert isinstance(fault, PeerFault)
        assert fault.suspects == ("wallet",)
        assert "another key" in str(fault)


@pytest.mark.parametrize("seed", [b"", bytes([9]) * 32], ids=["no key", "another key"])
def test_nobody_shows_another_key_than_its_own(agreement: Agreement, seed: bytes) -> None:
    seeds: dict[str, bytes | None] = dict.fromkeys(PARTIES, b"")
    run = greeted(agreement, seeds | {"desk": SEEDS["desk"], "wallet": seed})
    assert isinstance(run.errors["wallet"], LocalMisuse)


def test_a_greeting_is_played_again_without_the_key(agreement: Agreement) -> None:
    seeds: dict[str, bytes | None] = dict.fromkeys(PARTIES, b"")
    run = greeted(agreement, seeds | {name: SEEDS[name] for name in ("wallet", "desk")})
    assert not run.errors
    for name in PARTIES:
        first: Greeted = run.outputs[name]
        again, _ = replay(
            lambda party: greet(party, agreement, "secret-sum", None), run.views[name]
        )
        assert again is not None
        assert again.job == first.job
        assert again.identities == first.identities


# The command. -------------------------------------------------------------------------------------


def test_identity_makes_a_key_that_its_owner_alone_can_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "wallet.key"
    made = said(capsys, "identity", str(key), "--new")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    private = load_pem_private_key(key.read_bytes(), None)
    assert isinstance(private, Ed25519PrivateKey)
    assert made == {"public_key": private.public_key().public_bytes_raw().hex()}
    assert said(capsys, "identity", str(key)) == made
    body = key.read_bytes()
    assert "cannot be written" in said(capsys, "identity", str(key), "--new")["error"]["cause"]
    assert key.read_bytes() == body
    key.chmod(0o644)
    error = said(capsys, "identity", str(key))["error"]
    assert "others" in error["cause"]
    assert error["fix"].startswith("Run `chmod 600 wallet.key`")
