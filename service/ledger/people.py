"""People from the derived rows, as of now: who takes part where, one indexed query a page."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from domain.facts import stream_key
from service.ledger.credentials import Identity
from service.ledger.listing import name_place
from service.ledger.questions import PartiesPage, PartiesQuestion, PartyCard, PartyStream
from service.ledger.sealing import unseal_row
from service.ledger.store import Store
from service.ledger.visible_streams import caller_parameters, visible_streams
from service.ledger.workspace import Workspace

STREAMS_SHOWN_MAX = 20  # of a person in a list; asking for that person shows more
STREAMS_OF_ONE_MAX = 500  # of one person who is asked for: as long as the longest page


class People:
    """Answers questions about people from `participation`."""

    def __init__(self, store: Store) -> None:
        self._store = store

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
            cipher = workspace.keys.learn(name_key, kind, owner_id, wrapped)
            content = unseal_row(cipher, name_place(workspace.workspace_id, party), name)
            if content is not None:
                yield content.decode()


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
