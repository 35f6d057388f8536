"""Each party by itself, over memory and over pipes: as `run_local`, down to the culprits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from over_transports import KINDS, Kind, Played, job_over, run_over, seen, spent, transports
from plain_test_messages import Word

from protocols.conformance.faults import REFUSED
from protocols.conformance.harness import coins, example, good_run, same, usual
from protocols.core.abort import Abort
from protocols.core.errors import Aborted, LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.link import Link
from protocols.core.local import Network, Run, Tamper, run_local
from protocols.core.message import Envelope
from protocols.core.party import Party, Role, role
from protocols.core.ring import Ring
from protocols.core.spec import find_specs
from protocols.sharing import secure_sum

RING = Ring(32)
PLATFORMS = ("wallet", "market", "social")
VECTORS = {name: np.arange(5, dtype="<u4") + 10 * i for i, name in enumerate(PLATFORMS)}
SHARE, PARTIAL = "secure_sum/Share", "secure_sum/PartialSum"
SHORT_S = 0.8  # for what is never coming

SPECS = find_specs()


def roles() -> dict[str, Role[Any]]:
    summing: dict[str, Role[Any]] = {
        name: partial(secure_sum.platform, vector=vector, ring=RING, collector="desk")
        for name, vector in VECTORS.items()
    }
    return summing | {"desk": partial(secure_sum.collect, people=5, ring=RING)}


def hitting(name: str, to: str, happen: Callable[[Envelope], Any]) -> Tamper:
    """Something that happens to the one message of this name from wallet."""

    def tamper(envelope: Envelope) -> Any:
        hit = (envelope.sender, envelope.to, envelope.name) == ("wallet", to, name)
        return happen(envelope) if hit else envelope

    return tamper


def suspects(error: BaseException) -> tuple[str, ...]:
    assert isinstance(error, PeerFault | Aborted | Stalled)
    return error.silent if isinstance(error, Stalled) else error.suspects


def agree(local: Run, played: Played) -> None:
    assert played.errors == {}
    for name, view in local.views.items():
        assert seen(played.views[name]) == seen(view)
        assert spent(played.costs[name]) == spent(local.costs[name])


# Sound runs. --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_run_has_the_outputs_views_and_costs_of_a_local_one(kind: Kind) -> None:
    local, played = run_local(roles(), seed=b"seed"), run_over(kind, roles(), seed=b"seed")
    agree(local, played)
    assert (played.outputs["desk"] == secure_sum.ideal(VECTORS, RING)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SPECS)
def test_a_whole_job_of_every_protocol(name: str, kind: Kind) -> None:
    """Opening, shards and closing on one link, as the conformance suite plays them in memory."""
    spec = SPECS[name]
    setting = usual(spec)
    inputs = example(spec, setting)
    job, _ = good_run(spec)
    steps = job_over(kind, spec, setting, inputs, job, coins=coins(0))
    for step, played in zip(job.steps, steps, strict=True):
        fixed = not any(view.recorded for view in step.run.views.values())
        for party, view in step.run.views.items():
            assert played.views[party].outline() == view.outline()
            assert spent(played.costs[party]) == spent(step.run.costs[party])
            if fixed and step is job.steps[0]:
                assert seen(played.views[party]) == seen(view)
    assert steps[-1].errors == {}
    given = steps[-1].outputs
    for party, output in job.outputs[0].items():
        over = given[party][0] if spec.closing else given[party]
        assert same(spec, setting, over, output)


# Faults: the same culprits as in memory. ----------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "to"), [(SHARE, "market"), (PARTIAL, "desk")])
@pytest.mark.parametrize("fault", REFUSED)
def test_a_refused_message(fault: str, name: str, to: str, kind: Kind) -> None:
    """Who is told of it says who found it; nobody waits until the deadline."""
    tamper = hitting(name, to, REFUSED[fault])
    played = run_over(kind, roles(), tamper=tamper)
    error = played.errors.pop(to)
    assert isinstance(error, PeerFault)
    assert error.suspects == ("wallet",)
    for error in played.errors.values():
        assert isinstance(error, Aborted)
        assert (error.failed, error.suspects) == (to, ("wallet",))
    with pytest.raises(PeerFault) as caught:
        run_local(roles(), network=network(tamper))
    if fault != "wrong sender":  # in memory there is no connection that would prove who it was
        assert caught.value.suspects == error.suspects


def network(tamper: Tamper) -> Network:
    return Network(tamper=tamper)


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_message(kind: Kind) -> None:
    """The desk waits as long as market does: that it all begins with wallet, market has to say."""
    tamper = hitting(SHARE, "market", lambda _: None)
    played = run_over(kind, roles(), tamper=tamper, deadline_s=SHORT_S)
    with pytest.raises(Stalled) as caught:
        run_local(roles(), network=network(tamper))
    assert caught.value.silent == ("wallet",)
    for name in ("market", "desk"):
        error = played.errors.pop(name)
        assert isinstance(error, Stalled)
        assert error.silent == ("wallet",)
        assert Missing("market", SHARE, 0, "wallet") in error.missing
    assert played.errors == {}, "wallet and social had all that they wanted"


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_is_only_late(kind: Kind) -> None:
    def slow(envelope: Envelope) -> bool:
        return (envelope.sender, envelope.name) == ("wallet", SHARE)

    played = run_over(kind, roles(), late=slow, late_s=SHORT_S)
    assert played.errors == {}
    assert (played.outputs["desk"] == secure_sum.ideal(VECTORS, RING)).all()


@role(Word)
async def gather(party: Party) -> list[str]:
    return list(await party.gather(Word, of=("b", "c"), need=1))


@role()
async def tell(party: Party) -> None:
    party.send("a", Word(1))


GATHERING: dict[str, Role[Any]] = {"a": gather, "b": tell, "c": tell}


@pytest.mark.parametrize("kind", KINDS)
def test_a_gather_ends_at_the_deadline_and_what_comes_later_is_no_fault(kind: Kind) -> None:
    played = run_over(
        kind,
        GATHERING,
        late=lambda envelope: envelope.sender == "c",
        late_s=2 * SHORT_S,
        deadline_s=SHORT_S,
    )
    assert (played.outputs["a"], played.errors) == (["b"], {})


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_late_and_twice_is_a_fault(kind: Kind) -> None:
    def twice(envelope: Envelope) -> list[Envelope]:
        return [envelope] * (2 if envelope.sender == "c" else 1)

    played = run_over(
        kind,
        GATHERING,
        tamper=twice,
        late=lambda envelope: envelope.sender == "c",
        late_s=2 * SHORT_S,
        deadline_s=SHORT_S,
    )
    assert isinstance(played.errors["a"], PeerFault)
    assert suspects(played.errors["a"]) == ("c",)


@pytest.mark.parametrize("kind", KINDS)
def test_a_gather_does_without_a_party_that_failed_and_does_not_wait_for_it(kind: Kind) -> None:
    @role()
    async def fail(party: Party) -> None:
        raise LocalMisuse("a secret of c")

    played = run_over(kind, GATHERING | {"c": fail}, deadline_s=30)
    assert played.outputs["a"] == ["b"]
    assert played.errors.keys() == {"c"}


@pytest.mark.parametrize("kind", KINDS)
def test_who_must_have_something_of_a_party_that_failed_ends_with_it(kind: Kind) -> None:
    @role()
    async def fail(party: Party) -> None:
        raise LocalMisuse("a secret of wallet")

    played = run_over(kind, roles() | {"wallet": fail}, deadline_s=30)
    assert isinstance(played.errors.pop("wallet"), LocalMisuse)
    assert played.errors.keys() == {"market", "social", "desk"}
    for error in played.errors.values():
        assert isinstance(error, Aborted)
        assert error.failed == "wallet"
        assert "secret" not in str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stall_names_where_it_began_through_a_chain_of_waits(kind: Kind) -> None:
    """d waits for c, c for b, b for a, and a is silent: d has never heard of a."""

    @role(Word)
    async def relay(party: Party) -> None:
        place = party.circle.index(party.me)
        await party.receive(party.circle[place - 1], Word)
        party.send(party.circle[place + 1], Word(1))

    @role(Word)
    async def hear(party: Party) -> None:
        await party.receive("c", Word)

    @role()
    async def silent(party: Party) -> None:
        return None

    chain: dict[str, Role[Any]] = {"a": silent, "b": relay, "c": relay, "d": hear}
    played = run_over(kind, chain, deadline_s=SHORT_S)
    assert played.errors.keys() == {"b", "c", "d"}
    for error in played.errors.values():
        assert suspects(error) == ("a",)


def test_the_words_of_an_abort_hold_no_value_that_the_error_held() -> None:
    @role(Word)
    async def blame(party: Party) -> None:
        heard = await party.receive("b", Word)
        raise PeerFault("b", f"sent {heard.number}")

    played = run_over("memory", {"a": blame, "b": partial(speak, number=424242), "c": listen})
    assert "424242" in str(played.errors["a"])
    assert str(played.errors["c"]) == "a ended the session: b: sent …"


@role()
async def speak(party: Party, number: int) -> None:
    party.send("a", Word(number))


@role(Word)
async def listen(party: Party) -> None:
    await party.receive("a", Word)


def test_a_wrong_name_on_an_abort() -> None:
    """An abort in the name of another party is the fault of whoever has the connection."""
    by_name = transports("memory", GATHERING)
    by_name["b"].abort(bytes(32), Abort.refusal("c"))
    with pytest.raises(PeerFault, match="in the name of another") as caught:
        Link(by_name["a"]).finish(deadline_s=1)
    assert caught.value.suspects == ("b",)
