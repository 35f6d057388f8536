"""`masked-sum` as a method: losses that the policy bears, what it keeps, and bytes on the wire."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from saved_runs import make_run
from toy_consortium import toy

from privscore import compare as comparing
from privscore.compare import compare
from privscore.compare.comparison import Row
from privscore.consortium import Consortium
from privscore.consortium.agreement import Agreement
from privscore.consortium.identity import public_half
from privscore.inspect.ledger import gather
from privscore.inspect.ledger.disclosures import disclosed
from privscore.job.admission import drill
from privscore.methods.base import points_ring
from privscore.methods.context import LocalData, RoleContext
from privscore.methods.masked_sum import METHOD
from privscore.runs.folder import open_run
from privscore.runs.worker_processes import Watched
from protocols.aggregation.masked_input import MaskedShard
from protocols.core.local import run_local


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Agreement:
    return toy(tmp_path_factory.mktemp("toy")).agreement


def rows(consortium: Consortium, *lost: str) -> dict[str, Row]:
    """`clear` and `masked-sum` without some platforms, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "watched", lambda work, *given: Watched(work(*given), 0))
        result = compare(consortium, ["masked-sum"], lost=drill(consortium, lost))
    assert result.lost == tuple(word.partition("@")[0] for word in lost)
    return {row.method: row for row in result.rows}


def test_compare_finds_the_scores_of_clear_without_the_same_platforms(tmp_path: Path) -> None:
    """With all platforms, it is one of the comparisons of `test_compare`."""
    compared = rows(toy(tmp_path, dropout="neutral"), "wallet@0", "rides")
    for method in ("clear", "masked-sum"):
        measured = compared[method].measured
        assert measured is not None
        assert (measured.largest_error_points, measured.tier_changes) == (0, 0)


def test_more_lost_than_the_policy_bears_is_a_failure(tmp_path: Path) -> None:
    row = rows(toy(tmp_path, dropout="neutral"), "rides", "games", "dating")["masked-sum"]
    assert row.state == "failed"
    assert "5 of the 6 masked_input/MaskedVector needed" in row.why


def test_the_ledger_shows_the_requester_the_sum_and_who_survived_and_no_more(
    tmp_path: Path,
) -> None:
    people = tmp_path / "people.txt"
    people.write_text("\n".join(f"p{number:03d}" for number in range(200)))
    run = open_run(make_run(tmp_path, "masked-sum", people=people))
    evidence = gather(run)
    for party in run.agreement.party_ids:
        lessons = [*disclosed(evidence, frozenset([party]))]
        facts = {each.fact for each in lessons} - {"size", ""}
        assert facts == ({"total"} if party == "desk" else set())
    (spec,) = run.method.protocols
    assert "who takes part, and who is lost" in spec.leakage
    kinds = {each.carries.kind for each in evidence.received["desk"]}
    assert kinds == {"public", "ciphertext", "masked", "share"}


# What is sent and kept. ---------------------------------------------------------------------------


def with_points(agreement: Agreement, most: int) -> Agreement:
    """The same card with a first line that gives up to `most` points."""
    first, *others = agreement.scorecard.characteristics
    lines = (replace(first, points=(most, *first.points[1:])), *others)
    return replace(agreement, scorecard=replace(agreement.scorecard, characteristics=lines))


def one_shard(agreement: Agreement, people: int) -> tuple[Any, Any]:
    """The runs of a setup and of a shard in which everybody has no points."""
    parties = agreement.party_ids
    seeds = {name: hashlib.sha256(name.encode()).digest() for name in parties}
    shown = {name: public_half(seed) for name, seed in seeds.items()}
    contexts = {
        name: RoleContext(name, agreement, people, identity=seeds[name], identities=shown)
        for name in parties
    }
    prepared = run_local(
        {name: METHOD.setup(contexts[name]) for name in parties}, session=bytes(32)
    )
    data = LocalData(points=np.zeros(people, np.int32))
    roles = {
        name: METHOD.shard(replace(contexts[name], material=prepared.outputs[name]), data)
        for name in parties
    }
    return prepared, run_local(roles, session=b"a shard".ljust(32))


@pytest.mark.parametrize(
    ("most", "each_bytes"), [(210, 4), (2**30, 4), (2**31, 8)], ids=["toy", "fits", "too large"]
)
def test_a_person_is_four_bytes_where_no_sum_of_points_can_wrap_and_eight_elsewhere(
    most: int, each_bytes: int, agreement: Agreement
) -> None:
    card = with_points(agreement, most)
    assert points_ring(card).item_bytes == each_bytes
    prepared, run = one_shard(card, 1_000)
    for name in card.data_parties:
        assert run.costs[name].sent_payload_bytes == 1_000 * each_bytes
        assert METHOD.cost(card, 1_000)["shard"].payload_bytes[name] == 1_000 * each_bytes
    again, _ = one_shard(card, 10)
    for name in card.party_ids:
        assert prepared.costs[name].sent_payload_bytes == again.costs[name].sent_payload_bytes


@pytest.mark.parametrize(("dropout", "vectors"), [("abort", 1), ("neutral", 8)])
def test_the_requester_keeps_one_running_sum_unless_somebody_may_be_left_out(
    dropout: Any, vectors: int, agreement: Agreement
) -> None:
    bearing = replace(agreement, policy=replace(agreement.policy, dropout=dropout))
    _, run = one_shard(bearing, 1_000)
    plan = METHOD.parameters(bearing, {})
    (shard,) = MaskedShard.unpack_all(run.outputs["desk"], plan)
    assert np.shape(shard.kept) == (vectors, 1_000)
