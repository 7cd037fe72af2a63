"""Answers over many streams that no derived row holds: the past, and what is due. Each stream in question is folded.

The cost is that of reading and folding those streams; the event loop gets a breath after each. The rows of a moment are
kept for the pages that follow.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.facts import stream_uuid
from domain.stream import Stream
from projections.agenda import agenda
from projections.list_row import card, list_row
from projections.participations import Participation, participations
from projections.summary import summary
from projections.view import View
from service.clock import Clock
from service.ledger.credentials import Identity
from service.ledger.histories import history, public_fold_at
from service.ledger.lists import matches, told_row
from service.ledger.memory import Kept
from service.ledger.people import STREAMS_OF_ONE_MAX, STREAMS_SHOWN_MAX
from service.ledger.questions import (
    After,
    AgendaItem,
    AgendaPage,
    AgendaQuestion,
    KnownAt,
    PartiesPage,
    PartiesQuestion,
    PartyCard,
    PartyStream,
    Row,
    RowsPage,
    RowsQuestion,
)
from service.ledger.refusals import Absent
from service.ledger.store import Store, statement
from service.ledger.workspace import Workspace

STREAMS_PER_CHUNK = 100
# Whole lists of a moment kept for the pages that follow: one of 10,000 deals is about 8 MB.
LISTS_KEPT_MAX = 4
BEFORE_ALL = UUID(int=0)
LATEST = datetime.max.replace(tzinfo=UTC)

_STREAM_IDS = statement("stream_ids")
_AGENDA_STREAMS = statement("agenda_streams")

Listed = tuple[Row, frozenset[UUID], datetime]
"""A row, who takes part, and when its last fact was recorded."""


class Past:
    """Folds streams to answer for a moment."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lists: OrderedDict[Any, list[Listed]] = OrderedDict()

    async def rows(self, workspace: Workspace, identity: Identity, question: RowsQuestion) -> RowsPage:
        """A page of rows as they were: the same rows, filters and order as today's, from folds cut at that moment."""
        listed = await self._listed(workspace, identity, question)
        chosen = [row for row, parties, updated_at in listed if _chosen(row, parties, updated_at, question)]
        chosen.sort(key=lambda row: UUID(row.id), reverse=question.descending)
        valued = [row for row in chosen if _sort_value(row, question) is not None]
        valued.sort(key=lambda row: _sort_value(row, question), reverse=question.descending)  # type: ignore[arg-type,return-value]  # none is None
        chosen = valued + [row for row in chosen if _sort_value(row, question) is None]
        start = _start([UUID(row.id) for row in chosen], question.after)
        page = chosen[start : start + question.limit]
        after = None
        if start + question.limit < len(chosen):
            after = After(_sort_value(page[-1], question), UUID(page[-1].id), workspace.position)
        return RowsPage(rows=page, next=after, position=workspace.position)

    async def _listed(self, workspace: Workspace, identity: Identity, question: RowsQuestion) -> list[Listed]:
        known_at: KnownAt = workspace.position if question.known_at is None else question.known_at
        moment = question.as_of or self._clock.now()
        key = (workspace.workspace_id, identity.caller, question.kind, question.as_of, known_at)
        listed = self._lists.get(key)
        if listed is None:
            listed = []
            async for kept, fold in self._folds(workspace, identity, (question.kind,), question.as_of, known_at):
                updated_at = kept.records[-1].recorded_at
                parties = frozenset(one.party_id for one in participations(fold))
                listed.append((_row(fold, kept.version, moment), parties, updated_at))
            self._lists[key] = listed
            if len(self._lists) > LISTS_KEPT_MAX:
                self._lists.popitem(last=False)
        return listed

    async def parties(self, workspace: Workspace, identity: Identity, question: PartiesQuestion) -> PartiesPage:
        """A page of people as they were."""
        known_at: KnownAt = workspace.position if question.known_at is None else question.known_at
        found: dict[UUID, list[tuple[str, Participation]]] = {}
        async for kept, fold in self._folds(workspace, identity, ("deal", "goal"), question.as_of, known_at):
            for one in participations(fold):
                found.setdefault(one.party_id, []).append((kept.stream.stream_id, one))
        chosen = sorted(
            party
            for party in found
            if (question.after is None or party > question.after) and question.party in (None, party)
        )
        shown_max = STREAMS_SHOWN_MAX if question.party is None else STREAMS_OF_ONE_MAX
        page = [_card(party, found[party], shown_max) for party in chosen[: question.limit]]
        after = page[-1].party_id if len(chosen) > question.limit else None
        return PartiesPage(parties=page, next=after, position=workspace.position)

    async def agenda(self, workspace: Workspace, identity: Identity, question: AgendaQuestion) -> AgendaPage:
        """What is due in the window, earliest first: what is overdue by then comes before it by its nature."""
        moment = question.as_of or self._clock.now()
        past = question.as_of is not None or question.known_at is not None
        items: list[AgendaItem] = []
        guest = identity.caller.role == "guest"
        streams = (
            self._known(workspace, identity, ("deal", "goal")) if past or guest else self._due(workspace, question.end)
        )
        async for _, fold in self.views(workspace, identity, streams, question.as_of, question.known_at):
            items += [
                AgendaItem(
                    kind=one.kind,
                    stream_id=fold.stream_id,
                    subject_id=one.subject_id,
                    party_id=one.party_id,
                    text=one.text,
                    at=one.at,
                    overdue=one.at < moment,
                    local_date=one.local_date,
                )
                for one in agenda(fold, question.start, question.end, moment)
                if question.party in (None, one.party_id)
            ]
        items.sort(key=lambda item: (item.at, item.subject_id))
        start = _start([item.subject_id for item in items], question.after, [item.at for item in items])
        page = items[start : start + question.limit]
        after = None
        if start + question.limit < len(items):
            after = After(page[-1].at, page[-1].subject_id, workspace.position)
        return AgendaPage(items=page, next=after, position=workspace.position)

    async def everything(self, workspace: Workspace, identity: Identity) -> AsyncIterator[Kept]:
        """Every stream of the workspace, its own last; who may see what of them is for the caller to ask."""
        async for kept in self._loaded(workspace, self._known(workspace, identity, ("deal", "goal", "workspace"))):
            yield kept

    # -- folding

    async def _folds(
        self,
        workspace: Workspace,
        identity: Identity,
        kinds: Sequence[str],
        as_of: datetime | None,
        known_at: KnownAt,
    ) -> AsyncIterator[tuple[Kept, Stream]]:
        """Every stream the caller may know of, folded as lists show it."""
        async for kept in self._loaded(workspace, self._known(workspace, identity, kinds)):
            fold = public_fold_at(kept, identity.caller, as_of, known_at)
            if fold is not None:
                yield kept, fold

    async def views(
        self,
        workspace: Workspace,
        identity: Identity,
        streams: AsyncIterator[list[UUID]],
        as_of: datetime | None,
        known_at: KnownAt,
    ) -> AsyncIterator[tuple[Kept, Stream]]:
        """These streams, folded from all that the caller may see of each."""
        async for kept in self._loaded(workspace, streams):
            try:
                seen = history(kept, identity.caller, workspace.position, as_of, known_at)
            except Absent:
                continue
            if seen.stream is not None:
                yield kept, seen.stream

    async def _loaded(self, workspace: Workspace, chunks: AsyncIterator[list[UUID]]) -> AsyncIterator[Kept]:
        async for chunk in chunks:
            loaded = await workspace.load(chunk)
            for stream in chunk:
                kept = loaded.get(stream)
                if isinstance(kept, Kept):  # a stream that cannot be read is told of where it is asked for itself
                    yield kept
                    await asyncio.sleep(0)

    async def _known(self, workspace: Workspace, identity: Identity, kinds: Sequence[str]) -> AsyncIterator[list[UUID]]:
        """Every stream of these kinds; for a guest, the one invited to."""
        invited_to = identity.caller.stream_id
        if identity.caller.role == "guest":
            if invited_to is not None and invited_to.partition("/")[0] in kinds:
                yield [stream_uuid(invited_to)]
            return
        async for chunk in self._chunks(_STREAM_IDS, {"workspace": workspace.workspace_id, "kinds": list(kinds)}):
            yield chunk

    async def _due(self, workspace: Workspace, end: datetime) -> AsyncIterator[list[UUID]]:
        async for chunk in self._chunks(_AGENDA_STREAMS, {"workspace": workspace.workspace_id, "end": end}):
            yield chunk

    async def _chunks(self, sql: str, parameters: dict[str, Any]) -> AsyncIterator[list[UUID]]:
        after = BEFORE_ALL
        while True:
            rows = await self._store.read(sql, parameters | {"after": after, "limit": STREAMS_PER_CHUNK})
            if rows:
                yield [row[0] for row in rows]
                after = rows[-1][0]
            if len(rows) < STREAMS_PER_CHUNK:
                return


