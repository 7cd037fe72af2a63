"""Lists from the derived rows, as of now: one indexed query a page. What the past looked like is folded in `past`."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.facts import Caller, stream_key
from service.ledger.credentials import Identity
from service.ledger.listing import ListRows, card_place, name_place, read_card
from service.ledger.questions import (
    After,
    PartiesPage,
    PartiesQuestion,
    PartyCard,
    PartyStream,
    Row,
    RowsPage,
    RowsQuestion,
)
from service.ledger.sealing import unseal_row
from service.ledger.store import Store
from service.ledger.workspace import Workspace

# A search in titles opens sealed cards one by one: this many rows a round trip, this many in all for one page; a page
# that ends there is short, and its cursor goes on from where the search stopped.
SEARCH_ROWS_PER_READ = 1_000
SEARCH_ROWS_MAX = 20_000
STREAMS_SHOWN_MAX = 20  # of a person in a list; asking for that person shows more
STREAMS_OF_ONE_MAX = 500

_COLUMNS = (
    "s.stream_id, s.kind, s.version, s.status, s.outcome, s.stage, s.card, s.forces_net, s.dues, s.opened_at, "
    "s.last_event_at, k.wrapped"
)
_SORT_KEYS = {
    "opened": "s.opened_at",
    "last_event": "s.last_event_at",
    "next_due": "s.dues[1]",
}
"""What each sort orders by. Rows without a value come last, whichever the direction."""
# The index on last events holds only the ten minutes, so that not every fact touches it: PostgreSQL goes through it and
# sorts the streams of one stretch at a time.
_TEN_MINUTES = "date_bin('10 minutes', %(after_value)s::timestamptz, '2000-01-01 00:00+00')"

_VISIBLE = """(s.visibility IN ('team', 'shared') OR %(caller)s = ANY (s.openers)
               OR (s.visibility = 'participants' AND EXISTS (
                    SELECT FROM participation mine
                     WHERE mine.workspace_id = s.workspace_id AND mine.party_id = %(caller)s
                       AND mine.stream_id = s.stream_id AND mine.left_at IS NULL)))"""
_VISIBLE_TO_AUDITORS = "s.visibility IN ('team', 'shared')"
_VISIBLE_TO_GUESTS = "s.visibility = 'shared' AND s.stream_id = %(guest_stream)s"


def visible_streams(caller: Caller) -> str:
    """The SQL condition for the streams this caller may know of: the same rule as `domain.history.may_see`."""
    if caller.role == "guest":
        return _VISIBLE_TO_GUESTS
    return _VISIBLE_TO_AUDITORS if caller.role == "auditor" else _VISIBLE


def caller_parameters(identity: Identity) -> dict[str, Any]:
    """The parameters of `visible_streams`, and the workspace."""
    bound = identity.caller.stream_id
    return {
        "workspace": identity.workspace_id,
        "caller": identity.caller.party_id,
        "guest_stream": UUID(bound.partition("/")[2]) if bound else None,
    }


class Lists:
    """Answers questions over many streams from `stream` and `participation`."""

    def __init__(self, store: Store, rows: ListRows) -> None:
        self._store = store
        self._rows = rows

    async def rows(self, workspace: Workspace, identity: Identity, question: RowsQuestion, now: datetime) -> RowsPage:
        """One page of deals or goals."""
        found: list[Row] = []
        after = question.after
        seen = 0
        while True:
            wanted = SEARCH_ROWS_PER_READ if question.text else question.limit + 1 - len(found)
            sql, parameters = self.page_query(identity, question, after, wanted)
            rows = await self._store.read(sql, parameters)
            seen += len(rows)
            for row in rows:
                listed = self._row(workspace, row, now)
                if question.text and not matches(listed, question.text):
                    continue
                if len(found) == question.limit:
                    return RowsPage(
                        rows=found, next=_after(found[-1], question, workspace), position=workspace.position
                    )
                found.append(listed)
            if len(rows) < wanted:
                return RowsPage(rows=found, next=None, position=workspace.position)
            after = _after(self._row(workspace, rows[-1], now), question, workspace)
            if seen >= SEARCH_ROWS_MAX:
                return RowsPage(rows=found, next=after, position=workspace.position)

    def page_query(
        self, identity: Identity, question: RowsQuestion, after: After | None, limit: int
    ) -> tuple[str, dict[str, Any]]:
        """The query for at most `limit` rows after a place, and its parameters."""
        conditions = ["s.workspace_id = %(workspace)s", "s.kind = %(kind)s", visible_streams(identity.caller)]
        parameters = caller_parameters(identity) | {"kind": question.kind, "limit": limit}
        for column in ("status", "outcome", "stage"):
            value = getattr(question, column)
            if value is not None:
                conditions.append(f"s.{column} = %({column})s")
                parameters[column] = value
        if question.party is not None:
            conditions.append("%(party)s = ANY (s.parties)")
            parameters["party"] = question.party
        if question.customer is not None:
            conditions.append("s.customer_tag = %(customer_tag)s")
            parameters["customer_tag"] = self._rows.customer_tag(identity.workspace_id, question.customer)
        if question.updated_since is not None:
            conditions.append("s.updated_at >= %(updated_since)s")
            parameters["updated_since"] = question.updated_since
        if after is not None:
            conditions.append(_beyond(question, after))
            parameters |= {"after_value": after.value, "after_id": after.id}
        sql = (
            f"SELECT {_COLUMNS} FROM stream s "
            "LEFT JOIN content_key k ON k.workspace_id = s.workspace_id AND k.key_id = s.stream_id "
            f"WHERE {' AND '.join(conditions)} ORDER BY {_order(question)} LIMIT %(limit)s"
        )
        return sql, parameters

    def _row(self, workspace: Workspace, row: Sequence[Any], now: datetime) -> Row:
        stream, kind, version, status, outcome, stage, card, forces_net, dues, opened_at, last_event_at, wrapped = row
        cipher = workspace.cipher(stream, "stream", stream, wrapped)
        words = read_card(unseal_row(cipher, card_place(workspace.workspace_id, stream), card))
        return Row(
            id=str(stream),
            kind=kind,
            title=words.title,
            customer=words.customer,
            product=words.product,
            status=status,
            outcome=outcome,
            stage=stage,
            forces_net=forces_net,
            next_due=dues[0] if dues else None,
            overdue=sum(due < now for due in dues),
            opened_at=opened_at,
            last_event_at=last_event_at,
            stream_version=version,
        )

    async def parties(self, workspace: Workspace, identity: Identity, question: PartiesQuestion) -> PartiesPage:
        """One page of people, by id."""
        one = question.party is not None
        sql, parameters = _people_query(identity, question)
        rows = await self._store.read(sql, parameters)
        grouped: dict[UUID, list[Sequence[Any]]] = {}
        for row in rows:
            grouped.setdefault(row[0], []).append(row)
        parties = [
            self._card(workspace, party, theirs, STREAMS_OF_ONE_MAX if one else STREAMS_SHOWN_MAX)
            for party, theirs in grouped.items()
        ]
        more = len(parties) > question.limit
        parties = parties[: question.limit]
        return PartiesPage(parties=parties, next=parties[-1].party_id if more else None, position=workspace.position)

    def _card(self, workspace: Workspace, party: UUID, rows: Sequence[Sequence[Any]], shown_max: int) -> PartyCard:
        streams = [
            PartyStream(
                stream_id=stream_key(kind, stream),
                side=side,
                roles=tuple(roles),
                joined_at=joined_at,
                left_at=left_at,
                owes=owes,
                owed=owed,
            )
            for _, stream, kind, side, roles, joined_at, left_at, owes, owed, *_ in rows
        ]
        return PartyCard(
            party_id=party,
            name=next(self._names(workspace, party, rows), None),
            stream_count=rows[0][9],
            owes=rows[0][10],
            owed=rows[0][11],
            streams=streams[:shown_max],
        )

    def _names(self, workspace: Workspace, party: UUID, rows: Sequence[Sequence[Any]]) -> Iterator[str]:
        """The names this person was given, latest first."""
        for row in rows:
            name, name_key, kind, owner_id, wrapped = row[12:17]
            if name is None or name_key is None:
                continue
            cipher = workspace.cipher(name_key, kind, owner_id, wrapped)
            content = unseal_row(cipher, name_place(workspace.workspace_id, party), name)
            if content is not None:
                yield content.decode()


def matches(row: Row, text: str) -> bool:
    """Whether the text is in the row's title or customer, case aside."""
    wanted = text.casefold()
    return any(wanted in words.casefold() for words in (row.title, row.customer) if words)


