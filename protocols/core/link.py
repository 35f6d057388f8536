"""One party's sessions, one after the other, over a transport: what `run_local` is for everybody.

A party plays its sessions in an order that all share, each at its own pace. What comes early is
held, what comes late is judged by the session it was for, and nothing is waited for without end.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final, TypeVar, cast

from protocols.core.abort import Abort
from protocols.core.errors import Cause, Missing, PeerFault, ProtocolError, Stalled
from protocols.core.message import Envelope
from protocols.core.session import Session
from protocols.core.transport import Arrival, Closed, Transport
from protocols.core.wire import Key

T = TypeVar("T")

# What is held of one peer that is ahead of us, before nothing more is read from it.
MAX_HELD: Final = 10_000  # messages
MAX_HELD_BYTES: Final = 64 << 20
# What a peer that is behind us may have to take, before we begin another session.
MAX_UNSENT_BYTES: Final = 64 << 20
_POLL_S = 0.02


class Link:
    """A party's end of a transport, through all the sessions of a job.

    Call `drive` for each session in the agreed order, `leave` if this party gives up between two
    of them, and `finish` behind the last. A role waits at most `deadline_s` for a message, and for
    all messages of one `gather` together; then a gather ends with whoever came, and any other wait
    as Stalled, `grace_s` later: the time to hear of what the others wait for in vain, so that the
    error names where it began.

    A peer that aborts, or whose connection ends, is gone for good. What is gathered can do without
    it; who must have a message of it fails at once. One abort ends everybody's session: that of a
    party which has caught another.
    """

    def __init__(
        self, transport: Transport, *, deadline_s: float = 600.0, grace_s: float | None = None
    ) -> None:
        self._transport = transport
        self._deadline_s = deadline_s
        self._grace_s = min(5.0, deadline_s / 4) if grace_s is None else grace_s
        self._held: dict[bytes, list[Envelope]] = {}
        self._held_messages: Counter[str] = Counter()
        self._held_bytes: Counter[str] = Counter()
        self._ended: dict[bytes, set[Key]] = {}  # session -> what may still come, and is ignored
        self._aborts: dict[str, Abort] = {}
        self._closed: set[str] = set()
        self._left = False

    def drive(self, session: Session[T]) -> T:
        """Play a session that has not started, and return what its role does.

        Raises what the role or the session raises, Stalled at the deadline or for a peer that is
        gone, and Aborted; the peers are told of it.
        """
        try:
            self._play(session)
        except BaseException as error:
            self._tell(session.id, session.abort(error))
            raise
        finally:
            self._ended[session.id] = set(session.ignored)
        return cast("T", session.result)

    def leave(self, session: bytes, reason: BaseException | Abort) -> None:
        """Tell all peers that this party ends its part: before `session`, or in it."""
        abort = reason
        if not isinstance(abort, Abort):
            abort = Abort.because(self._transport.me, abort)
        self._tell(session, abort)

    def finish(self, *, deadline_s: float) -> tuple[str, ...]:
        """Send nothing more and see the others off: who is still there after `deadline_s`.

        Raises PeerFault for a message that no session took, and Aborted if a party has caught
        another.
        """
        self._transport.close_sending()
        until = time.monotonic() + deadline_s
        while open_peers := set(self._transport.peers) - self._closed:
            self._refuse_held()
            arrival = self._transport.next(until)
            if arrival is None:
                return tuple(peer for peer in self._transport.peers if peer in open_peers)
            self._take(arrival, None)
            self._heed_faults()
        self._refuse_held()
        return ()

    # One session. -------------------------------------------------------------------------------

    def _play(self, session: Session[T]) -> None:
        self._wait_for_those_behind()
        self._send(session, session.start())
        for envelope in self._held.pop(session.id, ()):
            self._held_messages[envelope.sender] -= 1
            self._held_bytes[envelope.sender] -= len(envelope.body)
            self._send(session, session.deliver(envelope))
        waited: frozenset[Key] = frozenset()
        until = 0.0
        while not session.done:
            wanted = session.waiting.keys
            if not waited or not wanted <= waited:
                until = time.monotonic() + self._deadline_s
            waited = wanted
            arrival = None
            if not self._in_vain(session):
                arrival = self._transport.next(until, self._paused(session))
            if arrival is not None:
                self._take(arrival, session)
            elif session.waiting.soft:
                self._send(session, session.expire())
                waited = frozenset()
            else:
                self._stall(session, session.missing())

    def _in_vain(self, session: Session[T]) -> bool:
        """Whether all that this session waits for can come no more.

        Raises Stalled or Aborted if that is so of something that it must have.
        """
        self._heed_faults()
        gone = self._aborts.keys() | self._closed
        lost = {key for key in session.waiting.keys if key[0] in gone}
        senders = sorted({sender for sender, _, _ in lost - session.waiting.soft})
        for sender in senders:
            abort = self._aborts.get(sender)
            if abort is not None and abort.cause is not Cause.STALLED:
                raise abort.error()
        if senders:  # of the others, some may still be on their way
            self._stall(session, [item for item in session.missing() if item.sender in senders])
        return bool(lost) and lost == session.waiting.keys

    def _stall(self, session: Session[T], missing: Sequence[Missing]) -> None:
        """Raise Stalled, with what the others wait for as far as they say so in time."""
        self._tell(session.id, Abort.because(session.me, self._stalled(missing)))
        until = time.monotonic() + self._grace_s
        came: set[Key] = set()
        while not set(self._stalled(missing).silent) <= self._closed:
            arrival = self._transport.next(until)
            if arrival is None:
                break
            if isinstance(arrival.message, Envelope):
                came.add(arrival.message.key)  # too late for the role, but not silent
            else:
                self._take(arrival, None)
                self._heed_faults()
        silent = [item for item in missing if (item.sender, item.name, item.number) not in came]
        raise self._stalled(silent or missing)

    def _stalled(self, missing: Sequence[Missing]) -> Stalled:
        """The error for what is missing here, and what others have told us is missing there."""
        told = (
            item
            for peer, abort in self._aborts.items()
            for item in abort.missing
            if item.who == peer  # of anybody else's waits it cannot know
        )
        error = Stalled(tuple({*missing, *told}))
        ended = [name for name in error.silent if name in self._closed - self._aborts.keys()]
        why = f"the connection to {' and '.join(ended)} has ended" if ended else ""
        return Stalled(error.missing, why)

    def _heed_faults(self) -> None:
        for abort in self._aborts.values():
            if abort.cause is Cause.PEER_FAULT:
                raise abort.error()

    # What comes in. -----------------------------------------------------------------------------

    def _take(self, arrival: Arrival, session: Session[T] | None) -> None:
        peer, message = arrival.peer, arrival.message
        if isinstance(message, Closed):
            self._closed.add(peer)
            if message.fault:
                raise PeerFault(peer, message.fault)
        elif message.sender != peer:
            raise PeerFault(peer, "sent a message in the name of another party")
        elif isinstance(message, Abort):
            self._aborts.setdefault(peer, message)
        elif session is not None and arrival.session == session.id:
            self._send(session, session.deliver(message))
        elif arrival.session in self._ended:
            self._take_late(message, self._ended[arrival.session])
        else:
            self._held.setdefault(arrival.session, []).append(message)
            self._held_messages[peer] += 1
            self._held_bytes[peer] += len(message.body)

    @staticmethod
    def _take_late(envelope: Envelope, ignored: set[Key]) -> None:
        if envelope.key not in ignored:
            message = f"{envelope.name} #{envelope.number}"
            raise PeerFault(envelope.sender, f"sent {message} to a session that has ended")
        ignored.remove(envelope.key)

    def _refuse_held(self) -> None:
        for envelope in (envelope for held in self._held.values() for envelope in held):
            raise PeerFault(envelope.sender, f"sent {envelope.name} to a session that never was")

    def _paused(self, session: Session[T]) -> set[str]:
        """Of whom nothing more is read for now.

        Whoever plays the sessions in order has sent all that this one needs before it sends what
        is for later. In this session itself only those are read on from whom it wants something.
        """
        wanted = {sender for sender, _, _ in session.waiting.keys}
        paused = {peer for peer, size in self._held_bytes.items() if size > MAX_HELD_BYTES}
        paused |= {peer for peer, count in self._held_messages.items() if count > MAX_HELD}
        for peer in self._transport.peers:
            if peer not in wanted and session.unclaimed(peer).body_bytes > MAX_HELD_BYTES:
                paused.add(peer)
        return paused

    # What goes out. -----------------------------------------------------------------------------

    def _send(self, session: Session[T], envelopes: Iterable[Envelope]) -> None:
        for envelope in envelopes:
            self._transport.send(session.id, envelope)

    def _tell(self, session: bytes, abort: Abort) -> None:
        """One last word, and only one; that it cannot be told must not hide why."""
        if not self._left:
            self._left = True
            with suppress(ProtocolError):
                self._transport.abort(session, abort)

    def _wait_for_those_behind(self) -> None:
        """Do not run away from a peer that takes its time: its messages would lie in our memory."""
        until = time.monotonic() + self._deadline_s
        while behind := [
            peer for peer, size in self._transport.unsent().items() if size > MAX_UNSENT_BYTES
        ]:
            now = time.monotonic()
            if now > until:
                raise Stalled((), f"{' and '.join(behind)} did not take what was sent")
            full = {peer for peer, size in self._held_bytes.items() if size > MAX_HELD_BYTES}
            arrival = self._transport.next(now + _POLL_S, full)
            if arrival is not None:
                self._take(arrival, None)
                self._heed_faults()


def drive(session: Session[T], transport: Transport, *, deadline_s: float = 600.0) -> T:
    """Play one session over a transport that nothing else uses; see `Link.drive`."""
    return Link(transport, deadline_s=deadline_s).drive(session)
