"""Keeps the table of summaries: what lists show and sort by that time changes as well as facts. Makes no list."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Struct

from projections.summary import EDITION, Summary, summary
from projections.trust.evidence import Evidence, gather
from projections.trust.policy import DEFAULT
from projections.view import View
from service.ledger.listing import shown
from service.ledger.memory import Kept
from service.ledger.patience import Patience
from service.ledger.refusals import NotSummarised, StoreUnavailable
from service.ledger.sharing import SharedRuns
from service.ledger.store import Store, fetch, statement
from service.ledger.workspace import Workspace

# Streams summarised in one go, of those looked at in one query; the event loop gets a breath after each.
STREAMS_PER_STEP = 200
STREAMS_PER_LOOK = 2_000
# Further behind than this, going through all streams once is cheaper than going through the log.
FACTS_BEHIND_MAX = 20_000
# Facts of the log looked through for streams that moved, in one query.
FACTS_PER_STEP = 2_000
BEFORE_ALL = UUID(int=0)
BEFORE_ALL_TIMES = datetime(1, 1, 1, tzinfo=UTC)
# Such steps under way at once, where all streams are gone through: after an upgrade that may be so for every workspace.
STEPS_MAX = 2
# How often one run takes the summaries over from other rules: beside a process of those, that may go on for ever.
TAKEOVERS_MAX = 5
# How long a list waits for its summaries; they go on being made when it has been told to come back.
FOLLOW_S = 10.0

_SUMMARISED = statement("summarised")
_STALE = statement("stale_summaries")
_TOUCHED = statement("touched")
_SUMMARISED_STREAMS = statement("summarised_streams")
_KEEP = "SELECT keep_summaries(%(workspace)s, %(edition)s, %(from)s, %(to)s, %(rows)s::jsonb)"

_json = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Summary).decode


class Made(Struct, frozen=True):
    """A summary of a stream at `version`, made for the moment `at` (UTC)."""

    stream: UUID
    version: int
    at: datetime
    summary: Summary


class _Overtaken(Exception):
    """A process of other rules has taken the summaries over."""


class Summaries:
    """Makes summaries from folded streams, and brings the table up to date before something is chosen by it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._following: WeakKeyDictionary[Workspace, SharedRuns] = WeakKeyDictionary()
        self._steps = asyncio.Semaphore(STEPS_MAX)
        self._keeping: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End what is still being kept; nothing is lost that cannot be made again."""
        for runs in list(self._following.values()):
            await runs.close()
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)

    async def follow(self, workspace: Workspace, at: datetime) -> int:
        """Return once every summary holds what was recorded when this was called, and holds at `at`: that position.

        Costs what changed since the last time; the first time it folds every stream of the workspace. Raises
        `NotSummarised` when that takes longer than `FOLLOW_S`.
        """
        head = workspace.position
        runs = self._following.setdefault(workspace, SharedRuns(Patience(FOLLOW_S, NotSummarised)))
        await runs.run(partial(self._follow, workspace, at))
        return head

    async def _follow(self, workspace: Workspace, at: datetime) -> None:
        head = workspace.position
        for _ in range(TAKEOVERS_MAX):
            with suppress(_Overtaken):
                if await self._known(workspace) is None:
                    await self._write(workspace, 0, 0, ())
                while not await self._followed(workspace, head, at):
                    pass
                await self._refresh(workspace, at)
                return
        raise NotSummarised

    async def made(self, workspace: Workspace, streams: Collection[UUID], at: datetime) -> list[Made]:
        """Summaries made now, from what lists show of each stream. A stream that cannot be read has none."""
        found = []
        for stream, kept in (await workspace.load(streams)).items():
            # Nor has the workspace's own stream, nor one that was erased.
            if isinstance(kept, Kept) and kept.stream.kind != "workspace" and not kept.stream.erased:
                last_at = shown(kept).last_at
                moment = at if last_at is None else max(at, last_at)
                found.append(Made(stream, kept.version, moment, summary_of(kept, moment)))
                await asyncio.sleep(0)
        return found

    async def keep(self, workspace: Workspace, made: Sequence[Made]) -> bool:
        """Keep summaries without saying how far the log was followed; none, and False, beside those of other rules."""
        known = await self._known(workspace)
        return known is not None and await self._write(workspace, known, known, made)

    def keep_soon(self, workspace: Workspace, made: Sequence[Made]) -> None:
        """Keep summaries that were made for a list, without letting the list wait; unless that is under way already."""
        if self._keeping:
            return
        task = asyncio.create_task(self._keep_if_possible(workspace, made))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def _keep_if_possible(self, workspace: Workspace, made: Sequence[Made]) -> None:
        with suppress(StoreUnavailable):
            await self.keep(workspace, made)

    async def _followed(self, workspace: Workspace, head: int, at: datetime) -> bool:
        """One step on; True when there is nothing left to follow."""
        known = await self._known(workspace)
        if known is None:
            raise _Overtaken
        if known >= head:
            return True
        if head - known > FACTS_BEHIND_MAX:
            async for streams in self._not_summarised(workspace):
                async with self._steps:  # one after the other waits for a step of others, not for all of theirs
                    if not await self._write(workspace, known, known, await self.made(workspace, streams, at)):
                        return False
            await self._write(workspace, known, head, ())
            return False
        to = min(head, known + FACTS_PER_STEP)
        moved = await self._store.read(_TOUCHED, {"workspace": workspace.workspace_id, "from": known, "to": to})
        streams = [stream for stream, *_ in moved]
        made = []
        for start in range(0, len(streams), STREAMS_PER_STEP):
            made += await self.made(workspace, streams[start : start + STREAMS_PER_STEP], at)
        await self._write(workspace, known, to, made)
        return False

    async def _refresh(self, workspace: Workspace, at: datetime) -> None:
        """Make anew what time alone has changed. What cannot be read is passed over."""
        parameters = {"workspace": workspace.workspace_id, "at": at, "limit": STREAMS_PER_STEP}
        after: tuple[datetime, UUID] = BEFORE_ALL_TIMES, BEFORE_ALL
        while stale := await self._store.read(_STALE, parameters | {"after": after[0], "after_id": after[1]}):
            while not await self.keep(workspace, await self.made(workspace, [stream for stream, _ in stale], at)):
                if await self._known(workspace) is None:
                    raise _Overtaken
            after = stale[-1][1], stale[-1][0]

    async def _known(self, workspace: Workspace) -> int | None:
        """How far the log is in the summaries; None when they were made under other rules."""
        rows = await self._store.read(_SUMMARISED, {"workspace": workspace.workspace_id})
        if not rows:
            return 0
        return int(rows[0][0]) if rows[0][1] == EDITION else None

    async def _write(self, workspace: Workspace, start: int, end: int, made: Sequence[Made]) -> bool:
        """Keep summaries, and that the log is in them up to `end`. False when they are no longer at `start`."""
        parameters = {
            "workspace": workspace.workspace_id,
            "edition": EDITION,
            "from": start,
            "to": end,
            "rows": _json([_row(one) for one in made]).decode(),
        }
        async with self._store.connection(writing=True) as connection:
            return bool((await fetch(connection, _KEEP, parameters))[0][0])

    async def _not_summarised(self, workspace: Workspace) -> AsyncIterator[Sequence[UUID]]:
        """The streams without a summary of their version. One run finds what is left after another that was ended."""
        parameters = {
            "workspace": workspace.workspace_id,
            "edition": EDITION,
            "kinds": ["deal", "goal"],
            "limit": STREAMS_PER_LOOK,
        }
        after = BEFORE_ALL
        while rows := await self._store.read(_SUMMARISED_STREAMS, parameters | {"after": after}):
            missing = [stream for stream, summarised in rows if not summarised]
            for start in range(0, len(missing), STREAMS_PER_STEP):
                yield missing[start : start + STREAMS_PER_STEP]
            after = rows[-1][0]


def read_summary(detail: bytes) -> Summary:
    """A summary out of the table."""
    return _read(detail)


def summary_of(kept: Kept, at: datetime) -> Summary:
    """The summary of what lists show of a stream, made when the one that is kept no longer holds."""
    made = kept.summary
    if made is None or (made.good_until is not None and made.good_until <= at):
        made = kept.summary = summary(View(shown(kept), at, gathered=partial(evidence_of, kept, at)))
    return made


def evidence_of(kept: Kept, at: datetime) -> Evidence:
    """The evidence on what lists show of a stream, under the policy that lists are made under.

    Kept until a fact comes, unless time alone adds to it: what routines give has to be gathered for the moment.
    """
    if kept.evidence is not None:
        return kept.evidence
    found = gather(shown(kept), DEFAULT, at)
    if found.good_until is None:
        kept.evidence = found
    return found


def _row(made: Made) -> dict[str, Any]:
    told, legs = made.summary, made.summary.legs(made.at)
    return {
        "stream_id": made.stream,
        "version": made.version,
        "made_at": made.at,
        "stale_at": told.good_until,
        "signals": [span.name for span in told.spans],
        "signals_since": [span.since for span in told.spans],
        "signals_until": [span.until or "infinity" for span in told.spans],
        "half_life_s": [leg.half_life_s for leg in legs],
        "aging_for": [leg.aging_for for leg in legs],
        "aging_against": [leg.aging_against for leg in legs],
        "lasting_for": [leg.lasting_for for leg in legs],
        "lasting_against": [leg.lasting_against for leg in legs],
        "detail": "\\x" + _json(told).hex(),
    }
