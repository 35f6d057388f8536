"""The law of `secret-sum`: any card, any overlap, any order give the totals of `clear`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privscore.card.scorecard import Characteristic, Scorecard
from privscore.consortium.agreement import Agreement, PartyInfo
from privscore.consortium.policy import Fact, Policy
from privscore.methods.clear import METHOD as CLEAR
from privscore.methods.clear import total_points
from privscore.methods.context import LocalData, RoleContext
from privscore.methods.secret_sum import METHOD as SECRET_SUM
from protocols.core.local import Network, run_local

pytestmark = pytest.mark.slow


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    """A consortium of 3 to 16 platforms and a desk, with a random card."""
    platforms = [f"p{k}" for k in range(draw(st.integers(3, 16)))]
    points = st.integers(-1_000_000, 1_000_000)
    characteristics = []
    for name in platforms:
        for k in range(draw(st.integers(0, 3))):
            bins = sorted(draw(st.sets(st.integers(-50, 50), max_size=5)))
            characteristics.append(
                Characteristic(
                    name=f"{name} {k}",
                    columns=(f"{name}.c{k}",),
                    reason="",
                    bins=tuple(bins),
                    points=tuple(draw(points) for _ in range(len(bins) + 1)),
                    missing=draw(points),
                    combine=None,
                    range=None,
                    contested=False,
                )
            )
    return Agreement(
        name="law",
        purpose="law",
        parties=(
            *(PartyInfo(name, ("data",)) for name in platforms),
            PartyInfo("desk", ("requester",)),
        ),
        scorecard=Scorecard(draw(points), (0, 1), tuple(characteristics)),
        tiers=(),
        policy=Policy((("desk", Fact.TOTAL),), min_people=1),
    )


@given(agreement=agreements(), people=st.integers(0, 40), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_secret_sum_equals_clear_equals_the_ideal_in_any_order(
    agreement: Agreement, people: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    columns: dict[str, dict[str, Any]] = {}
    for name in agreement.data_parties:
        knows = rng.random(people) < rng.random()  # overlaps from nobody to everybody
        columns[name] = {
            column: np.where(knows, rng.integers(-60, 60, people), np.nan)
            for column in agreement.scorecard.columns_of(name)
        }
    everything = {f"{p}.{c}": v for p, local in columns.items() for c, v in local.items()}
    wanted = total_points(agreement, everything, people)
    for method in (CLEAR, SECRET_SUM):
        roles = {}
        for name in agreement.party_ids:
            data = LocalData()
            if name in columns:
                local = agreement.scorecard.local_points(name, columns[name], people=people)
                data = LocalData(points=local, columns=columns[name])
            roles[name] = method.shard(RoleContext(name, agreement, people), data)
        run = run_local(roles, network=Network(shuffle=seed))
        assert np.array_equal(run.outputs["desk"], wanted)
        declared = method.cost(agreement, people)["shard"]
        sent = {name: cost.sent_payload_bytes for name, cost in run.costs.items()}
        assert {name: size for name, size in sent.items() if size} == {
            name: size for name, size in declared.payload_bytes.items() if size
        }
        assert run.rounds == declared.rounds
