"""Points that only their owner knows: what leaves its file, who may ask, and the scores."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mistakes_in_hidden_card import (
    AUDITED,
    AUDITOR,
    COMMITTED,
    FIRM,
    HIDDEN,
    OTHERS,
    SALT,
    SIGNED,
)
from rich.console import Console
from saved_runs import copied, make_run, plant, reseal
from sound_consortium import SOUND, write_sound

from privscore.api import PrivateScorer
from privscore.checking import check
from privscore.cli import main
from privscore.compare import compare
from privscore.compare.coalitions import coalitions
from privscore.compare.resized import resized
from privscore.consortium import Consortium, json_schema, load
from privscore.consortium.agreement import Agreement, PartyInfo
from privscore.consortium.commitment import approves, commitment
from privscore.consortium.policy import Fact, Policy
from privscore.errors import Refused
from privscore.ledger import accounts, gather, ledger
from privscore.ledger.evidence import Evidence
from privscore.ledger.scan import scan
from privscore.methods import available
from privscore.methods.base import Capability, LocalData, Method, Seat, objections
from privscore.methods.clear import total_points
from privscore.plan.rehearse import rehearse
from privscore.reading import RunFolder, open_run
from privscore.reading.explain import explain
from privscore.runtime.memory import run_job
from privscore.runtime.processes import Watched
from privscore.scorecard import Characteristic, Scorecard, Secret
from protocols.core.errors import PeerFault
from protocols.core.local import Network, Run, run_local
from protocols.core.party import Party
from protocols.encryption import bfv_hidden_card, card, suite
from protocols.encryption.residues import total

CLEAR, METHOD = available()["clear"], available()["bfv-hidden-card"]
RARE = "[51437, 33391, 17989, 10007]"  # points that are nowhere else by chance
LEAK = "accept_output_leak = true\nmin_people = 50"


def of(folder: Path, text: str = HIDDEN) -> Consortium:
    folder.mkdir(exist_ok=True)
    return load(write_sound(folder, text))


@pytest.fixture(scope="module")
def owners(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """The owner's own copy."""
    return of(tmp_path_factory.mktemp("hidden") / "owners")


@pytest.fixture(scope="module")
def run(owners: Consortium) -> RunFolder:
    """A whole job: three shards in two worker processes."""
    out = owners.path.parent / "run"
    run_job(owners, METHOD, out, shard_people=25, workers=2)
    return open_run(out)


# What leaves the owner's file. --------------------------------------------------------------------


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
    assert owners.card.characteristics[0].every == (210, 120, 40, 0, 90)
    assert [name for name in owners.agreement.party_ids if owners.card_of(name)] == ["firm"]
    assert [name for name, own in owners.private.items() if own.card] == ["firm"]


def test_the_hash_depends_on_what_is_said_of_the_points_and_not_on_the_points(
    tmp_path: Path,
) -> None:
    one = rare(tmp_path / "1").agreement
    assert rare(tmp_path / "2", "[1, 2, 3, 4]").agreement.sha256 == one.sha256
    assert rare(tmp_path / "3", salt="77" * 32).agreement.sha256 == one.sha256
    bare = HIDDEN.replace("clip = [300, 1100]\n", "")  # then the clip is what the range says
    assert of(tmp_path / "bare", bare).agreement.scorecard.clip == (350, 1100)
    said = [HIDDEN, HIDDEN.replace("[0, 250]", "[0, 251]"), HIDDEN.replace(FIRM, "")]
    said[2] = said[2].replace('owner = "firm"', 'owner = "bank"')
    said += [AUDITED, HIDDEN.replace(f'commitment = "{COMMITTED}"\n', "")]
    hashes = {of(tmp_path / str(n + 4), text).agreement.sha256 for n, text in enumerate(said)}
    assert len(hashes) == len(said)


