"""Recording on one stream: handing proposals to the writer, waiting for its answer, and rehearsing without a trace."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from msgspec import structs

from domain.facts import Caller, Proposal, Recorded, stream_uuid
from service.clock import Clock
from service.ids import new_id
from service.ledger.asking import Appended, Around, Ask, bound_digests, proposal_digest
from service.ledger.checkpoints import Checkpoints
from service.ledger.credentials import Identity
from service.ledger.deciding import decide, with_missed
from service.ledger.histories import history
from service.ledger.memory import Kept
from service.ledger.patience import Patience
from service.ledger.sync.verdicts import Item
from service.ledger.workspace import Workspace
from service.ledger.workspaces import Workspaces

# A write that has not been answered by then is answered with "unknown, send it again"; it may still happen.
APPEND_DEADLINE_S = 2.9


class Recording:
    """Records what identified callers propose."""

    def __init__(self, workspaces: Workspaces, checkpoints: Checkpoints, clock: Clock) -> None:
        self._workspaces = workspaces
        self._checkpoints = checkpoints
        self._clock = clock
        self._patience = Patience(APPEND_DEADLINE_S)

    async def append(
        self,
        identity: Identity,
        stream_id: str,
        proposals: Sequence[Proposal],
        *,
        opens: bool,
        whole: UUID | None = None,
        if_match: int | None = None,
        dry_run: bool = False,
        around: bool = False,
    ) -> Appended:
        """Record all of the proposals on one stream, or none; with `dry_run` do everything but that.

        `opens` says that the stream begins with them. Facts that were recorded before are answered as they are; one
        with the id `whole` only beside the same others. With `around` the stream before and after them is told too,
        which costs folding it twice.
        Raises a `domain.refusals.Refusal` or a `LedgerRefusal`.
        """
        at = self._clock.now()
        event_ids = tuple(proposal.event_id or new_id(at) for proposal in proposals)
        digests = tuple(map(proposal_digest, proposals))
        if whole is not None and len(digests) > 1:
            digests = bound_digests(digests, event_ids, event_ids.index(whole))
        ask = Ask(
            caller=identity.caller,
            stream_id=stream_id,
            stream=stream_uuid(stream_id),
            proposals=tuple(proposals),
            event_ids=event_ids,
            digests=digests,
            opens=opens,
            if_match=if_match,
            answer=asyncio.get_running_loop().create_future(),
        )
        workspace, writer = self._workspaces.pair(identity.workspace_id)
        if dry_run:
            return await self._rehearse(workspace, ask, around=around)
        writer.submit(ask)
        self._checkpoints.grown(identity.workspace_id)
        self._patience.bound(ask.answer)
        appended = await ask.answer
        if not around:
            return appended
        return _with_around(appended, await workspace.stream(stream_id), identity.caller)

    async def append_item(self, identity: Identity, item: Item) -> Appended:
        """Record what a device has pushed as one item."""
        assert item.proposal is not None, "what is no proposal is refused before"
        return await self.append(identity, item.stream_id, [item.proposal], opens=item.opens)

    async def _rehearse(self, workspace: Workspace, ask: Ask, *, around: bool) -> Appended:
        """What an ask would be answered, without recording anything: positions and times are what they would be now."""
        await workspace.follow()
        kept = await workspace.load([ask.stream])
        at = self._clock.now()
        group = decide([ask], kept, {}, at)
        for _, refusal in group.refused:
            raise with_missed(refusal, ask, group.drafts.get(ask.stream))
        draft = group.drafts[ask.stream]
        staged = {
            one.fact.event_id: Recorded(one.fact, workspace.position + offset, at)
            for offset, (_, one) in enumerate(group.staged)
        }
        known = draft.kept
        events = [
            record
            for event_id in ask.event_ids
            if (record := staged.get(event_id) or (known.find(event_id) if known else None)) is not None
        ]
        appended = Appended(events, not staged, draft.stream.version, workspace.position + len(staged))
        if not around:
            return appended
        rehearsed = Kept(draft.stream)
        rehearsed.records = [*(known.records if known else ()), *staged.values()]
        return _with_around(appended, rehearsed, ask.caller)


def _with_around(appended: Appended, kept: Kept, caller: Caller) -> Appended:
    """What was appended with the stream before and after it, as the caller sees it."""
    positions = [record.position for record in appended.events]
    before, after = (history(kept, caller, at, None, at).stream for at in (min(positions), max(positions) + 1))
    return structs.replace(appended, around=Around(before, after))
