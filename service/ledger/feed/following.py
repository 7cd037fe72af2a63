"""Followers: who follows which workspace from where, how many there may be, when one has to end. Formats nothing."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

from domain.facts import stream_uuid
from service.clock import Clock
from service.ledger.credentials import Identity
from service.ledger.feed.entries import Slice, Wanted, seen_of
from service.ledger.feed.reading import Reading
from service.ledger.feed.tail import Tail, settle
from service.ledger.refusals import PositionAhead, StoreUnavailable, TooManyFollowers
from service.ledger.workspace import Workspace

# One key is one person's pages and programs; whoever follows for many has one connection and passes on.
FOLLOWERS_PER_KEY_MAX = 32
# Of all keys together, so that followers leave connections for those who ask and record.
FOLLOWERS_MAX = 600
# A key that was revoked is noticed as soon as its revocation is followed; this is for when that was never recorded.
IDENTIFY_EVERY_S = 5.0

Again = Callable[[], Awaitable[Identity]]
"""Asks anew who follows; raises `NoSuchKey` when nobody may any more."""


class Follower:
    """One connection that follows, from `position` on. `over` says that it has ended or must."""

    def __init__(
        self,
        workspace: Workspace,
        tail: Tail,
        reading: Reading,
        clock: Clock,
        identity: Identity,
        again: Again,
        wanted: Wanted,
        start: int,
        *,
        ticket: UUID | None,
    ) -> None:
        self.identity = identity
        self.position = start
        self.over = False
        self.key = identity.credential_id
        self.ticket = ticket
        self._workspace = workspace
        self._tail = tail
        self._reading = reading
        self._clock = clock
        self._again = again
        self._wanted = wanted
        self._bounded = within(wanted, identity)
        self._waiter: asyncio.Future[None] | None = None
        self._keys_moved = tail.keys_moved
        self._identify_at = self._identity_holds_until()

    @property
    def workspace_id(self) -> UUID:
        return self._workspace.workspace_id

    @property
    def workspace_position(self) -> int:
        return self._workspace.position

    @property
    def behind(self) -> bool:
        """Whether something is there that was not looked at yet."""
        return self.position < self._tail.end

    async def next(self) -> Slice:
        """What comes next, perhaps nothing that the caller may see; moves `position`.

        Raises `NoSuchKey` when the caller may follow no longer, `StoreUnavailable` when it cannot be read.
        """
        tail = self._tail
        if self._keys_moved != tail.keys_moved or asyncio.get_running_loop().time() >= self._identify_at:
            await self._identify()
        if not self.behind:
            return Slice((), self.position, self.position)
        if self.position >= tail.start:
            found = tail.slice(self.position, self.identity.caller, self._bounded)
        else:
            found = await read(self._reading, self._workspace, self.identity, self._bounded, self.position, tail.start)
        self.position = found.next
        return found

    async def news(self, patience_s: float) -> None:
        """Wait until something was recorded, until told to `stop`, or for `patience_s`."""
        if self.over or self.behind:
            return
        self._waiter = asyncio.get_running_loop().create_future()
        await self._tail.news(self._waiter, patience_s)

    def stop(self) -> None:
        """End, wherever it waits."""
        self.over = True
        if self._waiter is not None:
            settle(self._waiter)

    def leave(self) -> None:
        """The workspace tells nobody any more what it records."""
        self._workspace.listener = None

    async def _identify(self) -> None:
        self._keys_moved = self._tail.keys_moved
        try:
            self.identity = await self._again()
        except StoreUnavailable:
            return  # nothing can be followed meanwhile; asked again with the next fact, or soon
        self._bounded = within(self._wanted, self.identity)
        self._identify_at = self._identity_holds_until()

    def _identity_holds_until(self) -> float:
        """When who follows is asked anew, by the loop's clock: at the latest when what they follow with expires."""
        holds_s = IDENTIFY_EVERY_S
        if self.identity.expires_at is not None:
            holds_s = min(holds_s, (self.identity.expires_at - self._clock.now()).total_seconds())
        return asyncio.get_running_loop().time() + holds_s


