"""Lists of deals and goals from the derived rows, as of now: one indexed query a page. `past` folds what once was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.facts import StreamKind
from projections.list_row import Card, ListRow
from projections.summary import Summary
from service.ledger.credentials import Identity
from service.ledger.listing import ListRows, card_place, read_card
from service.ledger.questions import After, Row, RowsPage, RowsQuestion
from service.ledger.refusals import NotSummarised
from service.ledger.row_queries import page_query
from service.ledger.sealing import unseal_row
from service.ledger.store import Store
from service.ledger.summaries import Summaries, read_summary
from service.ledger.workspace import Workspace

# A search in titles opens sealed cards one by one: this many rows a round trip, this many in all for one page; a page
# that ends there is short, and its cursor goes on from where the search stopped.
SEARCH_ROWS_PER_READ = 1_000
SEARCH_ROWS_MAX = 20_000
# How often a page is read again because the summaries began anew meanwhile: after an upgrade they do so once, or a few
# times while processes of both versions run.
READS_MAX = 5


class Listed(NamedTuple):
    """One row as the query gives it: of the summary, the version of the stream that it was made of and how long it
    holds; and what the list is sorted by."""

    stream: UUID
    kind: Any
    version: int
    status: str
    outcome: str | None
    stage: str | None
    card: bytes | None
    forces_net: int | None
    dues: list[datetime]
    opened_at: datetime
    last_event_at: datetime
    wrapped: bytes | None
    summary_version: int | None
    stale_at: datetime | None
    detail: bytes | None
    followed: int | None
    sorted_by: datetime | float | None

    def summary(self, now: datetime) -> Summary | None:
        """The summary that is kept, if it holds."""
        holds = self.summary_version == self.version and (self.stale_at is None or self.stale_at > now)
        return read_summary(self.detail) if holds and self.detail is not None else None


class Lists:
    """Answers questions over many streams from their rows and summaries."""

    def __init__(self, store: Store, rows: ListRows, summaries: Summaries) -> None:
        self._store = store
        self._rows = rows
        self._summaries = summaries

    async def rows(self, workspace: Workspace, identity: Identity, question: RowsQuestion, now: datetime) -> RowsPage:
        """One page of deals or goals."""
        tag = None
        if question.customer is not None:
            tag = self._rows.customer_tag(identity.workspace_id, question.customer)
        found: list[tuple[Listed, Card]] = []
        after = question.after
        compared_at = now if after is None or after.at is None else after.at
        seen = 0
        while True:
            wanted = SEARCH_ROWS_PER_READ if question.text else question.limit + 1 - len(found)
            rows = await self._read(
                workspace, identity, msgspec.structs.replace(question, after=after, limit=wanted), now, tag
            )
            seen += len(rows)
            for row in rows:
                words = self._words(workspace, row)
                if question.text and not matches(words, question.text):
                    continue
                if len(found) == question.limit:
                    after = _after(found[-1][0], question, workspace, compared_at)
                    return await self._page(workspace, found, after, now)
                found.append((row, words))
            if len(rows) < wanted:
                return await self._page(workspace, found, None, now)
            after = _after(rows[-1], question, workspace, compared_at)
            if seen >= SEARCH_ROWS_MAX:
                return await self._page(workspace, found, after, now)

    async def _read(
        self, workspace: Workspace, identity: Identity, question: RowsQuestion, now: datetime, tag: bytes | None
    ) -> list[Listed]:
        """Rows after a place. Raises `NotSummarised` when what they are chosen by is not there yet."""
        by_summary = question.signal is not None or question.sort == "trust"
        for _ in range(READS_MAX):
            followed = await self._summaries.follow(workspace, now) if by_summary else 0
            sql, parameters = page_query(identity, question, question.after, question.limit, now, tag, followed)
            rows = [Listed(*row) for row in await self._store.read(sql, parameters)]
            if not by_summary or not rows or (rows[0].followed or 0) >= followed:
                return rows
        raise NotSummarised

    async def _page(
        self, workspace: Workspace, found: Sequence[tuple[Listed, Card]], after: After | None, now: datetime
    ) -> RowsPage:
        """The page of these rows, with summaries made anew where those kept no longer hold."""
        told = {row.stream: row.summary(now) for row, _ in found}
        wanting = [stream for stream, summary in told.items() if summary is None]
        if wanting:
            made = await self._summaries.made(workspace, wanting, now)
            self._summaries.keep_soon(workspace, made)
            told |= {one.stream: one.summary for one in made}
        rows = [
            told_row(str(row.stream), row.kind, row, words, row.version, told[row.stream], now) for row, words in found
        ]
        return RowsPage(rows=rows, next=after, position=workspace.position)

    def _words(self, workspace: Workspace, row: Listed) -> Card:
        cipher = workspace.keys.learn(row.stream, "stream", row.stream, row.wrapped)
        return read_card(unseal_row(cipher, card_place(workspace.workspace_id, row.stream), row.card))


def matches(words: Card | Row, text: str) -> bool:
    """Whether the text is in the title or the customer, case aside."""
    wanted = text.casefold()
    return any(wanted in one.casefold() for one in (words.title, words.customer) if one)


def told_row(
    stream: str,
    kind: StreamKind,
    shown: Listed | ListRow,
    words: Card,
    version: int,
    told: Summary | None,
    at: datetime,
) -> Row:
    """The row of a stream at a version, judged at `at`; `told` is None where its facts cannot be read."""
    return Row(
        id=stream,
        kind=kind,
        title=words.title,
        customer=words.customer,
        product=words.product,
        status=shown.status,
        outcome=shown.outcome,
        stage=shown.stage,
        forces_net=shown.forces_net,
        next_due=shown.dues[0] if shown.dues else None,
        overdue=sum(due < at for due in shown.dues),
        opened_at=shown.opened_at,
        last_event_at=shown.last_event_at,
        stream_version=version,
        trust=None if told is None else told.headline(at),
        signals=[] if told is None else told.signals(at),
    )


def _after(row: Listed, question: RowsQuestion, workspace: Workspace, compared_at: datetime) -> After:
    at = compared_at if question.sort == "trust" else None
    return After(row.sorted_by, row.stream, workspace.position, at)
