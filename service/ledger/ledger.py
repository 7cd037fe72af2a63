"""The ledger's door: everything the service records or reads goes through here, for one identified caller at a time."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from domain.sight import may_see
from projections.goal_tree import GoalTree
from projections.patterns import Patterns
from projections.trust.party import PartyTrust
from projections.trust.policy import Policy
from projections.view import View
from service.clock import Clock
from service.ledger.across import Across
from service.ledger.checkpoints import Checkpoints
from service.ledger.credentials import Credentials, Identity
from service.ledger.erasing.asked import Erased, Planned
from service.ledger.erasing.asked import Wanted as ToErase
from service.ledger.erasing.doing import Erasures
from service.ledger.erasing.journal import Entry, ErasureJournal
from service.ledger.exports import Bundle, Exports
from service.ledger.feed.entries import Seen, Wanted
from service.ledger.feed.following import Again, Follower, Followers, demand_reached
from service.ledger.histories import History, history
from service.ledger.keys import Ciphers
from service.ledger.listing import ListRows
from service.ledger.lists import Lists
from service.ledger.memory import Memory
from service.ledger.past import Past
from service.ledger.people import People
from service.ledger.person_exports import person_lines
from service.ledger.proofs import Proofs
from service.ledger.questions import (
    AgendaPage,
    AgendaQuestion,
    KnownAt,
    PartiesPage,
    PartiesQuestion,
    RowsPage,
    RowsQuestion,
)
from service.ledger.receipts import ReceiptsAsked
from service.ledger.recording import Recording
from service.ledger.refusals import Absent, NoSuchKey, NothingToErase
from service.ledger.store import Store, statement
from service.ledger.summaries import Summaries
from service.ledger.sync.door import Sync
from service.ledger.tickets import Held, Tickets
from service.ledger.vitals import Vitals
from service.ledger.watch import Watch
from service.ledger.webhooks.door import Webhooks
from service.ledger.workspaces import Workspaces
from service.masterkey import MasterKey
from service.proof.receipt import ReceiptFile
from service.settings import Settings

# Reads from the database for one page of the feed: most of a log may be of other types, or not the caller's to see.
READS_PER_PAGE_MAX = 10

_WORKSPACES = statement("workspaces")


class Ledger:
    """One process's ledger over one database."""

    def __init__(self, store: Store, master_key: MasterKey, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.credentials = Credentials(store, clock)
        self.checkpoints = Checkpoints(store, master_key, clock)
        self.proofs = Proofs(store)
        self.tickets = Tickets(store, self.credentials, clock)
        self.followers = Followers(clock)
        self.watch = Watch(store, clock)
        self.webhooks = Webhooks(
            store,
            master_key,
            self.credentials,
            clock,
            settings.webhook_networks,
            feed=self.feed,
            erasures=self._erasures_until_now,
        )
        self._store = store
        self._ciphers = Ciphers(master_key)
        self._memory = Memory(settings.cached_events_max)
        self._list_rows = ListRows(master_key.derive(b"customer tag"))
        self._workspaces = Workspaces(
            store, self._memory, self._ciphers, self.credentials, self._list_rows, clock, settings
        )
        recording = Recording(self._workspaces, self.checkpoints, clock)
        self.append = recording.append
        self.sync = Sync(store, master_key, clock, recording.append_item, self._holds)
        self._exports = Exports(store, self._ciphers, self.checkpoints, self.proofs)
        self._summaries = Summaries(store)
        self._lists = Lists(store, self._list_rows, self._summaries)
        self._people = People(store)
        self._past = Past(store, clock)
        self._across = Across(store, self._past, clock)
        journal = settings.erasure_journal
        self._erasures = Erasures(
            store, self._ciphers, self._list_rows, clock, None if journal is None else ErasureJournal(journal)
        )

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, master_key: MasterKey, settings: Settings, clock: Clock | None = None
    ) -> AsyncIterator["Ledger"]:
        """A ledger over the database at `dsn`; leaving it answers what is waiting and closes the connections."""
        store = Store(dsn, settings.database_connections_max)
        ledger = cls(store, master_key, settings, clock or Clock())
        await store.open()
        try:
            yield ledger
        finally:
            await ledger.followers.finish()
            await ledger.webhooks.finish()
            await ledger._workspaces.finish()
            await ledger._summaries.close()
            await store.close()

    async def identify(self, shown: str) -> Identity:
        """Whose key this is; raises `NoSuchKey`."""
        return await self.credentials.identify(shown)

    # -- recording (`append` is `Recording.append`)

    async def _holds(self, identity: Identity, stream_id: str, sought: UUID) -> bool:
        """Whether the caller sees a thing or a fact of this id on the stream."""
        kept = await self._workspaces.known(identity.workspace_id).stream(stream_id)
        found = kept.stream.thing(sought) or kept.stream.find(sought)
        return found is not None and may_see(found.fact, identity.caller, kept.stream)

    async def missing(self, identity: Identity, events: Sequence[UUID]) -> list[UUID]:
        """Which of these ids name no fact that the caller may see."""
        workspace = self._workspaces.known(identity.workspace_id)
        return await self.sync.missing(identity, workspace, events)

    # -- reading one stream

    async def history(
        self, identity: Identity, stream_id: str, as_of: datetime | None = None, known_at: KnownAt = None
    ) -> History:
        """A stream as the caller may see it; raises `Absent`, or `Unreadable` when a stored fact cannot be read."""
        workspace = await self._workspaces.followed(identity)
        kept = await workspace.stream(stream_id)
        return history(kept, identity.caller, workspace.position, as_of, known_at)

    async def export(
        self, identity: Identity, stream_id: str | None, since: int | None, asked: ReceiptsAsked
    ) -> Bundle:
        """A bundle of one stream, or of the whole log, with the proof that it only grew since a size, and with the
        score receipts asked for.

        Raises `Absent`, `Unreadable` or `NotCheckpointed` before the first line.
        """
        workspace = await self._workspaces.followed(identity)
        if stream_id is None:
            return await self._exports.log(workspace, identity, since, asked)
        return await self._exports.stream(workspace, identity, await workspace.stream(stream_id), since, asked)

    async def receipt(self, identity: Identity, stream_id: str, asked: ReceiptsAsked) -> ReceiptFile:
        """The caller's trust answer on a stream, with the place of every fact in it, at a checkpoint of all of them.

        Raises `Absent`, also when nothing had happened by then, `NotProvable`, `Unreadable` or `NotCheckpointed`.
        """
        workspace = await self._workspaces.followed(identity)
        return await self._exports.receipt(workspace, identity, await workspace.stream(stream_id), asked)

    async def export_person(self, identity: Identity, party_id: UUID, export_id: UUID) -> AsyncGenerator[bytes, None]:
        """The lines of what is held on a person, as far as the caller may see it. Folds every stream there is."""
        workspace = await self._workspaces.followed(identity)
        streams = self._past.everything(workspace, identity)
        return person_lines(streams, identity.caller, party_id, export_id, workspace.position)

    async def position(self, identity: Identity) -> int:
        """The log's size now."""
        workspace = await self._workspaces.followed(identity)
        return workspace.position

    # -- reading many

    async def rows(self, identity: Identity, question: RowsQuestion) -> RowsPage:
        """A page of deals or goals (P0). With `as_of` or `known_at` the whole log is folded up to there."""
        workspace = await self._workspaces.followed(identity)
        if identity.caller.role == "guest" or question.as_of is not None or question.known_at is not None:
            return await self._past.rows(workspace, identity, question)
        return await self._lists.rows(workspace, identity, question, self.clock.now())

    async def parties(self, identity: Identity, question: PartiesQuestion) -> PartiesPage:
        """A page of people. With `as_of` or `known_at` the whole log is folded up to there."""
        workspace = await self._workspaces.followed(identity)
        if identity.caller.role == "guest" or question.as_of is not None or question.known_at is not None:
            return await self._past.parties(workspace, identity, question)
        return await self._people.parties(workspace, identity, question)

    async def agenda(self, identity: Identity, question: AgendaQuestion) -> AgendaPage:
        """What is due for a party, over all streams the caller may see."""
        workspace = await self._workspaces.followed(identity)
        return await self._past.agenda(workspace, identity, question)

    # -- erasing

    async def erase(self, identity: Identity, wanted: ToErase) -> Erased:
        """Destroy content for good; raises `Absent`, `NothingToErase` or `EventIdReused`."""
        workspace = self._workspaces.known(identity.workspace_id)
        erased = await self._erasures.erase(workspace, identity.caller.actor, wanted)
        self.checkpoints.grown(identity.workspace_id)
        return erased

    async def erasable(self, identity: Identity, wanted: ToErase) -> Planned:
        """What that would destroy; raises `Absent` or `NothingToErase`."""
        workspace = self._workspaces.known(identity.workspace_id)
        return await self._erasures.plan(workspace, identity.caller, wanted)

    async def erase_again(self, entry: Entry) -> bool:
        """Do an erasure of the journal, if this database is older than it; whether there was anything to do."""
        workspace = self._workspaces.known(entry.workspace_id)
        wanted = ToErase(scope=entry.scope, target_id=entry.target_id, reason=entry.reason, event_id=entry.event_id)
        try:
            erased = await self._erasures.erase(workspace, entry.by, wanted, entry)
        except (Absent, NothingToErase, NoSuchKey):  # the backup is older than the content, or than the workspace
            return False
        return not erased.replayed

    # -- following

    async def feed(self, identity: Identity, wanted: Wanted, start: int, limit: int) -> tuple[list[Seen], int, int]:
        """Up to `limit` facts and resets from position `start` on that the caller may see, in that order.

        Also how far was looked, which is where to go on, and the log's size. Raises `PositionAhead`.
        """
        workspace = self._workspaces.known(identity.workspace_id)
        items: list[Seen] = []
        for _ in range(READS_PER_PAGE_MAX):
            found = await self.followers.page(workspace, identity, wanted, start)
            items += found.items
            start = found.next
            if len(items) >= limit or start >= workspace.position:
                break
        if len(items) > limit:
            items, start = items[:limit], items[limit].entry.position
        return items, start, workspace.position

    async def follow(
        self, identity: Identity, again: Again, wanted: Wanted, start: int, held: Held | None = None
    ) -> Follower:
        """A follower from `start` on, to be given to `followers.close`; raises `TooManyFollowers`, `PositionAhead`."""
        workspace = self._workspaces.known(identity.workspace_id)
        ticket = None if held is None else held.ticket_id
        return await self.followers.open(workspace, identity, again, wanted, start, ticket)

    async def reached(self, identity: Identity, position: int | None) -> int:
        """A position that somebody wants to begin at, or the log's end; raises `PositionAhead`."""
        workspace = await self._workspaces.followed(identity)
        if position is not None:
            demand_reached(workspace, position)
        return workspace.position if position is None else position

    async def _erasures_until_now(self, workspace_id: UUID) -> int:
        workspace = self._workspaces.known(workspace_id)
        await workspace.follow()
        return workspace.erasures

    async def party_trust(
        self, identity: Identity, party_id: UUID, as_of: datetime | None, known_at: KnownAt, policy: Policy
    ) -> tuple[PartyTrust, int]:
        """Trust in a party over the streams the caller may see (P10), and the log's size; raises `Absent`."""
        workspace = await self._workspaces.followed(identity)
        found = await self._across.party_trust(workspace, identity, party_id, as_of, known_at, policy)
        return found, workspace.position

    async def patterns(
        self, identity: Identity, as_of: datetime | None, known_at: KnownAt, policy: Policy
    ) -> tuple[Patterns, int]:
        """The deals the caller may see, compared, and the log's size."""
        workspace = await self._workspaces.followed(identity)
        return await self._across.patterns(workspace, identity, as_of, known_at, policy), workspace.position

    async def goal_tree(
        self, identity: Identity, goal: UUID, as_of: datetime | None, known_at: KnownAt, policy: Policy
    ) -> tuple[GoalTree, int]:
        """A goal and what supports it (P16), and the log's size; raises `Absent`."""
        workspace = await self._workspaces.followed(identity)
        found = await self._across.goal_tree(workspace, identity, goal, as_of, known_at, policy)
        return found, workspace.position

    async def views(self, identity: Identity) -> AsyncIterator[View]:
        """Every deal and goal that the caller may see, as it is now, in the order of their ids."""
        async for view in self._across.views(await self._workspaces.followed(identity), identity):
            yield view

    def vitals(self) -> Vitals:
        """What this process holds and has done, without asking the database."""
        return Vitals(
            groups=self._store.meter.groups,
            messages=self._store.meter.messages,
            facts_waiting=self._workspaces.facts_waiting,
            followers=self.followers.count,
            facts_behind=self.followers.facts_behind,
            workspaces=self._workspaces.count,
            streams_kept=self._memory.count,
            facts_kept=self._memory.facts,
            ciphers_kept=self._ciphers.count,
            credentials_kept=self.credentials.count,
            unreadable_streams=len(self._memory.unreadable),
            pools=self._store.pools,
        )

    async def create_workspace(self, workspace_id: UUID, name: str) -> None:
        """A new, empty workspace."""
        async with self._store.connection() as connection:
            await connection.execute("SELECT create_workspace(%s, %s)", (workspace_id, name))

    async def workspaces(self) -> list[tuple[UUID, str, int]]:
        """Every workspace: id, name and number of facts. For the command line alone."""
        rows = await self._store.read(_WORKSPACES, {})
        return [(row[0], row[1], row[2]) for row in rows]