def _row(fold: Stream, version: int, moment: datetime) -> Row:
    stream, told = fold.stream_id.partition("/")[2], summary(View(fold, moment))
    return told_row(stream, fold.kind, list_row(fold), card(fold), version, told, moment)


def _sort_value(row: Row, question: RowsQuestion) -> datetime | float | None:
    """What the row is ordered by."""
    match question.sort:
        case "opened":
            return row.opened_at
        case "last_event":
            return row.last_event_at
        case "next_due":
            return row.next_due
        case "trust":
            return None if row.trust is None else row.trust.score


def _chosen(row: Row, parties: frozenset[UUID], updated_at: datetime, question: RowsQuestion) -> bool:
    for column in ("status", "outcome", "stage"):
        wanted = getattr(question, column)
        if wanted is not None and getattr(row, column) != wanted:
            return False
    if question.signal is not None and not (
        row.signals if question.signal == "any" else question.signal in row.signals
    ):
        return False
    if question.party is not None and question.party not in parties:
        return False
    if question.customer is not None and _same(question.customer) != _same(row.customer or ""):
        return False
    if question.updated_since is not None and updated_at < question.updated_since:
        return False
    return not question.text or matches(row, question.text)


def _same(customer: str) -> str:
    return " ".join(customer.casefold().split())


def _start(ids: Sequence[UUID], after: After | None, moments: Sequence[datetime] | None = None) -> int:
    """The index after the one where the page before ended; 0 without one."""
    if after is None:
        return 0
    for index, one in enumerate(ids):
        if one == after.id and (moments is None or moments[index] == after.value):
            return index + 1
    return len(ids)


def _card(party: UUID, streams: list[tuple[str, Participation]], shown_max: int) -> PartyCard:
    streams.sort(key=lambda pair: stream_uuid(pair[0]))
    streams.sort(key=lambda pair: pair[1].joined_at, reverse=True)
    return PartyCard(
        party_id=party,
        name=next((one.name for _, one in streams if one.name is not None), None),
        stream_count=len(streams),
        owes=sum(one.owes for _, one in streams),
        owed=sum(one.owed for _, one in streams),
        streams=[
            PartyStream(
                stream_id=stream_id,
                side=one.side,
                roles=one.roles,
                joined_at=one.joined_at,
                left_at=one.left_at,
                owes=one.owes,
                owed=one.owed,
            )
            for stream_id, one in streams[:shown_max]
        ],
    )
