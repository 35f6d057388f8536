"""One party's world: its own file beside the agreement, and nothing that is private to others."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agreement_strategy import agreements
from hidden_points import said
from hypothesis import given
from hypothesis import strategies as st
from mistakes_in_hidden_card import HIDDEN, OTHERS
from mistakes_in_keys import KEY, KEYED, PUBLIC, SEED, pem, write_key
from mistakes_in_own_file import OWN, SHARED, write_own
from sound_consortium import SOUND, write_sound

from privscore.cli import main
from privscore.compare import compare
from privscore.consortium import Address, Agreement, Consortium, PrivatePart, load, own_json_schema
from privscore.consortium.toml_text import consortium_text
from privscore.errors import Refused
from privscore.job.admission import own_list
from privscore.job.people import everybody
from privscore.methods import named
from privscore.plan import plan
from privscore.runtime.local import run_job
from privscore.runtime.processes import run_job_in_processes
from privscore.stats import statistics
from privscore.tables import open_table

HEAD = 'schema = "privscore/own@1"\nagreement = "consortium.toml"\n'


@given(agreements(every_key=True), st.data())
def test_every_partys_own_file_leads_to_the_agreement_of_the_shared_one(
    agreement: Agreement, data: st.DataObject
) -> None:
    text = consortium_text(agreement, "Shared.")
    for name in data.draw(st.sets(st.sampled_from(agreement.party_ids))):
        line = f'[[party]]\nid = "{name}"\n'
        assert line in text
        text = text.replace(line, f'{line}endpoint = "{name}:8443"\n')
    with tempfile.TemporaryDirectory() as name:
        shared = Path(name, "consortium.toml")
        shared.write_bytes(text.encode())
        assert load(shared).agreement.sha256 == agreement.sha256
        for party in agreement.party_ids:
            table = f'table = "{party}.csv"\n' if party in agreement.data_parties else ""
            own_file = Path(name, f"{party}.toml")
            own_file.write_text(f'{HEAD}party = "{party}"\n{table}')
            world = load(own_file)
            assert world.agreement == load(shared, party).agreement == agreement
            assert world.agreement.sha256 == agreement.sha256
            assert (world.me, [*world.private]) == (party, [party])


def test_an_own_file_holds_what_is_private_and_names_what_is_shared(tmp_path: Path) -> None:
    world = load(write_own(tmp_path))
    assert world.me == "wallet"
    part = PrivatePart("wallet.csv", "person", None, None, identity=SEED)
    assert world.private == {"wallet": part}
    assert world.identity_of("wallet") == SEED
    assert SEED.hex() not in repr(world)
    assert str(SEED) not in repr(world)
    assert load(tmp_path / "wallet.toml", "wallet") == world
    with open_table(world, "wallet") as table:
        assert table.count == 60


def test_paths_of_an_own_file_start_at_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "agreed").mkdir()
    write_sound(tmp_path / "agreed", SHARED)
    (tmp_path / "mine" / "data").mkdir(parents=True)
    write_key(tmp_path / "mine" / "wallet.key", pem())
    (tmp_path / "agreed" / "wallet.csv").rename(tmp_path / "mine" / "data" / "wallet.csv")
    own_file = tmp_path / "mine" / "wallet.toml"
    text = OWN.replace("consortium.toml", "../agreed/consortium.toml")
    own_file.write_text(text + 'data_dir = "data"\n')
    world = load(own_file)
    assert world.folder == tmp_path / "mine"
    with open_table(world, "wallet") as table:
        assert table.count == 60


@pytest.mark.parametrize(
    ("me", "fault"), [("wallet", "nowhere"), ("bank", "empty"), ("market", "people"), ("desk", "")]
)
def test_in_a_file_of_all_only_the_private_part_of_the_party_is_looked_at(
    me: str, fault: str, tmp_path: Path
) -> None:
    text = KEYED.replace('data_dir = "vault"', 'data_dir = ""')
    text = text.replace('id    = "market"\n', 'id    = "market"\npeople = "no.txt"\n')
    file = tmp_path / "consortium.toml"
    file.write_text(text.replace("wallet.key", "nowhere.key"))
    if fault:
        with pytest.raises(Refused, match=fault):
            load(file, me)
    else:
        assert [*load(file, me).private] == [me]


def test_others_need_no_tables_in_a_file_of_all(tmp_path: Path) -> None:
    file = write_sound(tmp_path, SOUND.replace('table = "market.csv"\n', ""))
    for me in (None, "market"):
        with pytest.raises(Refused, match="market has the role data, but no `table`"):
            load(file, me)
    assert load(file, "wallet").private["wallet"].table == "wallet.csv"


def test_the_own_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the own file of wallet, not of market") as caught:
        load(write_own(tmp_path), "market")
    assert (caught.value.line, caught.value.file) == (3, str(tmp_path / "wallet.toml"))
    with pytest.raises(Refused, match="`mart` is no party"):
        load(tmp_path / "consortium.toml", "mart")


def test_what_is_wrong_with_the_agreement_is_refused_in_its_own_file(tmp_path: Path) -> None:
    own_file = write_own(tmp_path, shared=SHARED.replace("base = 350", "base = 350.5"))
    with pytest.raises(Refused) as caught:
        load(own_file)
    assert caught.value.file == str(tmp_path / "consortium.toml")
    (tmp_path / "consortium.toml").unlink()
    with pytest.raises(Refused, match="no such file"):
        load(own_file)
    own_file.write_text(OWN.replace("consortium.toml", "wallet.toml"))
    with pytest.raises(Refused, match="one party's own file"):
        load(own_file)


def test_later_refusals_point_into_the_file_that_is_wrong(tmp_path: Path) -> None:
    world = load(write_own(tmp_path))
    private = world.refused("a cause", "A fix.", "party", 0, "table")
    assert (private.file, private.line) == (str(tmp_path / "wallet.toml"), 4)
    public = world.refused("a cause", "A fix.", "policy")
    lines = (tmp_path / "consortium.toml").read_text().splitlines()
    assert public.file == str(tmp_path / "consortium.toml")
    assert lines[(public.line or 0) - 1] == "[policy]"
    assert world.line_of("policy") == public.line


WISHES: dict[str, Callable[[Consortium, Path], Any]] = {
    "a table": lambda world, _: open_table(world, "market"),
    "an identity": lambda world, _: world.identity_of("market"),
    "the requester's list": lambda world, _: own_list(world, None),
    "whom the job is about": lambda world, _: everybody(world),
    "a run": lambda world, folder: run_job(world, named("secret-sum"), folder / "out"),
    "a run in processes": lambda world, folder: run_job_in_processes(
        world, named("secret-sum"), folder / "out"
    ),
    "a plaintext run": lambda world, folder: run_job(world, named("clear"), folder / "out"),
    "statistics": lambda world, _: statistics(world),
    "a comparison": lambda world, _: compare(world),
    "a plan": lambda world, _: plan(world),
}


@pytest.mark.parametrize("wish", WISHES)
def test_what_needs_another_partys_private_part_is_refused_in_words(
    wish: str, tmp_path: Path
) -> None:
    world = load(write_own(tmp_path))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Refused, match="the world of wallet alone") as caught:
        WISHES[wish](world, tmp_path)
    assert caught.value.file == str(tmp_path / "wallet.toml")
    assert sorted(tmp_path.rglob("*")) == before


def test_hidden_points_are_in_the_world_of_their_owner_alone(tmp_path: Path) -> None:
    owners, others = tmp_path / "firm", tmp_path / "wallet"
    for folder, text in ((owners, HIDDEN), (others, OTHERS)):
        folder.mkdir()
        write_sound(folder, text)
        table = 'table = "wallet.csv"\n' if folder == others else ""
        (folder / "own.toml").write_text(f'{HEAD}party = "{folder.name}"\n{table}')
    firm, wallet = load(owners / "own.toml"), load(others / "own.toml")
    assert firm.agreement.sha256 == wallet.agreement.sha256
    assert firm.card is not None
    assert firm.card_of("firm") == firm.card
    assert wallet.card is None
    assert wallet.card_of("wallet") is None
    with pytest.raises(Refused, match="private to firm"):
        wallet.card_of("firm")
    # Also where the whole card lies before everybody, as in one file for all.
    assert load(owners / "consortium.toml", "wallet").card is None
    assert load(owners / "consortium.toml", "firm").card == firm.card
    assert load(owners / "consortium.toml").card == firm.card


def test_addresses_stand_beside_the_agreement(tmp_path: Path) -> None:
    wallet = 'endpoint = "https://wallet.example:8443/x"\ndial = "wss://relay.example"\n'
    reached = SOUND.replace('table = "wallet.csv"\n', f'table = "wallet.csv"\n{wallet}')
    reached = reached.replace('id    = "desk"\n', 'id    = "desk"\nendpoint = "[::1]:9000"\n')
    world = load(write_sound(tmp_path, reached))
    assert world.addresses == {
        "wallet": Address("https://wallet.example:8443/x", "wss://relay.example"),
        "desk": Address("[::1]:9000"),
    }
    plain = tmp_path / "plain.toml"
    plain.write_text(SOUND)
    assert load(plain).agreement == world.agreement
    assert load(plain).agreement.sha256 == world.agreement.sha256
    assert b"example" not in world.agreement.encode()
    body = json.loads(world.agreement.encode())
    body["party"][0]["endpoint"] = "https://wallet.example"
    dense = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(Refused, match="canonical"):
        Agreement.decode(dense.encode())


def test_a_named_public_key_is_in_the_hash(tmp_path: Path) -> None:
    file = write_sound(tmp_path, SHARED)
    agreement = load(file, "desk").agreement
    assert agreement.public_keys == {"wallet": KEY.public_key().public_bytes_raw()}
    assert PUBLIC.encode() in agreement.encode()
    hashes = {agreement.sha256}
    for text in (SHARED.replace(PUBLIC, "ab" * 32), SOUND):
        file.write_text(text)
        hashes.add(load(file, "desk").agreement.sha256)
    assert len(hashes) == 3


def test_check_looks_at_what_the_party_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_file = write_own(tmp_path)
    for name in ("market.csv", "vault/bank.parquet"):  # others' tables are elsewhere
        (tmp_path / name).unlink()
    shown = said(capsys, "check", str(own_file))
    assert (shown["party"], shown["known"], shown["people"]) == ("wallet", {"wallet": 60}, 60)
    assert shown["agreement_sha256"] == load(own_file).agreement.sha256.hex()
    assert shown["warnings"] == []


def test_check_of_a_requester_looks_at_its_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_file = write_own(tmp_path, f'{HEAD}party = "desk"\npeople = "list.txt"\n')
    (tmp_path / "list.txt").write_text("".join(f"p{number}\n" for number in range(55)))
    shown = said(capsys, "check", str(own_file))
    assert (shown["party"], shown["known"], shown["people"]) == ("desk", {}, 55)
    assert shown["warnings"] == []  # who knows them is not to be seen from here
    (tmp_path / "list.txt").write_text("p1\n")
    error = said(capsys, "check", str(own_file))["error"]
    assert "at least 50" in error["cause"]
    assert error["file"] == str(tmp_path / "consortium.toml")


def test_the_schema_of_an_own_file_knows_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    shape = own_json_schema()["$defs"]["OwnShape"]
    assert set(shape["required"]) == {"schema", "agreement", "party"}
    assert {*shape["properties"]} == {
        *("schema", "agreement", "party", "table", "key", "people", "data_dir", "identity")
    }
    assert not shape["additionalProperties"]
    sys.argv = ["privscore", "schema", "--own"]
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out) == own_json_schema()
