"""What a consortium file becomes: an agreement that everybody hashes alike, and private parts."""

import itertools
import json
import pickle
from pathlib import Path

import pytest
from agreement_strategy import agreements
from hypothesis import given
from hypothesis import strategies as st
from sound_consortium import SOUND, WITH_ACROSS, write_sound

from privscore.consortium import Agreement, Consortium, Fact, PrivatePart, json_schema, load
from privscore.errors import Refused

CONTESTED = SOUND.replace("bins   = [10]", "bins   = [10]\ncontested = true")


def load_text(text: str, folder: Path) -> Consortium:
    file = folder / "consortium.toml"
    file.write_bytes(text.encode())
    return load(file)


@pytest.fixture
def sound(tmp_path: Path) -> Consortium:
    return load_text(WITH_ACROSS, tmp_path)


@pytest.mark.slow
@given(agreements(every_key=True))
def test_decoding_is_the_exact_inverse_of_encoding(agreement: Agreement) -> None:
    body = agreement.encode()
    again = Agreement.decode(body)
    assert again == agreement
    assert again.encode() == body
    assert again.sha256 == agreement.sha256
    assert len(again.sha256) == 32


def test_canonical_bytes_are_json_with_sorted_keys_and_no_blanks(sound: Consortium) -> None:
    body = sound.agreement.encode()
    dense = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert dense.encode() == body


def test_nothing_private_is_in_the_bytes(tmp_path: Path) -> None:
    text = SOUND.replace('table = "wallet.csv"', 'table = "wallet.csv"\nkey = "pseudonym"')
    text = text.replace('["requester"]', '["requester"]\npeople = "wanted.txt"')
    consortium = load_text(text, tmp_path)
    assert consortium.private["wallet"] == PrivatePart("wallet.csv", "pseudonym", None, None)
    assert consortium.private["bank"].data_dir == "vault"
    assert consortium.private["desk"] == PrivatePart(None, "person", "wanted.txt", None)
    for word in (b"wallet.csv", b"pseudonym", b"SELECT", b"vault", b"wanted", b"table", b"key"):
        assert word not in consortium.agreement.encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\r\n"),
        ("schema ", "\ufeffschema "),
        ("[policy]", "# a remark\n[policy]"),
        ('"wallet.csv"', '"SELECT 1"'),
        ('data_dir = "vault"\n', ""),
        ("[1, 3, 6]", "[1.0, 3.0, 6e0]"),
        ("base = 350\nclip = [300, 950]", "clip = [300, 950]\nbase = 0x15e"),
        ("min_people = 50", ""),
        ("missing = 30", 'missing = 30\nreason = "debt"'),
        ("bins   = [10]\npoints = [0, 25]", "bins   = [10]\npoints = [0, 25]\nmissing = 0"),
    ],
)
def test_what_is_private_or_only_spelled_otherwise_leaves_the_hash(
    old: str, new: str, tmp_path: Path
) -> None:
    assert old in SOUND
    same = load_text(SOUND.replace(old, new), tmp_path).agreement
    assert same.sha256 == load_text(SOUND, tmp_path).agreement.sha256


def test_every_public_part_is_in_the_hash(tmp_path: Path) -> None:
    changes = [
        ("deposit-waiver", "deposit"),
        ("can be waived", "may be waived"),
        ('"market"\n', '"mart"\n'),
        ('["requester"]', '["requester", "auditor"]'),
        ("base = 350", "base = 351"),
        ("clip = [300, 950]", "clip = [300, 949]"),
        ("clip = [300, 950]\n", ""),
        ('"purchases"', '"shopping"'),
        ("wallet.late_90d", "wallet.late"),
        ("[10]", "[10.5]"),
        ("[0, 25]", "[0, 26]"),
        ("missing = 30", "missing = 31"),
        ("missing = 30", 'missing = 30\nreason = "R02"'),
        ("missing = 30", "missing = 30\nrange = [0, 5]"),
        ("bins   = [10]", "bins   = [10]\ncontested = true"),
        ('"good"', '"fine"'),
        ("from   = 600", "from   = 601"),
        ("deposit waived", "all"),
        ('desk = "score"', 'desk = "tier"'),
        ("min_people = 50", "min_people = 51"),
        ("min_people = 50", "accept_output_leak = true"),
        ("min_people = 50", 'dropout = "neutral"'),
    ]
    texts = [SOUND]
    for old, new in changes:
        changed = SOUND.replace(old, new)
        texts.append(changed.replace("market.", "mart.") if "mart" in new else changed)
    assert len(set(texts)) == len(changes) + 1
    hashes = {load_text(text, tmp_path).agreement.sha256 for text in texts}
    assert len(hashes) == len(texts)


