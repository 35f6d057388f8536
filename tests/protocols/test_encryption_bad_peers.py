"""What a peer can send over ciphertexts, and what becomes of it: nothing gets past the packing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import tenseal.sealapi as sealapi

from protocols.conformance.harness import example, good_run, usual
from protocols.core.body import Body, decode
from protocols.core.errors import LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.local import Network, run_local
from protocols.core.message import Envelope
from protocols.core.party import Role
from protocols.core.play_job import Step, rehearse
from protocols.core.session import Session
from protocols.core.spec import Spec
from protocols.core.wire import OnceInMemory
from protocols.encryption import (
    bfv_hidden_card,
    bfv_sum,
    ciphertext_sum,
    ckks_weighted,
    encrypted_card,
    factory,
    keys,
)
from protocols.encryption.backends import seal as backend
from protocols.encryption.backends import seal_format
from protocols.encryption.backends.seal import Seal
from protocols.encryption.params.planning import Planned
from protocols.encryption.poly.packing import ciphertext_bytes, from_words, pack

pytestmark = pytest.mark.slow

SPECS = [bfv_sum.SPEC, bfv_hidden_card.SPEC, ckks_weighted.SPEC]
PLANNED: dict[str, Callable[[int], Planned]] = {
    "bfv-sum": bfv_sum._example_scheme,
    "bfv-hidden-card": bfv_hidden_card._example_scheme,
    "ckks-weighted": ckks_weighted._example_scheme,
}

SESSION_AT = slice(36, 68)  # of a header

each_protocol = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)


def kind_of(envelope: Envelope) -> str:
    return envelope.name.rpartition("/")[2]


# Ten thousand mutants in flight. ------------------------------------------------------------------


def mutated(body: bytes, dice: random.Random) -> bytes:
    """A bit flipped, a stretch cut out, a stretch put in twice, or the end missing."""
    offset, size = dice.randrange(len(body)), dice.choice((1, 2, 8, 100))
    kind = dice.choice(("flip", "cut", "double", "end"))
    if kind == "flip":
        return body[:offset] + bytes([body[offset] ^ 1 << dice.randrange(8)]) + body[offset + 1 :]
    if kind == "cut":
        return body[:offset] + body[offset + size :]
    return body[:offset] if kind == "end" else body[: offset + size] + body[offset:]


def sessions() -> dict[str, tuple[Envelope, Callable[[], Session[Any]]]]:
    """A message of every kind, and a session that waits for it: three platforms, a hidden card."""
    job, taps = good_run(bfv_hidden_card.SPEC)
    opening, shard = job.steps
    checked = bfv_hidden_card._example_scheme(3)
    _, key_id = keys.secret_in(opening.run.outputs["desk"])
    sent = {kind_of(e): e for e, _ in taps.messages().values() if e.to in ("wallet", "desk")}

    def begin(step: Step, me: str, role: Role[Any], *before: Envelope) -> Session[Any]:
        view = step.run.views[me]
        session = Session(me, view.circle, role, session=view.session, once=OnceInMemory())
        session.start()
        for envelope in before:
            session.deliver(envelope)
        return session

    of = sent["EncryptedPart"].sender
    frame = factory.frame(checked, key_id, shard.run.views["desk"].session)
    take = opening.roles["wallet"]
    add = partial(
        ciphertext_sum.add, part=None, count=1, frame=frame, contributors=(of,), receiver="desk"
    )
    read = partial(
        ciphertext_sum.take, people=7, checked=checked, key_id=key_id, aggregator="wallet"
    )
    receivers = {
        "PublicKey": partial(begin, opening, "wallet", take),
        "EncryptedCard": partial(begin, opening, "wallet", take, sent["PublicKey"]),
        "EncryptedPart": partial(begin, shard, "wallet", add),
        "EncryptedSum": partial(begin, shard, "desk", read),
    }
    assert sent.keys() == receivers.keys()
    for kind in (
        "EncryptedPart",
        "EncryptedSum",
    ):  # their roles stand alone here, outside of `bfv_hidden_card`
        sent[kind] = replace(sent[kind], name=f"ciphertext_sum/{kind}")
    return {kind: (sent[kind], receivers[kind]) for kind in sent}


@pytest.mark.parametrize(
    ("kind", "count"),
    [("PublicKey", 3000), ("EncryptedCard", 1000), ("EncryptedPart", 3000), ("EncryptedSum", 3000)],
)
def test_ten_thousand_mutants_in_flight_are_refused(kind: str, count: int) -> None:
    """And this process, which looked at all of them, is there to say so."""
    envelope, begin = sessions()[kind]
    body, dice = envelope.body.join(), random.Random(11)
    refused = 0
    for _ in range(count):
        session = begin()
        try:
            session.deliver(replace(envelope, body=Body((mutated(body, dice),))))
        except PeerFault as error:
            refused += error.suspects == (envelope.sender,)
    assert refused == count
    begin().deliver(envelope)  # as it was sent, it is taken


# A sender who lies in our own format. -------------------------------------------------------------


def lying(spec: Spec, kind: Any, seed: int) -> BaseException | None:
    """How a job for 1,000 people ends if what its senders call `kind` means nothing at all.

    Header, key, session, hash and the ranges of all residues are right.
    """
    planned, setting, key = PLANNED[spec.name](3), usual(spec, 1_000), [b""]

    def remade(envelope: Envelope) -> Envelope:
        header, words = (field.value() for field in decode(envelope.body))
        if kind_of(envelope) == "PublicKey":
            frame = factory.key_frame(planned, bytes(32))
            key[0] = factory.key_id(from_words(words, frame)[0])
        if kind_of(envelope) != kind.__name__:
            return envelope
        dice, shape = np.random.default_rng(seed), (len(words), 2, planned.degree)
        rows = [dice.integers(0, prime, shape, np.uint64) for prime in planned.data_primes]
        frame = factory.frame(planned, key[0], header[SESSION_AT])
        return replace(envelope, body=kind(*pack(np.stack(rows, axis=2), frame)).encode())

    try:
        rehearse(
            spec,
            setting,
            example(spec, setting),
            networks=lambda *_: Network(tamper=remade),
        )
    except Exception as error:
        return error
    return None


LIES = [
    (spec, kind)
    for spec in SPECS
    for kind in (
        encrypted_card.EncryptedCard,
        ciphertext_sum.EncryptedPart,
        ciphertext_sum.EncryptedSum,
    )
    if spec is not bfv_sum.SPEC or kind is not encrypted_card.EncryptedCard
]


@pytest.mark.parametrize(("spec", "kind"), LIES, ids=lambda each: getattr(each, "name", None))
def test_lies_in_the_right_format_crash_nobody_and_give_no_total(spec: Spec, kind: Any) -> None:
    for seed in range(2):
        error = lying(spec, kind, seed)
        assert isinstance(error, PeerFault), error
        assert "outside the range" in str(error)
        assert {"wallet", "market", "social"} <= set(error.suspects)


# What SEAL gets to see. ---------------------------------------------------------------------------


@each_protocol
def test_seal_loads_nothing_but_its_owners_key_and_frames_made_here(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, framed, made = [], set(), []
    load, frame, new = Seal.loaded, seal_format.frame, backend.new_material

    def watched_frame(residues: Any, layout: Any, version: Any) -> bytes:
        assert (residues < np.array(moduli(residues, planned), np.uint64)[:, None]).all()
        blob = frame(residues, layout, version)
        framed.add(blob)
        return blob

    def watched_load(self: Seal, empty: Any, blob: bytes) -> Any:
        loaded.append(blob)
        return load(self, empty, blob)

    def watched_new(of: Planned) -> bytes:
        made.append(new(of))
        return made[-1]

    planned = PLANNED[spec.name](3)
    monkeypatch.setattr(seal_format, "frame", watched_frame)
    monkeypatch.setattr(Seal, "loaded", watched_load)
    monkeypatch.setattr(keys, "new_material", watched_new)
    assert isinstance(lying(spec, ciphertext_sum.EncryptedSum, 1), PeerFault)
    assert len(made) == 1
    assert {*loaded} <= {*framed, *made}
    assert framed & {*loaded}


def moduli(residues: Any, planned: Planned) -> tuple[int, ...]:
    return planned.primes if len(residues[0]) == len(planned.primes) else planned.data_primes


# What must not be seen. ---------------------------------------------------------------------------


@each_protocol
def test_nothing_private_is_sent(spec: Spec) -> None:
    """No message holds the secret key, as SEAL keeps it or as numbers, in the forms used here."""
    job, taps = good_run(spec)
    planned = PLANNED[spec.name](3)
    secret, _ = keys.secret_in(job.steps[0].run.outputs["desk"])
    seal = backend.seal(planned)
    saved = backend.saved(seal.loaded(sealapi.SecretKey(), secret))
    count = len(planned.primes) * planned.degree
    points = seal_format.coefficients_of(saved, count)
    forms = [secret, points.tobytes()]
    forms += [(points >> np.uint64(16 * place)).astype("<u2").tobytes() for place in range(3)]
    sent = b"".join(envelope.body.join() for envelope, _ in taps.messages().values())
    runs = [form[at : at + 32] for form in forms for at in (64, len(form) // 2)]
    assert len({*runs}) == len(runs)
    assert not [run for run in runs if run in sent]
    public_key = job.steps[0].run.outputs["wallet"]
    assert public_key[64:96] in sent  # what is sent is found


@each_protocol
def test_one_party_has_the_secret_and_the_aggregator_what_everybody_has(spec: Spec) -> None:
    job, _ = good_run(spec)
    outputs, planned = job.steps[0].run.outputs, PLANNED[spec.name](3)
    secret, _ = keys.secret_in(outputs["desk"])
    others = {name: kept for name, kept in outputs.items() if name != "desk"}
    size = ciphertext_bytes(planned.degree, planned.key_primes)
    assert len({kept[:size] for kept in others.values()}) == 1  # the public key
    for kept in others.values():
        assert secret[:64] not in kept
        with pytest.raises((RuntimeError, ValueError)):
            backend.KeyHolder(planned, kept)


@each_protocol
def test_the_key_never_belongs_to_the_aggregator(spec: Spec) -> None:
    """Whoever adds up cannot be who reads: the sum would have nowhere to go."""
    job, _ = good_run(spec)
    roles = job.steps[1].roles
    role = roles["wallet"]
    assert isinstance(role, partial)
    with pytest.raises(LocalMisuse, match="wallet cannot send to wallet"):
        run_local(roles | {"wallet": partial(role, requester="wallet")})


# Time that is up. ---------------------------------------------------------------------------------


@each_protocol
def test_a_party_whose_time_is_up_says_whom_it_waited_for(spec: Spec) -> None:
    """Nobody goes on with less than everything: a missing part is never taken for zero."""
    setting = usual(spec)
    _, taps = good_run(spec)
    for phase, step, sender, to, name, number in taps.messages():

        def networks(
            *now: Any, late: Any = (phase, step), key: Any = (sender, to, name)
        ) -> Network:
            def expire(envelope: Envelope) -> tuple[str, ...]:
                here = now == late and (envelope.sender, envelope.to, envelope.name) == key
                return (envelope.to,) if here else ()

            return Network(expire_before=expire)

        with pytest.raises(Stalled) as caught:
            rehearse(spec, setting, example(spec, setting), networks=networks)
        assert Missing(to, name, number, sender) in caught.value.missing
