"""One push of a device: every item is decided, stream by stream in the order of the device. What decides is the ledger.

Nothing here has to be atomic. A fact is recorded with its id, under which it is found for ever; only afterwards is kept
how far the device is and what was refused, in one transaction, and only then is anybody told. A process that dies in
between leaves a device that sends everything again, and finds what was recorded as duplicates.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

import msgspec

from domain.completion import with_ids
from domain.events.people import ParticipantJoined
from domain.facts import stream_uuid
from domain.refusals import DayNotYetCome, InTheFuture, NoSuchFact, NoSuchThing, NotAParticipant, Refusal
from domain.relations import created_in
from service.clock import Clock
from service.ledger.asking import Appended
from service.ledger.credentials import Identity
from service.ledger.refusals import (
    OVERLOADED_RETRY_S,
    Absent,
    EventIdReused,
    NoSuchKey,
    Overloaded,
    StoreUnavailable,
)
from service.ledger.sync.devices import UNCOMPARED, Devices, Kept
from service.ledger.sync.verdicts import Deferred, Item, Problem, Refused, Settled, Skipped, Verdict

# Streams of one push that are written to at once: enough to share commits, and leaves room for everybody else.
STREAMS_AT_ONCE = 16
# What is not decided by then is left for the next push: clients and proxies commonly give up after half a minute.
PUSH_S = 10.0

# A plan of a hundred milestones has about that many; whoever sends more gets all of it erased with anybody's words.
NAMES_MAX = 500

_ID = re.compile("(?i)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")

Append = Callable[[Identity, Item], Awaitable[Appended]]
Holds = Callable[[Identity, str, UUID], Awaitable[bool]]
"""Whether the caller sees something of this id on the stream, of whatever kind."""

log = logging.getLogger("throughline.sync")


class Push:
    """The items of a push that are next in their device's sequence, being decided."""

    def __init__(
        self,
        identity: Identity,
        append: Append,
        holds: Holds,
        devices: Devices,
        clock: Clock,
        known: Mapping[tuple[UUID, bytes], Refused],
        may_open: bool,
    ) -> None:
        self.refused: dict[int, Kept] = {}
        self._identity = identity
        self._append = append
        self._holds = holds
        self._devices = devices
        self._clock = clock
        self._known = known
        self._may_open = may_open
        self._made: dict[UUID, UUID] = {}  # ids that what was refused in this push would have made, and by what
        self._until = asyncio.get_running_loop().time() + PUSH_S

    async def decide(self, items: Sequence[tuple[int, Item]]) -> dict[int, Verdict]:
        """The verdict of each item by its number; the items come in the order of the device."""
        streams: dict[str, list[tuple[int, Item]]] = {}
        for number, item in items:
            streams.setdefault(item.stream_id, []).append((number, item))
        places = asyncio.Semaphore(STREAMS_AT_ONCE)

        async def decide_stream(of_stream: list[tuple[int, Item]]) -> list[tuple[int, Verdict]]:
            async with places:
                return await self._stream(of_stream)

        decided = await asyncio.gather(*map(decide_stream, streams.values()))
        return dict(one for of_stream in decided for one in of_stream)

    async def _stream(self, items: Sequence[tuple[int, Item]]) -> list[tuple[int, Verdict]]:
        verdicts: list[tuple[int, Verdict]] = []
        waiting: tuple[int, Deferred] | None = None  # the first of the stream that is deferred
        for number, item in items:
            if waiting is not None and waiting[1].reason != "reference":
                verdict: Verdict = self._known_of(item) or _behind(*waiting)
            else:
                verdict = await self._decide(item)
                # What is deferred may yet make possible what is not possible without it.
                after = item.after if waiting is None else waiting[0]
                undecided = item.fault is None and not self._is_known(item)
                if after is not None and undecided and isinstance(verdict, Refused):
                    verdict = Deferred("behind", after=after)
            if isinstance(verdict, Deferred) and waiting is None:
                waiting = item.device_sequence, verdict
            if isinstance(verdict, Refused) and not self._is_known(item):
                self._keep(number, item, verdict.problem)
            verdicts.append((number, verdict))
        return verdicts

    def _is_known(self, item: Item) -> bool:
        return self._known_of(item) is not None

    def _known_of(self, item: Item) -> Refused | None:
        """What the item was answered before; of what was erased since nobody can tell what it had been."""
        return self._known.get((item.event_id, item.digest)) or self._known.get((item.event_id, UNCOMPARED))

    async def _decide(self, item: Item) -> Verdict:
        known = self._known_of(item)
        if known is not None:
            return known
        if item.fault is not None:
            return self._no(item.fault)
        if asyncio.get_running_loop().time() > self._until:
            return Deferred("overload", retry_after_s=OVERLOADED_RETRY_S)
        if item.opens and not self._may_open:
            return self._no(Problem("role-forbids", "This key may not open deals and goals.", {}))
        try:
            appended = await self._append(self._identity, item)
        except NoSuchKey:
            raise
        except Exception as failure:  # noqa: BLE001  # one item's fault is no other's
            return await self._not_recorded(item, failure)
        record = appended.events[0]
        return Settled("duplicate" if appended.replayed else "accepted", record.position, record.fact.stream_version)

    async def _not_recorded(self, item: Item, failure: Exception) -> Verdict:
        match failure:
            case InTheFuture() | DayNotYetCome():
                return Deferred("clock")
            case NoSuchThing() | NoSuchFact():
                return await self._missing(item, failure, failure.members["id"])
            case NotAParticipant():
                return await self._missing(item, failure, failure.members["party_id"])
            case Refusal():
                return self._no(_problem(failure))
            case EventIdReused():
                return self._no(Problem("event-id-reused", f"The id {item.event_id} names another fact.", {}))
            case Absent():
                return await self._missing(item, None, stream_uuid(item.stream_id))
            case Overloaded() | StoreUnavailable():
                return Deferred("overload", retry_after_s=failure.retry_after_s)
            case _:
                log.error("a proposal of a device could not be recorded", exc_info=failure)
                return Deferred("fault")

    async def _missing(self, item: Item, refusal: Refusal | None, missing: UUID) -> Verdict:
        """Deferred, unless it will never come: it is there and something else, or it was refused itself."""
        if refusal is not None and await self._holds(self._identity, item.stream_id, missing):
            return self._no(_problem(refusal))
        maker = self._made.get(missing) or await self._devices.maker(self._identity, missing, self._clock.now())
        if maker is not None and maker != item.event_id:
            detail = "It rests on something that was refused."
            return self._no(Problem("rests-on-refused", detail, {"missing": str(missing), "refused": str(maker)}))
        named = item.stream_id if refusal is None else str(missing)
        return Deferred("reference", missing=named)

    def _no(self, problem: Problem) -> Refused:
        return Refused(problem, self._clock.now())

    def _keep(self, number: int, item: Item, problem: Problem) -> None:
        makes = _makes(item)
        self._made.update(dict.fromkeys(makes, item.event_id))
        self.refused[number] = Kept(
            item.event_id, item.digest, item.device_sequence, makes, names_in(item.sent), problem
        )


