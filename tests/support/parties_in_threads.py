"""A job whose parties live in a thread each, and know of one another what a transport brings."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from privscore.consortium import Consortium
from privscore.job.journal import journal_of
from privscore.methods.base import Method
from privscore.runtime.one_party import OwnPart, PlayedPart, play_party
from privscore.runtime.pipes import PipeTransport, pipes_between
from protocols.core.transport import MemoryHub, Transport
from protocols.core.wire import OnceInMemory

Wire = Literal["memory", "pipes"]
WIRES: tuple[Wire, ...] = ("memory", "pipes")
DEADLINE_S = 60.0  # only a test that fails waits for it


def play_all(
    consortium: Consortium,
    method: Method,
    folder: Path,
    wire: Wire,
    *,
    silent: Mapping[str, int] | None = None,
    **options: Any,
) -> dict[str, PlayedPart | Exception]:
    """What came of every party's part; each leaves `folder/PARTY`, and keeps its journal."""
    names = consortium.agreement.party_ids
    transports = _transports(names, wire)

    def play(name: str) -> PlayedPart | Exception:
        part = OwnPart(
            me=name,
            consortium=replace(consortium, private={name: consortium.private[name]}),
            method=method,
            scratch=folder / "scratch" / name,
            folder=folder / name,
            spent=OnceInMemory(),
            journal=journal_of(consortium, name, lists=method.may_lose),
            silent_from=(silent or {}).get(name),
            **options,
        )
        try:
            return play_party(part, transports[name], deadline_s=DEADLINE_S)
        except Exception as error:
            return error
        finally:
            transports[name].close()

    with ThreadPoolExecutor(len(names)) as threads:
        return dict(zip(names, threads.map(play, names), strict=True))


def _transports(names: tuple[str, ...], wire: Wire) -> dict[str, Transport]:
    if wire == "memory":
        hub = MemoryHub(names)
        return {name: hub.transport(name) for name in names}
    return {name: PipeTransport(name, pipes) for name, pipes in pipes_between(names).items()}
