"""Scores by hidden points: those of `clear`, bit for bit, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hidden_points import CLEAR, METHOD, of, owners_copy, whole_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mistakes_in_hidden_card import HIDDEN
from sound_consortium import SOUND

from privscore.api import PrivateScorer
from privscore.card.scorecard import Characteristic, Scorecard, Secret
from privscore.consortium import Consortium
from privscore.consortium.agreement import Agreement, PartyInfo
from privscore.consortium.policy import Fact, Policy
from privscore.errors import Refused
from privscore.methods import available
from privscore.methods.base import Method
from privscore.methods.clear import total_points
from privscore.methods.context import LocalData, RoleContext
from privscore.runs.folder import RunFolder
from privscore.runtime.local import run_job
from protocols.core.errors import PeerFault
from protocols.core.local import Network, Run, run_local
from protocols.core.party import Party
from protocols.encryption import bfv_hidden_card, encrypted_card, factory
from protocols.encryption.poly.residues import total

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def owners() -> Consortium:
    return owners_copy()


@pytest.fixture(scope="module")
def run() -> RunFolder:
    return whole_run()


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
    """The setup and a shard of one method, in any order of messages."""
    people = next(each.bins.shape[1] for each in data.values() if each.bins is not None)
    network = Network(shuffle=seed)
    owners = agreement.holders("card")
    setup = {
        name: method.setup(
            RoleContext(name, agreement, people, card=whole if name in owners else None)
        )
        for name in agreement.party_ids
    }
    prepared = run_local({n: r or idle for n, r in setup.items()}, network=network)
    shard = {
        name: method.shard(
            RoleContext(name, agreement, people, prepared.outputs[name] or b""),
            data.get(name, LocalData()),
        )
        for name in agreement.party_ids
    }
    return prepared, run_local({n: r or idle for n, r in shard.items()}, network=network)


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
        local = {
            column: np.where(knows, dice.integers(-60, 60, people), np.nan)
            for column in whole.columns_of(name)
        }
        lines = whole.scored_locally_by(name)
        bins = [each.bin(local[each.columns[0].partition(".")[2]]) for each in lines]
        rows = np.array(bins, np.uint16).reshape(len(lines), people)
        data[name] = LocalData(columns=local, bins=rows)
        everything |= {f"{name}.{column}": values for column, values in local.items()}
    wanted = total_points(replace(agreement, scorecard=whole), everything, people)
    for method in (CLEAR, METHOD):
        declared = method.cost(agreement, people)
        runs = dict(
            zip(("setup", "shard"), played(method, agreement, whole, data, seed), strict=True)
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
        key, _, _ = encrypted_card.split(arguments[2], arguments[1], party.session)
        most = np.full(arguments[0].shape[1], arguments[1].wish.most)
        ciphertext = factory.encryptor(arguments[1], key).encrypt(most, party, "more")
        return total([ciphertext] * copies, arguments[1].data_primes), frame

    consortium = of(tmp_path / "x", text)
    run_job(consortium, METHOD, tmp_path / "honest")
    monkeypatch.setattr(bfv_hidden_card, "_part", lying)
    with pytest.raises(error, match=r"range of the card|outside"):
        run_job(consortium, METHOD, tmp_path / "run")
    assert not (tmp_path / "run").exists()


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