def sort_value(row: Row, question: RowsQuestion) -> datetime | None:
    """What the row is ordered by."""
    return {"opened": row.opened_at, "last_event": row.last_event_at, "next_due": row.next_due}[question.sort]


def _after(row: Row, question: RowsQuestion, workspace: Workspace) -> After:
    return After(sort_value(row, question), UUID(row.id), workspace.position)


def _order(question: RowsQuestion) -> str:
    way = "DESC" if question.descending else "ASC"
    key = f"{_SORT_KEYS[question.sort]} {way}"
    if question.sort == "next_due":
        key += " NULLS LAST"
    elif question.sort == "last_event":
        key = f"s.last_event_in {way}, {key}"
    return f"{key}, s.stream_id {way}"


def _beyond(question: RowsQuestion, after: After) -> str:
    """Rows that come later than the last one seen; those without a value come last either way."""
    key, sign = _SORT_KEYS[question.sort], "<" if question.descending else ">"
    if after.value is None:
        return f"{key} IS NULL AND s.stream_id {sign} %(after_id)s AND %(after_value)s::timestamptz IS NULL"
    later = f"({key}, s.stream_id) {sign} (%(after_value)s::timestamptz, %(after_id)s)"
    if question.sort == "next_due":
        return f"({later} OR {key} IS NULL)"
    if question.sort == "last_event":
        return f"s.last_event_in {sign}= {_TEN_MINUTES} AND {later}"
    return later


