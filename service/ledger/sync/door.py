"""Syncing's door: a push from beginning to end, and what may be asked about it. Each caller is identified already."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from domain.sight import may_see
from service.clock import Clock
from service.ledger.credentials import Identity
from service.ledger.memory import Kept
from service.ledger.refusals import OVERLOADED_RETRY_S, UNAVAILABLE_RETRY_S, OtherLog, StoreUnavailable
from service.ledger.store import Store, statement
from service.ledger.sync.devices import Devices, Listed, Place
from service.ledger.sync.pushing import Append, Holds, Push, contiguous, settled_skips
from service.ledger.sync.verdicts import Deferred, Item, Pushed, Refused, Skipped, Verdict
from service.ledger.workspace import Workspace
from service.masterkey import MasterKey

_LEAF = statement("leaf_at")
_WHERE = statement("where_recorded")


class Sync:
    """One process's side of syncing. `append` records one item, `holds` looks for an id on a stream."""

    def __init__(self, store: Store, master_key: MasterKey, clock: Clock, append: Append, holds: Holds) -> None:
        self._store = store
        self._clock = clock
        self._append = append
        self._holds = holds
        self._devices = Devices(store, master_key)

    async def push(
        self, identity: Identity, device: UUID, epoch: int, items: Sequence[Item | Skipped], *, may_open: bool
    ) -> Pushed:
        """Decide what a device sends. Raises `DeviceFenced`, `TooManyDevices`, `StoreUnavailable`."""
        at = self._clock.now()
        push = uuid4()
        turn = await self._devices.begin(identity, device, epoch, push, at)
        if not turn.held:
            return Pushed(epoch, turn.expected, [Deferred("busy", retry_after_s=OVERLOADED_RETRY_S)] * len(items))
        ready, beyond, expected = contiguous(items, turn.expected)
        verdicts = settled_skips(ready, turn.expected)
        verdicts |= dict.fromkeys(beyond, Deferred("gap", expected=expected))
        proposals = [(number, item) for number, item in ready if isinstance(item, Item)]
        ids = [item.event_id for _, item in proposals]
        known = await self._devices.refusals(identity, ids, at) if ids else {}
        under_way = Push(identity, self._append, self._holds, self._devices, self._clock, known, may_open)
        verdicts |= await under_way.decide(proposals)
        return await self._end(identity, device, epoch, push, turn.expected, expected, verdicts, under_way)

    async def _end(
        self,
        identity: Identity,
        device: UUID,
        epoch: int,
        push: UUID,
        before: int,
        expected: int,
        verdicts: dict[int, Verdict],
        under_way: Push,
    ) -> Pushed:
        """Keep what was refused before it is told; where that fails, it is not told either."""
        refused = under_way.refused
        told_at = self._clock.now()
        untold = Deferred("busy", retry_after_s=OVERLOADED_RETRY_S)
        try:
            kept = await self._devices.end(identity, device, push, expected, list(refused.values()), told_at)
        except StoreUnavailable:
            kept, untold = False, Deferred("overload", retry_after_s=UNAVAILABLE_RETRY_S)
        for number, one in refused.items():
            verdicts[number] = Refused(one.problem, told_at) if kept else untold
        return Pushed(epoch, expected if kept else before, [verdicts[number] for number in range(len(verdicts))])

    async def device(self, identity: Identity, device: UUID) -> tuple[int, int] | None:
        """The epoch and the expected sequence of the caller's device; None when it never pushed."""
        return await self._devices.place(identity, device)

    async def refusals(self, identity: Identity, device: UUID, after: Place, limit: int) -> list[Listed]:
        """What the caller's device was refused, the oldest first."""
        return await self._devices.listed(identity, device, after, limit, self._clock.now())

    async def missing(self, identity: Identity, workspace: Workspace, events: Sequence[UUID]) -> list[UUID]:
        """Which of the ids name no fact that the caller may see, in their order."""
        await workspace.follow()
        rows = await workspace.read(_WHERE, {"workspace": workspace.workspace_id, "events": list(events)})
        streams = await workspace.load({stream for _, stream, _ in rows})
        held = set()
        for event_id, stream, _ in rows:
            kept = streams.get(stream)
            record = kept.find(event_id) if isinstance(kept, Kept) else None
            if isinstance(kept, Kept) and record and may_see(record.fact, identity.caller, kept.stream):
                held.add(event_id)
        return [event_id for event_id in events if event_id not in held]

    async def mark(self, workspace_id: UUID, position: int) -> str:
        """What tells the first `position` facts of this log from those of any other: the leaf of the last of them.

        A leaf has chance in it: what is recorded after a restore never has the leaf of what it stands in place of.
        Raises `OtherLog` when there are not that many.
        """
        if position == 0:
            return ""
        rows = await self._store.read(_LEAF, {"workspace": workspace_id, "position": position - 1})
        if not rows:
            raise OtherLog
        leaf: bytes = rows[0][0]
        return leaf.hex()