def encoded(values: list[int]) -> list[bytes]:
    """A value in every encoding in which it could lie somewhere."""
    found = []
    for value in values:
        found += [str(value).encode(), f"{value:x}".encode()]
        for order in "<>":
            for kind in ("u4", "u8", "f4", "f8"):
                found.append(np.array(value, order + kind).tobytes())
    return found


def test_the_agreement_holds_no_point_in_any_encoding(tmp_path: Path) -> None:
    consortium = rare(tmp_path / "rare")
    body = consortium.agreement.encode()
    values = [51437, 33391, 17989, 10007]
    assert not [each for each in encoded(values) if each in body]
    assert SALT.encode() not in body
    assert b'"points"' not in body.replace(b'"hidden":["points"]', b"")
    assert b"missing" not in body
    spoken = f"{consortium!r} {consortium.private!r} {Seat('firm', consortium.agreement, 1)!r}"
    seat = Seat("firm", consortium.agreement, 1, card=consortium.card)
    assert "51437" not in spoken + repr(seat)
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
    found = []
    for path in (tmp_path / "run").rglob("*"):
        if path.is_file():
            body = path.read_bytes()
            if (
                numbers.tobytes() in body
                or numbers.astype("<i4").tobytes() in body
                or b"51437" in body
                or numbers[:5].astype(">i4").tobytes() in body
            ):
                found.append(path.relative_to(tmp_path / "run").as_posix())
    assert found == ["firm/card.f8"]


# A commitment, and who signs it. ------------------------------------------------------------------


def said(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    sys.argv = ["privscore", *words, "--json"]
    with pytest.raises(SystemExit) as ended:
        main()
    shown = json.loads(capsys.readouterr().out)
    assert ended.value.code == (2 if "error" in shown else 0)
    return shown  # type: ignore[no-any-return]


def test_a_commitment_says_nothing_without_its_salt_and_binds_every_point(
    owners: Consortium,
) -> None:
    whole = owners.card
    assert whole is not None
    assert commitment(whole, SALT) == COMMITTED == owners.agreement.scorecard.secret.commitment  # type: ignore[union-attr]
    turned = replace(whole, characteristics=whole.characteristics[::-1])
    assert commitment(turned, SALT) == COMMITTED  # whatever the order of the lines
    assert commitment(whole, "00" * 32) != COMMITTED
    for at in range(whole.number_count):
        numbers = whole.numbers()
        numbers[at] += 1
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


# Who may ask. -------------------------------------------------------------------------------------


def test_an_owner_may_ask_where_the_leak_is_accepted_or_an_auditor_signed(tmp_path: Path) -> None:
    asks = HIDDEN.replace(FIRM, "").replace('owner = "firm"', 'owner = "desk"')
    with pytest.raises(Refused, match="spell out"):
        of(tmp_path / "1", asks)
    for number, text in enumerate((asks.replace("min_people = 50", LEAK), AUDITED)):
        consortium = of(tmp_path / f"ok-{number}", text)
        assert consortium.agreement.holders("card") == ("desk",)
        assert objections(METHOD, consortium.agreement) == []
        scores = []
        for method in (CLEAR, METHOD):
            out = tmp_path / f"{method.name}-{number}"
            run_job(consortium, method, out)
            scores.append((out / "desk" / "scores.csv").read_bytes())
        assert scores[0] == scores[1]


def test_the_second_platform_owns_the_points_where_nobody_is_named(tmp_path: Path) -> None:
    consortium = of(tmp_path / "x", HIDDEN.replace(FIRM, "").replace('owner = "firm"\n', ""))
    assert consortium.owner == "bank"
    assert consortium.card_of("bank") is not None
    roles = HIDDEN.replace('owner = "firm"\n', "")
    assert of(tmp_path / "y", roles).owner == "firm"


# Which methods can. -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [n for n, each in available().items() if Capability.HIDE_POINTS not in each.can]
)
def test_methods_that_need_points_refuse_and_name_the_one_that_does_not(
    name: str, owners: Consortium, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="points that only their owner knows") as refused:
        run_job(owners, available()[name], tmp_path / "run")
    assert METHOD.name in refused.value.mend
    assert not (tmp_path / "run").exists()


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


