"""The end of one workspace's log in memory, while somebody follows it: what was just recorded, here or elsewhere.

What this process records comes in directly. What other processes record is noticed by looking at the counter row, once
for all followers. The oldest entries go as new ones come; who is further behind reads from the database.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from domain.audience import audience
from domain.facts import Caller, Recorded, stream_uuid
from service.ledger.feed.entries import Entry, Seen, Slice, Wanted, entry_of, seen_of
from service.ledger.feed.reading import Reading
from service.ledger.memory import Kept
from service.ledger.refusals import LedgerRefusal
from service.ledger.workspace import Workspace

# What is held: at five hundred facts a second four seconds, and about 2 MB with facts of an everyday size.
ENTRIES_MAX = 2_000
BYTES_MAX = 2_000_000
# One slice: what one write to a follower holds at most, apart from a single larger fact.
SLICE_ENTRIES_MAX = 256
SLICE_BYTES_MAX = 64 * 1024
# How soon what another process recorded is noticed: half of the tenth of a second within which it is to arrive.
LOOK_EVERY_S = 0.05
# After a look that failed: the database is away, and asking more often does not bring it back.
LOOK_AGAIN_S = 1.0
# A group of our own that came before the one it follows waits this long for it, before it is looked for.
GAP_S = 0.005
EARLY_GROUPS_MAX = 8
# Followers are woken no more often than this, and many of them less often: waking one and writing to it takes about
# 12 µs, so that at most a quarter of the time goes there. What comes meanwhile comes at once. The first fact after a
# pause is passed on without delay.
WAKE_EVERY_S = 0.005
WAKE_PER_FOLLOWER_S = 50e-6
# Content was destroyed: nothing that was rendered before may be shown again.
ERASING = frozenset({"content.erased", "party.erased"})

log = logging.getLogger("throughline.ledger")


class Tail:
    """The entries from `start` up to and without `end`, one a position."""

    def __init__(self, workspace: Workspace, reading: Reading) -> None:
        self.start = self.end = workspace.position
        self.keys_moved = 0  # how often the workspace's own stream has moved, on which keys are revoked
        self._workspace = workspace
        self._reading = reading
        self._entries: list[Entry] = []
        self._bytes = 0
        self._early: dict[int, Sequence[Recorded]] = {}
        self._shared: dict[tuple[int, int], Slice | None] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        self._woken_at = 0.0
        self._waking: asyncio.TimerHandle | None = None
        self._nudge = asyncio.Event()
        self._closed = False
        self._gap: asyncio.TimerHandle | None = None
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Look no more."""
        for timer in (self._waking, self._gap):
            if timer is not None:
                timer.cancel()
        self._closed = True  # a cancellation may get lost on its way through a failing connection
        self._looking.cancel()
        with suppress(asyncio.CancelledError):
            await self._looking

    # -- what comes in

    def recorded(self, first: int, records: Sequence[Recorded]) -> None:
        """Take in what this process just recorded at `first` and after it; its streams are folded that far."""
        if first > self.end:
            if len(self._early) < EARLY_GROUPS_MAX:
                self._early[first] = records
            if self._gap is None:
                self._gap = asyncio.get_running_loop().call_later(GAP_S, self._mind_gap)
            return
        for record in records:
            if record.position == self.end:
                stream = stream_uuid(record.fact.stream_id)
                kept = self._workspace.kept(stream)
                if kept is None or kept.version < record.fact.stream_version:  # let go already: as somebody else's
                    self._nudge.set()
                    break
                self._add(entry_of(record, stream, kept), kept)
        early = self._early.pop(self.end, None)
        if early is not None:
            self.recorded(self.end, early)
        self._wake_soon()

    def _mind_gap(self) -> None:
        self._gap = None
        self._early = {first: records for first, records in self._early.items() if first >= self.end}
        if self._early:
            self._nudge.set()

    def _add(self, entry: Entry, kept: Kept | None) -> None:
        record = entry.record
        if record is not None and record.fact.type in ERASING:
            self._let_go(len(self._entries))
        self._entries.append(entry)
        self._bytes += len(entry.body)
        self.end += 1
        self.keys_moved += entry.stream == self._workspace.workspace_id
        if entry.shift is not None:
            self._turn(entry, kept)
        while len(self._entries) > ENTRIES_MAX or self._bytes > BYTES_MAX:
            self._let_go(1 + len(self._entries) // 8)
        self._shared.clear()

    def _turn(self, by: Entry, kept: Kept | None) -> None:
        """Who sees what of the stream has changed: also for what is held of it."""
        if kept is None:  # let go already
            self._let_go(len(self._entries))
            return
        for entry in self._entries:
            if entry.stream == by.stream and entry.record is not None:
                entry.audience = audience(entry.record.fact, kept.stream)

    def _let_go(self, count: int) -> None:
        self._bytes -= sum(len(entry.body) for entry in self._entries[:count])
        del self._entries[:count]
        self.start = self.end - len(self._entries)
        self._shared.clear()

    async def _look(self) -> None:
        while not self._closed:
            pause_s = LOOK_EVERY_S
            try:
                await self._workspace.follow()
                await self._fill(self._workspace.position)
            except LedgerRefusal as failure:
                pause_s = LOOK_AGAIN_S
                log.warning("followers wait for the database: %s", failure)
            except Exception:
                pause_s = LOOK_AGAIN_S
                log.exception("the end of the log could not be read")
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):  # `wait_for` of Python 3.11 may lose a cancellation
                    await self._nudge.wait()
            self._nudge.clear()

    async def _fill(self, head: int) -> None:
        """Read what others recorded before `head`; more than this holds is left to those who are behind."""
        while self.end < head:
            if head - self.end > ENTRIES_MAX:
                self._let_go(len(self._entries))
                self.start = self.end = head
            else:
                entries, _ = await self._reading.entries(self._workspace, Wanted(), self.end, head)
                for entry in entries:
                    if entry.position == self.end:
                        self._add(entry, self._workspace.kept(entry.stream))
            self._early = {first: records for first, records in self._early.items() if first >= self.end}
            self._wake_soon()

    # -- what goes out

    def slice(self, start: int, caller: Caller, wanted: Wanted) -> Slice:
        """The next piece for a caller from `start` on, which is not before this tail's start."""
        at = start - self.start
        end = min(len(self._entries), at + SLICE_ENTRIES_MAX)
        key = (start, end)
        if key not in self._shared:
            self._shared[key] = self._for_all(at, end, start)
        shared = self._shared[key]
        if shared is not None and wanted.everything and caller.role != "guest":
            return shared
        entries = self._bounded(at, end)
        return Slice(seen_of(entries, caller, wanted), start, start + len(entries))

    def _for_all(self, at: int, end: int, start: int) -> Slice | None:
        """The slice that everybody but guests gets; None when it is not the same for them."""
        entries = self._bounded(at, end)
        if all(entry.shift is None and entry.audience is not None and entry.audience.team for entry in entries):
            return Slice([Seen(entry, event=True, reset=False) for entry in entries], start, start + len(entries))
        return None

    def _bounded(self, at: int, end: int) -> list[Entry]:
        size = 0
        for index in range(at, end):
            size += len(self._entries[index].body)
            if size > SLICE_BYTES_MAX:
                return self._entries[at : max(index, at + 1)]
        return self._entries[at:end]

    # -- waking

    async def news(self, waiter: "asyncio.Future[None]", patience_s: float) -> None:
        """Wait until followers are woken, `waiter` is done for another reason, or the patience ends."""
        timer = asyncio.get_running_loop().call_later(patience_s, settle, waiter)
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiting.discard(waiter)

    def _wake_soon(self) -> None:
        if self._waking is None and self._waiting:
            loop = asyncio.get_running_loop()
            rest_s = max(WAKE_EVERY_S, len(self._waiting) * WAKE_PER_FOLLOWER_S)
            pause_s = max(0.0, self._woken_at + rest_s - loop.time())
            self._waking = loop.call_later(pause_s, self._wake)

    def _wake(self) -> None:
        self._waking = None
        self._woken_at = asyncio.get_running_loop().time()
        for waiter in self._waiting:
            settle(waiter)


def settle(waiter: "asyncio.Future[None]") -> None:
    """Let whoever waits go on, if they still do."""
    if not waiter.done():
        waiter.set_result(None)