@pytest.mark.slow
@given(agreements(every_key=True), st.data())
def test_changed_bytes_are_refused_or_are_another_agreement(
    agreement: Agreement, data: st.DataObject
) -> None:
    body = bytearray(agreement.encode())
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] ^= data.draw(st.integers(1, 255))
    try:
        other = Agreement.decode(bytes(body))
    except Refused:
        return
    assert other.encode() == bytes(body)
    assert other.sha256 != agreement.sha256


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"name"', b' {"name"'),
        (b'"min_people":50,', b""),
        (b'"base":350', b'"base":350.0'),
        (b'"bins":[1,', b'"bins":[1.0,'),
        (b'"roles":["requester"]', b'"roles":["requester"],"people":"x"'),
        (b'"id":"wallet"', b'"id":"../wallet"'),
        (b'"min_people":50', b'"min_people":0'),
        (b'"points":[0,25]', b'"points":[0,2147483648]'),
        (b"consortium@1", b"consortium@2"),
        (b"}", b""),
        (b"deposit", b"\xff"),
        (b'{"name"', b"[" * 100_000),
    ],
)
def test_bytes_that_a_peer_made_up_are_refused(old: bytes, new: bytes, sound: Consortium) -> None:
    body = sound.agreement.encode()
    assert old in body
    with pytest.raises(Refused) as caught:
        Agreement.decode(body.replace(old, new))
    assert caught.value.file is None


def test_defaults_are_spelled_out(tmp_path: Path) -> None:
    text = SOUND.partition("[[tier]]")[0].replace("clip = [300, 950]\n", "")
    text = text.replace('name   = "purchases"\n', "") + '[policy]\nreveal = { desk = "tier" }\n'
    agreement = load_text(text, tmp_path).agreement
    last = agreement.scorecard.characteristics[-1]
    assert (last.name, last.reason, last.missing) == ("market.bought", "market.bought", 0)
    assert agreement.scorecard.clip == agreement.scorecard.bounds() == (350, 350 + 210 + 60 + 25)
    assert agreement.tiers == ()
    assert agreement.policy.min_people == 50
    assert agreement.policy.dropout == "abort"
    assert not agreement.policy.accept_output_leak


def test_contested_characteristics_are_off_until_they_are_named(tmp_path: Path) -> None:
    off = load_text(CONTESTED, tmp_path).agreement.scorecard
    assert [each.name for each in off.disabled] == ["purchases"]
    assert [each.name for each in off.characteristics] == ["payment history", "debt"]
    assert off.columns_of("market") == ()
    on = load_text(CONTESTED.replace("clip", 'contested = ["purchases"]\nclip'), tmp_path)
    assert on.agreement.scorecard.disabled == ()
    assert on.agreement.scorecard.characteristics[-1].contested


def test_a_contested_characteristic_that_is_off_cannot_make_the_total_wrap(tmp_path: Path) -> None:
    text = CONTESTED.replace("[0, 25]", "[0, 2147483647]")
    assert load_text(text, tmp_path).agreement.scorecard.bounds() == (350, 620)
    with pytest.raises(Refused, match="wrap"):
        load_text(text.replace("clip", 'contested = ["purchases"]\nclip'), tmp_path)


