"""What a role can see: a `Party`. No socket, clock or thread here.

A role is an `async def` over a party, marked with the messages that it takes. It may await one
thing only, messages, so a plain loop can drive it: nothing here imports asyncio.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

import numpy as np

from protocols.core.body import MAX_BODY_BYTES, Malformed
from protocols.core.coins import Coins
from protocols.core.echo import compare
from protocols.core.errors import LocalMisuse, Missing, PeerFault, Stalled
from protocols.core.message import MAX_NAME_BYTES, Envelope, Like, Message, shaped_fields
from protocols.core.wire import NO_TAKER, Key, Wait, Wire, checked_wait

M = TypeVar("M", bound=Message)
T = TypeVar("T")
P = ParamSpec("P")
_MAX_LABEL = 100  # a circle with longer names is named by their hash

Expected: TypeAlias = "np.ndarray[Any, Any] | Mapping[str, Like]"


class Party:
    """One participant, as its own role sees it.

    `me` is its name, `circle` everybody in this protocol (itself included, in the agreed order),
    `others` the circle without it, `coins` its randomness, `session` 32 public bytes that no other
    run shares.
    """

    def __init__(
        self,
        me: str,
        circle: Iterable[str],
        coins: Coins,
        wire: Wire,
        *,
        scope: str = "",
        outer: Party | None = None,
    ) -> None:
        self.me, self.circle, self.coins = me, tuple(circle), coins
        if me not in self.circle or len(set(self.circle)) != len(self.circle):
            raise LocalMisuse(f"{me} must be once in a circle of different names: {self.circle}")
        self.others = tuple(name for name in self.circle if name != me)
        self._wire, self._scope, self._outer = wire, scope, outer
        self._depth: int = outer._depth if outer else 0
        self._sent: dict[tuple[str, str], int] = {}
        self._received: dict[tuple[str, str], int] = {}

    @property
    def session(self) -> bytes:
        """The id of this session: goes into every key derivation."""
        return self._wire.session

    # Sending. -----------------------------------------------------------------------------------

    def send(self, to: str, message: Message) -> None:
        """Queue a message. Never waits; all that is queued leaves at the next await."""
        self.send_all(message, to=[to])

    def send_all(self, message: Message, *, to: Iterable[str] | None = None) -> None:
        """Queue the same message for each of `to`, by default for everybody else in the circle."""
        body = message.encode()  # once: it may be large
        if len(body) > MAX_BODY_BYTES:
            raise LocalMisuse(f"a message of {len(body)} bytes; at most {MAX_BODY_BYTES} are sent")
        name = self._name(type(message))
        if len(name.encode()) > MAX_NAME_BYTES:
            raise LocalMisuse(f"the name {name} has more than {MAX_NAME_BYTES} bytes")
        for other in self.others if to is None else to:
            if other not in self.others:
                raise LocalMisuse(
                    f"{self.me} cannot send to {other}: not another party of this circle"
                )
            number = self._sent.get((other, name), 0)
            self._sent[other, name] = number + 1
            envelope = Envelope(self.me, other, name, number, self._depth + 1, body)
            self._wire.outbox.append((envelope, type(message)))

    # Receiving. ---------------------------------------------------------------------------------

    async def receive(self, sender: str, kind: type[M], like: Expected | None = None) -> M:
        """The next `kind` from `sender`, in the order in which it was sent.

        `like` says what its array and bytes fields must look like: one array that all of them
        resemble, or for each field an array, a length in bytes, or ANY_SHAPE. Raises PeerFault,
        naming the sender, if they do not.
        """
        return (await self._receive([sender], kind, like))[sender]

    async def receive_all(
        self, kind: type[M], *, of: Iterable[str] | None = None, like: Expected | None = None
    ) -> dict[str, M]:
        """One `kind` from each of `of` (everybody else if not given), by sender, in order."""
        return await self._receive(self.others if of is None else of, kind, like)

    async def gather(
        self, kind: type[M], *, of: Iterable[str], need: int, like: Expected | None = None
    ) -> dict[str, M]:
        """One `kind` from each of `of`, or from those who came before the session expired.

        Raises Stalled if fewer than `need` came. Who was taken is for the role to announce: what
        comes later under the other names is kept and ignored.
        """
        senders = tuple(name for name in of if name != self.me)
        return await self._receive(senders, kind, like, need=need)

    async def echo(
        self, label: str, seen: bytes, *, source: str | Iterable[str], of: Iterable[str]
    ) -> None:
        """Return if everybody in `of`, me among them, has seen the same bytes; one round.

        All of them give the same `label`; `source` is who handed the bytes out, in `of` or not.
        Raises PeerFault if the hashes differ, naming the source and whoever differs from me: one
        of them lies, and which one the hashes do not say. What is echoed is known to all of `of`
        in any case; to anybody else a hash would give away what can be guessed.
        """
        await compare(self, label, seen, (source,) if isinstance(source, str) else source, of)

    async def _receive(
        self,
        senders: Iterable[str],
        kind: type[M],
        like: Expected | None,
        need: int | None = None,
    ) -> dict[str, M]:
        name, wire = self._name(kind), self._wire
        if wire.stranger(name):
            raise LocalMisuse(f"say @role(takes={kind.__name__}, ...) before receiving it")
        keys = {sender: self._next(sender, name) for sender in senders}
        while missing := [
            key for key in keys.values() if key not in wire.inbox and key not in wire.expired
        ]:
            await Wait(frozenset(missing), frozenset(missing if need is not None else ()))
        came = {sender: wire.claim(key) for sender, key in keys.items() if key in wire.inbox}
        if need is not None and len(came) < need:
            absent = (Missing(self.me, name, keys[s][2], s) for s in keys if s not in came)
            raise Stalled(tuple(absent), f"{len(came)} of the {need} {name} needed came in time")
        for envelope in came.values():
            wire.taken[envelope.key] = kind
            self._deepen(envelope.depth)
        return {sender: self._decode(envelope, kind, like) for sender, envelope in came.items()}

    def _deepen(self, depth: int) -> None:
        """Count what is sent from here on, in this circle and those around it, behind `depth`."""
        self._depth = max(self._depth, depth)
        if self._outer is not None:
            self._outer._deepen(depth)

    def _next(self, sender: str, name: str) -> Key:
        if sender not in self.others:
            raise LocalMisuse(f"{self.me} cannot receive from {sender}: not in this circle")
        number = self._received.get((sender, name), 0)
        self._received[sender, name] = number + 1
        return (sender, name, number)

    @staticmethod
    def _decode(envelope: Envelope, kind: type[M], like: Expected | None) -> M:
        if isinstance(like, np.ndarray):
            like = dict.fromkeys(shaped_fields(kind), like)
        try:
            return kind.decode(envelope.body, like)
        except Malformed as error:
            raise PeerFault(envelope.sender, f"sent a bad {envelope.name}: {error}") from error

    # Sub-protocols. -----------------------------------------------------------------------------

    def among(self, names: Iterable[str]) -> Party:
        """The same participant inside a smaller circle; messages of the two never mix."""
        circle = tuple(names)
        if not set(circle) <= set(self.circle):
            raise LocalMisuse(f"{circle} is not part of {self.circle}")
        if circle == self.circle:
            return self
        label = "+".join(circle)
        if len(label) > _MAX_LABEL:
            label = f"{len(circle)} parties {hashlib.sha256(label.encode()).hexdigest()[:16]}"
        return self._enter(label, circle)

    async def together(self, **steps: Callable[[Party], Awaitable[Any]]) -> list[Any]:
        """Run sub-protocols side by side: their rounds overlap instead of adding up.

        Every party must give the same labels. Returns the results in their order.
        """
        parties = {label: self._enter(label, self.circle) for label in steps}
        running = {label: begin(step, parties[label]) for label, step in steps.items()}
        results: dict[str, Any] = {}
        while running:
            waits: list[Wait] = []
            for label in list(running):
                try:
                    waits.append(checked_wait(next(running[label])))
                except StopIteration as stop:
                    results[label] = stop.value
                    del running[label]
            if running:
                await Wait(
                    frozenset().union(*(wait.keys for wait in waits)),
                    frozenset().union(*(wait.soft for wait in waits)),
                )
        return [results[label] for label in steps]

    def _enter(self, label: str, circle: tuple[str, ...]) -> Party:
        """This party where names begin with `label/`, numbered if it was there before."""
        scope = f"{self._scope}/{label}" if self._scope else label
        again = self._wire.scopes.get(scope, 0)
        self._wire.scopes[scope] = again + 1
        if again:
            scope = f"{scope}#{again}"
        return Party(self.me, circle, self.coins.fork(scope), self._wire, scope=scope, outer=self)

    def _name(self, kind: type[Message]) -> str:
        return f"{self._scope}/{kind.__name__}" if self._scope else kind.__name__

    # Randomness and things done once. -----------------------------------------------------------

    def stream(self, seed: bytes, label: str = "") -> Coins:
        """The coins that everybody who knows `seed` gets in this session under this label.

        Raises LocalMisuse if this party asked before: the same mask would be used twice.
        """
        if (seed, label) in self._wire.streams:
            raise LocalMisuse(f"the stream {label!r} of this seed was used before in this session")
        self._wire.streams.add((seed, label))
        return self.coins.expand(seed, self.session + label.encode())

    def recorded(self, label: str, make: Callable[[], bytes]) -> bytes:
        """What `make` returns, kept in the view; in replay what it returned then.

        For libraries with randomness of their own. Each label may be used once.
        """
        label = self._name_of(label)
        if label in self._wire.recorded:
            raise LocalMisuse(f"{label!r} was recorded before")
        replayed = self._wire.replayed
        if replayed is not None and label not in replayed:
            raise LocalMisuse(f"the view to replay has no {label!r}")
        value = make() if replayed is None else replayed[label]
        self._wire.recorded[label] = value
        return value

    def once(self, label: str, *, job: bytes | None = None) -> None:
        """Mark a label of this session as spent before it is used; LocalMisuse if it was.

        With `job`, an id that several sessions share, it is spent for all of them.
        """
        spent = f"{(job or self.session).hex()}/{self._name_of(label)}"
        if not self._wire.once.spend(spent):
            where = "session" if job is None else "job"
            raise LocalMisuse(f"{self._name_of(label)!r} was done before in this {where}")

    def _name_of(self, label: str) -> str:
        return f"{self._scope}/{label}" if self._scope else label


Role: TypeAlias = Callable[[Party], Coroutine[Any, Any, T]]


def begin(play: Callable[[Party], Awaitable[T]], party: Party) -> Generator[Any, None, T]:
    """`play` as something to resume by hand; it is not even called before that."""
    return (yield from play(party).__await__())


def role(
    *takes: type[Message],
) -> Callable[
    [Callable[Concatenate[Party, P], Coroutine[Any, Any, T]]],
    Callable[Concatenate[Party, P], Coroutine[Any, Any, T]],
]:
    """Mark an `async def` as a role that receives these messages and no others.

    The role runs in a scope named after its file, so that the messages of two protocols cannot be
    taken for each other, and a name that it never takes is refused when it comes in.
    """

    def mark(
        play: Callable[Concatenate[Party, P], Coroutine[Any, Any, T]],
    ) -> Callable[Concatenate[Party, P], Coroutine[Any, Any, T]]:
        @functools.wraps(play)
        async def scoped(party: Party, /, *args: P.args, **kwargs: P.kwargs) -> T:
            inner = party._enter(play.__module__.rpartition(".")[2], party.circle)
            wire, scope = inner._wire, inner._scope
            wire.known[scope] = frozenset(kind.__name__ for kind in takes)
            for sender, name, _ in wire.inbox:
                if name.rpartition("/")[0] == scope and wire.stranger(name):
                    raise PeerFault(sender, f"sent {name}, {NO_TAKER}")
            return await play(inner, *args, **kwargs)

        return scoped

    return mark
