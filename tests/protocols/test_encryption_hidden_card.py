"""A hidden card: applied whoever owns it or adds up, and refused where it does not fit."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from encryption_tools import BINS, LEAST, MOST, wish
from numpy.typing import NDArray
from three_platforms import PEOPLE, PLATFORMS, changed

from protocols.core.errors import LocalMisuse, PeerFault
from protocols.core.local import Run, run_local
from protocols.encryption import bfv_hidden_card, encrypted_card, factory, keys
from protocols.encryption.params.exact import Checked, plan
from protocols.encryption.params.noise import Circuit
from protocols.encryption.poly.packing import pack


def hidden_roles(
    checked: Checked, points: dict[str, NDArray[np.int64]], owner: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Opening and shard of three platforms, `owner` being one of them or the firm."""
    everybody = dict.fromkeys((*PLATFORMS, owner))
    opening: dict[str, Any] = {
        name: partial(
            encrypted_card.take, checked=checked, requester="desk", owner=owner, count=sum(BINS)
        )
        for name in everybody
    }
    opening[owner] = partial(
        encrypted_card.write, numbers=points, checked=checked, requester="desk"
    )
    opening["desk"] = partial(encrypted_card.make_key, checked=checked)
    dice = np.random.default_rng(6)
    choices = {
        name: dice.integers(0, 6, (len(BINS), PEOPLE)).astype(np.uint8) for name in PLATFORMS
    }
    return opening, choices


def played(
    checked: Checked,
    choices: dict[str, Any],
    material: dict[str, bytes],
    aggregator: str = "wallet",
) -> Run:
    contributors = PLATFORMS
    common: dict[str, Any] = {"checked": checked}
    roles: dict[str, Any] = {
        name: partial(
            bfv_hidden_card.platform,
            choices=choices[name],
            material=material[name],
            bins=BINS,
            aggregator=aggregator,
            **common,
        )
        for name in PLATFORMS
    }
    common |= {"people": PEOPLE, "contributors": contributors}
    roles[aggregator] = partial(
        bfv_hidden_card.aggregate,
        choices=choices.get(aggregator),
        material=material[aggregator],
        bins=BINS if aggregator in choices else (),
        requester="desk",
        **common,
    )
    roles["desk"] = partial(
        bfv_hidden_card.receive, material=material["desk"], aggregator=aggregator, **common
    )
    return run_local(roles)


def hidden(backend: str) -> tuple[Checked, dict[str, NDArray[np.int64]]]:
    checked = plan(wish(Circuit.select([BINS] * 3), parties=3, backend=backend))
    dice = np.random.default_rng(5)
    return checked, {name: dice.integers(LEAST, MOST + 1, sum(BINS)) for name in PLATFORMS}


@pytest.mark.parametrize(
    ("backend", "owner"), [("fourier", "firm"), ("fourier", "market"), ("seal", "market")]
)
def test_a_card_is_applied_whoever_owns_it(backend: str, owner: str) -> None:
    checked, points = hidden(backend)
    opening, choices = hidden_roles(checked, points, owner)
    run = played(checked, choices, run_local(opening).outputs)
    expected = sum(
        bfv_hidden_card.looked_up(points[name], choices[name], BINS) for name in PLATFORMS
    )
    assert (run.outputs["desk"] == expected).all()


def test_a_broker_may_add_up_parts_without_one_of_its_own() -> None:
    checked, points = hidden("fourier")
    opening, choices = hidden_roles(checked, points, "firm")
    opening["broker"] = partial(
        encrypted_card.take, checked=checked, requester="desk", owner="firm", count=0
    )
    material = run_local(opening).outputs
    run = played(checked, choices, material, aggregator="broker")
    assert run.outputs["desk"].shape == (PEOPLE,)
    broken = partial(
        bfv_hidden_card.aggregate,
        people=PEOPLE,
        checked=checked,
        material=material["broker"],
        contributors=PLATFORMS,
        requester="desk",
    )
    with pytest.raises(LocalMisuse, match="brings choices if, and only if"):
        run_local({"wallet": broken, "desk": partial(keys.hand_out, checked=checked)})


def test_a_large_card_goes_in_numbered_messages() -> None:
    bins = (6,) * 32
    checked = plan(wish(Circuit.select([bins] * 3), parties=3))
    points = {"wallet": np.arange(sum(bins)) % MOST}
    opening: dict[str, Any] = {
        "wallet": partial(
            encrypted_card.take, checked=checked, requester="desk", owner="firm", count=sum(bins)
        ),
        "firm": partial(encrypted_card.write, numbers=points, checked=checked, requester="desk"),
        "desk": partial(encrypted_card.make_key, checked=checked),
    }
    run = run_local(opening, recording="outline")
    numbers = [
        seen.number for seen in run.views["wallet"].messages if seen.name.endswith("/EncryptedCard")
    ]
    assert numbers == [0, 1]
    declared = encrypted_card.declared(
        checked, {"wallet": sum(bins)}, owner="firm", requester="desk", everybody=tuple(opening)
    )
    assert run.costs["firm"].sent_payload_bytes == declared.payload_bytes["firm"]


def test_an_owner_cannot_hand_out_points_outside_the_public_range() -> None:
    checked, points = hidden("fourier")
    opening, _ = hidden_roles(checked, points | {"wallet": np.full(24, MOST + 1)}, "firm")
    with pytest.raises(LocalMisuse, match="points outside points_range"):
        run_local(opening)


def test_a_card_packed_for_another_key_is_refused() -> None:
    checked, points = hidden("fourier")
    opening, _ = hidden_roles(checked, points, "firm")
    foreign = factory.frame(checked, b"another key....."[:16], bytes(32))
    zeros = np.zeros((sum(BINS), 2, 2, 4096), np.uint64)
    swapped = changed(
        "EncryptedCard",
        lambda sent: replace(
            sent, body=encrypted_card.EncryptedCard(*pack(zeros, foreign)).encode()
        ),
    )
    with pytest.raises(PeerFault, match="firm: sent ciphertexts under another key"):
        run_local(opening, network=swapped)