def test_roles_fall_to_the_first_platforms_unless_the_file_names_others(tmp_path: Path) -> None:
    agreement = load_text(SOUND, tmp_path).agreement
    assert agreement.party_ids == ("wallet", "bank", "market", "desk")
    assert agreement.data_parties == agreement.holders("data") == ("wallet", "bank", "market")
    assert agreement.holders("requester") == (agreement.requester,) == ("desk",)
    assert agreement.holders("aggregator") == ("wallet",)
    assert agreement.holders("compute") == ("wallet", "bank", "market")
    assert agreement.holders("card") == ("bank",)
    assert agreement.holders("auditor") == ()
    text = SOUND.replace('"market"\nroles = ["data"]', '"market"\nroles = ["data", "aggregator"]')
    assert load_text(text, tmp_path).agreement.holders("aggregator") == ("market",)
    with pytest.raises(ValueError, match="is not one of"):
        agreement.holders("agregator")


def test_two_platforms_and_a_requester_with_data_run_only_where_the_leak_is_accepted(
    tmp_path: Path,
) -> None:
    text = SOUND.replace('roles = ["requester"]', 'roles = ["requester", "data"]\ntable = "x.csv"')
    text = text.replace("min_people = 50", "accept_output_leak = true")
    assert load_text(text, tmp_path).agreement.data_parties == ("wallet", "bank", "market", "desk")
    two = SOUND.replace('"market"\nroles = ["data"]\ntable = "market.csv"', '"m"\nroles = ["card"]')
    two = two.replace("market.bought", "wallet.bought")
    with pytest.raises(Refused, match="only 2"):
        load_text(two, tmp_path)
    two = two.replace("min_people = 50", "accept_output_leak = true")
    assert load_text(two, tmp_path).agreement.holders("compute") == ("wallet", "bank")


def test_the_policy_allows_nothing_that_it_does_not_say(sound: Consortium) -> None:
    policy = sound.agreement.policy
    assert policy.allowed("desk") is Fact.SCORE
    assert policy.allowed("wallet") is Fact.NOTHING
    words = ["nothing", "decision", "tier", "score", "total", "points", "columns"]
    scale = [Fact.named(word) for word in words]
    assert all(low < high for low, high in itertools.pairwise(scale))
    assert [fact.word for fact in scale] == words
    with pytest.raises(ValueError, match="not one of"):
        Fact.named("scores")


def test_later_refusals_can_point_into_the_file(tmp_path: Path) -> None:
    consortium = load(write_sound(tmp_path))
    lines = consortium.path.read_text().splitlines()
    refused = consortium.refused("a cause", "A fix.", "party", 1, "table")
    assert refused.file == str(consortium.path)
    assert "bank.parquet" in lines[(refused.line or 0) - 1]
    debt = consortium.agreement.scorecard.characteristics[1]
    line_number = consortium.line_of(*consortium.place_of(debt), "bins")
    assert lines[line_number - 1] == "bins   = [1000, 20000]"


def test_a_place_counts_the_characteristics_that_are_off(tmp_path: Path) -> None:
    text = SOUND.replace("bins   = [1, 3, 6]", "bins   = [1, 3, 6]\ncontested = true")
    consortium = load_text(text, tmp_path)
    last = consortium.agreement.scorecard.characteristics[-1]
    assert last.name == "purchases"
    assert consortium.place_of(last) == ("scorecard", "characteristic", 2)


def test_an_agreement_and_a_consortium_travel_to_other_processes(sound: Consortium) -> None:
    again = pickle.loads(pickle.dumps(sound))
    assert again == sound
    assert again.agreement.sha256 == sound.agreement.sha256
    assert hash(again.agreement) == hash(sound.agreement)


def test_the_schema_for_editors_knows_every_key_and_word(sound: Consortium) -> None:
    schema = json_schema()
    tables = schema["$defs"]
    assert set(tables["ConsortiumShape"]["required"]) == {
        *("schema", "name", "purpose", "party", "scorecard", "policy")
    }
    assert tables["ConsortiumShape"]["properties"]["schema"]["const"] == "privscore/consortium@1"
    assert set(tables["TierShape"]["properties"]) == {"name", "from", "grants"}
    assert all(not table["additionalProperties"] for table in tables.values())
    public = json.loads(sound.agreement.encode())
    used = {"CharacteristicShape": public["scorecard"]["characteristic"][-1]}
    used |= {"PolicyShape": public["policy"], "ScorecardShape": public["scorecard"]}
    for table, entry in used.items():
        assert set(entry) <= set(tables[table]["properties"])
    json.dumps(schema)
