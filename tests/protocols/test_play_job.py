"""A whole job from a Spec: three phases, one session each, and who has failed stays away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from protocols.core.coins import SeededCoins
from protocols.core.errors import Stalled
from protocols.core.local import Network
from protocols.core.message import PUBLIC, Message
from protocols.core.party import Party, Role, role
from protocols.core.play_job import Rehearsal, rehearse
from protocols.core.spec import Own, Setting, Spec, load_spec
from protocols.sharing import secure_sum

SAMPLE = load_spec(Path(__file__).resolve().parents[1] / "samples" / "pairwise_masks.py")


@dataclass(frozen=True, slots=True)
class Number(Message):
    """A number."""

    carries = PUBLIC
    number: int


@role()
async def say(party: Party, number: int) -> bytes:
    party.send("desk", Number(number))
    return b"%d" % number


@role(Number)
async def hear(party: Party, need: int) -> dict[str, int]:
    came = await party.gather(Number, of=party.others, need=need)
    return {name: message.number for name, message in came.items()}


def counting() -> Spec:
    """Platforms say 1 in the opening, 2 and what that left in a shard; the desk reads it all."""

    def opening(setting: Setting, me: str, private: Own) -> Role[Any]:
        return partial(hear, need=0) if me == "desk" else partial(say, number=1)

    def shard(setting: Setting, me: str, private: Own) -> Role[Any]:
        if me == "desk":
            return partial(hear, need=0)
        return partial(say, number=2 + int(private.material))

    def closing(setting: Setting, me: str, private: Own) -> Role[Any] | None:
        async def read(party: Party) -> tuple[Any, ...]:
            return private.kept

        return read if me == "desk" else None

    return replace(secure_sum.SPEC, opening=opening, shard=shard, closing=closing)


def play(spec: Spec, **options: Any) -> Rehearsal:
    setting = spec.setting(3, 5)
    return rehearse(spec, setting, spec.inputs(setting, np.random.default_rng(0)), **options)


def test_material_and_what_was_kept_reach_the_closing() -> None:
    job = play(counting(), shards=2)
    assert [(step.phase, step.number) for step in job.steps] == [
        ("setup", 0),
        ("shard", 0),
        ("shard", 1),
        ("closing", 0),
    ]
    assert job.outputs == ({"desk": dict.fromkeys(("wallet", "market", "social"), 3)},) * 2


def test_a_party_without_a_part_is_not_in_the_circle() -> None:
    (closing,) = play(counting()).phase("closing")
    assert closing.run.views["desk"].circle == ("desk",)
    assert [*closing.run.views] == ["desk"]


def test_every_step_has_a_session_of_its_own() -> None:
    def sessions(session: bytes) -> set[bytes]:
        job = play(SAMPLE, shards=2, session=session)
        return {step.run.views["wallet"].session for step in job.steps}

    assert len(sessions(b"one") | sessions(b"two")) == 6


def test_the_same_coins_give_the_same_job() -> None:
    def bodies(seed: bytes) -> list[bytes]:
        job = play(SAMPLE, coins=SeededCoins(seed))
        return [m.sha256 for s in job.steps for v in s.run.views.values() for m in v.messages]

    assert bodies(b"one") == bodies(b"one") != bodies(b"two")


def test_shards_have_the_same_people_under_other_masks() -> None:
    job = play(SAMPLE, shards=2)
    first, second = job.outputs
    assert (first["desk"] == second["desk"]).all()
    before, after = (step.run.views["desk"].messages for step in job.phase("shard"))
    assert not {seen.sha256 for seen in before} & {seen.sha256 for seen in after}


def test_who_has_failed_is_absent_from_there_on() -> None:
    waiting = replace(counting(), opening=_market_waits)
    job = play(waiting, shards=1, keep_errors=True)
    assert isinstance(job.errors["market"], Stalled)
    assert job.outputs[0]["desk"] == {"wallet": 3, "social": 3}


def _market_waits(setting: Setting, me: str, private: Own) -> Role[Any] | None:
    if me == "market":
        return partial(hear, need=9)
    return partial(hear, need=0) if me == "desk" else partial(say, number=1)


def test_each_step_has_its_own_network() -> None:
    lost = lambda phase, number: Network(  # noqa: E731
        tamper=lambda e: None if (phase, number, e.sender) == ("shard", 1, "wallet") else e
    )
    job = play(counting(), shards=2, networks=lost)
    assert [len(output["desk"]) for output in job.outputs] == [3, 2]