def within(wanted: Wanted, identity: Identity) -> Wanted:
    """What the caller asks for, within what they can see at all: a guest's is one stream."""
    if identity.caller.role != "guest" or identity.caller.stream_id is None:
        return wanted
    own = frozenset({stream_uuid(identity.caller.stream_id)})
    return Wanted(own if wanted.streams is None else wanted.streams & own, wanted.types)


async def read(
    reading: Reading, workspace: Workspace, identity: Identity, wanted: Wanted, start: int, end: int
) -> Slice:
    """A slice from the database; `end` is not beyond where the workspace was followed to."""
    caller = identity.caller
    entries, following = await reading.entries(workspace, wanted, start, end, exact=caller.role == "guest")
    return Slice(seen_of(entries, caller, wanted), start, following)


class Followers:
    """Everybody who follows through this process. A workspace has a tail as long as it has followers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reading = Reading()
        self._tails: dict[UUID, tuple[Tail, set[Follower]]] = {}
        self._by_key: Counter[UUID] = Counter()
        self._by_ticket: dict[UUID, Follower] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._stopped = False

    @property
    def count(self) -> int:
        return self._by_key.total()

    @property
    def facts_behind(self) -> int:
        """How many facts the follower that is furthest behind has not been sent, of those that this process knows."""
        return max(
            (
                max(0, follower.workspace_position - follower.position)
                for _, followers in self._tails.values()
                for follower in followers
            ),
            default=0,
        )

    async def page(self, workspace: Workspace, identity: Identity, wanted: Wanted, start: int) -> Slice:
        """What there is now from `start` on, as far as one read goes. Raises `PositionAhead`."""
        await workspace.follow()
        demand_reached(workspace, start)
        bounded = within(wanted, identity)
        held = self._tails.get(workspace.workspace_id)
        if held is not None and held[0].start <= start < held[0].end:
            return held[0].slice(start, identity.caller, bounded)
        return await read(self._reading, workspace, identity, bounded, start, workspace.position)

    async def open(
        self, workspace: Workspace, identity: Identity, again: Again, wanted: Wanted, start: int, ticket: UUID | None
    ) -> Follower:
        """A new follower, to be given to `close` in the end. Whoever followed by the same ticket ends.

        Raises `TooManyFollowers` or `PositionAhead`.
        """
        await workspace.follow()
        demand_reached(workspace, start)
        before = None if ticket is None else self._by_ticket.get(ticket)
        if before is not None:
            before.stop()
        admitted = FOLLOWERS_PER_KEY_MAX + (before is not None)
        if self._by_key[identity.credential_id] >= admitted or self.count >= FOLLOWERS_MAX:
            raise TooManyFollowers
        held = self._tails.get(workspace.workspace_id)
        if held is None:
            held = self._tails[workspace.workspace_id] = Tail(workspace, self._reading), set()
            workspace.listener = held[0]
        follower = Follower(
            workspace, held[0], self._reading, self._clock, identity, again, wanted, start, ticket=ticket
        )
        follower.over = self._stopped
        held[1].add(follower)
        self._by_key[follower.key] += 1
        if ticket is not None:
            self._by_ticket[ticket] = follower
        return follower

    def close(self, follower: Follower) -> None:
        """Forget a follower, and the tail with the last one."""
        tail, followers = self._tails[follower.workspace_id]
        followers.discard(follower)
        self._by_key[follower.key] -= 1
        if not self._by_key[follower.key]:
            del self._by_key[follower.key]
        if follower.ticket is not None and self._by_ticket.get(follower.ticket) is follower:
            del self._by_ticket[follower.ticket]
        if not followers:
            del self._tails[follower.workspace_id]
            follower.leave()
            ended = asyncio.create_task(tail.close())
            self._closing.add(ended)
            ended.add_done_callback(self._closing.discard)

    def stop(self) -> None:
        """End all followers, and whoever comes yet: the process is asked to end."""
        self._stopped = True
        for _, followers in self._tails.values():
            for follower in followers:
                follower.stop()

    async def finish(self) -> None:
        """Close what is still open."""
        self.stop()
        for tail, _ in list(self._tails.values()):
            await tail.close()
        if self._closing:
            await asyncio.wait(self._closing)


def demand_reached(workspace: Workspace, start: int) -> None:
    """Refuse a position beyond the log's end: it is another log's, as after the restoring of a backup."""
    if start > workspace.position:
        raise PositionAhead(workspace.position)
