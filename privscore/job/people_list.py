"""Whom a job is about: the requester's own list, or everybody whom any platform knows.

    who          sends                  to               learns
    requester    Wanted                 everybody        whether it has a list of its own
    platform     KnownPeople (if not)   requester        whom each platform knows
    requester    PeopleCount            everybody        how many people
    requester    PeopleList             platforms        who they are

Where the requester has no list, the job is about everybody whom any platform knows. That union is
taken in the open: the requester sees each platform's list, and the ledger says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from privscore.consortium import Agreement
from privscore.errors import Refused
from privscore.tables.id_index import IdIndex, count_people, line_ends
from privscore.tables.people import with_ids
from protocols.core.cost import Declared
from protocols.core.errors import PeerFault
from protocols.core.message import ANY_SHAPE, PUBLIC, Disclosure, Message, opened
from protocols.core.party import Party, role

_INT_BYTES = 8
PART_BYTES = 15 << 20  # a list travels in parts of this size, below the limit of one message


PeopleFrom: TypeAlias = Literal["list", "union"]  # the requester's own, or whom the platforms know


class ListDisclosure(Disclosure):
    """What the lists of a job show."""

    KNOWN_PEOPLE = "people that a platform knows"
    PEOPLE = "people that the job is about"


@dataclass(frozen=True, slots=True)
class Wanted(Message):
    """Whether the requester wants to be told whom the platforms know."""

    carries = PUBLIC
    union: int  # 1 yes, 0 no: it has a list


@dataclass(frozen=True, slots=True)
class Parts(Message):
    """In how many parts a list will come."""

    carries = PUBLIC
    count: int


@dataclass(frozen=True, slots=True)
class KnownPeople(Message):
    """A part of the list of people that a platform knows, UTF-8, one a line."""

    carries = opened(ListDisclosure.KNOWN_PEOPLE)
    part: bytes


@dataclass(frozen=True, slots=True)
class PeopleCount(Message):
    """How many people the job is about."""

    carries = PUBLIC
    people: int


@dataclass(frozen=True, slots=True)
class PeopleList(Message):
    """A part of the list of people that the job is about, UTF-8, one a line."""

    carries = opened(ListDisclosure.PEOPLE)
    part: bytes


def listeners(agreement: Agreement) -> tuple[str, ...]:
    """Who is told whom the job is about: the platforms, and who gets an answer, but who asks."""
    parties = dict.fromkeys((*agreement.data_parties, *agreement.requesters))
    return tuple(name for name in parties if name != agreement.requester)


def declared(
    agreement: Agreement, list_bytes: int, known_bytes: Mapping[str, int] | None
) -> Declared:
    """What it costs: rounds, payload bytes by sender.

    `list_bytes` is the length of the list of people, `known_bytes` of what each platform knows;
    None where the requester has a list of its own.
    """
    requester, number = agreement.requester, _INT_BYTES
    platforms = [name for name in agreement.data_parties if name != requester]
    sent = {requester: 2 * number * (len(agreement.party_ids) - 1)}  # Wanted, PeopleCount
    sent[requester] += (number + list_bytes) * len(listeners(agreement))  # Parts, PeopleList
    if known_bytes is None:
        return Declared(1, sent)
    for name in platforms:
        sent[name] = number + known_bytes[name]  # Parts, KnownPeople
    return Declared(3, sent)


@role(Parts, KnownPeople)
async def name_people(
    party: Party,
    agreement: Agreement,
    listed: bytes | None,
    known: Callable[[], bytes] | None,
    ask: Callable[[bytes], object],
) -> bytes:
    """The requester's part: who the job is about, as newline-joined UTF-8.

    `listed` is its own list; None takes everybody whom any platform knows. `known` names whom it
    knows itself, if it holds data. `ask` gets the list before anybody else does. Raises Refused for
    an empty job or too few people, and what `ask` raises.
    """
    platforms = [name for name in agreement.data_parties if name != party.me]
    # 1. Say whether I have a list; if not, ask the platforms whom they know.
    party.send_all(Wanted(int(listed is None)))
    if listed is None:
        everybody = with_ids(IdIndex({}), b"" if known is None else known())
        for name in platforms:
            parts = (await party.receive(name, Parts)).count
            everybody = with_ids(
                everybody,
                b"".join(
                    [
                        (await party.receive(name, KnownPeople, like={"part": ANY_SHAPE})).part
                        for _ in range(parts)
                    ]
                ),
            )
        listed = everybody.people()
    # 2. Tell everybody how many people there are, and the platforms who.
    refuse_few(agreement, count_people(listed))
    ask(listed)
    party.send_all(PeopleCount(count_people(listed)))
    _send_list(party, listeners(agreement), listed, PeopleList)
    return listed


class Told(NamedTuple):
    """What a party is told of a job: how many people it is about, and where their list is from."""

    people: int
    people_from: PeopleFrom


@role(Wanted, Parts, PeopleCount, PeopleList)
async def learn_people(
    party: Party,
    agreement: Agreement,
    known: Callable[[], bytes] | None,
    take: Callable[[bytes], object],
) -> Told:
    """Everybody else's part: how many people there are, and for the `listeners` who they are.

    `known` names whom a platform knows; it is called only if the requester has no list. `take` gets
    the parts of the list as they come. Raises PeerFault naming a requester who asks about too few
    people, or miscounts them.
    """
    requester = agreement.requester
    wanted = (await party.receive(requester, Wanted)).union
    people_from: PeopleFrom = "union" if wanted else "list"
    if wanted and known is not None:
        _send_list(party, [requester], known(), KnownPeople)
    people = (await party.receive(requester, PeopleCount)).people
    if people < agreement.policy.min_people:
        raise PeerFault(requester, f"asks about {people} people: the policy says no")
    if party.me not in listeners(agreement):
        return Told(people, people_from)
    lines = 1  # as many as there are ends of lines, and one more
    for _ in range((await party.receive(requester, Parts)).count):
        part = (await party.receive(requester, PeopleList, like={"part": ANY_SHAPE})).part
        lines += line_ends(part)
        take(part)
    if lines != people:
        raise PeerFault(requester, f"says that it lists {people} people, and does not")
    return Told(people, people_from)


def _send_list(
    party: Party, to: Sequence[str], listed: bytes, kind: Callable[[bytes], Message]
) -> None:
    parts = [listed[at : at + PART_BYTES] for at in range(0, len(listed), PART_BYTES)]
    party.send_all(Parts(len(parts)), to=to)
    for part in parts:
        party.send_all(kind(part), to=to)


def refuse_few(agreement: Agreement, people: int) -> None:
    """Raise Refused for a job about nobody, or about fewer people than the policy asks for."""
    if people == 0:
        raise Refused(
            "the job is about nobody", "Give a list with people, or tables that know some."
        )
    least = agreement.policy.min_people
    if people < least:
        raise Refused(
            f"the job is about {people} people; the policy asks for at least {least}",
            "Ask about more people, or agree on another min_people.",
        )
