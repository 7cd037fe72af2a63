"""Answers that rest on the facts of many streams at once: a person's trust, deals compared, goals and what they serve.

Each stream in question is folded as the caller sees it, which costs reading it when it is not in memory; the event loop
gets a breath after each.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.facts import StreamKind, stream_uuid
from projections.deal_figures import DealFigures, deal_figures
from projections.goal_tree import GoalTree, goal_tree
from projections.patterns import Patterns, patterns
from projections.trust.evidence import Evidence, gather
from projections.trust.party import PartyTrust, fused
from projections.trust.policy import DEFAULT, Policy
from projections.view import View
from service.clock import Clock
from service.ledger.credentials import Identity
from service.ledger.past import Past
from service.ledger.questions import KnownAt
from service.ledger.refusals import Absent
from service.ledger.store import Store
from service.ledger.visible_streams import caller_parameters, visible_streams
from service.ledger.workspace import Workspace

STREAMS_PER_CHUNK = 100
BEFORE_ALL = UUID(int=0)


class Across:
    """Folds many streams for one answer. `as_of` and `known_at` are those of the question, None for now."""

    def __init__(self, store: Store, past: Past, clock: Clock) -> None:
        self._store = store
        self._past = past
        self._clock = clock

    async def party_trust(
        self,
        workspace: Workspace,
        identity: Identity,
        party_id: UUID,
        as_of: datetime | None,
        known_at: KnownAt,
        policy: Policy,
    ) -> PartyTrust:
        """Trust in a party (P10); raises `Absent` when the caller sees no stream in which it takes part."""
        found: list[tuple[Any, Evidence]] = []
        at = as_of or self._clock.now()
        streams = self._streams(identity, ("deal", "goal"), party_id)
        async for view in self._views(workspace, identity, streams, as_of, known_at, policy):
            side = view.stream.side(party_id)
            if side is not None:
                found.append((side, gather(view.stream, policy, at)))
        if not found:
            raise Absent
        return fused(party_id, found, at, policy)

    async def patterns(
        self, workspace: Workspace, identity: Identity, as_of: datetime | None, known_at: KnownAt, policy: Policy
    ) -> Patterns:
        """The deals that the caller may see, compared."""
        found: list[DealFigures] = []
        streams = self._streams(identity, ("deal",))
        async for view in self._views(workspace, identity, streams, as_of, known_at, policy):
            found.append(deal_figures(view))  # noqa: PERF401  # each step waits
        return patterns(found)

    async def goal_tree(
        self,
        workspace: Workspace,
        identity: Identity,
        goal: UUID,
        as_of: datetime | None,
        known_at: KnownAt,
        policy: Policy,
    ) -> GoalTree:
        """A goal and all that supports it (P16), among the goals that the caller may see; raises `Absent`."""
        streams = self._streams(identity, ("goal",))
        views = {
            stream_uuid(view.stream.stream_id): view
            async for view in self._views(workspace, identity, streams, as_of, known_at, policy)
        }
        if goal not in views:
            raise Absent
        return goal_tree(views, goal)

    def views(self, workspace: Workspace, identity: Identity) -> AsyncIterator[View]:
        """Every deal and goal that the caller may see, as it is now."""
        return self._views(workspace, identity, self._streams(identity, ("deal", "goal")), None, None, DEFAULT)

    async def _views(
        self,
        workspace: Workspace,
        identity: Identity,
        streams: AsyncIterator[list[UUID]],
        as_of: datetime | None,
        known_at: KnownAt,
        policy: Policy,
    ) -> AsyncIterator[View]:
        now = self._clock.now()
        async for _, stream in self._past.views(workspace, identity, streams, as_of, known_at):
            moment = as_of or (now if stream.last_at is None else max(now, stream.last_at))
            yield View(stream, moment, policy)

    async def _streams(
        self, identity: Identity, kinds: tuple[StreamKind, ...], party_id: UUID | None = None
    ) -> AsyncIterator[list[UUID]]:
        """The streams that the caller may know of, in chunks; of a party, those in which it takes or took part."""
        joined = "" if party_id is None else _OF_PARTY
        sql = (
            f"SELECT s.stream_id FROM stream s{joined} "
            "WHERE s.workspace_id = %(workspace)s AND s.kind = ANY (%(kinds)s) "
            f"AND {visible_streams(identity.caller)} AND s.stream_id > %(after)s ORDER BY s.stream_id LIMIT %(limit)s"
        )
        parameters = caller_parameters(identity) | {
            "kinds": list(kinds),
            "party": party_id,
            "limit": STREAMS_PER_CHUNK,
            "after": BEFORE_ALL,
        }
        while rows := await self._store.read(sql, parameters):
            yield [stream for (stream,) in rows]
            parameters["after"] = rows[-1][0]


_OF_PARTY = """
  JOIN participation p ON p.workspace_id = s.workspace_id AND p.stream_id = s.stream_id AND p.party_id = %(party)s"""