def _people_query(identity: Identity, question: PartiesQuestion) -> tuple[str, dict[str, Any]]:
    conditions = ["p.workspace_id = %(workspace)s", visible_streams(identity.caller)]
    parameters = caller_parameters(identity) | {"limit": question.limit + 1}
    if question.party is not None:
        conditions.append("p.party_id = %(party)s")
        parameters["party"] = question.party
    if question.after is not None:
        conditions.append("p.party_id > %(after)s")
        parameters["after"] = question.after
    where = " AND ".join(conditions)
    return (
        f"""WITH page AS (
                SELECT p.party_id, count(*) AS streams, sum(p.owes) AS owes, sum(p.owed) AS owed
                  FROM participation p
                  JOIN stream s ON s.workspace_id = p.workspace_id AND s.stream_id = p.stream_id
                 WHERE {where} GROUP BY p.party_id ORDER BY p.party_id LIMIT %(limit)s
            )
            SELECT page.party_id, p.stream_id, p.kind, p.side, p.roles, p.joined_at, p.left_at, p.owes, p.owed,
                   page.streams, page.owes, page.owed, p.name, p.name_key, k.kind, k.owner_id, k.wrapped
              FROM page
              JOIN LATERAL (
                    SELECT p.*, s.kind FROM participation p
                      JOIN stream s ON s.workspace_id = p.workspace_id AND s.stream_id = p.stream_id
                     WHERE p.party_id = page.party_id AND {where}
                     ORDER BY p.joined_at DESC, p.stream_id LIMIT {STREAMS_OF_ONE_MAX}
                   ) p ON true
              LEFT JOIN content_key k ON k.workspace_id = %(workspace)s AND k.key_id = p.name_key
             ORDER BY page.party_id, p.joined_at DESC, p.stream_id""",
        parameters,
    )