def test_bounds_are_what_the_public_range_says(owners: Consortium) -> None:
    public, whole = owners.agreement.scorecard, owners.card
    assert whole is not None
    assert public.bounds() == whole.bounds() == (350, 350 + 3 * 250)
    assert public.points_range("wallet") == whole.points_range("wallet") == (0, 250)
    assert resized(owners.agreement, 5).holders("card") == ("firm",)


def test_a_policy_of_scores_counts_with_the_public_range(tmp_path: Path) -> None:
    narrow = of(tmp_path / "narrow", HIDDEN.replace("1100]", "1099]"))
    (why,) = objections(METHOD, narrow.agreement)
    assert "points_range" in why
    assert "1100" in why
    assert objections(METHOD, of(tmp_path / "wide").agreement) == []


def test_a_requester_may_not_hold_data_and_the_key_to_its_own_bins(tmp_path: Path) -> None:
    text = HIDDEN.replace('"market"\nroles = ["data"]', '"market"\nroles = ["data", "requester"]')
    text = text.replace('[[party]]\nid    = "desk"\nroles = ["requester"]\n', "")
    text = text.replace('desk = "score"', 'market = "score"').replace("min_people = 50", LEAK)
    consortium = of(tmp_path / "x", text)
    (why,) = objections(METHOD, consortium.agreement)
    assert "requester without data" in why
    public = SOUND.replace('"market"\nroles = ["data"]', '"market"\nroles = ["data", "requester"]')
    public = public.replace('[[party]]\nid    = "desk"\nroles = ["requester"]\n', "")
    public = public.replace('desk = "score"', 'market = "score"').replace("min_people = 50", LEAK)
    scores = []
    for method in (CLEAR, METHOD):
        run_job(of(tmp_path / method.name, public), method, tmp_path / f"run-{method.name}")
        scores.append((tmp_path / f"run-{method.name}" / "market" / "scores.csv").read_bytes())
    assert scores[0] == scores[1]


# The scores. --------------------------------------------------------------------------------------


@st.composite
def hidden_agreements(draw: st.DrawFn) -> tuple[Agreement, Scorecard]:
    """A consortium with a random card, open or hidden, whoever owns it; and the whole card."""
    platforms = [f"p{k}" for k in range(draw(st.integers(3, 5)))]
    low = draw(st.integers(-1_000_000, 900_000))
    high = draw(st.integers(low, 1_000_000))
    points = st.integers(low, high)
    lines = []
    for name in platforms:
        for k in range(draw(st.integers(0 if lines else 1, 2))):
            bins = sorted(draw(st.sets(st.integers(-50, 50), max_size=3)))
            every = tuple(draw(points) for _ in range(len(bins) + 1))
            lines.append(
                Characteristic(
                    f"{name} {k}", (f"{name}.c{k}",), "", tuple(bins), every, draw(points), None,
                    None, False,
                )
            )  # fmt: skip
    secret = Secret(low, high) if draw(st.booleans()) else None
    owner = draw(st.sampled_from([*platforms, "firm", "desk"]))
    whole = Scorecard(draw(st.integers(-999, 999)), (0, 1), tuple(lines), (), owner, secret)
    public = whole
    if secret is not None:
        bare = tuple(replace(each, points=None, missing=None) for each in lines)
        public = replace(whole, characteristics=bare)
    others = [("firm", "card"), ("desk", "requester")]
    if draw(st.booleans()):
        others.append(("broker", "aggregator"))
    parties = [PartyInfo(name, ("data",)) for name in platforms]
    parties += [PartyInfo(name, (role,)) for name, role in others]  # type: ignore[arg-type]
    if owner != "firm":
        parties = [party for party in parties if party.id != "firm"]
    policy = Policy((("desk", Fact.TOTAL),), min_people=1)
    return Agreement("law", "law", tuple(parties), public, (), policy), whole