def _behind(after: int, waiting: Deferred) -> Deferred:
    if waiting.reason == "overload":
        return waiting
    return Deferred("behind", after=after)


def _problem(refusal: Refusal) -> Problem:
    # As it will be read again, so that the first answer and every later one are the same.
    members = msgspec.json.decode(msgspec.json.encode(refusal.members))
    return Problem(refusal.slug, refusal.detail, members)


def _makes(item: Item) -> frozenset[UUID]:
    """The ids that the proposal would have made: its own, its things', its stream's, that of who would have joined."""
    made = {item.event_id}
    if item.opens:
        made.add(stream_uuid(item.stream_id))
    if item.proposal is not None:
        data = with_ids(item.proposal.data, item.event_id, "")
        made.update(one for one, _ in created_in(data) if one is not None)
        if isinstance(data, ParticipantJoined):
            made.add(data.party_id)
    return frozenset(made)


def names_in(sent: bytes) -> frozenset[UUID]:
    """All ids that stand in an item, whatever they are of; none when there are too many to keep, or it is not known."""
    if not sent:
        return frozenset()
    found = {UUID(one) for one in _ID.findall(msgspec.json.encode(msgspec.json.decode(sent)).decode())}
    return frozenset(found) if len(found) <= NAMES_MAX else frozenset()


def contiguous(
    items: Sequence[Item | Skipped], expected: int
) -> tuple[list[tuple[int, Item | Skipped]], list[int], int]:
    """Which items may be decided, in the order of the device, and which are behind a gap; and what is expected next.

    What is below the sequence that is expected has been here before, and its id alone says what became of it.
    """
    order = sorted(range(len(items)), key=lambda number: items[number].device_sequence)
    ready: list[tuple[int, Item | Skipped]] = []
    for place, number in enumerate(order):
        item = items[number]
        if item.device_sequence > expected:
            return ready, order[place:], expected
        if item.device_sequence == expected:
            expected += 1
        ready.append((number, item))
    return ready, [], expected


def settled_skips(ready: Sequence[tuple[int, Item | Skipped]], expected: int) -> dict[int, Verdict]:
    """The verdicts of gaps that are closed, which were open when `expected` was."""
    return {
        number: Settled("accepted" if item.device_sequence >= expected else "duplicate")
        for number, item in ready
        if isinstance(item, Skipped)
    }