def played(
    method: Method, agreement: Agreement, whole: Scorecard, data: dict[str, LocalData], seed: int
) -> tuple[Run, Run]:
    """The opening and a shard of one method, in any order of messages."""
    people = next(each.bins.shape[1] for each in data.values() if each.bins is not None)
    network = Network(shuffle=seed)
    owners = agreement.holders("card")
    opening = {
        name: method.opening(Seat(name, agreement, people, card=whole if name in owners else None))
        for name in agreement.party_ids
    }
    opened = run_local({n: r or idle for n, r in opening.items()}, network=network)
    shard = {
        name: method.shard(
            Seat(name, agreement, people, opened.outputs[name] or b""), data.get(name, LocalData())
        )
        for name in agreement.party_ids
    }
    return opened, run_local({n: r or idle for n, r in shard.items()}, network=network)


async def idle(_party: Any) -> None:
    """The part of a party that has none."""


@given(made=hidden_agreements(), people=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_hidden_card_gives_what_clear_gives_bit_for_bit(
    made: tuple[Agreement, Scorecard], people: int, seed: int
) -> None:
    agreement, whole = made
    dice = np.random.default_rng(seed)
    data, everything = {}, {}
    for name in agreement.data_parties:
        knows = dice.random(people) < dice.random()  # overlaps from nobody to everybody
        own = {
            column: np.where(knows, dice.integers(-60, 60, people), np.nan)
            for column in whole.columns_of(name)
        }
        lines = whole.of(name)
        bins = [each.bin(own[each.columns[0].partition(".")[2]]) for each in lines]
        rows = np.array(bins, np.uint16).reshape(len(lines), people)
        data[name] = LocalData(columns=own, bins=rows)
        everything |= {f"{name}.{column}": values for column, values in own.items()}
    wanted = total_points(replace(agreement, scorecard=whole), everything, people)
    for method in (CLEAR, METHOD):
        declared = method.cost(agreement, people)
        runs = dict(
            zip(("opening", "shard"), played(method, agreement, whole, data, seed), strict=True)
        )
        assert np.array_equal(runs["shard"].outputs["desk"], wanted)
        assert {n for n, out in runs["shard"].outputs.items() if out is not None} == {"desk"}
        for phase, run in runs.items():
            sent = {n: c.sent_payload_bytes for n, c in run.costs.items() if c.sent_payload_bytes}
            due = declared[phase].payload_bytes if phase in declared else {}
            assert sent == {n: size for n, size in due.items() if size}
            assert run.rounds == (declared[phase].rounds if phase in declared else 0)


def test_shards_and_workers_change_nothing(
    run: RunFolder, owners: Consortium, tmp_path: Path
) -> None:
    assert (run.record.shards, run.record.workers) == (3, 2)
    run_job(owners, CLEAR, tmp_path / "clear")
    public = of(tmp_path / "public", SOUND.replace("950]", "1100]"))
    run_job(public, available()["secret-sum"], tmp_path / "public-run")
    answers = {
        (folder / "desk" / "scores.csv").read_bytes()
        for folder in (run.path, tmp_path / "clear", tmp_path / "public-run")
    }
    assert len(answers) == 1


def test_compare_shows_the_baseline_the_method_and_why_the_others_may_not(
    owners: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(work: Any, *arguments: Any) -> Watched[Any]:
        return Watched(work(*arguments), 0)

    monkeypatch.setattr("privscore.compare.watched", here)
    rows = {row.method: row for row in compare(owners).rows}
    measured = rows[METHOD.name].measured
    assert measured is not None
    assert (measured.largest_error_points, measured.tier_changes) == (0, 0)
    assert rows["clear"].measured is not None
    assert rows["secret-sum"].state == "refused"
    assert "points of its own bins" in " ".join(rows[METHOD.name].not_hidden)
    assert "spell out" in " ".join(rows[METHOD.name].not_hidden)


@pytest.mark.parametrize(
    ("text", "copies", "error"),
    [(HIDDEN, 3, PeerFault), (SOUND, 1, Refused)],
    ids=["beyond points_range", "beyond a public card"],
)
def test_a_total_that_the_card_cannot_give_is_refused(
    text: str, copies: int, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform that hands in more than its points ends the job."""
    honest = bfv_hidden_card._part

    def lying(party: Party, *arguments: Any) -> Any:
        part, frame = honest(party, *arguments)
        if party.me != "bank":
            return part, frame
        key, _, _ = card.split(arguments[2], arguments[1], party.session)
        most = np.full(arguments[0].shape[1], arguments[1].wish.most)
        mine = suite.encryptor(arguments[1], key).encrypt(most, party, "more")
        return total([mine] * copies, arguments[1].data_primes), frame

    consortium = of(tmp_path / "x", text)
    run_job(consortium, METHOD, tmp_path / "honest")
    monkeypatch.setattr(bfv_hidden_card, "_part", lying)
    with pytest.raises(error, match=r"range of the card|outside"):
        run_job(consortium, METHOD, tmp_path / "run")
    assert not (tmp_path / "run").exists()


# Who learned what. --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def evidence(run: RunFolder) -> Evidence:
    return gather(run)


def sentences(evidence: Evidence, *members: str) -> tuple[str, dict[str, Any]]:
    """What these learned together, as text, and their line of the matrix."""
    standing = accounts(evidence, members).together
    assert standing is not None
    return " ".join(each.sentence for each in standing.learned), dict(standing.row)


def test_nothing_in_the_run_contradicts_its_ledger(run: RunFolder) -> None:
    found = ledger(run)
    assert not found.contradicted
    assert "points of its own bins" in found.leakage[METHOD.name]
    assert [check.made for check in found.checks] == [True, False, True]


def test_the_owner_of_the_card_learns_nothing_and_neither_does_a_platform(
    evidence: Evidence,
) -> None:
    for name in ("firm", "wallet", "bank", "market"):
        _, row = sentences(evidence, name)
        assert set(row) == {"nothing", "size"}, name
    text, row = sentences(evidence, "desk")
    assert "total" in row
    assert "points" not in row
    assert "hidden points" not in text


def test_a_platform_with_the_requester_reads_its_own_part_of_the_card(evidence: Evidence) -> None:
    text, row = sentences(evidence, "bank", "desk")
    assert "the hidden points of the card for the bins of bank" in text
    assert "wallet put into" not in text
    assert "points" not in row
    assert "minus the points of bank" in text
    text, row = sentences(evidence, "wallet", "desk")  # wallet adds up
    assert "the hidden points of the card for the bins of wallet" in text
    assert set(row["points"].of) == {"bank", "market"}


def test_only_who_knows_the_points_can_spell_a_total_out(evidence: Evidence) -> None:
    text, _ = sentences(evidence, "firm", "desk")
    assert "one by one" in text
    text, _ = sentences(evidence, "desk")
    assert "one by one" not in text
    text, _ = sentences(evidence, "firm", "bank")
    assert "hidden points" not in text


def test_the_baseline_shows_the_requester_the_hidden_points(
    owners: Consortium, tmp_path: Path
) -> None:
    run_job(owners, CLEAR, tmp_path / "clear")
    text, row = sentences(gather(open_run(tmp_path / "clear")), "desk")
    assert "the hidden points of the card, shown in the clear by firm" in text
    assert "columns" in row


def test_hidden_points_that_lie_in_a_view_contradict_the_ledger(tmp_path: Path) -> None:
    run = make_run(tmp_path, METHOD.name, edit=secret)
    points = open_run(run).card.numbers()
    plant(run, "desk", "Sum", points.astype(">f4").tobytes(), at=129)
    hits = scan(gather(open_run(run)))
    (hit,) = [each for each in hits if each.target.rows == "points"]
    assert (hit.party, hit.sender, hit.people) == ("desk", "wallet", len(points))
    every = accounts(gather(open_run(run)), (), hits).parties
    desk = next(each for each in every if each.members == ("desk",))
    told = f"{len(points)} points in a row, as 4-byte floats, big-endian in Sum from wallet to desk"
    assert any(told in each.sentence and each.how == "found" for each in desk.learned)


def secret(toy: str) -> str:
    """The toy consortium with a firm that hides its points."""
    hidden = '[scorecard]\nowner = "firm"\nhidden = ["points"]\npoints_range = [0, 150]\n'
    firm = '[[party]]\nid = "firm"\nroles = ["card"]\n\n[scorecard]\n'
    text = toy.replace("[scorecard]\n", firm.replace("[scorecard]\n", hidden))
    return text.replace('desk = "score"', 'desk = "total"')


def test_coalitions_are_those_of_the_parties_that_there_are(owners: Consortium) -> None:
    found = coalitions(METHOD, owners.agreement)
    assert found is not None
    assert (found.parties, found.any_of) == (5, 1)
    assert set(found.harmful) == {("wallet", "desk"), ("bank", "desk"), ("market", "desk")}
    public = replace(owners.agreement, scorecard=replace(owners.card, secret=None))  # type: ignore[type-var]
    found = coalitions(METHOD, public)
    assert found is not None
    assert found.harmful == (("wallet", "desk"),)


def test_a_sheet_says_that_the_points_are_hidden(run: RunFolder) -> None:
    sheet = explain(run, "p3")
    assert sheet.points_hidden_by == "firm"
    assert sheet.score is not None
    assert sheet.adds_up is None
    assert all(line.points is None and line.most is None for line in sheet.lines)
    assert [line.found for line in sheet.lines].count("unknown") == 1
    console = Console(width=100)
    with console.capture() as shown:
        console.print(sheet)
    assert "firm hides the points of this card" in shown.get()
    assert "at most" not in shown.get()


def test_a_run_whose_owners_points_were_changed_is_refused(run: RunFolder, tmp_path: Path) -> None:
    changed = copied(run.path, tmp_path)
    (changed / "firm" / "card.f8").write_bytes(b"\0" * 8)
    with pytest.raises(Refused, match="hash"):
        open_run(changed)
    reseal(changed)
    with pytest.raises(Refused, match="owner's points"):
        ledger(open_run(changed))
    (changed / "firm" / "card.f8").unlink()
    with pytest.raises(Refused, match=r"card\.f8 is missing"):
        open_run(changed)


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


def test_a_notebooks_scorer_keeps_the_owners_card(owners: Consortium) -> None:
    frames = {
        "wallet": {"late_90d": np.array([0, 2, 9])},
        "bank": {"debt": np.array([0, 5000, 90000])},
        "market": {"bought": np.array([0, 30, 30])},
    }
    agreement = replace(owners.agreement, policy=replace(owners.agreement.policy, min_people=1))
    scorer = PrivateScorer(replace(owners, agreement=agreement), METHOD.name).fit(frames)
    assert scorer.score_samples(frames).tolist() == [620, 525, 375]
    assert scorer.explain(frames).points.tolist() == [[210, 60, 0], [120, 30, 25], [0, 0, 25]]
    card = {
        "base": 0,
        "hidden": ["points"],
        "points_range": [0, 9],
        "characteristic": [{"column": "a.x", "bins": [1], "points": [1, 2]}],
    }
    with pytest.raises(Refused, match="nobody who could own it"):
        PrivateScorer(card).fit()


def test_the_schema_for_editors_has_every_key_of_a_hidden_card() -> None:
    definitions = json_schema()["$defs"]
    card = definitions["ScorecardShape"]["properties"]
    assert {"owner", "hidden", "points_range", "commitment", "salt", "signature"} <= card.keys()
    assert card["hidden"]["items"] == {"enum": ["cutoffs", "points"]}
    assert "public_key" in definitions["PartyShape"]["properties"]
    assert "points" not in definitions["CharacteristicShape"]["required"]
